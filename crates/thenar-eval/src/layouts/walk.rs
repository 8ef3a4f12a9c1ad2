//! The image files of a folder.

use std::path::Path;

use walkdir::WalkDir;

use crate::EvalError;

/// Folders inside folders; no layout needs more than three.
const MAX_DEPTH: usize = 8;
/// More entries than any published set of palms has, tables and thumbnails included.
const MAX_ENTRIES: usize = 2_000_000;
/// What the files of data sets end in, in small letters.
const IMAGES: [&str; 6] = ["bmp", "jpg", "jpeg", "png", "tif", "tiff"];

/// What a folder holds.
pub(super) struct Found {
    /// Paths of the images below the folder, parted by `/`, in the order of their names.
    pub(super) images: Vec<String>,
    /// Other files: tables, notes, thumbnails of the system.
    pub(super) other: u64,
}

/// Every image file below `root`. No link inside it is followed; `root` itself may be one.
///
/// # Errors
/// [`EvalError::File`] when `root` is no folder, for a link, a name that is not UTF-8, folders too deep, or too many
/// files. [`EvalError::Read`] when a folder cannot be read.
pub(super) fn images(root: &Path) -> Result<Found, EvalError> {
    images_within(root, MAX_ENTRIES)
}

fn images_within(root: &Path, max_entries: usize) -> Result<Found, EvalError> {
    if !root.is_dir() {
        return Err(EvalError::file(
            root,
            "is not a folder, expected the folder of a data set",
        ));
    }
    let mut found = Found {
        images: Vec::new(),
        other: 0,
    };
    let entries = WalkDir::new(root)
        .follow_links(false)
        .max_depth(MAX_DEPTH + 1)
        .sort_by_file_name();
    for (number, entry) in entries.into_iter().enumerate() {
        let entry = entry.map_err(|error| unreadable(root, error))?;
        // The root itself, which may be a link to where the data are kept.
        if entry.depth() == 0 {
            continue;
        }
        let refused = |problem: String| Err(EvalError::file(entry.path(), problem));
        if number > max_entries {
            return Err(EvalError::file(
                root,
                format!("holds more than {max_entries} files and folders"),
            ));
        }
        if entry.depth() > MAX_DEPTH {
            return refused(format!(
                "lies more than {MAX_DEPTH} folders deep, expected the folder of one data set"
            ));
        }
        if entry.path_is_symlink() {
            return refused(
                "is a symbolic link, which is not followed; expected the file itself".into(),
            );
        }
        if entry.file_type().is_dir() {
            continue;
        }
        let Some(path) = relative(root, entry.path()) else {
            return refused("has a name that is not UTF-8 text".into());
        };
        if is_image(&path) {
            found.images.push(path);
        } else {
            found.other += 1;
        }
    }
    Ok(found)
}

fn unreadable(root: &Path, error: walkdir::Error) -> EvalError {
    let path = error.path().unwrap_or(root).to_owned();
    EvalError::Read {
        path,
        source: error.into(),
    }
}

/// The path below `root`, with `/` on every platform.
fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts = path.strip_prefix(root).ok()?.iter().map(|p| p.to_str());
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(parts.join("/"))
}

fn is_image(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // `._00001.bmp` is what one system leaves beside `00001.bmp` on another's disk.
    if name.starts_with('.') {
        return false;
    }
    let end = name.rsplit_once('.').map(|(_, end)| end);
    end.is_some_and(|end| IMAGES.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn touch(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"").unwrap();
    }

    #[test]
    fn images_in_the_order_of_their_names_and_the_rest_counted() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "b/2.BMP",
            "a/10.jpg",
            "a/1.JPEG",
            "readme.txt",
            "a/._1.jpg",
            "Thumbs.db",
            "x",
        ] {
            touch(&folder.path().join(name));
        }
        let found = images(folder.path()).unwrap();
        assert_eq!(found.images, ["a/1.JPEG", "a/10.jpg", "b/2.BMP"]);
        assert_eq!(found.other, 4);
    }

    #[test]
    fn limits_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let missing = images(&folder.path().join("none")).err().unwrap();
        assert!(missing.to_string().contains("none: is not a folder"));
        for name in ["1.bmp", "2.bmp", "3.bmp"] {
            touch(&folder.path().join(name));
        }
        assert_eq!(images_within(folder.path(), 3).unwrap().images.len(), 3);
        assert!(images_within(folder.path(), 2).is_err());
        touch(&folder.path().join("a/b/c/d/e/f/g/1.bmp"));
        assert_eq!(images(folder.path()).unwrap().images.len(), 4);
        touch(&folder.path().join("a/b/c/d/e/f/g/h/1.bmp"));
        let deep = images(folder.path()).err().unwrap().to_string();
        assert!(deep.contains("more than 8 folders deep"), "{deep}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused_inside_and_followed_at_the_root() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        touch(&folder.path().join("data/1.bmp"));
        let (data, link) = (folder.path().join("data"), folder.path().join("link"));
        symlink(&data, &link).unwrap();
        assert_eq!(images(&link).unwrap().images, ["1.bmp"]);
        symlink(folder.path(), data.join("out")).unwrap();
        let refused = images(&data).err().unwrap().to_string();
        assert!(
            refused.contains("out: is a symbolic link, which is not followed"),
            "{refused}"
        );
    }
}
