//! numpy's `.npz`: a zip archive of `.npy` arrays, stored or deflated.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use super::npy::{self, Array, MAX_BYTES};
use crate::EvalError;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(parse(std::io::Cursor::new(&bytes)).is_err());
        }
    }
}
