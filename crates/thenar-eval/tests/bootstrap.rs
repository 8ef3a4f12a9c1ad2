//! The subject bootstrap against its slow and obvious form, and against the truth.

mod gaussian;

use std::collections::BTreeMap;

use gaussian::{gaussian, plan};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use thenar_eval::metrics::{ErrorCurve, bootstrap_subjects, normal_cdf};
use thenar_eval::{EvalError, Kind, Polarity, SubjectComparison, SubjectScores};

#[test]
fn the_same_seed_gives_the_same_numbers_on_any_number_of_threads() {
    let scores = gaussian(1, 30, 3, 2.0);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| bootstrap_subjects(&scores, &[0.1, 0.01], &plan(200, 5)).unwrap())
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(7));
    assert_ne!(
        one,
        bootstrap_subjects(&scores, &[0.1, 0.01], &plan(200, 6)).unwrap()
    );
    // 435 impostor comparisons: enough for 10 % and 1 %, not for 0.1 %.
    assert!(one.fnmr_at_fmr.iter().all(Option::is_some));
    let rare = bootstrap_subjects(&scores, &[0.001], &plan(10, 5)).unwrap();
    assert_eq!(rare.fnmr_at_fmr, [None]);
}

#[test]
fn the_order_of_the_comparisons_does_not_matter_to_the_spread() {
    let mut scores = gaussian(2, 25, 2, 1.5);
    let sd = |s: &SubjectScores| {
        bootstrap_subjects(s, &[], &plan(2_000, 1))
            .unwrap()
            .eer_interpolated
            .sd
    };
    let before = sd(&scores);
    scores.comparisons.reverse();
    // Subjects get other numbers, so other draws: equal up to the noise of 2,000 replicates.
    assert!(
        (sd(&scores) / before - 1.0).abs() < 0.12,
        "{before} {}",
        sd(&scores)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    /// With every subject once, the weighted walk must agree with the curve; a subject of weight w is w copies of it.
    #[test]
    fn the_value_is_that_of_the_curve(
        rows in proptest::collection::vec((0u32..6, 0u32..6, 0i8..9), 1..80),
        distance in any::<bool>(),
    ) {
        let polarity = if distance { Polarity::Distance } else { Polarity::Similarity };
        let row = |&(reference, probe, score): &(u32, u32, i8)| SubjectComparison {
            reference, probe, score: f32::from(score),
        };
        let scores = SubjectScores { polarity, comparisons: rows.iter().map(row).collect() };
        let Ok(curve) = ErrorCurve::new(&scores.score_set()) else {
            prop_assert!(bootstrap_subjects(&scores, &[], &plan(5, 1)).is_err());
            return Ok(());
        };
        let Ok(found) = bootstrap_subjects(&scores, &[0.5, 0.25, 0.1], &plan(5, 1)) else {
            return Ok(());
        };
        prop_assert_eq!(found.eer.value, curve.eer().eer);
        prop_assert_eq!(found.eer_interpolated.value, curve.eer_interpolated());
        for (fmr, got) in [0.5, 0.25, 0.1].into_iter().zip(&found.fnmr_at_fmr) {
            prop_assert_eq!(got.map(|g| g.value), curve.fnmr_at_fmr(fmr).map(|e| e.fnmr()));
        }
    }
}

/// The bootstrap as it is written down: draw subjects, copy their comparisons, make a curve.
fn naive_sd(scores: &SubjectScores, replicates: u32) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    let mut subjects: Vec<u32> = scores.comparisons.iter().map(|c| c.probe).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let mut values = Vec::new();
    for _ in 0..replicates {
        let mut drawn: BTreeMap<u32, u32> = BTreeMap::new();
        for _ in 0..subjects.len() {
            let pick = subjects[rand::Rng::random_range(&mut rng, 0..subjects.len())];
            *drawn.entry(pick).or_default() += 1;
        }
        let mut copied = thenar_eval::ScoreSet::new(scores.polarity);
        for c in &scores.comparisons {
            let times = |s: u32| drawn.get(&s).copied().unwrap_or(0);
            let copies = match c.kind() {
                Kind::Genuine => times(c.probe),
                Kind::Impostor => times(c.probe) * times(c.reference),
            };
            (0..copies).for_each(|_| copied.push(c.kind(), c.score));
        }
        values.push(ErrorCurve::new(&copied).unwrap().eer_interpolated());
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

#[test]
fn spreads_as_the_obvious_form_does() {
    let scores = gaussian(3, 20, 4, 1.5);
    let fast = bootstrap_subjects(&scores, &[], &plan(3_000, 1))
        .unwrap()
        .eer_interpolated
        .sd;
    let slow = naive_sd(&scores, 3_000);
    // Two standard deviations of a standard deviation from 3,000 draws are 2.6 % each.
    assert!((fast / slow - 1.0).abs() < 0.08, "{fast} {slow}");
}

#[test]
fn the_interval_covers_the_truth_most_of_the_time() {
    // The full measurement is `cargo run --release --example coverage`; this one catches a broken interval.
    let truth = normal_cdf(-1.0);
    let hits = (0..60)
        .filter(|&draw| {
            let scores = gaussian(1_000 + draw, 60, 3, 2.0);
            let eer = bootstrap_subjects(&scores, &[], &plan(200, draw))
                .unwrap()
                .eer_interpolated;
            eer.low <= truth && truth <= eer.high
        })
        .count();
    assert!((51..60).contains(&hits), "{hits} of 60");
}

#[test]
fn what_cannot_be_drawn_again_is_refused() {
    let one = gaussian(4, 1, 5, 1.0);
    assert!(matches!(
        bootstrap_subjects(&one, &[], &plan(10, 1)),
        Err(EvalError::NoScores { .. })
    ));
    let scores = gaussian(4, 5, 2, 1.0);
    let refused = bootstrap_subjects(&scores, &[], &plan(0, 1))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("0 replicates at confidence 0.95"),
        "{refused}"
    );
    let mut infinite = gaussian(4, 5, 2, 1.0);
    infinite.comparisons[0].score = f32::INFINITY;
    assert!(matches!(
        bootstrap_subjects(&infinite, &[], &plan(9, 1)),
        Err(EvalError::InfiniteScore { .. })
    ));
}
