//! Whitening in closed form: directions that all palms share are made small, directions in which palms differ are made
//! equal, and directions that hold nothing but noise are left out.

use faer::{Mat, Side};

use crate::error::TrainError;

/// Σ x xᵀ over drawn captures; captures are added and need not be kept.
///
/// The moment is taken about zero, not about the mean: the mean of drawn palms is not that of real ones, and what
/// palms have in common is a direction of large moment, which whitening makes small without knowing where on it real
/// palms lie.
pub struct Moment {
    captures: f64,
    products: Mat<f64>,
}

/// A projection and the moments of the directions it keeps.
pub struct Whitening {
    /// Row-major `[dim, outputs]`, direction of the largest moment first.
    pub matrix: Vec<f32>,
    /// Second moments of all directions, descending.
    pub moments: Vec<f64>,
}

impl Moment {
    /// An empty sum for vectors of `dim` values.
    pub fn new(dim: usize) -> Self {
        Self {
            captures: 0.0,
            products: Mat::zeros(dim, dim),
        }
    }

    /// Adds captures.
    ///
    /// # Panics
    /// When a capture has another length.
    pub fn add(&mut self, captures: &[Vec<f32>]) {
        let dim = self.products.nrows();
        assert!(
            captures.iter().all(|c| c.len() == dim),
            "captures of {dim} values"
        );
        let x = Mat::from_fn(captures.len(), dim, |i, j| captures[i][j]);
        let products = x.transpose() * &x;
        for j in 0..dim {
            for i in 0..dim {
                self.products[(i, j)] += f64::from(products[(i, j)]);
            }
        }
        self.captures += captures.len() as f64;
    }

    /// Keeps the `outputs` directions of largest moment, each divided by the root of its moment plus `ridge` times the
    /// mean moment, so that weak directions are not blown up.
    ///
    /// # Errors
    /// When there are no captures, more directions are asked for than there are, or the decomposition fails.
    pub fn whiten(&self, outputs: usize, ridge: f64) -> Result<Whitening, TrainError> {
        let dim = self.products.nrows();
        let bad_ridge = ridge.is_nan() || ridge <= 0.0;
        if self.captures < 1.0 || outputs == 0 || outputs > dim || bad_ridge {
            let asked = format!(
                "{outputs} directions of {dim} with ridge {ridge} from {} captures",
                self.captures
            );
            return Err(TrainError::Argument(format!("cannot find {asked}")));
        }
        let moment = Mat::from_fn(dim, dim, |i, j| self.products[(i, j)] / self.captures);
        let failed = |e| TrainError::Backend {
            backend: "eigenvalues",
            reason: format!("{e:?}"),
        };
        let eigen = moment.self_adjoint_eigen(Side::Lower).map_err(failed)?;
        // The decomposition sorts upwards.
        let mut moments: Vec<f64> = eigen.S().column_vector().iter().copied().collect();
        moments.reverse();
        let floor = ridge * moments.iter().sum::<f64>() / dim as f64;
        let vectors = eigen.U();
        let entry =
            |i: usize, k: usize| vectors[(i, dim - 1 - k)] / (moments[k].max(0.0) + floor).sqrt();
        let matrix = (0..dim * outputs)
            .map(|n| entry(n / outputs, n % outputs) as f32)
            .collect();
        Ok(Whitening { matrix, moments })
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
        let captures: Vec<Vec<f32>> = (0..4000)
            .map(|_| {
                let (a, b): (f32, f32) = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
                vec![9.0 * a, 3.0 * a + b, 2.0 * b, 0.0]
            })
            .collect();
        let mut moment = Moment::new(4);
        moment.add(&captures[..1000]);
        moment.add(&captures[1000..]);
        let matrix = moment.whiten(2, 1e-9).unwrap().matrix;
        let project = |c: &[f32], k: usize| (0..4).map(|i| c[i] * matrix[2 * i + k]).sum::<f32>();
        let mean = |f: &dyn Fn(&[f32]) -> f32| {
            captures.iter().map(|c| f(c)).sum::<f32>() / captures.len() as f32
        };
        for k in 0..2 {
            let moment = mean(&|c| project(c, k).powi(2));
            assert!((moment - 1.0).abs() < 1e-3, "{moment}");
        }
        let correlation = mean(&|c| project(c, 0) * project(c, 1));
        assert!(correlation.abs() < 1e-3, "{correlation}");
    }

    #[test]
    fn impossible_requests_are_errors() {
        let mut moment = Moment::new(2);
        assert!(moment.whiten(1, 0.1).is_err());
        moment.add(&[vec![0.0, 1.0]]);
        assert!(moment.whiten(3, 0.1).is_err());
        assert!(moment.whiten(1, f64::NAN).is_err());
    }
}
