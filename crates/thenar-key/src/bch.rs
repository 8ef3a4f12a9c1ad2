//! Binary primitive narrow-sense BCH codes (Bose and Ray-Chaudhuri 1960, Hocquenghem 1959) over GF(2^m), m = 5…13,
//! at any t the design distance allows, full length or shortened.
//!
//! A word of n bits is a polynomial: bit `i` is the coefficient of `x^i`. The encoder is systematic: bits `0 … n−k−1`
//! hold the parity, bits `n−k … n−1` the message. (Texts that write the highest power first print the message first.)
//! A shortened code keeps the parity and drops the top message bits.
//!
//! [`Bch::decode`] corrects every pattern of up to t errors. Beyond t it either fails or returns *another codeword within
//! distance t* of what it was given: the result is re-encoded and compared before it is returned, so "success" is never
//! a word that is not in the code.
//!
//! # Timing
//! [`Bch::encode`] runs the same instructions for every message of a code. The syndromes, Berlekamp–Massey and
//! the root search use field tables at places that depend on the errors, and stop early when there are none or too many:
//! their time and cache footprint depend on the number and places of the errors, so a program that measures this process
//! can learn about them. In the commitment of this crate those errors lie between a palm and its enrolment;
//! keep the process on a machine of its own if that matters.

mod error;
mod generator;
mod locator;
mod roots;
mod syndrome;
#[cfg(test)]
mod tests;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::bits::{self, distance, extract, flip, words_for, xor_shifted};
use crate::gf::Field;
pub use error::BchError;
use generator::{dimensions, generator};
use locator::{LocatorScratch, error_locator};
use roots::RootFinder;
use syndrome::{SyndromeTable, fill_even};

/// A binary primitive narrow-sense BCH code.
#[derive(Clone, Debug)]
pub struct Bch {
    field: Field,
    n: usize,
    k: usize,
    t: usize,
    max_t: usize,
    generator: Vec<u64>,
    syndromes: SyndromeTable,
    roots: RootFinder,
}

/// (n, k, t) of every code of full length n = 2^`m` − 1, the largest k first, each with the largest t its roots give; the
/// last carries one bit. A table without the codes themselves, which take long to build.
///
/// # Errors
/// `m` is outside 5…13.
pub fn codes(m: u32) -> Result<Vec<(usize, usize, usize)>, BchError> {
    let field = Field::new(m)?;
    let rows = dimensions(&field).into_iter();
    Ok(rows.map(|(k, t)| (field.order(), k, t)).collect())
}

/// A corrected word. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Decoded {
    /// The codeword, n bits.
    pub codeword: Vec<u64>,
    /// The message in it, k bits.
    pub message: Vec<u64>,
    /// Number of bits corrected, 0…t.
    pub errors: usize,
}

/// Buffers for [`Bch::correct`], so that decoding allocates nothing. They fit the code that made them and every code of
/// the same m and t. Wiped when dropped.
#[derive(Clone)]
pub struct Scratch {
    odd: Vec<u16>,
    block: Vec<u16>,
    syndromes: Vec<u16>,
    locator: Vec<u16>,
    locator_copy: Vec<u16>,
    massey: LocatorScratch,
    values: Vec<u16>,
    work: Vec<u16>,
    word: Vec<u64>,
    message: Vec<u64>,
    register: Vec<u64>,
    encoded: Vec<u64>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for buffer in [
            &mut self.odd,
            &mut self.block,
            &mut self.syndromes,
            &mut self.locator,
            &mut self.locator_copy,
            &mut self.values,
            &mut self.work,
        ] {
            buffer.zeroize();
        }
        for buffer in [
            &mut self.word,
            &mut self.message,
            &mut self.register,
            &mut self.encoded,
        ] {
            buffer.zeroize();
        }
        self.massey.wipe();
    }
}

impl Bch {
    /// The code of full length n = 2^`m` − 1 and designed distance 2`t` + 1.
    ///
    /// # Errors
    /// `m` is outside 5…13, or no such code carries a message.
    pub fn new(m: u32, t: usize) -> Result<Self, BchError> {
        let field = Field::new(m)?;
        let n = field.order();
        if t == 0 || 2 * t >= n {
            return Err(BchError::NoSuchT { m, t });
        }
        let generator = generator(&field, t);
        if generator.degree >= n {
            return Err(BchError::NoSuchT { m, t });
        }
        Ok(Self {
            n,
            k: n - generator.degree,
            t,
            max_t: generator.bose_t,
            generator: generator.polynomial,
            syndromes: SyndromeTable::new(&field, t),
            roots: RootFinder::new(&field),
            field,
        })
    }

