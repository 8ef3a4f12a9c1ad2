//! D_sys and maximal linkability against their closed forms.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{
    linkability_floor, local_linkability, normal_cdf, probit, unlinkability,
};

/// `count` scores at equal steps of probability of N(mean, 1): a sample without noise.
fn normal_quantiles(mean: f64, count: usize) -> Vec<f64> {
    (0..count)
        .map(|k| mean + probit((k as f64 + 0.5) / count as f64))
        .collect()
}

/// D_sys of N(d, 1) against N(0, 1): ∫ φ(s−d) tanh(ln LR / 2) over LR > 1, where ln LR = d·s − d²/2; Simpson's rule.
fn gaussian_d_sys(d: f64) -> f64 {
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let value = |s: f64| density(s - d) * ((d * s - d * d / 2.0) / 2.0).tanh();
    let (from, to, steps) = (d / 2.0, d + 9.0, 4_000);
    let h = (to - from) / f64::from(steps);
    let weight = |k: i32| {
        if k == 0 || k == steps {
            1.0
        } else if k % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    (0..=steps)
        .map(|k| weight(k) * value(from + f64::from(k) * h))
        .sum::<f64>()
        * h
        / 3.0
}

/// Maximal linkability of the same: log2(1 + total variation), TV = 2Φ(d/2) − 1.
fn gaussian_maximal(d: f64) -> f64 {
    (2.0 * normal_cdf(d / 2.0)).log2()
}

#[test]
fn the_closed_forms_have_the_published_values() {
    for (d, d_sys, maximal) in [
        (0.1, 0.021186, 0.056414),
        (0.5, 0.128179, 0.259920),
        (1.0, 0.293490, 0.467723),
        (2.0, 0.616545, 0.750769),
        (4.0, 0.942951, 0.966799),
    ] {
        assert!(
            (gaussian_d_sys(d) - d_sys).abs() < 2e-6,
            "{d}: {}",
            gaussian_d_sys(d)
        );
        assert!(
            (gaussian_maximal(d) - maximal).abs() < 2e-6,
            "{d}: {}",
            gaussian_maximal(d)
        );
    }
}

#[test]
fn estimates_reach_the_closed_forms() {
    for d in [0.1, 0.5, 1.0, 2.0, 4.0] {
        let (mated, other) = (normal_quantiles(d, 400_000), normal_quantiles(0.0, 400_000));
        let found = unlinkability(&mated, &other, 1.0, 400).unwrap();
        assert!(
            (found.d_sys - gaussian_d_sys(d)).abs() < 1e-3,
            "{d}: {}",
            found.d_sys
        );
        assert!(
            (found.maximal - gaussian_maximal(d)).abs() < 1e-3,
            "{d}: {}",
            found.maximal
        );
    }
}

#[test]
fn uniform_scores_have_exact_values() {
    // Mated uniform on 0..1, non-mated on 0..2: LR = 2 below 1, D = 1/3; TV = 1/2.
    let uniform = |end: f64| {
        (0..200_000)
            .map(move |k| (k as f64 + 0.5) / 200_000.0 * end)
            .collect::<Vec<f64>>()
    };
    let found = unlinkability(&uniform(1.0), &uniform(2.0), 1.0, 1_000).unwrap();
    assert!((found.d_sys - 1.0 / 3.0).abs() < 2e-3, "{}", found.d_sys);
    assert!(
        (found.maximal - 1.5f64.log2()).abs() < 2e-3,
        "{}",
        found.maximal
    );
    assert!((found.local[100] - 1.0 / 3.0).abs() < 1e-2 && found.local[900] == 0.0);
}

#[test]
fn local_linkability_is_the_formula() {
    for (ratio, omega, expected) in [
        (0.5, 1.0, 0.0),
        (1.0, 1.0, 0.0),
        (3.0, 1.0, 0.5),
        (3.0, 0.25, 0.0),
        (1.0, 3.0, 0.5),
    ] {
        assert_eq!(local_linkability(ratio, omega), expected);
    }
    assert_eq!(
        (
            local_linkability(f64::INFINITY, 0.5),
            local_linkability(f64::NAN, 1.0)
        ),
        (1.0, 0.0)
    );
}

#[test]
fn the_floor_is_what_noise_alone_gives() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let normal = Normal::new(0.0, 1.0).unwrap();
    let mut draw = |count: usize| {
        (0..count)
            .map(|_| normal.sample(&mut rng))
            .collect::<Vec<f64>>()
    };
    let (a, b) = (draw(1_000), draw(10_000));
    let floor = linkability_floor(&a, &b, 1.0, 100, 60, 7).unwrap();
    // Measured apart with the published tool's formulas in numpy, 60 draws: 0.0617 in 100 bins, 0.0300 in 30.
    assert!((floor.d_sys - 0.0617).abs() < 0.008, "{floor:?}");
    let coarse = linkability_floor(&a, &b, 1.0, 30, 60, 7).unwrap();
    assert!((coarse.d_sys - 0.030).abs() < 0.008, "{coarse:?}");
    assert!(floor.d_sys < floor.d_sys_95 && floor.maximal < floor.maximal_95);
    assert_eq!(floor, linkability_floor(&a, &b, 1.0, 100, 60, 7).unwrap());
    // Linked scores stand far above it.
    let linked: Vec<f64> = a.iter().map(|s| s + 1.0).collect();
    assert!(unlinkability(&linked, &b, 1.0, 100).unwrap().d_sys > 3.0 * floor.d_sys_95);
}

#[test]
fn unusable_scores_are_refused() {
    let message = |mated: &[f64], other: &[f64], omega: f64, bins: usize| {
        unlinkability(mated, other, omega, bins)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(&[], &[1.0], 1.0, 9),
        "unlinkability: no mated score, expected at least one"
    );
    assert!(message(&[1.0, f64::NAN], &[1.0], 1.0, 9).contains("mated score number 1 is NaN"));
    assert!(message(&[1.0], &[1.0], 1.0, 9).contains("expected a spread"));
    assert!(message(&[1.0], &[2.0], 1.0, 0).contains("0 bins"));
    assert!(message(&[1.0], &[2.0], f64::NAN, 9).contains("omega is NaN"));
}
