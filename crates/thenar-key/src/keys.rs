//! Key pairs from seeds, and the files they are written as.
//!
//! | form | private | public |
//! |---|---|---|
//! | OpenSSH | `-----BEGIN OPENSSH PRIVATE KEY-----` (`openssh-key-v1`, not encrypted) | one `ssh-ed25519 …` line |
//! | PEM | PKCS#8 version 1 (RFC 5958, RFC 8410) | SubjectPublicKeyInfo (RFC 8410) |
//!
//! Private forms come as [`Zeroizing`] strings. This crate writes no file.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use ssh_key::private::{Ed25519Keypair, Ed25519PrivateKey, KeypairData};
use ssh_key::public::{Ed25519PublicKey, KeyData};
use zeroize::Zeroizing;

/// Longest comment of an OpenSSH key in bytes.
pub const MAX_COMMENT_BYTES: usize = 256;

/// Why a key could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Unknown kind byte.
    #[error("unknown kind of key {found}; known are {}: Ed25519", KeyKind::Ed25519.id())]
    UnknownKind {
        /// The byte found.
        found: u8,
    },
    /// The public key is not a valid one of its kind.
    #[error("the {kind} public key of {len} bytes is not valid")]
    InvalidPublicKey {
        /// Name of the kind.
        kind: &'static str,
        /// Bytes found.
        len: usize,
    },
    /// A comment with control characters would break the one-line format.
    #[error("an OpenSSH comment holds at most {MAX_COMMENT_BYTES} bytes and no control characters")]
    Comment,
    /// The encoder failed.
    #[error("encoding the key as {form} failed: {reason}")]
    Encoding {
        /// The form that was asked for.
        form: &'static str,
        /// What the encoder said.
        reason: String,
    },
}

/// Kinds of keys that a seed can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519 signatures (RFC 8032). The seed is the RFC's private key.
    #[default]
    Ed25519,
}

impl KeyKind {
    /// The byte that stands for this kind in records.
    pub const fn id(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
        }
    }

    /// The kind with this byte.
    ///
    /// # Errors
    /// There is none.
    pub const fn from_id(id: u8) -> Result<Self, KeyError> {
        match id {
            1 => Ok(Self::Ed25519),
            found => Err(KeyError::UnknownKind { found }),
        }
    }

    /// Short lower-case name, for example `ed25519`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
        }
    }

    /// Length of the public key in bytes.
    pub const fn public_len(self) -> usize {
        match self {
            Self::Ed25519 => 32,
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the raw bytes of a key of this kind.
    ///
    /// # Errors
    /// The length is wrong, or the bytes are not a valid key.
    pub fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, KeyError> {
        let KeyKind::Ed25519 = kind;
        let invalid = KeyError::InvalidPublicKey {
            kind: kind.name(),
            len: bytes.len(),
        };
        let array = bytes.try_into().map_err(|_| invalid.clone())?;
        VerifyingKey::from_bytes(array)
            .map(Self)
            .map_err(|_| invalid)
    }

    /// Kind of the key.
    pub fn kind(&self) -> KeyKind {
        KeyKind::Ed25519
    }

    /// The raw bytes: for Ed25519 the 32 of RFC 8032.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether `signature` is this key's on `message` (strict verification: no malleable or small-order forms).
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }

    /// The line for `authorized_keys`, without a line end.
    ///
    /// # Errors
    /// The comment is too long or holds control characters.
    pub fn to_openssh(&self, comment: &str) -> Result<String, KeyError> {
        check_comment(comment)?;
        let data = KeyData::Ed25519(Ed25519PublicKey(self.0.to_bytes()));
        ssh_key::PublicKey::new(data, comment)
            .to_openssh()
            .map_err(|e| encoding("an OpenSSH public key", e))
    }

    /// SubjectPublicKeyInfo PEM.
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(|e| encoding("a PEM public key", e))
    }
}

/// A key pair. Wiped when dropped; `Debug` shows the public key only.
pub struct KeyPair(SigningKey);

impl core::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public())
            .finish_non_exhaustive()
    }
}

impl KeyPair {
    /// The key pair of this kind that belongs to a seed of 32 bytes.
    pub fn from_seed(kind: KeyKind, seed: &[u8; 32]) -> Self {
        let KeyKind::Ed25519 = kind;
        Self(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Kind of the key.
    pub fn kind(&self) -> KeyKind {
        KeyKind::Ed25519
    }

    /// Signs a message (RFC 8032, deterministic).
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// The private key as OpenSSH writes it, not encrypted.
    ///
    /// # Errors
    /// The comment is too long or holds control characters.
    pub fn to_openssh(&self, comment: &str) -> Result<Zeroizing<String>, KeyError> {
        check_comment(comment)?;
        let pair = Ed25519Keypair {
            public: Ed25519PublicKey(self.0.verifying_key().to_bytes()),
            private: Ed25519PrivateKey::from_bytes(self.0.as_bytes()),
        };
        let failed = |error| encoding("an OpenSSH private key", error);
        let key = ssh_key::PrivateKey::new(KeypairData::Ed25519(pair), comment).map_err(failed)?;
        key.to_openssh(ssh_key::LineEnding::LF).map_err(failed)
    }

    /// The private key as PKCS#8 PEM, version 1 (without the public key, which OpenSSL before 3.3 refuses there).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let bytes = KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        bytes
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|e| encoding("a PKCS#8 private key", e))
    }
}

fn check_comment(comment: &str) -> Result<(), KeyError> {
    let fits = comment.len() <= MAX_COMMENT_BYTES && !comment.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(KeyError::Comment) }
}

fn encoding(form: &'static str, error: impl ToString) -> KeyError {
    KeyError::Encoding {
        form,
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn a_seed_is_the_private_key_of_rfc_8032() {
        let bytes = |hex: &str| -> Vec<u8> {
            (0..hex.len())
                .step_by(2)
                .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
                .collect()
        };
        let seed = bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = KeyPair::from_seed(KeyKind::Ed25519, &seed.try_into().unwrap());
        assert_eq!(
            key.public().as_bytes(),
            bytes("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        );
        let signature = key.sign(&[0x72]);
        let expected = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                        085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        assert_eq!(signature.to_vec(), bytes(expected));
        assert!(key.public().verifies(&[0x72], &signature));
        assert!(!key.public().verifies(&[0x73], &signature));
    }

    #[test]
    fn bad_comments_kinds_and_keys_are_refused() {
        let key = KeyPair::from_seed(KeyKind::Ed25519, &[1; 32]);
        assert_eq!(
            key.to_openssh("a\nssh-rsa AAAA").unwrap_err(),
            KeyError::Comment
        );
        assert_eq!(
            key.public().to_openssh(&"x".repeat(257)).unwrap_err(),
            KeyError::Comment
        );
        assert_eq!(KeyKind::from_id(9), Err(KeyError::UnknownKind { found: 9 }));
        assert!(PublicKey::from_bytes(KeyKind::Ed25519, &[2; 31]).is_err());
        let not_a_point = (0..=255)
            .filter(|b| PublicKey::from_bytes(KeyKind::Ed25519, &[*b; 32]).is_err())
            .count();
        assert!(not_a_point > 50, "about half of all strings are no point");
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = KeyPair::from_seed(KeyKind::Ed25519, &[0x5a; 32]);
        let shown = format!("{key:?}").to_lowercase();
        assert!(
            !shown.contains("5a, 5a") && !shown.contains("90, 90") && !shown.contains("5a5a"),
            "{shown}"
        );
    }
}
