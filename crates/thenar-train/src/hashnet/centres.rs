//! The random codes that palms are mapped to.
//!
//! Codes come from ChaCha20 and are thrown away when they lie too near to one that was kept (the paper's threshold T).
//!
//! # Deviations
//! The generator is seeded, so that a run can be repeated; codes that protect something must not be.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

use crate::error::TrainError;

/// Most palms: every code is compared with all before it.
const MOST_CODES: usize = 20_000;
/// Codes drawn per code wanted before a distance counts as too large.
const DRAWS_PER_CODE: usize = 1000;
/// Words compared before a distance counts as too large: about a second.
const MOST_COMPARED: u64 = 1 << 29;

/// Codes of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Centres {
    bits: usize,
    codes: Vec<Vec<u64>>,
    /// Bits in which any two differ at least.
    pub min_distance: usize,
}

impl Centres {
    /// `count` codes of `bits` bits, any two at least `min_distance` apart; without it, as far apart as can be found
    /// quickly.
    ///
    /// # Errors
    /// When there are too many codes, or none that far apart were found.
    pub fn find(
        count: usize,
        bits: usize,
        min_distance: Option<usize>,
        seed: u64,
    ) -> Result<Self, TrainError> {
        if count > MOST_CODES {
            let reason = format!("{count} palms are more than the {MOST_CODES} that get a code");
            return Err(TrainError::Argument(reason));
        }
        let found = match min_distance {
            Some(distance) => Self::draw(count, bits, distance, seed),
            None => Self::farthest(count, bits, seed),
        };
        found.ok_or_else(|| {
            let wanted = min_distance.unwrap_or(1);
            TrainError::Argument(format!(
                "no {count} codes of {bits} bits were found of which any two differ in {wanted}: give more --bits or a \
                 smaller --min-distance"
            ))
        })
    }

    /// By bisection of the distance.
    fn farthest(count: usize, bits: usize, seed: u64) -> Option<Self> {
        let (mut low, mut high) = (1, bits + 1);
        let mut best = Self::draw(count, bits, low, seed)?;
        while high - low > 1 {
            let middle = low.midpoint(high);
            match Self::draw(count, bits, middle, seed) {
                Some(found) => (low, best) = (middle, found),
                None => high = middle,
            }
        }
        Some(best)
    }

    fn draw(count: usize, bits: usize, min_distance: usize, seed: u64) -> Option<Self> {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let words = bits.div_ceil(64);
        let mut codes: Vec<Vec<u64>> = Vec::with_capacity(count);
        let mut compared = 0;
        for _ in 0..count * DRAWS_PER_CODE {
            if codes.len() == count || compared > MOST_COMPARED {
                break;
            }
            let mut code: Vec<u64> = (0..words).map(|_| rng.next_u64()).collect();
            if let (Some(last), rest @ 1..) = (code.last_mut(), bits % 64) {
                *last &= (1 << rest) - 1;
            }
            let far = |other: &Vec<u64>| distance(&code, other) as usize >= min_distance;
            let before = codes.iter().take_while(|other| far(other)).count();
            compared += (before * words) as u64 + 1;
            if before == codes.len() {
                codes.push(code);
            }
        }
        (codes.len() == count).then_some(Self {
            bits,
            codes,
            min_distance,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.codes.len()
    }

    /// Length of a code.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The code of a palm as what the network should give: -1 and 1.
    ///
    /// # Panics
    /// When there is no such palm.
    pub fn target(&self, palm: usize) -> impl Iterator<Item = f32> + '_ {
        let code = &self.codes[palm];
        (0..self.bits).map(|i| {
            if code[i / 64] >> (i % 64) & 1 == 1 {
                1.0
            } else {
                -1.0
            }
        })
    }
}

/// Bits in which two codes differ.
pub fn distance(a: &[u64], b: &[u64]) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fewest bits in which any two targets differ.
    fn nearest(centres: &Centres) -> usize {
        let targets: Vec<Vec<f32>> = (0..centres.count())
            .map(|palm| centres.target(palm).collect())
            .collect();
        let mut least = usize::MAX;
        for (i, a) in targets.iter().enumerate() {
            assert!(a.iter().all(|v| v.abs() == 1.0));
            for b in &targets[..i] {
                least = least.min(a.iter().zip(b).filter(|(a, b)| a != b).count());
            }
        }
        least
    }

    #[test]
    fn codes_keep_their_distance() {
        for (count, bits, wanted) in [(30, 57, 18), (20, 127, 45), (9, 64, 20)] {
            let centres = Centres::find(count, bits, Some(wanted), 3).unwrap();
            assert_eq!((centres.count(), centres.min_distance), (count, wanted));
            assert_eq!(centres.target(0).count(), bits);
            assert!(nearest(&centres) >= wanted);
        }
    }

    #[test]
    fn the_farthest_codes_are_farther_than_random_ones() {
        let random = Centres::find(40, 57, Some(0), 3).unwrap();
        let far = Centres::find(40, 57, None, 3).unwrap();
        assert!(nearest(&far) >= far.min_distance);
        assert!(nearest(&far) > nearest(&random));
        assert_eq!(far, Centres::find(40, 57, None, 3).unwrap());
        assert_ne!(far, Centres::find(40, 57, None, 4).unwrap());
    }

    #[test]
    fn too_many_codes_are_refused() {
        for (count, bits, distance) in [(9, 3, None), (30, 57, Some(40)), (20_001, 57, Some(1))] {
            let error = Centres::find(count, bits, distance, 1).unwrap_err();
            assert!(error.to_string().contains(&count.to_string()), "{error}");
        }
    }
}
