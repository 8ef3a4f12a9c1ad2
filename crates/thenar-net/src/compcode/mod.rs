//! Competitive Code, the training-free baseline every network stands beside.
//!
//! Kong & Zhang (2004), "Competitive coding scheme for palmprint verification": six Gabor filters are laid over
//! each position of the palm, and the position is coded by the orientation that answers most negatively, which
//! is that of the dark line running through it. Codes are compared by the mean angle between them.
//!
//! # Deviations
//!
//! - Filters have unit norm and their mean is removed under the disc they cover (the paper subtracts a constant
//!   from the wave, which leaves a small mean after sampling).
//! - Size, wavelength, bandwidth and elongation are tuned (see [`CompCodeParams`]).
//! - There is no mask: the whole ROI is palm.

mod gabor;
mod matcher;

use gabor::{FilterBank, LANES};
use matcher::Packed;
use std::sync::LazyLock;
use thenar_image::{Plane, ROI_SIZE, Roi, gaussian_blur, resize_area};

pub use matcher::MAX_SHIFT;

/// How many orientations compete.
pub const ORIENTATIONS: usize = 6;

/// Positions filtered together.
const BLOCK: usize = 4;

/// Positions per row and per column of a code.
pub const GRID: usize = 32;

/// What can be tuned.
///
/// [`CompCodeParams::default`] was found by a coarse search on 150 palms of the Tongji contactless set (gallery: first 3
/// images of session 1, probes: session 2; `examples/compcode_eer.rs`), where neighbouring values cost little:
/// EER 0.44 % there, 0.29 % on all 600 palms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompCodeParams {
    /// Width and height of the filters in pixels of the 128×128 ROI; made odd.
    pub kernel: usize,
    /// Wavelength of the filters, in pixels.
    pub wavelength: f32,
    /// Half-amplitude bandwidth in octaves (δ in the paper); smaller means more waves under the envelope.
    pub bandwidth: f32,
    /// Length of the envelope along the line over its width across it (2 in the paper).
    pub elongation: f32,
    /// Local contrast is normalised first: each pixel minus the Gaussian mean of this σ (pixels) around it, over the
    /// deviation from it; 0 leaves the image as it is.
    pub contrast: f32,
    /// Codes are compared at all translations of up to this many positions, each way.
    pub shift: usize,
}

impl Default for CompCodeParams {
    fn default() -> Self {
        Self {
            kernel: 35,
            wavelength: 13.0,
            bandwidth: 1.5,
            elongation: 1.5,
            contrast: 16.0,
            shift: 3,
        }
    }
}

impl CompCodeParams {
    /// `κ = √(2 ln 2) · (2^δ + 1) / (2^δ − 1)`; the envelope's width across the line is `κ / ω`.
    pub fn kappa(&self) -> f32 {
        let power = self.bandwidth.exp2();
        (2.0 * std::f32::consts::LN_2).sqrt() * (power + 1.0) / (power - 1.0)
    }
}

/// Makes codes with one set of parameters.
pub struct CompCoder {
    filters: FilterBank,
    contrast: f32,
}

impl CompCoder {
    /// Prepares the filters.
    pub fn new(params: &CompCodeParams) -> Self {
        Self {
            filters: FilterBank::new(params),
            contrast: params.contrast,
        }
    }

    /// The code of a ROI: `GRID × GRID` positions spread evenly. A plane of another size than 128×128 is resized.
    pub fn encode(&self, roi: &Plane) -> CompCode {
        CompCode::from_winners(&self.winners(roi))
    }

    /// The winning orientation (0–5) at each position, row by row.
    fn winners(&self, roi: &Plane) -> Vec<u8> {
        let padded = pad(&self.prepared(roi), self.filters.size / 2);
        let columns: [usize; GRID] = std::array::from_fn(position);
        let mut winners = Vec::with_capacity(GRID * GRID);
        for y in columns {
            for columns in columns.as_chunks::<BLOCK>().0 {
                winners.extend(self.responses(&padded, columns, y).iter().map(lowest));
            }
        }
        winners
    }

    /// The ROI at its size and with its contrast normalised.
    fn prepared(&self, roi: &Plane) -> Plane {
        if (roi.width(), roi.height()) == (ROI_SIZE, ROI_SIZE) {
            return normalise_contrast(roi, self.contrast);
        }
        normalise_contrast(&resize_area(roi, ROI_SIZE, ROI_SIZE), self.contrast)
    }

