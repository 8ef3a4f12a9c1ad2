//! Thresholds of a development set against bob.measure: `golden/dev_eval.json`, written by `golden/make_dev_eval.py`.

mod formula;

use std::collections::BTreeMap;
use std::path::Path;

use formula::formula;
use proptest::prelude::*;
use serde::Deserialize;
use thenar_eval::dev_eval::{DevEval, FixedThreshold};
use thenar_eval::metrics::{Criterion, ErrorCurve};
use thenar_eval::{Polarity, ScoreSet, dev_eval};

#[derive(Deserialize)]
struct Golden {
    sets: Vec<Set>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    polarity: Polarity,
    /// Genuine and impostor scores for development, then for evaluation.
    scores: Vec<Vec<f64>>,
    formula: Option<Vec<(usize, u64, i64)>>,
    /// Threshold, FAR and FRR for development, FAR and FRR for evaluation.
    bob: BTreeMap<String, [f64; 5]>,
}

impl Set {
    fn curves(&self) -> [ErrorCurve; 2] {
        let scores: Vec<Vec<f32>> = match &self.formula {
            Some(parts) => parts.iter().map(|&part| formula(part)).collect(),
            None => {
                let single = |part: &Vec<f64>| part.iter().map(|&s| s as f32).collect();
                self.scores.iter().map(single).collect()
            }
        };
        [0, 2].map(|k| curve(&scores[k], &scores[k + 1], self.polarity))
    }
}

fn curve(genuine: &[f32], impostor: &[f32], polarity: Polarity) -> ErrorCurve {
    ErrorCurve::new(&ScoreSet {
        genuine: genuine.to_vec(),
        impostor: impostor.to_vec(),
        polarity,
    })
    .unwrap()
}

fn golden() -> Vec<Set> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/dev_eval.json");
    let text = std::fs::read_to_string(&path).expect("the golden file is part of the repository");
    let golden: Golden = serde_json::from_str(&text).expect("as make_dev_eval.py writes it");
    assert_eq!(golden.sets.len(), 9);
    golden.sets
}

fn close(name: &str, what: &str, got: f64, expected: f64) {
    assert!(
        (got - expected).abs() < 1e-9,
        "{name}: {what} is {got}, expected {expected}"
    );
}

/// How many points of the curve are as good as the best one, to rounding.
fn equals(curve: &ErrorCurve, criterion: &str) -> usize {
    let value = |fmr: f64, fnmr: f64| match criterion {
        "eer" => (fmr - fnmr).abs(),
        _ => fmr + fnmr,
    };
    let all: Vec<f64> = curve.points().map(|p| value(p.fmr(), p.fnmr())).collect();
    let best = all.iter().copied().fold(f64::INFINITY, f64::min);
    all.iter().filter(|v| **v - best < 1e-9).count()
}

#[test]
fn thresholds_and_their_errors_are_those_of_bob() {
    let (mut compared, mut tied) = (0, 0);
    for set in golden() {
        let [development, evaluation] = set.curves();
        let found = dev_eval(&development, &evaluation).unwrap();
        let measured = found.thresholds.values().flatten().count();
        assert_eq!(measured, set.bob.len(), "{}", set.name);
        for (criterion, &[threshold, far, frr, eval_far, eval_frr]) in &set.bob {
            let name = format!("{} {criterion}", set.name);
            let fixed = found.thresholds[criterion].unwrap();
            let (ours, theirs) = (&fixed.development, &fixed.evaluation);
            if !criterion.starts_with("fmr") && equals(&development, criterion) > 1 {
                // bob may take another of the equals: the criterion is as good, the threshold another.
                let value = |far: f64, frr: f64| match criterion.as_str() {
                    "eer" => (far - frr).abs(),
                    _ => far + frr,
                };
                let best = value(ours.errors.fmr, ours.errors.fnmr);
                close(&name, "criterion", best, value(far, frr));
                tied += 1;
                continue;
            }
            // One step of a 32-bit float, or of bob's 64-bit float beyond the last score.
            let step = f64::from(f32::EPSILON) * threshold.abs();
            let off = (f64::from(ours.errors.threshold) - threshold).abs();
            assert!(off <= step, "{name}: {} {threshold}", ours.errors.threshold);
            close(&name, "FMR for development", ours.errors.fmr, far);
            close(&name, "FNMR for development", ours.errors.fnmr, frr);
            close(&name, "FMR for evaluation", theirs.errors.fmr, eval_far);
            close(&name, "FNMR for evaluation", theirs.errors.fnmr, eval_frr);
            let hter = f64::midpoint(eval_far, eval_frr);
            close(&name, "HTER for evaluation", theirs.hter, hter);
            compared += 1;
        }
    }
    assert!(compared >= 16 && tied >= 1, "{compared} {tied}");
}

