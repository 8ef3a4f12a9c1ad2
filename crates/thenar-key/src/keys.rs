//! Key pairs from seeds, and the files they are written as.
//!
//! | kind | from the seed | PEM | OpenSSH | age | signs |
//! |---|---|---|---|---|---|
//! | `ed25519` | the RFC 8032 private key | yes | yes | | yes |
//! | `p256` | C2SP det-keygen, ECDSA | yes | yes | | ECDSA, SHA-256 (RFC 6979) |
//! | `x25519` | the RFC 7748 private key | yes | | yes | |
//! | `rsa2048`, `rsa3072`, `rsa4096` | C2SP det-keygen, RSA | yes | yes | | verifies only |
//!
//! PEM is PKCS#8 version 1 (RFC 5958) for private keys and SubjectPublicKeyInfo (RFC 5280) for public ones; OpenSSH is
//! `openssh-key-v1`, not encrypted, and one `authorized_keys` line; age is an identity (`AGE-SECRET-KEY-1…`) and a recipient
//! (`age1…`). Private forms come as [`Zeroizing`] strings. This crate writes no file.
//!
//! A commitment derives the seed of every kind with a label of its own, so keys of several kinds from one record would have
//! nothing in common.
//!
//! RSA signatures are left to a library that hides the timing of private operations (see [`rsa`](crate::rsa)).

mod age;
mod error;
mod openssh;
mod pem;
mod sign;
#[cfg(test)]
mod tests;

use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::drbg::HmacDrbg;
use crate::rsa::{RsaKey, det_keygen};
pub use error::KeyError;
use error::encoding;

/// Longest comment of an OpenSSH key in bytes.
pub const MAX_COMMENT_BYTES: usize = 256;

/// Longest text of a public key that is read, in bytes. An RSA-4096 key has about 800.
pub const MAX_TEXT_BYTES: usize = 4096;

/// Kinds of keys that a seed can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyKind {
    /// Ed25519 signatures (RFC 8032).
    #[default]
    Ed25519,
    /// ECDSA signatures over NIST P-256 (FIPS 186-5).
    P256,
    /// X25519 key agreement (RFC 7748): what age encrypts to.
    X25519,
    /// RSA of 2,048 bits: for what knows nothing better. Seconds of work in a browser.
    Rsa2048,
    /// RSA of 3,072 bits.
    Rsa3072,
    /// RSA of 4,096 bits.
    Rsa4096,
}

impl KeyKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::Ed25519,
        Self::P256,
        Self::X25519,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
    ];

    /// The byte that stands for this kind in records.
    pub const fn id(self) -> u8 {
        match self {
            Self::Ed25519 => 1,
            Self::P256 => 2,
            Self::X25519 => 3,
            Self::Rsa2048 => 4,
            Self::Rsa3072 => 5,
            Self::Rsa4096 => 6,
        }
    }

    /// The kind with this byte.
    ///
    /// # Errors
    /// There is none.
    pub const fn from_id(id: u8) -> Result<Self, KeyError> {
        match id {
            1 => Ok(Self::Ed25519),
            2 => Ok(Self::P256),
            3 => Ok(Self::X25519),
            4 => Ok(Self::Rsa2048),
            5 => Ok(Self::Rsa3072),
            6 => Ok(Self::Rsa4096),
            found => Err(KeyError::UnknownKind { found }),
        }
    }

    /// Short lower-case name, for example `ed25519`. Part of the derivation of a seed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::P256 => "p256",
            Self::X25519 => "x25519",
            Self::Rsa2048 => "rsa2048",
            Self::Rsa3072 => "rsa3072",
            Self::Rsa4096 => "rsa4096",
        }
    }

    /// Length of the public key in bytes.
    pub const fn public_len(self) -> usize {
        match self {
            Self::Ed25519 | Self::X25519 => 32,
            Self::P256 => 65,
            Self::Rsa2048 => 256,
            Self::Rsa3072 => 384,
            Self::Rsa4096 => 512,
        }
    }

    /// Whether keys of this kind can sign here.
    pub const fn signs(self) -> bool {
        matches!(self, Self::Ed25519 | Self::P256)
    }

    /// Bits of the modulus, for RSA.
    pub const fn rsa_bits(self) -> Option<u32> {
        match self {
            Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096 => Some(8 * self.public_len() as u32),
            _ => None,
        }
    }

    /// The RSA kind whose modulus has this many bytes.
    pub(crate) fn rsa_of_len(len: usize) -> Option<Self> {
        let kinds = [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096];
        kinds.into_iter().find(|kind| kind.public_len() == len)
    }

    /// "1: ed25519, …"
    fn known() -> String {
        let named = Self::ALL.map(|kind| format!("{}: {}", kind.id(), kind.name()));
        named.join(", ")
    }

    fn cannot(self, what: &'static str) -> KeyError {
        KeyError::NotPossible {
            kind: self.name(),
            what,
        }
    }
}

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Reads the raw bytes of a key of this kind, see [`PublicKey::as_bytes`].
    ///
    /// # Errors
    /// The length is wrong, or the bytes are not a valid key.
    pub fn from_bytes(kind: KeyKind, bytes: &[u8]) -> Result<Self, KeyError> {
        let fits = bytes.len() == kind.public_len();
        let valid = fits
            && match kind {
                KeyKind::Ed25519 => bytes
                    .try_into()
                    .is_ok_and(|array| VerifyingKey::from_bytes(array).is_ok()),
                KeyKind::P256 => {
                    bytes.first() == Some(&4) && p256::PublicKey::from_sec1_bytes(bytes).is_ok()
                }
                // Not zero, and in the one form that is written: the top bit is 0.
                KeyKind::X25519 => {
                    bytes.iter().any(|byte| *byte != 0) && bytes.last().is_some_and(|b| b >> 7 == 0)
                }
                // Full length and odd. That it is a product of two primes, nobody can see.
                _ => {
                    bytes.first().is_some_and(|b| b >> 7 == 1)
                        && bytes.last().is_some_and(|b| b & 1 == 1)
                }
            };
        if !valid {
            return Err(KeyError::InvalidPublicKey {
                kind: kind.name(),
                len: bytes.len(),
            });
        }
        Ok(Self {
            kind,
            bytes: bytes.to_vec(),
        })
    }

    /// A key of the right length and nothing else, to be replaced.
    pub(crate) fn placeholder(kind: KeyKind) -> Self {
        Self {
            kind,
            bytes: vec![0; kind.public_len()],
        }
    }

    /// Kind of the key.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The raw bytes: for Ed25519 the 32 of RFC 8032, for X25519 those of RFC 7748, for P-256 the 65 of an uncompressed point
    /// (SEC 1), for RSA the modulus, big-endian (the exponent is 65537).
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The private half.
enum PrivateKey {
    Ed25519(SigningKey),
    P256(p256::SecretKey),
    X25519(Zeroizing<[u8; 32]>),
    Rsa(Box<RsaKey>),
}

