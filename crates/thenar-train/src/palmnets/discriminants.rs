//! Directions that tell identities apart, in closed form.

use faer::linalg::triangular_solve::{
    solve_lower_triangular_in_place, solve_upper_triangular_in_place,
};
use faer::{Mat, MatRef, Par, Side};

use crate::error::TrainError;

/// Share of the mean scatter within identities that is added to every direction before it is whitened.
const RIDGE: f32 = 0.1;
/// Weight of directions that do not tell the given identities apart, but may others.
const REST: f32 = 0.25;

/// Rows of numbers, each of an identity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labelled<'a> {
    /// `[n, length]`.
    pub rows: MatRef<'a, f32>,
    /// The identity of every row.
    pub labels: &'a [usize],
}

impl<'a> Labelled<'a> {
    /// Rows of `length` numbers each.
    pub fn new(rows: &'a [f32], length: usize, labels: &'a [usize]) -> Self {
        let rows = MatRef::from_row_major_slice(rows, labels.len(), length);
        Self { rows, labels }
    }
}

/// Up to `count` directions, as rows: first those along which the means of the identities differ most once differences
/// within an identity are whitened (Fisher 1936, with a ridge), then those along which the images differ most otherwise,
/// weaker. `varied` only says how images of one identity differ.
///
/// There are fewer images than values, so everything happens among the images: with `x xᵀ u = λ u` the rows of `x` have
/// the coordinates `√λ u` along the directions `xᵀ u / √λ`.
///
/// # Shapes
/// Rows `[n, length]`, centred → `[up to count, length]`.
///
/// # Errors
/// When a decomposition fails.
pub(super) fn discriminants(
    plain: &Labelled<'_>,
    varied: &Labelled<'_>,
    count: usize,
) -> Result<Mat<f32>, TrainError> {
    let x = plain.rows;
    let (values, vectors) = descending((x * x.transpose()).as_ref())?;
    let spanned = values.iter().filter(|&&v| v > 1e-6 * values[0]).count();
    let basis = Mat::from_fn(x.nrows(), spanned, |i, k| {
        vectors[(i, k)] / values[k].sqrt()
    });
    let mut own = Mat::from_fn(x.nrows(), spanned, |i, k| {
        vectors[(i, k)] * values[k].sqrt()
    });
    let others = (varied.rows * x.transpose()) * &basis;
    let factor = {
        let centres = means(own.as_ref(), plain.labels);
        let scatters = [
            (own.as_ref(), plain.labels),
            (others.as_ref(), varied.labels),
        ];
        let mut within = Mat::<f32>::zeros(spanned, spanned);
        for (rows, labels) in scatters {
            let off = Mat::from_fn(rows.nrows(), spanned, |i, k| {
                rows[(i, k)] - centres[(labels[i], k)]
            });
            within += off.transpose() * &off;
        }
        let trace: f32 = (0..spanned).map(|k| within[(k, k)]).sum();
        for k in 0..spanned {
            within[(k, k)] += (RIDGE * trace / spanned as f32).max(f32::MIN_POSITIVE);
        }
        within.llt(Side::Lower).map_err(failed)?
    };
    drop(others);
    // Whitened within identities: coordinates times the inverse of the factor, transposed.
    solve_lower_triangular_in_place(factor.L(), own.transpose_mut(), Par::Seq);
    let mut directions = strongest(own, plain.labels, count)?;
    solve_upper_triangular_in_place(factor.L().transpose(), directions.as_mut(), Par::Seq);
    Ok((basis * directions).transpose() * x)
}

/// The directions between the means of the labels, then, times [`REST`], the strongest that are left; as columns.
fn strongest(rows: Mat<f32>, labels: &[usize], count: usize) -> Result<Mat<f32>, TrainError> {
    let length = rows.ncols();
    let centres = means(rows.as_ref(), labels);
    let (values, vectors) = descending((&centres * centres.transpose()).as_ref())?;
    let telling = values.iter().filter(|&&v| v > 1e-4 * values[0]).count();
    let between = centres.transpose()
        * Mat::from_fn(centres.nrows(), telling, |i, k| {
            vectors[(i, k)] / values[k].sqrt()
        });
    if telling >= count {
        return Ok(between.get(.., ..count).to_owned());
    }
    let rest = &rows - (&rows * &between) * between.transpose();
    let (_, others) = descending((rest.transpose() * &rest).as_ref())?;
    let count = count.min(length);
    Ok(Mat::from_fn(length, count, |i, k| {
        if k < telling {
            between[(i, k)]
        } else {
            REST * others[(i, k - telling)]
        }
    }))
}

/// The mean row of every label.
fn means(rows: MatRef<'_, f32>, labels: &[usize]) -> Mat<f32> {
    let classes = labels.iter().max().map_or(0, |m| m + 1);
    let mut sizes = vec![0.0f32; classes];
    labels.iter().for_each(|&label| sizes[label] += 1.0);
    let mut means = Mat::<f32>::zeros(classes, rows.ncols());
    for k in 0..rows.ncols() {
        for (i, &label) in labels.iter().enumerate() {
            means[(label, k)] += rows[(i, k)] / sizes[label];
        }
    }
    means
}

/// Eigenvalues of a symmetric matrix from the largest down, and its eigenvectors as columns in that order.
fn descending(matrix: MatRef<'_, f32>) -> Result<(Vec<f32>, Mat<f32>), TrainError> {
    let n = matrix.nrows();
    // The decomposition sorts upwards.
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let values = eigen.S().column_vector();
    let values = (0..n).rev().map(|i| values[i].max(0.0)).collect();
    let vectors = eigen.U();
    Ok((values, Mat::from_fn(n, n, |i, k| vectors[(i, n - 1 - k)])))
}

fn failed(error: impl std::fmt::Debug) -> TrainError {
    TrainError::Backend {
        backend: "linear algebra",
        reason: format!("{error:?}"),
    }
}
