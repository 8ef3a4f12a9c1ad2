//! One description of a network, many readings of it.
//!
//! A network is written once, as calls on [`Ops`]. Reading it with tensors runs it ([`crate::engine`]), reading it
//! with node names writes it as ONNX ([`crate::onnx`]), and reading it with shapes ([`Survey`]) lists its layers and
//! counts its work. So the file that ships cannot differ from the network that was trained.

use crate::error::TrainError;

/// Values in row-major order with their shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of every axis.
    pub shape: Vec<usize>,
    /// The values; as many as the product of `shape`.
    pub data: Vec<f32>,
}

impl Array {
    /// An array of zeros.
    pub fn zeros(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            data: vec![0.0; shape.iter().product()],
        }
    }

    /// An array from its values.
    ///
    /// # Panics
    /// When `data` does not fill `shape`.
    pub fn new(shape: &[usize], data: Vec<f32>) -> Self {
        assert_eq!(
            shape.iter().product::<usize>(),
            data.len(),
            "values of an array of shape {shape:?}"
        );
        Self {
            shape: shape.to_vec(),
            data,
        }
    }
}

/// A square convolution with bias and `kernel / 2` pixels of zero padding. A linear layer is one with `kernel` 1 on a
/// map of 1×1.
#[derive(Clone, Debug, PartialEq)]
pub struct Conv {
    /// Unique in its network; names the layer in checkpoints and ONNX files.
    pub name: String,
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Side of the kernel in pixels, odd.
    pub kernel: usize,
    /// Step between outputs in pixels.
    pub stride: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Whether each output channel's weights are standardised to mean 0 and norm `gain` (see [`crate::params`]).
    pub standardised: bool,
    /// Initial norm of each output channel's weights.
    pub gain: f32,
}

impl Conv {
    /// A standardised convolution with stride 1 and the gain that keeps the variance through a ReLU before it
    /// (Brock et al. 2021, "Characterizing signal propagation", eq. 2).
    pub fn new(name: impl Into<String>, inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            name: name.into(),
            inputs,
            outputs,
            kernel,
            stride: 1,
            groups: 1,
            standardised: true,
            gain: RELU_GAIN,
        }
    }

    /// The same with another stride.
    pub fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// The same with the initial gain times `factor`.
    pub fn gain(self, factor: f32) -> Self {
        Self {
            gain: self.gain * factor,
            ..self
        }
    }

    /// The same without standardisation: for the last layer of a head.
    pub fn plain(self) -> Self {
        Self {
            standardised: false,
            ..self
        }
    }

    /// Shape of the weights: outputs, inputs per group, kernel, kernel.
    pub fn shape(&self) -> [usize; 4] {
        [
            self.outputs,
            self.inputs / self.groups,
            self.kernel,
            self.kernel,
        ]
    }

    /// Weights that one output sees.
    pub fn fan_in(&self) -> usize {
        self.inputs / self.groups * self.kernel * self.kernel
    }

    /// Zero padding on every side, in pixels.
    pub fn padding(&self) -> usize {
        self.kernel / 2
    }
}

/// `1 / standard deviation` of a ReLU's output for a standard normal input: `sqrt(2 / (1 - 1/π))`.
pub const RELU_GAIN: f32 = 1.713_859_4;

/// The operations a network is made of. Values are maps of shape `[N, C, H, W]`.
pub trait Ops {
    /// A map.
    type Value;

    /// `(x - shift) * scale`.
    fn normalise(&mut self, x: &Self::Value, shift: f32, scale: f32) -> Self::Value;
    /// Convolution; the weights of the `i`-th call are those of the network's `i`-th layer.
    fn conv(&mut self, x: &Self::Value, conv: Conv) -> Self::Value;
    /// `max(x, 0)`.
    fn relu(&mut self, x: &Self::Value) -> Self::Value;
    /// `a + b`; `b` may be a map of 1×1 that is added everywhere.
    fn add(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// Doubles height and width by repeating pixels.
    fn upsample(&mut self, x: &Self::Value) -> Self::Value;
    /// Mean over height and width: a map of 1×1.
    fn mean(&mut self, x: &Self::Value) -> Self::Value;
}

/// A network: what it does to its input.
pub trait Network {
    /// Name of the ONNX graph.
    const NAME: &'static str;
    /// Names of the outputs in order, and whether each is a vector (a map of 1×1 written as `[N, C]`).
    const OUTPUTS: &'static [(&'static str, bool)];

    /// Channels, height and width of the input.
    fn input(&self) -> [usize; 3];
    /// Runs on `ops`; gives the outputs in the order of `OUTPUTS`.
    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value>;

    /// Its layers and work.
    ///
    /// # Errors
    /// When channels do not fit.
    fn survey(&self) -> Result<Survey, TrainError> {
        let mut survey = Survey::default();
        let outputs = self.build(&mut survey, self.input());
        survey.outputs = outputs;
        match survey.fault.take() {
            Some((layer, reason)) => Err(TrainError::Network { layer, reason }),
            None => Ok(survey),
        }
    }
}

/// A network read with shapes `[C, H, W]` in place of maps.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// The convolutions in the order in which they run.
    pub layers: Vec<Conv>,
    /// Shapes of the outputs.
    pub outputs: Vec<[usize; 3]>,
    /// Multiply-adds of one input.
    pub multiply_adds: u64,
    fault: Option<(String, String)>,
}

impl Survey {
    /// A survey of nothing but layers.
    pub fn of(layers: Vec<Conv>) -> Self {
        Self {
            layers,
            ..Self::default()
        }
    }

    /// Weights and biases as exported.
    pub fn parameters(&self) -> usize {
        self.layers
            .iter()
            .map(|c| c.outputs * (c.fan_in() + 1))
            .sum()
    }

    fn fault(&mut self, layer: &str, reason: String) {
        self.fault.get_or_insert((layer.to_string(), reason));
    }
}

impl Ops for Survey {
    type Value = [usize; 3];

    fn normalise(&mut self, x: &[usize; 3], _: f32, _: f32) -> [usize; 3] {
        *x
    }

    fn conv(&mut self, &[channels, height, width]: &[usize; 3], conv: Conv) -> [usize; 3] {
        if channels != conv.inputs {
            self.fault(
                &conv.name,
                format!("gets {channels} channels, expects {}", conv.inputs),
            );
        }
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
        if self.layers.iter().any(|l| l.name == conv.name) {
            self.fault(&conv.name, "two layers have this name".into());
        }
        let out = [
            conv.outputs,
            height.div_ceil(conv.stride),
            width.div_ceil(conv.stride),
        ];
        self.multiply_adds += (out.iter().product::<usize>() * conv.fan_in()) as u64;
        self.layers.push(conv);
        out
    }

    fn relu(&mut self, x: &[usize; 3]) -> [usize; 3] {
        *x
    }

    fn add(&mut self, a: &[usize; 3], b: &[usize; 3]) -> [usize; 3] {
        if a != b && *b != [a[0], 1, 1] {
            self.fault("add", format!("shapes {a:?} and {b:?} do not fit"));
        }
        *a
    }

    fn upsample(&mut self, &[c, h, w]: &[usize; 3]) -> [usize; 3] {
        [c, 2 * h, 2 * w]
    }

    fn mean(&mut self, x: &[usize; 3]) -> [usize; 3] {
        [x[0], 1, 1]
    }
}
