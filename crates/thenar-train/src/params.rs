//! Parameters of a network and how they become weights.
//!
//! Convolutions marked `standardised` learn a direction and a length per output channel instead of the weights
//! themselves: `w = g · (v - mean v) / |v - mean v|` (weight standardisation, Qiao et al. 2019, with the gain of Brock
//! et al. 2021). It does what batch normalisation does for training, costs nothing per pixel, needs no statistics, and
//! folds into a plain convolution without remainder. Cosine layers learn directions.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::error::TrainError;
use crate::graph::Survey;
use crate::layers::{Conv, Dense, Init, Layer};

/// Below this squared norm a direction counts as zero.
const TINY: f32 = 1e-10;
/// Share of the batch's statistics in the new running ones (PyTorch's default).
const MOMENTUM: f32 = 0.1;

/// The learnt numbers of a network: for every layer in order its [`Layer::parameters`], each row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    layers: Vec<Layer>,
    values: Vec<f32>,
}

/// What one layer computes with: its [`Layer::weights`], each row-major.
///
/// As a gradient, the lists hold derivatives; for the running mean and variance of a [`crate::layers::Norm`], which
/// have none, they hold the mean and variance of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The layer they belong to.
    pub layer: Layer,
    /// One list per tensor.
    pub tensors: Vec<Vec<f32>>,
}

impl Weights {
    /// γ, σ and f of a Gabor layer.
    ///
    /// # Panics
    /// When the layer is another.
    pub fn gabor_shape(&self) -> [f32; 3] {
        [0, 1, 2].map(|i: usize| self.tensors[i][0])
    }
}

