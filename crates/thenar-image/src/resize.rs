//! Changing the size of planes and photos.

use image::RgbImage;

use crate::Plane;

/// `plane` at `width`×`height`: area averaging along an axis that shrinks, bilinear along one that grows.
///
/// Area averaging weights every source pixel by the part of it that the target pixel covers, so shrinking
/// neither skips pixels nor aliases. An empty plane gives zeros.
pub fn resize_area(plane: &Plane, width: usize, height: usize) -> Plane {
    let row = |y: usize| &plane.data()[y * plane.width()..(y + 1) * plane.width()];
    let mut out = Vec::with_capacity(width * height);
    if plane.data().is_empty() {
        return Plane::filled(width, height, 0.0);
    }
    resize_rows::<1, f32>((plane.width(), plane.height()), (width, height), row, |v| {
        out.push(v)
    });
    Plane::from_vec(width, height, out)
}

/// A photo at `width`×`height`, as [`resize_area`] does it, rounded to bytes.
pub fn resize_rgb(photo: &RgbImage, width: u32, height: u32) -> RgbImage {
    let size = (photo.width() as usize, photo.height() as usize);
    let stride = size.0 * 3;
    let mut out = Vec::with_capacity(width as usize * height as usize * 3);
    if size.0 > 0 && size.1 > 0 {
        let row = |y: usize| &photo.as_raw()[y * stride..(y + 1) * stride];
        let push = |v: f32| out.push((v + 0.5).clamp(0.0, 255.0) as u8);
        resize_rows::<3, u8>(size, (width as usize, height as usize), row, push);
    }
    RgbImage::from_raw(width, height, out).unwrap_or_else(|| RgbImage::new(width, height))
}

/// The source pixels that make one target pixel: `first`, and the weight of each from there on (they sum to 1).
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// The taps of every pixel along one axis.
fn taps(source: usize, target: usize) -> Vec<Taps> {
    let ratio = source as f64 / target as f64;
    (0..target)
        .map(|i| {
            if ratio > 1.0 {
                area_taps(i, ratio, source)
            } else {
                bilinear_taps(i, ratio, source)
            }
        })
        .collect()
}

/// Target pixel `i` covers `[i·ratio, (i+1)·ratio)` of the source, pixel `j` being `[j, j+1)`.
fn area_taps(i: usize, ratio: f64, source: usize) -> Taps {
    let (from, to) = (
        i as f64 * ratio,
        ((i + 1) as f64 * ratio).min(source as f64),
    );
    let first = (from as usize).min(source - 1);
    let last = ((to.ceil() as usize).max(first + 1)).min(source);
    let covered = |j: usize| (to.min((j + 1) as f64) - from.max(j as f64)).max(0.0);
    let total: f64 = (first..last).map(covered).sum();
    Taps {
        first,
        weights: (first..last).map(|j| (covered(j) / total) as f32).collect(),
    }
}

/// The two neighbours of the target pixel's centre; at the edges only one.
fn bilinear_taps(i: usize, ratio: f64, source: usize) -> Taps {
    let centre = ((i as f64 + 0.5) * ratio - 0.5).clamp(0.0, (source - 1) as f64);
    let first = centre as usize;
    let part = (centre - first as f64) as f32;
    let weights = if part > 0.0 {
        vec![1.0 - part, part]
    } else {
        vec![1.0]
    };
    Taps { first, weights }
}

/// Resizes `C` interleaved channels: for each target row, first the weighted sum of source rows (long, contiguous
/// and therefore fast), then the sums along it. `emit` gets the target's values in order.
fn resize_rows<'a, const C: usize, T: Copy + Into<f32> + 'a>(
    source: (usize, usize),
    target: (usize, usize),
    row: impl Fn(usize) -> &'a [T],
    mut emit: impl FnMut(f32),
) {
    let across = taps(source.0, target.0);
    let mut sums = vec![0.0f32; source.0 * C];
    for down in taps(source.1, target.1) {
        sums.fill(0.0);
        for (j, &weight) in down.weights.iter().enumerate() {
            for (sum, &value) in sums.iter_mut().zip(row(down.first + j)) {
                *sum += weight * value.into();
            }
        }
        for tap in &across {
            let pixels = sums[tap.first * C..].chunks_exact(C);
            let mut value = [0.0f32; C];
            for (pixel, &weight) in pixels.zip(&tap.weights) {
                for (v, &p) in value.iter_mut().zip(pixel) {
                    *v += weight * p;
                }
            }
            value.into_iter().for_each(&mut emit);
        }
    }
}
