//! Palms that are drawn while training, instead of read from a list.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use thenar_synth::palm::Palm;
use thenar_synth::roi::{self, RoiVariation};

use crate::localizer::drawing::scramble;

/// Keeps seeds of palms apart from those of listed images.
const PALMS: u64 = 0x7061_6c6d_7321;

/// Drawn identities; each step sees new captures of them.
#[derive(Clone, Debug)]
pub struct Palms {
    count: usize,
    seed: u64,
    variation: RoiVariation,
}

impl Palms {
    /// `count` identities, which follow from `seed`.
    pub fn new(count: usize, seed: u64) -> Self {
        Self {
            count,
            seed: scramble(seed ^ PALMS),
            variation: RoiVariation::default(),
        }
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Two captures of an identity, 128×128 grey levels each.
    pub fn pair(&self, identity: usize, rng: &mut ChaCha8Rng) -> [Vec<u8>; 2] {
        let palm = self.palm(identity as u64);
        [(); 2].map(|()| roi::draw(&palm, rng.random(), &self.variation).into_raw())
    }

    fn palm(&self, identity: u64) -> Palm {
        Palm::draw_among(identity, |identity| {
            scramble(self.seed ^ scramble(identity))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn captures_follow_from_seeds_and_differ() {
        let pair = |seed, identity, capture| {
            let mut rng = ChaCha8Rng::seed_from_u64(capture);
            Palms::new(9, seed).pair(identity, &mut rng)
        };
        let [one, other] = pair(1, 4, 7);
        assert_eq!(one.len(), 128 * 128);
        assert_ne!(one, other);
        assert_eq!([one.clone(), other], pair(1, 4, 7));
        for different in [pair(1, 4, 8), pair(1, 3, 7), pair(2, 4, 7)] {
            assert_ne!(one, different[0]);
        }
    }
}
