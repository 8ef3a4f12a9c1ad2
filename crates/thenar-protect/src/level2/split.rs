//! The split form for 1:1: whoever holds the token masks the bits before they are sealed, so that store and store key together
//! show nothing of them.
//!
//! ```text
//! mask   = ChaCha20 keystream of HKDF-SHA256(ikm = k1, salt = "thenar/split/v1", info = record id)
//! record = sealed(k2, bits ⊕ mask)
//! ```
//!
//! k1 is the subject's own token and is kept where the subject is, in a file for example, not in the keyring. Enrolling, the
//! holder masks the template; verifying, the holder masks the probe. The store's side sees masked bits only, and a mask
//! changes no distance. The record id is drawn anew at each enrolment and is kept when records are sealed anew, so a mask
//! hides one template, and k2 is rotated without the token.
//!
//! What the store's side learns at a comparison: which bits differ, and the weights of the probe's bits, which tell where
//! the probe's values were large, not which side of the median they were on.

use crate::derive::{Stream, hkdf};
use crate::{BitTemplate, ProbeBits, ProtectError, RecordId, Token};

/// The mask of one record. Applied twice it is gone, so masking and unmasking are one.
pub struct SplitMask(BitTemplate);

impl SplitMask {
    /// The mask of a record of `bits` bits.
    ///
    /// # Errors
    /// [`ProtectError`] when a template cannot have so many bits.
    pub fn new(token: &Token, record: RecordId, bits: usize) -> Result<Self, ProtectError> {
        let key = hkdf::<32>(token.as_bytes(), b"thenar/split/v1", &[&record.0]);
        let mut stream = Stream::new(&key);
        let mut word = |left: usize| {
            let low = u64::from(stream.next_u32());
            let word = low | u64::from(stream.next_u32()) << 32;
            // Nothing is set beyond the end of a template.
            word & u64::MAX >> 64_usize.saturating_sub(left)
        };
        let starts = (0..bits.min(crate::MAX_BITS + 1)).step_by(64);
        let words = starts.map(|start| word(bits - start)).collect();
        Ok(Self(BitTemplate::from_words(words, bits)?))
    }

    /// The template under the mask.
    ///
    /// # Errors
    /// When it has another number of bits.
    pub fn template(&self, template: &BitTemplate) -> Result<BitTemplate, ProtectError> {
        template.xor(&self.0)
    }

    /// The probe under the mask: as far from a masked template as it was from the template.
    ///
    /// # Errors
    /// When it has another number of bits.
    pub fn probe(&self, probe: &ProbeBits) -> Result<ProbeBits, ProtectError> {
        Ok(probe.with_bits(self.template(probe.bits())?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(byte: u8) -> Token {
        Token::from_bytes([byte; 32])
    }

    proptest! {
        #[test]
        fn a_mask_changes_no_distance_and_comes_off(
            values in proptest::collection::vec((-1.0..1.0, any::<bool>()), 1..300), seed: u8, id: [u8; 16],
        ) {
            let (values, bits): (Vec<f64>, Vec<bool>) = values.into_iter().unzip();
            let (template, probe) = (BitTemplate::from_bools(&bits).unwrap(), ProbeBits::new(&values).unwrap());
            let mask = SplitMask::new(&token(seed), RecordId(id), bits.len()).unwrap();
            let (hidden, asked) = (mask.template(&template).unwrap(), mask.probe(&probe).unwrap());
            prop_assert_eq!(asked.distance(&hidden), probe.distance(&template));
            prop_assert_eq!(mask.template(&hidden).unwrap(), template);
            prop_assert!(mask.probe(&asked).unwrap() == probe);
        }
    }

    #[test]
    fn masks_of_other_tokens_and_records_are_unrelated() {
        let zeros = BitTemplate::from_bools(&[false; 1024]).unwrap();
        let mask = |token_byte, id| {
            let mask = SplitMask::new(&token(token_byte), RecordId([id; 16]), 1024).unwrap();
            mask.template(&zeros).unwrap()
        };
        let first = mask(1, 1);
        for other in [zeros.clone(), mask(2, 1), mask(1, 2)] {
            // Expected 512, standard deviation 16.
            assert!(first.hamming(&other).abs_diff(512) < 100);
        }
        assert_eq!(mask(1, 1), first);
    }

    /// Golden: `tests/data/golden.py` computes it a second time.
    #[test]
    fn the_mask_is_what_it_was() {
        let zeros = BitTemplate::from_bools(&[false; 100]).unwrap();
        let mask = SplitMask::new(&token(5), RecordId([9; 16]), 100).unwrap();
        let words = hex::encode(&*mask.template(&zeros).unwrap().word_bytes());
        assert_eq!(words, "dcf9b67f21364cad4ae99d030a000000");
    }

    #[test]
    fn other_lengths_are_refused() {
        let mask = SplitMask::new(&token(1), RecordId([1; 16]), 64).unwrap();
        let other = BitTemplate::from_bools(&[true; 65]).unwrap();
        assert!(mask.template(&other).is_err());
        assert!(mask.probe(&ProbeBits::new(&[0.0; 63]).unwrap()).is_err());
        for bits in [0, crate::MAX_BITS + 1, usize::MAX] {
            assert!(SplitMask::new(&token(1), RecordId([1; 16]), bits).is_err());
        }
    }
}
