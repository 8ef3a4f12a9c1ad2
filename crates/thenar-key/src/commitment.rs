//! A key bound to a palm: the repaired fuzzy commitment.
//!
//! The code-offset form of Juels and Wattenberg (*A Fuzzy Commitment Scheme*, 1999), with what later work found missing:
//!
//! * δ = w ⊕ BCH(s) ⊕ mask(passphrase). Without the mask, two records of one palm can be linked by decoding their sum
//!   (Simoens, Tuyls, Preneel 2009), and δ tells n − k bits about the palm hash w.
//! * s is random, so a renewed record has nothing in common with the old one.
//! * Everything stored is under a tag that needs s and the passphrase (the random-oracle form of robust fuzzy extractors:
//!   Dodis, Katz, Reyzin, Smith 2006), so changed helper data is noticed and never turns into another key.
//! * The decoder's answer is encoded again and compared, and the key pair is released only if its public half is the one
//!   stored.
//!
//! Nothing derived from w, s or the passphrase alone is stored. A stolen record lets its holder try passphrases *together
//! with* palms: one Argon2id per passphrase, after which many palms can be tried cheaply. The tag and the public key say
//! whether a guess was right; so does, for a code in which random words hardly ever decode, a decoding that succeeds,
//! even where a device secret is still missing. What that is worth depends on the false-match rate of the palm hash, not on n or k. The format is in [`record`].
//!
//! # Derivation
//! ```text
//! token      = Argon2id(passphrase, salt)
//! mask key   = HKDF-Expand(HKDF-Extract(salt, token), "thenar/key/v1/mask")
//! token key  = HKDF-Expand(HKDF-Extract(salt, token), "thenar/key/v1/token")
//! δ          = w ⊕ BCH(s) ⊕ ChaCha20(mask key, nonce 0)
//! root       = HKDF(ikm = s | token key [| device secret], salt,
//!                   info = "thenar/key/v1" | record header | SHA-256(δ))
//! seed       = HKDF-Expand(root, "thenar/key/v1/seed/" | kind)
//! tag        = HMAC-SHA256(HKDF-Expand(root, "thenar/key/v1/mac"), record without tag)
//! ```
//! HKDF and HMAC are RFC 5869 and RFC 2104 with SHA-256; ChaCha20 is RFC 8439. s has ⌈k/8⌉ bytes, little-endian. The header
//! is the record up to the salt; it fixes the lengths of the parts of `ikm`, so none can be read in two ways.
//!
//! # Deviations
//! From the palm-hash key paper: the published form stores parity bits of w itself, which determine w when k ≤ n − k,
//! and XORs the token only after decoding. That form is not offered here.

mod derive;
mod error;
mod params;
pub mod record;
#[cfg(test)]
mod tests;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::bch::Bch;
use crate::bits::{self, words_for};
use crate::keys::{KeyKind, KeyPair, PublicKey};
use crate::token::{self, Cost, SALT_LEN};
use derive::{Root, TokenKeys};
pub use error::CommitmentError;
pub use params::{CodeParams, CommitParams, DEVICE_SECRET_LEN, DeviceSecret, Factors};

/// Length of the tag in bytes.
pub const TAG_LEN: usize = 32;
/// Most captures that one call of [`Commitment::recover_any`] looks at.
pub const MAX_CAPTURES: usize = 256;

/// The public record of a key. Holds no secret, but lets its holder test guesses of palm and passphrase together:
/// keep it where only its owner reads it if you can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    kind: KeyKind,
    code: CodeParams,
    cost: Cost,
    needs_device_secret: bool,
    contract: [u8; 32],
    salt: [u8; SALT_LEN],
    public: PublicKey,
    delta: Vec<u64>,
    tag: [u8; TAG_LEN],
}