impl Params {
    /// Random parameters for the layers of `survey`.
    pub fn random(survey: &Survey, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        for layer in &survey.layers {
            begin(layer, &mut rng, &mut values);
        }
        Self {
            layers: survey.layers.clone(),
            values,
        }
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// All numbers in order.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All numbers in order, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The numbers of one tensor of a layer ([`Layer::parameters`]), to be changed.
    ///
    /// # Errors
    /// When there is no such tensor.
    pub fn tensor_mut(&mut self, layer: &str, index: usize) -> Result<&mut [f32], TrainError> {
        let mut at = 0;
        for each in &self.layers {
            for (i, tensor) in each.parameters().into_iter().enumerate() {
                if each.name() == layer && i == index {
                    return Ok(&mut self.values[at..at + tensor.count()]);
                }
                at += tensor.count();
            }
        }
        let missing = format!("the network has no tensor {index} in a layer {layer}");
        Err(TrainError::Argument(missing))
    }

    /// The same layers with other numbers, or `None` when their count is wrong.
    pub fn with_values(&self, values: Vec<f32>) -> Option<Self> {
        (values.len() == self.values.len()).then(|| Self {
            layers: self.layers.clone(),
            values,
        })
    }

    /// The weights that the parameters stand for.
    pub fn weights(&self) -> Vec<Weights> {
        let mut rest = self.values.as_slice();
        let weights = |layer: &Layer| Weights {
            layer: layer.clone(),
            tensors: to_weights(layer, &split(layer, &mut rest)),
        };
        self.layers.iter().map(weights).collect()
    }

    /// Turns the gradient with respect to the weights into one with respect to the parameters; zero for running
    /// statistics.
    ///
    /// # Panics
    /// When `gradients` does not belong to the same layers.
    pub fn pull_back(&self, gradients: &[Weights]) -> Vec<f32> {
        assert_eq!(gradients.len(), self.layers.len(), "one gradient per layer");
        let mut rest = self.values.as_slice();
        let mut out = Vec::with_capacity(self.values.len());
        for (layer, gradient) in self.layers.iter().zip(gradients) {
            let lists = split(layer, &mut rest);
            pull_back(layer, &lists, &gradient.tensors, &mut out);
        }
        out
    }

    /// Moves running statistics towards those of the batch that `gradients` came from.
    ///
    /// # Panics
    /// When `gradients` does not belong to the same layers.
    pub fn observe(&mut self, gradients: &[Weights]) {
        self.move_statistics(gradients, MOMENTUM);
    }

    /// Takes the statistics of the batch that `gradients` came from for the running ones.
    ///
    /// # Panics
    /// When `gradients` does not belong to the same layers.
    pub fn adopt_statistics(&mut self, gradients: &[Weights]) {
        self.move_statistics(gradients, 1.0);
    }

    fn move_statistics(&mut self, gradients: &[Weights], share: f32) {
        assert_eq!(gradients.len(), self.layers.len(), "one gradient per layer");
        let mut at = 0;
        for (layer, gradient) in self.layers.iter().zip(gradients) {
            let counts = layer.parameters().into_iter().map(|t| t.count());
            if let Layer::Norm(norm) = layer {
                let running = &mut self.values[at + 2 * norm.channels..][..2 * norm.channels];
                let batch = gradient.tensors[2].iter().chain(&gradient.tensors[3]);
                for (value, &now) in running.iter_mut().zip(batch) {
                    *value += share * (now - *value);
                }
            }
            at += counts.sum::<usize>();
        }
    }
}

/// Appends a layer's initial numbers.
fn begin(layer: &Layer, rng: &mut ChaCha8Rng, values: &mut Vec<f32>) {
    let mut uniform = |bound: f32, count: usize, values: &mut Vec<f32>| {
        values.extend((0..count).map(|_| rng.random_range(-bound..=bound)));
    };
    match layer {
        Layer::Conv(conv) => match conv.init {
            Init::Normal => begin_normal(conv, rng, values),
            Init::Uniform => {
                let bound = 1.0 / (conv.fan_in() as f32).sqrt();
                uniform(bound, conv.outputs * conv.fan_in(), values);
                if conv.standardised {
                    values.extend(std::iter::repeat_n(conv.gain, conv.outputs));
                }
                uniform(bound, if conv.biased { conv.outputs } else { 0 }, values);
            }
        },
        Layer::Dense(dense) => {
            // Glorot & Bengio (2010) for directions, as the published heads begin; PyTorch's default otherwise.
            let fan = dense.inputs as f32;
            let bound = if dense.unit_rows {
                (6.0 / (fan + dense.outputs as f32)).sqrt()
            } else {
                1.0 / fan.sqrt()
            };
            uniform(bound, dense.outputs * dense.inputs, values);
            uniform(bound, if dense.biased { dense.outputs } else { 0 }, values);
        }
        Layer::Gabor(gabor) => values.extend(gabor.initial()),
        Layer::Affine(_) => values.extend([1.0, 0.0]),
        Layer::Norm(norm) => {
            for value in [1.0, 0.0, 0.0, 1.0] {
                values.extend(std::iter::repeat_n(value, norm.channels));
            }
        }
    }
}

fn begin_normal(conv: &Conv, rng: &mut ChaCha8Rng, values: &mut Vec<f32>) {
    let sigma = conv.gain / (conv.fan_in() as f32).sqrt();
    values.extend((0..conv.outputs * conv.fan_in()).map(|_| sigma * normal(rng)));
    if conv.standardised {
        values.extend(std::iter::repeat_n(conv.gain, conv.outputs));
    }
    if conv.biased {
        values.extend(std::iter::repeat_n(0.0, conv.outputs));
    }
}

/// Takes one layer's lists off the front of `rest`.
fn split<'a>(layer: &Layer, rest: &mut &'a [f32]) -> Vec<&'a [f32]> {
    let take = |tensor: crate::layers::Tensor| {
        let (head, tail) = rest.split_at(tensor.count());
        *rest = tail;
        head
    };
    layer.parameters().into_iter().map(take).collect()
}