#[test]
fn intervals_hold_their_figures_and_the_report_comes_back() {
    for set in golden() {
        let [development, evaluation] = set.curves();
        let found = dev_eval(&development, &evaluation).unwrap();
        for FixedThreshold {
            development,
            evaluation,
        } in found.thresholds.values().flatten()
        {
            for e in [development, evaluation] {
                let [low, high] = e.hter_interval_95;
                assert!(low <= e.hter && e.hter <= high);
                let [low, high] = e.errors.fnmr_interval_95;
                assert!(low <= e.errors.fnmr && e.errors.fnmr <= high);
                assert_eq!((e.far, e.frr), (e.errors.fmr, e.errors.fnmr));
            }
        }
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<DevEval>(&json).unwrap(), found);
    }
}

#[test]
fn the_table_has_both_columns_with_counts() {
    let development = curve(&[0.1, 0.2, 0.6], &[0.5, 0.7, 0.8, 0.9], Polarity::Distance);
    let evaluation = curve(&[0.1, 0.9], &[0.5, 0.7, f32::NAN], Polarity::Distance);
    let table = dev_eval(&development, &evaluation).unwrap().table();
    for part in [
        "At min-hter ",
        "At eer                   distance 0.55 ",
        "distance 0.65",
        "  False non-match rate   33.33 % (1/3) [",
        "50.00 % (1/2) [",
        "  False reject rate      33.33 %",
        // One of five evaluation scores failed: 0.2 + 0.5 · 0.8.
        "60.00 %",
        "At fmr-1e-5              not measurable",
    ] {
        assert!(table.contains(part), "{part:?} is not in\n{table}");
    }
    assert!(table.lines().all(|line| line.trim_end() == line));
}

#[test]
fn polarities_must_agree() {
    let development = curve(&[0.1], &[0.5], Polarity::Distance);
    let evaluation = curve(&[0.1], &[0.5], Polarity::Similarity);
    let refused = dev_eval(&development, &evaluation).unwrap_err().to_string();
    assert!(
        refused.ends_with(
            "evaluation scores are a similarity, expected a distance as for development"
        ),
        "{refused}"
    );
}

proptest! {
    /// The smallest HTER by going over all scores, with thresholds on them and beyond.
    #[test]
    fn no_threshold_is_better(
        genuine in proptest::collection::vec(0i8..12, 1..30),
        impostor in proptest::collection::vec(0i8..12, 1..30),
    ) {
        let single = |v: &[i8]| v.iter().map(|&s| f32::from(s)).collect::<Vec<_>>();
        let curve = curve(&single(&genuine), &single(&impostor), Polarity::Similarity);
        let at = |criterion| curve.at(curve.fixed_threshold(criterion).unwrap());
        let (hter, eer) = (at(Criterion::MinHter), at(Criterion::EqualError));
        for half in -1..26 {
            let other = curve.at(half as f32 / 2.0);
            prop_assert!(hter.fmr() + hter.fnmr() <= other.fmr() + other.fnmr() + 1e-12);
            let gap = |e: &thenar_eval::metrics::Errors| (e.fmr() - e.fnmr()).abs();
            prop_assert!(gap(&eer) <= gap(&other) + 1e-12);
        }
    }
}
