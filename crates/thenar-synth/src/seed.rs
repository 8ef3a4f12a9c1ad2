//! Random numbers: one seed and one label give one stream, on every machine.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// The stream named `label` of `seed`.
pub(crate) fn stream(seed: u64, label: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(mix(seed, label))
}

/// A seed for number `label` under `seed`: SplitMix64 (Steele et al. 2014) spreads neighbours apart.
pub(crate) fn mix(seed: u64, label: u64) -> u64 {
    let mut z = seed.wrapping_add(label.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A normal number with mean `mean` and deviation `deviation`, cut at 2.5 deviations.
pub(crate) fn normal(rng: &mut impl Rng, mean: f32, deviation: f32) -> f32 {
    let z: f32 = StandardNormal.sample(rng);
    mean + deviation * z.clamp(-2.5, 2.5)
}

/// Fast uniform numbers for pixels (xorshift64*, Vigna 2016): statistics matter there, secrecy does not.
pub(crate) struct PixelNoise(u64);

impl PixelNoise {
    /// A generator started from `rng`.
    pub(crate) fn new(rng: &mut impl Rng) -> Self {
        Self(rng.random::<u64>() | 1)
    }

    /// A number of mean 0 and deviation 1, nearly normal (the sum of four uniform numbers).
    #[inline]
    pub(crate) fn normal(&mut self) -> f32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let v = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let sum = (v & 0xffff) + ((v >> 16) & 0xffff) + ((v >> 32) & 0xffff) + (v >> 48);
        // Four uniform numbers on 0..65535: mean 131070, deviation 65536 / sqrt(3).
        (sum as f32 - 131_070.0) * (1.0 / 37_837.2)
    }
}
