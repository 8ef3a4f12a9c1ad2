//! Store keys that are kept outside of the keyring, as the text in which they are handed over.
//!
//! One store key, or two with the newer one first, each as 64 hex digits; white space stands between and around them. Two are
//! given for a rotation: the key to seal with, and the one that the records are sealed with.

use zeroize::Zeroizing;

use crate::StoreKey;

/// The longest text, in bytes: two keys, and as much white space again.
pub const MAX_STORE_KEYS_LEN: usize = 256;

/// Why a text gives no store keys. No message repeats any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreKeysError {
    /// Nothing but white space.
    #[error("it is empty, expected a store key of 64 hex digits")]
    Empty,
    /// Too long to be looked at.
    #[error(
        "it has more than {MAX_STORE_KEYS_LEN} bytes, expected a store key of 64 hex digits, or two"
    )]
    TooLong,
    /// Too many words.
    #[error(
        "it has {found} words, expected one store key of 64 hex digits, or two, the newer first"
    )]
    Words {
        /// How many there are.
        found: usize,
    },
    /// A word is not a key.
    #[error("word {word} has {bytes} bytes, expected 64 hex digits")]
    Length {
        /// Which word, from 1.
        word: usize,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A word has the right length but other characters.
    #[error("word {word} holds something else than hex digits")]
    Digits {
        /// Which word, from 1.
        word: usize,
    },
    /// One key twice.
    #[error("both store keys are the same")]
    Same,
}

/// Reads one store key or two.
///
/// # Errors
/// [`StoreKeysError`] when the text is anything else.
pub fn parse_store_keys(text: &[u8]) -> Result<Vec<StoreKey>, StoreKeysError> {
    if text.len() > MAX_STORE_KEYS_LEN {
        return Err(StoreKeysError::TooLong);
    }
    let words = || {
        text.split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
    };
    match words().count() {
        0 => return Err(StoreKeysError::Empty),
        1 | 2 => {}
        found => return Err(StoreKeysError::Words { found }),
    }
    let keys = (1..).zip(words()).map(|(number, word)| key(number, word));
    let keys: Vec<StoreKey> = keys.collect::<Result<_, _>>()?;
    match keys.as_slice() {
        [newer, older] if newer == older => Err(StoreKeysError::Same),
        _ => Ok(keys),
    }
}

fn key(word: usize, digits: &[u8]) -> Result<StoreKey, StoreKeysError> {
    let mut bytes = Zeroizing::new([0; 32]);
    if digits.len() != 2 * bytes.len() {
        return Err(StoreKeysError::Length {
            word,
            bytes: digits.len(),
        });
    }
    hex::decode_to_slice(digits, bytes.as_mut()).map_err(|_| StoreKeysError::Digits { word })?;
    Ok(StoreKey::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_key_or_two_are_read_in_their_order() {
        let (a, b) = ("0a".repeat(32), "FB".repeat(32));
        let keys = |text: &str| parse_store_keys(text.as_bytes()).unwrap();
        let (first, second) = (
            StoreKey::from_bytes([0x0a; 32]),
            StoreKey::from_bytes([0xfb; 32]),
        );
        assert_eq!(keys(&a), std::slice::from_ref(&first));
        assert_eq!(keys(&format!("\n {a}\r\n")), std::slice::from_ref(&first));
        assert_eq!(keys(&format!("{b} {a}")), [second, first]);
    }

    #[test]
    fn everything_else_has_an_error_of_its_own() {
        let good = "0a".repeat(32);
        let error = |text: &str| parse_store_keys(text.as_bytes()).unwrap_err();
        assert_eq!(error(" \n"), StoreKeysError::Empty);
        assert_eq!(error(&" ".repeat(257)), StoreKeysError::TooLong);
        assert_eq!(error("a b c"), StoreKeysError::Words { found: 3 });
        let short = &good[1..];
        let expected = StoreKeysError::Length { word: 2, bytes: 63 };
        assert_eq!(error(&format!("{good} {short}")), expected);
        assert_eq!(
            error(&format!("g{short}")),
            StoreKeysError::Digits { word: 1 }
        );
        assert_eq!(error(&format!("{good} {good}")), StoreKeysError::Same);
    }

    #[test]
    fn no_message_repeats_the_text() {
        let secret = "c0ffee".repeat(12);
        for text in [secret.clone(), format!("{secret} x y"), "c0ffee".repeat(99)] {
            let error = parse_store_keys(text.as_bytes()).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("c0ffee"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse_store_keys(&bytes);
        }

        #[test]
        fn keys_come_back(bytes in any::<[u8; 32]>()) {
            let keys = parse_store_keys(hex::encode(bytes).as_bytes()).unwrap();
            prop_assert_eq!(keys, [StoreKey::from_bytes(bytes)]);
        }
    }
}
