//! A file with a secret of 32 bytes: a line of 64 hex digits, mode 0600.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use thenar_protect::{Token, os_rng};
use zeroize::Zeroizing;

use super::error::CliError;
use super::files;

/// Bytes of a secret.
const LEN: usize = 32;

/// A secret, wiped when dropped.
pub(crate) type Secret = Zeroizing<[u8; LEN]>;

/// Reads the secret, or draws a new one where there is no file.
pub(crate) fn read_or_new(path: &Path) -> Result<Secret, CliError> {
    if path.exists() {
        return read(path);
    }
    // A token is 32 random bytes and nothing else.
    let secret = Secret::new(*Token::random(&mut os_rng()).as_bytes());
    let mut text = Zeroizing::new(String::with_capacity(2 * LEN + 1));
    for byte in *secret {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    files::write_private(path, text.as_bytes())?;
    Ok(secret)
}

/// Reads the secret.
pub(crate) fn read(path: &Path) -> Result<Secret, CliError> {
    let failed = CliError::file(path, "read the secret");
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut text))
        .map_err(&failed)?;
    parse(&text).ok_or_else(|| failed(std::io::Error::other("expected one line of 64 hex digits")))
}

fn parse(text: &[u8]) -> Option<Secret> {
    let digits = text.trim_ascii_end();
    if digits.len() != 2 * LEN {
        return None;
    }
    let mut bytes = Secret::default();
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for &digit in pair {
            *byte = (*byte << 4) | u8::try_from(char::from(digit).to_digit(16)?).ok()?;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let made = read_or_new(&path).unwrap();
        assert_ne!(*made, [0; LEN]);
        assert_eq!(made, read_or_new(&path).unwrap());
        assert_eq!(made, read(&path).unwrap());
        assert_ne!(made, read_or_new(&folder.path().join("other")).unwrap());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "12", &"g".repeat(64), &"0".repeat(66)] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(parse(&[b'a'; 64]).map(|s| *s), Some([0xaa; LEN]));
    }
}
