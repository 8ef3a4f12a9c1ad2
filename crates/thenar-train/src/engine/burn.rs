//! Networks on burn tensors.

use burn::tensor::module::{conv2d, interpolate};
use burn::tensor::ops::{ConvOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData, activation};

use crate::error::TrainError;
use crate::graph::{Array, Conv, Network, Ops};
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
    let mut ops = BurnOps::new(&device, weights, false);
    let outputs = network.build(&mut ops, to_tensor(input, &device));
    outputs.into_iter().map(to_array).collect()
}

/// See [`super::gradient`].
pub fn gradient<N: Network>(
    device: Device,
    network: &N,
    weights: &[Weights],
    input: &Array,
    loss: impl FnOnce(&[Array]) -> Vec<Array>,
) -> Result<Vec<Weights>, TrainError> {
    let device = device.autodiff();
    let mut ops = BurnOps::new(&device, weights, true);
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
    ops.layers
        .iter()
        .zip(weights)
        .map(|((kernel, bias), weights)| {
            let kernel = kernel
                .grad(&gradients)
                .map_or_else(|| Ok(vec![0.0; weights.kernel.len()]), to_vec)?;
            let bias = bias
                .grad(&gradients)
                .map_or_else(|| Ok(vec![0.0; weights.bias.len()]), to_vec)?;
            Ok(Weights {
                conv: weights.conv.clone(),
                kernel,
                bias,
            })
        })
        .collect()
}

struct BurnOps {
    layers: Vec<(Tensor<4>, Tensor<1>)>,
    next: usize,
}

impl BurnOps {
    fn new(device: &Device, weights: &[Weights], learn: bool) -> Self {
        let leaf = |data: &[f32], shape: &[usize]| TensorData::new(data.to_vec(), shape.to_vec());
        let layers = weights
            .iter()
            .map(|w| {
                let kernel = Tensor::<4>::from_data(leaf(&w.kernel, &w.conv.shape()), device);
                let bias = Tensor::<1>::from_data(leaf(&w.bias, &[w.conv.outputs]), device);
                if learn {
                    (kernel.require_grad(), bias.require_grad())
                } else {
                    (kernel, bias)
                }
            })
            .collect();
        Self { layers, next: 0 }
    }
}

impl Ops for BurnOps {
    type Value = Tensor<4>;

    fn normalise(&mut self, x: &Tensor<4>, shift: f32, scale: f32) -> Tensor<4> {
        x.clone().sub_scalar(shift).mul_scalar(scale)
    }

    fn conv(&mut self, x: &Tensor<4>, conv: Conv) -> Tensor<4> {
        let (kernel, bias) = self.layers[self.next].clone();
        self.next += 1;
        let options = ConvOptions::new([conv.stride; 2], [conv.padding(); 2], [1; 2], conv.groups);
        conv2d(x.clone(), kernel, Some(bias), options)
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
