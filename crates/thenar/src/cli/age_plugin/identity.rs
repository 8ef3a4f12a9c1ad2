//! An identity for age: where a key's record is found. It holds no secret.
//!
//! `AGE-PLUGIN-THENAR-1…` is Bech32 of at most [`MAX_LEN`] bytes:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 1 | version, 1 |
//! | 1 | 1 | flags: bit 0 = photos are regions of interest; the others are 0 |
//! | 2 | 2 | length p of the path, little-endian |
//! | 4 | p | absolute path of the store, UTF-8 |
//! | 4 + p | rest | the key's name, UTF-8 |
//!
//! The path is absolute, because age starts its plugins in a folder of their own.

use std::path::{Path, PathBuf};

use bech32::{Bech32, Hrp};
use thenar_store::MAX_NAME_LEN;

use super::super::args::Input;

/// What age makes the program's name of: `age-plugin-thenar`.
pub(super) const NAME: &str = "thenar";
/// In front of an identity.
const PREFIX: Hrp = Hrp::parse_unchecked("age-plugin-thenar-");
/// Most bytes of an identity. Bech32 ends at 1,023 characters.
const MAX_LEN: usize = 620;
const VERSION: u8 = 1;
const ROI_FLAG: u8 = 1;

/// Where a key's record is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Absolute path of the store.
    pub store: PathBuf,
    /// The key's name.
    pub name: String,
    /// What the photos are that the key was made from.
    pub input: Input,
}

impl Identity {
    /// `AGE-PLUGIN-THENAR-1…`, or why there is none.
    pub(crate) fn to_text(&self) -> Result<String, String> {
        let bytes = self.to_bytes()?;
        bech32::encode_upper::<Bech32>(PREFIX, &bytes).map_err(|error| error.to_string())
    }

    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let path = self.store.to_str();
        let path = path.ok_or("the path of the store is not UTF-8, as an identity needs it")?;
        let len = 4 + path.len() + self.name.len();
        if len > MAX_LEN {
            return Err(format!(
                "the path of the store and the key's name have {} bytes, an identity holds {}; move the store",
                len - 4,
                MAX_LEN - 4
            ));
        }
        let flags = if self.input == Input::Roi {
            ROI_FLAG
        } else {
            0
        };
        let mut bytes = vec![VERSION, flags];
        // At most MAX_LEN, so the cast cuts nothing off.
        bytes.extend((path.len() as u16).to_le_bytes());
        bytes.extend(path.bytes());
        bytes.extend(self.name.bytes());
        // What is written can be read.
        Self::from_bytes(&bytes).map(|_| bytes)
    }

    /// Reads what stands behind the prefix, or says what is wrong with it.
    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_LEN {
            return Err(format!(
                "it has {} bytes, at most {MAX_LEN} were expected",
                bytes.len()
            ));
        }
        let (&[version, flags, low, high], rest) = bytes
            .split_first_chunk::<4>()
            .ok_or_else(|| format!("it ends after {} bytes", bytes.len()))?;
        if version != VERSION {
            return Err(format!(
                "it has version {version}, this program reads version {VERSION}"
            ));
        }
        let input = match flags {
            0 => Input::Photo,
            ROI_FLAG => Input::Roi,
            _ => return Err(format!("it has unknown flags {flags:#04x}")),
        };
        let len = usize::from(u16::from_le_bytes([low, high]));
        let (path, name) = rest
            .split_at_checked(len)
            .ok_or("it ends within the path of the store")?;
        let text = |bytes: &[u8], what| match std::str::from_utf8(bytes) {
            Ok(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
            _ => Err(format!("{what} is no text")),
        };
        let (path, name) = (
            text(path, "the path of the store")?,
            text(name, "the name")?,
        );
        if !Path::new(&path).is_absolute() {
            return Err("the path of the store is not absolute".into());
        }
        if name.is_empty() || name.len() > MAX_NAME_LEN {
            return Err(format!(
                "the key's name has {} bytes, expected 1 to {MAX_NAME_LEN}",
                name.len()
            ));
        }
        Ok(Self {
            store: path.into(),
            name,
            input,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn identity(store: &str, name: &str, input: Input) -> Identity {
        Identity {
            store: store.into(),
            name: name.into(),
            input,
        }
    }

    #[test]
    fn the_text_is_read_again_and_never_changes() {
        let text = identity("/home/anna/keys.db", "letters", Input::Photo).to_text();
        let expected = "AGE-PLUGIN-THENAR-1QYQPYQP0DPHK6EF0V9HXUCF0DDJHJUEWV33XCET5W3JHYUCRJZ6W0";
        assert_eq!(text.as_deref(), Ok(expected));
    }

    #[test]
    fn what_is_too_long_or_relative_has_no_text() {
        let long = format!("/{}", "d".repeat(MAX_LEN - 6));
        assert!(identity(&long, "k", Input::Roi).to_text().is_ok());
        for (store, name) in [
            (long.as_str(), "ke"),
            ("keys.db", "k"),
            ("", "k"),
            ("/a\nb", "k"),
            ("/k", ""),
            ("/k", &"n".repeat(MAX_NAME_LEN + 1)),
        ] {
            let text = identity(store, name, Input::Photo).to_text();
            assert!(text.is_err(), "{store} {name}");
        }
    }

    #[test]
    fn malformed_bytes_are_named() {
        let good = identity("/k.db", "key", Input::Photo).to_bytes().unwrap();
        let with = |place: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[place] = byte;
            Identity::from_bytes(&bytes).unwrap_err()
        };
        assert_eq!(with(0, 2), "it has version 2, this program reads version 1");
        assert_eq!(with(1, 2), "it has unknown flags 0x02");
        assert_eq!(with(2, 9), "it ends within the path of the store");
        assert_eq!(with(2, 8), "the key's name has 0 bytes, expected 1 to 256");
        assert_eq!(with(2, 0), "the path of the store is not absolute");
        assert_eq!(with(4, b'k'), "the path of the store is not absolute");
        assert_eq!(with(6, 0xff), "the path of the store is no text");
        assert_eq!(with(9, b'\n'), "the name is no text");
        let cut = Identity::from_bytes(&good[..3]).unwrap_err();
        assert_eq!(cut, "it ends after 3 bytes");
        let long = Identity::from_bytes(&[1; MAX_LEN + 1]).unwrap_err();
        assert_eq!(long, "it has 621 bytes, at most 620 were expected");
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_again(
            start in prop::collection::vec(0u8..3, 4),
            rest in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let len = start[2] as usize * 4;
            let mut bytes = vec![start[0], start[1], len as u8, 0];
            bytes.extend(b"/abcdefg".iter().take(len));
            bytes.extend(rest);
            if let Ok(identity) = Identity::from_bytes(&bytes) {
                prop_assert_eq!(identity.to_bytes().unwrap(), bytes);
            }
        }

        #[test]
        fn every_identity_comes_back(path in "/[^\\pC]{0,60}", name in "[^\\pC]{1,60}", roi in any::<bool>()) {
            let input = if roi { Input::Roi } else { Input::Photo };
            let made = identity(&path, &name, input);
            let text = made.to_text().unwrap();
            let (prefix, bytes) = bech32::decode(&text).unwrap();
            prop_assert_eq!(prefix.to_string().to_uppercase(), "AGE-PLUGIN-THENAR-");
            prop_assert_eq!(Identity::from_bytes(&bytes).unwrap(), made);
        }
    }
}
