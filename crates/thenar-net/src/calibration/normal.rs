//! The quantile function of the normal distribution.

/// The `z` below which a standard normal variable lies with probability `p`, for `0 < p < 1`.
///
/// Acklam (2003), "An algorithm for computing the inverse normal cumulative distribution function"; relative error
/// below 1.2e-9.
pub(super) fn quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -39.69683028665376,
        220.9460984245205,
        -275.9285104469687,
        138.357751867269,
        -30.66479806614716,
        2.506628277459239,
    ];
    const B: [f64; 6] = [
        -54.47609879822406,
        161.5858368580409,
        -155.6989798598866,
        66.80131188771972,
        -13.28068155288572,
        1.0,
    ];
    const C: [f64; 6] = [
        -0.007784894002430293,
        -0.3223964580411365,
        -2.400758277161838,
        -2.549732539343734,
        4.374664141464968,
        2.938163982698783,
    ];
    const D: [f64; 5] = [
        0.007784695709041462,
        0.3224671290700398,
        2.445134137142996,
        3.754408661907416,
        1.0,
    ];
    const LOW: f64 = 0.02425;
    if p < LOW {
        let q = (-2.0 * p.ln()).sqrt();
        polynomial(&C, q) / polynomial(&D, q)
    } else if p > 1.0 - LOW {
        -quantile(1.0 - p)
    } else {
        let q = p - 0.5;
        q * polynomial(&A, q * q) / polynomial(&B, q * q)
    }
}

/// Horner's rule, highest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The distribution function by the trapezoidal rule.
    fn distribution(z: f64) -> f64 {
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        let (low, steps) = (-12.0, 200_000);
        let width = (z - low) / f64::from(steps);
        let inner: f64 = (1..steps)
            .map(|i| density(low + f64::from(i) * width))
            .sum();
        width * (inner + 0.5 * (density(low) + density(z)))
    }

    #[test]
    fn undoes_the_distribution_function() {
        for z in [-5.5, -4.0, -2.2, -1.0, -0.1, 0.0, 0.7, 1.9, 2.5, 4.5] {
            let found = quantile(distribution(z));
            assert!((found - z).abs() < 1e-5, "{found} instead of {z}");
        }
    }
}
