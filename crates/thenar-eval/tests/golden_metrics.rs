//! Against bob.measure, pyeer, scikit-learn and the published tools for linkability: `golden/metrics.json`, written by
//! `golden/make_metrics.py`.
//!
//! Where a definition differs on purpose (see `thenar_eval::metrics`), the test asserts the difference.

mod formula;

use std::path::Path;

use formula::formula;
use serde::Deserialize;
use thenar_eval::metrics::{
    Candidate, ErrorCurve, Identification, ScoreHistogram, SearchOutcome, auc, d_prime, normal_cdf,
    unlinkability,
};
use thenar_eval::{Kind, Polarity, ScoreSet};

#[derive(Deserialize)]
struct Golden {
    sets: Vec<Set>,
    histograms: Vec<Counts>,
    searches: Vec<Searches>,
    linkability: Vec<Linkability>,
    gaussian_maximal: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
struct Set {
    name: String,
    polarity: Polarity,
    formula: Option<Formula>,
    genuine: Vec<f64>,
    impostor: Vec<f64>,
    /// Threshold, FAR, FRR.
    bob_farfrr: Vec<(f64, f64, f64)>,
    /// EER, FAR, FRR.
    bob_eer: (f64, f64, f64),
    /// FAR asked for, FAR, FRR.
    bob_at_far: Vec<(f64, f64, f64)>,
    sklearn_auc: f64,
    pyeer: Pyeer,
}

/// Count, start and shift of `formula_scores`.
#[derive(Deserialize)]
struct Formula {
    genuine: (usize, u64, i64),
    impostor: (usize, u64, i64),
}

#[derive(Deserialize)]
struct Pyeer {
    eer: f64,
    eer_ends: (f64, f64),
    d_prime: f64,
    zero_fnmr: f64,
    fmr100_nearest: f64,
    fmr1000_nearest: f64,
    zero_fmr_nearest: f64,
}

#[derive(Deserialize)]
struct Counts {
    polarity: Polarity,
    genuine: Vec<u32>,
    counts: Vec<u64>,
    /// Threshold, FMR, FNMR.
    curve: Vec<(f64, f64, f64)>,
}

#[derive(Deserialize)]
struct Searches {
    name: String,
    /// Negative and positive scores of each probe.
    probes: Vec<(Vec<f32>, Vec<f32>)>,
    bob_cmc: Vec<f64>,
    bob_rank: Vec<(usize, f64)>,
    bob_dir: Vec<(f32, usize, f64)>,
    bob_false_alarm: Vec<(f32, f64)>,
    pyeer_cmc: Vec<f64>,
}

#[derive(Deserialize)]
struct Linkability {
    name: String,
    omega: f64,
    bins: usize,
    mated: Vec<f64>,
    non_mated: Vec<f64>,
    dasec_d_sys: f64,
    otroshi_maximal: Option<f64>,
}

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/metrics.json");
    let text = std::fs::read_to_string(&path).expect("the golden file is part of the repository");
    let golden: Golden =
        serde_json::from_str(&text).expect("the golden file is as make_metrics.py writes it");
    assert!(golden.sets.len() >= 20 && golden.searches.len() == 2 && golden.linkability.len() == 8);
    golden
}

fn curves() -> Vec<(Set, ErrorCurve)> {
    let exact = |scores: &[f64]| {
        scores
            .iter()
            .map(|&s| {
                assert_eq!(f64::from(s as f32), s);
                s as f32
            })
            .collect()
    };
    let curve = |set: Set| {
        let (genuine, impostor) = match &set.formula {
            Some(f) => (formula(f.genuine), formula(f.impostor)),
            None => (exact(&set.genuine), exact(&set.impostor)),
        };
        let scores = ScoreSet {
            genuine,
            impostor,
            polarity: set.polarity,
        };
        let curve = ErrorCurve::new(&scores).unwrap();
        (set, curve)
    };
    golden().sets.into_iter().map(curve).collect()
}

fn close(what: &str, name: &str, got: f64, expected: f64) {
    assert!(
        (got - expected).abs() < 1e-9,
        "{name}: {what} is {got}, expected {expected}"
    );
}

