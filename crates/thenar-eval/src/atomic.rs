//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::EvalError;

/// Writes a file through a temporary neighbour that is renamed onto `path` at the end.
///
/// An error, or a crash at any moment, leaves what stood under `path` before.
///
/// # Errors
/// [`EvalError::Write`] when the folder is missing or not writable, or the disk is full.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> Result<(), EvalError> {
    try_write(path, content).map_err(EvalError::write(path))
}

fn try_write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
) -> io::Result<()> {
    // A rename is atomic only within one file system, so the temporary file stands beside its target.
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".thenar-eval-");
    #[cfg(unix)]
    {
        // Reports are meant to be read: the usual mode (umask applies), not the private one of temporary files.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(1 << 20, file.as_file_mut());
    content(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write(&path, |out| out.write_all(b"first")).unwrap();
        let failed = write(&path, |out| {
            out.write_all(b"half of the sec")?;
            Err(io::Error::other("disk full"))
        });
        assert!(
            failed
                .unwrap_err()
                .to_string()
                .contains("report.json: cannot be written: disk full")
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_missing_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("nowhere").join("scores.txt");
        let failed = write(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(failed.contains("nowhere"), "{failed}");
    }
}