    /// The answers of all filters at `BLOCK` positions of the padded plane, by the upper left corner of the window.
    ///
    /// Several positions at once, because each sum alone would wait for its own additions.
    fn responses(
        &self,
        padded: &Plane,
        columns: &[usize; BLOCK],
        y: usize,
    ) -> [[f32; LANES]; BLOCK] {
        let size = self.filters.size;
        let mut sums = [[0.0; LANES]; BLOCK];
        for (row, taps) in self.filters.taps.chunks_exact(size).enumerate() {
            let start = (y + row) * padded.width();
            let windows = columns.map(|x| &padded.data()[start + x..][..size]);
            for (i, tap) in taps.iter().enumerate() {
                for (sums, window) in sums.iter_mut().zip(&windows) {
                    let pixel = window[i];
                    for (sum, &weight) in sums.iter_mut().zip(tap) {
                        *sum += pixel * weight;
                    }
                }
            }
        }
        sums
    }
}

/// The pixel under position `i` along either axis.
fn position(i: usize) -> usize {
    (2 * i + 1) * ROI_SIZE / (2 * GRID)
}

/// Added to the local deviation, so that flat skin does not become noise.
const LEAST_DEVIATION: f32 = 0.005;

/// Each pixel's deviation from the mean around it, over the size that such deviations have there.
fn normalise_contrast(roi: &Plane, sigma: f32) -> Plane {
    if sigma <= 0.0 {
        return roi.clone();
    }
    let subtract = |a: &Plane, b: &Plane| {
        a.data()
            .iter()
            .zip(b.data())
            .map(|(a, b)| a - b)
            .collect::<Vec<_>>()
    };
    let mut flat = Plane::from_vec(
        roi.width(),
        roi.height(),
        subtract(roi, &gaussian_blur(roi, sigma)),
    );
    let squares = flat.data().iter().map(|v| v * v).collect();
    let variance = gaussian_blur(&Plane::from_vec(roi.width(), roi.height(), squares), sigma);
    for (value, variance) in flat.data_mut().iter_mut().zip(variance.data()) {
        *value /= variance.sqrt() + LEAST_DEVIATION;
    }
    flat
}

/// The plane with `margin` pixels around it, copies of the nearest edge pixel.
fn pad(plane: &Plane, margin: usize) -> Plane {
    let inside = |i: usize, n: usize| i.saturating_sub(margin).min(n - 1);
    Plane::from_fn(
        plane.width() + 2 * margin,
        plane.height() + 2 * margin,
        |x, y| plane.at(inside(x, plane.width()), inside(y, plane.height())),
    )
}

/// The orientation with the lowest answer; the first of equal ones.
fn lowest(responses: &[f32; LANES]) -> u8 {
    let mut best = 0;
    for orientation in 1..ORIENTATIONS {
        if responses[orientation] < responses[best] {
            best = orientation;
        }
    }
    best as u8
}

/// The orientation code of one ROI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompCode {
    packed: Packed,
}

impl CompCode {
    /// The code of a ROI, with the parameters of [`CompCodeParams::default`].
    pub fn extract(roi: &Roi) -> Self {
        DEFAULT.1.encode(&roi.plane())
    }

    /// Packs `GRID · GRID` orientations.
    fn from_winners(winners: &[u8]) -> Self {
        Self {
            packed: Packed::new(winners),
        }
    }

    /// The code as words, for keeping it: `3 · GRID² / 64` of them.
    pub fn to_words(&self) -> Vec<u64> {
        self.packed.to_words()
    }

    /// The code that [`Self::to_words`] gave; `None` for another number of words.
    pub fn from_words(words: &[u64]) -> Option<Self> {
        Packed::from_words(words).map(|packed| Self { packed })
    }

    /// Mean angular distance of the two codes, 0 (equal) to 1 (perpendicular everywhere), the least over all
    /// translations of up to `shift` positions (at most [`MAX_SHIFT`]); only positions that overlap count.
    pub fn distance_within(&self, other: &Self, shift: usize) -> f32 {
        self.packed.distance(&other.packed, shift)
    }

    /// [`Self::distance_within`] with the shift of [`CompCodeParams::default`].
    pub fn distance(&self, other: &Self) -> f32 {
        self.distance_within(other, DEFAULT.0)
    }
}

