//! A key bound to a palm: the repaired fuzzy commitment.
//!
//! The code-offset form of Juels and Wattenberg (*A Fuzzy Commitment Scheme*, 1999), with what later work found missing:
//!
//! * The palm hash w is made of the feature's most reliable numbers only; which these are is stored, shuffled under the
//!   passphrase (module `places`).
//! * Each bit of the codeword is kept in several numbers and read back from their sum (module `copies`), so that a long
//!   secret fits.
//! * δ = w ⊕ C(s) ⊕ mask(passphrase), where C(s) is BCH(s) with every bit r times in a row. Without the mask, two records of one palm can be linked by decoding their sum
//!   (Simoens, Tuyls, Preneel 2009), and δ tells r·n − k bits about the palm hash w.
//! * s is random, so a renewed record has nothing in common with the old one for who knows no passphrase. Who knows those of
//!   two records of one palm learns the sum of their secrets and which numbers are large, and no secret (module `two_records`).
//! * Everything stored is under a tag that needs s and the passphrase (the random-oracle form of robust fuzzy extractors:
//!   Dodis, Katz, Reyzin, Smith 2006), so changed helper data is noticed and never turns into another key.
//! * The decoder's answer is encoded again and compared, and the key pair is released only if its public half is the one
//!   stored.
//!
//! Nothing derived from w, s or the passphrase alone is stored. A stolen record lets its holder try passphrases *together
//! with* palms. The tag and the public key say whether a guess was right; so does, for a code in which random words
//! hardly ever decode, a decoding that succeeds, even where a device secret is still missing. Whoever knows the
//! passphrase may try features of palms (one in 1/FMR of the palm hash decodes, and trying one is cheap) or go through
//! all 2^k secrets s. Against the second every secret costs an Argon2id of its own: k bits alone would be too few. The
//! format is in [`record`].
//!
//! # Derivation
//! ```text
//! token      = Argon2id(passphrase, salt)
//! … key      = HKDF-Expand(HKDF-Extract(salt, token), "thenar/key/v1/" | "mask", "places", "token")
//! order      = for each of n groups, the shuffle of its numbers (i mod n alike) by ChaCha20(places key, nonce 0), see module `places`
//! marks      = of each group the r numbers of largest magnitude, in that order
//! w          = signs of the marked numbers, in that order
//! δ          = w ⊕ C(s) ⊕ ChaCha20(mask key, nonce 0)
//! slow       = Argon2id(s | token key [| device secret], salt)
//! root       = HKDF(ikm = slow, salt, info = "thenar/key/v1" | record header | SHA-256(δ | marks))
//! seed       = HKDF-Expand(root, "thenar/key/v1/seed/" | kind)
//! tag        = HMAC-SHA256(HKDF-Expand(root, "thenar/key/v1/mac"), record without tag)
//! ```
//! HKDF and HMAC are RFC 5869 and RFC 2104 with SHA-256; ChaCha20 is RFC 8439. s has ⌈k/8⌉ bytes, little-endian. The header
//! is the record up to the salt; it fixes the lengths of what Argon2id reads, so none can be read in two ways.
//!
//! # Deviations
//! From the palm-hash key paper: the published form stores parity bits of w itself, which determine w when k ≤ n − k,
//! and XORs the token only after decoding. That form stands in [`published`](crate::published).

mod copies;
mod derive;
mod error;
mod measure;
mod params;
mod places;
pub mod record;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod two_records;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::bch::Bch;
use crate::bits::{self, words_for};
use crate::keys::{KeyKind, KeyPair, PublicKey};
use crate::token::{self, Cost, SALT_LEN};
pub use copies::MAX_COPIES;
use derive::{Root, TokenKeys};
pub use error::CommitmentError;
pub use measure::{PalmHash, PalmViews};
pub use params::{CodeParams, CommitParams, DEVICE_SECRET_LEN, DeviceSecret, Factors};
pub use places::MAX_NUMBERS;
use places::Places;

/// Length of the tag in bytes.
pub const TAG_LEN: usize = 32;
/// Most captures that one call of [`Commitment::recover_any`] looks at.
pub const MAX_CAPTURES: usize = 256;
/// Most different secrets that one call of [`Commitment::recover_any`] tries. Each costs an Argon2id; where random words
/// hardly ever decode, the first is the right one.
const MAX_SECRETS: usize = 4;

/// The public record of a key. Holds no secret, but lets its holder test guesses of palm and passphrase together:
/// keep it where only its owner reads it if you can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    version: u8,
    kind: KeyKind,
    code: CodeParams,
    copies: u8,
    cost: Cost,
    needs_device_secret: bool,
    contract: [u8; 32],
    salt: [u8; SALT_LEN],
    public: PublicKey,
    delta: Vec<u64>,
    places: Places,
    tag: [u8; TAG_LEN],
}

