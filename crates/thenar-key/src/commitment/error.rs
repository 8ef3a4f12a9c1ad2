//! What can go wrong with a commitment.

use super::{MAX_CAPTURES, MAX_COPIES, MAX_NUMBERS, record};
use crate::bch::BchError;
use crate::bits::BitsError;
use crate::keys::KeyError;
use crate::token::TokenError;

/// What can go wrong with a commitment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitmentError {
    /// Wrong palm, wrong passphrase, wrong device secret or changed record: which of them cannot be told.
    #[error("not recovered: the palm or the passphrase is not the one this key was made with")]
    NotRecovered,
    /// The record was made with another model, preprocessing or scheme.
    #[error(
        "the record belongs to contract {stored}, this program runs contract {wanted}; enrol again or use the version that made it"
    )]
    Contract {
        /// First eight bytes of the record's contract id in hex.
        stored: String,
        /// First eight bytes of the contract id asked for in hex.
        wanted: String,
    },
    /// The record needs a device secret and none was given.
    #[error("this key was made with a device secret; give it too")]
    DeviceSecretMissing,
    /// A device secret was given for a record made without one.
    #[error("this key was made without a device secret; leave it out")]
    DeviceSecretNotUsed,
    /// No capture, or more than [`MAX_CAPTURES`].
    #[error("{found} captures were given, 1..={MAX_CAPTURES} are allowed")]
    Captures {
        /// Number given.
        found: usize,
    },
    /// No numbers for a bit, or too many.
    #[error("{found} numbers for each bit, 1..={MAX_COPIES} are allowed")]
    Copies {
        /// Numbers asked for.
        found: u8,
    },
    /// A feature of another length than the enrolled one.
    #[error("the feature has {found} numbers, the key was made from {expected}")]
    Numbers {
        /// Number given.
        found: usize,
        /// Number expected.
        expected: usize,
    },
    /// Too few numbers for the palm hash, or too many for a record.
    #[error(
        "a feature of {found} numbers cannot make a palm hash of {min} bits: {min}..={MAX_NUMBERS} are allowed"
    )]
    Count {
        /// Number given.
        found: usize,
        /// Length of the palm hash.
        min: usize,
    },
    /// The record marks more or fewer numbers than the palm hash has bits.
    #[error("the key record marks {found} numbers, the palm hash has {expected} bits")]
    Marks {
        /// Marks found.
        found: usize,
        /// Marks expected.
        expected: usize,
    },
    /// The bytes do not start like a record.
    #[error("this is not a key record: the first bytes are not THKC")]
    NotARecord,
    /// The record has another version.
    #[error(
        "the key record has version {found}, this program reads version {}",
        record::VERSION
    )]
    Version {
        /// Version found.
        found: u8,
    },
    /// Unknown flags.
    #[error("the key record has unknown flags {found:#04x}")]
    Flags {
        /// Flags found.
        found: u8,
    },
    /// The bytes end too early.
    #[error("the key record ends after {found} bytes, before it is complete")]
    Truncated {
        /// Bytes found.
        found: usize,
    },
    /// Bytes after the end of the record.
    #[error("the key record has {found} bytes, at most {max} were expected")]
    TooLong {
        /// Bytes found.
        found: usize,
        /// Bytes expected.
        max: usize,
    },
    /// The code does not exist.
    #[error(transparent)]
    Code(#[from] BchError),
    /// A palm hash or the helper data has the wrong shape.
    #[error("palm hash or helper data: {0}")]
    Bits(#[from] BitsError),
    /// The passphrase or the cost of Argon2id.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The kind of key or the public key.
    #[error(transparent)]
    Key(#[from] KeyError),
}
