//! The variance of an error rate when subjects try more than once.

use super::{probit, rate_interval};

/// Attempts of one subject and the errors among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SubjectCount {
    /// Errors, at most `attempts`.
    pub errors: u64,
    /// Comparisons or transactions of this subject.
    pub attempts: u64,
}

/// An error rate over subjects and how far it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubjectRate {
    /// p = Σaᵢ / Σmᵢ.
    pub rate: f64,
    /// Variance of `rate`.
    pub variance: f64,
    /// Confidence interval of the rate, within 0..=1.
    pub interval: (f64, f64),
    /// Subjects with at least one attempt.
    pub subjects: u64,
}

/// The error rate of subjects with several attempts each, and its variance (ISO/IEC 19795-1; Mansfield, Wayman, *Best
/// Practices in Testing and Reporting Performance of Biometric Devices*, 2002, appendix B):
///
/// Var(p) = [Σaᵢ² − 2p Σaᵢmᵢ + p² Σmᵢ²] / [m̄² n (n − 1)]
///
/// for n subjects with mᵢ attempts and aᵢ errors. Attempts of one subject may depend on each other in any way; subjects
/// are independent. With one attempt each it is the binomial variance with n − 1 in place of n.
///
/// The interval is p ± z·√Var, cut at 0 and 1. Where no error was seen (or no attempt was free of one) the variance is
/// 0 and says nothing: the interval is then that of n independent subjects, [`rate_interval`], which is the rule of
/// three at 95 %. Errors above the attempts count as the attempts; subjects without attempt are left
/// out.
///
/// `None` with fewer than two subjects: one subject says nothing about others.
#[must_use]
pub fn subject_rate(counts: &[SubjectCount], confidence: f64) -> Option<SubjectRate> {
    let used = || counts.iter().filter(|c| c.attempts > 0);
    let n = used().count() as f64;
    if n < 2.0 {
        return None;
    }
    let pairs = || used().map(|c| (c.errors.min(c.attempts) as f64, c.attempts as f64));
    let attempts: f64 = pairs().map(|(_, m)| m).sum();
    let errors: f64 = pairs().map(|(a, _)| a).sum();
    let rate = errors / attempts;
    // The sum of the standard's bracket, subject by subject: Σ(aᵢ − p·mᵢ)², which cannot become negative by rounding.
    let spread: f64 = pairs().map(|(a, m)| (a - rate * m).powi(2)).sum();
    let mean_attempts = attempts / n;
    let variance = spread / (mean_attempts * mean_attempts * n * (n - 1.0));
    let subjects = used().count() as u64;
    let none_seen = rate_interval(0, subjects, confidence).1;
    let interval = if errors == 0.0 {
        (0.0, none_seen)
    } else if errors == attempts {
        (1.0 - none_seen, 1.0)
    } else {
        let half = probit(0.5 + confidence.clamp(0.0, 1.0) / 2.0) * variance.sqrt();
        ((rate - half).max(0.0), (rate + half).min(1.0))
    };
    Some(SubjectRate {
        rate,
        variance,
        interval,
        subjects,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::rule_of_three;

    fn counts(pairs: &[(u64, u64)]) -> Vec<SubjectCount> {
        let count = |&(errors, attempts)| SubjectCount { errors, attempts };
        pairs.iter().map(count).collect()
    }

    #[test]
    fn equals_the_formula_of_the_standard_as_written() {
        let pairs = [(0, 3), (2, 4), (1, 1), (5, 9), (0, 2), (3, 3)];
        let (mut aa, mut am, mut mm, mut a, mut m) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (errors, attempts) in pairs.map(|(e, t)| (e as f64, t as f64)) {
            aa += errors * errors;
            am += errors * attempts;
            mm += attempts * attempts;
            a += errors;
            m += attempts;
        }
        let (n, p) = (6.0, a / m);
        let mean = m / n;
        let expected = (aa - 2.0 * p * am + p * p * mm) / (mean * mean * n * (n - 1.0));
        let got = subject_rate(&counts(&pairs), 0.95).unwrap();
        assert!((got.variance / expected - 1.0).abs() < 1e-12);
        assert_eq!((got.rate, got.subjects), (0.5, 6));
        let half = 1.959_963_984_540_054 * expected.sqrt();
        assert!((got.interval.0 - (0.5 - half)).abs() < 1e-9);
        assert!((got.interval.1 - (0.5 + half)).abs() < 1e-9);
    }

    #[test]
    fn one_attempt_each_is_the_binomial_variance() {
        let pairs: Vec<_> = (0..50).map(|k| (u64::from(k < 7), 1)).collect();
        let got = subject_rate(&counts(&pairs), 0.95).unwrap();
        let p = 7.0 / 50.0;
        assert!((got.variance - p * (1.0 - p) / 49.0).abs() < 1e-15);
    }

    #[test]
    fn repeating_every_attempt_gains_nothing() {
        let once = subject_rate(&counts(&[(0, 1), (1, 1), (0, 1), (1, 1)]), 0.95).unwrap();
        let often = subject_rate(&counts(&[(0, 100), (100, 100), (0, 100), (100, 100)]), 0.95);
        assert_eq!(often.unwrap().variance, once.variance);
    }

    #[test]
    fn no_error_falls_back_to_the_rule_of_three_over_subjects() {
        let clean = counts(&[(0, 50); 100]);
        let got = subject_rate(&clean, 0.95).unwrap();
        assert_eq!((got.rate, got.variance), (0.0, 0.0));
        assert_eq!(got.interval.0, 0.0);
        assert!((got.interval.1 - rule_of_three(100)).abs() < 1e-12);
        let strict = subject_rate(&clean, 0.99).unwrap().interval.1;
        assert!((strict - (1.0 - 0.01f64.powf(0.01))).abs() < 1e-9);
        let all = subject_rate(&counts(&[(3, 3); 100]), 0.95).unwrap();
        assert_eq!(all.interval.1, 1.0);
        assert!((all.interval.0 - 1.0 + rule_of_three(100)).abs() < 1e-12);
    }

    #[test]
    fn one_subject_says_nothing() {
        assert_eq!(subject_rate(&counts(&[(1, 10), (0, 0)]), 0.95), None);
        assert_eq!(subject_rate(&[], 0.95), None);
    }
}
