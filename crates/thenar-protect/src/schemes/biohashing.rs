//! BioHashing: inner products with token-drawn orthonormal vectors, against a threshold.
//!
//! Teoh Beng Jin, Ngo, Goh, "Biohashing: two factor authentication featuring fingerprint data and tokenised random number",
//! Pattern Recognition 37(11), 2004: `b_i = 0` if `⟨Γ, r⊥_i⟩ ≤ τ`, else 1. Distance: the fraction of differing bits.
//!
//! # Deviations
//! The vectors are Gaussian, drawn from the token's key stream. The feature is quantised to 2^20 steps first, as for level 1.

use zeroize::Zeroizing;

use super::frame::{Frame, Orthonormal, check};
use super::stream;
use crate::level1::quantise;
use crate::{BitTemplate, ProtectError, Token, Transform};

/// How long the feature is, how many bits are made of it, and their threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct BioHashingParams {
    feature_len: usize,
    bits: usize,
    threshold: f64,
    frame: Frame,
}

impl BioHashingParams {
    /// `bits` of a feature of `feature_len` values, with the threshold 0 and vectors made by Gram–Schmidt.
    ///
    /// # Errors
    /// When `feature_len` is not in 1..=4096, or `bits` not in `1..=feature_len`: there are no more orthonormal vectors.
    pub fn new(feature_len: usize, bits: usize) -> Result<Self, ProtectError> {
        check(
            "the feature length",
            feature_len,
            Frame::GramSchmidt.largest(),
        )?;
        check("the number of bits", bits, feature_len)?;
        Ok(Self {
            feature_len,
            bits,
            threshold: 0.0,
            frame: Frame::GramSchmidt,
        })
    }

    /// The same with another threshold τ, in units of the feature's norm.
    ///
    /// # Errors
    /// When it is not a number in −1..=1.
    pub fn with_threshold(mut self, threshold: f64) -> Result<Self, ProtectError> {
        if !(-1.0..=1.0).contains(&threshold) {
            return Err(ProtectError::Number {
                what: "the threshold",
                value: threshold,
                expected: "-1 to 1".into(),
            });
        }
        self.threshold = threshold;
        Ok(self)
    }

    /// The same with vectors made in another way.
    #[must_use]
    pub fn with_frame(mut self, frame: Frame) -> Self {
        self.frame = frame;
        self
    }

    /// The parameters as one line. It enters the derivation of the vectors, so it must never change. The threshold is not
    /// part of it.
    pub fn describe(&self) -> String {
        let (frame, feature, bits) = (self.frame.name(), self.feature_len, self.bits);
        format!("biohashing/{frame}/v1 feature={feature} bits={bits}")
    }
}

/// BioHashing under one token.
pub struct BioHashing {
    params: BioHashingParams,
    vectors: Orthonormal,
}

impl Transform for BioHashing {
    type Params = BioHashingParams;
    type Template = BitTemplate;

    fn with_token(params: BioHashingParams, token: &Token) -> Result<Self, ProtectError> {
        let mut stream = stream(token, &params.describe());
        let (inputs, outputs) = (params.feature_len, params.bits);
        let vectors = Orthonormal::new(params.frame, inputs, outputs, &mut stream);
        Ok(Self { params, vectors })
    }

    fn transform(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        let steps = quantise(feature, self.params.feature_len)?;
        let products = self.vectors.apply(&steps);
        let above = products.iter().map(|&q| q > self.params.threshold);
        let above: Zeroizing<Vec<bool>> = Zeroizing::new(above.collect());
        BitTemplate::from_bools(&above)
    }
}
