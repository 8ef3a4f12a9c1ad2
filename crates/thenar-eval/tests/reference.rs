//! The fast metrics against the slow and obvious ones, on random scores with many ties.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{ErrorCurve, auc, normal_cdf};
use thenar_eval::{EvalError, Polarity, ScoreSet};

/// FMR and FNMR by counting, O(n) per threshold.
fn count(scores: &ScoreSet, threshold: f32) -> (f64, f64) {
    let accepted = |s: &f32| match scores.polarity {
        Polarity::Similarity => *s >= threshold,
        Polarity::Distance => *s <= threshold,
    };
    let share = |hits: usize, all: &[f32]| hits as f64 / all.len() as f64;
    let fmr = share(
        scores.impostor.iter().filter(|s| accepted(s)).count(),
        &scores.impostor,
    );
    let fnmr = share(
        scores.genuine.iter().filter(|s| !accepted(s)).count(),
        &scores.genuine,
    );
    (fmr, fnmr)
}

/// Every threshold that matters, from accepting all to rejecting all.
fn thresholds(scores: &ScoreSet) -> Vec<f32> {
    let mut all: Vec<f32> = scores
        .genuine
        .iter()
        .chain(&scores.impostor)
        .copied()
        .collect();
    all.sort_by(f32::total_cmp);
    if scores.polarity == Polarity::Distance {
        all.reverse();
        all.push(all[all.len() - 1] - 1.0);
    } else {
        all.push(all[all.len() - 1] + 1.0);
    }
    all.dedup();
    all
}

/// EER (low, high) by the FVC rule, as it is written down.
fn naive_eer(scores: &ScoreSet) -> (f64, f64) {
    let rates: Vec<(f64, f64)> = thresholds(scores)
        .into_iter()
        .map(|t| count(scores, t))
        .collect();
    let t2 = rates.iter().position(|(fmr, fnmr)| fmr <= fnmr).unwrap();
    let t1 = if rates[t2].0 == rates[t2].1 {
        t2
    } else {
        t2 - 1
    };
    let sum = |t: usize| rates[t].0 + rates[t].1;
    // Sums that are equal on paper may differ in the last digit.
    let (fmr, fnmr) = if sum(t1) <= sum(t2) + 1e-12 {
        rates[t1]
    } else {
        rates[t2]
    };
    (fmr.min(fnmr), fmr.max(fnmr))
}

/// AUC by comparing every pair.
fn naive_auc(scores: &ScoreSet) -> f64 {
    let better = |g: f32, i: f32| {
        if scores.polarity == Polarity::Distance {
            g < i
        } else {
            g > i
        }
    };
    let wins = |&g: &f32| {
        let one = |&i: &f32| {
            if better(g, i) {
                1.0
            } else if g == i {
                0.5
            } else {
                0.0
            }
        };
        scores.impostor.iter().map(one).sum::<f64>()
    };
    scores.genuine.iter().map(wins).sum::<f64>()
        / (scores.genuine.len() * scores.impostor.len()) as f64
}

fn score_sets() -> impl Strategy<Value = ScoreSet> {
    // Few distinct values give ties of every kind; -0.0 and 0.0 must count as one.
    let value = prop_oneof![
        (-6i32..6).prop_map(|v| v as f32 * 0.25),
        Just(-0.0f32),
        -1.0f32..1.0
    ];
    let scores = || proptest::collection::vec(value.clone(), 1..40);
    let polarity = prop_oneof![Just(Polarity::Distance), Just(Polarity::Similarity)];
    (scores(), scores(), polarity).prop_map(|(genuine, impostor, polarity)| ScoreSet {
        genuine,
        impostor,
        polarity,
    })
}

