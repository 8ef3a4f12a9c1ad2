//! Thresholds that are fixed on one set of scores to be used on another.
//!
//! Any threshold between two neighbouring scores makes the same errors on the scores it was fixed on, but not on others.
//! Where in the gap it lies is therefore part of the definition, and is that of bob.measure.

use super::{ErrorCurve, Errors};

/// What a threshold is fixed by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Criterion {
    /// |FMR − FNMR| is smallest: bob's `eer_threshold`.
    EqualError,
    /// (FMR + FNMR) / 2 is smallest: bob's `min_hter_threshold`.
    MinHter,
    /// The lowest FNMR with FMR at most so much (0..=1): bob's `far_threshold`.
    AtFmr(f64),
}

impl ErrorCurve {
    /// The threshold of a criterion, in the caller's polarity; use it on other scores with [`ErrorCurve::at`].
    ///
    /// At equal error and at the smallest HTER it lies midway between the two neighbouring scores, of either kind. At an
    /// FMR it lies on the last impostor score that is accepted, or just beyond all impostor scores where none may be.
    /// `None`: not measurable, fewer than 3/FMR impostor comparisons.
    ///
    /// # Deviations
    /// Of several thresholds with equal criterion the strictest counts, compared exactly. bob adds its rates up step by
    /// step, so that rounding decides between equals, and prefers others to the one at the end of a list of scores. bob
    /// also gives a threshold for an FMR that cannot be measured. bob's thresholds have 64 bits, ours are rounded up to
    /// the 32 bits of the scores, which accepts the same.
    #[must_use]
    pub fn fixed_threshold(&self, criterion: Criterion) -> Option<f32> {
        let point = match criterion {
            Criterion::EqualError => {
                let (t1, t2) = self.around_equal_error();
                let gap = |e: &Errors| scaled(e).0.abs_diff(scaled(e).1);
                if gap(&t1) < gap(&t2) { t1 } else { t2 }
            }
            Criterion::MinHter => {
                let sum = |e: &Errors| scaled(e).0 + scaled(e).1;
                // The last of equals is the strictest.
                self.points()
                    .reduce(|best, e| if sum(&e) <= sum(&best) { e } else { best })?
            }
            Criterion::AtFmr(fmr) => {
                let point = self.fnmr_at_fmr(fmr)?;
                let here = self.polarity().oriented(point.threshold);
                let accepted = self.impostor.not_below(here);
                let threshold = accepted.unwrap_or_else(|| self.impostor.highest().next_up());
                return Some(self.polarity().oriented(threshold));
            }
        };
        Some(self.polarity().oriented(self.midway(&point)))
    }

    /// Midway between the score of a point and the one below it, high means match; at both ends there is no gap.
    fn midway(&self, point: &Errors) -> f32 {
        let here = self.polarity().oriented(point.threshold);
        let rejects_all = point.false_matches == 0 && point.false_non_matches == point.genuine;
        match self.before(point) {
            Some(before) if !rejects_all => {
                let below = f64::from(self.polarity().oriented(before.threshold));
                round_up(f64::midpoint(below, f64::from(here)))
            }
            _ => here,
        }
    }
}

/// FMR and FNMR over their common denominator, so that they are compared exactly.
fn scaled(e: &Errors) -> (u128, u128) {
    (
        u128::from(e.false_matches) * u128::from(e.genuine),
        u128::from(e.false_non_matches) * u128::from(e.impostor),
    )
}

/// The lowest 32-bit float that is not below `value`: no 32-bit score lies between the two.
fn round_up(value: f64) -> f32 {
    let nearest = value as f32;
    if f64::from(nearest) < value {
        nearest.next_up()
    } else {
        nearest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polarity, ScoreSet};

    fn curve(genuine: &[f32], impostor: &[f32], polarity: Polarity) -> ErrorCurve {
        ErrorCurve::new(&ScoreSet {
            genuine: genuine.to_vec(),
            impostor: impostor.to_vec(),
            polarity,
        })
        .unwrap()
    }

    #[test]
    fn thresholds_lie_midway_or_on_an_impostor() {
        let impostor: Vec<f32> = (0..300).map(|k| k as f32 / 300.0).collect();
        let apart = curve(&[2.0, 3.0], &impostor, Polarity::Similarity);
        let middle = f64::midpoint(f64::from(299.0f32 / 300.0), 2.0) as f32;
        for criterion in [Criterion::EqualError, Criterion::MinHter] {
            assert_eq!(apart.fixed_threshold(criterion), Some(middle));
        }
        let at = |fmr| apart.fixed_threshold(Criterion::AtFmr(fmr));
        assert_eq!(at(0.01), Some(297.0 / 300.0));
        assert_eq!(at(0.009), None);
        let tied = curve(&[2.0], &[1.0; 300], Polarity::Similarity);
        let just_above = tied.fixed_threshold(Criterion::AtFmr(0.01));
        assert_eq!(just_above, Some(1.0f32.next_up()));
    }

    #[test]
    fn distances_are_the_same_with_the_sign_turned() {
        let (genuine, impostor) = ([0.5f32, 2.0, 3.5, 3.0], [0.0f32, 0.5, 1.0, 3.25]);
        let high = curve(&genuine, &impostor, Polarity::Similarity);
        let low = curve(
            &genuine.map(|s| -s),
            &impostor.map(|s| -s),
            Polarity::Distance,
        );
        for criterion in [
            Criterion::EqualError,
            Criterion::MinHter,
            Criterion::AtFmr(0.8),
        ] {
            let found = high.fixed_threshold(criterion);
            assert!(found.is_some());
            assert_eq!(found.map(|t| -t), low.fixed_threshold(criterion));
        }
    }

    #[test]
    fn neighbours_without_a_float_between_them_are_told_apart() {
        let (low, high) = (1.0f32, 1.0f32.next_up());
        for (low, high) in [(low, high), (high, high.next_up()), (-high, -low)] {
            let curve = curve(&[high], &[low], Polarity::Similarity);
            assert_eq!(curve.fixed_threshold(Criterion::MinHter), Some(high));
        }
    }

    #[test]
    fn the_strictest_of_equals_counts() {
        let curve = curve(&[1.0, 3.0], &[0.0, 2.0], Polarity::Similarity);
        assert_eq!(curve.fixed_threshold(Criterion::MinHter), Some(2.5));
        assert_eq!(curve.fixed_threshold(Criterion::EqualError), Some(1.5));
    }
}