/// A key pair. Wiped when dropped; `Debug` shows the public key only.
pub struct KeyPair {
    private: PrivateKey,
    public: PublicKey,
}

impl core::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyPair")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl KeyPair {
    /// The key pair of this kind that belongs to a seed of 32 bytes. RSA takes a tenth of a second and more.
    ///
    /// # Errors
    /// [`KeyError::Generation`], for P-256 and RSA only, with negligible probability.
    pub fn from_seed(kind: KeyKind, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let failed = |reason: String| KeyError::Generation {
            kind: kind.name(),
            reason,
        };
        let (private, bytes) = match (kind, kind.rsa_bits()) {
            (KeyKind::P256, _) => {
                let key = p256_from_seed(seed)
                    .ok_or_else(|| failed("two numbers were out of range".to_owned()))?;
                let point = key.public_key().to_sec1_bytes();
                (PrivateKey::P256(key), point.to_vec())
            }
            (KeyKind::X25519, _) => {
                let point = MontgomeryPoint::mul_base_clamped(*seed);
                let private = PrivateKey::X25519(Zeroizing::new(*seed));
                (private, point.to_bytes().to_vec())
            }
            (_, Some(bits)) => {
                let key = det_keygen::generate(seed, bits).map_err(|e| failed(e.to_string()))?;
                let modulus = key.n.clone();
                (PrivateKey::Rsa(Box::new(key)), modulus)
            }
            (_, None) => {
                let key = SigningKey::from_bytes(seed);
                let point = key.verifying_key().to_bytes();
                (PrivateKey::Ed25519(key), point.to_vec())
            }
        };
        let public = PublicKey { kind, bytes };
        Ok(Self { private, public })
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// Kind of the key.
    pub fn kind(&self) -> KeyKind {
        self.public.kind
    }

    /// The X25519 shared secret with another public key (RFC 7748, section 6.1). Wiped when dropped.
    ///
    /// # Errors
    /// One of the keys is not X25519, or the other one is of small order.
    pub fn agree(&self, other: &PublicKey) -> Result<Zeroizing<[u8; 32]>, KeyError> {
        let PrivateKey::X25519(private) = &self.private else {
            return Err(self.kind().cannot("used for key agreement"));
        };
        if other.kind != KeyKind::X25519 {
            return Err(other.kind.cannot("used for key agreement"));
        }
        let invalid = || KeyError::InvalidPublicKey {
            kind: other.kind.name(),
            len: other.bytes.len(),
        };
        let point = MontgomeryPoint(other.bytes.as_slice().try_into().map_err(|_| invalid())?);
        let shared = Zeroizing::new(point.mul_clamped(**private).to_bytes());
        if shared.iter().fold(0, |all, byte| all | byte) == 0 {
            return Err(invalid());
        }
        Ok(shared)
    }
}

/// P-256 by C2SP det-keygen, steps 1–14.
fn p256_from_seed(seed: &[u8]) -> Option<p256::SecretKey> {
    let mut drbg = HmacDrbg::new(seed, &[b"det ECDSA key gen P-256"]);
    let mut scalar = Zeroizing::new([0; 32]);
    drbg.fill(scalar.as_mut_slice());
    if let Ok(key) = p256::SecretKey::from_slice(scalar.as_slice()) {
        return Some(key);
    }
    drbg.end_request();
    drbg.fill(scalar.as_mut_slice());
    p256::SecretKey::from_slice(scalar.as_slice()).ok()
}

fn check_comment(comment: &str) -> Result<(), KeyError> {
    let fits = comment.len() <= MAX_COMMENT_BYTES && !comment.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(KeyError::Comment) }
}
