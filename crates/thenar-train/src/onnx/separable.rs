//! A bank of smooth filters as a few column filters followed by row filters.
//!
//! A Gabor bank of many orientations spans few columns: 35×35 kernels of 9 orientations are made of 13 columns to the
//! precision of `f32`, so that two thin convolutions do the work of a broad one.

use faer::MatRef;

/// Singular values below this share of the largest are left out: what they add is below rounding.
const NEGLIGIBLE: f32 = 1e-6;

/// Column filters and the row filters that mix them.
pub(super) struct Separable {
    /// How many columns.
    pub rank: usize,
    /// `[rank, 1, side, 1]`.
    pub columns: Vec<f32>,
    /// `[filters, rank, 1, side]`.
    pub rows: Vec<f32>,
}

/// Splits `kernels` (`[filters, 1, side, side]`), or `None` when that would save less than a tenth of the work at
/// `stride`.
pub(super) fn split(kernels: &[f32], side: usize, stride: usize) -> Option<Separable> {
    let filters = kernels.len() / (side * side);
    let pixel = |y: usize, f: usize, x: usize| f64::from(kernels[(f * side + y) * side + x]);
    // One row per row of the kernels, all filters side by side.
    let wide: Vec<f64> = (0..side * filters * side)
        .map(|i| pixel(i / (filters * side), i / side % filters, i % side))
        .collect();
    let svd = MatRef::from_row_major_slice(&wide, side, filters * side)
        .thin_svd()
        .ok()?;
    let (u, v) = (svd.U(), svd.V());
    let strengths: Vec<f64> = svd.S().column_vector().iter().copied().collect();
    let floor = f64::from(NEGLIGIBLE) * strengths.first()?;
    let rank = strengths.iter().filter(|&&s| s > floor).count();
    // Columns are filtered at every x, rows at every `stride`-th.
    let work = rank * side * (stride + filters);
    if 10 * work > 9 * filters * side * side {
        return None;
    }
    let columns = (0..rank * side).map(|i| u[(i % side, i / side)] as f32);
    let rows = (0..filters * rank * side).map(|i| {
        let (filter, r, x) = (i / (rank * side), i / side % rank, i % side);
        (strengths[r] * v[(filter * side + x, r)]) as f32
    });
    Some(Separable {
        rank,
        columns: columns.collect(),
        rows: rows.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gabor;
    use crate::layers::Gabor;

    #[test]
    fn columns_and_rows_make_the_kernels_again() {
        let bank = Gabor {
            name: "bank".into(),
            inputs: 1,
            orientations: 9,
            kernel: 35,
            stride: 2,
            padding: 17,
            ratio: 1.0,
        };
        let kernels = gabor::kernels(&bank, bank.initial());
        let split = split(&kernels, 35, 2).unwrap();
        assert!(split.rank < 16, "{}", split.rank);
        for (i, want) in kernels.iter().enumerate() {
            let (filter, y, x) = (i / 1225, i / 35 % 35, i % 35);
            let got: f32 = (0..split.rank)
                .map(|r| split.columns[r * 35 + y] * split.rows[(filter * split.rank + r) * 35 + x])
                .sum();
            assert!((got - want).abs() < 2e-5, "{i}: {got} {want}");
        }
    }

    #[test]
    fn filters_that_need_every_column_stay_whole() {
        let noise: Vec<f32> = (0..2 * 49)
            .map(|i| ((i * 7919) % 101) as f32 / 50.0 - 1.0)
            .collect();
        assert!(split(&noise, 7, 1).is_none());
    }
}