/// FNMR at the point whose FMR is nearest to `fmr`, the first of equals: what pyeer calls FMR100 and so on. It knows no
/// point beyond all scores, so the last one is left out.
fn nearest(curve: &ErrorCurve, fmr: f64) -> f64 {
    let mut points: Vec<_> = curve.points().collect();
    points.pop();
    let best = points
        .iter()
        .map(|p| (p.fmr() - fmr).abs())
        .fold(f64::INFINITY, f64::min);
    let first = points.iter().find(|p| (p.fmr() - fmr).abs() == best);
    first.map(|p| p.fnmr()).unwrap()
}

#[test]
fn figures_of_a_million_scores_and_of_few_are_those_of_the_tools() {
    let sets = curves();
    assert!(
        sets.iter()
            .any(|(_, curve)| curve.genuine() + curve.impostor() == 1_000_000)
    );
    for (set, curve) in &sets {
        let name = &set.name;
        for &(threshold, far, frr) in &set.bob_farfrr {
            let errors = curve.at(threshold as f32);
            close("FAR", name, errors.fmr(), far);
            close("FRR", name, errors.fnmr(), frr);
        }
        close("AUC", name, auc(curve), set.sklearn_auc);
        close(
            "ZeroFNMR",
            name,
            curve.zero_fnmr().fmr(),
            set.pyeer.zero_fnmr,
        );
        match d_prime(curve) {
            Some(d) => close("d'", name, d, set.pyeer.d_prime),
            // Without spread pyeer says 1, unless only one score of each kind leaves it at 0/0.
            None => assert!(name == "constant" || name == "one_each", "{name}"),
        }
    }
}

#[test]
fn the_equal_error_rate_of_fvc_is_that_of_pyeer() {
    for (set, curve) in curves() {
        let eer = curve.eer();
        // pyeer has no threshold beyond all scores. Where impostors hold the highest score and the curves do not cross
        // before it, pyeer gives up with an EER of 1.
        if set.pyeer.eer == 1.0 {
            assert!(["constant"].contains(&set.name.as_str()), "{}", set.name);
            assert_eq!((eer.low, eer.eer, eer.high), (0.0, 0.5, 1.0));
            continue;
        }
        close("EER", &set.name, eer.eer, set.pyeer.eer);
        close("EERlow", &set.name, eer.low, set.pyeer.eer_ends.0);
        close("EERhigh", &set.name, eer.high, set.pyeer.eer_ends.1);
    }
}

#[test]
fn the_equal_error_rate_of_least_difference_is_that_of_bob() {
    let mut differ = 0;
    for (set, curve) in curves() {
        let (eer, far, frr) = set.bob_eer;
        // bob adds up its rates step by step, so equal differences are not quite equal to it, and it may take either.
        let gap = curve
            .points()
            .map(|p| (p.fmr() - p.fnmr()).abs())
            .fold(f64::INFINITY, f64::min);
        close("|FAR − FRR|", &set.name, gap, (far - frr).abs());
        let ties = curve
            .points()
            .filter(|p| ((p.fmr() - p.fnmr()).abs() - gap).abs() < 1e-9)
            .count();
        if ties == 1 {
            close("EER", &set.name, curve.eer_min_difference(), eer);
        }
        differ += usize::from((curve.eer().eer - eer).abs() > 1e-9);
    }
    assert!(differ > 0, "no set tells the two definitions apart");
}

#[test]
fn the_point_at_an_fmr_is_at_least_as_good_as_that_of_bob_and_never_nearest() {
    let (mut better, mut above) = (0, 0);
    for (set, curve) in curves() {
        for &(wanted, far, frr) in &set.bob_at_far {
            let found = curve.fnmr_at_fmr(wanted).unwrap();
            // bob puts the threshold on an impostor score; just above the next lower one the FAR is the same, and fewer
            // genuine scores are rejected.
            close("FAR", &set.name, found.fmr(), far);
            assert!(found.fnmr() <= frr + 1e-12, "{}", set.name);
            better += usize::from(found.fnmr() < frr - 1e-9);
        }
        // pyeer takes the point nearest to the FMR, whose FMR may be above it.
        for (fmr, theirs) in [
            (0.01, set.pyeer.fmr100_nearest),
            (0.001, set.pyeer.fmr1000_nearest),
            (0.0, set.pyeer.zero_fmr_nearest),
        ] {
            close("FMR nearest", &set.name, nearest(&curve, fmr), theirs);
            let ours = if fmr == 0.0 {
                Some(curve.zero_fmr())
            } else {
                curve.fnmr_at_fmr(fmr)
            };
            if let Some(ours) = ours {
                assert!(ours.fmr() <= fmr);
                above += usize::from(ours.fnmr() > theirs + 1e-9);
            }
        }
    }
    assert!(
        better > 0 && above > 0,
        "no set tells the definitions apart"
    );
}

