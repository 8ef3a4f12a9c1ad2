//! Parameters of a network and how they become weights.
//!
//! Layers marked `standardised` learn a direction and a length per output channel instead of the weights themselves:
//! `w = g · (v - mean v) / |v - mean v|` (weight standardisation, Qiao et al. 2019, with the gain of Brock et al.
//! 2021). It does what batch normalisation does for training, costs nothing per pixel, needs no statistics, and folds
//! into a plain convolution without remainder.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::graph::{Conv, Survey};

/// Below this squared norm a direction counts as zero.
const TINY: f32 = 1e-10;

/// The learnt numbers of a network: for every layer in order its `v` or `w`, then gains (if standardised), then biases.
#[derive(Clone, Debug, PartialEq)]
pub struct Params {
    layers: Vec<Conv>,
    values: Vec<f32>,
}

/// Weights `[outputs, inputs, k, k]` (row-major) and biases of one layer, as a convolution uses them; or a gradient
/// with respect to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// The layer they belong to.
    pub conv: Conv,
    /// The kernel.
    pub kernel: Vec<f32>,
    /// One number per output channel.
    pub bias: Vec<f32>,
}

impl Params {
    /// Random parameters for the layers of `survey`: directions from a normal distribution, biases zero.
    pub fn random(survey: &Survey, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        for conv in &survey.layers {
            let sigma = conv.gain / (conv.fan_in() as f32).sqrt();
            values.extend((0..conv.outputs * conv.fan_in()).map(|_| sigma * normal(&mut rng)));
            if conv.standardised {
                values.extend(std::iter::repeat_n(conv.gain, conv.outputs));
            }
            values.extend(std::iter::repeat_n(0.0, conv.outputs));
        }
        Self {
            layers: survey.layers.clone(),
            values,
        }
    }

    /// The layers.
    pub fn layers(&self) -> &[Conv] {
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
        self.layers
            .iter()
            .map(|conv| {
                let (v, gains, bias) = split(conv, &mut rest);
                let mut kernel = v.to_vec();
                if let Some(gains) = gains {
                    for (row, &gain) in kernel.chunks_exact_mut(conv.fan_in()).zip(gains) {
                        let norm = centre(row);
                        row.iter_mut().for_each(|v| *v *= gain / norm);
                    }
                }
                Weights {
                    conv: conv.clone(),
                    kernel,
                    bias: bias.to_vec(),
                }
            })
            .collect()
    }

    /// Turns the gradient with respect to the weights into one with respect to the parameters.
    ///
    /// With `u = (v - mean v) / |v - mean v|` and `d` the gradient with respect to a channel's weights:
    /// `∂g = d·u`, `∂v = g / |v - mean v| · (d - mean d - u (u·d))`.
    ///
    /// # Panics
    /// When `gradients` does not belong to the same layers.
    pub fn pull_back(&self, gradients: &[Weights]) -> Vec<f32> {
        assert_eq!(gradients.len(), self.layers.len(), "one gradient per layer");
        let mut rest = self.values.as_slice();
        let mut out = Vec::with_capacity(self.values.len());
        for (conv, gradient) in self.layers.iter().zip(gradients) {
            let (v, gains, _) = split(conv, &mut rest);
            let fan_in = conv.fan_in();
            match gains {
                None => out.extend_from_slice(&gradient.kernel),
                Some(gains) => {
                    let mut gain_gradients = Vec::with_capacity(conv.outputs);
                    let rows = v
                        .chunks_exact(fan_in)
                        .zip(gradient.kernel.chunks_exact(fan_in));
                    for ((row, d), &gain) in rows.zip(gains) {
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
            }
            out.extend_from_slice(&gradient.bias);
        }
        out
    }
}

/// Takes one layer's numbers off the front of `rest`.
fn split<'a>(conv: &Conv, rest: &mut &'a [f32]) -> (&'a [f32], Option<&'a [f32]>, &'a [f32]) {
    let mut take = |n: usize| {
        let (head, tail) = rest.split_at(n);
        *rest = tail;
        head
    };
    let v = take(conv.outputs * conv.fan_in());
    let gains = conv.standardised.then(|| take(conv.outputs));
    (v, gains, take(conv.outputs))
}

/// Subtracts the mean from `row` and gives the norm of what is left.
fn centre(row: &mut [f32]) -> f32 {
    let mean = row.iter().sum::<f32>() / row.len() as f32;
    row.iter_mut().for_each(|v| *v -= mean);
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

    fn two_layers() -> Params {
        let survey = Survey::of(vec![
            Conv::new("a", 2, 3, 3),
            Conv::new("b", 3, 2, 1).plain(),
        ]);
        Params::random(&survey, 5)
    }

    #[test]
    fn standardised_channels_have_mean_zero_and_norm_gain() {
        let weights = two_layers().weights();
        for row in weights[0].kernel.chunks_exact(18) {
            assert!(row.iter().sum::<f32>().abs() < 1e-5);
            let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            assert!((norm - weights[0].conv.gain).abs() < 1e-4, "{norm}");
        }
    }

    #[test]
    fn pull_back_agrees_with_finite_differences() {
        let params = two_layers();
        // A loss that is linear in the weights, with arbitrary coefficients.
        let coefficient = |i: usize| ((i * 37 % 11) as f32 - 5.0) / 5.0;
        let loss = |p: &Params| -> f64 {
            let flat = p
                .weights()
                .into_iter()
                .flat_map(|w| [w.kernel, w.bias].concat());
            flat.enumerate()
                .map(|(i, v)| f64::from(coefficient(i)) * f64::from(v))
                .sum()
        };
        let mut index = 0;
        let gradients: Vec<_> = params
            .weights()
            .into_iter()
            .map(|mut w| {
                for value in w.kernel.iter_mut().chain(&mut w.bias) {
                    *value = coefficient(index);
                    index += 1;
                }
                w
            })
            .collect();
        let got = params.pull_back(&gradients);
        for (i, &got) in got.iter().enumerate() {
            let mut moved = [params.clone(), params.clone()];
            moved[0].values[i] -= 1e-2;
            moved[1].values[i] += 1e-2;
            let want = (loss(&moved[1]) - loss(&moved[0])) / 2e-2;
            assert!(
                (f64::from(got) - want).abs() < 2e-2 * (1.0 + want.abs()),
                "{i}: {got} {want}"
            );
        }
    }
}
