//! The incomplete beta function and its inverse, for Clopper–Pearson limits.

/// I_x(a, b), the regularised incomplete beta function: the distribution function of Beta(a, b). `a`, `b` > 0.
///
/// Continued fraction (Abramowitz, Stegun 26.5.8) by Lentz' rule; O(√max(a, b)) steps. Relative error about 1e-12 for
/// a + b up to 1e5 and 1e-8 at 1e8, where the logarithms of the gamma function lose digits.
pub(super) fn regularized(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast only below the mean; above it the mirrored one does.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - front(b, a, 1.0 - x, -libm::log1p(-(1.0 - x))) * fraction(b, a, 1.0 - x);
    }
    front(a, b, x, -libm::log1p(-x)) * fraction(a, b, x)
}

/// x^a (1-x)^b / (a B(a, b)); `minus_ln_rest` is -ln(1-x).
fn front(a: f64, b: f64, x: f64, minus_ln_rest: f64) -> f64 {
    let ln_beta = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    (a * x.ln() - b * minus_ln_rest - ln_beta).exp() / a
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guarded = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / guarded(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for step in 1..100_000u32 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / guarded(1.0 + even * d);
        c = guarded(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / guarded(1.0 + odd * d);
        c = guarded(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    value
}

/// The x with I_x(a, b) = p, for p in 0..=1; by bisection, which cannot fail.
pub(super) fn inverse(a: f64, b: f64, p: f64) -> f64 {
    let (mut low, mut high) = (0.0f64, 1.0f64);
    // Small limits matter most (1e-8 and below), so halve until the ends are neighbours relative to their size.
    while high - low > 1e-14 * high {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high || high < 1e-300 {
            break;
        }
        if regularized(a, b, middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For whole numbers, I_x(a, b) is a binomial tail: the slow and obvious sum.
    fn binomial_tail(a: u32, b: u32, x: f64) -> f64 {
        let n = a + b - 1;
        let mut term = (1.0 - x).powi(n as i32);
        let mut below = 0.0;
        for k in 0..a {
            below += term;
            term *= f64::from(n - k) / f64::from(k + 1) * x / (1.0 - x);
        }
        1.0 - below
    }

    #[test]
    fn equals_the_binomial_sum() {
        for a in [1u32, 2, 5, 17, 60] {
            for b in [1u32, 3, 8, 40] {
                for x in [0.01, 0.1, 0.37, 0.5, 0.9] {
                    let (fast, slow) = (regularized(a.into(), b.into(), x), binomial_tail(a, b, x));
                    assert!((fast - slow).abs() < 1e-12, "{a} {b} {x}: {fast} {slow}");
                }
            }
        }
    }

    #[test]
    fn inverse_inverts() {
        for (a, b) in [(1.0, 10.0), (3.0, 1e6), (500.0, 700.0), (0.5, 0.5)] {
            for p in [0.001, 0.025, 0.5, 0.975] {
                let x = inverse(a, b, p);
                assert!((regularized(a, b, x) - p).abs() < 1e-8, "{a} {b} {p} {x}");
            }
        }
    }
}
