//! Writing drawn hands to a folder: photos, `labels.jsonl`, a `path identity` list and a contact sheet.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, RgbImage, imageops};
use rayon::prelude::*;
use serde_json::{Value, json};
use thenar_image::KeyPoint;

use crate::hand::HandIdentity;
use crate::photo::{CaptureConfig, HandPhoto};
use crate::seed::mix;

/// What went wrong while writing drawn images.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A file or folder could not be written.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// An image could not be encoded.
    #[error("{path}: the image could not be encoded: {source}")]
    Encode {
        /// The file.
        path: String,
        /// Why.
        source: image::ImageError,
    },
    /// An option has a value that makes no sense.
    #[error("{option}: {value} is not possible, expected {expected}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        value: u64,
        /// What would be possible.
        expected: &'static str,
    },
}

/// What [`write_hands`] draws.
#[derive(Clone, Debug)]
pub struct HandsOptions {
    /// How each photo is drawn; `config.size` is the side of the photos, 64–4096 pixels.
    pub config: CaptureConfig,
    /// Also write mask and edge map of each photo (PNG).
    pub write_maps: bool,
    /// Photos without a palm, written after the others as identity `none`.
    pub negatives: usize,
    /// Quality of the JPEG files, 1–100.
    pub quality: u8,
}

impl Default for HandsOptions {
    /// 800 × 800 photos of hands that are wholly in the picture, taken with some care; no maps, no negatives.
    fn default() -> Self {
        let config = CaptureConfig {
            size: 800,
            cut: 0.0,
            harshness: 0.2,
            maps: false,
            ..CaptureConfig::default()
        };
        Self {
            config,
            write_maps: false,
            negatives: 0,
            quality: 92,
        }
    }
}

/// Side of a picture on the contact sheet, pictures per row and greatest number of pictures.
pub(crate) const THUMB: (u32, usize, usize) = (160, 12, 240);

/// Draws `captures` photos of each of `identities` hands into the folder `dir`.
///
/// Photos are named `0007_02_left.jpg` (identity, capture, side), `…_ir.jpg` for near infrared, `…_mask.png` and
/// `…_edges.png` for the maps. `labels.jsonl` has one object per photo, `list.txt` one line `path identity` per photo of a
/// palm; `contact.png` shows them small. The same arguments write the same bytes. `progress` is called with the number of photos done and the total, from any thread.
///
/// # Errors
/// When a file cannot be written, or `options` ask for the impossible.
pub fn write_hands(
    dir: &Path,
    identities: usize,
    captures: usize,
    seed: u64,
    options: &HandsOptions,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<(), SynthError> {
    check(options)?;
    fs::create_dir_all(dir).map_err(|source| SynthError::Io {
        path: dir.display().to_string(),
        source,
    })?;
    let config = CaptureConfig {
        maps: options.write_maps,
        ..options.config.clone()
    };
    let total = identities * captures + options.negatives;
    let done = std::sync::atomic::AtomicUsize::new(0);
    let draw = |index: usize| {
        let photo = if index < identities * captures {
            let (person, capture) = (index / captures, index % captures);
            let identity = HandIdentity::draw(mix(seed, person as u64));
            let capture_seed = mix(seed ^ 0x6361_7074, index as u64);
            let photo = HandPhoto::draw(&identity, capture_seed, &config);
            let stem = format!("{person:04}_{capture:02}_{}", photo.labels.side.name());
            save(
                dir,
                &stem,
                json!(person),
                json!(capture),
                capture_seed,
                &photo,
                options,
            )
        } else {
            let number = index - identities * captures;
            let capture_seed = mix(seed ^ 0x6e6f_6e65, number as u64);
            let photo = HandPhoto::draw_negative(capture_seed, &config);
            let stem = format!("none_{number:04}");
            save(
                dir,
                &stem,
                Value::Null,
                json!(number),
                capture_seed,
                &photo,
                options,
            )
        };
        let now = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        progress(now, total);
        photo
    };
    let written: Vec<(Value, RgbImage)> = (0..total)
        .into_par_iter()
        .map(draw)
        .collect::<Result<_, _>>()?;
    let mut lines = Vec::new();
    for (label, _) in &written {
        lines.extend_from_slice(label.to_string().as_bytes());
        lines.push(b'\n');
    }
    store(dir, "labels.jsonl", &lines)?;
    let labels = written.iter().map(|(label, _)| label);
    store(dir, "list.txt", list(labels).as_bytes())?;
    contact_sheet(dir, written.iter().map(|(_, small)| small))
}

/// Lines of `path identity`; photos without a palm are of nobody.
fn list<'a>(labels: impl Iterator<Item = &'a Value>) -> String {
    let line = |label: &Value| {
        Some(format!(
            "{} {}\n",
            label["file"].as_str()?,
            label["identity"].as_u64()?
        ))
    };
    labels.filter_map(line).collect()
}

