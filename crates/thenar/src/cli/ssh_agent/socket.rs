//! The agent's socket: for its owner only from its first moment, and never in place of another file.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use super::super::error::CliError;
use super::super::files;

/// The folder of a path and the path from the root on, for whoever is told of it.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(path).map_err(CliError::file(path, "find the socket's folder"))
}

/// Makes room: a socket that nobody listens on any more is removed, anything else is refused.
pub(super) fn make_room(path: &Path) -> Result<(), CliError> {
    let is_socket = path
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && UnixStream::connect(path).is_err_and(refused) {
        return fs::remove_file(path).map_err(CliError::file(path, "remove the old socket"));
    }
    files::must_not_exist(path)
}

/// Listens on a socket of mode 0600.
pub(super) fn listen(path: &Path) -> Result<UnixListener, CliError> {
    let failed = CliError::file(path, "listen on the socket");
    // Bound in a folder that only the owner may enter, so that nobody can connect before the mode is set. The name is short
    // because the system allows about a hundred bytes.
    let private = tempfile::Builder::new()
        .prefix(".")
        .rand_bytes(6)
        .tempdir_in(files::folder_of(path))
        .map_err(&failed)?;
    let inside = private.path().join("s");
    let listener = UnixListener::bind(&inside).map_err(&failed)?;
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o600)).map_err(&failed)?;
    make_room(path)?;
    fs::rename(&inside, path).map_err(&failed)?;
    Ok(listener)
}

/// Removes the socket.
pub(super) fn remove(path: &Path) -> Result<(), CliError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(CliError::file(path, "remove the socket")(error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_private_and_replaces_only_a_dead_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        let listener = listen(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        UnixStream::connect(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(listen(&path).is_err(), "somebody listens");
        drop(listener);
        let listener = listen(&path).unwrap();
        UnixStream::connect(&path).unwrap();
        drop(listener);
        remove(&path).unwrap();
        remove(&path).unwrap();
        fs::write(&path, "a file").unwrap();
        assert!(listen(&path).is_err() && make_room(&path).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"a file");
    }
}