/// The weights of a layer from its parameters.
fn to_weights(layer: &Layer, lists: &[&[f32]]) -> Vec<Vec<f32>> {
    match layer {
        Layer::Conv(conv) if conv.standardised => {
            let mut kernel = lists[0].to_vec();
            for (row, &gain) in kernel.chunks_exact_mut(conv.fan_in()).zip(lists[1]) {
                let norm = centre(row);
                row.iter_mut().for_each(|v| *v *= gain / norm);
            }
            let bias = lists[2..].iter().map(|b| b.to_vec());
            std::iter::once(kernel).chain(bias).collect()
        }
        Layer::Dense(dense) if dense.unit_rows => {
            let mut matrix = lists[0].to_vec();
            for row in matrix.chunks_exact_mut(dense.inputs) {
                let norm = length(row);
                row.iter_mut().for_each(|v| *v /= norm);
            }
            let bias = lists[1..].iter().map(|b| b.to_vec());
            std::iter::once(matrix).chain(bias).collect()
        }
        _ => lists.iter().map(|l| l.to_vec()).collect(),
    }
}

/// Appends the gradient by a layer's parameters; `gradient` is the one by its weights.
fn pull_back(layer: &Layer, lists: &[&[f32]], gradient: &[Vec<f32>], out: &mut Vec<f32>) {
    match layer {
        Layer::Conv(conv) if conv.standardised => {
            pull_back_standardised(conv, lists, &gradient[0], out);
            gradient[1..].iter().for_each(|b| out.extend_from_slice(b));
        }
        Layer::Dense(dense) if dense.unit_rows => {
            pull_back_directions(dense, lists[0], &gradient[0], out);
            gradient[1..].iter().for_each(|b| out.extend_from_slice(b));
        }
        Layer::Norm(norm) => {
            gradient[..2].iter().for_each(|g| out.extend_from_slice(g));
            out.extend(std::iter::repeat_n(0.0, 2 * norm.channels));
        }
        _ => gradient.iter().for_each(|g| out.extend_from_slice(g)),
    }
}

/// With `u = (v - mean v) / |v - mean v|` and `d` the gradient with respect to a channel's weights:
/// `∂g = d·u`, `∂v = g / |v - mean v| · (d - mean d - u (u·d))`.
fn pull_back_standardised(conv: &Conv, lists: &[&[f32]], gradient: &[f32], out: &mut Vec<f32>) {
    let fan_in = conv.fan_in();
    let mut gain_gradients = Vec::with_capacity(conv.outputs);
    let rows = lists[0]
        .chunks_exact(fan_in)
        .zip(gradient.chunks_exact(fan_in));
    for ((row, d), &gain) in rows.zip(lists[1]) {
        let mut u = row.to_vec();
        let norm = centre(&mut u);
        u.iter_mut().for_each(|u| *u /= norm);
        let along: f32 = u.iter().zip(d).map(|(u, d)| u * d).sum();
        let mean = d.iter().sum::<f32>() / fan_in as f32;
        out.extend(
            u.iter()
                .zip(d)
                .map(|(u, d)| gain / norm * (d - mean - u * along)),
        );
        gain_gradients.push(along);
    }
    out.extend(gain_gradients);
}

/// With `u = v / |v|`: `∂v = (d - u (u·d)) / |v|`.
fn pull_back_directions(dense: &Dense, rows: &[f32], gradient: &[f32], out: &mut Vec<f32>) {
    let rows = rows.chunks_exact(dense.inputs);
    for (row, d) in rows.zip(gradient.chunks_exact(dense.inputs)) {
        let norm = length(row);
        let along = row.iter().zip(d).map(|(v, d)| v * d).sum::<f32>() / (norm * norm);
        out.extend(row.iter().zip(d).map(|(v, d)| (d - v * along) / norm));
    }
}

/// Subtracts the mean from `row` and gives the norm of what is left.
fn centre(row: &mut [f32]) -> f32 {
    let mean = row.iter().sum::<f32>() / row.len() as f32;
    row.iter_mut().for_each(|v| *v -= mean);
    length(row)
}

