//! What palms share across frequencies.
//!
//! Whitening within each frequency leaves what ties frequencies together: principal lines lie in nearly the same place
//! in all palms, so some patterns of many frequencies come in every palm. They make strangers look alike, drawn ones
//! more than real ones. The few strongest are made as small as the rest.

use faer::{Mat, MatRef, Side};

use super::competition::CHANNELS;
use super::network::KEPT;
use crate::error::TrainError;

/// Captures that are multiplied together.
const BLOCK: usize = 500;

/// Directions of a whitened feature and what is taken of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Shared {
    /// How many.
    pub count: usize,
    /// `[length, count]`, row-major, orthonormal columns.
    pub directions: Vec<f32>,
    /// `[count, length]`: the directions again, each times the share of it that is taken away.
    pub taken: Vec<f32>,
}

impl Shared {
    /// The `count` directions of largest second moment of the whitened `spectra` (`[frequencies, CHANNELS]` each).
    /// A direction with a moment above 1 is shrunk to `sqrt((1 + ridge) / (moment + ridge))` of its length.
    ///
    /// # Errors
    /// When the decomposition fails.
    pub fn find(
        spectra: &[Vec<f32>],
        matrices: &[f32],
        count: usize,
        ridge: f64,
    ) -> Result<Self, TrainError> {
        let length = matrices.len() / CHANNELS;
        let mut products = Mat::<f32>::zeros(length, length);
        for block in spectra.chunks(BLOCK) {
            let rows: Vec<f32> = block.iter().flat_map(|s| whitened(s, matrices)).collect();
            let rows = MatRef::from_row_major_slice(&rows, block.len(), length);
            products += rows.transpose() * rows;
        }
        let captures = spectra.len() as f32;
        let moment = Mat::from_fn(length, length, |i, j| {
            f64::from(products[(i, j)] / captures)
        });
        let failed = |e| TrainError::Backend {
            backend: "eigenvalues",
            reason: format!("{e:?}"),
        };
        let eigen = moment.self_adjoint_eigen(Side::Lower).map_err(failed)?;
        let (moments, vectors) = (eigen.S().column_vector(), eigen.U());
        // The decomposition sorts upwards.
        let place = |k: usize| length - 1 - k;
        let share = |k: usize| 1.0 - ((1.0 + ridge) / (moments[place(k)].max(1.0) + ridge)).sqrt();
        let entry = |i: usize, k: usize| vectors[(i, place(k))];
        let cells = 0..length * count;
        Ok(Self {
            count,
            directions: cells
                .clone()
                .map(|n| entry(n / count, n % count) as f32)
                .collect(),
            taken: cells
                .map(|n| (share(n / length) * entry(n % length, n / length)) as f32)
                .collect(),
        })
    }
}

/// The feature of a spectrum before anything shared is taken: `[frequencies, KEPT]`.
fn whitened(spectrum: &[f32], matrices: &[f32]) -> Vec<f32> {
    let frequencies = spectrum
        .chunks_exact(CHANNELS)
        .zip(matrices.chunks_exact(CHANNELS * KEPT));
    let mut feature = Vec::with_capacity(matrices.len() / CHANNELS);
    for (x, matrix) in frequencies {
        let mut out = [0.0f32; KEPT];
        for (value, row) in x.iter().zip(matrix.chunks_exact(KEPT)) {
            for (sum, weight) in out.iter_mut().zip(row) {
                *sum += value * weight;
            }
        }
        feature.extend(out);
    }
    feature
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Selects the first channels, so that features are known.
    fn selecting(frequencies: usize) -> Vec<f32> {
        let place = |n: usize| f32::from(u8::from(n / KEPT % CHANNELS == n % KEPT));
        (0..frequencies * CHANNELS * KEPT).map(place).collect()
    }

    #[test]
    fn a_pattern_in_all_captures_is_shrunk_and_nothing_else() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let matrices = selecting(2);
        let length = 2 * KEPT;
        let pattern: Vec<f32> = (0..length)
            .map(|i| if i % 3 == 0 { 1.0 } else { -0.5 })
            .collect();
        let spectra: Vec<Vec<f32>> = (0..4000)
            .map(|_| {
                let strength = rng.random_range(-4.0..4.0f32);
                let mut spectrum = vec![0.0; 2 * CHANNELS];
                for (i, p) in pattern.iter().enumerate() {
                    let noise = rng.random_range(-1.0..1.0f32);
                    spectrum[i / KEPT * CHANNELS + i % KEPT] = strength * p + noise;
                }
                spectrum
            })
            .collect();
        let shared = Shared::find(&spectra, &matrices, 3, 0.3).unwrap();
        let size = pattern.iter().map(|p| p * p).sum::<f32>().sqrt();
        let along: f32 = (0..length)
            .map(|i| shared.directions[3 * i] * pattern[i])
            .sum();
        assert!((along / size).abs() > 0.999, "{along} of {size}");
        let taken = |k: usize| -> f32 {
            (0..length)
                .map(|i| shared.directions[3 * i + k] * shared.taken[k * length + i])
                .sum()
        };
        // Its moment is 16/3 · |pattern|² + 1/3.
        let moment = 16.0 / 3.0 * size * size + 1.0 / 3.0;
        let want = 1.0 - (1.3 / (moment + 0.3)).sqrt();
        assert!((taken(0) - want).abs() < 0.01, "{} {want}", taken(0));
        assert!(taken(1) == 0.0 && taken(2) == 0.0);
    }
}