/// The default shift and coder.
static DEFAULT: LazyLock<(usize, CompCoder)> = LazyLock::new(|| {
    let params = CompCodeParams::default();
    (params.shift, CompCoder::new(&params))
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark lines across the whole plane, `angle` degrees clockwise from horizontal.
    fn lines(angle: f32) -> Plane {
        let (sin, cos) = angle.to_radians().sin_cos();
        Plane::from_fn(ROI_SIZE, ROI_SIZE, |x, y| {
            let across = y as f32 * cos - x as f32 * sin;
            0.7 - 0.3 * (-(((across / 26.0).rem_euclid(1.0) - 0.5) * 26.0 / 3.0).powi(2)).exp()
        })
    }

    /// Bent lines, different in every region.
    fn palm(seed: f32, dx: f32, dy: f32) -> Plane {
        Plane::from_fn(ROI_SIZE, ROI_SIZE, |x, y| {
            let (x, y) = (x as f32 - dx, y as f32 - dy);
            let bend = (x / 37.0 + seed).sin() * 12.0 + (y / 53.0 + 2.0 * seed).cos() * 17.0;
            0.6 + 0.2 * ((x * seed.cos() + y * seed.sin() + bend) / 6.0).sin()
        })
    }

    #[test]
    fn the_winner_is_the_direction_of_the_line() {
        let coder = CompCoder::new(&CompCodeParams::default());
        for orientation in 0..ORIENTATIONS {
            // A filter's wave runs across the line, so the line is perpendicular to the orientation.
            let palm = lines(orientation as f32 * 30.0 + 90.0);
            let winners = coder.winners(&palm);
            let dark = |i: &usize| palm.at(position(i % GRID), position(i / GRID)) < 0.45;
            let on_lines: Vec<usize> = (0..GRID * GRID).filter(dark).collect();
            let right = on_lines
                .iter()
                .filter(|&&i| usize::from(winners[i]) == orientation)
                .count();
            assert!(
                on_lines.len() > 50 && right * 10 > on_lines.len() * 9,
                "{orientation}: {right}"
            );
        }
    }

    #[test]
    fn winners_equal_the_plain_reference() {
        let coder = CompCoder::new(&CompCodeParams::default());
        let palm = palm(0.4, 0.0, 0.0);
        let prepared = coder.prepared(&palm);
        let half = coder.filters.size as isize / 2;
        let at = |v: isize| v.clamp(0, ROI_SIZE as isize - 1) as usize;
        let mut different = 0;
        for (i, &winner) in coder.winners(&palm).iter().enumerate() {
            let (x, y) = (position(i % GRID) as isize, position(i / GRID) as isize);
            let response = |orientation: usize| -> f64 {
                let taps = coder.filters.taps.iter().enumerate();
                taps.map(|(j, tap)| {
                    let (u, v) = (
                        j as isize % (2 * half + 1) - half,
                        j as isize / (2 * half + 1) - half,
                    );
                    f64::from(tap[orientation]) * f64::from(prepared.at(at(x + u), at(y + v)))
                })
                .sum()
            };
            let best = (0..ORIENTATIONS).min_by(|&a, &b| response(a).total_cmp(&response(b)));
            different += usize::from(best != Some(usize::from(winner)));
        }
        // Near ties may fall to either side of the rounding.
        assert!(
            different <= 2,
            "{different} of {} positions differ",
            GRID * GRID
        );
    }

    #[test]
    fn the_same_palm_moved_is_near_and_another_is_far() {
        let coder = CompCoder::new(&CompCodeParams::default());
        let code = |seed, dx, dy| coder.encode(&palm(seed, dx, dy));
        let (first, moved, other) = (
            code(0.4, 0.0, 0.0),
            code(0.4, 8.0, -4.0),
            code(1.9, 0.0, 0.0),
        );
        assert!(first.distance(&moved) < 0.1, "{}", first.distance(&moved));
        assert!(first.distance_within(&moved, 0) > 2.0 * first.distance(&moved));
        assert!(first.distance(&other) > 0.25, "{}", first.distance(&other));
    }

    #[test]
    fn brightness_and_contrast_do_not_matter_and_any_size_will_do() {
        let coder = CompCoder::new(&CompCodeParams {
            contrast: 0.0,
            ..CompCodeParams::default()
        });
        let plain = palm(0.4, 0.0, 0.0);
        let pale = Plane::from_fn(ROI_SIZE, ROI_SIZE, |x, y| 0.3 + 0.5 * plain.at(x, y));
        assert!(coder.encode(&plain).distance(&coder.encode(&pale)) < 0.005);
        for (width, height) in [(0, 0), (1, 1), (7, 300)] {
            coder.encode(&Plane::filled(width, height, 0.5));
        }
    }
}
