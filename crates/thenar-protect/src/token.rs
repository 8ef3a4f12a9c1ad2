//! The two secrets: the token k1 of level 1 and the store key k2 of level 2.
//!
//! Both are 32 uniformly random bytes. They are wiped when dropped, compared in constant time, and never printed:
//! `Debug` shows only the public name that is derived from the secret.

use std::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::derive::Extracted;
use crate::level2::SealingKeys;

macro_rules! public_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 8]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

public_name! {
    /// The public name of a [`Token`]: 8 bytes derived from it, which reveal nothing of it.
    TokenId
}
public_name! {
    /// The public name of a [`StoreKey`]: 8 bytes derived from it, which reveal nothing of it.
    KeyId
}

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident, $id:ident, $label:literal $(, keeps $keys:ident)?) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name {
            bytes: Zeroizing<[u8; 32]>,
            id: $id,
            $($keys: Box<SealingKeys>,)?
        }

        impl $name {
            /// Takes 32 uniformly random bytes. Anything less random makes the protection worth that much less.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                let bytes = Zeroizing::new(bytes);
                let extracted = Extracted::new(&bytes, b"thenar/v1");
                let id = $id(*extracted.expand(&[$label]));
                Self { bytes, id, $($keys: Box::new(SealingKeys::new(extracted)))? }
            }

            /// Draws a new one.
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                let mut bytes = Zeroizing::new([0; 32]);
                rng.fill_bytes(bytes.as_mut());
                Self::from_bytes(*bytes)
            }

            /// The secret bytes. Wipe every copy.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.bytes
            }

            /// The public name, which may be stored and printed.
            pub fn id(&self) -> $id {
                self.id
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.bytes.ct_eq(&*other.bytes).into()
            }
        }

        impl Eq for $name {}

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}, secret)"), self.id)
            }
        }
    };
}

secret! {
    /// k1: the token that chooses the level-1 transform. A new token makes a new, unrelated template.
    Token, TokenId, b"token-id"
}
secret! {
    /// k2: the key that seals records. It must be kept apart from the store.
    StoreKey, KeyId, b"store-key-id", keeps sealing
}

impl StoreKey {
    /// The cipher of records under this key.
    pub(crate) fn sealing(&self) -> &SealingKeys {
        &self.sealing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os_rng;

    #[test]
    fn debug_does_not_show_the_secret() {
        let bytes: [u8; 32] = std::array::from_fn(|i| 0xa0 + i as u8);
        for shown in [
            format!("{:?}", Token::from_bytes(bytes)),
            format!("{:?}", StoreKey::from_bytes(bytes)),
        ] {
            assert!(shown.contains("secret"), "{shown}");
            assert!(
                !shown.contains("a0a1") && !shown.contains("160, 161"),
                "{shown}"
            );
        }
    }

    #[test]
    fn names_differ_by_secret_and_by_kind() {
        let (a, b) = (Token::from_bytes([1; 32]), Token::from_bytes([2; 32]));
        assert_ne!(a, b);
        assert_ne!(a.id(), b.id());
        assert_ne!(a.id().0, StoreKey::from_bytes([1; 32]).id().0);
    }

    #[test]
    fn random_secrets_differ() {
        assert_ne!(Token::random(&mut os_rng()), Token::random(&mut os_rng()));
    }
}
