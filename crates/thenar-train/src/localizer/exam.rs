//! The localizer as it ships, both passes, on drawn photos it has never seen.

use std::path::Path;
use std::time::Instant;

use image::{Rgb, RgbImage};
use rayon::prelude::*;
use serde::Serialize;
use thenar_image::{Affine, KEY_POINTS, Point, contact_sheet, overlay};
use thenar_net::{Hand, Localizer};
use thenar_synth::{CaptureConfig, HandIdentity, HandLabels, HandPhoto};

use super::drawing::scramble;
use super::loss::HandLabel;
use super::network::INPUT;
use super::validate::{ENOUGH, overlap};
use crate::error::TrainError;

/// Photos drawn at a time.
const CHUNK: u64 = 32;
/// Of a hundred photos, how many show no palm.
const EMPTY: u64 = 10;
/// Side in pixels of a palm on the page of pictures.
const SHOWN: u32 = 360;

/// What to draw.
#[derive(Clone, Copy, Debug)]
pub struct ExamOptions {
    /// Number of photos.
    pub photos: u64,
    /// Seed of the photos.
    pub seed: u64,
    /// Side of a photo in pixels.
    pub size: u32,
    /// Largest yaw and pitch in degrees.
    pub tilt: f32,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct ExamScores {
    /// Photos with a palm.
    pub palms: usize,
    /// Of these, the fraction in which it was found (presence at least one half).
    pub found: f32,
    /// Photos without a palm.
    pub empty: usize,
    /// Of these, the fraction in which a palm was seen.
    pub imagined: f32,
    /// Mean distance of visible key points from the truth, in pixels of the photo at 256×256.
    pub error: f32,
    /// Fraction of palms whose ROI overlaps the true one by at least 0.85; a palm that is not found does not.
    pub roi: f32,
    /// The overlap that 1 % and 50 % of the palms do not reach.
    pub overlap: [f32; 2],
    /// Fraction of palms whose side was told right.
    pub side: f32,
    /// Median time for one photo in milliseconds.
    pub milliseconds: f32,
}

/// One photo with the truth and what was seen in it.
struct Case {
    rgb: RgbImage,
    labels: HandLabels,
    hand: Hand,
    overlap: f32,
}

/// Runs the model `onnx` on unseen photos; `worst`, if given, becomes a picture of those with the worst regions.
///
/// # Errors
/// When the model does not fit or the picture cannot be written.
pub fn exam(
    onnx: Vec<u8>,
    options: &ExamOptions,
    worst: Option<&Path>,
) -> Result<ExamScores, TrainError> {
    let net = |e: thenar_net::NetError| TrainError::Argument(e.to_string());
    let localizer = Localizer::from_onnx(onnx).map_err(net)?;
    let (mut cases, mut times) = (Vec::new(), Vec::new());
    for first in (0..options.photos).step_by(CHUNK as usize) {
        let numbers = first..(first + CHUNK).min(options.photos);
        let photos: Vec<_> = numbers.into_par_iter().map(|i| draw(options, i)).collect();
        for photo in photos {
            let start = Instant::now();
            let hand = localizer.locate(&photo.rgb).map_err(net)?;
            times.push(1e3 * start.elapsed().as_secs_f32());
            let overlap = overlap(&truth(&photo.labels), &hand.points);
            cases.push(Case {
                rgb: photo.rgb,
                labels: photo.labels,
                hand,
                overlap,
            });
        }
    }
    times.sort_by(f32::total_cmp);
    cases.sort_by(|a, b| a.overlap.total_cmp(&b.overlap));
    if let Some(path) = worst {
        // The worst 16, then 24 evenly from the rest.
        let palms: Vec<_> = cases.iter().filter(|c| c.labels.presence).collect();
        let (worst, rest) = palms.split_at(palms.len().min(16));
        let rest = rest.iter().step_by((rest.len() / 24).max(1)).take(24);
        let pictures: Vec<_> = worst.iter().chain(rest).map(|case| picture(case)).collect();
        let page = contact_sheet(&pictures, 8, SHOWN);
        page.save(path)
            .map_err(|e| TrainError::Argument(format!("{}: {e}", path.display())))?;
    }
    Ok(scores(
        &cases,
        options.size,
        times.get(times.len() / 2).copied().unwrap_or(0.0),
    ))
}

fn draw(options: &ExamOptions, number: u64) -> HandPhoto {
    // Training numbers its drawings from zero with another mixture, so no photo is shared.
    let seed = scramble(scramble(options.seed ^ 0x6578_616d) ^ number);
    let config = CaptureConfig {
        size: options.size,
        max_tilt: options.tilt,
        fill: (0.45, 0.95),
        cut: 0.0,
        maps: false,
        ..CaptureConfig::default()
    };
    if seed % 100 < EMPTY {
        HandPhoto::draw_negative(seed, &config)
    } else {
        HandPhoto::draw(&HandIdentity::draw(scramble(seed)), seed, &config)
    }
}

fn truth(labels: &HandLabels) -> HandLabel {
    HandLabel {
        points: labels.key_points,
        weights: [1.0; KEY_POINTS],
        side: labels.side,
        pose: [0.0; 4],
    }
}

fn scores(cases: &[Case], size: u32, milliseconds: f32) -> ExamScores {
    let (palms, empty): (Vec<_>, Vec<_>) = cases.iter().partition(|c| c.labels.presence);
    let fraction = |cases: &[&Case], of: &dyn Fn(&Case) -> bool| {
        cases.iter().filter(|c| of(c)).count() as f32 / cases.len().max(1) as f32
    };
    let seen = |c: &Case| c.hand.presence >= 0.5;
    let distances: Vec<f32> = palms
        .iter()
        .flat_map(|c| {
            (0..KEY_POINTS)
                .filter(move |&k| c.labels.visible[k])
                .map(move |k| (c, k))
        })
        .map(|(c, k)| c.hand.points[k].distance(c.labels.key_points[k]))
        .collect();
    let mean = distances.iter().sum::<f32>() / distances.len().max(1) as f32;
    let quantile = |q: f32| {
        palms
            .get((q * palms.len() as f32) as usize)
            .map_or(0.0, |c| c.overlap)
    };
    ExamScores {
        palms: palms.len(),
        found: fraction(&palms, &seen),
        empty: empty.len(),
        imagined: fraction(&empty, &seen),
        error: mean * INPUT as f32 / size as f32,
        roi: fraction(&palms, &|c| seen(c) && c.overlap >= ENOUGH),
        overlap: [quantile(0.01), quantile(0.5)],
        side: fraction(&palms, &|c| c.hand.side == c.labels.side),
        milliseconds,
    }
}

/// The palm, upright as photographed, with a line from every true key point to where it was seen; the overlap of the
/// regions as a bar below.
fn picture(case: &Case) -> RgbImage {
    let points = &case.labels.key_points;
    let middle = points[1].lerp(points[3], 0.5).lerp(points[8], 0.5);
    let side = 4.0 * points[1].distance(points[3]).max(8.0);
    let scale = side / SHOWN as f32;
    let corner = Point::new(middle.x - side / 2.0, middle.y - side / 2.0);
    let to_photo = Affine::similarity(0.0, scale, corner);
    let to_picture = Affine::similarity(
        0.0,
        1.0 / scale,
        Point::new(-corner.x / scale, -corner.y / scale),
    );
    let mut picture = RgbImage::from_fn(SHOWN, SHOWN, |x, y| {
        let p = to_photo.apply(Point::new(x as f32, y as f32));
        let inside = p.x >= 0.0 && p.y >= 0.0;
        let pixel = inside
            .then(|| {
                case.rgb
                    .get_pixel_checked(p.x.round() as u32, p.y.round() as u32)
            })
            .flatten();
        pixel.copied().unwrap_or(Rgb([0; 3]))
    });
    for (k, (&truth, &seen)) in points.iter().zip(&case.hand.points).enumerate() {
        let colour = if k == 1 || k == 3 {
            [255, 255, 0]
        } else {
            [0, 255, 255]
        };
        let (truth, seen) = (to_picture.apply(truth), to_picture.apply(seen));
        overlay::line(&mut picture, truth, seen, 1.5, Rgb([255; 3]));
        overlay::disc(&mut picture, truth, 3.0, Rgb(colour));
        overlay::disc(&mut picture, seen, 2.0, Rgb([255, 0, 0]));
    }
    let last = SHOWN as f32 - 3.0;
    overlay::line(
        &mut picture,
        Point::new(0.0, last),
        Point::new(case.overlap * last, last),
        5.0,
        Rgb([0, 255, 0]),
    );
    picture
}
