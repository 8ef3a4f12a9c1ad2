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

/// Exponents below the largest that a softmax tells apart while learning; e^-40 is 4e-18.
const LOWEST: f64 = -40.0;

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
    let leaves = ops.layers.iter().flatten().filter(|t| t.requires_grad());
    let responses = ops.banks.iter().map(|bank| &bank.responses);
    let sought: Vec<&Tensor> = leaves.chain(responses).collect();
    let gradients = Tensor::f_run_backward(&[total], &sought, false, false).map_err(fault)?;
    let (gradients, by_responses) = gradients.split_at(gradients.len() - ops.banks.len());
    ops.observed.extend(by_banks(&ops.banks, by_responses));
    let mut gradients = gradients.iter();
    let mut result = Vec::new();
    for (index, (leaves, weights)) in ops.layers.iter().zip(weights).enumerate() {
        let statistics = ops.observed.iter().find(|(at, _)| *at == index);
        let mut statistics = statistics.iter().flat_map(|(_, all)| all);
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
    /// Of normalisation layers mean and variance of the batch, of banks of filters the gradients.
    observed: Vec<(usize, Vec<Tensor>)>,
    /// Banks of filters that came by, while learning.
    banks: Vec<Bank>,
}

/// A bank of Gabor filters at work. Its three numbers are not leaves: their gradients follow from that of the responses, which takes
/// as long as a backward pass to the kernels would, and the kernels stay out of what is learnt.
struct Bank {
    /// Its place among the layers.
    at: usize,
    /// `[N, n, h, w]`.
    responses: Tensor,
    /// The derivatives of the responses by γ, σ and f, `[N, 3, n · h · w]`.
    slopes: Tensor,
    /// Where nothing but another bank lies before this one: that one's place among banks, and the derivatives of these responses by
    /// its numbers.
    before: Option<(usize, Tensor)>,
}

impl Bank {
    /// Whether `x` is what the bank gave.
    fn gave(&self, x: &Tensor) -> bool {
        self.responses.data_ptr() == x.data_ptr() && self.responses.size() == x.size()
    }

    /// The derivatives of the sum of all orientations, `[3 · N, 1, h, w]`.
    fn sums(&self) -> Tensor {
        let size = self.responses.size();
        let each = self.slopes.view([size[0], 3, size[1], size[2], size[3]]);
        let sums = each.sum_dim_intlist([2i64].as_slice(), false, Kind::Float);
        sums.view([3 * size[0], 1, size[2], size[3]])
    }
}

/// The gradients by the numbers of banks, of those by their responses.
fn by_banks(banks: &[Bank], by_responses: &[Tensor]) -> Vec<(usize, Vec<Tensor>)> {
    let mut all = vec![[0.0; 3]; banks.len()];
    for (k, (bank, gradient)) in banks.iter().zip(by_responses).enumerate() {
        let before = bank.before.as_ref().map(|(at, slopes)| (*at, slopes));
        for (at, slopes) in std::iter::once((k, &bank.slopes)).chain(before) {
            let gradient = gradient.flatten(1, -1);
            for (i, sum) in (0..).zip(&mut all[at]) {
                *sum += (&gradient * slopes.select(1, i))
                    .sum(Kind::Float)
                    .double_value(&[]);
            }
        }
    }
    let tensors = all
        .into_iter()
        .map(|sums| sums.map(|sum| to_tensor(&[sum as f32], &[1])).into());
    banks.iter().map(|bank| bank.at).zip(tensors).collect()
}

impl<'a> TorchOps<'a> {
    fn new(weights: &'a [Weights], chance: Option<Chance>, precision: Precision) -> Self {
        let leaves = |w: &Weights| {
            let shapes = w.layer.weights();
            let learnt = |i: usize| match w.layer {
                Layer::Norm(_) => i < 2,
                Layer::Gabor(_) => false,
                _ => true,
            };
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
            banks: Vec::new(),
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
        self.next += 1;
        let filter = |x: &Tensor, kernels: &[f32], kind: Kind| {
            let shape = [kernels.len() / gabor.area(), 1, gabor.kernel, gabor.kernel];
            let (stride, padding) = (gabor.stride as i64, gabor.padding as i64);
            let kernels = to_tensor(kernels, &shape).to_kind(kind);
            x.to_kind(kind).conv2d(
                &kernels,
                None::<Tensor>,
                [stride; 2],
                [padding; 2],
                [1, 1],
                1,
            )
        };
        let sum = |x: &Tensor| x.sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        let bank = kernels(&gabor, numbers);
        if self.chance.is_none() {
            return filter(&sum(x), &bank, Kind::Float);
        }
        // A backward pass to the input of a filter is slow where there is one. Where that is nothing but the responses of another
        // bank, what the three numbers of that one do is carried forward instead.
        let before = self.banks.iter().position(|bank| bank.gave(x));
        let x = before.map_or_else(|| sum(x), |_| sum(&x.detach()));
        // The competition is an exponential of the responses: they stay exact. Three numbers learn from millions of slopes:
        // rounded ones do.
        let kind = self.precision.kind();
        let mut responses = filter(&x, &bank, Kind::Float);
        if !responses.requires_grad() {
            responses = responses.set_requires_grad(true);
        }
        // Whether the three are next to each other in channels or in images: images come first.
        let by_number = [x.size()[0], 3, -1];
        let slopes = no_grad(|| filter(&x, &slopes(&gabor, numbers), kind).reshape(by_number));
        let carried = |at: usize| {
            let sums = self.banks[at].sums();
            (
                at,
                no_grad(|| filter(&sums, &bank, kind).reshape(by_number)),
            )
        };
        let before = before.map(carried);
        self.banks.push(Bank {
            at: self.next - 1,
            responses: responses.shallow_clone(),
            slopes,
            before,
        });
        responses
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
            let seen = vec![mean.detach().reshape([c]), unbiased.reshape([c])];
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
        let axis = axis.of_batch() as i64;
        if self.chance.is_none() {
            return x.softmax(axis, x.kind());
        }
        // What is so far below the largest adds nothing to the sum in single precision, but products of it and of gradients are
        // too small for normal numbers, and processors take a hundred times as long for those.
        let largest = x.amax([axis].as_slice(), true).detach();
        (x - largest).clamp_min(LOWEST).softmax(axis, x.kind())
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
