//! The fuzzy commitment *as published* in the palm-hash key paper, to compare with and to break. **Do not protect
//! anything with it**; the form to use is [`commitment`](crate::commitment).
//!
//! The palm hash w has k bits. Its BCH parity is stored, and nothing else of it:
//!
//! ```text
//! enrol: c = BCH(w), stored: the n − k parity bits of c
//! use:   c = decode(parity | w')
//! seed = SHA-256(c ⊕ token),  token = PBKDF2-HMAC-SHA256(passphrase, salt), n bits
//! ```
//!
//! # What it does not protect
//! * **The palm hash.** The paper says that the parity bits hold nothing of the palm. They are a linear image of w, and
//!   the map is one to one whenever k ≤ n − k: at (127, 57, t = 11) the record alone gives all 57 bits, without palm,
//!   passphrase or search. In general n − k equations leave max(0, 2k − n) bits open
//!   ([`attack::palm_hash_from_parity`](crate::attack::palm_hash_from_parity)).
//! * **From linking.** The token is XORed only after decoding, so two records of one palm can be told from records of two
//!   palms ([`attack::decodability`](crate::attack::decodability)), and a palm hash from one data base opens another.
//! * **Beyond the passphrase.** With w known, the seed is a function of the passphrase: whoever has the record and the
//!   public key tries passphrases at the price of PBKDF2 each. 2,048 bits of RSA add nothing to that.
//! * **Against tampering.** Nothing is authenticated. A wrong passphrase or a changed salt gives another seed without a
//!   word, and so does a palm that decodes to another codeword.
//! * **Renewal of the palm.** A new passphrase gives a new seed; the parity stays what it was.
//!
//! # Left open by the paper
//! Which bits the token meets (here: the codeword, because the token "has the same length as the codeword"), the PRF of
//! PBKDF2 (here HMAC-SHA256), the salt (here 32 bytes), and the hash (here SHA-256).

use rand::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::CodeParams;
use crate::bch::Bch;
use crate::bits::{self, bytes_for, words_for};
use crate::commitment::CommitmentError;
use crate::token::{Passphrase, SALT_LEN, TokenError};

/// First bytes of a record.
pub const MAGIC: [u8; 4] = *b"THPC";
/// Version that this crate writes, and the only one it reads.
pub const VERSION: u8 = 1;
/// Fewest PBKDF2 iterations (NIST SP 800-132, section 5.2).
pub const MIN_ITERATIONS: u32 = 1_000;
/// Most PBKDF2 iterations that a record may ask for: seconds, not hours.
pub const MAX_ITERATIONS: u32 = 10_000_000;
/// PBKDF2 iterations by default (OWASP's figure for HMAC-SHA256).
pub const DEFAULT_ITERATIONS: u32 = 600_000;

/// Bytes before the parity: magic, version, m, t, n, iterations, salt.
const HEADER_LEN: usize = 4 + 1 + 1 + 2 + 2 + 4 + SALT_LEN;

/// The seed S of the paper: from it come both primes. Wiped when dropped.
pub type PublishedSeed = Zeroizing<[u8; 32]>;

/// What the published form stores. Anybody who reads it has the palm hash when k ≤ n − k.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRecord {
    code: CodeParams,
    iterations: u32,
    salt: [u8; SALT_LEN],
    parity: Vec<u64>,
}

/// Enrols a palm hash of k bits as published: the record, and the seed of the key.
///
/// # Errors
/// The code does not exist, the hash has another length than its k, or the iterations are outside
/// [`MIN_ITERATIONS`]`..=`[`MAX_ITERATIONS`].
pub fn commit_as_published(
    palm_hash: &[u64],
    passphrase: &Passphrase,
    code: CodeParams,
    iterations: u32,
    rng: &mut impl CryptoRng,
) -> Result<(PublishedRecord, PublishedSeed), CommitmentError> {
    check_iterations(iterations)?;
    let bch = code.build()?;
    let codeword = bch.encode(palm_hash)?;
    let mut parity = vec![0; words_for(bch.n() - bch.k())];
    bits::extract(&codeword, 0, bch.n() - bch.k(), &mut parity);
    let mut salt = [0; SALT_LEN];
    rng.fill_bytes(&mut salt);
    let record = PublishedRecord {
        code,
        iterations,
        salt,
        parity,
    };
    let seed = record.seed(&codeword, bch.n(), passphrase);
    Ok((record, seed))
}

