//! Which values dropout sets to zero: a function of a seed, so that a resumed run goes on exactly.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A source of dropout masks for one step.
pub struct Chance {
    rng: ChaCha8Rng,
}

impl Chance {
    /// The masks of `seed`.
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
        }
    }

    /// `count` factors: 0 for about `share` of them, and for the others what keeps the mean at 1.
    pub fn mask(&mut self, count: usize, share: f32) -> Vec<f32> {
        let kept = 1.0 / (1.0 - share);
        let mut factor = || {
            if self.rng.random::<f32>() < share {
                0.0
            } else {
                kept
            }
        };
        (0..count).map(|_| factor()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_dropped_and_the_mean_stays() {
        let mask = Chance::new(3).mask(20_000, 0.25);
        let dropped = mask.iter().filter(|&&m| m == 0.0).count() as f32 / 20_000.0;
        let mean = mask.iter().sum::<f32>() / 20_000.0;
        assert!((dropped - 0.25).abs() < 0.02 && (mean - 1.0).abs() < 0.02);
        assert_eq!(mask, Chance::new(3).mask(20_000, 0.25));
        assert_ne!(mask, Chance::new(4).mask(20_000, 0.25));
    }
}
