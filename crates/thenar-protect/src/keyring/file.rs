//! The keyring on disk: written whole or not at all, read only when nobody else may read it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::format::MAX_BYTES;
use crate::KeyId;

/// What can be wrong with a keyring file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// There is no such file.
    #[error("{}: there is no keyring here", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A keyring was to be created where there is a file.
    #[error("{}: a file exists here already and is not overwritten, because losing a keyring loses the store", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Other users may read or write the file.
    #[error("{0}: other users may open the keyring (mode {mode:04o}, expected 0600); run: chmod 600 '{0}'", path.display())]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The text is not a keyring.
    #[error("{}, line {line}: not a keyring: {problem}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The checksum does not fit.
    #[error("{}: the keyring is damaged: its checksum does not fit; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file is no longer as it was read.
    #[error("{}: another process changed the keyring meanwhile; nothing was written, try again", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A rotation is to begin while another has not ended.
    #[error("{}: a rotation of the store key was begun and not ended; end it first", path.display())]
    RotationUnderWay {
        /// The file.
        path: PathBuf,
    },
    /// The store key is not in the keyring, and was not given.
    #[error("{}: the store key {key} (epoch {epoch}) is kept outside the keyring and was not given", path.display())]
    KeyOutside {
        /// The file.
        path: PathBuf,
        /// The public name of the key.
        key: KeyId,
        /// Its epoch.
        epoch: u32,
    },
    /// A store key was given, but another one is needed.
    #[error("{}: expected the store key {key} (epoch {epoch}), but the one given is {given}", path.display())]
    OtherStoreKey {
        /// The file.
        path: PathBuf,
        /// The public name of the key that is needed.
        key: KeyId,
        /// Its epoch.
        epoch: u32,
        /// The public names of those that were given.
        given: String,
    },
    /// A rotation needs another key than the present one.
    #[error("{}: the new store key {key} is the present one; a rotation needs another", path.display())]
    SameStoreKey {
        /// The file.
        path: PathBuf,
        /// The public name of the key.
        key: KeyId,
    },
    /// The operating system refuses.
    #[error("{}: cannot {action} the keyring: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Reads the file after checking who else may.
pub(super) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    let file = File::open(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => KeyringError::Missing {
            path: path.to_owned(),
        },
        _ => failed(path, "open")(source),
    })?;
    let metadata = file.metadata().map_err(failed(path, "look at"))?;
    let not_a_keyring = |problem: String| KeyringError::Format {
        path: path.to_owned(),
        line: 1,
        problem,
    };
    if !metadata.is_file() {
        return Err(not_a_keyring("it is not a regular file".into()));
    }
    check_mode(path, &metadata)?;
    if metadata.len() > MAX_BYTES as u64 {
        return Err(not_a_keyring(format!(
            "it has {} bytes, expected at most {MAX_BYTES}",
            metadata.len()
        )));
    }
    // No byte more than there is room for: a vector that grows would leave copies of the secrets behind. What was added to
    // the file meanwhile makes its checksum wrong. The spare room keeps `read_to_end` from growing to find the end.
    let len = metadata.len() + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(len as usize + 64));
    file.take(len)
        .read_to_end(&mut text)
        .map_err(failed(path, "read"))?;
    Ok(text)
}

/// Writes a new file, and refuses when there is one.
pub(super) fn create(path: &Path, text: &[u8]) -> Result<(), KeyringError> {
    write_beside(path, text)?
        .persist_noclobber(path)
        .map_err(|refused| match refused.error.kind() {
            io::ErrorKind::AlreadyExists => KeyringError::Exists {
                path: path.to_owned(),
            },
            _ => failed(path, "create")(refused.error),
        })?;
    sync_folder(path)
}

/// Replaces a file whose SHA-256 still is `expected`.
pub(super) fn replace(path: &Path, expected: &[u8; 32], text: &[u8]) -> Result<(), KeyringError> {
    // A link to the keyring stays a link.
    let path = &path.canonicalize().map_err(failed(path, "find"))?;
    // Released when the handle is dropped. Where folders cannot be locked, the comparison alone has to do.
    let folder = File::open(folder_of(path));
    let _locked = folder.as_ref().is_ok_and(|folder| folder.lock().is_ok());
    let found: [u8; 32] = Sha256::digest(&*read(path)?).into();
    if found != *expected {
        return Err(KeyringError::Changed { path: path.clone() });
    }
    write_beside(path, text)?
        .persist(path)
        .map_err(|refused| failed(path, "replace")(refused.error))?;
    sync_folder(path)
}

/// A temporary file in the same folder, mode 0600, written through to the disk.
fn write_beside(path: &Path, text: &[u8]) -> Result<tempfile::NamedTempFile, KeyringError> {
    let write = || {
        let mut file = tempfile::Builder::new()
            .prefix(".thenar-keyring-")
            .tempfile_in(folder_of(path))?;
        file.write_all(text)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(failed(path, "write"))
}

/// Makes the new name of a file durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), KeyringError> {
    File::open(folder_of(path))
        .and_then(|folder| folder.sync_all())
        .map_err(failed(path, "sync the folder of"))
}

/// Other systems cannot open folders.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), KeyringError> {
    Ok(())
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &std::fs::Metadata) -> Result<(), KeyringError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyringError::Permissions {
            path: path.to_owned(),
            mode,
        })
    }
}

/// Other systems have no mode bits; the folder's access list has to do.
#[cfg(not(unix))]
fn check_mode(_: &Path, _: &std::fs::Metadata) -> Result<(), KeyringError> {
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn failed<'a>(path: &'a Path, action: &'static str) -> impl Fn(io::Error) -> KeyringError + 'a {
    move |source| KeyringError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}
