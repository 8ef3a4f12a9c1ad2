//! Figures of the whole score distributions.

use super::ErrorCurve;
use super::tally::Tally;

/// Mean and spread of the scores of one kind, in the caller's polarity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation over the whole set (divided by n, as pyeer does).
    pub sd: f64,
    /// Smallest score.
    pub min: f32,
    /// Largest score.
    pub max: f32,
}

impl ErrorCurve {
    /// Mean and spread of the genuine, then of the impostor scores.
    #[must_use]
    pub fn distributions(&self) -> (Distribution, Distribution) {
        (
            self.distribution(&self.genuine),
            self.distribution(&self.impostor),
        )
    }

    fn distribution(&self, scores: &Tally) -> Distribution {
        let n = scores.total() as f64;
        let weighed = |(score, count): (f32, u64)| f64::from(score) * count as f64;
        let mean = scores.runs().map(weighed).sum::<f64>() / n;
        let square = |(score, count): (f32, u64)| (f64::from(score) - mean).powi(2) * count as f64;
        let variance = scores.runs().map(square).sum::<f64>() / n;
        let ends = [scores.lowest(), scores.highest()].map(|s| self.polarity().oriented(s));
        Distribution {
            mean: if self.polarity().oriented(1.0) < 0.0 {
                -mean + 0.0
            } else {
                mean
            },
            sd: variance.sqrt(),
            min: ends[0].min(ends[1]),
            max: ends[0].max(ends[1]),
        }
    }
}

/// Area under the ROC curve: the probability that a genuine score beats an impostor score, ties counted one half.
#[must_use]
pub fn auc(curve: &ErrorCurve) -> f64 {
    // Both are in ascending order, so the number of impostor scores passed only grows.
    let mut impostor = curve.impostor.runs().peekable();
    let (mut below, mut doubled_wins) = (0u64, 0u128);
    for (score, count) in curve.genuine.runs() {
        while let Some((_, passed)) = impostor.next_if(|run| run.0 < score) {
            below += passed;
        }
        let ties = impostor
            .peek()
            .filter(|run| run.0 == score)
            .map_or(0, |run| run.1);
        doubled_wins += u128::from(count) * (2 * u128::from(below) + u128::from(ties));
    }
    doubled_wins as f64 / (2.0 * curve.genuine() as f64 * curve.impostor() as f64)
}

/// d′ = |μg − μi| / √((σg² + σi²)/2), the decidability of Daugman. `None` when both deviations are 0.
#[must_use]
pub fn d_prime(curve: &ErrorCurve) -> Option<f64> {
    let (genuine, impostor) = curve.distributions();
    let spread = ((genuine.sd.powi(2) + impostor.sd.powi(2)) / 2.0).sqrt();
    (spread > 0.0).then(|| (genuine.mean - impostor.mean).abs() / spread)
}
