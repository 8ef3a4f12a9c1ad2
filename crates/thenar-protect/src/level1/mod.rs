//! Level 1: a feature and a token become bits.
//!
//! `q = ⟨u, M⊥(k1)⟩`, `b = q > median(q)` (Yang et al., DCPV, 2024, eq. 1–2), where the rows of `M⊥` are orthonormal and
//! chosen by the token. Two ways to make `M⊥` are offered, see [`Level1Form`].
//!
//! # Ties
//! Exactly `bits / 2` (rounded down) of the bits are 1: those of the largest `q`, and among equal `q` those of the smallest
//! index. Without ties this is `q > median(q)`, with the lower of the two middle values as the median when `bits` is even,
//! as in the code published with the paper. With ties at the median eq. 2 would set fewer bits, down to none when all `q`
//! are equal; here templates are always balanced, and a tie is decided alike on every machine.
//!
//! # Bit-exactness
//! The feature is first quantised to whole numbers `round(u · 2^20)` (halves away from zero); at 2^20 steps the rounding
//! error is far below the noise of any photo. The structured form then uses integers only. The Gram–Schmidt form uses
//! `f64` in a fixed order with functions that do not depend on the machine's library.

pub(crate) mod gram_schmidt;
mod params;
pub(crate) mod structured;

pub use params::{Level1Form, Level1Params, MAX_FEATURE_LEN};

use zeroize::Zeroizing;

use crate::derive::{Stream, hkdf};
use crate::{BitTemplate, ProbeBits, ProtectError, Token};
use gram_schmidt::GramSchmidt;
use structured::Structured;

/// Steps per unit of the quantised feature.
pub(crate) const QUANTISATION: f64 = (1 << 20) as f64;

/// The level-1 transform of one token. Making it costs far more than using it, so keep it.
pub struct Level1 {
    params: Level1Params,
    transform: Transform,
}

enum Transform {
    Structured(Structured),
    GramSchmidt(GramSchmidt),
}

impl Level1 {
    /// Draws the transform that `token` chooses.
    ///
    /// The token is expanded by HKDF-SHA256 with the parameters as `info`, so one token gives unrelated transforms for
    /// different parameters: a template of one length says nothing about one of another length made with the same token.
    ///
    /// # Errors
    /// None at present: parameters are checked when they are made. The `Result` is kept for transforms to come.
    pub fn new(params: Level1Params, token: &Token) -> Result<Self, ProtectError> {
        let key = hkdf::<32>(
            token.as_bytes(),
            b"thenar/level1/v1",
            &[params.describe().as_bytes()],
        );
        let (inputs, outputs) = (params.feature_len(), params.bits());
        let stream = &mut Stream::new(&key);
        let transform = match params.form() {
            Level1Form::Structured => {
                Transform::Structured(Structured::new(inputs, outputs, stream))
            }
            Level1Form::GramSchmidt => {
                Transform::GramSchmidt(GramSchmidt::new(outputs, inputs, stream))
            }
        };
        Ok(Self { params, transform })
    }

    /// The parameters it was made with.
    pub fn params(&self) -> &Level1Params {
        &self.params
    }

    /// The protected bits of an L2-normalised feature: what is enrolled.
    ///
    /// # Errors
    /// When the feature has another length, holds a value that is not finite, or has a norm more than 0.01 off 1.
    pub fn bits(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        BitTemplate::above_median(&self.steps(feature)?)
    }

    /// The same bits with their weights: what enrolled bits are compared with.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn probe(&self, feature: &[f32]) -> Result<ProbeBits, ProtectError> {
        ProbeBits::new(&self.steps(feature)?)
    }

    /// The projection `q` before it is binarised, for research: it reveals far more than the bits.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn project(&self, feature: &[f32]) -> Result<Zeroizing<Vec<f64>>, ProtectError> {
        let unit = match &self.transform {
            Transform::Structured(s) => s.unit_length(),
            Transform::GramSchmidt(_) => QUANTISATION,
        };
        let mut q = self.steps(feature)?;
        q.iter_mut().for_each(|q| *q /= unit);
        Ok(q)
    }

    /// The projection in steps of the quantised feature: whole numbers in the structured form, of which an `f64` holds all.
    fn steps(&self, feature: &[f32]) -> Result<Zeroizing<Vec<f64>>, ProtectError> {
        let quantised = quantise(feature, self.params.feature_len())?;
        Ok(match &self.transform {
            Transform::Structured(s) => {
                Zeroizing::new(s.project(&quantised).iter().map(|&q| q as f64).collect())
            }
            Transform::GramSchmidt(g) => g.project(&quantised),
        })
    }
}

/// Checks a feature of `expected` values and turns it into whole numbers `round(u · 2^20)`.
///
/// # Errors
/// [`ProtectError`] when it has another length, a value that is not finite, or another norm than 1 (to a hundredth).
pub fn quantise(feature: &[f32], expected: usize) -> Result<Zeroizing<Vec<i32>>, ProtectError> {
    if feature.len() != expected {
        return Err(ProtectError::FeatureLength {
            found: feature.len(),
            expected,
        });
    }
    if let Some(index) = feature.iter().position(|u| !u.is_finite()) {
        return Err(ProtectError::FeatureValue { index });
    }
    let norm = squared_norm(feature).sqrt();
    if (norm - 1.0).abs() > 0.01 {
        return Err(ProtectError::FeatureNorm { norm });
    }
    Ok(Zeroizing::new(
        feature
            .iter()
            .map(|&u| whole(f64::from(u) * QUANTISATION))
            .collect(),
    ))
}

/// Summed in eight lanes, which a processor does at once.
fn squared_norm(feature: &[f32]) -> f64 {
    let (groups, rest) = feature.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for group in groups {
        for (lane, &u) in lanes.iter_mut().zip(group) {
            *lane += f64::from(u) * f64::from(u);
        }
    }
    let rest = rest.iter().map(|&u| f64::from(u) * f64::from(u));
    lanes.iter().sum::<f64>() + rest.sum::<f64>()
}

/// The nearest whole number, halves away from zero: `x.round()` without a call of a function.
///
/// Adding one half is exact, or too small to matter, for numbers of at most 24 significant bits, as features have.
fn whole(x: f64) -> i32 {
    (x + 0.5_f64.copysign(x)) as i32
}

#[cfg(test)]
mod tests;