    /// The code of length `n` got from [`Bch::new`]`(m, t)` by leaving out its top message bits.
    ///
    /// # Errors
    /// As [`Bch::new`], or `n` leaves no message bit or exceeds 2^`m` − 1.
    pub fn shortened(m: u32, t: usize, n: usize) -> Result<Self, BchError> {
        let full = Self::new(m, t)?;
        let parity = full.n - full.k;
        if n <= parity || n > full.n {
            return Err(BchError::Length {
                n,
                min: parity + 1,
                max: full.n,
            });
        }
        Ok(Self {
            n,
            k: n - parity,
            ..full
        })
    }

    /// The code of full length 2^`m` − 1 with exactly `k` message bits and the largest t its roots give, for example
    /// (511, 76, t = 85) for `m = 9, k = 76`.
    ///
    /// # Errors
    /// `m` is outside 5…13, or there is no such `k`.
    pub fn with_dimension(m: u32, k: usize) -> Result<Self, BchError> {
        let n = Field::new(m)?.order();
        // k falls as t grows: halve the interval of t.
        let (mut low, mut high) = (1, n / 2);
        while low < high {
            let middle = (low + high) / 2;
            match Self::new(m, middle) {
                Ok(code) if code.k > k => low = middle + 1,
                _ => high = middle,
            }
        }
        let code = Self::new(m, low)?;
        if code.k != k {
            return Err(BchError::NoSuchK { m, k });
        }
        if code.t == code.max_t {
            Ok(code)
        } else {
            Self::new(m, code.max_t)
        }
    }

    /// Length in bits.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Message bits.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Errors that [`Bch::decode`] corrects.
    pub fn t(&self) -> usize {
        self.t
    }

    /// Errors that a decoder of the same code (the same generator) could be asked to correct: half the Bose distance.
    pub fn max_t(&self) -> usize {
        self.max_t
    }

    /// m.
    pub fn degree(&self) -> u32 {
        self.field.degree()
    }

    /// The generator polynomial, bit `i` = coefficient of `x^i`, degree n − k.
    pub fn generator(&self) -> &[u64] {
        &self.generator
    }

    /// Buffers for [`Bch::correct`].
    pub fn scratch(&self) -> Scratch {
        let (t, points) = (self.t, self.field.order() + 1);
        let parity_words = words_for(self.n - self.k);
        Scratch {
            odd: vec![0; t],
            block: vec![0; t],
            syndromes: vec![0; 2 * t],
            locator: vec![0; t + 1],
            locator_copy: vec![0; t + 1],
            massey: LocatorScratch::new(t),
            values: vec![0; points],
            work: vec![0; points],
            word: vec![0; words_for(self.n)],
            message: vec![0; words_for(self.k)],
            register: vec![0; parity_words],
            encoded: vec![0; words_for(self.n)],
        }
    }

    /// The codeword of a message of k bits: n bits, the message on top. Wiped when dropped.
    ///
    /// # Errors
    /// `message` is not a string of k bits.
    pub fn encode(&self, message: &[u64]) -> Result<Zeroizing<Vec<u64>>, BchError> {
        bits::check(message, self.k)?;
        let mut codeword = Zeroizing::new(vec![0; words_for(self.n)]);
        let mut register = Zeroizing::new(vec![0; words_for(self.n - self.k)]);
        self.encode_into(message, &mut register, &mut codeword);
        Ok(codeword)
    }

    /// Division by the generator in a shift register, the same steps for every message. `register` is scratch.
    fn encode_into(&self, message: &[u64], register: &mut [u64], codeword: &mut [u64]) {
        let parity = self.n - self.k;
        register.fill(0);
        for i in (0..self.k).rev() {
            let feedback = (bits::get(message, i) ^ bits::get(register, parity - 1)).wrapping_neg();
            let mut carry = 0;
            for (word, tap) in register.iter_mut().zip(&self.generator) {
                let next = *word >> 63;
                *word = (*word << 1 | carry) ^ (tap & feedback);
                carry = next;
            }
            if let Some(last) = register.last_mut() {
                *last &= bits::tail_mask(parity);
            }
        }
        codeword.fill(0);
        codeword[..register.len()].copy_from_slice(register);
        xor_shifted(codeword, message, parity);
    }

