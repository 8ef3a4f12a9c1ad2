//! Whitening in closed form: within each frequency, directions that all palms share are made small, directions in which
//! palms differ are made equal, and directions that hold next to nothing are left out.

use faer::{Mat, Side};

use super::competition::CHANNELS;
use super::network::KEPT;
use crate::error::TrainError;

/// Σ x xᵀ of the channels of each frequency over captures; captures are added and need not be kept.
///
/// The moment is taken about zero, not about the mean: the mean of drawn palms is not that of real ones, and what
/// palms have in common is a direction of large moment, which whitening makes small without knowing where on it real
/// palms lie.
pub struct Moments {
    captures: f64,
    products: Vec<[[f64; CHANNELS]; CHANNELS]>,
}

impl Moments {
    /// Empty sums for so many frequencies.
    pub fn new(frequencies: usize) -> Self {
        Self {
            captures: 0.0,
            products: vec![[[0.0; CHANNELS]; CHANNELS]; frequencies],
        }
    }

    /// Adds a capture: `[frequencies, CHANNELS]`.
    ///
    /// # Panics
    /// When it has another length.
    pub fn add(&mut self, spectrum: &[f32]) {
        let channels = spectrum.chunks_exact(CHANNELS);
        assert_eq!(spectrum.len(), self.products.len() * CHANNELS, "a spectrum");
        for (products, x) in self.products.iter_mut().zip(channels) {
            for (row, &a) in products.iter_mut().zip(x) {
                for (sum, &b) in row.iter_mut().zip(x) {
                    *sum += f64::from(a) * f64::from(b);
                }
            }
        }
        self.captures += 1.0;
    }

    /// `[frequencies, CHANNELS, KEPT]`: keeps the [`KEPT`] directions of largest moment in each frequency, each divided by the root of its moment plus
    /// `ridge` times the mean moment of all, so that weak directions are not blown up.
    ///
    /// # Errors
    /// When there are no captures, the ridge is not positive, or a decomposition fails.
    pub fn whiten(&self, ridge: f64) -> Result<Vec<f32>, TrainError> {
        if self.captures < 1.0 || ridge.is_nan() || ridge <= 0.0 {
            let asked = format!("ridge {ridge} and {} captures", self.captures);
            return Err(TrainError::Argument(format!("cannot whiten with {asked}")));
        }
        let trace = |p: &[[f64; CHANNELS]; CHANNELS]| (0..CHANNELS).map(|c| p[c][c]).sum::<f64>();
        let count = self.products.len();
        let total: f64 = self.products.iter().map(trace).sum();
        let floor = ridge * total / self.captures / (count * CHANNELS) as f64;
        let mut matrices = Vec::with_capacity(count * CHANNELS * KEPT);
        for products in &self.products {
            let moment = Mat::from_fn(CHANNELS, CHANNELS, |i, j| products[i][j] / self.captures);
            let failed = |e| TrainError::Backend {
                backend: "eigenvalues",
                reason: format!("{e:?}"),
            };
            let eigen = moment.self_adjoint_eigen(Side::Lower).map_err(failed)?;
            let (values, vectors) = (eigen.S().column_vector(), eigen.U());
            // The decomposition sorts upwards.
            let entry = |i: usize, k: usize| {
                let at = CHANNELS - 1 - k;
                (vectors[(i, at)] / (values[at].max(0.0) + floor).sqrt()) as f32
            };
            matrices.extend((0..CHANNELS * KEPT).map(|n| entry(n / KEPT, n % KEPT)));
        }
        Ok(matrices)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn whitened_directions_have_equal_moments_and_do_not_correlate() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut spectrum = || -> Vec<f32> {
            let hidden: Vec<f32> = (0..2 * CHANNELS)
                .map(|_| rng.random_range(-1.0..1.0))
                .collect();
            let mixed =
                |i: usize| (i % CHANNELS + 1) as f32 * hidden[i] + 3.0 * hidden[i / CHANNELS];
            (0..2 * CHANNELS).map(mixed).collect()
        };
        let captures: Vec<Vec<f32>> = (0..4000).map(|_| spectrum()).collect();
        let mut moments = Moments::new(2);
        captures.iter().for_each(|c| moments.add(c));
        let matrices = moments.whiten(1e-9).unwrap();
        assert_eq!(matrices.len(), 2 * CHANNELS * KEPT);
        let project = |c: &[f32], f: usize, k: usize| -> f32 {
            let at = |i: usize| matrices[(f * CHANNELS + i) * KEPT + k];
            (0..CHANNELS).map(|i| c[f * CHANNELS + i] * at(i)).sum()
        };
        for f in 0..2 {
            for (a, b) in [(0, 0), (3, 3), (KEPT - 1, KEPT - 1), (0, 1), (2, 9)] {
                let sum: f32 = captures
                    .iter()
                    .map(|c| project(c, f, a) * project(c, f, b))
                    .sum();
                let want = f32::from(u8::from(a == b));
                let got = sum / captures.len() as f32;
                assert!((got - want).abs() < 1e-2, "{f} {a} {b}: {got}");
            }
        }
    }

    #[test]
    fn impossible_requests_are_errors() {
        let mut moments = Moments::new(1);
        assert!(moments.whiten(0.1).is_err());
        moments.add(&[1.0; CHANNELS]);
        assert!(moments.whiten(f64::NAN).is_err());
        assert!(moments.whiten(0.1).is_ok());
    }
}
