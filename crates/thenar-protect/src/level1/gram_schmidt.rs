//! The published projection: a seeded Gaussian matrix made orthonormal row by row (Yang et al., DCPV, 2024, section III-B).
//!
//! Modified Gram–Schmidt, each row treated twice ("twice is enough", Giraud et al., 2005), so the rows are orthonormal to
//! about 1e-15. Sums run from the first element to the last and the logarithm and cosine come from `libm`, so the
//! matrix is the same on every machine.
//!
//! # Deviations
//! The feature is quantised to 2^20 steps first, as for the structured form. The paper draws from the framework's
//! generator; here normal numbers come from the token's key stream by Box and Muller (1958).

use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::Level1Params;
use crate::derive::Stream;

/// `bits` orthonormal rows of `feature_len` values, row after row.
#[derive(zeroize::Zeroize, ZeroizeOnDrop)]
pub(super) struct GramSchmidt {
    rows: Vec<f64>,
    row_len: usize,
}

impl GramSchmidt {
    /// Draws the matrix from a derived key.
    pub(super) fn new(params: &Level1Params, key: &[u8; 32]) -> Self {
        let row_len = params.feature_len();
        let mut stream = Stream::new(key);
        let mut rows: Vec<f64> = (0..params.bits() * row_len)
            .map(|_| normal(&mut stream))
            .collect();
        for start in (0..rows.len()).step_by(row_len) {
            let (done, rest) = rows.split_at_mut(start);
            let row = &mut rest[..row_len];
            for _ in 0..2 {
                for earlier in done.chunks_exact(row_len) {
                    let along = dot(row, earlier);
                    row.iter_mut()
                        .zip(earlier)
                        .for_each(|(x, e)| *x -= along * e);
                }
                let norm = dot(row, row).sqrt();
                row.iter_mut().for_each(|x| *x /= norm);
            }
        }
        Self { rows, row_len }
    }

    /// `q`, in quantisation steps.
    pub(super) fn project(&self, feature: &[i32]) -> Zeroizing<Vec<f64>> {
        let feature: Zeroizing<Vec<f64>> =
            Zeroizing::new(feature.iter().map(|&u| f64::from(u)).collect());
        Zeroizing::new(
            self.rows
                .chunks_exact(self.row_len)
                .map(|row| dot(row, &feature))
                .collect(),
        )
    }
}

/// A standard normal number (Box and Muller, 1958, the cosine half).
fn normal(stream: &mut Stream) -> f64 {
    let (radius, angle) = (stream.open_unit(), stream.open_unit());
    (-2.0 * libm::log(radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
}

/// The inner product, summed from first to last.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_orthonormal() {
        let params = Level1Params::square(96).with_gram_schmidt().unwrap();
        let g = GramSchmidt::new(&params, &[9; 32]);
        let rows: Vec<&[f64]> = g.rows.chunks_exact(96).collect();
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let expected = f64::from(i == j);
                assert!((dot(a, b) - expected).abs() < 1e-12, "rows {i} and {j}");
            }
        }
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut stream = Stream::new(&[1; 32]);
        let draws: Vec<f64> = (0..100_000).map(|_| normal(&mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        let within_one = draws.iter().filter(|x| x.abs() < 1.0).count() as f64 / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
        assert!((within_one - 0.6827).abs() < 0.008, "{within_one}");
    }
}
