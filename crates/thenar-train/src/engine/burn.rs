//! Networks on burn tensors.

use burn::tensor::module::{conv2d, interpolate, max_pool2d};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::chance::Chance;
use crate::error::TrainError;
use crate::gabor::{kernels, slopes};
use crate::graph::{
    Affine, Array, Axis, Conv, DEVIATION_FLOOR, Dense, Gabor, NORM_EPSILON, Network, Norm, Ops,
    UNIT_FLOOR,
};
use crate::params::Weights;

/// burn's pure Rust backend.
pub fn flex() -> Device {
    Device::flex()
}

/// burn over libtorch.
#[cfg(feature = "libtorch")]
#[allow(deprecated)] // It still works, and it is the one to compare with.
pub fn libtorch() -> Device {
    Device::libtorch()
}

/// See [`super::infer`].
pub fn infer<N: Network>(
    device: Device,
    network: &N,
    weights: &[Weights],
    input: &Array,
) -> Result<Vec<Array>, TrainError> {
    let mut ops = BurnOps::new(&device, weights, None);
    let outputs = network.build(&mut ops, to_tensor(input, &device));
    outputs.into_iter().map(to_array).collect()
}

/// See [`super::gradient`].
pub fn gradient<N: Network>(
    device: Device,
    network: &N,
    weights: &[Weights],
    input: &Array,
    chance: u64,
    loss: impl FnOnce(&[Array]) -> Vec<Array>,
) -> Result<Vec<Weights>, TrainError> {
    let device = device.autodiff();
    let mut ops = BurnOps::new(&device, weights, Some(Chance::new(chance)));
    let outputs = network.build(&mut ops, to_tensor(input, &device));
    let values = outputs
        .iter()
        .map(|o| to_array(o.clone().inner()))
        .collect::<Result<Vec<_>, _>>()?;
    // The sum of output times gradient has, with respect to the weights, the gradient of the loss.
    let total = loss(&values)
        .iter()
        .zip(outputs)
        .map(|(gradient, output)| (output * to_tensor(gradient, &device)).sum())
        .reduce(|a, b| a + b)
        .ok_or_else(|| fault("the network has no outputs"))?;
    let gradients = total.backward();
    let mut result = Vec::new();
    for (index, (leaves, weights)) in ops.layers.iter().zip(weights).enumerate() {
        let mut tensors = Vec::new();
        for (leaf, values) in leaves.iter().zip(&weights.tensors) {
            tensors.push(match leaf.grad(&gradients) {
                Some(gradient) => to_vec(gradient)?,
                None => vec![0.0; values.len()],
            });
        }
        if let Some((_, statistics)) = ops.observed.iter().find(|(at, _)| *at == index) {
            tensors[2] = to_vec(statistics[0].clone().inner())?;
            tensors[3] = to_vec(statistics[1].clone().inner())?;
        }
        let layer = weights.layer.clone();
        result.push(Weights { layer, tensors });
    }
    Ok(result)
}

struct BurnOps<'a> {
    weights: &'a [Weights],
    layers: Vec<Vec<Tensor<1>>>,
    next: usize,
    /// Set while learning.
    chance: Option<Chance>,
    /// Mean and variance of the batch at normalisation layers.
    observed: Vec<(usize, [Tensor<1>; 2])>,
    device: Device,
}

impl<'a> BurnOps<'a> {
    fn new(device: &Device, weights: &'a [Weights], chance: Option<Chance>) -> Self {
        let leaf = |data: &Vec<f32>| {
            let tensor = TensorData::new(data.clone(), [data.len()]);
            let tensor = Tensor::<1>::from_data(tensor, device);
            if chance.is_some() {
                tensor.require_grad()
            } else {
                tensor
            }
        };
        let layers = weights
            .iter()
            .map(|w| w.tensors.iter().map(leaf).collect())
            .collect();
        Self {
            weights,
            layers,
            next: 0,
            chance,
            observed: Vec::new(),
            device: device.clone(),
        }
    }

    /// The tensors of the layer whose turn it is.
    fn turn(&mut self) -> Vec<Tensor<1>> {
        self.next += 1;
        self.layers[self.next - 1].clone()
    }
}

