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
        // By counting and by belief propagation, at two thresholds.
        assert_eq!(report.replays.len(), 4);
    }
}

#[test]
fn a_stolen_sealed_store_gives_chance() {
    for (scheme, leak) in [
        (Scheme::Sealed, Leak::Store),
        (Scheme::Sealed, Leak::SeveralRecords),
        (Scheme::Split, Leak::StoreK2),
        (Scheme::Split, Leak::StoreK1),
    ] {
        let options = Options {
            records: 200,
            ..small(scheme, leak)
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
        (Scheme::Split, Leak::All),
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
    assert_eq!(report.replays.len(), 2);
    let wide = Options {
        bits: 2048,
        ..small(Scheme::Sealed, Leak::Store)
    };
    let error = run_with(&wide, given).unwrap_err().to_string();
    assert!(error.contains("number of bits is 2048"), "{error}");
}

fn found<'a>(report: &'a Report, attack: &str) -> &'a Recovery {
    let named = report.recoveries.iter().find(|r| r.attack == attack);
    named.unwrap_or_else(|| panic!("{attack} is missing"))
}

#[test]
fn searching_the_rows_gives_the_template() {
    for scheme in [Scheme::KHidden, Scheme::KHiddenPublicCode] {
        let report = run(&small(scheme, Leak::Store)).unwrap();
        let belief = found(&report, "belief propagation");
        assert!(belief.bits.fraction > 0.97, "{scheme}: {belief:?}");
        assert_eq!(belief.bits.trials, 6 * 512);
        let replays = report
            .replays
            .iter()
            .filter(|r| r.query == "belief propagation");
        assert!(
            replays.clone().count() == 2 && replays.clone().all(|r| r.accepted.fraction == 1.0)
        );
        // What WalkSAT finds is no more than a solution.
        for start in ["random", "column sums"] {
            let walk = found(&report, &format!("WalkSAT from {start}"));
            assert!(walk.solved.is_some() && walk.effort.unwrap() <= 3000.0);
            assert!(walk.bits.fraction < belief.bits.fraction);
        }
    }
    let sealed = run(&small(Scheme::Sealed, Leak::Store)).unwrap();
    assert_eq!(sealed.recoveries.len(), 1);
}

#[test]
fn features_are_reconstructed_where_bits_and_token_are_known() {
    let accepted = |r: &Reconstruction, target: &str, fmr: f64| {
        let mut found = r
            .accepted
            .iter()
            .filter(|a| a.target == target && a.fmr == fmr);
        found.next().unwrap().accepted.fraction
    };
    let options = |scheme, leak| Options {
        searched: 30,
        ..small(scheme, leak)
    };
    for (scheme, leak) in [
        (Scheme::Sealed, Leak::All),
        (Scheme::KHidden, Leak::StoreK1),
    ] {
        let report = run(&options(scheme, leak)).unwrap();
        let [half, whole] = &report.reconstructions[..] else {
            panic!("two ratios");
        };
        assert_eq!((half.bits, half.feature_len), (512, 1024));
        assert_eq!((whole.bits, whole.feature_len), (512, 512));
        for ratio in [half, whole] {
            assert!(
                (ratio.cosine.mean - ratio.theory).abs() < 0.02,
                "{scheme}: {ratio:?}"
            );
            assert_eq!(accepted(ratio, "same record", 1e-3), 1.0);
        }
        // The feature is known to 0.8, and another capture agrees with it to 0.72: renewal does not help.
        assert!(accepted(whole, "after renewal", 1e-3) > 0.95);
        // A negative database adds noise of its own.
        let least = if scheme == Scheme::Sealed { 0.9 } else { 0.4 };
        assert!(accepted(half, "another system", 1e-3) > least, "{half:?}");
    }
    let token = run(&options(Scheme::Sealed, Leak::StoreK1)).unwrap();
    for ratio in &token.reconstructions {
        assert!(ratio.cosine.mean.abs() < 0.03, "{ratio:?}");
        assert!(
            ratio.accepted.iter().all(|a| a.accepted.count <= 1),
            "{ratio:?}"
        );
    }
    assert!(
        run(&options(Scheme::Sealed, Leak::Store))
            .unwrap()
            .reconstructions
            .is_empty()
    );
}

#[test]
fn hill_climbing_needs_what_the_answer_leaves() {
    let climb = |report: &Report, oracle: &str, query: &str| {
        let mut climbs = report.climbs.iter();
        let found = climbs.find(|c| (&*c.oracle, &*c.query, c.fmr) == (oracle, query, 1e-3));
        found.unwrap().clone()
    };
    let sealed = run(&small(Scheme::Sealed, Leak::Store)).unwrap();
    let score = climb(&sealed, "score", "bits");
    // One query for three bits, and one before each of three rounds.
    assert_eq!((score.bits.fraction, score.median_total), (1.0, 174));
    assert!(
        (5..100).contains(&score.median_queries.unwrap()),
        "{score:?}"
    );
    let feature = climb(&sealed, "score", "feature");
    assert_eq!(feature.accepted.count, 6, "{feature:?}");
    assert!(
        (10..100).contains(&feature.median_queries.unwrap()),
        "{feature:?}"
    );
    let blind = climb(&sealed, "accept/reject", "bits");
    assert!(blind.median_queries.unwrap() > 50, "{blind:?}");
    // What the store of a negative database gives is accepted at once.
    let published = run(&small(Scheme::KHidden, Leak::Store)).unwrap();
    assert_eq!(climb(&published, "score", "bits").median_queries, Some(1));
    assert_eq!(
        climb(&published, "accept/reject", "bits").median_queries,
        Some(1)
    );
}

#[test]
fn the_table_has_a_line_for_each_report() {
    let options = |leak| Options {
        bits: 64,
        records: 20,
        ..small(Scheme::KHidden, leak)
    };
    let reports: Vec<Report> = [Leak::StoreK1, Leak::SeveralRecords]
        .into_iter()
        .map(|leak| run(&options(leak)).unwrap())
        .collect();
    let side_by_side = table(&reports);
    let lines: Vec<&str> = side_by_side.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[1].contains("store+k1") && lines[2].contains("several-records"));
    let width = |line: &str| line.split_whitespace().count();
    assert!(
        lines.iter().all(|line| width(line) == width(lines[0])),
        "{side_by_side}"
    );
    for part in [
        "column sums",
        "WalkSAT from random",
        "feature of 128 values from 64 bits",
        "hill climbing",
    ] {
        assert!(reports[0].table().contains(part), "{part}");
    }
    assert!(reports[1].table().contains("linking two records"));
}
