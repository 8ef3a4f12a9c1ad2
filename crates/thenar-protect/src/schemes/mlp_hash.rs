//! MLP-Hash: an untrained network whose orthonormal weights the token draws, and its outputs against their mean.
//!
//! Otroshi Shahreza, Krivokuća Hahn, Marcel, "MLP-Hash: Protecting Face Templates via Hashing of Randomized Multi-Layer
//! Perceptron", EUSIPCO 2023 (arXiv 2204.11054). Every layer is an orthonormal matrix and a ReLU; an output above the mean of
//! all outputs is a 1. Distance: the fraction of differing bits.
//!
//! # Deviations
//! The number of layers, their width, the activation of the last layer too and the mean as threshold are taken from a public
//! re-implementation, not from the authors' code. A layer that widens cannot have orthonormal rows; it has orthonormal
//! columns. Between layers the values are scaled to norm 1, which changes no bit, and quantised to 2^20 steps, as the
//! feature is.

use zeroize::Zeroizing;

use super::frame::{Frame, Orthonormal, check};
use super::stream;
use crate::level1::{QUANTISATION, gram_schmidt::dot, quantise};
use crate::{BitTemplate, MAX_BITS, ProtectError, Token, Transform};

/// The most hidden layers.
const MAX_LAYERS: usize = 8;

/// The sizes of the network and how its layers are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MlpHashParams {
    feature_len: usize,
    hidden: Vec<usize>,
    bits: usize,
    frame: Frame,
}

impl MlpHashParams {
    /// The published network: three hidden layers twice as wide as the feature, made by Gram–Schmidt, and `bits` outputs.
    ///
    /// # Errors
    /// When `feature_len` is not in 1..=2048, or `bits` not in 1..=4096.
    pub fn new(feature_len: usize, bits: usize) -> Result<Self, ProtectError> {
        let half = Frame::GramSchmidt.largest() / 2;
        check("the feature length", feature_len, half)?;
        Self::with_layers(feature_len, &[2 * feature_len; 3], bits, Frame::GramSchmidt)
    }

    /// A network of other sizes. A wide one is made at once with [`Frame::Structured`], and takes minutes by Gram–Schmidt.
    ///
    /// # Errors
    /// When a size is 0, or above 4096 for [`Frame::GramSchmidt`] or 2^14 for [`Frame::Structured`], or there are more than
    /// 8 hidden layers.
    pub fn with_layers(
        feature_len: usize,
        hidden: &[usize],
        bits: usize,
        frame: Frame,
    ) -> Result<Self, ProtectError> {
        let most = frame.largest();
        check("the feature length", feature_len, most)?;
        check("the number of bits", bits, most.min(MAX_BITS))?;
        if hidden.len() > MAX_LAYERS {
            return Err(ProtectError::Parameter {
                what: "the number of hidden layers",
                value: hidden.len(),
                expected: format!("0..={MAX_LAYERS}"),
            });
        }
        for &width in hidden {
            check("the width of a hidden layer", width, most)?;
        }
        Ok(Self {
            feature_len,
            hidden: hidden.to_vec(),
            bits,
            frame,
        })
    }

    /// The parameters as one line. It enters the derivation of the weights, so it must never change.
    pub fn describe(&self) -> String {
        let hidden: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        format!(
            "mlp-hash/{}/v1 feature={} hidden={} bits={}",
            self.frame.name(),
            self.feature_len,
            hidden.join(","),
            self.bits
        )
    }
}

/// MLP-Hash under one token.
pub struct MlpHash {
    params: MlpHashParams,
    layers: Vec<Orthonormal>,
}

impl Transform for MlpHash {
    type Params = MlpHashParams;
    type Template = BitTemplate;

    fn with_token(params: MlpHashParams, token: &Token) -> Result<Self, ProtectError> {
        let mut stream = stream(token, &params.describe());
        let outputs = params.hidden.iter().copied().chain([params.bits]);
        let mut inputs = params.feature_len;
        let layers = outputs
            .map(|outputs| {
                let layer = Orthonormal::new(params.frame, inputs, outputs, &mut stream);
                inputs = outputs;
                layer
            })
            .collect();
        Ok(Self { params, layers })
    }

    fn transform(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        let mut steps = quantise(feature, self.params.feature_len)?;
        let mut values = Zeroizing::new(Vec::new());
        for layer in &self.layers {
            values = layer.apply(&steps);
            values.iter_mut().for_each(|v| *v = v.max(0.0));
            steps = unit_steps(&values);
        }
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let above = values.iter().map(|&v| v > mean);
        let above: Zeroizing<Vec<bool>> = Zeroizing::new(above.collect());
        BitTemplate::from_bools(&above)
    }
}

/// The values scaled to norm 1, in steps of 2^-20. All zeros stay so.
fn unit_steps(values: &[f64]) -> Zeroizing<Vec<i32>> {
    let norm = dot(values, values).sqrt();
    let scale = if norm > 0.0 { QUANTISATION / norm } else { 0.0 };
    Zeroizing::new(values.iter().map(|v| (v * scale).round() as i32).collect())
}
