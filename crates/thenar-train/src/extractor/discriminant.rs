//! Linear discriminants in closed form (Fisher 1936; Rao 1948): directions in which palms differ much and captures of
//! one palm little.

use faer::{Mat, Side};

use crate::error::TrainError;

/// Sums over captures, from which the discriminants follow; palms are added one by one and need not be kept.
pub struct Scatter {
    dim: usize,
    captures: f64,
    palms: f64,
    sum: Vec<f64>,
    /// Σ x xᵀ over captures.
    total: Mat<f64>,
    /// Σ m mᵀ over palms, `m` the mean of a palm's captures.
    between: Mat<f64>,
}

/// A projection with its share of identity.
pub struct Projection {
    /// Mean of all palms.
    pub mean: Vec<f32>,
    /// Row-major `[dim, outputs]`, most discriminating direction first.
    pub matrix: Vec<f32>,
    /// Between-palm variance of each direction, where the variance within a palm is 1.
    pub ratios: Vec<f64>,
}

impl Scatter {
    /// Empty sums for vectors of `dim` values.
    pub fn new(dim: usize) -> Self {
        let zero = || Mat::zeros(dim, dim);
        Self { dim, captures: 0.0, palms: 0.0, sum: vec![0.0; dim], total: zero(), between: zero() }
    }

    /// Adds palms, each a list of captures.
    ///
    /// # Panics
    /// When a capture has another length.
    pub fn add(&mut self, palms: &[Vec<Vec<f32>>]) {
        let captures: Vec<&[f32]> = palms.iter().flatten().map(Vec::as_slice).collect();
        let means: Vec<Vec<f32>> = palms.iter().map(|p| mean(p, self.dim)).collect();
        for mean in &means {
            self.sum.iter_mut().zip(mean).for_each(|(s, &m)| *s += f64::from(m));
        }
        self.captures += captures.len() as f64;
        self.palms += palms.len() as f64;
        add_products(&mut self.total, &captures);
        add_products(&mut self.between, &means.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }

    /// The `outputs` best directions. `ridge` times the mean variance within palms is added to every direction, so
    /// that directions without data are not believed to be free of noise.
    ///
    /// # Errors
    /// When there are too few palms, or the decomposition fails.
    pub fn solve(&self, outputs: usize, ridge: f64) -> Result<Projection, TrainError> {
        if self.palms < 2.0 || self.captures <= self.palms || outputs == 0 || outputs > self.dim {
            let said = format!("{outputs} directions of {} from {} palms", self.dim, self.palms);
            return Err(TrainError::Argument(format!("{said}: need two palms with two captures each")));
        }
        // The same number of captures per palm, so Σ over captures of the palm's mean is captures/palms · Σ m mᵀ.
        let per_palm = self.captures / self.palms;
        let mean: Vec<f64> = self.sum.iter().map(|s| s / self.palms).collect();
        let mut within = Mat::from_fn(self.dim, self.dim, |i, j| {
            (self.total[(i, j)] - per_palm * self.between[(i, j)]) / (self.captures - self.palms)
        });
        let between =
            Mat::from_fn(self.dim, self.dim, |i, j| self.between[(i, j)] / self.palms - mean[i] * mean[j]);
        let trace: f64 = (0..self.dim).map(|i| within[(i, i)]).sum();
        for i in 0..self.dim {
            within[(i, i)] += ridge * trace / self.dim as f64;
        }
        let whiten = inverse_root(&within)?;
        let whitened = &whiten * &between * &whiten;
        let (values, vectors) = eigen(&whitened)?;
        // Ascending order: the last are the best. Each is weighted by how far it can be trusted.
        let order: Vec<usize> = (0..outputs).map(|k| self.dim - 1 - k).collect();
        let weighted = Mat::from_fn(self.dim, outputs, |i, k| {
            let ratio = values[order[k]].max(0.0);
            vectors[(i, order[k])] * (ratio / (1.0 + ratio)).sqrt()
        });
        let projection = &whiten * &weighted;
        let matrix = (0..self.dim * outputs).map(|i| projection[(i / outputs, i % outputs)] as f32).collect();
        let ratios = order.iter().map(|&i| values[i]).collect();
        Ok(Projection { mean: mean.iter().map(|&m| m as f32).collect(), matrix, ratios })
    }
}

fn mean(captures: &[Vec<f32>], dim: usize) -> Vec<f32> {
    let mut out = vec![0.0; dim];
    for capture in captures {
        assert_eq!(capture.len(), dim, "a capture of {dim} values");
        out.iter_mut().zip(capture).for_each(|(o, c)| *o += c / captures.len() as f32);
    }
    out
}

/// `sums += Σ x xᵀ`.
fn add_products(sums: &mut Mat<f64>, rows: &[&[f32]]) {
    let x = Mat::from_fn(rows.len(), sums.nrows(), |i, j| rows[i][j]);
    let products = x.transpose() * &x;
    for j in 0..sums.ncols() {
        for i in 0..sums.nrows() {
            sums[(i, j)] += f64::from(products[(i, j)]);
        }
    }
}

fn inverse_root(matrix: &Mat<f64>) -> Result<Mat<f64>, TrainError> {
    let (values, vectors) = eigen(matrix)?;
    let smallest = 1e-9 * values.iter().fold(0.0f64, |m, &v| m.max(v));
    let scaled = Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, k| {
        vectors[(i, k)] / values[k].max(smallest).max(f64::MIN_POSITIVE).sqrt()
    });
    Ok(&scaled * vectors.transpose())
}

/// Eigenvalues in ascending order and eigenvectors as columns.
fn eigen(matrix: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), TrainError> {
    let failed = |e| TrainError::Backend { backend: "eigenvalues", reason: format!("{e:?}") };
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let values = eigen.S().column_vector().iter().copied().collect();
    Ok((values, eigen.U().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Identity lives in coordinate 0 only; coordinate 1 varies more, but within palms.
    #[test]
    fn finds_the_direction_that_tells_palms_apart() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let mut scatter = Scatter::new(3);
        let palms: Vec<Vec<Vec<f32>>> = (0..200)
            .map(|_| {
                let identity: f32 = rng.random_range(-1.0..1.0);
                let mut capture = || vec![identity, rng.random_range(-9.0..9.0), rng.random_range(-0.1..0.1)];
                (0..5).map(|_| capture()).collect()
            })
            .collect();
        scatter.add(&palms[..80]);
        scatter.add(&palms[80..]);
        let best = scatter.solve(1, 1e-6).unwrap();
        let share = best.matrix[0].abs() / best.matrix.iter().map(|v| v.abs()).sum::<f32>();
        assert!(share > 0.95, "{:?}", best.matrix);
    }

    #[test]
    fn too_little_data_is_an_error() {
        let mut scatter = Scatter::new(2);
        scatter.add(&[vec![vec![0.0, 1.0]]]);
        assert!(scatter.solve(1, 0.1).is_err());
    }
}
