//! The zip files that `torch.save` writes: a pickle that describes tensors, and one stored file per list of numbers.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use half::{bf16, f16};
use zip::ZipArchive;

use super::Named;
use super::pickle::{self, Kind, View};
use crate::graph::Array;

/// Largest pickle, bytes.
const LARGEST_PICKLE: u64 = 16 << 20;
/// Most numbers in all tensors together.
const MOST_NUMBERS: usize = 1 << 29;

/// The tensors in `file`; the error says what is wrong with it.
pub(super) fn read(file: File) -> Result<Named, String> {
    let mut archive = ZipArchive::new(file).map_err(|e| e.to_string())?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(|name| name.ok().map(String::from))
        .collect();
    let name = names
        .iter()
        .find(|name| *name == "data.pkl" || name.ends_with("/data.pkl"))
        .ok_or("a zip without data.pkl: not written by torch.save")?;
    let folder = name.strip_suffix("data.pkl").unwrap_or_default();
    let order = format!("{folder}byteorder");
    if names.contains(&order) && entry(&mut archive, &order, 16)? != b"little" {
        return Err("its numbers are not little-endian".into());
    }
    let views = pickle::read(&entry(&mut archive, name, LARGEST_PICKLE)?)?;
    let mut total = 0usize;
    for (name, view) in &views {
        total = total.saturating_add(checked_count(view).map_err(|e| format!("{name} {e}"))?);
    }
    if total > MOST_NUMBERS {
        return Err(format!("{total} numbers, more than {MOST_NUMBERS}"));
    }
    let mut storages: BTreeMap<String, Vec<f32>> = BTreeMap::new();
    let mut named = Named::new();
    for (name, view) in views {
        if !storages.contains_key(&view.key) {
            let path = format!("{folder}data/{}", view.key);
            let size = view.count as u64 * width(view.kind) as u64;
            let bytes = entry(&mut archive, &path, size)?;
            storages.insert(view.key.clone(), numbers(view.kind, &bytes));
        }
        let data =
            gather(&view, &storages[&view.key]).ok_or_else(|| format!("{name} is cut off"))?;
        named.insert(name, Array::new(&view.shape, data));
    }
    Ok(named)
}

/// The file `name` in the archive, which may not be longer than `limit`.
fn entry(archive: &mut ZipArchive<File>, name: &str, limit: u64) -> Result<Vec<u8>, String> {
    let file = archive.by_name(name).map_err(|e| format!("{name}: {e}"))?;
    if file.size() > limit {
        return Err(format!(
            "{name}: {} bytes, expected at most {limit}",
            file.size()
        ));
    }
    let mut bytes = Vec::new();
    file.take(limit)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("{name}: {e}"))?;
    Ok(bytes)
}

/// How many numbers a view has, if they lie in its storage.
fn checked_count(view: &View) -> Result<usize, String> {
    let beyond = || format!("of shape {:?} does not lie in its storage", view.shape);
    if view.strides.len() != view.shape.len() || view.shape.len() > 8 {
        return Err(beyond());
    }
    let mut count = 1usize;
    let mut last = view.offset;
    for (&n, &stride) in view.shape.iter().zip(&view.strides) {
        count = count.checked_mul(n).ok_or_else(beyond)?;
        let reach = n.saturating_sub(1).checked_mul(stride).ok_or_else(beyond)?;
        last = last.checked_add(reach).ok_or_else(beyond)?;
    }
    if view.count > MOST_NUMBERS || (count > 0 && last >= view.count) {
        return Err(beyond());
    }
    Ok(count)
}

/// The numbers of a view, row-major.
fn gather(view: &View, storage: &[f32]) -> Option<Vec<f32>> {
    let count = view.shape.iter().product::<usize>();
    if is_contiguous(view) {
        return Some(storage.get(view.offset..view.offset + count)?.to_vec());
    }
    let mut places = vec![view.offset];
    for (&n, &stride) in view.shape.iter().zip(&view.strides) {
        let steps = |place: usize| (0..n).map(move |i| place + i * stride);
        places = places.into_iter().flat_map(steps).collect();
    }
    places
        .into_iter()
        .map(|i| storage.get(i).copied())
        .collect()
}

/// Whether a view's numbers lie one after the other.
fn is_contiguous(view: &View) -> bool {
    let mut next = 1;
    view.shape.iter().zip(&view.strides).rev().all(|(&n, &s)| {
        let fits = n == 1 || s == next;
        next *= n;
        fits
    })
}

/// Bytes per number.
const fn width(kind: Kind) -> usize {
    match kind {
        Kind::U8 => 1,
        Kind::F16 | Kind::Bf16 => 2,
        Kind::F32 | Kind::I32 => 4,
        Kind::F64 | Kind::I64 => 8,
    }
}

fn numbers(kind: Kind, bytes: &[u8]) -> Vec<f32> {
    fn each<const N: usize>(bytes: &[u8], one: impl Fn([u8; N]) -> f32) -> Vec<f32> {
        bytes.as_chunks::<N>().0.iter().map(|&b| one(b)).collect()
    }
    match kind {
        Kind::U8 => each(bytes, |[b]: [u8; 1]| f32::from(b)),
        Kind::F16 => each(bytes, |b| f16::from_le_bytes(b).to_f32()),
        Kind::Bf16 => each(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        Kind::F32 => each(bytes, f32::from_le_bytes),
        Kind::F64 => each(bytes, |b| f64::from_le_bytes(b) as f32),
        Kind::I32 => each(bytes, |b| i32::from_le_bytes(b) as f32),
        Kind::I64 => each(bytes, |b| i64::from_le_bytes(b) as f32),
    }
}
