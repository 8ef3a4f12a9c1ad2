//! Signatures over whole messages.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use ed25519_dalek::{Signature, Signer, VerifyingKey};
use p256::ecdsa;
use sha2::{Digest, Sha512};

use super::{KeyError, KeyKind, KeyPair, PrivateKey, PublicKey};
use crate::rsa::PUBLIC_EXPONENT;

/// DigestInfo of SHA-512 (RFC 8017, section 9.2, note 1).
const SHA512_INFO: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
    0x00, 0x04, 0x40,
];

impl KeyPair {
    /// Signs a message, always with the same signature: Ed25519 (RFC 8032), or ECDSA over P-256 with SHA-256 and the nonce of
    /// RFC 6979. Both are 64 bytes; for ECDSA r and s, big-endian.
    ///
    /// # Errors
    /// X25519 cannot sign, and RSA does not here.
    pub fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        match &self.private {
            PrivateKey::Ed25519(key) => Ok(key.sign(message).to_bytes()),
            PrivateKey::P256(key) => {
                let signature: ecdsa::Signature = ecdsa::SigningKey::from(key).sign(message);
                Ok(signature.to_bytes().into())
            }
            PrivateKey::X25519(_) => Err(self.kind().cannot("used to sign")),
            PrivateKey::Rsa(_) => Err(self
                .kind()
                .cannot("used to sign here; give its PEM to a library that hides the timing")),
        }
    }
}

impl PublicKey {
    /// Whether `signature` is this key's on `message`: Ed25519 (strict: no malleable or small-order forms), ECDSA with
    /// SHA-256 (r, s), or RSASSA-PKCS1-v1_5 with SHA-512, whose signature is as long as the modulus.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.kind {
            KeyKind::Ed25519 => self.verifies_ed25519(message, signature),
            KeyKind::P256 => self.verifies_p256(message, signature),
            KeyKind::X25519 => false,
            _ => self.verifies_rsa(message, signature).unwrap_or(false),
        }
    }

    fn verifies_ed25519(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = self
            .bytes
            .as_slice()
            .try_into()
            .map(VerifyingKey::from_bytes);
        let (Ok(Ok(key)), Ok(signature)) = (key, Signature::from_slice(signature)) else {
            return false;
        };
        key.verify_strict(message, &signature).is_ok()
    }

    fn verifies_p256(&self, message: &[u8], signature: &[u8]) -> bool {
        use ecdsa::signature::Verifier;
        let key = ecdsa::VerifyingKey::from_sec1_bytes(&self.bytes);
        let (Ok(key), Ok(signature)) = (key, ecdsa::Signature::from_slice(signature)) else {
            return false;
        };
        key.verify(message, &signature).is_ok()
    }

    /// signature^e mod n must be 00 01 FF … FF 00 | DigestInfo | SHA-512 (RFC 8017, section 8.2.2).
    fn verifies_rsa(&self, message: &[u8], signature: &[u8]) -> Option<bool> {
        let len = self.bytes.len();
        if signature.len() != len || signature >= self.bytes.as_slice() {
            return Some(false);
        }
        let n = Odd::new(BoxedUint::from_be_slice_vartime(&self.bytes)).into_option()?;
        let signature = BoxedUint::from_be_slice(signature, n.bits_precision()).ok()?;
        let params = BoxedMontyParams::new_vartime(n);
        let e = BoxedUint::from(PUBLIC_EXPONENT);
        let opened = BoxedMontyForm::new(signature, &params).pow(&e).retrieve();
        let tail = [&SHA512_INFO, Sha512::digest(message).as_slice()].concat();
        let mut expected = vec![0xff; len];
        expected[..2].copy_from_slice(&[0, 1]);
        let start = len.checked_sub(tail.len())?;
        expected[start..].copy_from_slice(&tail);
        *expected.get_mut(start.checked_sub(1)?)? = 0;
        Some(*opened.to_be_bytes() == *expected)
    }
}
