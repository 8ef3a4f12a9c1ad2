//! Reading a network with shapes: its layers, its work, and whether everything fits.

use crate::error::TrainError;
use crate::graph::{Axis, Network, Ops};
use crate::layers::{Affine, Conv, Dense, Gabor, Layer, Norm};

/// Shape `[C, H, W]` of a map.
type Shape = [usize; 3];

/// A network read with shapes in place of maps.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The layers with parameters in the order in which they run.
    pub layers: Vec<Layer>,
    /// Shapes of the outputs.
    pub outputs: Vec<Shape>,
    /// Multiply-adds of one input, every convolution counted as written (a Gabor layer once per input channel).
    pub multiply_adds: u64,
    fault: Option<(String, String)>,
}

impl Survey {
    /// Reads `network`.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn read(network: &(impl Network + ?Sized)) -> Result<Self, TrainError> {
        let mut survey = Self::default();
        survey.outputs = network.build(&mut survey, network.input());
        match survey.fault.take() {
            Some((layer, reason)) => Err(TrainError::Network { layer, reason }),
            None => Ok(survey),
        }
    }

    /// A survey of nothing but convolutions.
    pub fn of(layers: Vec<Conv>) -> Self {
        Self::of_layers(layers.into_iter().map(Layer::Conv).collect())
    }

    /// A survey of nothing but layers.
    pub fn of_layers(layers: Vec<Layer>) -> Self {
        Self {
            layers,
            ..Self::default()
        }
    }

    /// Learnt numbers; a convolution's gains are not counted, because they are not exported, nor are running
    /// statistics.
    pub fn parameters(&self) -> usize {
        let kept = |name: &str| !matches!(name, "gain" | "running_mean" | "running_var");
        let tensors = self.layers.iter().flat_map(Layer::parameters);
        tensors.filter(|t| kept(t.name)).map(|t| t.count()).sum()
    }

    fn fault(&mut self, layer: &str, reason: String) {
        self.fault.get_or_insert((layer.to_string(), reason));
    }

    fn push(&mut self, layer: Layer) {
        let name = layer.name().to_string();
        if self.layers.iter().any(|l| l.name() == name) {
            self.fault(&name, "two layers have this name".into());
        }
        self.layers.push(layer);
    }

    /// Channels of `x` must be `inputs`.
    fn expect(&mut self, name: &str, x: &Shape, inputs: usize) {
        if x[0] != inputs {
            self.fault(name, format!("gets {} channels, expects {inputs}", x[0]));
        }
    }

    /// Length of an axis after sliding a kernel over it.
    fn slid(&mut self, name: &str, length: usize, kernel: usize, window: [usize; 2]) -> usize {
        let [padding, stride] = window;
        if length + 2 * padding < kernel {
            self.fault(name, format!("kernel {kernel} is larger than the map"));
            return 0;
        }
        (length + 2 * padding - kernel) / stride + 1
    }
}

impl Ops for Survey {
    type Value = Shape;

    fn standardise(&mut self, x: &Shape) -> Shape {
        *x
    }

    fn normalise(&mut self, x: &Shape, _: f32, _: f32) -> Shape {
        *x
    }

    fn conv(&mut self, x: &Shape, conv: Conv) -> Shape {
        self.expect(&conv.name, x, conv.inputs);
        if conv.kernel.is_multiple_of(2)
            || !conv.inputs.is_multiple_of(conv.groups)
            || !conv.outputs.is_multiple_of(conv.groups)
        {
            self.fault(
                &conv.name,
                format!(
                    "kernel {} must be odd, channels divisible by groups",
                    conv.kernel
                ),
            );
        }
        let window = [conv.padding, conv.stride];
        let height = self.slid(&conv.name, x[1], conv.kernel, window);
        let width = self.slid(&conv.name, x[2], conv.kernel, window);
        self.multiply_adds += (conv.outputs * height * width * conv.fan_in()) as u64;
        let outputs = conv.outputs;
        self.push(Layer::Conv(conv));
        [outputs, height, width]
    }

    fn relu(&mut self, x: &Shape) -> Shape {
        *x
    }

