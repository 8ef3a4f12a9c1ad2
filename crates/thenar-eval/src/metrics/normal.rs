//! The normal distribution: the axes of a DET plot.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Φ(x), the standard normal distribution function.
#[must_use]
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Φ⁻¹(p), in bob.measure `ppndf`. −∞ at 0 and below, +∞ at 1 and above, NaN for NaN.
///
/// A rational start (Acklam 2003, relative error below 1.2e-9), then one step of Halley's rule.
#[must_use]
pub fn probit(p: f64) -> f64 {
    if p.is_nan() {
        return f64::NAN;
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    // Upper half by symmetry: there 1 - p is exact, and the small tail keeps its digits.
    if p > 0.5 {
        return -probit(1.0 - p);
    }
    let x = acklam_lower_half(p);
    let error = (normal_cdf(x) - p) * (2.0 * PI).sqrt() * (x * x / 2.0).exp();
    x - error / (1.0 + x * error / 2.0)
}

fn acklam_lower_half(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let polynomial =
        |coefficients: &[f64], x: f64| coefficients.iter().fold(0.0, |sum, c| sum * x + c);
    if p < 0.02425 {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probit_undoes_the_distribution_function() {
        for k in -700..=700 {
            let x = f64::from(k) / 100.0;
            // Near 1 the probability itself has lost the digits, so test the lower half and the symmetry.
            assert!(
                (probit(normal_cdf(-x.abs())) + x.abs()).abs() < 1e-12 * (1.0 + x.abs()),
                "{x}"
            );
        }
        assert_eq!(probit(0.25), -probit(0.75));
        assert_eq!(probit(0.0), f64::NEG_INFINITY);
        assert_eq!(probit(1.0), f64::INFINITY);
        assert!(probit(f64::NAN).is_nan());
    }

    #[test]
    fn known_quantiles() {
        // Tables of the normal distribution.
        assert!((probit(0.975) - 1.959_963_984_540_054).abs() < 1e-13);
        assert!((probit(1e-6) + 4.753_424_308_822_899).abs() < 1e-12);
        assert_eq!(probit(0.5), 0.0);
    }
}
