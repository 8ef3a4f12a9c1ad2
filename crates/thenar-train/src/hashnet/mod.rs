//! The mapping network of the palm-hash key paper: from a palm feature to a hash of a few bits.
//!
//! Three fully connected layers learn to map every image of a palm to a random code that belongs to the palm
//! ([`centres`]); the signs of the outputs are the hash (section 3.1 of the paper). The paper's protocol is closed: every palm
//! that is measured was trained on, from other images of it. With a gallery of its own it is open: palms are measured that
//! the network never saw.
//!
//! # Deviations
//! The paper calls the network residual and does not say where it skips, nor how wide it is: here the middle layer is
//! skipped, and the width is an option. Features have norm 1 and are scaled to values of variance 1 first. Adam's
//! second moment forgets faster (0.99 instead of 0.999), as everywhere in this crate. The views of an image serve as
//! augmentation, of which the paper has none.

pub mod centres;
pub mod distances;
pub mod features;
pub mod train;

use crate::graph::{Network, Ops};
use crate::layers::Dense;

/// Share of the last layer's inputs set to zero while learning.
const DROPOUT: f32 = 0.5;

/// The network.
#[derive(Clone, Copy, Debug)]
pub struct HashNet {
    /// Length of the feature.
    pub inputs: usize,
    /// Width of the two hidden layers.
    pub hidden: usize,
    /// Length of the hash.
    pub bits: usize,
}

impl Network for HashNet {
    const NAME: &'static str = "hashnet";
    const INPUT: &'static str = "feature";
    const OUTPUTS: &'static [(&'static str, bool)] = &[("hash", true)];

    fn input(&self) -> [usize; 3] {
        [self.inputs, 1, 1]
    }

    /// # Shapes
    /// `[N, inputs, 1, 1]`, norm 1 → `[N, bits]`, -1 to 1.
    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let Self {
            inputs,
            hidden,
            bits,
        } = *self;
        let feature = ops.flatten(&input);
        let feature = ops.scale(&feature, (inputs as f32).sqrt());
        let first = ops.dense(&feature, Dense::new("fc1", inputs, hidden));
        let first = ops.relu(&first);
        let second = ops.dense(&first, Dense::new("fc2", hidden, hidden));
        let second = ops.relu(&second);
        let joined = ops.add(&first, &second);
        let kept = ops.dropout(&joined, DROPOUT);
        let hash = ops.dense(&kept, Dense::new("hash", hidden, bits));
        vec![tanh(ops, &hash)]
    }
}

/// `tanh x = 2σ(2x) - 1`.
fn tanh<O: Ops>(ops: &mut O, x: &O::Value) -> O::Value {
    let twice = ops.scale(x, 2.0);
    let share = ops.sigmoid(&twice);
    ops.normalise(&share, 0.5, 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Backend;
    use crate::engine::infer;
    use crate::graph::Array;
    use crate::params::{Params, Weights};

    /// `W x + b`, in double precision.
    fn slow_dense(weights: &Weights, x: &[f64]) -> Vec<f64> {
        let rows = weights.tensors[0].chunks(x.len()).zip(&weights.tensors[1]);
        rows.map(|(row, &b)| {
            let dot: f64 = row.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum();
            dot + f64::from(b)
        })
        .collect()
    }

    fn slow(weights: &[Weights], feature: &[f32]) -> Vec<f64> {
        let scale = (feature.len() as f64).sqrt();
        let x: Vec<f64> = feature.iter().map(|&v| scale * f64::from(v)).collect();
        let relu = |v: Vec<f64>| v.into_iter().map(|v| v.max(0.0)).collect::<Vec<_>>();
        let first = relu(slow_dense(&weights[0], &x));
        let second = relu(slow_dense(&weights[1], &first));
        let joined: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
        let hash = slow_dense(&weights[2], &joined);
        hash.into_iter().map(f64::tanh).collect()
    }

    #[test]
    fn forward_agrees_with_its_definition() {
        let net = HashNet {
            inputs: 6,
            hidden: 5,
            bits: 3,
        };
        let params = Params::random(&net.survey().unwrap(), 4);
        let features: Vec<f32> = (0..12).map(|i| ((i * 7 % 11) as f32 - 5.0) / 9.0).collect();
        let input = Array::new(&[2, 6, 1, 1], features.clone());
        let got = infer(Backend::Flex, &net, &params.weights(), &input).unwrap();
        let want: Vec<f64> = features
            .chunks(6)
            .flat_map(|feature| slow(&params.weights(), feature))
            .collect();
        assert_eq!(got[0].data.len(), want.len());
        for (&got, want) in got[0].data.iter().zip(want) {
            assert!((f64::from(got) - want).abs() < 1e-5, "{got} {want}");
        }
    }
}
