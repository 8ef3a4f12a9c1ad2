//! Writing drawn regions of interest to a folder: images, `labels.jsonl`, a `path label` list and a contact sheet.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use image::{DynamicImage, ImageFormat, RgbImage};
use rayon::prelude::*;
use serde_json::json;

use crate::palm::Palm;
use crate::roi::{self, RoiVariation};
use crate::seed::mix;
use crate::write::{SynthError, contact_sheet, store};

/// Draws `captures` regions of each of `identities` palms into the folder `dir`, as 128×128 grey PNG files named
/// `0007_02.png` (identity, capture).
///
/// `labels.jsonl` has one object per image, `list.txt` one line `path label`, `contact.png` shows them together. The
/// same arguments write the same bytes. `progress` is called with the number of images done and the total, from any
/// thread.
///
/// # Errors
/// When a file cannot be written.
pub fn write_rois(
    dir: &Path,
    identities: usize,
    captures: usize,
    seed: u64,
    variation: &RoiVariation,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), SynthError> {
    fs::create_dir_all(dir).map_err(|source| SynthError::Io {
        path: dir.display().to_string(),
        source,
    })?;
    let total = identities * captures;
    let done = AtomicUsize::new(0);
    let draw = |index: usize| {
        let (person, capture) = (index / captures, index % captures);
        let palm = Palm::draw(mix(seed, person as u64));
        let capture_seed = mix(seed ^ 0x6361_7074, index as u64);
        let image = DynamicImage::from(roi::draw(&palm, capture_seed, variation));
        let file = format!("{person:04}_{capture:02}.png");
        let mut bytes = Cursor::new(Vec::new());
        let encoded = image.write_to(&mut bytes, ImageFormat::Png);
        encoded.map_err(|source| SynthError::Encode {
            path: dir.join(&file).display().to_string(),
            source,
        })?;
        store(dir, &file, bytes.get_ref())?;
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let label =
            json!({ "file": file, "identity": person, "capture": capture, "seed": capture_seed });
        Ok((
            format!("{label}\n"),
            format!("{file} {person}\n"),
            image.to_rgb8(),
        ))
    };
    let written: Vec<(String, String, RgbImage)> = (0..total)
        .into_par_iter()
        .map(draw)
        .collect::<Result<_, _>>()?;
    let labels: String = written.iter().map(|(label, _, _)| label.as_str()).collect();
    let list: String = written.iter().map(|(_, line, _)| line.as_str()).collect();
    store(dir, "labels.jsonl", labels.as_bytes())?;
    store(dir, "list.txt", list.as_bytes())?;
    contact_sheet(dir, written.iter().map(|(_, _, image)| image))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_write_the_same_files() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for dir in [&a, &b] {
            write_rois(dir.path(), 2, 2, 5, &RoiVariation::default(), &|_, _| ()).unwrap();
        }
        let names = [
            "0000_00.png",
            "0001_01.png",
            "labels.jsonl",
            "list.txt",
            "contact.png",
        ];
        for name in names {
            let read = |dir: &tempfile::TempDir| fs::read(dir.path().join(name)).unwrap();
            assert_eq!(read(&a), read(&b), "{name}");
        }
        assert_eq!(fs::read_dir(a.path()).unwrap().count(), 7);
    }
}