fn check(options: &HandsOptions) -> Result<(), SynthError> {
    let wrong = |option, value, expected| {
        Err(SynthError::Option {
            option,
            value,
            expected,
        })
    };
    if !(64..=4096).contains(&options.config.size) {
        return wrong("size", u64::from(options.config.size), "64 to 4096 pixels");
    }
    if !(1..=100).contains(&options.quality) {
        return wrong("quality", u64::from(options.quality), "1 to 100");
    }
    Ok(())
}

/// Writes the files of one photo; gives its label and its picture for the contact sheet.
fn save(
    dir: &Path,
    stem: &str,
    identity: Value,
    capture: Value,
    seed: u64,
    photo: &HandPhoto,
    options: &HandsOptions,
) -> Result<(Value, RgbImage), SynthError> {
    let file = format!("{stem}.jpg");
    let encode = |name: &str, result: image::ImageResult<()>| {
        result.map_err(|source| SynthError::Encode {
            path: dir.join(name).display().to_string(),
            source,
        })
    };
    let mut bytes = Vec::new();
    encode(
        &file,
        JpegEncoder::new_with_quality(&mut bytes, options.quality).encode_image(&photo.rgb),
    )?;
    store(dir, &file, &bytes)?;
    let mut label = label(photo, &file, identity, capture, seed);
    if let Some(infrared) = &photo.infrared {
        let name = format!("{stem}_ir.jpg");
        let mut bytes = Vec::new();
        encode(
            &name,
            JpegEncoder::new_with_quality(&mut bytes, options.quality).encode_image(infrared),
        )?;
        store(dir, &name, &bytes)?;
        label["infrared"] = json!(name);
    }
    if options.write_maps {
        for (kind, map) in [("mask", &photo.mask), ("edges", &photo.edges)] {
            let name = format!("{stem}_{kind}.png");
            encode(&name, png(dir, &name, map)?)?;
            label[kind] = json!(name);
        }
    }
    Ok((label, imageops::thumbnail(&photo.rgb, THUMB.0, THUMB.0)))
}

fn png(dir: &Path, name: &str, map: &GrayImage) -> Result<image::ImageResult<()>, SynthError> {
    let mut bytes = io::Cursor::new(Vec::new());
    let result = map.write_to(&mut bytes, image::ImageFormat::Png);
    if result.is_ok() {
        store(dir, name, bytes.get_ref())?;
    }
    Ok(result)
}

/// The label of one photo, as it stands in `labels.jsonl`.
fn label(photo: &HandPhoto, file: &str, identity: Value, capture: Value, seed: u64) -> Value {
    let labels = &photo.labels;
    let mut out = json!({
        "file": file,
        "identity": identity,
        "capture": capture,
        "seed": seed,
        "width": photo.rgb.width(),
        "height": photo.rgb.height(),
        "presence": labels.presence,
    });
    if labels.presence {
        let points: serde_json::Map<String, Value> = KeyPoint::ALL
            .iter()
            .map(|&k| {
                let p = labels.key_points[k as usize];
                (k.name().to_owned(), json!([round(p.x), round(p.y)]))
            })
            .collect();
        let visible: serde_json::Map<String, Value> = KeyPoint::ALL
            .iter()
            .map(|&k| (k.name().to_owned(), json!(labels.visible[k as usize])))
            .collect();
        out["side"] = json!(labels.side.name());
        out["key_points"] = Value::Object(points);
        out["visible"] = Value::Object(visible);
        out["pose"] = json!({
            "in_plane": round(labels.pose.in_plane),
            "yaw": round(labels.pose.yaw),
            "pitch": round(labels.pose.pitch),
        });
        out["cut"] = json!(labels.cut);
    }
    out
}