proptest! {
    #[test]
    fn every_point_is_counted_right(scores in score_sets()) {
        let curve = ErrorCurve::new(&scores).unwrap();
        let points: Vec<_> = curve.points().collect();
        prop_assert_eq!(points.len(), thresholds(&scores).len());
        for (point, threshold) in points.iter().zip(thresholds(&scores)) {
            let (fmr, fnmr) = count(&scores, threshold);
            prop_assert_eq!((point.fmr(), point.fnmr()), (fmr, fnmr));
            prop_assert_eq!(count(&scores, point.threshold), (fmr, fnmr));
            let asked = curve.at(threshold);
            prop_assert_eq!((asked.fmr(), asked.fnmr()), (fmr, fnmr));
        }
    }

    #[test]
    fn figures_equal_the_naive_ones(scores in score_sets()) {
        let curve = ErrorCurve::new(&scores).unwrap();
        let eer = curve.eer();
        let (low, high) = naive_eer(&scores);
        prop_assert_eq!((eer.low, eer.high), (low, high));
        prop_assert!((auc(&curve) - naive_auc(&scores)).abs() < 1e-12);
        let naive_zero = |pick: fn((f64, f64)) -> (f64, f64)| {
            let rates = thresholds(&scores).into_iter().map(|t| pick(count(&scores, t)));
            rates.filter(|r| r.0 == 0.0).map(|r| r.1).fold(f64::INFINITY, f64::min)
        };
        prop_assert_eq!(curve.zero_fmr().fnmr(), naive_zero(|r| r));
        prop_assert_eq!(curve.zero_fnmr().fmr(), naive_zero(|(fmr, fnmr)| (fnmr, fmr)));
        for target in [0.5, 0.3, 0.1] {
            let Some(found) = curve.fnmr_at_fmr(target) else {
                prop_assert!((scores.impostor.len() as f64) < 3.0 / target);
                continue;
            };
            let rates = thresholds(&scores).into_iter().map(|t| count(&scores, t));
            let lowest = rates.filter(|r| r.0 <= target).map(|r| r.1).fold(f64::INFINITY, f64::min);
            prop_assert_eq!(found.fnmr(), lowest);
            prop_assert_eq!(count(&scores, found.threshold), (found.fmr(), found.fnmr()));
        }
    }

    #[test]
    fn turning_the_scores_round_changes_nothing(scores in score_sets()) {
        let turned = ScoreSet {
            genuine: scores.genuine.iter().map(|s| -s).collect(),
            impostor: scores.impostor.iter().map(|s| -s).collect(),
            polarity: if scores.polarity == Polarity::Distance { Polarity::Similarity } else { Polarity::Distance },
        };
        let (a, b) = (ErrorCurve::new(&scores).unwrap(), ErrorCurve::new(&turned).unwrap());
        prop_assert_eq!(a.eer().eer, b.eer().eer);
        prop_assert_eq!(a.eer_interval(0.95), b.eer_interval(0.95));
        prop_assert_eq!(auc(&a), auc(&b));
    }

    #[test]
    fn thinned_points_are_points_in_order(scores in score_sets(), steps in 1usize..50) {
        let curve = ErrorCurve::new(&scores).unwrap();
        let all: Vec<_> = curve.points().map(|p| (p.false_matches, p.false_non_matches)).collect();
        let thinned: Vec<_> =
            curve.thinned(steps).iter().map(|p| (p.false_matches, p.false_non_matches)).collect();
        prop_assert!(thinned.len() <= 2 * steps + 4);
        prop_assert!(thinned.iter().all(|p| all.contains(p)));
        prop_assert!(thinned.is_sorted_by(|a, b| a.0 >= b.0 && a.1 <= b.1));
        prop_assert_eq!((thinned[0].1, thinned[thinned.len() - 1].0), (0, 0));
    }

    #[test]
    fn the_interval_holds_the_rate(scores in score_sets()) {
        let curve = ErrorCurve::new(&scores).unwrap();
        let (low, high) = curve.eer_interval(0.95);
        prop_assert!(0.0 <= low && low <= curve.eer().eer && curve.eer().eer <= high && high <= 1.0);
    }
}

