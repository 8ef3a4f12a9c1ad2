//! The device secret: a file of 64 hex digits, mode 0600.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use thenar_key::DeviceSecret;
use thenar_key::commitment::DEVICE_SECRET_LEN;
use thenar_protect::os_rng;
use zeroize::Zeroizing;

use super::super::error::CliError;
use super::super::files;

/// Reads the secret, or makes a new one where there is no file.
pub(super) fn read_or_new(path: Option<&Path>) -> Result<Option<DeviceSecret>, CliError> {
    let Some(path) = path else { return Ok(None) };
    if path.exists() {
        return read(path).map(Some);
    }
    let secret = DeviceSecret::random(&mut os_rng());
    let mut text = Zeroizing::new(String::with_capacity(2 * DEVICE_SECRET_LEN + 1));
    for byte in secret.expose() {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text.push('\n');
    files::write_private(path, text.as_bytes())?;
    Ok(Some(secret))
}

/// Reads the secret.
pub(crate) fn read(path: &Path) -> Result<DeviceSecret, CliError> {
    let failed = CliError::file(path, "read the device secret");
    let mut text = Zeroizing::new(Vec::with_capacity(128));
    File::open(path)
        .and_then(|file| file.take(100).read_to_end(&mut text))
        .map_err(&failed)?;
    parse(&text).ok_or_else(|| failed(std::io::Error::other("expected one line of 64 hex digits")))
}

fn parse(text: &[u8]) -> Option<DeviceSecret> {
    let digits = text.trim_ascii_end();
    if digits.len() != 2 * DEVICE_SECRET_LEN {
        return None;
    }
    let mut bytes = Zeroizing::new([0; DEVICE_SECRET_LEN]);
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for &digit in pair {
            *byte = (*byte << 4) | u8::try_from(char::from(digit).to_digit(16)?).ok()?;
        }
    }
    Some(DeviceSecret::from_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let made = read_or_new(Some(&path)).unwrap().unwrap();
        let again = read_or_new(Some(&path)).unwrap().unwrap();
        assert_eq!(made.expose(), again.expose());
        assert_eq!(made.expose(), read(&path).unwrap().expose());
        assert!(read_or_new(None).unwrap().is_none());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "12", &"g".repeat(64), &"0".repeat(66)] {
            assert!(parse(text.as_bytes()).is_none(), "{text}");
        }
        assert_eq!(parse(&[b'a'; 64]).map(|s| *s.expose()), Some([0xaa; 32]));
    }
}
