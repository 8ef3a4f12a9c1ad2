//! The passphrase and what it becomes: an Argon2id token (RFC 9106).
//!
//! Rules for a new passphrase follow NIST SP 800-63B-4 (2025), section 3.1.1: at least 15 characters where it is the only
//! factor, at least 8 where a palm is the other one; 64 characters of any kind are always read; no rules of composition;
//! Unicode normalised (NFC) with each code point one character; and common passwords are refused (module `expected`),
//! with the reason. A passphrase given to *recover* a key is only normalised, so that a
//! stricter list in a later version never locks anybody out.

mod cost;
mod expected;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

pub use cost::Cost;

/// Fewest characters (Unicode code points after normalisation) of a new passphrase beside a palm.
pub const MIN_CHARACTERS: usize = 8;
/// Fewest characters of a new passphrase that is the only factor.
pub const MIN_CHARACTERS_ALONE: usize = 15;
/// Most bytes of a passphrase, before and after normalisation.
pub const MAX_BYTES: usize = 1024;
/// Length of a salt in bytes.
pub const SALT_LEN: usize = 32;
/// Length of a token in bytes.
pub const TOKEN_LEN: usize = 32;

/// Why a passphrase or its cost parameters are refused. No message repeats the passphrase.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Too few characters.
    #[error("the passphrase has {found} characters; a new one needs at least {needed}")]
    TooShort {
        /// Characters found.
        found: usize,
        /// Characters needed: [`MIN_CHARACTERS`] or [`MIN_CHARACTERS_ALONE`].
        needed: usize,
    },
    /// Too many bytes.
    #[error("the passphrase has {found} bytes; at most {MAX_BYTES} are read")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// No passphrase at all.
    #[error("the passphrase is empty")]
    Empty,
    /// On the list of common passwords, a few characters repeated, or a row such as "12345678".
    #[error(
        "the passphrase is among the first that anybody would try (a common one, a repetition or a row); choose another"
    )]
    TooCommon,
    /// Argon2 cost out of range.
    #[error("Argon2id {what} is {found}, allowed are {min}..={max}")]
    Cost {
        /// Which parameter.
        what: &'static str,
        /// Value found.
        found: u32,
        /// Least allowed.
        min: u32,
        /// Most allowed.
        max: u32,
    },
    /// Not enough memory.
    #[error("Argon2id needs {kib} KiB of memory, which this machine does not give")]
    Memory {
        /// KiB asked for.
        kib: u32,
    },
    /// PBKDF2 iterations out of range.
    #[error(
        "PBKDF2 iterations are {found}, allowed are {}..={}",
        crate::published::MIN_ITERATIONS,
        crate::published::MAX_ITERATIONS
    )]
    Iterations {
        /// Iterations found.
        found: u32,
    },
    /// The Argon2 implementation refused.
    #[error("Argon2id failed: {0}")]
    Argon2(String),
}

/// A normalised passphrase. Wiped when dropped; never shown by `Debug`.
pub struct Passphrase(Zeroizing<String>);

impl core::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

impl Passphrase {
    /// A passphrase for a new key, to be used together with a palm: normalised and held to the rules of this module.
    ///
    /// # Errors
    /// Empty, shorter than [`MIN_CHARACTERS`], longer than [`MAX_BYTES`], or too common.
    pub fn for_new_key(text: &str) -> Result<Self, TokenError> {
        Self::new_with(text, MIN_CHARACTERS)
    }

    /// A new passphrase that is the only factor.
    ///
    /// # Errors
    /// As [`Passphrase::for_new_key`], with [`MIN_CHARACTERS_ALONE`].
    pub fn alone(text: &str) -> Result<Self, TokenError> {
        Self::new_with(text, MIN_CHARACTERS_ALONE)
    }

    fn new_with(text: &str, needed: usize) -> Result<Self, TokenError> {
        let passphrase = Self::for_recovery(text)?;
        let found = passphrase.0.chars().count();
        if found < needed {
            return Err(TokenError::TooShort { found, needed });
        }
        match expected::is_expected(&passphrase.0) {
            true => Err(TokenError::TooCommon),
            false => Ok(passphrase),
        }
    }

    /// A passphrase that was accepted once: normalised only.
    ///
    /// # Errors
    /// Empty, or longer than [`MAX_BYTES`].
    pub fn for_recovery(text: &str) -> Result<Self, TokenError> {
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(TokenError::TooLong { found: text.len() });
        }
        // Composition can lengthen a text at most threefold in UTF-8; reserving that keeps the secret from being
        // copied by a growing string.
        let mut normal = Zeroizing::new(String::with_capacity(3 * text.len()));
        normal.extend(text.nfc());
        if normal.len() > MAX_BYTES {
            return Err(TokenError::TooLong {
                found: normal.len(),
            });
        }
        Ok(Self(normal))
    }

    /// The normalised bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// The token of a passphrase: Argon2id, version 0x13, [`TOKEN_LEN`] bytes. Wiped when dropped.
///
/// # Errors
/// The cost is out of range, or Argon2 fails.
pub fn derive(
    passphrase: &Passphrase,
    salt: &[u8; SALT_LEN],
    cost: Cost,
) -> Result<Zeroizing<[u8; TOKEN_LEN]>, TokenError> {
    stretch(passphrase.0.as_bytes(), salt, cost)
}

