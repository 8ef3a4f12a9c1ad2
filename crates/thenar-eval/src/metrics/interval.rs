//! How far an observed rate can be trusted.

use super::beta;

/// The exact two-sided interval for `errors` in `trials` independent trials (Clopper, Pearson, Biometrika 26, 1934).
///
/// `confidence` is in 0..1, usually 0.95. No trials give (0, 1): nothing is known. `errors` above `trials` count as
/// `trials`.
///
/// For zero errors the upper end is 1 − 0.025^(1/n) ≈ 3.7/n at 95 %; [`rule_of_three`] is the one-sided limit.
#[must_use]
pub fn clopper_pearson(errors: u64, trials: u64, confidence: f64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let errors = errors.min(trials);
    let tail = ((1.0 - confidence) / 2.0).clamp(0.0, 0.5);
    let (x, n) = (errors as f64, trials as f64);
    let low = if errors == 0 {
        0.0
    } else {
        beta::inverse(x, n - x + 1.0, tail)
    };
    let high = if errors == trials {
        1.0
    } else {
        beta::inverse(x + 1.0, n - x, 1.0 - tail)
    };
    (low, high)
}

/// The 95 % upper limit of a rate of which no error was seen in `trials` independent trials: 1 − 0.05^(1/n) ≈ 3/n.
///
/// 1 for no trials.
#[must_use]
pub fn rule_of_three(trials: u64) -> f64 {
    if trials == 0 {
        return 1.0;
    }
    -libm::expm1(0.05f64.ln() / trials as f64)
}

/// The interval of a rate as it is best printed: [`clopper_pearson`], and where no error was seen 0 and the one-sided
/// limit, which is [`rule_of_three`] at 95 %.
///
/// The two-sided limit of no error spends half of the remaining risk below 0, where nothing can be; this one does not.
#[must_use]
pub fn rate_interval(errors: u64, trials: u64, confidence: f64) -> (f64, f64) {
    if errors > 0 || trials == 0 {
        return clopper_pearson(errors, trials, confidence);
    }
    // The upper end of a two-sided interval leaves half of the rest above it.
    let one_sided = 2.0 * confidence.clamp(0.5, 1.0) - 1.0;
    (0.0, clopper_pearson(0, trials, one_sided).1)
}

/// Are `trials` comparisons enough to speak of a rate of `rate`? True from 3/`rate` trials on.
#[must_use]
pub fn measurable(rate: f64, trials: u64) -> bool {
    // Multiplied out with a little room, so that 3/1e-5 = 300,000 trials do count in spite of rounding.
    trials as f64 * rate >= 3.0 * (1.0 - 1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_all_errors_have_closed_forms() {
        for n in [1u64, 7, 100, 12_345, 10_000_000] {
            let expected = -libm::expm1(0.025f64.ln() / n as f64);
            let (low, high) = clopper_pearson(0, n, 0.95);
            assert_eq!(low, 0.0);
            assert!(
                (high / expected - 1.0).abs() < 1e-7,
                "{n}: {high} {expected}"
            );
            let (low, high) = clopper_pearson(n, n, 0.95);
            assert_eq!(high, 1.0);
            assert!((low - (1.0 - expected)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_interval_covers_at_least_as_promised() {
        // Exact coverage: the probability, under p, of the counts whose interval holds p.
        let n = 40u64;
        for p in [0.01, 0.05, 0.2, 0.5, 0.93] {
            let mut term = (1.0f64 - p).powi(n as i32);
            let mut covered = 0.0;
            for k in 0..=n {
                let (low, high) = clopper_pearson(k, n, 0.95);
                if low <= p && p <= high {
                    covered += term;
                }
                term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
            }
            assert!((0.95..0.999).contains(&covered), "{p}: {covered}");
        }
    }

    #[test]
    fn degenerate_counts() {
        assert_eq!(clopper_pearson(0, 0, 0.95), (0.0, 1.0));
        assert_eq!(clopper_pearson(5, 3, 0.95), clopper_pearson(3, 3, 0.95));
        assert_eq!(rule_of_three(0), 1.0);
        assert!((rule_of_three(1_000) * 1_000.0 - 2.995_7).abs() < 0.01);
    }

    #[test]
    fn no_error_is_printed_with_the_rule_of_three() {
        for n in [1u64, 30, 1_000, 1_000_000] {
            let (low, high) = rate_interval(0, n, 0.95);
            assert_eq!(low, 0.0);
            assert!((high / rule_of_three(n) - 1.0).abs() < 1e-7, "{n}: {high}");
        }
        assert_eq!(rate_interval(3, 50, 0.95), clopper_pearson(3, 50, 0.95));
        assert_eq!(rate_interval(0, 0, 0.95), (0.0, 1.0));
    }

    #[test]
    fn three_over_the_rate_is_just_enough() {
        for (rate, needed) in [(1e-2, 300), (1e-3, 3_000), (1e-4, 30_000), (1e-5, 300_000)] {
            assert!(measurable(rate, needed), "{rate}");
            assert!(!measurable(rate, needed - 1), "{rate}");
        }
    }
}