    /// Whether `word` is a codeword.
    ///
    /// # Errors
    /// `word` is not a string of n bits.
    pub fn is_codeword(&self, word: &[u64]) -> Result<bool, BchError> {
        bits::check(word, self.n)?;
        let mut message = Zeroizing::new(vec![0; words_for(self.k)]);
        extract(word, self.n - self.k, self.k, &mut message);
        Ok(self.encode(&message)?.as_slice() == word)
    }

    /// The codeword within distance t of `word`, if there is one.
    ///
    /// # Errors
    /// `word` is not a string of n bits, or no codeword lies within distance t.
    pub fn decode(&self, word: &[u64]) -> Result<Decoded, BchError> {
        let mut codeword = Zeroizing::new(word.to_vec());
        let mut scratch = self.scratch();
        let errors = self.correct(&mut codeword, &mut scratch)?;
        let mut message = vec![0; words_for(self.k)];
        extract(&codeword, self.n - self.k, self.k, &mut message);
        Ok(Decoded {
            codeword: core::mem::take(&mut *codeword),
            message,
            errors,
        })
    }

    /// Corrects `word` in place, without allocating, and returns the number of bits it changed.
    /// After an error `word` is as it was.
    ///
    /// # Errors
    /// As [`Bch::decode`]; buffers made for another code count as a wrong length.
    pub fn correct(&self, word: &mut [u64], scratch: &mut Scratch) -> Result<usize, BchError> {
        bits::check(word, self.n)?;
        let fits = scratch.odd.len() == self.t && scratch.values.len() == self.field.order() + 1;
        if !fits || scratch.word.len() != word.len() || scratch.message.len() != words_for(self.k) {
            return Err(crate::BitsError::WordCount {
                bits: self.n,
                expected: word.len(),
                found: scratch.word.len(),
            }
            .into());
        }
        let failed = BchError::TooManyErrors { t: self.t };
        scratch.word.copy_from_slice(word);
        let Some(errors) = self.flip_errors(scratch) else {
            return Err(failed);
        };
        // Never trust the algebra: encode the message again and compare the whole word.
        extract(&scratch.word, self.n - self.k, self.k, &mut scratch.message);
        self.encode_into(
            &scratch.message,
            &mut scratch.register,
            &mut scratch.encoded,
        );
        if scratch.encoded != scratch.word || distance(&scratch.word, word) > self.t {
            return Err(failed);
        }
        word.copy_from_slice(&scratch.word);
        Ok(errors)
    }

    /// Finds the errors in `scratch.word` and flips them there. `None` if there are more than t.
    fn flip_errors(&self, scratch: &mut Scratch) -> Option<usize> {
        let field = &self.field;
        self.syndromes
            .odd_syndromes(field, &scratch.word, &mut scratch.odd, &mut scratch.block);
        if scratch.odd.iter().fold(0, |all, syndrome| all | syndrome) == 0 {
            return Some(0);
        }
        fill_even(field, &scratch.odd, &mut scratch.syndromes);
        let count = error_locator(
            field,
            &scratch.syndromes,
            &mut scratch.locator,
            &mut scratch.massey,
        )?;
        // The locator is Π (1 − alpha^place · x): its roots are the alpha^(−place).
        scratch.locator_copy.copy_from_slice(&scratch.locator);
        let locator = scratch.locator_copy.get_mut(..=count)?;
        self.roots
            .evaluate(field, locator, &mut scratch.values, &mut scratch.work);
        let mut found = 0;
        for (element, _) in scratch
            .values
            .iter()
            .enumerate()
            .filter(|(_, value)| **value == 0)
        {
            let place = (field.order() - field.log(element as u16)) % field.order();
            if place >= self.n {
                return None;
            }
            flip(&mut scratch.word, place);
            found += 1;
        }
        (found == count).then_some(count)
    }
}
