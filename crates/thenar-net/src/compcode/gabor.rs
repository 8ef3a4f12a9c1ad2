//! The Gabor filters of Competitive Code.

use super::{CompCodeParams, ORIENTATIONS};
use std::f32::consts::PI;

/// Filter values per position: the orientations, padded so that they fill whole vector registers.
pub(super) const LANES: usize = 8;

/// Largest width and height of a filter.
const MAX_SIZE: usize = 127;

/// The filters of all orientations, interleaved: entry `y · size + x` holds one value per orientation.
pub(super) struct FilterBank {
    /// Width and height of a filter, odd.
    pub size: usize,
    /// `size · size` entries; the lanes beyond [`ORIENTATIONS`] are zero.
    pub taps: Vec<[f32; LANES]>,
}

impl FilterBank {
    /// Real parts of neurophysiology-based Gabor filters with zero mean, each of unit norm.
    ///
    /// Lee (1996), eq. 19, as used by Kong & Zhang (2004), eq. 1, for `θ_j = jπ/6`.
    pub fn new(params: &CompCodeParams) -> Self {
        let size = params.kernel.clamp(3, MAX_SIZE) | 1;
        let mut taps = vec![[0.0; LANES]; size * size];
        for orientation in 0..ORIENTATIONS {
            let filter = gabor(params, size, orientation as f32 * PI / ORIENTATIONS as f32);
            for (tap, value) in taps.iter_mut().zip(filter) {
                tap[orientation] = value;
            }
        }
        Self { size, taps }
    }
}

/// One filter, row by row: a wave across `x'` under a Gaussian that is longer along the line than across it.
fn gabor(params: &CompCodeParams, size: usize, angle: f32) -> Vec<f32> {
    let half = (size / 2) as f32;
    let (sin, cos) = angle.sin_cos();
    let omega = 2.0 * PI / params.wavelength;
    let across = params.kappa() / omega;
    let along = params.elongation * across;
    let mut filter = Vec::with_capacity(size * size);
    for row in 0..size {
        for column in 0..size {
            let (x, y) = (column as f32 - half, row as f32 - half);
            let (u, v) = (x * cos + y * sin, y * cos - x * sin);
            let envelope = (-0.5 * ((u / across).powi(2) + (v / along).powi(2))).exp();
            filter.push(envelope * (omega * u).cos());
        }
    }
    remove_mean(&mut filter, size);
    filter
}

/// Takes the mean out under a round window, so that the corners of the square favour no orientation, and
/// scales to unit norm.
fn remove_mean(filter: &mut [f32], size: usize) {
    let half = (size / 2) as f32;
    let in_disc = |i: usize| {
        let (x, y) = ((i % size) as f32 - half, (i / size) as f32 - half);
        x.hypot(y) <= half + 0.5
    };
    let disc = (0..filter.len()).filter(|&i| in_disc(i)).count() as f32;
    for (i, value) in filter.iter_mut().enumerate() {
        if !in_disc(i) {
            *value = 0.0;
        }
    }
    let mean = filter.iter().sum::<f32>() / disc;
    for (i, value) in filter.iter_mut().enumerate() {
        if in_disc(i) {
            *value -= mean;
        }
    }
    let norm = filter
        .iter()
        .map(|v| v * v)
        .sum::<f32>()
        .sqrt()
        .max(f32::MIN_POSITIVE);
    filter.iter_mut().for_each(|v| *v /= norm);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_have_no_mean_and_unit_norm_and_are_even() {
        let bank = FilterBank::new(&CompCodeParams::default());
        for orientation in 0..ORIENTATIONS {
            let filter: Vec<f32> = bank.taps.iter().map(|t| t[orientation]).collect();
            assert!(filter.iter().sum::<f32>().abs() < 1e-4);
            assert!((filter.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-4);
            for (a, b) in filter.iter().zip(filter.iter().rev()) {
                assert!((a - b).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn odd_parameters_are_no_danger() {
        for kernel in [0, 1, 2, usize::MAX] {
            let bank = FilterBank::new(&CompCodeParams {
                kernel,
                ..CompCodeParams::default()
            });
            assert_eq!(bank.taps.len(), bank.size * bank.size);
        }
    }
}