/// Genuine N(-d', 1) and impostor N(0, 1) distances: the true EER is Φ(-d'/2).
fn gaussian(rng: &mut ChaCha8Rng, separation: f64, genuine: usize, impostor: usize) -> ScoreSet {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let mut draw = |count: usize, mean: f64| {
        (0..count)
            .map(|_| (normal.sample(rng) + mean) as f32)
            .collect()
    };
    ScoreSet {
        genuine: draw(genuine, -separation),
        impostor: draw(impostor, 0.0),
        polarity: Polarity::Distance,
    }
}

#[test]
fn gaussian_scores_have_the_closed_form_rate() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for separation in [0.5, 1.5, 3.0, 4.0] {
        let curve = ErrorCurve::new(&gaussian(&mut rng, separation, 100_000, 400_000)).unwrap();
        let truth = normal_cdf(-separation / 2.0);
        // Four standard errors of a rate from 100,000 trials.
        let allowed = 4.0 * (truth * (1.0 - truth) / 100_000.0).sqrt();
        assert!(
            (curve.eer().eer - truth).abs() < allowed,
            "{separation}: {} {truth}",
            curve.eer().eer
        );
        assert!((curve.eer_interpolated() - truth).abs() < allowed);
    }
}

#[test]
fn the_interval_of_the_rate_covers_the_truth() {
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let truth = normal_cdf(-1.25);
    let draws = 400;
    let covered = (0..draws)
        .filter(|_| {
            let curve = ErrorCurve::new(&gaussian(&mut rng, 2.5, 300, 6_000)).unwrap();
            let (low, high) = curve.eer_interval(0.95);
            low <= truth && truth <= high
        })
        .count();
    // At least the nominal 95 %, minus three standard errors of 400 draws; and not always, or it would say nothing.
    assert!((367..400).contains(&covered), "{covered} of {draws}");
}

#[test]
fn nan_is_counted_and_left_out() {
    let scores = ScoreSet {
        genuine: vec![0.1, f32::NAN, 0.2],
        impostor: vec![f32::NAN, 0.5, f32::NAN, 0.6],
        polarity: Polarity::Distance,
    };
    let curve = ErrorCurve::new(&scores).unwrap();
    assert_eq!(
        (curve.genuine(), curve.impostor(), curve.failed()),
        (2, 2, (1, 2))
    );
    assert_eq!(curve.eer().eer, 0.0);
    assert_eq!(curve.at(f32::NAN).false_matches, 0);
}

#[test]
fn unusable_scores_are_refused() {
    let set = |genuine: &[f32], impostor: &[f32]| {
        let scores = ScoreSet {
            genuine: genuine.to_vec(),
            impostor: impostor.to_vec(),
            polarity: Polarity::Distance,
        };
        ErrorCurve::new(&scores).unwrap_err()
    };
    assert!(matches!(
        set(&[], &[0.1]),
        EvalError::NoScores {
            kind: "genuine",
            failed: 0
        }
    ));
    assert!(matches!(
        set(&[0.1], &[f32::NAN]),
        EvalError::NoScores {
            kind: "impostor",
            failed: 1
        }
    ));
    let infinite = set(&[0.1, f32::NEG_INFINITY], &[0.2]).to_string();
    assert!(
        infinite.starts_with("genuine score number 1 is -inf, expected a finite number"),
        "{infinite}"
    );
}

#[test]
fn three_hundred_impostors_are_just_enough_for_one_per_cent() {
    let set = |impostors: usize| ScoreSet {
        genuine: vec![0.1, 0.3],
        impostor: (0..impostors).map(|k| 0.2 + k as f32).collect(),
        polarity: Polarity::Distance,
    };
    assert!(
        ErrorCurve::new(&set(299))
            .unwrap()
            .fnmr_at_fmr(0.01)
            .is_none()
    );
    let found = ErrorCurve::new(&set(300))
        .unwrap()
        .fnmr_at_fmr(0.01)
        .unwrap();
    // Three false matches are one per cent of 300, and still allowed.
    assert_eq!((found.false_matches, found.false_non_matches), (3, 0));
}
