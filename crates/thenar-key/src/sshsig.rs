//! SSH signatures of files (SSHSIG, OpenSSH's `PROTOCOL.sshsig`): what `ssh-keygen -Y sign` writes and git stores.
//!
//! A signature holds for one *namespace* ("file", "git", an address …), so that one made for one use cannot be shown as made
//! for another. What is signed is
//!
//! ```text
//! "SSHSIG" | namespace | reserved (empty) | "sha512" | SHA-512(message)
//! ```
//!
//! with a length before each string. Keys that sign here: Ed25519 and P-256. RSA signatures are verified; to make one, sign
//! [`signed_data`] elsewhere (RSASSA-PKCS1-v1_5, SHA-512) and give the bytes to [`seal`].

mod signers;
mod wire;

use ssh_key::{Algorithm, HashAlg, LineEnding, SshSig};

pub use signers::{Signer, SignerLine, read_signers};
pub use wire::{RsaHash, agent_signature};

use crate::keys::{KeyError, KeyKind, KeyPair, PublicKey};

/// No armored signature is longer: one of RSA-4096 has about 1,600 bytes.
pub const MAX_LEN: usize = 16 * 1024;
/// Longest namespace in bytes.
pub const MAX_NAMESPACE_LEN: usize = 256;

/// Why there is no signature, or why it is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshsigError {
    /// An empty or overlong namespace, or one with control characters.
    #[error(
        "the namespace of a signature has 1..={MAX_NAMESPACE_LEN} bytes without control characters, for example file or git"
    )]
    Namespace,
    /// Too long to be read.
    #[error("the signature has {found} bytes, at most {MAX_LEN} are read")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Not an armored SSH signature.
    #[error("this is not an SSH signature: {reason}")]
    NotASignature {
        /// What was wrong.
        reason: String,
    },
    /// A kind of key or a hash that is not known here.
    #[error(
        "the signature uses {what}, which is not supported: known are ed25519, nistp256 and rsa-sha2-512 of 2048, 3072 and 4096 bits"
    )]
    Unsupported {
        /// Algorithm or key.
        what: String,
    },
    /// Made for another use.
    #[error("the signature was made for namespace {found:?}, not {expected:?}")]
    OtherNamespace {
        /// Namespace in the signature.
        found: String,
        /// Namespace asked for.
        expected: String,
    },
    /// Made by another key.
    #[error("the signature was made by another key")]
    OtherKey,
    /// Right key and namespace, but not on this message.
    #[error("the signature does not fit the message")]
    Wrong,
    /// The key cannot sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The bytes that a key signs for a message (with SHA-512).
///
/// # Errors
/// The namespace is not one.
pub fn signed_data(namespace: &str, message: &[u8]) -> Result<Vec<u8>, SshsigError> {
    check_namespace(namespace)?;
    SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|_| SshsigError::Namespace)
}

/// Signs a message: the armored signature, ending in a line end.
///
/// # Errors
/// The namespace is not one, or the key cannot sign.
pub fn sign(key: &KeyPair, namespace: &str, message: &[u8]) -> Result<String, SshsigError> {
    let signature = key.sign(&signed_data(namespace, message)?)?;
    seal(&key.public(), namespace, &signature)
}

/// Armors a raw signature on [`signed_data`]: 64 bytes for Ed25519 and P-256 (r, s), as long as the modulus for RSA.
///
/// # Errors
/// The namespace is not one, the key cannot sign, or the signature has another length.
pub fn seal(key: &PublicKey, namespace: &str, signature: &[u8]) -> Result<String, SshsigError> {
    check_namespace(namespace)?;
    let data = key.ssh_data()?;
    let failed = |e: &dyn ToString| SshsigError::NotASignature {
        reason: e.to_string(),
    };
    let signature = wire::signature(key, signature, HashAlg::Sha512)?;
    let sealed =
        SshSig::new(data, namespace, HashAlg::Sha512, signature).map_err(|e| failed(&e))?;
    let mut text = sealed.to_pem(LineEnding::LF).map_err(|e| failed(&e))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// A signature that was read. Nothing is known of it until [`Sshsig::verify`] says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sshsig {
    key: PublicKey,
    raw: Vec<u8>,
    inner: SshSig,
}

impl Sshsig {
    /// Reads an armored signature.
    ///
    /// # Errors
    /// Too long, not one, or by a kind of key that is not known here.
    pub fn from_pem(text: &[u8]) -> Result<Self, SshsigError> {
        if text.len() > MAX_LEN {
            return Err(SshsigError::TooLong { found: text.len() });
        }
        let failed = |e: &dyn ToString| SshsigError::NotASignature {
            reason: e.to_string(),
        };
        let inner = SshSig::from_pem(text.trim_ascii()).map_err(|e| failed(&e))?;
        // `ssh-key` overlooks wrong inner lengths and old versions: only what would be written again is read.
        let again = inner.to_pem(LineEnding::LF).map_err(|e| failed(&e))?;
        if inner.version() != SshSig::VERSION || !body(text).eq(body(again.as_bytes())) {
            return Err(failed(&"it is not in its one proper form"));
        }
        let unsupported = |what: String| SshsigError::Unsupported { what };
        let key = PublicKey::from_ssh_data(inner.public_key())
            .ok_or_else(|| unsupported(format!("a key of {}", inner.public_key().algorithm())))?;
        let expected = match key.kind() {
            KeyKind::Ed25519 => Algorithm::Ed25519,
            KeyKind::P256 => wire::P256,
            _ => wire::RSA_SHA512,
        };
        if inner.algorithm() != expected {
            return Err(unsupported(inner.algorithm().to_string()));
        }
        let raw = match key.kind() {
            KeyKind::P256 => wire::p256_raw(inner.signature_bytes())
                .ok_or_else(|| failed(&"the two numbers of an ECDSA signature were expected"))?,
            _ => inner.signature_bytes().to_vec(),
        };
        Ok(Self { key, raw, inner })
    }