/// The same of any secret bytes.
pub(crate) fn stretch(
    secret: &[u8],
    salt: &[u8; SALT_LEN],
    cost: Cost,
) -> Result<Zeroizing<[u8; TOKEN_LEN]>, TokenError> {
    cost.check()?;
    let failed = |error: argon2::Error| TokenError::Argon2(error.to_string());
    let params =
        Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(TOKEN_LEN)).map_err(failed)?;
    // The memory is asked for here, so that too little of it is an error and not an abort, and so that it is wiped.
    let mut memory = Zeroizing::new(Vec::new());
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| TokenError::Memory {
            kib: cost.memory_kib,
        })?;
    memory.resize(params.block_count(), Block::default());
    let mut token = Zeroizing::new([0; TOKEN_LEN]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(secret, salt, token.as_mut_slice(), &mut *memory)
        .map_err(failed)?;
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 32,
        passes: 1,
        lanes: 1,
    };

    #[test]
    fn short_long_and_common_passphrases_are_refused() {
        let new = |text: &str| Passphrase::for_new_key(text).map(|_| ());
        assert_eq!(new(""), Err(TokenError::Empty));
        assert_eq!(
            new("seven77"),
            Err(TokenError::TooShort {
                found: 7,
                needed: 8
            })
        );
        assert_eq!(new("PassWord123"), Err(TokenError::TooCommon));
        assert_eq!(new("zzzzzzzzzzzz"), Err(TokenError::TooCommon));
        assert_eq!(
            new(&"x".repeat(1025)),
            Err(TokenError::TooLong { found: 1025 })
        );
        assert_eq!(new(&"x y".repeat(341)), Err(TokenError::TooCommon));
        let long: String = (0..1023u32)
            .map(|i| char::from(b'a' + (i * i % 23) as u8))
            .collect();
        assert_eq!(new(&long), Ok(()));
        assert_eq!(new("öäüßéèñç"), Ok(()), "eight characters, sixteen bytes");
        assert_eq!(
            Passphrase::for_recovery("password").map(|_| ()),
            Ok(()),
            "no list when recovering"
        );
    }

    #[test]
    fn a_passphrase_alone_needs_fifteen_characters() {
        let short = Passphrase::alone("fourteen chars");
        assert_eq!(
            short.map(|_| ()),
            Err(TokenError::TooShort {
                found: 14,
                needed: 15
            })
        );
        assert!(Passphrase::alone("fifteen  chars.").is_ok());
        assert!(Passphrase::alone("passwordpassword").is_err());
    }

    /// Sixty-four characters of any kind are read, also those of four bytes and those that grow threefold under NFC.
    #[test]
    fn sixty_four_characters_are_always_read() {
        for (first, last) in [
            ('a', 'z'),
            ('\u{1f600}', '\u{1f64f}'),
            ('\u{1d15e}', '\u{1d164}'),
        ] {
            let all: Vec<char> = (first..=last).collect();
            let text: String = (0..64).map(|i| all[(i * i + i / 3) % all.len()]).collect();
            assert_eq!(Passphrase::alone(&text).map(|_| ()), Ok(()), "{text}");
        }
    }

    #[test]
    fn equal_texts_in_other_unicode_forms_give_one_token() {
        let token = |text: &str| {
            derive(
                &Passphrase::for_new_key(text).unwrap(),
                &[7; SALT_LEN],
                CHEAP,
            )
            .unwrap()
        };
        assert_eq!(
            token("Zo\u{eb} und Ren\u{e9}"),
            token("Zoe\u{308} und Rene\u{301}")
        );
        assert_ne!(token("Zoë und René"), token("Zoe und Rene"));
    }

    /// The test vector of RFC 9106 has a secret and associated data, which tokens do not use. This one is from the
    /// reference program: `printf 'thenar golden' | argon2 0123456789abcdef0123456789abcdef -id -t 2 -k 64 -p 1 -l 32`,
    /// made with argon2-cffi-bindings (see tests/golden/make_argon2.py).
    #[test]
    fn the_token_is_that_of_the_reference_implementation() {
        let golden = include_str!("../tests/golden/argon2.txt");
        let expected = golden.lines().find(|line| !line.starts_with('#')).unwrap();
        let token = derive(
            &Passphrase::for_new_key("thenar golden").unwrap(),
            b"0123456789abcdef0123456789abcdef",
            Cost {
                memory_kib: 64,
                passes: 2,
                lanes: 1,
            },
        )
        .unwrap();
        let hex: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected);
    }

    #[test]
    fn hostile_costs_are_refused_before_any_work() {
        let passphrase = Passphrase::for_new_key("a good passphrase").unwrap();
        for cost in [
            Cost {
                memory_kib: u32::MAX,
                ..CHEAP
            },
            Cost {
                memory_kib: 7,
                ..CHEAP
            },
            Cost {
                memory_kib: 0,
                ..CHEAP
            },
            Cost { passes: 0, ..CHEAP },
            Cost {
                passes: 17,
                ..CHEAP
            },
            Cost { lanes: 0, ..CHEAP },
            Cost {
                lanes: u32::MAX,
                ..CHEAP
            },
        ] {
            let error = derive(&passphrase, &[0; SALT_LEN], cost).unwrap_err();
            assert!(
                matches!(error, TokenError::Cost { .. }),
                "{cost:?}: {error}"
            );
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(
            format!("{:?}", Passphrase::for_recovery("very secret").unwrap()),
            "Passphrase(..)"
        );
    }
}
