//! Each bit of the codeword in several numbers of the feature.
//!
//! The numbers of a palm that is photographed again are off by little more often than by much, and a sign throws away by
//! how much. So a bit is kept in several numbers, and read back from their sum: a number near zero hardly counts. It is
//! the repetition code with soft decoding in front of the BCH code, the two stages of which the first makes few errors out
//! of many (Forney, *Concatenated Codes*, 1966).

use zeroize::Zeroizing;

use super::CommitmentError;
use crate::bits::{self, words_for};

/// Most numbers that keep one bit.
pub const MAX_COPIES: u8 = 64;

/// Whether a bit can be kept in so many numbers.
pub(super) fn check(copies: u8) -> Result<(), CommitmentError> {
    if (1..=MAX_COPIES).contains(&copies) {
        return Ok(());
    }
    Err(CommitmentError::Copies { found: copies })
}

/// Bit i of `n` bits at the places `copies · i` to `copies · i + copies − 1`.
pub(super) fn spread(word: &[u64], n: usize, copies: usize) -> Zeroizing<Vec<u64>> {
    let mut wide = Zeroizing::new(vec![0; words_for(n * copies)]);
    for place in 0..n * copies {
        wide[place / 64] |= bits::get(word, place / copies) << (place % 64);
    }
    wide
}

/// The bits that numbers tell: each number counts for 1 where it is positive and its bit of `offset` is 0, or the other way
/// round, with its magnitude; the larger sum wins, of equal ones 0. One number tells its sign.
///
/// No branch and no address depends on a number.
pub(super) fn gather(numbers: &[i32], offset: &[u64], copies: usize) -> Zeroizing<Vec<u64>> {
    let mut word = Zeroizing::new(vec![0; words_for(numbers.len() / copies)]);
    for (bit, group) in numbers.chunks_exact(copies).enumerate() {
        let votes = (copies * bit..).zip(group).map(|(place, number)| {
            let turned = 1 - 2 * bits::get(offset, place) as i64;
            turned * weight(*number)
        });
        let sum: i64 = votes.sum();
        let positive = ((-sum) as u64) >> 63;
        word[bit / 64] |= positive << (bit % 64);
    }
    word
}

/// Twice the number less one: positive for positive ones, and never zero, so that a single number always tells a bit.
pub(super) fn weight(number: i32) -> i64 {
    2 * i64::from(number) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::random_word;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha20Rng;

    proptest! {
        /// Plainly: add what speaks for a 1, and what speaks for a 0.
        #[test]
        fn the_larger_sum_wins(n in 1usize..70, copies in 1usize..9, seed in any::<u64>()) {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let offset = random_word(&mut rng, n * copies);
            let numbers: Vec<i32> = (0..n * copies).map(|_| rng.random()).collect();
            let word = gather(&numbers, &offset, copies);
            for bit in 0..n {
                let mut sums = [0i64; 2];
                let places = bit * copies..(bit + 1) * copies;
                for (place, number) in places.clone().zip(&numbers[places]) {
                    let number = 2 * i64::from(*number) - 1;
                    let speaks_for = u64::from(number > 0) ^ bits::get(&offset, place);
                    sums[speaks_for as usize] += number.abs();
                }
                prop_assert_eq!(bits::get(&word, bit), u64::from(sums[1] > sums[0]));
            }
        }

        #[test]
        fn what_was_spread_is_gathered(n in 1usize..70, copies in 1usize..9, seed in any::<u64>()) {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            let word = random_word(&mut rng, n);
            let numbers: Vec<i32> = (0..n * copies).map(|_| rng.random()).collect();
            let mut offset = spread(&word, n, copies);
            for (place, number) in numbers.iter().enumerate() {
                if *number > 0 {
                    bits::flip(&mut offset, place);
                }
            }
            prop_assert_eq!(gather(&numbers, &offset, copies), Zeroizing::new(word));
        }
    }
}
