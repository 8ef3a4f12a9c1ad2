//! Figures of the whole score distributions.

use super::ErrorCurve;

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

    fn distribution(&self, sorted: &[f32]) -> Distribution {
        let n = sorted.len() as f64;
        let mean = sorted.iter().map(|&s| f64::from(s)).sum::<f64>() / n;
        let variance = sorted
            .iter()
            .map(|&s| (f64::from(s) - mean).powi(2))
            .sum::<f64>()
            / n;
        let ends = [sorted[0], sorted[sorted.len() - 1]].map(|s| self.polarity().oriented(s));
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
    let impostor = &curve.impostor;
    // Both are sorted, so the two ranks only move up.
    let (mut below, mut not_above) = (0, 0);
    let mut doubled_wins = 0u128;
    for &score in &curve.genuine {
        while below < impostor.len() && impostor[below] < score {
            below += 1;
        }
        not_above = not_above.max(below);
        while not_above < impostor.len() && impostor[not_above] <= score {
            not_above += 1;
        }
        doubled_wins += (below + not_above) as u128;
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
