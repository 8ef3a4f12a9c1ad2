//! Bands around a curve, and BCa intervals.

mod gaussian;

use std::path::Path;

use gaussian::{gaussian, plan};
use proptest::prelude::*;
use serde::Deserialize;
use thenar_eval::metrics::{
    BAND_POINTS, BandPoint, ErrorCurve, band_fmrs, bca_interval, bootstrap_bands,
    bootstrap_subjects, bootstrap_subjects_bca, independent_bands, normal_cdf, probit,
};
use thenar_eval::{Polarity, SubjectComparison, SubjectScores};

#[test]
fn a_band_is_the_bootstrap_at_each_of_its_rates() {
    let scores = gaussian(1, 40, 3, 2.0);
    let plan = plan(150, 3);
    let bands = bootstrap_bands(&scores, 9, &plan).unwrap();
    let fmrs: Vec<f64> = bands.iter().map(|p| p.fmr).collect();
    assert_eq!(fmrs, band_fmrs(40 * 39 / 2, 9));
    let slow = bootstrap_subjects(&scores, &fmrs, &plan).unwrap();
    for (band, slow) in bands.iter().zip(slow.fnmr_at_fmr) {
        let slow = slow.unwrap();
        assert_eq!(
            (band.fnmr, band.low, band.high),
            (slow.value, slow.low, slow.high)
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bands_on_any_number_of_threads() {
    let scores = gaussian(2, 25, 3, 2.0);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| bootstrap_bands(&scores, BAND_POINTS, &plan(80, 5)).unwrap())
    };
    let one = on(1);
    assert_eq!(one.len(), BAND_POINTS);
    assert_eq!(one, on(3));
    assert_ne!(
        one,
        bootstrap_bands(&scores, BAND_POINTS, &plan(80, 6)).unwrap()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn the_value_is_that_of_the_curve_and_limits_fall_with_the_rate(
        rows in proptest::collection::vec((0u32..6, 0u32..6, 0i8..9), 1..80),
    ) {
        let row = |&(reference, probe, score): &(u32, u32, i8)| SubjectComparison {
            reference, probe, score: f32::from(score),
        };
        let scores = SubjectScores {
            polarity: Polarity::Distance,
            comparisons: rows.iter().map(row).collect(),
        };
        let Ok(bands) = bootstrap_bands(&scores, 12, &plan(7, 1)) else {
            return Ok(());
        };
        let curve = ErrorCurve::new(&scores.score_set()).unwrap();
        for BandPoint { fmr, fnmr, low, high } in &bands {
            prop_assert_eq!(curve.fnmr_at_fmr(*fmr).map(|e| e.fnmr()), Some(*fnmr));
            prop_assert!(low <= high);
        }
        let falls = |w: &[BandPoint]| w[0].fnmr >= w[1].fnmr && w[0].low >= w[1].low && w[0].high >= w[1].high;
        prop_assert!(bands.windows(2).all(falls));
    }
}

#[test]
fn bands_of_independent_comparisons_span_all_thresholds_in_doubt() {
    let scores = gaussian(3, 60, 3, 2.0);
    let curve = ErrorCurve::new(&scores.score_set()).unwrap();
    let bands = independent_bands(&curve, 20, 0.9);
    assert_eq!(bands.len(), 20);
    for band in bands {
        assert_eq!(curve.fnmr_at_fmr(band.fmr).unwrap().fnmr(), band.fnmr);
        // The obvious form: over all points whose FMR may be the one asked for.
        let points: Vec<_> = curve.points().collect();
        let limits = |k: usize| points[k].fmr_interval(0.95);
        let loosest = (0..points.len())
            .find(|&k| limits(k).0 <= band.fmr)
            .unwrap();
        let strictest = (0..points.len()).find(|&k| limits(k).1 <= band.fmr);
        let low = points[loosest.saturating_sub(1)].fnmr_interval(0.95).0;
        let high = strictest.map_or(1.0, |k| points[k].fnmr_interval(0.95).1);
        assert_eq!((band.low, band.high), (low, high), "{}", band.fmr);
    }
}

#[test]
fn bands_hold_the_true_curve_most_of_the_time() {
    // The full measurement is `cargo run --release --example bands`; this one catches broken bands.
    let (mut held, mut held_independent, mut all) = (0, 0, 0);
    for seed in 0..40 {
        let scores = gaussian(500 + seed, 60, 3, 2.0);
        let curve = ErrorCurve::new(&scores.score_set()).unwrap();
        let holds = |band: &BandPoint| {
            let truth = normal_cdf(-probit(band.fmr) - 2.0);
            band.low <= truth && truth <= band.high
        };
        let bands = bootstrap_bands(&scores, 10, &plan(200, seed)).unwrap();
        held += bands.iter().filter(|b| holds(b)).count();
        let independent = independent_bands(&curve, 10, 0.95);
        held_independent += independent.iter().filter(|b| holds(b)).count();
        all += bands.len();
    }
    // Here the scores are independent, so the exact bands hold at least as often as they say.
    assert!(held_independent >= all * 96 / 100, "{held_independent}");
    let share = held as f64 / all as f64;
    assert!(all == 400 && (0.85..0.995).contains(&share), "{share}");
}

#[test]
fn what_has_no_band_is_refused() {
    let few = gaussian(4, 3, 3, 2.0);
    let refused = bootstrap_bands(&few, 10, &plan(5, 1))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("3 impostor comparisons, expected at least 1 and 6"),
        "{refused}"
    );
    let curve = ErrorCurve::new(&few.score_set()).unwrap();
    assert_eq!(independent_bands(&curve, 10, 0.95), []);
    let scores = gaussian(4, 9, 3, 2.0);
    assert!(bootstrap_bands(&scores, 0, &plan(5, 1)).is_err());
    assert!(bootstrap_bands(&scores, 5, &plan(0, 1)).is_err());
    assert!(bootstrap_subjects_bca(&scores, &plan(0, 1)).is_err());
}

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    confidence: f64,
    value: f64,
    left_out: Vec<f64>,
    replicates: Vec<f64>,
    interval: [f64; 2],
}

