//! The published projection: a seeded Gaussian matrix made orthonormal row by row (Yang et al., DCPV, 2024, section III-B).
//!
//! Modified Gram–Schmidt, each row treated twice ("twice is enough", Giraud et al., 2005), so the rows are orthonormal to
//! about 1e-15. Every inner product is summed in [`LANES`] lanes in one fixed order, whatever the processor, so the matrix
//! is the same on every machine.
//!
//! The QR decomposition of the same Gaussian matrix, with a positive diagonal of R, has these rows as its Q, up to
//! rounding. It needs no form of its own.
//!
//! # Deviations
//! The feature is quantised to 2^20 steps first, as for the structured form. The paper draws from the framework's
//! generator; here normal numbers come from the token's key stream.

use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::derive::Stream;

/// Partial sums of an inner product: element `j` goes to lane `j % LANES`, and the lanes are added from first to last.
const LANES: usize = 8;

/// Orthonormal rows, one after the other.
#[derive(zeroize::Zeroize, ZeroizeOnDrop)]
pub(crate) struct GramSchmidt {
    rows: Vec<f64>,
    row_len: usize,
}

impl GramSchmidt {
    /// Draws `count` rows of `row_len` values from a key stream: at most as many rows as values.
    pub(crate) fn new(count: usize, row_len: usize, stream: &mut Stream) -> Self {
        let mut rows: Vec<f64> = (0..count * row_len).map(|_| stream.normal()).collect();
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

    /// The inner products of the rows with a vector of whole numbers.
    pub(crate) fn project(&self, vector: &[i32]) -> Zeroizing<Vec<f64>> {
        let vector: Zeroizing<Vec<f64>> =
            Zeroizing::new(vector.iter().map(|&u| f64::from(u)).collect());
        Zeroizing::new(
            self.rows
                .chunks_exact(self.row_len)
                .map(|row| dot(row, &vector))
                .collect(),
        )
    }

    /// The rows added up, each as often as a vector of whole numbers says: the transposed map. `row_len` values.
    pub(crate) fn combine(&self, vector: &[i32]) -> Zeroizing<Vec<f64>> {
        let mut sum = Zeroizing::new(vec![0.0; self.row_len]);
        for (row, &times) in self.rows.chunks_exact(self.row_len).zip(vector) {
            let times = f64::from(times);
            sum.iter_mut().zip(row).for_each(|(s, r)| *s += times * r);
        }
        sum
    }
}

/// The inner product, in the fixed order of [`LANES`].
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_groups, a_rest) = a.as_chunks::<LANES>();
    let (b_groups, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (a, b) in a_groups.iter().zip(b_groups) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        *lane += a * b;
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_orthonormal() {
        let g = GramSchmidt::new(96, 96, &mut Stream::new(&[9; 32]));
        let rows: Vec<&[f64]> = g.rows.chunks_exact(96).collect();
        for (i, a) in rows.iter().enumerate() {
            for (j, b) in rows.iter().enumerate() {
                let expected = f64::from(i == j);
                assert!((dot(a, b) - expected).abs() < 1e-12, "rows {i} and {j}");
            }
        }
    }

    #[test]
    fn lanes_add_up_to_the_inner_product() {
        for len in 0..40_i32 {
            let (a, b): (Vec<f64>, Vec<f64>) = (0..len)
                .map(|j| (f64::from(3 * j - 20), f64::from(7 - j)))
                .unzip();
            // Small whole numbers: no rounding in any order.
            let plain: f64 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
            assert_eq!(dot(&a, &b), plain);
        }
    }
}