/// Makes a new key for a palm hash `word` of `params.code.n` bits (packed as in [`bits`]) and what the person knows and has.
///
/// `contract` is the digest of the model, the preprocessing and the projection that made the palm hash.
/// Averaging several captures into one `word` is the caller's business.
///
/// # Errors
/// The code does not exist, the word has the wrong length, or Argon2id refuses.
pub fn commit(
    word: &[u64],
    factors: Factors<'_>,
    contract: &[u8; 32],
    params: &CommitParams,
    rng: &mut impl CryptoRng,
) -> Result<(Commitment, KeyPair), CommitmentError> {
    let code = params.code.build()?;
    bits::check(word, code.n())?;
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

    // delta = w XOR BCH(s) XOR mask
    let mut offset = code.encode(&secret)?;
    offset
        .iter_mut()
        .zip(word)
        .for_each(|(bits, palm)| *bits ^= palm);
    token_keys.apply_mask(&mut offset, code.n());

    let placeholder = KeyPair::from_seed(params.kind, &[0; 32]).public();
    let mut commitment = Commitment {
        kind: params.kind,
        code: params.code,
        cost: params.cost,
        needs_device_secret: factors.device_secret.is_some(),
        contract: *contract,
        salt,
        public: placeholder,
        delta: offset.to_vec(),
        tag: [0; TAG_LEN],
    };
    let root = commitment.root(&secret, code.k(), &token_keys, factors.device_secret);
    let pair = KeyPair::from_seed(params.kind, &root.seed(params.kind));
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

    /// The code; its `n` is the length of the palm hash that [`Commitment::recover`] wants.
    pub fn code(&self) -> CodeParams {
        self.code
    }

    /// Cost of the passphrase.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Contract id of the palm hash.
    pub fn contract(&self) -> &[u8; 32] {
        &self.contract
    }

    /// Whether a device secret is needed too.
    pub fn needs_device_secret(&self) -> bool {
        self.needs_device_secret
    }

    /// The helper data δ, n bits. Public; for measuring what it tells.
    pub fn helper_data(&self) -> &[u64] {
        &self.delta
    }

    /// The key pair, from a palm hash `word` within t bits of the enrolled one and the same factors.
    ///
    /// # Errors
    /// [`CommitmentError::NotRecovered`] if palm, passphrase or device secret are wrong or the record was changed; a clear
    /// error for another contract, a missing or superfluous device secret, or a word of the wrong length.
    pub fn recover(
        &self,
        word: &[u64],
        factors: Factors<'_>,
        contract: &[u8; 32],
    ) -> Result<KeyPair, CommitmentError> {
        self.recover_any(&[word], factors, contract)
    }

    /// As [`Commitment::recover`], from the first of several palm hashes that fits (for example a majority vote of
    /// captures, then each capture). The passphrase is worked on once for all.
    ///
    /// # Errors
    /// As [`Commitment::recover`]; also without captures or with more than [`MAX_CAPTURES`].
    pub fn recover_any(
        &self,
        words: &[&[u64]],
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
        if words.is_empty() || words.len() > MAX_CAPTURES {
            return Err(CommitmentError::Captures { found: words.len() });
        }
        let code = self.code.build()?;
        words
            .iter()
            .try_for_each(|word| bits::check(word, code.n()))?;
        let token_keys = TokenKeys::new(
            &*token::derive(factors.passphrase, &self.salt, self.cost)?,
            &self.salt,
        );
        words
            .iter()
            .find_map(|word| self.try_word(&code, word, &token_keys, factors.device_secret))
            .ok_or(CommitmentError::NotRecovered)
    }

    /// One palm hash. After a failed decode the rest is done all the same, so that a wrong passphrase and a wrong palm
    /// take the same steps up to the decoder's own variation.
    fn try_word(
        &self,
        code: &Bch,
        word: &[u64],
        token_keys: &TokenKeys,
        device: Option<&DeviceSecret>,
    ) -> Option<KeyPair> {
        // w' XOR delta XOR mask = BCH(s) XOR (w XOR w')
        let mut noisy = Zeroizing::new(self.delta.clone());
        noisy
            .iter_mut()
            .zip(word)
            .for_each(|(bits, palm)| *bits ^= palm);
        token_keys.apply_mask(&mut noisy, code.n());
        let decoded = code.decode(&noisy).ok();
        let nothing = vec![0; words_for(code.k())];
        let secret = decoded
            .as_ref()
            .map_or(nothing.as_slice(), |decoded| &decoded.message);

        let root = self.root(secret, code.k(), token_keys, device);
        let pair = KeyPair::from_seed(self.kind, &root.seed(self.kind));
        let tag_fits = root.tag(&self.authenticated_bytes()).ct_eq(&self.tag);
        let key_fits = pair.public().as_bytes().ct_eq(self.public.as_bytes());
        (decoded.is_some() && bool::from(tag_fits & key_fits)).then_some(pair)
    }

    fn root(
        &self,
        secret: &[u64],
        k: usize,
        keys: &TokenKeys,
        device: Option<&DeviceSecret>,
    ) -> Root {
        let n = usize::from(self.code.n);
        Root::new(
            (secret, k),
            keys,
            device,
            &self.salt,
            &self.header(),
            (&self.delta, n),
        )
    }
}

fn short_hex(bytes: &[u8; 32]) -> String {
    bytes
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