impl PublishedRecord {
    /// The seed again, from a palm hash within t bits of the enrolled one. A wrong passphrase is not noticed: it gives
    /// another seed, as in the paper.
    ///
    /// # Errors
    /// [`CommitmentError::NotRecovered`] if no codeword is near; a palm hash of another length than k.
    pub fn recover(
        &self,
        palm_hash: &[u64],
        passphrase: &Passphrase,
    ) -> Result<PublishedSeed, CommitmentError> {
        let bch = self.code.build()?;
        bits::check(palm_hash, bch.k())?;
        let mut word = Zeroizing::new(vec![0; words_for(bch.n())]);
        word[..self.parity.len()].copy_from_slice(&self.parity);
        bits::xor_shifted(&mut word, palm_hash, bch.n() - bch.k());
        let decoded = bch
            .decode(&word)
            .map_err(|_| CommitmentError::NotRecovered)?;
        Ok(self.seed(&decoded.codeword, bch.n(), passphrase))
    }

    /// SHA-256(codeword ⊕ token).
    fn seed(&self, codeword: &[u64], n: usize, passphrase: &Passphrase) -> PublishedSeed {
        let mut token = Zeroizing::new(vec![0; bytes_for(n)]);
        pbkdf2::pbkdf2_hmac::<Sha256>(
            passphrase.as_bytes(),
            &self.salt,
            self.iterations,
            &mut token,
        );
        let codeword: Zeroizing<Vec<u8>> = Zeroizing::new(bits::to_bytes(codeword, n).collect());
        token
            .iter_mut()
            .zip(codeword.iter())
            .for_each(|(t, c)| *t ^= c);
        if let Some(last) = token.last_mut() {
            *last &= u8::MAX >> (8 * bytes_for(n) - n);
        }
        Zeroizing::new(Sha256::digest(&*token).into())
    }

    /// The code; the palm hash has its k bits.
    pub fn code(&self) -> CodeParams {
        self.code
    }

    /// The stored parity, n − k bits.
    pub fn parity(&self) -> &[u64] {
        &self.parity
    }

    /// PBKDF2 iterations.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The record as bytes: `THPC`, version 1, m (1 byte), t (2), n (2), iterations (4), salt (32), parity
    /// (⌈(n − k)/8⌉, bits above n − k are 0). Integers are little-endian.
    ///
    /// # Errors
    /// Never for a record that was made or read by this crate.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CommitmentError> {
        let bch = self.code.build()?;
        let mut out = Vec::with_capacity(HEADER_LEN + bytes_for(bch.n() - bch.k()));
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[VERSION, self.code.m]);
        out.extend_from_slice(&self.code.t.to_le_bytes());
        out.extend_from_slice(&self.code.n.to_le_bytes());
        out.extend_from_slice(&self.iterations.to_le_bytes());
        out.extend_from_slice(&self.salt);
        out.extend(bits::to_bytes(&self.parity, bch.n() - bch.k()));
        Ok(out)
    }

    /// Reads a record. The length must be exact.
    ///
    /// # Errors
    /// Not such a record, another version, cut short or too long, or a field outside its limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CommitmentError> {
        if !bytes.starts_with(&MAGIC) {
            return Err(CommitmentError::NotARecord);
        }
        let truncated = CommitmentError::Truncated { found: bytes.len() };
        let (header, parity) = bytes
            .split_first_chunk::<HEADER_LEN>()
            .ok_or_else(|| truncated.clone())?;
        if header[4] != VERSION {
            return Err(CommitmentError::Version { found: header[4] });
        }
        let code = CodeParams {
            m: header[5],
            t: u16::from_le_bytes([header[6], header[7]]),
            n: u16::from_le_bytes([header[8], header[9]]),
        };
        code.check()?;
        let iterations = u32::from_le_bytes([header[10], header[11], header[12], header[13]]);
        check_iterations(iterations)?;
        let mut salt = [0; SALT_LEN];
        salt.copy_from_slice(&header[14..]);
        let bch = code.build()?;
        let parity_bits = bch.n() - bch.k();
        let expected = bytes_for(parity_bits);
        if parity.len() < expected {
            return Err(truncated);
        }
        if parity.len() > expected {
            return Err(CommitmentError::TooLong {
                found: bytes.len(),
                max: HEADER_LEN + expected,
            });
        }
        Ok(Self {
            code,
            iterations,
            salt,
            parity: bits::from_bytes(parity, parity_bits)?,
        })
    }

    /// The stored parity as a word of n bits whose message is 0.
    ///
    /// # Errors
    /// Never for a record that was made or read by this crate.
    pub fn helper_word(&self, code: &Bch) -> Result<Vec<u64>, CommitmentError> {
        bits::check(&self.parity, code.n() - code.k())?;
        let mut word = self.parity.clone();
        word.resize(words_for(code.n()), 0);
        Ok(word)
    }
}

