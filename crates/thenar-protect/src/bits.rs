//! A bit template: the packed output of level 1, and what distances are counted on.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::ProtectError;

/// The most bits a template may have.
pub const MAX_BITS: usize = 1 << 14;

/// A string of 1..=[`MAX_BITS`] bits, bit `i` being bit `i % 64` of word `i / 64`. Unused bits of the last word are 0.
///
/// A template is biometric data: it is wiped when dropped, compared in constant time, and `Debug` shows only its length.
#[derive(Clone)]
pub struct BitTemplate {
    words: Vec<u64>,
    len: usize,
}

impl BitTemplate {
    /// Packs bits.
    ///
    /// # Errors
    /// When there are none, or more than [`MAX_BITS`].
    pub fn from_bools(bits: &[bool]) -> Result<Self, ProtectError> {
        let mut words = vec![0_u64; bits.len().div_ceil(64)];
        for (i, &bit) in bits.iter().enumerate() {
            words[i / 64] |= u64::from(bit) << (i % 64);
        }
        Self::from_words(words, bits.len())
    }

    /// Half of the bits (rounded down) are 1: those of the largest values, and among equal ones those of the smallest index.
    ///
    /// # Errors
    /// When there are none, more than [`MAX_BITS`], or one is not finite.
    pub fn above_median(values: &[f64]) -> Result<Self, ProtectError> {
        Ok(Self::above(values)?.0)
    }

    /// [`Self::above_median`], and the median: the mean of the smallest value that became 1 and the largest that became 0.
    pub(crate) fn above(values: &[f64]) -> Result<(Self, f64), ProtectError> {
        if values.iter().any(|value| !value.is_finite()) {
            return Err(ProtectError::Bits("a value is not finite"));
        }
        let ones = values.len() / 2;
        let mut words = vec![0_u64; values.len().div_ceil(64)];
        if ones == 0 {
            let median = values.first().copied().unwrap_or_default();
            return Ok((Self::from_words(words, values.len())?, median));
        }
        // The smallest value that becomes 1. Values equal to it fill what is left, in their order.
        let mut order = Zeroizing::new(values.to_vec());
        let (larger, &mut limit, smaller) =
            order.select_nth_unstable_by(ones - 1, |a, b| b.total_cmp(a));
        let mut ties = ones - larger.iter().filter(|value| **value > limit).count();
        let below = smaller.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (i, &value) in values.iter().enumerate() {
            let fills = value == limit && ties > 0;
            ties -= usize::from(fills);
            words[i / 64] |= u64::from(value > limit || fills) << (i % 64);
        }
        Ok((
            Self::from_words(words, values.len())?,
            (limit + below) / 2.0,
        ))
    }

    /// Takes packed words of which the first `len` bits count.
    ///
    /// # Errors
    /// When `len` is 0 or above [`MAX_BITS`], the number of words is not `len / 64` rounded up, or an unused bit is set.
    pub fn from_words(words: Vec<u64>, len: usize) -> Result<Self, ProtectError> {
        // Made first, so that the words are wiped on every way out.
        let template = Self { words, len };
        if len == 0 || len > MAX_BITS {
            return Err(ProtectError::Parameter {
                what: "the number of bits",
                value: len,
                expected: format!("1..={MAX_BITS}"),
            });
        }
        if template.words.len() != len.div_ceil(64) {
            return Err(ProtectError::Bits(
                "the number of words does not fit the number of bits",
            ));
        }
        let unused = match len % 64 {
            0 => 0,
            used => template.words.last().map_or(0, |last| last >> used),
        };
        if unused != 0 {
            return Err(ProtectError::Bits("bits beyond the end are set"));
        }
        Ok(template)
    }

    /// The number of bits.
    #[allow(clippy::len_without_is_empty)] // A template is never empty.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The packed words.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bit `i`, or `None` beyond the end.
    pub fn bit(&self, i: usize) -> Option<bool> {
        (i < self.len).then(|| self.words[i / 64] >> (i % 64) & 1 == 1)
    }

    /// The bits as +1 for a one and −1 for a zero, in their order.
    pub fn signs(&self) -> impl ExactSizeIterator<Item = f32> {
        let sign = |i| match self.words[i / 64] >> (i % 64) & 1 {
            1 => 1.0,
            _ => -1.0,
        };
        (0..self.len).map(sign)
    }

    /// The number of ones.
    pub fn count_ones(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// The number of bits in which two templates differ.
    ///
    /// # Panics
    /// When the lengths differ. Templates of one [`crate::ContractId`] always have one length.
    pub fn hamming(&self, other: &Self) -> u32 {
        self.checked_hamming(other)
            .expect("templates of one contract have one length")
    }

    /// The number of bits in which two templates differ, or `None` when their lengths do.
    pub fn checked_hamming(&self, other: &Self) -> Option<u32> {
        (self.len == other.len).then(|| {
            self.words
                .iter()
                .zip(&other.words)
                .map(|(a, b)| (a ^ b).count_ones())
                .sum()
        })
    }

    /// The bits in which two templates differ.
    ///
    /// # Errors
    /// When their lengths do.
    pub(crate) fn xor(&self, other: &Self) -> Result<Self, ProtectError> {
        if self.len != other.len {
            return Err(ProtectError::Parameter {
                what: "the number of bits of a template",
                value: other.len,
                expected: self.len.to_string(),
            });
        }
        let words = self.words.iter().zip(&other.words);
        Self::from_words(words.map(|(a, b)| a ^ b).collect(), self.len)
    }

    /// The length in bits (u32, little-endian), then the words, little-endian.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(4 + 8 * self.words.len()));
        bytes.extend_from_slice(&(self.len as u32).to_le_bytes());
        bytes.extend_from_slice(&self.word_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ProtectError> {
        let (len, words) = bytes
            .split_first_chunk::<4>()
            .ok_or(ProtectError::Bits("shorter than its header"))?;
        Self::from_word_bytes(words, u32::from_le_bytes(*len) as usize)
    }

    /// The words alone, little-endian.
    pub(crate) fn word_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(
            self.words
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .collect(),
        )
    }

    /// Reads what [`Self::word_bytes`] wrote.
    pub(crate) fn from_word_bytes(bytes: &[u8], len: usize) -> Result<Self, ProtectError> {
        let (words, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() || words.len() > MAX_BITS / 64 {
            return Err(ProtectError::Bits(
                "the number of bytes does not fit the number of bits",
            ));
        }
        Self::from_words(
            words.iter().map(|&word| u64::from_le_bytes(word)).collect(),
            len,
        )
    }
}

impl PartialEq for BitTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.words.as_slice().ct_eq(other.words.as_slice()).into()
    }
}