impl Ops for BurnOps<'_> {
    type Value = Tensor<4>;

    fn standardise(&mut self, x: &Tensor<4>) -> Tensor<4> {
        let lit = x.clone().greater_scalar(0.0).float();
        let sum = |x: Tensor<4>| x.sum_dim(2).sum_dim(3);
        let count = sum(lit.clone()).clamp_min(2.0);
        let mean = sum(x.clone()) / count.clone();
        let centred = (x.clone() - mean) * lit;
        let variance = sum(centred.clone() * centred.clone()) / count.sub_scalar(1.0);
        centred / variance.sqrt().add_scalar(DEVIATION_FLOOR)
    }

    fn normalise(&mut self, x: &Tensor<4>, shift: f32, scale: f32) -> Tensor<4> {
        x.clone().sub_scalar(shift).mul_scalar(scale)
    }

    fn conv(&mut self, x: &Tensor<4>, conv: Conv) -> Tensor<4> {
        let tensors = self.turn();
        let kernel = tensors[0].clone().reshape(conv.shape());
        let options = ConvOptions::new([conv.stride; 2], [conv.padding; 2], [1; 2], conv.groups);
        conv2d(x.clone(), kernel, tensors.get(1).cloned(), options)
    }

    fn relu(&mut self, x: &Tensor<4>) -> Tensor<4> {
        activation::relu(x.clone())
    }

    fn add(&mut self, a: &Tensor<4>, b: &Tensor<4>) -> Tensor<4> {
        a.clone() + b.clone()
    }

    fn upsample(&mut self, x: &Tensor<4>) -> Tensor<4> {
        let [_, _, h, w] = x.dims();
        interpolate(
            x.clone(),
            InterpolateOptions::new(InterpolateMode::Nearest).with_output_size([2 * h, 2 * w]),
        )
    }

    fn mean(&mut self, x: &Tensor<4>) -> Tensor<4> {
        x.clone().mean_dim(3).mean_dim(2)
    }

    fn gabor(&mut self, x: &Tensor<4>, gabor: Gabor) -> Tensor<4> {
        let numbers = self.weights[self.next].gabor_shape();
        let learnt = self.turn();
        let options = ConvOptions::new([gabor.stride; 2], [gabor.padding; 2], [1; 2], 1);
        let filter = |x: Tensor<4>, kernels: Vec<f32>| {
            let shape = [kernels.len() / gabor.area(), 1, gabor.kernel, gabor.kernel];
            let kernels = Tensor::from_data(TensorData::new(kernels, shape), &self.device);
            conv2d(x, kernels, None, options.clone())
        };
        let sum = x.clone().sum_dim(1);
        let mut responses = filter(sum.clone(), kernels(&gabor, numbers));
        if self.chance.is_some() {
            // What it means to move γ, σ and f, times how far they have been moved: nothing.
            let moved = filter(sum.detach(), slopes(&gabor, numbers));
            let n = gabor.orientations;
            for (i, number) in learnt.into_iter().enumerate() {
                let nothing = (number.clone() - number.detach()).reshape([1; 4]);
                responses = responses + moved.clone().narrow(1, i * n, n) * nothing;
            }
        }
        responses
    }

    fn dense(&mut self, x: &Tensor<4>, dense: Dense) -> Tensor<4> {
        let tensors = self.turn();
        let matrix: Tensor<2> = tensors[0].clone().reshape([dense.outputs, dense.inputs]);
        let batch = x.dims()[0];
        let x: Tensor<2> = x.clone().reshape([batch, dense.inputs]);
        let mut y = x.matmul(matrix.transpose());
        if let Some(bias) = tensors.get(1) {
            y = y + bias.clone().reshape([1, dense.outputs]);
        }
        y.reshape([batch, dense.outputs, 1, 1])
    }

    fn affine(&mut self, x: &Tensor<4>, _: Affine) -> Tensor<4> {
        let tensors = self.turn();
        let [a, b] = [0, 1].map(|i| tensors[i].clone().reshape([1; 4]));
        (x.clone() - b) * a
    }

    fn norm(&mut self, x: &Tensor<4>, norm: Norm) -> Tensor<4> {
        let at = self.next;
        let tensors = self.turn();
        let c = norm.channels;
        let wide = |i: usize| tensors[i].clone().reshape([1, c, 1, 1]);
        let (mean, variance) = if self.chance.is_some() {
            let [n, _, h, w] = x.dims();
            let average = |x: Tensor<4>| x.mean_dim(3).mean_dim(2).mean_dim(0);
            let mean = average(x.clone());
            let centred = x.clone() - mean.clone();
            let variance = average(centred.clone() * centred);
            let count = (n * h * w) as f32;
            let unbiased = variance.clone().mul_scalar(count / (count - 1.0).max(1.0));
            let seen = [mean.clone().reshape([c]), unbiased.reshape([c])];
            self.observed.push((at, seen));
            (mean, variance)
        } else {
            (wide(2), wide(3))
        };
        let scale = wide(0) / variance.add_scalar(NORM_EPSILON).sqrt();
        (x.clone() - mean) * scale + wide(1)
    }

    fn scale(&mut self, x: &Tensor<4>, factor: f32) -> Tensor<4> {
        x.clone().mul_scalar(factor)
    }

    fn mul(&mut self, a: &Tensor<4>, b: &Tensor<4>) -> Tensor<4> {
        a.clone() * b.clone()
    }

    fn softmax(&mut self, x: &Tensor<4>, axis: Axis) -> Tensor<4> {
        activation::softmax(x.clone(), axis.of_batch())
    }

    fn sigmoid(&mut self, x: &Tensor<4>) -> Tensor<4> {
        activation::sigmoid(x.clone())
    }

    fn hard_swish(&mut self, x: &Tensor<4>) -> Tensor<4> {
        x.clone() * x.clone().add_scalar(3.0).clamp(0.0, 6.0).div_scalar(6.0)
    }

    fn max_pool(&mut self, x: &Tensor<4>) -> Tensor<4> {
        max_pool2d(x.clone(), MaxPoolOptions::new([2; 2]))
    }

    fn mean_along(&mut self, x: &Tensor<4>, axis: Axis) -> Tensor<4> {
        x.clone().mean_dim(axis.of_batch())
    }

    fn transpose(&mut self, x: &Tensor<4>) -> Tensor<4> {
        x.clone().swap_dims(2, 3)
    }

    fn concat(&mut self, parts: &[&Tensor<4>], axis: Axis) -> Tensor<4> {
        let parts = parts.iter().map(|&p| p.clone()).collect();
        Tensor::cat(parts, axis.of_batch())
    }

    fn slice(&mut self, x: &Tensor<4>, axis: Axis, start: usize, length: usize) -> Tensor<4> {
        x.clone().narrow(axis.of_batch(), start, length)
    }

    fn flatten(&mut self, x: &Tensor<4>) -> Tensor<4> {
        let [n, c, h, w] = x.dims();
        x.clone().reshape([n, c * h * w, 1, 1])
    }

    fn dropout(&mut self, x: &Tensor<4>, share: f32) -> Tensor<4> {
        let Some(chance) = &mut self.chance else {
            return x.clone();
        };
        let shape = x.dims();
        let mask = chance.mask(shape.iter().product(), share);
        x.clone() * Tensor::<4>::from_data(TensorData::new(mask, shape), &self.device)
    }

    fn unit(&mut self, x: &Tensor<4>) -> Tensor<4> {
        let square = x.clone() * x.clone();
        x.clone() / square.sum_dim(1).add_scalar(UNIT_FLOOR).sqrt()
    }
}

fn to_tensor(array: &Array, device: &Device) -> Tensor<4> {
    Tensor::from_data(
        TensorData::new(array.data.clone(), array.shape.clone()),
        device,
    )
}

fn to_array(tensor: Tensor<4>) -> Result<Array, TrainError> {
    let shape = tensor.dims();
    Ok(Array {
        shape: shape.to_vec(),
        data: to_vec(tensor)?,
    })
}

fn to_vec<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, TrainError> {
    tensor
        .into_data()
        .try_into_vec()
        .map_err(|e| fault(&format!("{e:?}")))
}

fn fault(reason: &str) -> TrainError {
    TrainError::Backend {
        backend: "burn",
        reason: reason.to_string(),
    }
}
