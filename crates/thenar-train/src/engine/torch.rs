//! Networks on libtorch tensors with libtorch's own gradients.
//!
//! burn's libtorch backend composes the backward pass of a convolution from forward ones, which libtorch has no fast
//! kernels for; libtorch's own backward pass is several times faster.

use tch::{Kind, Tensor, no_grad};

use crate::error::TrainError;
use crate::graph::{Array, Conv, Network, Ops};
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
        let mut ops = TorchOps::new(weights, false, Precision::Single);
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
    loss: impl FnOnce(&[Array]) -> Vec<Array>,
) -> Result<Vec<Weights>, TrainError> {
    let mut ops = TorchOps::new(weights, true, precision);
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
    let leaves: Vec<&Tensor> = ops
        .layers
        .iter()
        .flat_map(|(kernel, bias)| [kernel, bias])
        .collect();
    let gradients = Tensor::f_run_backward(&[total], &leaves, false, false).map_err(fault)?;
    gradients
        .chunks_exact(2)
        .zip(weights)
        .map(|(pair, weights)| {
            Ok(Weights {
                conv: weights.conv.clone(),
                kernel: to_array(&pair[0])?.data,
                bias: to_array(&pair[1])?.data,
            })
        })
        .collect()
}

struct TorchOps {
    layers: Vec<(Tensor, Tensor)>,
    next: usize,
    precision: Precision,
}

impl TorchOps {
    fn new(weights: &[Weights], learn: bool, precision: Precision) -> Self {
        let layers = weights
            .iter()
            .map(|w| {
                let kernel = to_tensor(&w.kernel, &w.conv.shape());
                let bias = to_tensor(&w.bias, &[w.conv.outputs]);
                (
                    kernel.set_requires_grad(learn),
                    bias.set_requires_grad(learn),
                )
            })
            .collect();
        Self {
            layers,
            next: 0,
            precision,
        }
    }
}

impl Ops for TorchOps {
    type Value = Tensor;

    fn normalise(&mut self, x: &Tensor, shift: f32, scale: f32) -> Tensor {
        (x - f64::from(shift)) * f64::from(scale)
    }

    fn conv(&mut self, x: &Tensor, conv: Conv) -> Tensor {
        let (kernel, bias) = &self.layers[self.next];
        self.next += 1;
        let (stride, padding) = (conv.stride as i64, conv.padding() as i64);
        let apply = |x: &Tensor, kernel: &Tensor, bias: &Tensor| {
            x.conv2d(
                kernel,
                Some(bias),
                [stride; 2],
                [padding; 2],
                [1, 1],
                conv.groups as i64,
            )
        };
        // Heads stay exact: a logit of 10 would be rounded to steps of 0.06.
        let kind = if conv.standardised {
            self.precision.kind()
        } else {
            Kind::Float
        };
        apply(&x.to_kind(kind), &kernel.to_kind(kind), &bias.to_kind(kind))
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
