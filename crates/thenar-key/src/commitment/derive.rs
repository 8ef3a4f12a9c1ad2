//! The derivation described in [`commitment`](super): tokens, mask, root, seed and tag.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::places::Order;
use super::{DeviceSecret, TAG_LEN};
use crate::bits;
use crate::keys::KeyKind;
use crate::token::{self, Cost, SALT_LEN, TOKEN_LEN, TokenError};

type Key = Zeroizing<[u8; 32]>;

const MASK: &[u8] = b"thenar/key/v1/mask";
const PLACES: &[u8] = b"thenar/key/v1/places";
const TOKEN: &[u8] = b"thenar/key/v1/token";
const ROOT: &[u8] = b"thenar/key/v1";
const MAC: &[u8] = b"thenar/key/v1/mac";
const SEED: &[u8] = b"thenar/key/v1/seed/";

/// 32 bytes for `info`. HKDF-SHA256 gives up to 8160, so this length cannot be refused.
fn expand(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> Key {
    let mut out = Key::default();
    hkdf.expand_multi_info(info, out.as_mut_slice())
        .expect("32 bytes are within what HKDF-SHA256 gives");
    out
}

/// The three keys of a passphrase token.
pub(super) struct TokenKeys {
    mask: Key,
    places: Key,
    token: Key,
}

impl TokenKeys {
    pub(super) fn new(token: &[u8; TOKEN_LEN], salt: &[u8; SALT_LEN]) -> Self {
        let hkdf = Hkdf::new(Some(salt), token);
        Self {
            mask: expand(&hkdf, &[MASK]),
            places: expand(&hkdf, &[PLACES]),
            token: expand(&hkdf, &[TOKEN]),
        }
    }

    /// The secret order of `count` numbers, group by group.
    pub(super) fn order(&self, count: usize, groups: usize) -> Order {
        Order::new(&self.places, count, groups)
    }

    /// XORs `n` bits of the mask onto `word`: ChaCha20 (RFC 8439) under the mask key, nonce 0, from block 0. The key is
    /// used for this one stream only, because the salt is new in every record.
    pub(super) fn apply_mask(&self, word: &mut [u64], n: usize) {
        let mut stream = Zeroizing::new(vec![0u8; word.len() * 8]);
        ChaCha20::new((&*self.mask).into(), &[0; 12].into()).apply_keystream(&mut stream);
        for (word, bytes) in word.iter_mut().zip(stream.chunks_exact(8)) {
            *word ^= bytes
                .iter()
                .rev()
                .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        }
        if let Some(last) = word.last_mut() {
            *last &= bits::tail_mask(n);
        }
    }
}

/// What the secret, the token and the device secret become together.
pub(super) struct Root(Hkdf<Sha256>);

impl Root {
    /// One Argon2id over everything secret, then HKDF.
    pub(super) fn new(
        secret: &[u8],
        keys: &TokenKeys,
        device: Option<&DeviceSecret>,
        (salt, cost): (&[u8; SALT_LEN], Cost),
        (header, helper_data): (&[u8], &[u8]),
    ) -> Result<Self, TokenError> {
        // The capacity is exact, so that no copy is left behind by growth.
        let mut all = Zeroizing::new(Vec::with_capacity(secret.len() + 64));
        all.extend_from_slice(secret);
        all.extend_from_slice(keys.token.as_slice());
        if let Some(device) = device {
            all.extend_from_slice(device.expose());
        }
        let slow = token::stretch(&all, salt, cost)?;
        let root = expand(
            &Hkdf::new(Some(salt), slow.as_slice()),
            &[ROOT, header, &Sha256::digest(helper_data)],
        );
        let hkdf = Hkdf::from_prk(root.as_slice()).expect("32 bytes are a valid pseudorandom key");
        Ok(Self(hkdf))
    }

    /// The seed of a key of this kind.
    pub(super) fn seed(&self, kind: KeyKind) -> Key {
        expand(&self.0, &[SEED, kind.name().as_bytes()])
    }

    /// The tag over the bytes of a record.
    pub(super) fn tag(&self, record: &[u8]) -> [u8; TAG_LEN] {
        let key = expand(&self.0, &[MAC]);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes keys of any length");
        mac.update(record);
        mac.finalize().into_bytes().into()
    }
}
