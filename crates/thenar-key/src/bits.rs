//! Bit strings packed little-endian in `u64` words: bit `i` is bit `i % 64` of word `i / 64`.
//!
//! A bit string of `len` bits has exactly [`words_for`]`(len)` words, and the bits above `len` in the last word are zero.

/// A bit string of the wrong shape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitsError {
    /// Too many or too few words.
    #[error("a string of {bits} bits takes {expected} words of 64, found {found}")]
    WordCount {
        /// Bits expected.
        bits: usize,
        /// Words expected.
        expected: usize,
        /// Words found.
        found: usize,
    },
    /// Too many or too few bytes.
    #[error("a string of {bits} bits takes {expected} bytes, found {found}")]
    ByteCount {
        /// Bits expected.
        bits: usize,
        /// Bytes expected.
        expected: usize,
        /// Bytes found.
        found: usize,
    },
    /// A bit above the length is set.
    #[error("a bit above the {bits} bits of the string is set")]
    StrayBits {
        /// Bits expected.
        bits: usize,
    },
}

/// Number of `u64` words that hold `len` bits.
pub const fn words_for(len: usize) -> usize {
    len.div_ceil(64)
}

/// Number of bytes that hold `len` bits.
pub const fn bytes_for(len: usize) -> usize {
    len.div_ceil(8)
}

/// The used bits of the last word of a string of `len` bits.
pub(crate) const fn tail_mask(len: usize) -> u64 {
    match len % 64 {
        0 => u64::MAX,
        used => (1 << used) - 1,
    }
}

/// Bit `i`, 0 or 1. Bits past the end are 0.
pub fn get(words: &[u64], i: usize) -> u64 {
    words.get(i / 64).map_or(0, |word| (word >> (i % 64)) & 1)
}

/// Flips bit `i`; does nothing past the end.
pub fn flip(words: &mut [u64], i: usize) {
    if let Some(word) = words.get_mut(i / 64) {
        *word ^= 1 << (i % 64);
    }
}

/// Number of places in which two bit strings of equal length differ.
pub fn distance(a: &[u64], b: &[u64]) -> usize {
    a.iter()
        .zip(b)
        .map(|(x, y)| (x ^ y).count_ones() as usize)
        .sum()
}

/// Checks that `words` is a bit string of `len` bits.
///
/// # Errors
/// The number of words is wrong, or a bit at or above `len` is set.
pub fn check(words: &[u64], len: usize) -> Result<(), BitsError> {
    let expected = words_for(len);
    if words.len() != expected {
        return Err(BitsError::WordCount {
            bits: len,
            expected,
            found: words.len(),
        });
    }
    match words.last() {
        Some(last) if last & !tail_mask(len) != 0 => Err(BitsError::StrayBits { bits: len }),
        _ => Ok(()),
    }
}

/// XORs `shift` bits further up: `to ^= from << shift`. Bits that fall off the end of `to` are lost.
pub(crate) fn xor_shifted(to: &mut [u64], from: &[u64], shift: usize) {
    let (skip, up) = (shift / 64, shift % 64);
    let Some(to) = to.get_mut(skip..) else { return };
    let mut carry = 0;
    for (i, target) in to.iter_mut().enumerate() {
        let word = from.get(i).copied().unwrap_or(0);
        *target ^= (word << up) | carry;
        carry = if up == 0 { 0 } else { word >> (64 - up) };
    }
}

/// The bits `[from, from + len)` of `words`, as a bit string of `len` bits in `out`.
pub(crate) fn extract(words: &[u64], from: usize, len: usize, out: &mut [u64]) {
    let (skip, down) = (from / 64, from % 64);
    let word = |i: usize| words.get(i).copied().unwrap_or(0);
    for (i, target) in out.iter_mut().enumerate() {
        let high = if down == 0 {
            0
        } else {
            word(skip + i + 1) << (64 - down)
        };
        *target = (word(skip + i) >> down) | high;
    }
    if let Some(last) = out.get_mut(words_for(len).saturating_sub(1)) {
        *last &= tail_mask(len);
    }
}

/// The little-endian bytes of a bit string of `len` bits: [`bytes_for`]`(len)` of them.
pub(crate) fn to_bytes(words: &[u64], len: usize) -> impl Iterator<Item = u8> + '_ {
    words
        .iter()
        .flat_map(|word| word.to_le_bytes())
        .take(bytes_for(len))
}

/// The bit string of `len` bits in `bytes`.
///
/// # Errors
/// `bytes` has the wrong length, or a bit at or above `len` is set.
pub(crate) fn from_bytes(bytes: &[u8], len: usize) -> Result<Vec<u64>, BitsError> {
    if bytes.len() != bytes_for(len) {
        return Err(BitsError::ByteCount {
            bits: len,
            expected: bytes_for(len),
            found: bytes.len(),
        });
    }
    let words: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .rev()
                .fold(0, |word, byte| (word << 8) | u64::from(*byte))
        })
        .collect();
    check(&words, len)?;
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stray_bits_and_wrong_lengths_are_errors() {
        assert_eq!(check(&[1 << 62], 63), Ok(()));
        assert_eq!(
            check(&[1 << 63], 63),
            Err(BitsError::StrayBits { bits: 63 })
        );
        assert_eq!(
            check(&[0, 0], 64),
            Err(BitsError::WordCount {
                bits: 64,
                expected: 1,
                found: 2
            })
        );
        assert!(from_bytes(&[0xff], 7).is_err());
        assert!(from_bytes(&[0x7f, 0], 7).is_err());
    }

    proptest! {
        #[test]
        fn shift_and_extract_agree_with_single_bits(
            words in proptest::collection::vec(any::<u64>(), 1..5), shift in 0usize..200, len in 1usize..200,
        ) {
            let mut shifted = vec![0; 8];
            xor_shifted(&mut shifted, &words, shift);
            for i in 0..shifted.len() * 64 {
                let expected = if i < shift { 0 } else { get(&words, i - shift) };
                prop_assert_eq!(get(&shifted, i), expected);
            }
            let mut part = vec![0; words_for(len)];
            extract(&words, shift, len, &mut part);
            for i in 0..part.len() * 64 {
                let expected = if i < len { get(&words, shift + i) } else { 0 };
                prop_assert_eq!(get(&part, i), expected);
            }
        }

        #[test]
        fn bytes_round_trip(mut words in proptest::collection::vec(any::<u64>(), 1..5), spare in 0usize..64) {
            let len = words.len() * 64 - spare;
            *words.last_mut().unwrap() &= tail_mask(len);
            let bytes: Vec<u8> = to_bytes(&words, len).collect();
            prop_assert_eq!(from_bytes(&bytes, len), Ok(words));
        }
    }
}