/// Makes a new key for a feature of whole `numbers` (at least [`CommitParams::bits`] of them, at most [`MAX_NUMBERS`]; their
/// scale means nothing) and what the person knows and has.
///
/// `contract` is the digest of the model and the preprocessing that made the numbers. Averaging several captures is
/// the caller's business, and worth it.
///
/// # Errors
/// The code does not exist, there are too few or too many numbers, or Argon2id refuses.
pub fn commit(
    numbers: &[i32],
    factors: Factors<'_>,
    contract: &[u8; 32],
    params: &CommitParams,
    rng: &mut impl CryptoRng,
) -> Result<(Commitment, KeyPair), CommitmentError> {
    commit_as(record::VERSION, numbers, factors, contract, params, rng)
}

/// [`commit`] with a record of this version.
fn commit_as(
    version: u8,
    numbers: &[i32],
    factors: Factors<'_>,
    contract: &[u8; 32],
    params: &CommitParams,
    rng: &mut impl CryptoRng,
) -> Result<(Commitment, KeyPair), CommitmentError> {
    let code = params.code.build()?;
    copies::check(params.copies)?;
    let (copies, length) = (usize::from(params.copies), params.bits());
    places::check_count(numbers.len(), length)?;
    let mut salt = [0; SALT_LEN];
    rng.fill_bytes(&mut salt);
    let mut secret = Zeroizing::new(vec![0u64; words_for(code.k())]);
    secret.iter_mut().for_each(|word| *word = rng.next_u64());
    if let Some(last) = secret.last_mut() {
        *last &= bits::tail_mask(code.k());
    }
    let token_keys = TokenKeys::new(
        &*token::derive(factors.passphrase, &salt, params.cost)?,
        &salt,
    );
    let groups = record::groups(version, params.code);
    let order = token_keys.order(numbers.len(), groups);
    let places = Places::choose(numbers, (groups, length / groups), &order)?;
    let word = places.signs(numbers, &order)?;

    // delta = w XOR C(s) XOR mask
    let mut offset = copies::spread(&code.encode(&secret)?, code.n(), copies);
    offset
        .iter_mut()
        .zip(word.iter())
        .for_each(|(bits, palm)| *bits ^= palm);
    token_keys.apply_mask(&mut offset, length);

    let mut commitment = Commitment {
        version,
        kind: params.kind,
        code: params.code,
        copies: params.copies,
        cost: params.cost,
        needs_device_secret: factors.device_secret.is_some(),
        contract: *contract,
        salt,
        public: PublicKey::placeholder(params.kind),
        delta: offset.to_vec(),
        places,
        tag: [0; TAG_LEN],
    };
    let root = commitment.root(&secret, code.k(), &token_keys, factors.device_secret)?;
    let pair = KeyPair::from_seed(params.kind, &root.seed(params.kind))?;
    commitment.public = pair.public();
    commitment.tag = root.tag(&commitment.authenticated_bytes());
    Ok((commitment, pair))
}

impl Commitment {
    /// The public key: no palm needed.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// Kind of the key.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// How many numbers a feature must have.
    pub fn numbers(&self) -> usize {
        self.places.count()
    }

    /// The code.
    pub fn code(&self) -> CodeParams {
        self.code
    }

    /// Numbers of the feature that keep one bit of the codeword.
    pub fn copies(&self) -> u8 {
        self.copies
    }

    /// Length of the palm hash and of the helper data in bits: copies times the length of the code.
    fn bits(&self) -> usize {
        usize::from(self.copies) * usize::from(self.code.n)
    }

    /// Cost of the passphrase.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Contract id of the palm hash.
    pub fn contract(&self) -> &[u8; 32] {
        &self.contract
    }

    /// The marks of the chosen numbers, [`Commitment::numbers`] bits. Public; for measuring what they tell.
    pub fn marks(&self) -> impl Iterator<Item = u8> {
        self.places.to_bytes()
    }

    /// Whether a device secret is needed too.
    pub fn needs_device_secret(&self) -> bool {
        self.needs_device_secret
    }

    /// The helper data δ, as many bits as the palm hash. Public; for measuring what it tells.
    pub fn helper_data(&self) -> &[u64] {
        &self.delta
    }

    /// The key pair, from a feature in which at most t bits of the codeword come back wrong, and the same factors.
    ///
    /// # Errors
    /// [`CommitmentError::NotRecovered`] if palm, passphrase or device secret are wrong or the record was changed; a clear
    /// error for another contract, a missing or superfluous device secret, or a feature of the wrong length.
    pub fn recover(
        &self,
        numbers: &[i32],
        factors: Factors<'_>,
        contract: &[u8; 32],
    ) -> Result<KeyPair, CommitmentError> {
        self.recover_any(&[numbers], factors, contract)
    }

