//! Linear layers that can be multiplied into one.

use faer::MatRef;

/// `matrix · source + bias`.
#[derive(Clone)]
pub(super) struct Linear {
    pub name: String,
    pub source: String,
    /// Outputs and inputs.
    pub shape: [usize; 2],
    pub matrix: Vec<f32>,
    pub bias: Vec<f32>,
}

impl Linear {
    /// This layer after `first`, as one.
    pub fn after(self, first: &Self) -> Self {
        let [outputs, middle] = self.shape;
        let [_, inputs] = first.shape;
        let matrix = product(&self.matrix, &first.matrix, [outputs, middle, inputs]);
        let carried = product(&self.matrix, &first.bias, [outputs, middle, 1]);
        let bias = carried.iter().zip(&self.bias).map(|(a, b)| a + b).collect();
        Self {
            name: format!("{}.{}", first.name, self.name),
            source: first.source.clone(),
            shape: [outputs, inputs],
            matrix,
            bias,
        }
    }
}

/// `[n, m] · [m, k]`, row-major.
fn product(a: &[f32], b: &[f32], [n, m, k]: [usize; 3]) -> Vec<f32> {
    let c = MatRef::from_row_major_slice(a, n, m) * MatRef::from_row_major_slice(b, m, k);
    (0..n * k).map(|i| c[(i / k, i % k)]).collect()
}