    /// The key that is said to have signed.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The use it was made for.
    pub fn namespace(&self) -> &str {
        self.inner.namespace()
    }

    /// Whether `key` signed this message for this namespace.
    ///
    /// # Errors
    /// Another namespace, another key, or another message.
    pub fn verify(
        &self,
        key: &PublicKey,
        namespace: &str,
        message: &[u8],
    ) -> Result<(), SshsigError> {
        check_namespace(namespace)?;
        if self.namespace() != namespace {
            return Err(SshsigError::OtherNamespace {
                found: self.namespace().to_owned(),
                expected: namespace.to_owned(),
            });
        }
        if key != &self.key {
            return Err(SshsigError::OtherKey);
        }
        let data = SshSig::signed_data(namespace, self.inner.hash_alg(), message)
            .map_err(|_| SshsigError::Namespace)?;
        match self.inner.reserved().is_empty() && key.verifies(&data, &self.raw) {
            true => Ok(()),
            false => Err(SshsigError::Wrong),
        }
    }
}

/// The base64 between the two lines of the armor.
fn body(armored: &[u8]) -> impl Iterator<Item = u8> {
    let lines = armored.trim_ascii().split(|byte| *byte == b'\n');
    let inside = lines.filter(|line| !line.starts_with(b"-----"));
    inside.flat_map(|line| line.trim_ascii()).copied()
}

fn check_namespace(namespace: &str) -> Result<(), SshsigError> {
    let fits = (1..=MAX_NAMESPACE_LEN).contains(&namespace.len());
    match fits && !namespace.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(SshsigError::Namespace),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(kind: KeyKind) -> KeyPair {
        KeyPair::from_seed(kind, &[9; 32]).unwrap()
    }

    #[test]
    fn signatures_hold_for_one_key_one_namespace_and_one_message() {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            let pair = key(kind);
            let text = sign(&pair, "file", b"hello\n").unwrap();
            assert!(
                text.starts_with("-----BEGIN SSH SIGNATURE-----\n"),
                "{text}"
            );
            let read = Sshsig::from_pem(text.as_bytes()).unwrap();
            assert_eq!(read.public_key(), &pair.public());
            assert_eq!(read.verify(&pair.public(), "file", b"hello\n"), Ok(()));
            assert_eq!(
                read.verify(&pair.public(), "file", b"hello"),
                Err(SshsigError::Wrong)
            );
            assert!(matches!(
                read.verify(&pair.public(), "git", b"hello\n"),
                Err(SshsigError::OtherNamespace { .. })
            ));
            let other = KeyPair::from_seed(kind, &[8; 32]).unwrap().public();
            assert_eq!(
                read.verify(&other, "file", b"hello\n"),
                Err(SshsigError::OtherKey)
            );
        }
    }

    #[test]
    fn wrong_uses_have_their_own_errors() {
        let pair = key(KeyKind::Ed25519);
        for namespace in ["", "a\nb", &"n".repeat(257)] {
            assert_eq!(
                sign(&pair, namespace, b"").unwrap_err(),
                SshsigError::Namespace
            );
        }
        let x25519 = key(KeyKind::X25519);
        assert!(matches!(
            sign(&x25519, "file", b""),
            Err(SshsigError::Key(_))
        ));
        assert!(seal(&x25519.public(), "file", &[0; 64]).is_err());
        assert!(seal(&pair.public(), "file", &[0; 63]).is_err());
        let p256 = key(KeyKind::P256).public();
        assert!(seal(&p256, "file", &[1; 63]).is_err());
        assert!(seal(&p256, "file", &[0; 64]).is_err());
        assert!(seal(&p256, "file", &[1; 64]).is_ok());
        let long = vec![b'x'; MAX_LEN + 1];
        assert_eq!(
            Sshsig::from_pem(&long).unwrap_err(),
            SshsigError::TooLong { found: long.len() }
        );
    }

    /// Every character of the armor, changed: it is not read, or it does not verify.
    #[test]
    fn every_changed_character_is_noticed() {
        for kind in [KeyKind::Ed25519, KeyKind::P256] {
            let pair = key(kind);
            let text = sign(&pair, "file", b"hello\n").unwrap();
            let (mut refused, mut wrong) = (0, 0);
            for i in 0..text.len() {
                let mut changed = text.clone().into_bytes();
                changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
                match Sshsig::from_pem(&changed) {
                    Err(_) => refused += 1,
                    Ok(read) => {
                        let verified = read.verify(&pair.public(), "file", b"hello\n");
                        // The last line end carries nothing.
                        assert!(
                            verified.is_err() || i + 1 == text.len(),
                            "{kind:?}, character {i}"
                        );
                        wrong += 1;
                    }
                }
            }
            assert!(refused > 50 && wrong > 50, "{refused}, {wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0usize..400) {
            prop_assert!(Sshsig::from_pem(&bytes).is_err());
            // Spliced into a good one.
            let mut text = sign(&key(KeyKind::P256), "file", b"").unwrap().into_bytes();
            let at = at.min(text.len());
            text.splice(at..at, bytes.iter().map(|b| b"ABab01+/=\n"[usize::from(b % 10)]));
            let _ = Sshsig::from_pem(&text);
        }
    }
}
