//! The layers of networks that hold parameters.

/// How a layer's weights begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// Normal, variance `gain² / fan-in`; biases zero.
    Normal,
    /// Uniform between `±1/sqrt(fan-in)`, biases too: what PyTorch does, and so what the published networks begin with.
    Uniform,
}

/// A square convolution with zero padding. A linear layer on a map of 1×1 is one with `kernel` 1.
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
    /// Zero padding on every side in pixels.
    pub padding: usize,
    /// Groups of channels that do not see each other.
    pub groups: usize,
    /// Whether a number is added to every output channel.
    pub biased: bool,
    /// Whether each output channel's weights are standardised to mean 0 and norm `gain` (see [`crate::params`]).
    pub standardised: bool,
    /// Initial norm of each output channel's weights.
    pub gain: f32,
    /// How the weights begin.
    pub init: Init,
}

/// `1 / standard deviation` of a ReLU's output for a standard normal input: `sqrt(2 / (1 - 1/π))`.
pub const RELU_GAIN: f32 = 1.713_859_4;

impl Conv {
    /// A standardised convolution with bias, stride 1, `kernel / 2` pixels of padding and the gain that keeps the
    /// variance through a ReLU before it (Brock et al. 2021, "Characterizing signal propagation", eq. 2).
    pub fn new(name: impl Into<String>, inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            name: name.into(),
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: kernel / 2,
            groups: 1,
            biased: true,
            standardised: true,
            gain: RELU_GAIN,
            init: Init::Normal,
        }
    }

    /// A convolution as the published palm networks have them: no padding, not standardised, PyTorch's initial
    /// values.
    pub fn published(
        name: impl Into<String>,
        inputs: usize,
        outputs: usize,
        kernel: usize,
    ) -> Self {
        Self {
            padding: 0,
            init: Init::Uniform,
            ..Self::new(name, inputs, outputs, kernel).plain()
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

    /// The same without bias.
    pub fn unbiased(self) -> Self {
        Self {
            biased: false,
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
}

/// A linear layer on vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Unique in its network.
    pub name: String,
    /// Length of the input.
    pub inputs: usize,
    /// Length of the output.
    pub outputs: usize,
    /// Whether numbers are added to the output.
    pub biased: bool,
    /// Whether each row of the matrix is scaled to norm 1: on vectors of norm 1 the outputs are cosines.
    pub unit_rows: bool,
}

impl Dense {
    /// A linear layer with bias.
    pub fn new(name: impl Into<String>, inputs: usize, outputs: usize) -> Self {
        Self {
            name: name.into(),
            inputs,
            outputs,
            biased: true,
            unit_rows: false,
        }
    }

    /// A layer whose outputs are the cosines between a unit vector and `outputs` directions.
    pub fn cosines(name: impl Into<String>, inputs: usize, outputs: usize) -> Self {
        Self {
            biased: false,
            unit_rows: true,
            ..Self::new(name, inputs, outputs)
        }
    }
}

/// A bank of learnable Gabor filters; see [`crate::gabor`].
///
/// Every input channel is filtered with the same kernel, so the layer is one of the sum of its input channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Gabor {
    /// Unique in its network.
    pub name: String,
    /// Input channels, summed.
    pub inputs: usize,
    /// Orientations: output channels.
    pub orientations: usize,
    /// Side of the kernels in pixels, odd.
    pub kernel: usize,
    /// Step between outputs in pixels.
    pub stride: usize,
    /// Zero padding on every side in pixels.
    pub padding: usize,
    /// Scale of the initial values: σ = 9.2·`ratio`, f = 0.057/`ratio`, γ = 2.
    pub ratio: f32,
}

impl Gabor {
    /// Initial γ, σ, f.
    pub fn initial(&self) -> [f32; 3] {
        [2.0, 9.2 * self.ratio, 0.057 / self.ratio]
    }

    /// Values per kernel.
    pub fn area(&self) -> usize {
        self.kernel * self.kernel
    }
}

/// `(x - b) · a` with two learnt numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Unique in its network.
    pub name: String,
}

/// Batch normalisation per channel (Ioffe & Szegedy 2015): batch statistics while learning, running ones after.
#[derive(Clone, Debug, PartialEq)]
pub struct Norm {
    /// Unique in its network.
    pub name: String,
    /// Channels.
    pub channels: usize,
}

/// Keeps the division of [`Norm`] finite.
pub const NORM_EPSILON: f32 = 1e-5;

/// A layer with parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// See [`Conv`].
    Conv(Conv),
    /// See [`Dense`].
    Dense(Dense),
    /// See [`Gabor`].
    Gabor(Gabor),
    /// See [`Affine`].
    Affine(Affine),
    /// See [`Norm`].
    Norm(Norm),
}

/// A list of numbers in a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
    /// Its name within the layer.
    pub name: &'static str,
    /// Its shape.
    pub shape: Vec<usize>,
}

impl Tensor {
    fn new(name: &'static str, shape: &[usize]) -> Self {
        Self {
            name,
            shape: shape.to_vec(),
        }
    }

    /// How many numbers it holds.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }
}

impl Layer {
    /// The layer's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Conv(l) => &l.name,
            Self::Dense(l) => &l.name,
            Self::Gabor(l) => &l.name,
            Self::Affine(l) => &l.name,
            Self::Norm(l) => &l.name,
        }
    }

    /// What the network computes with.
    pub fn weights(&self) -> Vec<Tensor> {
        match self {
            Self::Conv(l) => with_bias(&l.shape(), l.biased),
            Self::Dense(l) => with_bias(&[l.outputs, l.inputs], l.biased),
            Self::Gabor(_) => ["gamma", "sigma", "f"]
                .map(|name| Tensor::new(name, &[1]))
                .to_vec(),
            Self::Affine(_) => vec![Tensor::new("a", &[1]), Tensor::new("b", &[1])],
            Self::Norm(l) => ["weight", "bias", "running_mean", "running_var"]
                .map(|name| Tensor::new(name, &[l.channels]))
                .to_vec(),
        }
    }

    /// What is learnt and kept: the names are those of the published PyTorch modules.
    pub fn parameters(&self) -> Vec<Tensor> {
        match self {
            Self::Conv(l) if l.standardised => {
                let mut all = with_bias(&l.shape(), l.biased);
                all.insert(1, Tensor::new("gain", &[l.outputs]));
                all
            }
            other => other.weights(),
        }
    }

    /// Shape of the main weights in four axes, as checkpoints record it.
    pub fn shape(&self) -> [usize; 4] {
        match self {
            Self::Conv(l) => l.shape(),
            Self::Dense(l) => [l.outputs, l.inputs, 1, 1],
            Self::Gabor(l) => [l.orientations, 1, l.kernel, l.kernel],
            Self::Affine(_) => [1; 4],
            Self::Norm(l) => [l.channels, 1, 1, 1],
        }
    }
}

fn with_bias(shape: &[usize], biased: bool) -> Vec<Tensor> {
    let mut all = vec![Tensor::new("weight", shape)];
    if biased {
        all.push(Tensor::new("bias", &shape[..1]));
    }
    all
}
