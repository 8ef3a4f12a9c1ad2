//! One description of a network, many readings of it.
//!
//! A network is written once, as calls on [`Ops`]. Reading it with tensors runs it ([`crate::engine`]), reading it
//! with node names writes it as ONNX ([`crate::onnx`]), and reading it with shapes ([`Survey`]) lists its layers and
//! counts its work. So the file that ships cannot differ from the network that was trained.

use crate::error::TrainError;
pub use crate::layers::{Affine, Conv, Dense, Gabor, Layer, NORM_EPSILON, Norm};
pub use crate::survey::Survey;

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

/// Added to the squared norm of a vector before [`Ops::unit`] divides by its root.
pub const UNIT_FLOOR: f32 = 1e-12;

/// Added to the standard deviation before [`Ops::standardise`] divides by it, grey levels 0–1 (the published code's).
pub const DEVIATION_FLOOR: f32 = 1e-6;

/// An axis of a map `[C, H, W]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// Channels.
    Channel,
    /// Rows.
    Height,
    /// Columns.
    Width,
}

impl Axis {
    /// Its number in `[N, C, H, W]`.
    pub const fn of_batch(self) -> usize {
        match self {
            Self::Channel => 1,
            Self::Height => 2,
            Self::Width => 3,
        }
    }
}

/// The operations a network is made of. Values are maps of shape `[N, C, H, W]`; a *vector* is a map of 1×1 that came
/// out of [`Ops::flatten`] or of an operation on vectors.
///
/// The weights of the `i`-th operation with a [`Layer`] are those of the network's `i`-th layer.
pub trait Ops {
    /// A map.
    type Value;

    /// Moves the values of each image of one channel that are more than zero to mean 0 and standard deviation 1; the
    /// others become 0. Grey levels are 0–1.
    fn standardise(&mut self, x: &Self::Value) -> Self::Value;
    /// `(x - shift) * scale`.
    fn normalise(&mut self, x: &Self::Value, shift: f32, scale: f32) -> Self::Value;
    /// Convolution.
    fn conv(&mut self, x: &Self::Value, conv: Conv) -> Self::Value;
    /// `max(x, 0)`.
    fn relu(&mut self, x: &Self::Value) -> Self::Value;
    /// `a + b`; `b` may be a map of 1×1 that is added everywhere.
    fn add(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// Doubles height and width by repeating pixels.
    fn upsample(&mut self, x: &Self::Value) -> Self::Value;
    /// Mean over height and width: a map of 1×1.
    fn mean(&mut self, x: &Self::Value) -> Self::Value;

    /// The sum of the input's channels, filtered with a bank of Gabor filters.
    fn gabor(&mut self, x: &Self::Value, gabor: Gabor) -> Self::Value;
    /// Linear layer on a vector.
    fn dense(&mut self, x: &Self::Value, dense: Dense) -> Self::Value;
    /// `(x - b) · a` with two learnt numbers.
    fn affine(&mut self, x: &Self::Value, affine: Affine) -> Self::Value;
    /// Batch normalisation.
    fn norm(&mut self, x: &Self::Value, norm: Norm) -> Self::Value;

    /// `x · factor`.
    fn scale(&mut self, x: &Self::Value, factor: f32) -> Self::Value;
    /// `a · b`; axes on which `b` has length 1 are repeated.
    fn mul(&mut self, a: &Self::Value, b: &Self::Value) -> Self::Value;
    /// `exp x / Σ exp x` along an axis.
    fn softmax(&mut self, x: &Self::Value, axis: Axis) -> Self::Value;
    /// The same along the channels, of which there are so many.
    fn compete(&mut self, x: &Self::Value, _channels: usize) -> Self::Value {
        self.softmax(x, Axis::Channel)
    }
    /// `1 / (1 + exp(-x))`.
    fn sigmoid(&mut self, x: &Self::Value) -> Self::Value;
    /// `x · min(max(x + 3, 0), 6) / 6`.
    fn hard_swish(&mut self, x: &Self::Value) -> Self::Value;
    /// The largest of each block of 2×2; an odd row or column at the end is left out.
    fn max_pool(&mut self, x: &Self::Value) -> Self::Value;
    /// Mean along an axis, kept with length 1.
    fn mean_along(&mut self, x: &Self::Value, axis: Axis) -> Self::Value;
    /// Exchanges height and width.
    fn transpose(&mut self, x: &Self::Value) -> Self::Value;
    /// Joins maps along an axis.
    fn concat(&mut self, parts: &[&Self::Value], axis: Axis) -> Self::Value;
    /// `length` rows or columns or channels from `start`.
    fn slice(&mut self, x: &Self::Value, axis: Axis, start: usize, length: usize) -> Self::Value;
    /// All values of a map as a vector, channel by channel.
    fn flatten(&mut self, x: &Self::Value) -> Self::Value;
    /// While learning, sets a share of the values to zero and scales the rest up.
    fn dropout(&mut self, x: &Self::Value, share: f32) -> Self::Value;
    /// A vector divided by its Euclidean norm.
    fn unit(&mut self, x: &Self::Value) -> Self::Value;
}

/// A network: what it does to its input.
pub trait Network {
    /// Name of the ONNX graph.
    const NAME: &'static str;
    /// Name of the input.
    const INPUT: &'static str = "image";
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
        Survey::read(self)
    }
}
