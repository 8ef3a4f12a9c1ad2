//! The equal error rate, by the two usual rules.

use super::{ErrorCurve, Errors};

/// Where FMR and FNMR meet. The curves are steps, so they meet in an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EqualErrorRate {
    /// Middle of the interval: the EER that FVC and pyeer print.
    pub eer: f64,
    /// Lower end: the smaller of FMR and FNMR at the chosen threshold.
    pub low: f64,
    /// Upper end: the larger of the two.
    pub high: f64,
    /// The errors at the chosen threshold.
    pub at: Errors,
}

impl ErrorCurve {
    /// The EER by the interval rule of FVC2000 (Maio, Maltoni, Cappelli, Wayman, Jain, IEEE TPAMI 24(3), 2002).
    ///
    /// Let t2 be the first threshold with FMR ≤ FNMR and t1 the one before it (t1 = t2 if the rates are equal at t2).
    /// Of the two, the one with the smaller FMR + FNMR counts, t1 on a tie; the interval is between its two rates.
    #[must_use]
    pub fn eer(&self) -> EqualErrorRate {
        let t2 = self.crossing();
        let t1 = self.before_crossing(&t2);
        let at = if error_sum(&t1) <= error_sum(&t2) {
            t1
        } else {
            t2
        };
        let (fmr, fnmr) = (at.fmr(), at.fnmr());
        EqualErrorRate {
            eer: (fmr + fnmr) / 2.0,
            low: fmr.min(fnmr),
            high: fmr.max(fnmr),
            at,
        }
    }

    /// The EER by linear interpolation of the ROC between t1 and t2 (see [`ErrorCurve::eer`]).
    ///
    /// This is what `brentq` on `interp1d` of an sklearn ROC finds.
    #[must_use]
    pub fn eer_interpolated(&self) -> f64 {
        let t2 = self.crossing();
        let t1 = self.before_crossing(&t2);
        // Along the segment from t1 to t2, FMR - FNMR falls linearly from `above` to `-below`.
        let above = t1.fmr() - t1.fnmr();
        let below = t2.fnmr() - t2.fmr();
        if above + below <= 0.0 {
            return t2.fmr();
        }
        let share = above / (above + below);
        t1.fmr() + share * (t2.fmr() - t1.fmr())
    }

    /// An interval for the EER: where the lower, and where the upper confidence bands of FMR and FNMR meet.
    ///
    /// The bands are the Clopper–Pearson limits at each threshold, comparisons taken as independent. Where one of the
    /// two rates dominates the uncertainty the coverage is the nominal one; otherwise the interval is wider than
    /// needed, by at most √2. Several comparisons of one palm are not independent: an interval over subjects is
    /// wider, and is the right one where there are few subjects.
    #[must_use]
    pub fn eer_interval(&self, confidence: f64) -> (f64, f64) {
        let limits = |e: &Errors| (e.fmr_interval(confidence), e.fnmr_interval(confidence));
        let lower = self.first_where(|e| {
            let (fmr, fnmr) = limits(e);
            fmr.0 <= fnmr.0
        });
        let upper = self.first_where(|e| {
            let (fmr, fnmr) = limits(e);
            fmr.1 <= fnmr.1
        });
        let low = match self.before(&lower) {
            // On a step the bands cross between two points: the outer end of the step is the safe one.
            Some(before) => limits(&before).1.0.min(limits(&lower).0.0),
            None => limits(&lower).0.0,
        };
        let high = match self.before(&upper) {
            Some(before) => limits(&before).0.1.min(limits(&upper).1.1),
            None => limits(&upper).1.1,
        };
        // The middle of a wide step may lie outside a band of counts; the interval must hold the figure it is about.
        let eer = self.eer().eer;
        (low.min(eer), high.max(eer))
    }

    /// The thresholds just before and just after FMR and FNMR cross.
    pub(super) fn around_equal_error(&self) -> (Errors, Errors) {
        let t2 = self.crossing();
        (self.before_crossing(&t2), t2)
    }

    /// t2: the first threshold with FMR ≤ FNMR.
    fn crossing(&self) -> Errors {
        self.first_where(|e| scaled_fmr(e) <= scaled_fnmr(e))
    }

    /// t1: the threshold before t2, or t2 itself if the rates are equal there.
    fn before_crossing(&self, t2: &Errors) -> Errors {
        if scaled_fmr(t2) == scaled_fnmr(t2) {
            *t2
        } else {
            self.before(t2).unwrap_or(*t2)
        }
    }
}

/// FMR and FNMR over their common denominator, so that they are compared exactly.
fn scaled_fmr(e: &Errors) -> u128 {
    u128::from(e.false_matches) * u128::from(e.genuine)
}

fn scaled_fnmr(e: &Errors) -> u128 {
    u128::from(e.false_non_matches) * u128::from(e.impostor)
}

fn error_sum(e: &Errors) -> u128 {
    scaled_fmr(e) + scaled_fnmr(e)
}
