//! Whole attacks, small.

use super::*;

/// 60 palms of 512 bits, and little searching.
fn small(scheme: Scheme, leak: Leak) -> Options {
    Options {
        bits: 512,
        records: 60,
        searched: 6,
        flips: 3_000,
        queries: 5_000,
        ..Options::new(scheme, leak)
    }
}

#[test]
fn column_sums_recover_at_the_rate_of_theory_and_are_accepted_always() {
    for scheme in [Scheme::KHidden, Scheme::KHiddenPublicCode] {
        let report = run(&small(scheme, Leak::Store)).unwrap();
        let theory = report.bits_theory.unwrap();
        // 30,720 bits: standard deviation 0.26 points.
        assert!(
            (report.bits_recovered - theory).abs() < 0.01,
            "{scheme}: {} {theory}",
            report.bits_recovered
        );
        assert!(theory > 0.7);
        let [low, high] = report.bits_recovered_interval;
        assert!(low < report.bits_recovered && report.bits_recovered < high && high - low < 0.02);
        assert_eq!(report.replay_acceptance, Some(1.0), "{scheme}");
        assert_eq!(report.replays.len(), 2);
    }
}

#[test]
fn a_stolen_sealed_store_gives_chance() {
    for leak in [Leak::Store, Leak::SeveralRecords] {
        let options = Options {
            records: 200,
            ..small(Scheme::Sealed, leak)
        };
        let report = run(&options).unwrap();
        // 102,400 bits: standard deviation 0.16 points.
        for found in &report.recoveries {
            assert!(
                (found.bits.fraction - 0.5).abs() <= 0.005,
                "{leak}: {found:?}"
            );
            assert_eq!(found.exact.count, 0);
        }
        assert_eq!(
            report.recoveries.len(),
            1 + usize::from(leak == Leak::SeveralRecords)
        );
        // Expected 0.2 of 200.
        assert!(report.replay_acceptance.unwrap() <= 0.02, "{leak}");
    }
}

/// The measure itself: where the bits lie in clear, or the key has leaked, it sees all of them.
#[test]
fn what_is_open_is_seen_whole() {
    for (scheme, leak) in [
        (Scheme::Level1, Leak::Store),
        (Scheme::Sealed, Leak::StoreK2),
        (Scheme::KHidden, Leak::StoreK2),
    ] {
        let report = run(&small(scheme, leak)).unwrap();
        // One bit in 1,100 is spoken of by no row of a negative database.
        assert!(report.bits_recovered > 0.998, "{scheme}");
        assert_eq!(report.replay_acceptance, Some(1.0), "{scheme}");
    }
}

#[test]
fn records_of_one_palm_add_up_in_a_negative_database() {
    let one = run(&small(Scheme::KHidden, Leak::Store)).unwrap();
    let five = run(&small(Scheme::KHidden, Leak::SeveralRecords)).unwrap();
    assert_eq!(five.records_per_palm, 5);
    assert!(five.bits_recovered > one.bits_recovered + 0.1);
    let theory = five.bits_theory.unwrap();
    assert!(
        (five.bits_recovered - theory).abs() < 0.01,
        "{}",
        five.bits_recovered
    );
}

#[test]
fn a_report_is_repeatable_and_survives_json() {
    let options = small(Scheme::Sealed, Leak::Store);
    let report = run(&options).unwrap();
    assert_eq!(run(&options).unwrap(), report);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["scheme"], "sealed");
    assert_eq!(json["leak"], "store");
    assert!(json["bits_recovered"].is_f64() && json["replay_acceptance"].is_f64());
    assert_eq!(serde_json::from_value::<Report>(json).unwrap(), report);
}

#[test]
fn given_features_are_attacked_like_drawn_ones() {
    let drawn = Palms::drawn(70, 1024, 0.81, 5);
    let given = Palms::given(
        (0..70)
            .map(|palm| (0..2).map(|n| drawn.capture(palm, n).to_vec()).collect())
            .collect(),
    )
    .unwrap();
    let report = run_with(&small(Scheme::KHidden, Leak::Store), given.clone()).unwrap();
    assert_eq!((report.records, report.correlation), (60, None));
    // 60 · 59 comparisons are enough for FMR 1e-3 and not for 1e-4.
    assert_eq!(report.thresholds[0].comparisons, 3540);
    assert_eq!(report.replay_acceptance, Some(1.0));
    assert_eq!(report.thresholds[1].distance, None);
    assert_eq!(report.replays.len(), 1);
    let wide = Options {
        bits: 2048,
        ..small(Scheme::Sealed, Leak::Store)
    };
    let error = run_with(&wide, given).unwrap_err().to_string();
    assert!(error.contains("number of bits is 2048"), "{error}");
}
