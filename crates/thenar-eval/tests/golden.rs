//! Against pyeer, bob.measure and scipy: `golden/error_rates.json`, written by `golden/make.py`.
//!
//! Where a definition differs on purpose (see `thenar_eval::metrics`), the test asserts the difference.

use std::path::Path;

use serde::Deserialize;
use thenar_eval::metrics::{ErrorCurve, auc, clopper_pearson, d_prime, probit};
use thenar_eval::{Polarity, ScoreSet};

#[derive(Deserialize)]
struct Golden {
    sets: Vec<Set>,
    clopper_pearson: Vec<(u64, u64, f64, f64, f64)>,
    probit: Vec<(f64, f64, f64)>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    polarity: Polarity,
    genuine: Vec<f64>,
    impostor: Vec<f64>,
    pyeer: Pyeer,
    fnmr_at_fmr_at_most: std::collections::BTreeMap<String, f64>,
    eer_interpolated: f64,
    bob: Bob,
}

#[derive(Deserialize)]
struct Pyeer {
    eer: f64,
    eer_low: f64,
    eer_high: f64,
    auc: f64,
    d_prime: f64,
    zero_fnmr: f64,
    gmean: f64,
    gstd: f64,
    imean: f64,
    istd: f64,
    curve: Vec<(f64, f64, f64)>,
}

#[derive(Deserialize)]
struct Bob {
    threshold_far_frr: Vec<(f64, f64, f64)>,
}

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/error_rates.json");
    let text = std::fs::read_to_string(&path).expect("the golden file is part of the repository");
    let golden: Golden =
        serde_json::from_str(&text).expect("the golden file is as make.py writes it");
    assert!(
        golden.sets.len() >= 12 && golden.clopper_pearson.len() >= 24 && golden.probit.len() >= 8
    );
    golden
}

fn curve(set: &Set) -> ErrorCurve {
    let single = |scores: &[f64]| scores.iter().map(|&s| s as f32).collect();
    let scores = ScoreSet {
        genuine: single(&set.genuine),
        impostor: single(&set.impostor),
        polarity: set.polarity,
    };
    ErrorCurve::new(&scores).unwrap()
}

fn close(what: &str, set: &str, got: f64, expected: f64) {
    assert!(
        (got - expected).abs() < 1e-9,
        "{set}: {what} is {got}, expected {expected}"
    );
}

/// A score of the golden file, which a 32-bit float holds exactly.
fn exact(score: f64) -> f32 {
    assert_eq!(f64::from(score as f32), score);
    score as f32
}

#[test]
fn curves_are_those_of_pyeer_and_one_point_more() {
    for set in golden().sets {
        let points: Vec<_> = curve(&set).points().collect();
        assert_eq!(points.len(), set.pyeer.curve.len() + 1, "{}", set.name);
        for (point, &(threshold, fmr, fnmr)) in points.iter().zip(&set.pyeer.curve) {
            assert_eq!(point.threshold, exact(threshold), "{}", set.name);
            close("FMR", &set.name, point.fmr(), fmr);
            close("FNMR", &set.name, point.fnmr(), fnmr);
        }
        let last = points.last().unwrap();
        assert_eq!((last.fmr(), last.fnmr()), (0.0, 1.0));
    }
}

#[test]
fn rates_at_a_threshold_are_those_of_bob() {
    for set in golden().sets {
        let curve = curve(&set);
        for &(threshold, far, frr) in &set.bob.threshold_far_frr {
            let errors = curve.at(exact(threshold));
            close("FAR", &set.name, errors.fmr(), far);
            close("FRR", &set.name, errors.fnmr(), frr);
        }
    }
}

#[test]
fn equal_error_rates_are_those_of_pyeer() {
    for set in golden().sets {
        let eer = curve(&set).eer();
        if set.name == "constant" {
            // All scores tie: pyeer knows no threshold beyond them and answers 1; half of the errors is the truth.
            assert_eq!(
                (set.pyeer.eer, eer.eer, eer.low, eer.high),
                (1.0, 0.5, 0.0, 1.0)
            );
            continue;
        }
        close("EER", &set.name, eer.eer, set.pyeer.eer);
        let (low, high) = (
            set.pyeer.eer_low.min(set.pyeer.eer_high),
            set.pyeer.eer_low.max(set.pyeer.eer_high),
        );
        close("EERlow", &set.name, eer.low, low);
        close("EERhigh", &set.name, eer.high, high);
    }
}

#[test]
fn interpolated_equal_error_rates_are_those_of_scipy() {
    for set in golden().sets {
        close(
            "EER",
            &set.name,
            curve(&set).eer_interpolated(),
            set.eer_interpolated,
        );
    }
}

#[test]
fn operating_points_are_the_lowest_fnmr_with_at_most_that_fmr() {
    for set in golden().sets {
        let curve = curve(&set);
        close(
            "ZeroFMR",
            &set.name,
            curve.zero_fmr().fnmr(),
            set.fnmr_at_fmr_at_most["0.0"],
        );
        close(
            "ZeroFNMR",
            &set.name,
            curve.zero_fnmr().fmr(),
            set.pyeer.zero_fnmr,
        );
        for (fmr, &expected) in set
            .fnmr_at_fmr_at_most
            .iter()
            .filter(|(fmr, _)| *fmr != "0.0")
        {
            let fmr: f64 = fmr.parse().unwrap();
            match curve.fnmr_at_fmr(fmr) {
                Some(errors) => {
                    close("FNMR", &set.name, errors.fnmr(), expected);
                    assert!(errors.fmr() <= fmr);
                }
                None => assert!((set.impostor.len() as f64) < 3.0 / fmr, "{}", set.name),
            }
        }
    }
}

#[test]
fn distributions_are_those_of_pyeer() {
    for set in golden().sets {
        let curve = curve(&set);
        let (genuine, impostor) = curve.distributions();
        let expected = [
            set.pyeer.gmean,
            set.pyeer.gstd,
            set.pyeer.imean,
            set.pyeer.istd,
        ];
        for (got, expected) in [genuine.mean, genuine.sd, impostor.mean, impostor.sd]
            .into_iter()
            .zip(expected)
        {
            close("mean or deviation", &set.name, got, expected);
        }
        match d_prime(&curve) {
            Some(d) => close("d'", &set.name, d, set.pyeer.d_prime),
            None => assert_eq!(set.name, "constant"),
        }
        // pyeer leaves out the last trapezium, from its last threshold to FMR 0.
        let &(_, fmr, fnmr) = set.pyeer.curve.last().unwrap();
        close(
            "AUC",
            &set.name,
            auc(&curve),
            set.pyeer.auc + fmr * (1.0 - fnmr) / 2.0,
        );
    }
}

#[test]
fn intervals_are_those_of_scipy() {
    for (errors, trials, confidence, low, high) in golden().clopper_pearson {
        let got = clopper_pearson(errors, trials, confidence);
        for (got, expected) in [(got.0, low), (got.1, high)] {
            let allowed = 1e-9 * expected.abs() + 1e-15;
            assert!(
                (got - expected).abs() <= allowed,
                "{errors}/{trials} {confidence}: {got}, expected {expected}"
            );
        }
    }
}

#[test]
fn probit_is_that_of_scipy_and_nearly_that_of_bob() {
    for (p, scipy, bob) in golden().probit {
        assert!(
            (probit(p) - scipy).abs() < 1e-12 * (1.0 + scipy.abs()),
            "{p}: {} {scipy}",
            probit(p)
        );
        // bob uses an approximation that is good to five digits only.
        assert!((probit(p) - bob).abs() < 1e-4, "{p}");
    }
}