    /// As [`Commitment::recover`], from the first of several features that fits (for example the mean of captures, then
    /// each capture, each in several views). The passphrase is worked on once for all.
    ///
    /// # Errors
    /// As [`Commitment::recover`]; also without captures or with more than [`MAX_CAPTURES`].
    pub fn recover_any(
        &self,
        captures: &[&[i32]],
        factors: Factors<'_>,
        contract: &[u8; 32],
    ) -> Result<KeyPair, CommitmentError> {
        if contract != &self.contract {
            return Err(CommitmentError::Contract {
                stored: short_hex(&self.contract),
                wanted: short_hex(contract),
            });
        }
        match (self.needs_device_secret, factors.device_secret) {
            (true, None) => return Err(CommitmentError::DeviceSecretMissing),
            (false, Some(_)) => return Err(CommitmentError::DeviceSecretNotUsed),
            _ => {}
        }
        if captures.is_empty() || captures.len() > MAX_CAPTURES {
            return Err(CommitmentError::Captures {
                found: captures.len(),
            });
        }
        let code = self.code.build()?;
        let token_keys = TokenKeys::new(
            &*token::derive(factors.passphrase, &self.salt, self.cost)?,
            &self.salt,
        );
        let secrets = self.secrets(&code, captures, &token_keys)?;
        if let Some(pair) = self.first_that_fits(&secrets, code.k(), &token_keys, factors)? {
            return Ok(pair);
        }
        if secrets.is_empty() {
            // What a wrong secret costs is done all the same, so that the time does not tell whether a word decoded.
            let nothing = Zeroizing::new(vec![0; words_for(code.k())]);
            self.first_that_fits(&[nothing], code.k(), &token_keys, factors)?;
        }
        Err(CommitmentError::NotRecovered)
    }

    /// The different secrets that the captures decode to, at most [`MAX_SECRETS`].
    fn secrets(
        &self,
        code: &Bch,
        captures: &[&[i32]],
        token_keys: &TokenKeys,
    ) -> Result<Vec<Zeroizing<Vec<u64>>>, CommitmentError> {
        let groups = record::groups(self.version, self.code);
        let order = token_keys.order(self.places.count(), groups);
        // C(s) XOR w
        let mut offset = Zeroizing::new(self.delta.clone());
        token_keys.apply_mask(&mut offset, self.bits());
        let mut secrets: Vec<Zeroizing<Vec<u64>>> = Vec::new();
        for numbers in captures {
            let marked = self.places.read(numbers, &order)?;
            let noisy = copies::gather(&marked, &offset, usize::from(self.copies));
            let Ok(decoded) = code.decode(&noisy) else {
                continue;
            };
            let secret = Zeroizing::new(decoded.message.to_vec());
            if secrets.len() < MAX_SECRETS && !secrets.contains(&secret) {
                secrets.push(secret);
            }
        }
        Ok(secrets)
    }

    /// The key pair of the first secret whose tag and public key are those of the record.
    fn first_that_fits(
        &self,
        secrets: &[Zeroizing<Vec<u64>>],
        k: usize,
        token_keys: &TokenKeys,
        factors: Factors<'_>,
    ) -> Result<Option<KeyPair>, CommitmentError> {
        for secret in secrets {
            let root = self.root(secret, k, token_keys, factors.device_secret)?;
            // The tag first: it says whether the secret is right, and an RSA key is dear.
            if !bool::from(root.tag(&self.authenticated_bytes()).ct_eq(&self.tag)) {
                continue;
            }
            let pair = KeyPair::from_seed(self.kind, &root.seed(self.kind))?;
            if bool::from(pair.public().as_bytes().ct_eq(self.public.as_bytes())) {
                return Ok(Some(pair));
            }
        }
        Ok(None)
    }

    fn root(
        &self,
        secret: &[u64],
        k: usize,
        keys: &TokenKeys,
        device: Option<&DeviceSecret>,
    ) -> Result<Root, CommitmentError> {
        let mut helper_data: Vec<u8> = bits::to_bytes(&self.delta, self.bits()).collect();
        helper_data.extend(self.places.to_bytes());
        let secret: Zeroizing<Vec<u8>> = Zeroizing::new(bits::to_bytes(secret, k).collect());
        Ok(Root::new(
            &secret,
            keys,
            device,
            (&self.salt, self.cost),
            (&self.header(), &helper_data),
        )?)
    }
}

fn short_hex(bytes: &[u8; 32]) -> String {
    bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
