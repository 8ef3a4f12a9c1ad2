//! Rates of the whole system, with the samples that could not be acquired, and the named points of the curve.

use super::{ErrorCurve, Errors};

/// What a person at the door meets: matching errors and failures to acquire together (ISO/IEC 19795-1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransactionRates {
    /// False accept rate: FMR · (1 − FTA).
    pub far: f64,
    /// False reject rate: FTA + FNMR · (1 − FTA).
    pub frr: f64,
}

impl TransactionRates {
    /// From the rates of a matcher and the failure-to-acquire rate, each in 0..=1.
    ///
    /// A single rate serves both kinds, as the standard writes it and bob prints it. Where genuine and impostor
    /// comparisons fail at different rates, call it once with each.
    #[must_use]
    pub fn new(fmr: f64, fnmr: f64, fta: f64) -> Self {
        Self {
            far: fmr * (1.0 - fta),
            frr: fta + fnmr * (1.0 - fta),
        }
    }

    /// With the failure-to-enrol rate as well: GFAR = FAR · (1 − FTE), GFRR = FTE + (1 − FTE) · FRR.
    #[must_use]
    pub fn generalised(self, fte: f64) -> Self {
        Self {
            far: self.far * (1.0 - fte),
            frr: fte + (1.0 - fte) * self.frr,
        }
    }

    /// Half total error rate: (FAR + FRR) / 2.
    #[must_use]
    pub fn hter(&self) -> f64 {
        f64::midpoint(self.far, self.frr)
    }
}

impl ErrorCurve {
    /// Share of all comparisons that failed to acquire, 0..=1: bob's FTA of a score file.
    #[must_use]
    pub fn fta(&self) -> f64 {
        let (genuine, impostor) = self.failed();
        let failed = genuine + impostor;
        failed as f64 / (failed + self.genuine() + self.impostor()) as f64
    }

    /// FAR and FRR at a threshold, with the failures counted among the scores ([`ErrorCurve::fta`]).
    #[must_use]
    pub fn transaction_rates(&self, threshold: f32) -> TransactionRates {
        let errors = self.at(threshold);
        TransactionRates::new(errors.fmr(), errors.fnmr(), self.fta())
    }

    /// FMR100: lowest FNMR with FMR ≤ 1 %. `None`: fewer than 300 impostor comparisons.
    #[must_use]
    pub fn fmr100(&self) -> Option<Errors> {
        self.fnmr_at_fmr(1e-2)
    }

    /// FMR1000: lowest FNMR with FMR ≤ 0.1 %. `None`: fewer than 3,000 impostor comparisons.
    #[must_use]
    pub fn fmr1000(&self) -> Option<Errors> {
        self.fnmr_at_fmr(1e-3)
    }

    /// FMR10000: lowest FNMR with FMR ≤ 0.01 %. `None`: fewer than 30,000 impostor comparisons.
    #[must_use]
    pub fn fmr10000(&self) -> Option<Errors> {
        self.fnmr_at_fmr(1e-4)
    }

    /// Genuine accept rate at FMR ≤ `fmr`: 1 − FNMR there. `None` where [`ErrorCurve::fnmr_at_fmr`] is.
    #[must_use]
    pub fn gar_at_fmr(&self, fmr: f64) -> Option<f64> {
        // From the counts: 1 − FNMR would lose the last digits.
        self.fnmr_at_fmr(fmr)
            .map(|e| (e.genuine - e.false_non_matches) as f64 / e.genuine as f64)
    }

    /// The EER as bob.measure defines it: (FMR + FNMR) / 2 where |FMR − FNMR| is smallest.
    ///
    /// The stricter threshold wins a tie. It differs from [`ErrorCurve::eer`], which prefers the smaller sum of errors
    /// to the smaller difference.
    #[must_use]
    pub fn eer_min_difference(&self) -> f64 {
        let (t1, t2) = self.around_equal_error();
        let gap = |e: &Errors| {
            let (a, b) = (
                u128::from(e.false_matches) * u128::from(e.genuine),
                u128::from(e.false_non_matches) * u128::from(e.impostor),
            );
            a.abs_diff(b)
        };
        let at = if gap(&t1) < gap(&t2) { t1 } else { t2 };
        f64::midpoint(at.fmr(), at.fnmr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polarity, ScoreSet};

    #[test]
    fn rates_of_the_standard() {
        let rates = TransactionRates::new(0.02, 0.1, 0.05);
        assert!((rates.far - 0.019).abs() < 1e-15 && (rates.frr - 0.145).abs() < 1e-15);
        let enrolled = rates.generalised(0.1);
        assert!((enrolled.far - 0.0171).abs() < 1e-15 && (enrolled.frr - 0.2305).abs() < 1e-15);
        assert!((rates.hter() - 0.082).abs() < 1e-15);
    }

    #[test]
    fn failures_among_the_scores_reject_everybody() {
        let curve = ErrorCurve::new(&ScoreSet {
            genuine: vec![0.9, 0.2, 0.8, f32::NAN],
            impostor: vec![0.1, 0.3, f32::NAN, 0.85, 0.1, 0.2],
            polarity: Polarity::Similarity,
        })
        .unwrap();
        assert_eq!(curve.fta(), 0.2);
        let rates = curve.transaction_rates(0.5);
        assert!((rates.far - 0.2 * 0.8).abs() < 1e-15);
        assert!((rates.frr - (0.2 + 0.8 / 3.0)).abs() < 1e-15);
    }

    #[test]
    fn named_points_need_three_over_the_rate() {
        let curve = |impostors: usize| {
            ErrorCurve::new(&ScoreSet {
                genuine: vec![0.5, 2.0, 2.0, 2.0],
                impostor: (0..impostors)
                    .map(|k| k as f32 / impostors as f32)
                    .collect(),
                polarity: Polarity::Similarity,
            })
            .unwrap()
        };
        assert!(curve(299).fmr100().is_none() && curve(2_999).fmr1000().is_none());
        assert!(curve(29_999).fmr10000().is_none() && curve(299).gar_at_fmr(0.01).is_none());
        let enough = curve(30_000);
        let found = [enough.fmr100(), enough.fmr1000(), enough.fmr10000()].map(Option::unwrap);
        assert_eq!(found.map(|e| e.false_matches), [300, 30, 3]);
        assert_eq!(found.map(|e| e.fnmr()), [0.25; 3]);
        assert_eq!(enough.gar_at_fmr(1e-4), Some(0.75));
    }
}
