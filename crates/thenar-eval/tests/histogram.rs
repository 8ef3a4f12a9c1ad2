//! Counted scores against the scores themselves: exact at edges, and never further off than the stated bound.

use proptest::prelude::*;
use thenar_eval::metrics::{ErrorCurve, ScoreHistogram, auc, d_prime};
use thenar_eval::{Kind, Polarity, ScoreSet};

fn polarity() -> impl Strategy<Value = Polarity> {
    prop_oneof![Just(Polarity::Distance), Just(Polarity::Similarity)]
}

fn score_sets() -> impl Strategy<Value = ScoreSet> {
    let scores = || proptest::collection::vec(0.0f32..=1.0, 1..200);
    (scores(), scores(), polarity()).prop_map(|(genuine, impostor, polarity)| ScoreSet {
        genuine,
        impostor,
        polarity,
    })
}

fn fill(histogram: &mut ScoreHistogram, scores: &ScoreSet) {
    for (kind, values) in [
        (Kind::Genuine, &scores.genuine),
        (Kind::Impostor, &scores.impostor),
    ] {
        for &score in values {
            histogram.push(kind, score).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn figures_stay_within_the_bound(scores in score_sets(), bins in 1usize..400) {
        let mut histogram = ScoreHistogram::new(scores.polarity, 0.0, 1.0, bins).unwrap();
        fill(&mut histogram, &scores);
        let (bound, counted) = (histogram.bound(), histogram.curve().unwrap());
        let exact = ErrorCurve::new(&scores).unwrap();
        let near = |a: f64, b: f64, allowed: f64| (a - b).abs() <= allowed + 1e-9;
        prop_assert!(near(counted.eer().eer, exact.eer().eer, bound.eer));
        prop_assert!(near(counted.eer_interpolated(), exact.eer_interpolated(), bound.eer));
        prop_assert!(near(auc(&counted), auc(&exact), bound.auc));
        for fmr in [0.5, 0.2, 0.1] {
            if let Some(point) = exact.fnmr_at_fmr(fmr) {
                let coarse = counted.fnmr_at_fmr(fmr).unwrap();
                // Nothing is promised that the scores do not keep.
                prop_assert!(coarse.fnmr() >= point.fnmr() && coarse.fmr() <= fmr);
                prop_assert!(near(coarse.fnmr(), point.fnmr(), bound.fnmr));
            }
        }
        for threshold in [0.1f32, 0.37, 0.9] {
            let (coarse, fine) = (counted.at(threshold), exact.at(threshold));
            prop_assert!(near(coarse.fmr(), fine.fmr(), bound.fmr));
            prop_assert!(near(coarse.fnmr(), fine.fnmr(), bound.fnmr));
        }
        // At every edge in use the counts are the true ones.
        for point in counted.points() {
            let fine = exact.at(point.threshold);
            prop_assert_eq!(
                (point.false_matches, point.false_non_matches),
                (fine.false_matches, fine.false_non_matches)
            );
        }
        let (a, b) = (counted.distributions(), exact.distributions());
        prop_assert!(near(a.0.mean, b.0.mean, bound.score) && near(a.1.mean, b.1.mean, bound.score));
    }

    #[test]
    fn whole_numbers_lose_nothing(
        genuine in proptest::collection::vec(0u16..=40, 1..100),
        impostor in proptest::collection::vec(0u16..=40, 1..100),
        polarity in polarity(),
    ) {
        let single = |v: &[u16]| v.iter().map(|&s| f32::from(s)).collect();
        let scores = ScoreSet { genuine: single(&genuine), impostor: single(&impostor), polarity };
        let mut histogram = ScoreHistogram::whole_numbers(polarity, 40).unwrap();
        fill(&mut histogram, &scores);
        let (counted, exact) = (histogram.curve().unwrap(), ErrorCurve::new(&scores).unwrap());
        prop_assert!(counted.points().eq(exact.points()));
        prop_assert_eq!(counted.eer(), exact.eer());
        prop_assert_eq!(auc(&counted), auc(&exact));
        prop_assert_eq!(counted.eer_interval(0.95), exact.eer_interval(0.95));
        prop_assert!(counted.genuine_scores().eq(exact.genuine_scores()));
        let (a, b) = (d_prime(&counted).unwrap_or(0.0), d_prime(&exact).unwrap_or(0.0));
        prop_assert!((a - b).abs() < 1e-9);
        prop_assert_eq!(histogram.bound().eer, 0.0);
    }

    #[test]
    fn parts_add_up(scores in score_sets(), cut in 0usize..200) {
        let empty = ScoreHistogram::new(scores.polarity, 0.0, 1.0, 64).unwrap();
        let part = |range: &dyn Fn(usize) -> bool| {
            let pick = |v: &[f32]| (0..v.len()).filter(|&k| range(k)).map(|k| v[k]).collect();
            let part = ScoreSet { genuine: pick(&scores.genuine), impostor: pick(&scores.impostor), ..scores };
            let mut histogram = empty.clone();
            fill(&mut histogram, &part);
            histogram
        };
        let mut sum = part(&|k| k < cut);
        sum.merge(&part(&|k| k >= cut)).unwrap();
        let whole = part(&|_| true);
        prop_assert!(sum.curve().unwrap().points().eq(whole.curve().unwrap().points()));
    }
}

#[test]
fn a_thousand_million_comparisons_are_counted() {
    let mut histogram = ScoreHistogram::whole_numbers(Polarity::Distance, 1024).unwrap();
    histogram.push_many(Kind::Genuine, 300.0, 999_990).unwrap();
    histogram.push_many(Kind::Genuine, 470.0, 10).unwrap();
    histogram
        .push_many(Kind::Impostor, 512.0, 999_999_000)
        .unwrap();
    histogram.push_many(Kind::Impostor, 400.0, 1_000).unwrap();
    histogram.push(Kind::Impostor, f32::NAN).unwrap();
    let curve = histogram.curve().unwrap();
    assert_eq!((curve.impostor(), curve.failed()), (1_000_000_000, (0, 1)));
    let point = curve.fnmr_at_fmr(1e-6).unwrap();
    assert_eq!(
        (
            point.threshold,
            point.false_matches,
            point.false_non_matches
        ),
        (470.0, 1_000, 0)
    );
    assert_eq!(curve.zero_fmr().fnmr(), 1e-5);
}

#[test]
fn what_does_not_belong_is_refused() {
    let message = |e: thenar_eval::EvalError| e.to_string();
    let mut unit = ScoreHistogram::new(Polarity::Distance, 0.0, 1.0, 10).unwrap();
    for score in [0.0, 1.0, 0.1, 0.3, 0.7] {
        unit.push(Kind::Genuine, score).unwrap();
    }
    for score in [1.001, -0.001, f32::INFINITY] {
        let refused = message(unit.push(Kind::Genuine, score).unwrap_err());
        assert!(
            refused.ends_with("is outside the histogram, expected 0 to 1"),
            "{refused}"
        );
    }
    let mut whole = ScoreHistogram::whole_numbers(Polarity::Similarity, 7).unwrap();
    for score in [0.0, 7.0] {
        whole.push(Kind::Genuine, score).unwrap();
    }
    for score in [0.5, 8.0, -1.0, 1e-9, -1e-9] {
        let refused = message(whole.push(Kind::Genuine, score).unwrap_err());
        assert!(
            refused.ends_with("expected a whole number from 0 to 7"),
            "{refused}"
        );
    }
    let mut distances = ScoreHistogram::whole_numbers(Polarity::Distance, 1000).unwrap();
    for score in [1e-9, 0.5, -1.0, 1001.0] {
        assert!(distances.push(Kind::Genuine, score).is_err(), "{score}");
    }
    distances.push(Kind::Genuine, 0.0).unwrap();
    distances.push(Kind::Genuine, 1000.0).unwrap();
    assert!(unit.merge(&whole).is_err());
    for (low, high, bins) in [
        (0.0, 0.0, 3),
        (1.0, 0.0, 3),
        (0.0, f32::NAN, 3),
        (0.0, 1.0, 0),
        (0.0, f32::MAX, 2),
    ] {
        assert!(ScoreHistogram::new(Polarity::Distance, low, high, bins).is_err());
    }
    assert!(ScoreHistogram::new(Polarity::Distance, 1.0, 1.0 + 1e-6, 1000).is_err());
    assert!(ScoreHistogram::whole_numbers(Polarity::Distance, 1 << 24).is_err());
}
