//! What can be wrong with a code or with a word given to it.

/// What can be wrong with a code or with a word given to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BchError {
    /// The field degree m is outside 5…13.
    #[error("BCH field degree {found} is outside 5..=13")]
    FieldDegree {
        /// The degree asked for.
        found: u32,
    },
    /// No code of this m corrects t errors and still carries a message.
    #[error(
        "no BCH code over GF(2^{m}) corrects {t} errors: t must be at least 1 and leave at least one message bit"
    )]
    NoSuchT {
        /// Field degree.
        m: u32,
        /// Errors to correct.
        t: usize,
    },
    /// No code of this m has k message bits.
    #[error("no BCH code over GF(2^{m}) has {k} message bits")]
    NoSuchK {
        /// Field degree.
        m: u32,
        /// Message bits asked for.
        k: usize,
    },
    /// A shortened length that leaves no message, or exceeds the full length.
    #[error("BCH length {n} is outside {min}..={max} for this m and t")]
    Length {
        /// Length asked for.
        n: usize,
        /// Shortest possible.
        min: usize,
        /// Full length 2^m − 1.
        max: usize,
    },
    /// The word or message given has the wrong shape.
    #[error(transparent)]
    Bits(#[from] crate::BitsError),
    /// No message has this parity.
    #[error("no message has this parity")]
    NotAParity,
    /// No codeword within distance t.
    #[error("no codeword within {t} errors of the received word")]
    TooManyErrors {
        /// The code's t.
        t: usize,
    },
}
