//! Equal error rate and rank-1 of Competitive Code on a set of ready-cut palm ROIs in two sessions.
//!
//! ```text
//! compcode_eer ROOT [--ids N] [--kernel N] [--wavelength PX] [--bandwidth OCTAVES] [--elongation R] [--contrast PX] [--shift N]
//! ```
//!
//! `ROOT` holds `train/<id>/*` (session 1) and `val/<id>/*` (session 2). Gallery: the first three images of each
//! identity in session 1; probes: all of session 2; every probe is compared with every gallery image.

use rayon::prelude::*;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use thenar_image::{Plane, image};
use thenar_net::compcode::{CompCode, CompCodeParams, CompCoder};

/// Gallery images per identity.
const GALLERY: usize = 3;

/// One coded image and the identity it shows.
struct Sample {
    label: usize,
    code: CompCode,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: compcode_eer ROOT [--ids N] [--kernel N] [--wavelength PX] [--bandwidth OCTAVES] \
                 [--elongation R] [--contrast PX] [--shift N]";
    let root = PathBuf::from(arguments.next().ok_or(usage)?);
    let mut params = CompCodeParams::default();
    let mut ids = usize::MAX;
    while let Some(name) = arguments.next() {
        let value = arguments
            .next()
            .ok_or(format!("{name} needs a value; {usage}"))?;
        match name.as_str() {
            "--ids" => ids = value.parse()?,
            "--kernel" => params.kernel = value.parse()?,
            "--wavelength" => params.wavelength = value.parse()?,
            "--bandwidth" => params.bandwidth = value.parse()?,
            "--elongation" => params.elongation = value.parse()?,
            "--contrast" => params.contrast = value.parse()?,
            "--shift" => params.shift = value.parse()?,
            _ => return Err(format!("unknown option {name}; {usage}").into()),
        }
    }

    let coder = CompCoder::new(&params);
    let start = Instant::now();
    let gallery = load(&root.join("train"), ids, GALLERY, &coder)?;
    let probes = load(&root.join("val"), ids, usize::MAX, &coder)?;
    let coded = start.elapsed();
    let start = Instant::now();
    let scores = compare(&gallery, &probes, params.shift);
    let seconds = start.elapsed().as_secs_f64();

    let eer = equal_error_rate(&scores.genuine, &scores.impostor);
    println!("{params:?}");
    println!(
        "{} gallery images, {} probes, coded in {coded:.1?}",
        gallery.len(),
        probes.len()
    );
    println!(
        "EER {:.3} % ({} genuine, {} impostor), rank-1 {:.2} %, {:.0} comparisons/s",
        100.0 * eer,
        scores.genuine.len(),
        scores.impostor.len(),
        100.0 * scores.first_right as f64 / probes.len() as f64,
        (gallery.len() * probes.len()) as f64 / seconds,
    );
    Ok(())
}

/// Codes the first `per_id` images, by name, of each of the identities `0..ids`.
fn load(
    folder: &Path,
    ids: usize,
    per_id: usize,
    coder: &CompCoder,
) -> Result<Vec<Sample>, Box<dyn Error>> {
    let mut files = Vec::new();
    for (label, person) in sorted(folder)?.into_iter().enumerate() {
        let id: usize = person
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.parse().ok())
            .unwrap_or(label);
        if id < ids && person.is_dir() {
            files.extend(
                sorted(&person)?
                    .into_iter()
                    .take(per_id)
                    .map(|file| (id, file)),
            );
        }
    }
    if files.is_empty() {
        return Err(format!(
            "{}: no folders of images named 0, 1, 2, …",
            folder.display()
        )
        .into());
    }
    files
        .par_iter()
        .map(|(label, file)| {
            let image = image::open(file).map_err(|e| format!("{}: {e}", file.display()))?;
            Ok(Sample {
                label: *label,
                code: coder.encode(&Plane::from_gray(&image.to_luma8())),
            })
        })
        .collect::<Result<_, String>>()
        .map_err(Into::into)
}

/// What a folder holds, sorted by name.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths = entries
        .map(|e| Ok(e?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.sort();
    Ok(paths)
}

/// All distances, and how many probes are nearest to an image of their own identity.
#[derive(Default)]
struct Scores {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
    first_right: usize,
}

fn compare(gallery: &[Sample], probes: &[Sample], shift: usize) -> Scores {
    let one = |probe: &Sample| {
        let mut scores = Scores::default();
        let mut nearest = (f32::INFINITY, usize::MAX);
        for sample in gallery {
            let distance = probe.code.distance_within(&sample.code, shift);
            if distance < nearest.0 {
                nearest = (distance, sample.label);
            }
            let kind = if sample.label == probe.label {
                &mut scores.genuine
            } else {
                &mut scores.impostor
            };
            kind.push(distance);
        }
        scores.first_right = usize::from(nearest.1 == probe.label);
        scores
    };
    probes
        .par_iter()
        .map(one)
        .reduce(Scores::default, |mut a, b| {
            a.genuine.extend(b.genuine);
            a.impostor.extend(b.impostor);
            a.first_right += b.first_right;
            a
        })
}

/// Where the rates of false matches and false non-matches meet: their mean at the threshold where they are nearest.
fn equal_error_rate(genuine: &[f32], impostor: &[f32]) -> f64 {
    let (mut genuine, mut impostor) = (genuine.to_vec(), impostor.to_vec());
    genuine.sort_by(f32::total_cmp);
    impostor.sort_by(f32::total_cmp);
    let mut best = (f64::INFINITY, 1.0);
    for &threshold in &genuine {
        let rejected = genuine.len() - genuine.partition_point(|&d| d <= threshold);
        let accepted = impostor.partition_point(|&d| d <= threshold);
        let fnmr = rejected as f64 / genuine.len() as f64;
        let fmr = accepted as f64 / impostor.len() as f64;
        if (fnmr - fmr).abs() < best.0 {
            best = ((fnmr - fmr).abs(), (fnmr + fmr) / 2.0);
        }
    }
    best.1
}
