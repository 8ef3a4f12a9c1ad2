//! The fixed filters of the extractor, as matrices and kernels.

use faer::Mat;

use crate::error::TrainError;

/// Row-major matrix.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub values: Vec<f32>,
}

impl Matrix {
    fn of(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..rows * columns).map(|i| value(i / columns, i % columns) as f32);
        Self {
            rows,
            columns,
            values: values.collect(),
        }
    }

    /// This one after `first`.
    pub fn after(&self, first: &Self) -> Self {
        Self::of(self.rows, first.columns, |i, j| {
            let terms = (0..self.columns).map(|k| {
                f64::from(self.values[i * self.columns + k])
                    * f64::from(first.values[k * first.columns + j])
            });
            terms.sum()
        })
    }

    /// Rows exchanged with columns.
    pub fn transposed(&self) -> Self {
        let Self { rows, columns, .. } = *self;
        Self::of(columns, rows, |i, j| {
            f64::from(self.values[j * columns + i])
        })
    }

    /// Its rows, then those of the others.
    ///
    /// # Panics
    /// When the columns differ.
    pub fn stacked(parts: &[Self]) -> Self {
        let columns = parts.first().map_or(0, |p| p.columns);
        assert!(parts.iter().all(|p| p.columns == columns), "equal columns");
        Self {
            rows: parts.iter().map(|p| p.rows).sum(),
            columns,
            values: parts.iter().flat_map(|p| p.values.clone()).collect(),
        }
    }
}

/// Gaussian blur of a line of `length` pixels that repeats its ends; `sigma` in pixels.
pub(super) fn blur(length: usize, sigma: f64) -> Matrix {
    let reach = (2.5 * sigma).ceil() as i64;
    let tap = |i: i64| (-0.5 * (i as f64 / sigma).powi(2)).exp();
    let sum: f64 = (-reach..=reach).map(tap).sum();
    Matrix::of(length, length, |to, from| {
        let ends = |i: i64| i.clamp(0, length as i64 - 1) as usize;
        let taps = (-reach..=reach).filter(|i| ends(to as i64 + i) == from);
        taps.map(tap).sum::<f64>() / sum
    })
}

/// Means of two neighbours each, of a line of `length` pixels.
pub(super) fn halve(length: usize) -> Matrix {
    Matrix::of(
        length / 2,
        length,
        |to, from| {
            if from / 2 == to { 0.5 } else { 0.0 }
        },
    )
}

/// A line of `length` pixels read at `count` places by linear interpolation; the ends are repeated.
fn read_at(count: usize, length: usize, place: impl Fn(f64) -> f64) -> Matrix {
    Matrix::of(count, length, |to, from| {
        let place = place(to as f64).clamp(0.0, length as f64 - 1.0);
        (1.0 - (place - from as f64).abs()).max(0.0)
    })
}

/// Twice as many pixels by linear interpolation, of a line of `length` pixels.
pub(super) fn double(length: usize) -> Matrix {
    read_at(2 * length, length, |to| (to + 0.5) / 2.0 - 0.5)
}

/// A line of `length` pixels, read `by` pixels further on, by linear interpolation; the ends are repeated.
pub(super) fn shifted(length: usize, by: f64) -> Matrix {
    read_at(length, length, |to| to + by)
}

/// Every `step`-th of `length` pixels, `count` of them from `first`.
///
/// # Panics
/// When they do not all lie on the line.
pub(super) fn pick(length: usize, first: i64, step: usize, count: usize) -> Matrix {
    let last = first + ((count - 1) * step) as i64;
    assert!(
        first >= 0 && last < length as i64,
        "the pixels lie on the line"
    );
    Matrix::of(count, length, |to, from| {
        f64::from(u8::from(from as i64 == first + (to * step) as i64))
    })
}

/// The first `count` rows of the orthonormal cosine transform (DCT-II) of `length` values.
pub(super) fn cosines(count: usize, length: usize) -> Matrix {
    let n = length as f64;
    Matrix::of(count, length, |k, i| {
        let scale = if k == 0 { 1.0 / n } else { 2.0 / n };
        scale.sqrt() * (std::f64::consts::PI * (i as f64 + 0.5) * k as f64 / n).cos()
    })
}

/// One bank of real Gabor filters, dark lines positive.
pub(super) struct Bank {
    /// Orientations, evenly over half a turn.
    pub orientations: usize,
    /// Side of the kernels in pixels, odd.
    pub side: usize,
    /// Standard deviation of the envelope across a line, pixels.
    pub sigma: f64,
    /// Wavelength across a line, pixels.
    pub wavelength: f64,
    /// Standard deviation along a line relative to that across it.
    pub aspect: f64,
}

/// A bank as sums of products: filter `o` at row `y` and column `x` is `Σ_r columns[o, r, y] · rows[r, x]`.
#[derive(Debug)]
pub(super) struct Separable {
    /// `[rank, side]`
    pub rows: Vec<f32>,
    /// `[orientations, rank, side]`
    pub columns: Vec<f32>,
}

