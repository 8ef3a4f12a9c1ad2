//! Learning rates over a run.

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Times `factor` every so many epochs.
    Step {
        /// Epochs between steps.
        epochs: u64,
        /// What the rate is multiplied by.
        factor: f32,
    },
    /// Half a cosine from the full rate to a hundredth of it at the end.
    Cosine,
}

impl Schedule {
    /// Learning rate in `epoch` when `progress` (0–1) of the run is over.
    pub fn rate(self, peak: f32, epoch: u64, progress: f32) -> f32 {
        match self {
            Self::Step { epochs, factor } => {
                let steps = (epoch / epochs.max(1)).min(10_000);
                peak * factor.powi(steps as i32)
            }
            Self::Cosine => {
                let fall = (std::f32::consts::PI * progress.clamp(0.0, 1.0)).cos();
                peak * (0.01 + 0.99 * 0.5 * (1.0 + fall))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_fall_as_published_or_like_a_cosine() {
        let step = Schedule::Step {
            epochs: 500,
            factor: 0.8,
        };
        assert_eq!(step.rate(1e-3, 499, 0.2), 1e-3);
        assert!((step.rate(1e-3, 1000, 0.4) - 0.64e-3).abs() < 1e-9);
        let cosine = |progress| Schedule::Cosine.rate(1.0, 3, progress);
        assert!(cosine(0.0) == 1.0 && (cosine(0.5) - 0.505).abs() < 1e-3);
        assert!((cosine(1.0) - 0.01).abs() < 1e-6);
    }
}
