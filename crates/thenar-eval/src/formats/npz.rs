//! numpy's `.npz`: a zip archive of `.npy` arrays, stored or deflated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use super::npy::{self, Array, MAX_BYTES};
use crate::{EvalError, atomic};

/// Arrays in one file.
const MAX_ARRAYS: usize = 256;

/// Reads all arrays of a `.npz` file by their names.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::File`] when it is not a zip archive of at most 256 arrays as [`npy::read`] takes
/// them, or they are more than 4 GiB together once unpacked.
pub fn read(path: &Path) -> Result<BTreeMap<String, Array>, EvalError> {
    let file = File::open(path).map_err(EvalError::read(path))?;
    parse(BufReader::new(file)).map_err(|problem| EvalError::file(path, problem))
}

fn parse(input: impl Read + Seek) -> Result<BTreeMap<String, Array>, String> {
    let mut archive = zip::ZipArchive::new(input).map_err(|e| format!("not a .npz file: {e}"))?;
    if archive.len() > MAX_ARRAYS {
        return Err(format!(
            "{} arrays, expected at most {MAX_ARRAYS}",
            archive.len()
        ));
    }
    let mut arrays = BTreeMap::new();
    let mut left = MAX_BYTES;
    for index in 0..archive.len() {
        let entry = archive
            .by_index(index)
            .map_err(|e| format!("entry {index}: {e}"))?;
        let name = entry
            .name()
            .map_err(|e| format!("entry {index}: {e}"))?
            .into_owned();
        // The length in the directory may lie, so what is really unpacked is counted.
        let mut bytes = Vec::new();
        let got = entry.take(left + 1).read_to_end(&mut bytes);
        got.map_err(|e| format!("{name:?}: {e}"))?;
        let size = bytes.len() as u64;
        left = left.checked_sub(size).ok_or_else(|| {
            format!("more than {MAX_BYTES} bytes when unpacked, the limit for a .npz file")
        })?;
        let array = npy::parse(&bytes).map_err(|problem| format!("{name:?}: {problem}"))?;
        let key = name.strip_suffix(".npy").unwrap_or(&name).to_owned();
        if arrays.insert(key, array).is_some() {
            return Err(format!("{name:?} is there twice"));
        }
    }
    Ok(arrays)
}

/// Writes arrays of 32-bit floats, each with its name, as numpy's `savez` does; the file appears whole or not at all.
///
/// # Errors
/// [`EvalError::Write`].
pub fn write(path: &Path, arrays: &[(&str, &[f32])]) -> Result<(), EvalError> {
    let stored = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    atomic::write(path, |out| {
        let mut archive = zip::ZipWriter::new(out);
        for (name, values) in arrays {
            let entry = archive.start_file(format!("{name}.npy"), stored);
            entry.map_err(io::Error::other)?;
            archive.write_all(&npy_header(values.len()))?;
            for part in values.chunks(16 << 10) {
                let bytes: Vec<u8> = part.iter().flat_map(|v| v.to_le_bytes()).collect();
                archive.write_all(&bytes)?;
            }
        }
        archive.finish().map_err(io::Error::other)?;
        Ok(())
    })
}

/// Version 1.0 (NEP 1): the data begins at a multiple of 64 bytes.
fn npy_header(length: usize) -> Vec<u8> {
    let about = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({length},), }}");
    let start = (10 + about.len() + 1).next_multiple_of(64);
    let text = format!("{about:<width$}\n", width = start - 11);
    let length = (start - 10) as u16;
    [
        b"\x93NUMPY\x01\x00",
        &length.to_le_bytes()[..],
        text.as_bytes(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.npz");
        let long: Vec<f32> = (0..40_000).map(|k| k as f32 / 7.0).collect();
        let short = [f32::NAN, -0.0, f32::MIN_POSITIVE];
        write(&path, &[("long", &long), ("short", &short)]).unwrap();
        let arrays = read(&path).unwrap();
        let floats = |name: &str| match &arrays[name].values {
            npy::Values::Floats(values) => values.iter().map(|&v| (v as f32).to_bits()).collect(),
            _ => Vec::new(),
        };
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(floats("long"), bits(&long));
        assert_eq!(floats("short"), bits(&short));
        assert_eq!(arrays.len(), 2);
        for length in [0, 1, 9, 10, 12_345_678_901] {
            assert_eq!(npy_header(length).len() % 64, 0);
        }
        assert!(write(&folder.path().join("missing/x.npz"), &[]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(std::io::Cursor::new(&bytes)).is_err());
        }
    }
}
