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

use pulp::NullaryFnOnce;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::QUANTISATION;
use crate::derive::Stream;
use crate::dispatch::dispatch;

const ROUNDS: usize = 3;

/// The rotation of one token.
pub(crate) struct Structured {
    rounds: [Round; ROUNDS],
    size: usize,
    outputs: usize,
}

#[derive(Zeroize, ZeroizeOnDrop)]
struct Round {
    /// One bit for each value, 32 to a number: 1 flips its sign.
    flips: Vec<u32>,
    /// Value `k` after the permutation is value `source[k]` before it.
    source: Vec<u16>,
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
        let mut values = Zeroizing::new(vec![0_i64; self.size]);
        for (value, &u) in values.iter_mut().zip(feature) {
            *value = i64::from(u);
        }
        let mut permuted = Zeroizing::new(vec![0_i64; self.size]);
        for round in &self.rounds {
            dispatch(Mix {
                values: &mut values,
                flips: &round.flips,
            });
            for (place, &k) in permuted.iter_mut().zip(&round.source) {
                *place = values[usize::from(k)];
            }
            std::mem::swap(&mut values, &mut permuted);
        }
        values.truncate(self.outputs);
        values
    }

    /// What a feature of length 1 becomes: quantisation steps times n^1.5.
    pub(crate) fn unit_length(&self) -> f64 {
        QUANTISATION * (self.size as f64).sqrt() * self.size as f64
    }
}

impl Round {
    fn draw(size: usize, stream: &mut Stream) -> Self {
        let flips = (0..size.div_ceil(32)).map(|_| stream.next_u32()).collect();
        // At most MAX_BITS = 2^14 values.
        let mut source: Vec<u16> = (0..size as u16).collect();
        for last in (1..size).rev() {
            source.swap(last, stream.below(last as u32 + 1) as usize);
        }
        Self { flips, source }
    }
}

/// Sign flips and the transform of one round, compiled for several processors.
struct Mix<'a> {
    values: &'a mut [i64],
    flips: &'a [u32],
}

impl NullaryFnOnce for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (values, flips) in self.values.chunks_mut(32).zip(self.flips) {
            for (i, value) in values.iter_mut().enumerate() {
                let sign = -i64::from(flips >> i & 1);
                *value = (*value ^ sign) - sign;
            }
        }
        walsh_hadamard(self.values);
    }
}

/// The unnormalised Walsh–Hadamard transform in place, natural order. The length is a power of two.
#[inline(always)]
fn walsh_hadamard(values: &mut [i64]) {
    let mut half = 1;
    // Two steps at a time, as long as there are two: half as many ways through memory.
    while 4 * half <= values.len() {
        for four in values.chunks_exact_mut(4 * half) {
            let (low, high) = four.split_at_mut(2 * half);
            let ((a, b), (c, d)) = (low.split_at_mut(half), high.split_at_mut(half));
            for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                let (ab, a_b, cd, c_d) = (*a + *b, *a - *b, *c + *d, *c - *d);
                (*a, *b, *c, *d) = (ab + cd, a_b + c_d, ab - cd, a_b - c_d);
            }
        }
        half *= 4;
    }
    if 2 * half <= values.len() {
        let (low, high) = values.split_at_mut(half);
        for (a, b) in low.iter_mut().zip(high) {
            (*a, *b) = (*a + *b, *a - *b);
        }
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
            let s = Structured::new(100, 128, &mut Stream::new(&key));
            prop_assert_eq!(s.size, 128);
            let (ra, rb) = (s.project(&a), s.project(&b));
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
            assert!(seen.iter().enumerate().all(|(i, &k)| i == usize::from(k)));
            let flipped: u32 = round.flips.iter().map(|flips| flips.count_ones()).sum();
            // Expected 512, standard deviation 16.
            assert!(flipped.abs_diff(512) < 80, "{flipped}");
        }
    }

    #[test]
    fn the_largest_feature_does_not_overflow() {
        // One full-scale value, and full-scale values everywhere; debug arithmetic panics on overflow.
        let len = super::super::MAX_FEATURE_LEN;
        let s = Structured::new(len, len, &mut Stream::new(&[4; 32]));
        let spread = (QUANTISATION * 1.01 / (len as f64).sqrt()) as i32 + 1;
        let mut spike = vec![0; len];
        spike[5] = (QUANTISATION * 1.01) as i32;
        for feature in [vec![spread; len], spike] {
            assert!(
                s.project(&feature)
                    .iter()
                    .all(|v| v.unsigned_abs() < 1 << 43)
            );
        }
    }
}