fn length(row: &[f32]) -> f32 {
    (row.iter().map(|v| v * v).sum::<f32>() + TINY).sqrt()
}

/// A standard normal number (Box–Muller).
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.random::<f32>()).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.random::<f32>()).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Affine, Gabor, Norm};

    fn two_layers() -> Params {
        let survey = Survey::of(vec![
            Conv::new("a", 2, 3, 3),
            Conv::new("b", 3, 2, 1).plain(),
        ]);
        Params::random(&survey, 5)
    }

    fn one_of_each() -> Params {
        let gabor = Gabor {
            name: "gabor".into(),
            inputs: 2,
            orientations: 4,
            kernel: 5,
            stride: 1,
            padding: 0,
            ratio: 0.2,
        };
        let survey = Survey::of_layers(vec![
            Layer::Conv(Conv::new("standardised", 2, 3, 3)),
            Layer::Conv(Conv::published("plain", 3, 2, 1).unbiased()),
            Layer::Gabor(gabor),
            Layer::Dense(Dense::new("dense", 4, 3)),
            Layer::Dense(Dense::cosines("cosines", 5, 3)),
            Layer::Affine(Affine { name: "ab".into() }),
        ]);
        Params::random(&survey, 5)
    }

    #[test]
    fn standardised_channels_have_mean_zero_and_norm_gain() {
        let weights = two_layers().weights();
        for row in weights[0].tensors[0].chunks_exact(18) {
            assert!(row.iter().sum::<f32>().abs() < 1e-5);
            let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            assert!((norm - crate::layers::RELU_GAIN).abs() < 1e-4, "{norm}");
        }
    }

    #[test]
    fn pull_back_agrees_with_finite_differences() {
        let params = one_of_each();
        // A loss that is linear in the weights, with arbitrary coefficients.
        let coefficient = |i: usize| ((i * 37 % 11) as f32 - 5.0) / 5.0;
        let loss = |p: &Params| -> f64 {
            let flat = p.weights().into_iter().flat_map(|w| w.tensors.concat());
            flat.enumerate()
                .map(|(i, v)| f64::from(coefficient(i)) * f64::from(v))
                .sum()
        };
        let mut index = 0;
        let gradients: Vec<_> = params
            .weights()
            .into_iter()
            .map(|mut w| {
                for value in w.tensors.iter_mut().flatten() {
                    *value = coefficient(index);
                    index += 1;
                }
                w
            })
            .collect();
        let got = params.pull_back(&gradients);
        for (i, &got) in got.iter().enumerate() {
            let mut moved = [params.clone(), params.clone()];
            moved[0].values[i] -= 2e-3;
            moved[1].values[i] += 2e-3;
            let want = (loss(&moved[1]) - loss(&moved[0])) / 4e-3;
            assert!(
                (f64::from(got) - want).abs() < 2e-2 * (1.0 + want.abs()),
                "{i}: {got} {want}"
            );
        }
    }

    #[test]
    fn running_statistics_move_a_tenth_of_the_way_and_have_no_gradient() {
        let norm = Norm {
            name: "norm".into(),
            channels: 2,
        };
        let survey = Survey::of_layers(vec![
            Layer::Affine(Affine { name: "ab".into() }),
            Layer::Norm(norm),
        ]);
        let mut params = Params::random(&survey, 1);
        let mut seen = params.weights();
        seen[1].tensors = vec![
            vec![1.0, 2.0],
            vec![3.0, 4.0],
            vec![5.0, 6.0],
            vec![7.0, 8.0],
        ];
        let gradient = params.pull_back(&seen);
        assert_eq!(gradient[2..], [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0]);
        params.observe(&seen);
        let want = [1.0, 1.0, 0.0, 0.0, 0.5, 0.6, 1.6, 1.7];
        for (got, want) in params.values()[2..].iter().zip(want) {
            assert!((got - want).abs() < 1e-6, "{got} {want}");
        }
    }
}