fn check_iterations(found: u32) -> Result<(), TokenError> {
    if (MIN_ITERATIONS..=MAX_ITERATIONS).contains(&found) {
        return Ok(());
    }
    Err(TokenError::Iterations { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::{random_word, with_errors};
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    /// Near the paper's lengths of palm hash.
    #[test]
    fn the_seed_comes_back_within_t_errors_and_not_beyond() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let passphrase = Passphrase::for_recovery("a fair wind").unwrap();
        let wrong = Passphrase::for_recovery("a foul wind").unwrap();
        for (m, k) in [(7, 57), (7, 64), (8, 131), (9, 259), (10, 513)] {
            let bch = Bch::with_dimension(m, k).unwrap();
            let code = CodeParams::full(m as u8, bch.t() as u16);
            let hash = random_word(&mut rng, k);
            let (record, seed) =
                commit_as_published(&hash, &passphrase, code, MIN_ITERATIONS, &mut rng).unwrap();
            let record = PublishedRecord::from_bytes(&record.to_bytes().unwrap()).unwrap();
            for errors in [0, 1, bch.t()] {
                let near = with_errors(&mut rng, &hash, k, errors);
                assert_eq!(record.recover(&near, &passphrase).unwrap(), seed);
                assert_ne!(record.recover(&near, &wrong).unwrap(), seed);
            }
            let far = random_word(&mut rng, k);
            assert!(record.recover(&far, &passphrase).map(|s| s != seed) != Ok(false));
        }
    }

    /// SHA-256(codeword ⊕ PBKDF2), the token computed by Python's hashlib:
    /// `hashlib.pbkdf2_hmac('sha256', b'thenar golden', bytes(range(32)), 1000, 16)`, and the hash by hashlib.sha256.
    #[test]
    fn the_seed_is_that_of_pythons_hashlib() {
        let code = CodeParams::full(7, 11);
        let record = PublishedRecord {
            code,
            iterations: 1000,
            salt: core::array::from_fn(|i| i as u8),
            parity: vec![0, 0],
        };
        let passphrase = Passphrase::for_recovery("thenar golden").unwrap();
        // The zero word is a codeword, so the seed is the hash of 127 bits of token.
        let seed = record.recover(&[0], &passphrase).unwrap();
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "766eea34a7f018f297903bb6d82186947ed6ac847f1023b693e5f909593826f1"
        );
    }

    fn any_record() -> Vec<u8> {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let passphrase = Passphrase::for_recovery("a fair wind").unwrap();
        let code = CodeParams::full(7, 11);
        let (record, _) =
            commit_as_published(&[7], &passphrase, code, MIN_ITERATIONS, &mut rng).unwrap();
        record.to_bytes().unwrap()
    }

    #[test]
    fn cut_long_and_hostile_records_are_refused() {
        let good = any_record();
        for len in 0..good.len() {
            assert!(
                PublishedRecord::from_bytes(&good[..len]).is_err(),
                "{len} bytes"
            );
        }
        assert!(PublishedRecord::from_bytes(&[&good[..], &[0]].concat()).is_err());
        let changed = |at: usize, value: u8| {
            let mut bytes = good.clone();
            bytes[at] = value;
            PublishedRecord::from_bytes(&bytes).unwrap_err()
        };
        assert_eq!(changed(4, 2), CommitmentError::Version { found: 2 });
        assert!(matches!(changed(5, 14), CommitmentError::Code(_)));
        assert!(matches!(
            changed(13, 0xff),
            CommitmentError::Token(TokenError::Iterations { .. })
        ));
        assert!(matches!(
            changed(good.len() - 1, 0xff),
            CommitmentError::Bits(_)
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), keep in 0usize..60) {
            prop_assert!(PublishedRecord::from_bytes(&bytes).is_err());
            let mut bytes = bytes;
            let good = any_record();
            let keep = keep.min(bytes.len()).min(good.len());
            bytes[..keep].copy_from_slice(&good[..keep]);
            if let Ok(record) = PublishedRecord::from_bytes(&bytes) {
                prop_assert_eq!(record.to_bytes().unwrap(), bytes);
            }
        }
    }
}