    fn add(&mut self, a: &Shape, b: &Shape) -> Shape {
        if a != b && *b != [a[0], 1, 1] {
            self.fault("add", format!("shapes {a:?} and {b:?} do not fit"));
        }
        *a
    }

    fn upsample(&mut self, &[c, h, w]: &Shape) -> Shape {
        [c, 2 * h, 2 * w]
    }

    fn mean(&mut self, x: &Shape) -> Shape {
        [x[0], 1, 1]
    }

    fn gabor(&mut self, x: &Shape, gabor: Gabor) -> Shape {
        self.expect(&gabor.name, x, gabor.inputs);
        if gabor.kernel.is_multiple_of(2) {
            self.fault(&gabor.name, format!("kernel {} must be odd", gabor.kernel));
        }
        let window = [gabor.padding, gabor.stride];
        let height = self.slid(&gabor.name, x[1], gabor.kernel, window);
        let width = self.slid(&gabor.name, x[2], gabor.kernel, window);
        let out = [gabor.orientations, height, width];
        self.multiply_adds += (out.iter().product::<usize>() * gabor.inputs * gabor.area()) as u64;
        self.push(Layer::Gabor(gabor));
        out
    }

    fn dense(&mut self, x: &Shape, dense: Dense) -> Shape {
        if *x != [dense.inputs, 1, 1] {
            self.fault(
                &dense.name,
                format!("gets {x:?}, expects a vector of {}", dense.inputs),
            );
        }
        self.multiply_adds += (dense.inputs * dense.outputs) as u64;
        let outputs = dense.outputs;
        self.push(Layer::Dense(dense));
        [outputs, 1, 1]
    }

    fn affine(&mut self, x: &Shape, affine: Affine) -> Shape {
        self.push(Layer::Affine(affine));
        *x
    }

    fn norm(&mut self, x: &Shape, norm: Norm) -> Shape {
        self.expect(&norm.name, x, norm.channels);
        self.push(Layer::Norm(norm));
        *x
    }

    fn scale(&mut self, x: &Shape, _: f32) -> Shape {
        *x
    }

    fn mul(&mut self, a: &Shape, b: &Shape) -> Shape {
        if a.iter().zip(b).any(|(a, b)| a != b && *b != 1) {
            self.fault("mul", format!("shapes {a:?} and {b:?} do not fit"));
        }
        *a
    }

    fn softmax(&mut self, x: &Shape, _: Axis) -> Shape {
        *x
    }

    fn sigmoid(&mut self, x: &Shape) -> Shape {
        *x
    }

    fn hard_swish(&mut self, x: &Shape) -> Shape {
        *x
    }

    fn max_pool(&mut self, &[c, h, w]: &Shape) -> Shape {
        [c, h / 2, w / 2]
    }

    fn mean_along(&mut self, x: &Shape, axis: Axis) -> Shape {
        let mut out = *x;
        out[axis.of_batch() - 1] = 1;
        out
    }

    fn transpose(&mut self, &[c, h, w]: &Shape) -> Shape {
        [c, w, h]
    }

    fn concat(&mut self, parts: &[&Shape], axis: Axis) -> Shape {
        let axis = axis.of_batch() - 1;
        let mut out = *parts.first().copied().unwrap_or(&[0; 3]);
        for part in &parts[1..] {
            let fits = (0..3).all(|i| i == axis || part[i] == out[i]);
            if !fits {
                self.fault("concat", format!("shapes {out:?} and {part:?} do not fit"));
            }
            out[axis] += part[axis];
        }
        out
    }

    fn slice(&mut self, x: &Shape, axis: Axis, start: usize, length: usize) -> Shape {
        let mut out = *x;
        let axis = axis.of_batch() - 1;
        if start + length > x[axis] {
            self.fault("slice", format!("{start} + {length} is beyond {x:?}"));
        }
        out[axis] = length;
        out
    }

    fn flatten(&mut self, x: &Shape) -> Shape {
        [x.iter().product(), 1, 1]
    }

    fn dropout(&mut self, x: &Shape, _: f32) -> Shape {
        *x
    }

    fn unit(&mut self, x: &Shape) -> Shape {
        if x[1..] != [1, 1] {
            self.fault("unit", format!("gets {x:?}, expects a vector"));
        }
        *x
    }
}
