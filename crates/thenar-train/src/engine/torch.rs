//! Networks on libtorch tensors with libtorch's own gradients.
//!
//! burn's libtorch backend composes the backward pass of a convolution from forward ones, which libtorch has no fast
//! kernels for; libtorch's own backward pass is several times faster.

use tch::{Kind, Tensor, no_grad};

use super::chance::Chance;
use crate::error::TrainError;
use crate::gabor::{kernels, slopes};
use crate::graph::{
    Affine, Array, Axis, Conv, DEVIATION_FLOOR, Dense, Gabor, Layer, NORM_EPSILON, Network, Norm,
    Ops, UNIT_FLOOR,
};
use crate::params::Weights;

/// In what numbers convolutions compute.
#[derive(Clone, Copy, Debug)]
pub enum Precision {
    /// `f32`.
    Single,
    /// bfloat16: a third faster where the processor has instructions for it.
    Half,
}

impl Precision {
    const fn kind(self) -> Kind {
        match self {
            Self::Single => Kind::Float,
            Self::Half => Kind::BFloat16,
        }
    }
}

/// See [`super::infer`].
pub fn infer<N: Network>(
    network: &N,
    weights: &[Weights],
    input: &Array,
) -> Result<Vec<Array>, TrainError> {
    no_grad(|| {
        let mut ops = TorchOps::new(weights, None, Precision::Single);
        let outputs = network.build(&mut ops, to_tensor(&input.data, &input.shape));
        outputs.iter().map(to_array).collect()
    })
}

/// See [`super::gradient`].
pub fn gradient<N: Network>(
    precision: Precision,
    network: &N,
    weights: &[Weights],
    input: &Array,
    chance: u64,
    loss: impl FnOnce(&[Array]) -> Vec<Array>,
) -> Result<Vec<Weights>, TrainError> {
    let mut ops = TorchOps::new(weights, Some(Chance::new(chance)), precision);
    let outputs = network.build(&mut ops, to_tensor(&input.data, &input.shape));
    let values = outputs
        .iter()
        .map(to_array)
        .collect::<Result<Vec<_>, _>>()?;
    // The sum of output times gradient has, with respect to the weights, the gradient of the loss.
    let terms: Vec<_> = loss(&values)
        .iter()
        .zip(&outputs)
        .map(|(gradient, output)| {
            (output.to_kind(Kind::Float) * to_tensor(&gradient.data, &gradient.shape))
                .sum(Kind::Float)
        })
        .collect();
    let total = Tensor::stack(&terms, 0).sum(Kind::Float);
    // Running statistics are not leaves: libtorch refuses leaves that the outputs do not depend on.
    let leaves: Vec<&Tensor> = ops
        .layers
        .iter()
        .flatten()
        .filter(|t| t.requires_grad())
        .collect();
    let gradients = Tensor::f_run_backward(&[total], &leaves, false, false).map_err(fault)?;
    let mut gradients = gradients.iter();
    let mut result = Vec::new();
    for (index, (leaves, weights)) in ops.layers.iter().zip(weights).enumerate() {
        let statistics = ops.observed.iter().find(|(at, _)| *at == index);
        let mut statistics = statistics.iter().flat_map(|(_, pair)| pair);
        let mut tensors = Vec::new();
        for leaf in leaves {
            let from = if leaf.requires_grad() {
                gradients.next()
            } else {
                statistics.next()
            };
            tensors.push(to_array(from.unwrap_or(leaf))?.data);
        }
        let layer = weights.layer.clone();
        result.push(Weights { layer, tensors });
    }
    Ok(result)
}

struct TorchOps<'a> {
    weights: &'a [Weights],
    layers: Vec<Vec<Tensor>>,
    next: usize,
    precision: Precision,
    /// Set while learning.
    chance: Option<Chance>,
    /// Mean and variance of the batch at normalisation layers.
    observed: Vec<(usize, [Tensor; 2])>,
}

