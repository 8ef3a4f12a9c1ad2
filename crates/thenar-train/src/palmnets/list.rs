//! Lists of labelled images: one `path label` per line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, resize};
use image::{GrayImage, ImageReader, Limits};
use rayon::prelude::*;

use super::ROI;
use crate::error::TrainError;

/// Largest side of an image that is read, pixels.
const LARGEST_SIDE: u32 = 4096;
/// Most lines: 16 GB of regions.
const MOST_IMAGES: usize = 1_000_000;

/// Labelled regions of interest, in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Album {
    /// Regions, 128×128 grey levels, row by row.
    pub images: Vec<Vec<u8>>,
    /// The identity of each, as a number into `names`.
    pub labels: Vec<usize>,
    /// The line of the list that names each.
    pub lines: Vec<usize>,
    /// Labels in the order in which the list names them first.
    pub names: Vec<String>,
}

impl Album {
    /// Reads the list at `list`, whose paths are relative to `root`. Blank lines and lines that begin with `#` are
    /// skipped. Images of another size are resized.
    ///
    /// # Errors
    /// When the list cannot be read, a line is malformed, the list is empty, or an image is missing or unreadable;
    /// the error says which line.
    pub fn read(list: &Path, root: &Path) -> Result<Self, TrainError> {
        let text = fs::read_to_string(list).map_err(|e| TrainError::file(list, e))?;
        let lines = parse(&text).map_err(|(line, reason)| fault(list, line, reason))?;
        let images: Result<Vec<_>, _> = lines
            .par_iter()
            .map(|entry| {
                read_image(&root.join(&entry.path))
                    .map_err(|reason| fault(list, entry.line, reason))
            })
            .collect();
        let mut numbers = BTreeMap::new();
        let mut album = Self {
            images: images?,
            labels: Vec::new(),
            lines: lines.iter().map(|entry| entry.line).collect(),
            names: Vec::new(),
        };
        for entry in lines {
            let number = *numbers
                .entry(entry.label.clone())
                .or_insert(album.names.len());
            if number == album.names.len() {
                album.names.push(entry.label);
            }
            album.labels.push(number);
        }
        Ok(album)
    }

    /// The images of every identity.
    ///
    /// # Errors
    /// When an identity has one image only: it gives no pair to learn from.
    pub fn pairs(&self, list: &Path) -> Result<Vec<Vec<usize>>, TrainError> {
        let mut groups = vec![Vec::new(); self.names.len()];
        for (image, &label) in self.labels.iter().enumerate() {
            groups[label].push(image);
        }
        for (group, name) in groups.iter().zip(&self.names) {
            if let [alone] = group[..] {
                let reason = format!("label {name} has one image, which makes no pair");
                return Err(fault(list, self.lines[alone], reason));
            }
        }
        Ok(groups)
    }
}

/// A line of a list.
#[derive(Debug, PartialEq)]
struct Entry {
    line: usize,
    path: PathBuf,
    label: String,
}

fn parse(text: &str) -> Result<Vec<Entry>, (usize, String)> {
    let mut entries = Vec::new();
    for (i, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // Paths may contain spaces, labels may not.
        let Some((path, label)) = line.rsplit_once(char::is_whitespace) else {
            return Err((i + 1, format!("expected `path label`, found `{line}`")));
        };
        if entries.len() == MOST_IMAGES {
            return Err((i + 1, format!("more than {MOST_IMAGES} images")));
        }
        entries.push(Entry {
            line: i + 1,
            path: path.trim_end().into(),
            label: label.into(),
        });
    }
    if entries.is_empty() {
        return Err((text.lines().count(), "the list names no image".into()));
    }
    Ok(entries)
}

fn read_image(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|e| failed(&e))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    reader.limits(limits);
    let image: GrayImage = reader.decode().map_err(|e| failed(&e))?.into_luma8();
    let side = ROI as u32;
    let image = if image.dimensions() == (side, side) {
        image
    } else {
        resize(&image, side, side, FilterType::Triangle)
    };
    Ok(image.into_raw())
}

fn fault(list: &Path, line: usize, reason: String) -> TrainError {
    TrainError::Line {
        path: list.to_path_buf(),
        line,
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(dir: &Path, text: &str) -> PathBuf {
        let path = dir.join("list.txt");
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn lists_are_read_in_order_and_images_made_square() {
        let dir = tempfile::tempdir().unwrap();
        for (name, side, value) in [("a 1.png", 128, 7u8), ("b.png", 64, 9), ("c.bmp", 128, 11)] {
            let image = GrayImage::from_pixel(side, side, image::Luma([value]));
            image.save(dir.path().join(name)).unwrap();
        }
        let list = write(dir.path(), "# palms\na 1.png x\n\nb.png\ty\nc.bmp x\n");
        let album = Album::read(&list, dir.path()).unwrap();
        assert_eq!(album.names, ["x", "y"]);
        assert_eq!(album.labels, [0, 1, 0]);
        let first: Vec<u8> = album.images.iter().map(|i| i[0]).collect();
        assert_eq!(first, [7, 9, 11]);
        assert!(album.images.iter().all(|i| i.len() == ROI * ROI));
        let error = album.pairs(&list).unwrap_err().to_string();
        assert!(
            error.contains("list.txt, line 4: label y has one image"),
            "{error}"
        );
    }

    #[test]
    fn faults_name_their_line() {
        let dir = tempfile::tempdir().unwrap();
        let fault = |text: &str| {
            let list = write(dir.path(), text);
            Album::read(&list, dir.path()).unwrap_err().to_string()
        };
        let error = fault("# palms\nalone\n");
        assert!(
            error.contains("list.txt, line 2: expected `path label`, found `alone`"),
            "{error}"
        );
        let error = fault("\nmissing.png 3\n");
        assert!(
            error.contains("line 2") && error.contains("missing.png"),
            "{error}"
        );
        assert!(fault("# nothing\n").contains("no image"));
        fs::write(dir.path().join("text.png"), "not an image").unwrap();
        assert!(fault("text.png 1\n").contains("text.png"));
    }
}