impl Bank {
    /// `[orientations][side · side]`: zero mean under its own envelope, absolute sum 1.
    fn kernels(&self) -> Vec<Vec<f64>> {
        let reach = (self.side / 2) as i32;
        let (sigma, along) = (self.sigma, self.sigma * self.aspect);
        let kernel = |o: usize| {
            let turn = o as f64 * std::f64::consts::PI / self.orientations as f64;
            let (sin, cos) = turn.sin_cos();
            let mut envelope = Vec::new();
            let mut wave = Vec::new();
            for y in -reach..=reach {
                for x in -reach..=reach {
                    let (x, y) = (f64::from(x), f64::from(y));
                    let (across, run) = (x * cos + y * sin, y * cos - x * sin);
                    let e = (-0.5 * ((across / sigma).powi(2) + (run / along).powi(2))).exp();
                    envelope.push(e);
                    wave.push(-e * (std::f64::consts::TAU * across / self.wavelength).cos());
                }
            }
            let offset = wave.iter().sum::<f64>() / envelope.iter().sum::<f64>();
            let pairs = wave.iter().zip(&envelope);
            let kernel: Vec<f64> = pairs.map(|(w, e)| w - offset * e).collect();
            let size: f64 = kernel.iter().map(|v| v.abs()).sum();
            kernel.iter().map(|v| v / size).collect()
        };
        (0..self.orientations).map(kernel).collect()
    }

    /// The nearest sums of `rank` products (the largest singular values of all kernels under each other), each filter
    /// moved to mean zero again.
    ///
    /// # Errors
    /// When the decomposition fails.
    pub fn separable(&self, rank: usize) -> Result<Separable, TrainError> {
        let (n, side) = (self.orientations, self.side);
        let kernels = self.kernels();
        let stack = Mat::from_fn(n * side, side, |i, x| {
            kernels[i / side][i % side * side + x]
        });
        let svd = stack.thin_svd().map_err(|e| TrainError::Backend {
            backend: "singular values",
            reason: format!("{e:?}"),
        })?;
        let (u, v) = (svd.U(), svd.V());
        let strength = svd.S().column_vector();
        let row_sums: Vec<f64> = (0..rank)
            .map(|r| (0..side).map(|x| v[(x, r)]).sum())
            .collect();
        let power: f64 = row_sums.iter().map(|s| s * s).sum();
        // What is left of a mean is taken away under a Gaussian envelope, in the direction that costs least.
        let envelope = |y: usize| {
            (-0.5 * ((y as f64 - (side / 2) as f64) / (side as f64 / 5.0)).powi(2)).exp()
        };
        let envelope_sum: f64 = (0..side).map(envelope).sum();
        let mut columns = Vec::with_capacity(n * rank * side);
        for o in 0..n {
            let column = |r: usize, y: usize| u[(o * side + y, r)] * strength[r];
            let mean: f64 = (0..rank)
                .map(|r| row_sums[r] * (0..side).map(|y| column(r, y)).sum::<f64>())
                .sum();
            for (r, row_sum) in row_sums.iter().enumerate() {
                let excess = mean * row_sum / power / envelope_sum;
                columns.extend((0..side).map(|y| (column(r, y) - excess * envelope(y)) as f32));
            }
        }
        let rows = (0..rank * side).map(|i| v[(i % side, i / side)] as f32);
        Ok(Separable {
            rows: rows.collect(),
            columns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Bank {
        Bank {
            orientations: 9,
            side: 17,
            sigma: 2.2,
            wavelength: 7.0,
            aspect: 2.0,
        }
    }

    fn assembled(parts: &Separable, rank: usize, o: usize) -> Vec<f64> {
        let term = |y: usize, x: usize| {
            let product = |r: usize| {
                f64::from(parts.columns[(o * rank + r) * 17 + y] * parts.rows[r * 17 + x])
            };
            (0..rank).map(product).sum()
        };
        (0..17 * 17).map(|i| term(i / 17, i % 17)).collect()
    }

    #[test]
    fn filters_do_not_see_brightness() {
        for rank in [4, 17] {
            let parts = bank().separable(rank).unwrap();
            for o in 0..9 {
                let kernel = assembled(&parts, rank, o);
                assert!(
                    kernel.iter().sum::<f64>().abs() < 1e-5,
                    "rank {rank}, filter {o}"
                );
            }
        }
    }

    #[test]
    fn all_products_give_the_filters_and_four_nearly() {
        let kernels = bank().kernels();
        for (rank, most) in [(17, 1e-6), (4, 0.4)] {
            let parts = bank().separable(rank).unwrap();
            for (o, kernel) in kernels.iter().enumerate() {
                assert!((kernel.iter().map(|v| v.abs()).sum::<f64>() - 1.0).abs() < 1e-9);
                let got = assembled(&parts, rank, o);
                let off: f64 = got.iter().zip(kernel).map(|(a, b)| (a - b).powi(2)).sum();
                let size: f64 = kernel.iter().map(|v| v * v).sum();
                assert!(
                    (off / size).sqrt() < most,
                    "rank {rank}, filter {o}: {off} of {size}"
                );
            }
        }
    }

    #[test]
    fn blurs_and_changes_of_size_keep_flat_lines_flat() {
        for matrix in [blur(64, 2.5), halve(64), double(32), pick(64, 4, 4, 14)] {
            for row in matrix.values.chunks_exact(matrix.columns) {
                assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn cosines_are_orthonormal() {
        let c = cosines(14, 14);
        let product = c.after(&c.transposed());
        for (i, &value) in product.values.iter().enumerate() {
            let want = f32::from(u8::from(i / 14 == i % 14));
            assert!((value - want).abs() < 1e-6);
        }
        let two = Matrix::stacked(&[cosines(3, 14), cosines(2, 14)]);
        assert_eq!((two.rows, two.columns, two.values.len()), (5, 14, 70));
    }
}