impl<'a> TorchOps<'a> {
    fn new(weights: &'a [Weights], chance: Option<Chance>, precision: Precision) -> Self {
        let leaves = |w: &Weights| {
            let shapes = w.layer.weights();
            let learnt = |i: usize| !(matches!(w.layer, Layer::Norm(_)) && i >= 2);
            let tensors = w.tensors.iter().zip(shapes).enumerate();
            tensors
                .map(|(i, (data, spec))| {
                    to_tensor(data, &spec.shape).set_requires_grad(chance.is_some() && learnt(i))
                })
                .collect()
        };
        Self {
            weights,
            layers: weights.iter().map(leaves).collect(),
            next: 0,
            precision,
            chance,
            observed: Vec::new(),
        }
    }

    /// The tensors of the layer whose turn it is.
    fn turn(&mut self) -> Vec<Tensor> {
        self.next += 1;
        self.layers[self.next - 1]
            .iter()
            .map(Tensor::shallow_clone)
            .collect()
    }
}

impl Ops for TorchOps<'_> {
    type Value = Tensor;

    fn standardise(&mut self, x: &Tensor) -> Tensor {
        let lit = x.gt(0.0).to_kind(Kind::Float);
        let sum = |x: &Tensor| x.sum_dim_intlist([2i64, 3].as_slice(), true, Kind::Float);
        let count = sum(&lit).clamp_min(2.0);
        let centred = (x - sum(x) / &count) * lit;
        let variance = sum(&(&centred * &centred)) / (count - 1.0);
        centred / (variance.sqrt() + f64::from(DEVIATION_FLOOR))
    }

    fn normalise(&mut self, x: &Tensor, shift: f32, scale: f32) -> Tensor {
        (x - f64::from(shift)) * f64::from(scale)
    }

    fn conv(&mut self, x: &Tensor, conv: Conv) -> Tensor {
        let tensors = self.turn();
        // Heads stay exact: a logit of 10 would be rounded to steps of 0.06.
        let kind = if conv.standardised {
            self.precision.kind()
        } else {
            Kind::Float
        };
        x.to_kind(kind).conv2d(
            &tensors[0].to_kind(kind),
            tensors.get(1).map(|b| b.to_kind(kind)),
            [conv.stride as i64; 2],
            [conv.padding as i64; 2],
            [1, 1],
            conv.groups as i64,
        )
    }

    fn relu(&mut self, x: &Tensor) -> Tensor {
        x.relu()
    }

    fn add(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        a + b
    }

    fn upsample(&mut self, x: &Tensor) -> Tensor {
        let size = x.size();
        x.upsample_nearest2d([2 * size[2], 2 * size[3]], None, None)
    }

    fn mean(&mut self, x: &Tensor) -> Tensor {
        x.mean_dim([2i64, 3].as_slice(), true, x.kind())
    }

    fn gabor(&mut self, x: &Tensor, gabor: Gabor) -> Tensor {
        let numbers = self.weights[self.next].gabor_shape();
        let learnt = self.turn();
        let filter = |x: &Tensor, kernels: &[f32]| {
            let shape = [kernels.len() / gabor.area(), 1, gabor.kernel, gabor.kernel];
            let (stride, padding) = (gabor.stride as i64, gabor.padding as i64);
            let kernels = to_tensor(kernels, &shape);
            x.conv2d(
                &kernels,
                None::<Tensor>,
                [stride; 2],
                [padding; 2],
                [1, 1],
                1,
            )
        };
        // The competition is an exponential of the responses: they stay exact.
        let sum = x.sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        let responses = filter(&sum, &kernels(&gabor, numbers));
        if self.chance.is_none() {
            return responses;
        }
        // What it means to move γ, σ and f, times how far they have been moved: nothing. It takes as long as a
        // backward pass to the kernels would, and the kernels stay out of what is learnt.
        let slopes = no_grad(|| filter(&sum, &slopes(&gabor, numbers)).chunk(3, 1));
        let moved = learnt.iter().zip(&slopes);
        moved.fold(responses, |sum, (number, slope)| {
            sum + (number - number.detach()) * slope
        })
    }

    fn dense(&mut self, x: &Tensor, dense: Dense) -> Tensor {
        let tensors = self.turn();
        let kind = if dense.unit_rows {
            Kind::Float
        } else {
            self.precision.kind()
        };
        let y = x.flatten(1, -1).to_kind(kind).linear(
            &tensors[0].to_kind(kind),
            tensors.get(1).map(|b| b.to_kind(kind)),
        );
        y.to_kind(Kind::Float).unsqueeze(-1).unsqueeze(-1)
    }

    fn affine(&mut self, x: &Tensor, _: Affine) -> Tensor {
        let tensors = self.turn();
        (x - &tensors[1]) * &tensors[0]
    }

    fn norm(&mut self, x: &Tensor, norm: Norm) -> Tensor {
        let at = self.next;
        let tensors = self.turn();
        let c = norm.channels as i64;
        let wide = |i: usize| tensors[i].reshape([1, c, 1, 1]);
        let (mean, variance) = if self.chance.is_some() {
            let axes = [0i64, 2, 3];
            let mean = x.mean_dim(axes.as_slice(), true, Kind::Float);
            let centred = x - &mean;
            let variance = (&centred * &centred).mean_dim(axes.as_slice(), true, Kind::Float);
            let count = (x.numel() as i64 / c) as f64;
            let unbiased = variance.detach() * (count / (count - 1.0).max(1.0));
            let seen = [mean.detach().reshape([c]), unbiased.reshape([c])];
            self.observed.push((at, seen));
            (mean, variance)
        } else {
            (wide(2), wide(3))
        };
        let scale = wide(0) / (variance + f64::from(NORM_EPSILON)).sqrt();
        (x - mean) * scale + wide(1)
    }

    fn scale(&mut self, x: &Tensor, factor: f32) -> Tensor {
        x * f64::from(factor)
    }

    fn mul(&mut self, a: &Tensor, b: &Tensor) -> Tensor {
        a * b
    }

    fn softmax(&mut self, x: &Tensor, axis: Axis) -> Tensor {
        x.softmax(axis.of_batch() as i64, x.kind())
    }

    fn sigmoid(&mut self, x: &Tensor) -> Tensor {
        x.sigmoid()
    }

    fn hard_swish(&mut self, x: &Tensor) -> Tensor {
        x.hardswish()
    }

    fn max_pool(&mut self, x: &Tensor) -> Tensor {
        x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false)
    }

    fn mean_along(&mut self, x: &Tensor, axis: Axis) -> Tensor {
        x.mean_dim([axis.of_batch() as i64].as_slice(), true, x.kind())
    }

    fn transpose(&mut self, x: &Tensor) -> Tensor {
        x.transpose(2, 3)
    }

    fn concat(&mut self, parts: &[&Tensor], axis: Axis) -> Tensor {
        Tensor::cat(parts, axis.of_batch() as i64)
    }

    fn slice(&mut self, x: &Tensor, axis: Axis, start: usize, length: usize) -> Tensor {
        x.narrow(axis.of_batch() as i64, start as i64, length as i64)
    }

    fn flatten(&mut self, x: &Tensor) -> Tensor {
        x.flatten(1, -1).unsqueeze(-1).unsqueeze(-1)
    }

    fn dropout(&mut self, x: &Tensor, share: f32) -> Tensor {
        let Some(chance) = &mut self.chance else {
            return x.shallow_clone();
        };
        let shape: Vec<usize> = x.size().iter().map(|&n| n as usize).collect();
        x * to_tensor(&chance.mask(shape.iter().product(), share), &shape)
    }

    fn unit(&mut self, x: &Tensor) -> Tensor {
        let square = (x * x).sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        x / (square + f64::from(UNIT_FLOOR)).sqrt()
    }
}

fn to_tensor(data: &[f32], shape: &[usize]) -> Tensor {
    let shape: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    Tensor::from_slice(data).reshape(shape)
}

fn to_array(tensor: &Tensor) -> Result<Array, TrainError> {
    let shape: Vec<usize> = tensor.size().iter().map(|&n| n as usize).collect();
    let mut data = vec![0.0; shape.iter().product()];
    tensor
        .to_kind(Kind::Float)
        .contiguous()
        .f_copy_data(&mut data, shape.iter().product())
        .map_err(fault)?;
    Ok(Array { shape, data })
}

fn fault(error: tch::TchError) -> TrainError {
    TrainError::Backend {
        backend: "libtorch",
        reason: error.to_string(),
    }
}
