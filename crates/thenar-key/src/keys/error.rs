//! Why a key could not be read, written or used.

use super::{KeyKind, MAX_COMMENT_BYTES};

/// Why a key could not be read, written or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Unknown kind byte.
    #[error("unknown kind of key {found}; known are {}", KeyKind::known())]
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
    /// Keys of this kind have no such form or use.
    #[error("a key of kind {kind} cannot be {what}")]
    NotPossible {
        /// Name of the kind.
        kind: &'static str,
        /// What was asked for, as in "cannot be …".
        what: &'static str,
    },
    /// A seed became no key. For P-256 and RSA this has a probability below 2⁻⁶⁰.
    #[error("no {kind} key could be made from the seed: {reason}")]
    Generation {
        /// Name of the kind.
        kind: &'static str,
        /// What went wrong.
        reason: String,
    },
    /// An age recipient that is none.
    #[error("this is not an age recipient (age1…): {reason}")]
    AgeRecipient {
        /// What was wrong.
        reason: String,
    },
    /// A text that is no public key, or none that is known here.
    #[error("this is not {form}: {reason}")]
    Text {
        /// The form that was expected.
        form: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// The encoder failed.
    #[error("encoding the key as {form} failed: {reason}")]
    Encoding {
        /// The form that was asked for.
        form: &'static str,
        /// What the encoder said.
        reason: String,
    },
}

/// An encoder's error.
pub(super) fn encoding(form: &'static str, error: impl ToString) -> KeyError {
    KeyError::Encoding {
        form,
        reason: error.to_string(),
    }
}
