//! The X25519 stanzas of an age file (<https://c2sp.org/age>, "The X25519 recipient type"): the file key, wrapped for one
//! recipient.

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, hkdf};
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use thenar_key::{KeyError, KeyKind, KeyPair, PublicKey};
use zeroize::Zeroizing;

/// First word of such a stanza.
const TAG: &str = "X25519";
/// Goes into the derivation of the key that wraps.
const LABEL: &[u8] = b"age-encryption.org/v1/X25519";
/// Length of the authentication tag of ChaCha20-Poly1305.
const AEAD_TAG_BYTES: usize = 16;

/// A file key, wrapped for somebody.
#[derive(Debug)]
pub(super) struct Wrapped {
    /// The sender's key, made for this one stanza.
    share: PublicKey,
    body: [u8; FILE_KEY_BYTES + AEAD_TAG_BYTES],
}

impl Wrapped {
    /// Reads a stanza: `None` when it is of another kind, an error when it is of this one and malformed.
    pub(super) fn read(stanza: &Stanza) -> Option<Result<Self, String>> {
        (stanza.tag == TAG).then(|| Self::parse(stanza))
    }

    fn parse(stanza: &Stanza) -> Result<Self, String> {
        let [share] = stanza.args.as_slice() else {
            return Err(format!(
                "an X25519 stanza has 1 argument, this one has {}",
                stanza.args.len()
            ));
        };
        let share = BASE64_STANDARD_NO_PAD
            .decode(share)
            .map_err(|_| "the argument of an X25519 stanza is not base64")?;
        let share = PublicKey::from_bytes(KeyKind::X25519, &share).map_err(|e| e.to_string())?;
        let body = stanza.body.as_slice().try_into().map_err(|_| {
            format!(
                "the body of an X25519 stanza has {} bytes, not {}",
                stanza.body.len(),
                FILE_KEY_BYTES + AEAD_TAG_BYTES
            )
        })?;
        Ok(Self { share, body })
    }

    /// The file key, or `None` when it is wrapped for another key.
    ///
    /// # Errors
    /// The sender's key is of small order, or the pair is not X25519.
    pub(super) fn open(&self, pair: &KeyPair) -> Result<Option<FileKey>, KeyError> {
        let shared = pair.agree(&self.share)?;
        let salt = [self.share.as_bytes(), pair.public().as_bytes()].concat();
        let key = Zeroizing::new(hkdf(&salt, LABEL, shared.as_slice()));
        let Ok(opened) = aead_decrypt(&key, FILE_KEY_BYTES, &self.body) else {
            return Ok(None);
        };
        let opened = Zeroizing::new(opened);
        let file_key = FileKey::try_init_with_mut(|bytes| {
            <&[u8; FILE_KEY_BYTES]>::try_from(opened.as_slice()).map(|from| *bytes = *from)
        });
        Ok(file_key.ok())
    }
}

#[cfg(test)]
mod tests {
    use age_core::primitives::aead_encrypt;
    use age_core::secrecy::ExposeSecret;

    use super::*;

    fn pair(seed: u8) -> KeyPair {
        KeyPair::from_seed(KeyKind::X25519, &[seed; 32]).unwrap()
    }

    fn stanza(args: &[&str], body: &[u8]) -> Stanza {
        Stanza {
            tag: TAG.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            body: body.to_vec(),
        }
    }

    /// A stanza for this recipient. That real programs write such ones is tested with `age`.
    fn wrapped(file_key: &[u8], to: &PublicKey) -> Stanza {
        let sender = pair(77);
        let shared = sender.agree(to).unwrap();
        let salt = [sender.public().as_bytes(), to.as_bytes()].concat();
        let body = aead_encrypt(&hkdf(&salt, LABEL, shared.as_slice()), file_key);
        let share = BASE64_STANDARD_NO_PAD.encode(sender.public().as_bytes());
        stanza(&[&share], &body)
    }

    #[test]
    fn only_the_recipient_gets_the_file_key() {
        let stanza = wrapped(b"sixteen bytes...", &pair(1).public());
        let wrapped = Wrapped::read(&stanza).unwrap().unwrap();
        let opened = wrapped.open(&pair(1)).unwrap().unwrap();
        assert_eq!(opened.expose_secret(), b"sixteen bytes...");
        assert!(wrapped.open(&pair(2)).unwrap().is_none());
        let signer = KeyPair::from_seed(KeyKind::Ed25519, &[1; 32]).unwrap();
        assert!(wrapped.open(&signer).is_err());
    }

    #[test]
    fn other_stanzas_are_passed_over_and_malformed_ones_are_named() {
        let mut other = wrapped(b"sixteen bytes...", &pair(1).public());
        let share = other.args[0].clone();
        let body = other.body.clone();
        other.tag = "scrypt".into();
        assert!(Wrapped::read(&other).is_none());
        let wrong = |args: &[&str], body: &[u8]| {
            let read = Wrapped::read(&stanza(args, body)).unwrap();
            read.unwrap_err()
        };
        assert!(wrong(&[], &body).ends_with("this one has 0"));
        assert!(wrong(&[&share, &share], &body).ends_with("this one has 2"));
        assert!(wrong(&["????"], &body).ends_with("not base64"));
        assert!(wrong(&[&share[1..]], &body).contains("base64"));
        assert!(wrong(&[&share[4..]], &body).contains("x25519"));
        assert!(wrong(&[&share], &body[1..]).ends_with("31 bytes, not 32"));
        // A file key of 17 bytes could be made to open with two keys.
        let long = wrapped(b"seventeen bytes..", &pair(1).public());
        assert!(wrong(&[&share], &long.body).ends_with("33 bytes, not 32"));
    }

    /// RFC 7748, section 6.1: a share of small order makes the shared secret zero, whoever the recipient is.
    #[test]
    fn shares_of_small_order_are_refused() {
        let mut one = [0; 32];
        one[0] = 1;
        let share = BASE64_STANDARD_NO_PAD.encode(one);
        let read = Wrapped::read(&stanza(&[&share], &[0; 32])).unwrap();
        assert!(read.unwrap().open(&pair(1)).is_err());
    }
}