#[test]
fn counted_scores_are_those_of_pyeer() {
    for set in golden().histograms {
        let mut histogram = ScoreHistogram::whole_numbers(set.polarity, 63).unwrap();
        for &score in &set.genuine {
            histogram.push(Kind::Genuine, score as f32).unwrap();
        }
        for (score, &count) in set.counts.iter().enumerate() {
            histogram
                .push_many(Kind::Impostor, score as f32, count)
                .unwrap();
        }
        let curve = histogram.curve().unwrap();
        for &(threshold, fmr, fnmr) in &set.curve {
            // For distances pyeer accepts genuine scores ≤ t but impostor scores < t.
            let counted = match set.polarity {
                Polarity::Similarity => threshold,
                Polarity::Distance => threshold - 1.0,
            };
            close("FMR", "counts", curve.at(counted as f32).fmr(), fmr);
            close("FNMR", "counts", curve.at(threshold as f32).fnmr(), fnmr);
        }
    }
}

#[test]
fn searches_are_those_of_bob() {
    for set in golden().searches {
        let outcome = |(negatives, positives): &(Vec<f32>, Vec<f32>)| {
            let others = negatives.iter().zip(1u32..);
            let others = others.map(|(&score, subject)| Candidate { subject, score });
            let mates = positives
                .iter()
                .map(|&score| Candidate { subject: 0, score });
            let mate = (!positives.is_empty()).then_some(0);
            SearchOutcome::new(Polarity::Similarity, mate, mates.chain(others))
        };
        let all = Identification::new(
            Polarity::Similarity,
            26,
            set.probes.iter().map(outcome).collect(),
        );
        let cmc = all.cmc(set.bob_cmc.len()).unwrap();
        for (rank, (&got, &expected)) in cmc.iter().zip(&set.bob_cmc).enumerate() {
            close(&format!("rank {}", rank + 1), &set.name, got, expected);
        }
        for &(rank, expected) in &set.bob_rank {
            let (found, searches) = all.rank(rank).unwrap();
            close(
                "rank-k",
                &set.name,
                found as f64 / searches as f64,
                expected,
            );
        }
        for &(threshold, rank, expected) in &set.bob_dir {
            close(
                "DIR",
                &set.name,
                all.dir(threshold, rank).unwrap(),
                expected,
            );
            close(
                "FNIR",
                &set.name,
                all.fnir(threshold, rank).unwrap(),
                1.0 - expected,
            );
        }
        for &(threshold, expected) in &set.bob_false_alarm {
            close("FPIR", &set.name, all.fpir(threshold).unwrap(), expected);
        }
        // pyeer ranks ties in the order of the file, here the mate first: never below ours, and equal without ties.
        let difference: f64 = set
            .pyeer_cmc
            .iter()
            .zip(&cmc)
            .map(|(theirs, ours)| theirs - ours)
            .sum();
        assert!(difference > -1e-9, "{}", set.name);
        assert_eq!(
            difference < 1e-9,
            set.name == "fine",
            "{}: {difference}",
            set.name
        );
    }
}

#[test]
fn linkability_is_that_of_the_published_tools() {
    let golden = golden();
    for set in &golden.linkability {
        let found = unlinkability(&set.mated, &set.non_mated, set.omega, set.bins).unwrap();
        close("D_sys", &set.name, found.d_sys, set.dasec_d_sys);
        if let Some(maximal) = set.otroshi_maximal {
            close("maximal linkability", &set.name, found.maximal, maximal);
        }
    }
    assert!(
        golden
            .linkability
            .iter()
            .filter(|s| s.otroshi_maximal.is_some())
            .count()
            >= 4
    );
    for (d, maximal) in golden.gaussian_maximal {
        close(
            "log2(2Φ(d/2))",
            "gaussian",
            (2.0 * normal_cdf(d / 2.0)).log2(),
            maximal,
        );
    }
}
