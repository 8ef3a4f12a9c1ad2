//! The structured rotation: `H D₃ P₂ H D₂ P₁ H D₁`, then a choice of coordinates, all in integers.
//!
//! With `n` the smallest power of two that holds both the feature and the bits (the inputs and the outputs), the quantised feature is padded with zeros
//! to `n` values. Each of three rounds flips signs (`D`), applies the unnormalised Walsh–Hadamard transform in natural
//! (Sylvester) order, `y_k = Σ_j (−1)^popcount(j & k) x_j`, and permutes (`P`). The first `bits` values after the third
//! round are `q`. Divided by `n^1.5` the whole is exactly orthogonal, so before the choice of coordinates lengths and angles
//! do not change at all. Seeded sign flips around Hadamard transforms as a fast random rotation: Ailon and Chazelle,
//! "The fast Johnson–Lindenstrauss transform", 2009; three rounds: Andoni et al., 2015, section 5.
//!
//! Signs and permutations are drawn from the token's key stream, round by round: first `n` signs, 32 to a draw, lowest bit
//! first, 1 flipping; then a Fisher–Yates shuffle from the last place down.
//!
//! Range: the norm grows by √n per round, so with norm ≤ 1.01, n ≤ 2^14 and 2^20 steps no value, also within a transform,
//! exceeds 2^42 in size: an `i64` cannot overflow.
//!
//! # Deviations
//! DCPV uses the Gram–Schmidt form. With padding, or with fewer bits than `n`, the rows restricted to the feature are rows
//! of an orthogonal matrix without some columns: exactly orthonormal when the feature length is a power of two.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::QUANTISATION;
use crate::derive::Stream;

const ROUNDS: usize = 3;

/// The rotation of one token.
pub(crate) struct Structured {
    rounds: [Round; ROUNDS],
    size: usize,
    outputs: usize,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Round {
    /// 0 keeps a value, −1 flips its sign.
    signs: Vec<i64>,
    /// Value `k` after the permutation is value `source[k]` before it.
    source: Vec<u32>,
}

impl Structured {
    /// Draws the rotation of `inputs` values into `outputs` from a key stream.
    pub(crate) fn new(inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        let size = inputs.max(outputs).next_power_of_two();
        let rounds = std::array::from_fn(|_| Round::draw(size, stream));
        Self {
            rounds,
            size,
            outputs,
        }
    }

    /// `q`, scaled by [`Self::unit_length`].
    pub(crate) fn project(&self, feature: &[i32]) -> Zeroizing<Vec<i64>> {
        let mut rotated = self.rotate(feature);
        rotated.truncate(self.outputs);
        rotated
    }

    /// What a feature of length 1 becomes: quantisation steps times n^1.5.
    pub(crate) fn unit_length(&self) -> f64 {
        QUANTISATION * (self.size as f64).sqrt() * self.size as f64
    }

    /// All `n` values after the third round.
    pub(super) fn rotate(&self, feature: &[i32]) -> Zeroizing<Vec<i64>> {
        let mut values = Zeroizing::new(vec![0_i64; self.size]);
        for (value, &u) in values.iter_mut().zip(feature) {
            *value = i64::from(u);
        }
        for round in &self.rounds {
            for (value, sign) in values.iter_mut().zip(&round.signs) {
                *value = (*value ^ sign) - sign;
            }
            walsh_hadamard(&mut values);
            values = Zeroizing::new(round.source.iter().map(|&k| values[k as usize]).collect());
        }
        values
    }
}

impl Round {
    fn draw(size: usize, stream: &mut Stream) -> Self {
        let mut signs = vec![0_i64; size];
        for group in signs.chunks_mut(32) {
            let draw = stream.next_u32();
            for (i, sign) in group.iter_mut().enumerate() {
                *sign = -i64::from(draw >> i & 1);
            }
        }
        let mut source: Vec<u32> = (0..size as u32).collect();
        for last in (1..size).rev() {
            source.swap(last, stream.below(last as u32 + 1) as usize);
        }
        Self { signs, source }
    }
}

/// The unnormalised Walsh–Hadamard transform in place, natural order. The length is a power of two.
fn walsh_hadamard(values: &mut [i64]) {
    let mut half = 1;
    while half < values.len() {
        for pair in values.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, O(n²).
    fn plain_walsh_hadamard(values: &[i64]) -> Vec<i64> {
        let sign = |j: usize, k: usize| 1 - 2 * i64::from((j & k).count_ones() % 2);
        (0..values.len())
            .map(|k| {
                values
                    .iter()
                    .enumerate()
                    .map(|(j, &x)| sign(j, k) * x)
                    .sum()
            })
            .collect()
    }

    proptest! {
        #[test]
        fn the_fast_transform_is_the_definition(log in 0_u32..8, seed in any::<[i32; 256]>()) {
            let mut values: Vec<i64> = seed[..1 << log].iter().map(|&v| i64::from(v)).collect();
            let expected = plain_walsh_hadamard(&values);
            walsh_hadamard(&mut values);
            prop_assert_eq!(values, expected);
        }

        /// In integers: squared lengths grow by exactly n³, and so do inner products.
        #[test]
        fn the_rotation_is_exactly_orthogonal(
            features in proptest::collection::vec((-1000_i32..1000, -1000_i32..1000), 100), key in any::<[u8; 32]>()
        ) {
            let (a, b): (Vec<i32>, Vec<i32>) = features.into_iter().unzip();
            let s = Structured::new(100, 50, &mut Stream::new(&key));
            prop_assert_eq!(s.size, 128);
            let (ra, rb) = (s.rotate(&a), s.rotate(&b));
            let before: i64 = a.iter().zip(&b).map(|(&x, &y)| i64::from(x) * i64::from(y)).sum();
            let after: i128 = ra.iter().zip(rb.iter()).map(|(&x, &y)| i128::from(x) * i128::from(y)).sum();
            prop_assert_eq!(after, i128::from(before) << 21);
        }
    }

    #[test]
    fn each_round_permutes_and_flips_about_half() {
        let s = Structured::new(1024, 512, &mut Stream::new(&[3; 32]));
        for round in &s.rounds {
            let mut seen = round.source.clone();
            seen.sort_unstable();
            assert!(seen.iter().enumerate().all(|(i, &k)| i == k as usize));
            let flipped = round.signs.iter().filter(|&&sign| sign == -1).count();
            // Expected 512, standard deviation 16.
            assert!(flipped.abs_diff(512) < 80, "{flipped}");
        }
    }

    #[test]
    fn the_largest_feature_does_not_overflow() {
        // One full-scale value, and full-scale values everywhere; debug arithmetic panics on overflow.
        let len = super::super::MAX_FEATURE_LEN;
        let s = Structured::new(len, 8, &mut Stream::new(&[4; 32]));
        let spread = (QUANTISATION * 1.01 / (len as f64).sqrt()) as i32 + 1;
        let mut spike = vec![0; len];
        spike[5] = (QUANTISATION * 1.01) as i32;
        for feature in [vec![spread; len], spike] {
            assert!(
                s.rotate(&feature)
                    .iter()
                    .all(|v| v.unsigned_abs() < 1 << 43)
            );
        }
    }
}