#[test]
fn bca_intervals_are_those_of_scipy() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bca.json");
    let text = std::fs::read_to_string(&path).expect("the golden file is part of the repository");
    let golden: Golden = serde_json::from_str(&text).expect("as make_bca.py writes it");
    assert_eq!(golden.cases.len(), 8);
    for mut case in golden.cases {
        let found = bca_interval(
            case.value,
            &mut case.replicates,
            &case.left_out,
            case.confidence,
        );
        for (got, expected) in [found.0, found.1].into_iter().zip(case.interval) {
            assert!(
                (got - expected).abs() < 1e-9,
                "{}: {got} {expected}",
                case.name
            );
        }
    }
}

#[test]
fn bca_has_limits_where_nothing_varies() {
    assert_eq!(
        bca_interval(1.0, &mut [1.0; 9], &[1.0; 4], 0.95),
        (1.0, 1.0)
    );
    let one_sided = bca_interval(0.0, &mut [1.0, 2.0, 3.0], &[0.0, 1.0], 0.95);
    assert!(one_sided.0 >= 1.0 && one_sided.1 <= 3.0, "{one_sided:?}");
    assert!(bca_interval(0.0, &mut [], &[], 0.95).0.is_nan());
}

#[test]
fn the_bca_interval_of_the_eer_is_near_the_percentile_interval_of_the_same_draws() {
    let scores = gaussian(7, 60, 3, 2.0);
    let plan = plan(500, 2);
    let (bca, plain) = (
        bootstrap_subjects_bca(&scores, &plan).unwrap(),
        bootstrap_subjects(&scores, &[], &plan).unwrap(),
    );
    assert_eq!((bca.subjects, bca.replicates), (60, 500));
    for (bca, plain) in [
        (bca.eer, plain.eer),
        (bca.eer_interpolated, plain.eer_interpolated),
    ] {
        assert_eq!((bca.value, bca.sd), (plain.value, plain.sd));
        assert!(bca.low < bca.value && bca.value < bca.high);
        let off = (bca.low - plain.low)
            .abs()
            .max((bca.high - plain.high).abs());
        assert!(off > 0.0 && off < 1.5 * plain.sd, "{off} {}", plain.sd);
    }
}
