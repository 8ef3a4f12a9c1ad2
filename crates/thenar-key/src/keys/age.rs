//! X25519 keys in the forms of age (<https://age-encryption.org/v1>): Bech32 of the 32 bytes.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use zeroize::Zeroizing;

use super::{KeyError, KeyKind, KeyPair, PrivateKey, PublicKey, encoding};

/// In front of a recipient.
const RECIPIENT: Hrp = Hrp::parse_unchecked("age");
/// In front of an identity.
const IDENTITY: Hrp = Hrp::parse_unchecked("age-secret-key-");
/// Length of a recipient: `age1`, 52 characters of key, 6 of checksum.
const RECIPIENT_LEN: usize = 62;

impl PublicKey {
    /// The age recipient, `age1…`.
    ///
    /// # Errors
    /// The key is not X25519.
    pub fn to_age_recipient(&self) -> Result<String, KeyError> {
        if self.kind != KeyKind::X25519 {
            return Err(self.kind.cannot("an age recipient"));
        }
        bech32::encode_lower::<Bech32>(RECIPIENT, &self.bytes)
            .map_err(|e| encoding("an age recipient", e))
    }

    /// Reads an age recipient of the X25519 type, in lower case as age writes it.
    ///
    /// # Errors
    /// Another length or prefix, upper case, a wrong checksum, or a key that is not valid.
    pub fn from_age_recipient(text: &str) -> Result<Self, KeyError> {
        let wrong = |reason: &dyn ToString| KeyError::AgeRecipient {
            reason: reason.to_string(),
        };
        if text.len() != RECIPIENT_LEN {
            let reason = format!("it has {} bytes, not {RECIPIENT_LEN}", text.len());
            return Err(wrong(&reason));
        }
        if text.bytes().any(|c| c.is_ascii_uppercase()) {
            return Err(wrong(&"it has capital letters"));
        }
        let parsed = CheckedHrpstring::new::<Bech32>(text).map_err(|e| wrong(&e))?;
        if parsed.hrp() != RECIPIENT {
            return Err(wrong(&"it begins otherwise"));
        }
        let bytes: Vec<u8> = parsed.byte_iter().collect();
        let key = Self::from_bytes(KeyKind::X25519, &bytes)?;
        // One text for each key: the bits that fill up the last character must be 0.
        if key.to_age_recipient()? != text {
            return Err(wrong(&"its last bits are not 0"));
        }
        Ok(key)
    }
}

impl KeyPair {
    /// The age identity, `AGE-SECRET-KEY-1…`: the private key.
    ///
    /// # Errors
    /// The key is not X25519.
    pub fn to_age_identity(&self) -> Result<Zeroizing<String>, KeyError> {
        let PrivateKey::X25519(key) = &self.private else {
            return Err(self.kind().cannot("an age identity"));
        };
        // 74 characters; reserving them keeps the secret from being copied by a growing string.
        let mut text = Zeroizing::new(String::with_capacity(96));
        bech32::encode_upper_to_fmt::<Bech32, String>(&mut text, IDENTITY, key.as_slice())
            .map_err(|e| encoding("an age identity", e))?;
        Ok(text)
    }
}