impl Eq for BitTemplate {}

impl Drop for BitTemplate {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

impl fmt::Debug for BitTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BitTemplate({} bits, secret)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bit_order_is_little_endian() {
        let mut bits = [false; 70];
        bits[0] = true;
        bits[65] = true;
        let template = BitTemplate::from_bools(&bits).unwrap();
        assert_eq!(template.words(), [1, 2]);
        let golden = [70, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(*template.to_bytes(), golden);
        assert_eq!(
            (template.bit(65), template.bit(64), template.bit(70)),
            (Some(true), Some(false), None)
        );
    }

    #[test]
    fn bad_shapes_are_refused() {
        assert!(BitTemplate::from_bools(&[]).is_err());
        assert!(BitTemplate::from_bools(&[false; MAX_BITS + 1]).is_err());
        assert!(BitTemplate::from_words(vec![0, 0], 64).is_err());
        assert!(BitTemplate::from_words(vec![0, 4], 66).is_err());
        assert!(BitTemplate::from_bytes(&[70, 0, 0]).is_err());
        assert!(BitTemplate::from_bytes(&[255; 12]).is_err());
    }

    #[test]
    fn other_lengths_have_no_distance() {
        let (a, b) = (
            BitTemplate::from_bools(&[true; 64]).unwrap(),
            BitTemplate::from_bools(&[true; 65]).unwrap(),
        );
        assert_eq!(a.checked_hamming(&b), None);
        assert_ne!(a, b);
    }

    /// The rule for ties, by examples: half of the bits, the largest first and then the smallest index.
    #[test]
    fn ties_go_to_the_smaller_index() {
        let ones = |values: &[f64]| {
            let bits = BitTemplate::above_median(values).unwrap();
            (0..values.len())
                .filter(|&i| bits.bit(i) == Some(true))
                .collect::<Vec<_>>()
        };
        assert_eq!(ones(&[7.0, 7.0, 7.0, 7.0]), [0, 1]);
        assert_eq!(ones(&[1.0, 5.0, 5.0, 9.0, 5.0, 1.0]), [1, 2, 3]);
        assert_eq!(ones(&[3.0, 3.0, 3.0]), [0]);
        assert_eq!(ones(&[-1.0, 2.0]), [1]);
        assert_eq!(ones(&[4.0]), []);
    }

    proptest! {
        #[test]
        fn bytes_round_trip(bits in proptest::collection::vec(any::<bool>(), 1..300)) {
            let template = BitTemplate::from_bools(&bits).unwrap();
            prop_assert_eq!(&BitTemplate::from_bytes(&template.to_bytes()).unwrap(), &template);
            for (i, &bit) in bits.iter().enumerate() {
                prop_assert_eq!(template.bit(i), Some(bit));
            }
            let signs = bits.iter().map(|&bit| if bit { 1.0 } else { -1.0 });
            prop_assert!(template.signs().eq(signs));
            prop_assert_eq!(template.signs().len(), bits.len());
            prop_assert_eq!(template.count_ones() as usize, bits.iter().filter(|&&bit| bit).count());
        }

        #[test]
        fn hamming_counts_differing_bits(pairs in proptest::collection::vec(any::<(bool, bool)>(), 1..300)) {
            let (a, b): (Vec<bool>, Vec<bool>) = pairs.iter().copied().unzip();
            let (a, b) = (BitTemplate::from_bools(&a).unwrap(), BitTemplate::from_bools(&b).unwrap());
            prop_assert_eq!(a.hamming(&b) as usize, pairs.iter().filter(|(a, b)| a != b).count());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(template) = BitTemplate::from_bytes(&bytes) {
                prop_assert_eq!(&*template.to_bytes(), &bytes);
            }
        }

        /// The rule for ties, by sorting.
        #[test]
        fn the_median_rule_is_the_sorted_one(values in proptest::collection::vec(-3_i64..4, 1..200)) {
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by_key(|&i| (std::cmp::Reverse(values[i]), i));
            let mut expected = vec![false; values.len()];
            order[..values.len() / 2].iter().for_each(|&i| expected[i] = true);
            let values: Vec<f64> = values.iter().map(|&v| v as f64).collect();
            let found = BitTemplate::above_median(&values).unwrap();
            prop_assert_eq!(found.count_ones() as usize, values.len() / 2);
            prop_assert_eq!(found, BitTemplate::from_bools(&expected).unwrap());
        }
    }
}