/// Three decimals: a thousandth of a pixel or of a degree.
fn round(v: f32) -> f64 {
    (f64::from(v) * 1000.0).round() / 1000.0
}

pub(crate) fn contact_sheet<'a>(
    dir: &Path,
    pictures: impl ExactSizeIterator<Item = &'a RgbImage>,
) -> Result<(), SynthError> {
    let (side, columns, most) = THUMB;
    let count = pictures.len().min(most);
    if count == 0 {
        return Ok(());
    }
    let columns = columns.min(count);
    let mut sheet = RgbImage::new(columns as u32 * side, count.div_ceil(columns) as u32 * side);
    for (i, picture) in pictures.take(count).enumerate() {
        imageops::replace(
            &mut sheet,
            picture,
            (i % columns) as i64 * i64::from(side),
            (i / columns) as i64 * i64::from(side),
        );
    }
    let mut bytes = io::Cursor::new(Vec::new());
    sheet
        .write_to(&mut bytes, image::ImageFormat::Png)
        .map_err(|source| SynthError::Encode {
            path: dir.join("contact.png").display().to_string(),
            source,
        })?;
    store(dir, "contact.png", bytes.get_ref())
}

/// Writes a file whole or not at all: under another name first, then renamed.
pub(crate) fn store(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), SynthError> {
    let path = dir.join(name);
    let partial = dir.join(format!(".{name}.part"));
    let write = || {
        let mut file = fs::File::create(&partial)?;
        file.write_all(bytes)?;
        drop(file);
        fs::rename(&partial, &path)
    };
    write().map_err(|source| SynthError::Io {
        path: path.display().to_string(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_write_the_same_bytes() {
        let options = HandsOptions {
            config: CaptureConfig {
                size: 96,
                infrared: true,
                ..CaptureConfig::default()
            },
            write_maps: true,
            negatives: 2,
            quality: 90,
        };
        let folders = [(); 2].map(|()| {
            let dir = tempfile::tempdir().unwrap();
            write_hands(dir.path(), 2, 2, 5, &options, &|_, _| {}).unwrap();
            let mut files: Vec<_> = fs::read_dir(dir.path())
                .unwrap()
                .map(|e| e.unwrap().path())
                .map(|p| (p.file_name().unwrap().to_owned(), fs::read(&p).unwrap()))
                .collect();
            files.sort();
            files
        });
        assert_eq!(folders[0], folders[1]);
        // Six photos with infrared, mask and edges each, the labels, the list and the contact sheet.
        assert_eq!(folders[0].len(), 6 * 4 + 3);
    }

    #[test]
    fn labels_name_files_and_points() {
        let dir = tempfile::tempdir().unwrap();
        let options = HandsOptions {
            negatives: 1,
            ..HandsOptions::default()
        };
        let options = HandsOptions {
            config: CaptureConfig {
                size: 96,
                ..options.config.clone()
            },
            ..options
        };
        write_hands(dir.path(), 1, 2, 9, &options, &|_, _| {}).unwrap();
        let text = fs::read_to_string(dir.path().join("labels.jsonl")).unwrap();
        let labels: Vec<Value> = text
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert_eq!(labels.len(), 3);
        for label in &labels {
            assert!(dir.path().join(label["file"].as_str().unwrap()).is_file());
        }
        assert_eq!(
            labels[0]["key_points"].as_object().unwrap().len(),
            KeyPoint::ALL.len()
        );
        assert_eq!(labels[2]["presence"], json!(false));
        let list = fs::read_to_string(dir.path().join("list.txt")).unwrap();
        let listed: Vec<(&str, &str)> = list.lines().filter_map(|l| l.split_once(' ')).collect();
        assert_eq!(listed.len(), 2);
        assert!(
            listed
                .iter()
                .zip(&labels)
                .all(|((path, of), l)| l["file"] == *path && *of == "0")
        );
    }

    #[test]
    fn impossible_sizes_are_refused() {
        let mut options = HandsOptions::default();
        options.config.size = 8;
        let refused =
            write_hands(Path::new("/nonexistent"), 1, 1, 1, &options, &|_, _| {}).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "size: 8 is not possible, expected 64 to 4096 pixels"
        );
    }
}
