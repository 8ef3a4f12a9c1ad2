//! Files appear whole or not at all; private ones are for the owner only and never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{Cursor, Read, Write};
use std::path::Path;

use image::{DynamicImage, ImageFormat};

use super::error::CliError;

/// What stands for stdin or stdout in place of a path.
const STDIO: &str = "-";

/// Whether stdin or stdout is meant.
pub(crate) fn is_stdio(path: &Path) -> bool {
    path == Path::new(STDIO)
}

/// Refuses two arguments, by their names, that are both to be read from stdin.
pub(crate) fn not_both_from_stdin(
    (one, path): (&str, Option<&Path>),
    (other, other_path): (&str, Option<&Path>),
) -> Result<(), CliError> {
    if path.is_some_and(is_stdio) && other_path.is_some_and(is_stdio) {
        return Err(CliError::Usage(format!(
            "{one} - and {other} - both want stdin; give one as a file"
        )));
    }
    Ok(())
}

/// Reads a file (`-` for stdin) of at most `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64, action: &'static str) -> Result<Vec<u8>, CliError> {
    let failed = CliError::file(path, action);
    let mut bytes = Vec::new();
    if is_stdio(path) {
        let stdin = std::io::stdin().lock();
        stdin.take(limit + 1).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
    }
    .map_err(&failed)?;
    if bytes.len() as u64 > limit {
        let reason = format!("it is longer than {limit} bytes");
        return Err(failed(std::io::Error::other(reason)));
    }
    Ok(bytes)
}

/// The folder that a path is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes a file, replacing what was there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let failed = CliError::file(path, "write");
    let mut builder = tempfile::Builder::new();
    builder.prefix(".thenar-");
    // As for any new file: what the process's mask leaves of it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder_of(path)).map_err(&failed)?;
    file.write_all(bytes).map_err(&failed)?;
    file.persist(path)
        .map_err(|refused| failed(refused.error))?;
    Ok(())
}

/// Writes an image as PNG, or in the format that the name's ending says.
pub(crate) fn write_image(path: &Path, image: &DynamicImage) -> Result<(), CliError> {
    let format = match path.extension() {
        None => ImageFormat::Png,
        Some(_) => ImageFormat::from_path(path)
            .ok()
            .filter(|format| {
                matches!(
                    format,
                    ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Bmp | ImageFormat::WebP
                )
            })
            .ok_or_else(|| {
                CliError::Usage(format!(
                    "{}: images are written as .png, .jpg, .bmp or .webp",
                    path.display()
                ))
            })?,
    };
    let mut bytes = Cursor::new(Vec::new());
    let encoded = image.write_to(&mut bytes, format);
    encoded.map_err(|error| {
        CliError::file(path, "encode")(std::io::Error::other(error.to_string()))
    })?;
    write(path, bytes.get_ref())
}

/// Makes a folder with all above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), CliError> {
    fs::create_dir_all(path).map_err(CliError::file(path, "create the folder"))
}

/// Writes a new file that only its owner may open, through to the disk. Refuses when there is one.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = CliError::file(path, "create");
    let mut file = options.open(path).map_err(&failed)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a secret is worth nothing; that it cannot be removed either is the lesser trouble.
        let _ = fs::remove_file(path);
        return Err(failed(error));
    }
    Ok(())
}

/// A file for its owner only, in the folder of `path`, that takes this name when it is whole.
pub(crate) fn private_beside(path: &Path) -> Result<tempfile::NamedTempFile, CliError> {
    tempfile::Builder::new()
        .prefix(".thenar-")
        .tempfile_in(folder_of(path))
        .map_err(CliError::file(path, "write"))
}

/// Refuses a path where there is a file, before any work is done.
pub(crate) fn must_not_exist(path: &Path) -> Result<(), CliError> {
    match path.symlink_metadata() {
        Ok(_) => Err(CliError::Usage(format!(
            "{}: exists already and is not overwritten",
            path.display()
        ))),
        Err(_) => Ok(()),
    }
}
