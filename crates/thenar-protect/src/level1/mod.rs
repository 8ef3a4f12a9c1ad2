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

use std::cmp::Reverse;

use zeroize::Zeroizing;

use crate::derive::{Stream, hkdf};
use crate::{BitTemplate, ProtectError, Token};
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

    /// The protected bits of an L2-normalised feature.
    ///
    /// # Errors
    /// When the feature has another length, holds a value that is not finite, or has a norm more than 0.01 off 1.
    pub fn bits(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        let quantised = quantise(feature, self.params.feature_len())?;
        match &self.transform {
            Transform::Structured(s) => binarise(&s.project(&quantised), |a, b| a.cmp(b)),
            Transform::GramSchmidt(g) => binarise(&g.project(&quantised), f64::total_cmp),
        }
    }

    /// The projection `q` before it is binarised, for research: it reveals far more than the bits.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn project(&self, feature: &[f32]) -> Result<Zeroizing<Vec<f64>>, ProtectError> {
        let quantised = quantise(feature, self.params.feature_len())?;
        Ok(match &self.transform {
            Transform::Structured(s) => {
                let scale = s.unit_length();
                Zeroizing::new(
                    s.project(&quantised)
                        .iter()
                        .map(|&q| q as f64 / scale)
                        .collect(),
                )
            }
            Transform::GramSchmidt(g) => Zeroizing::new(
                g.project(&quantised)
                    .iter()
                    .map(|&q| q / QUANTISATION)
                    .collect(),
            ),
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
    let norm = feature
        .iter()
        .map(|&u| f64::from(u) * f64::from(u))
        .sum::<f64>()
        .sqrt();
    if (norm - 1.0).abs() > 0.01 {
        return Err(ProtectError::FeatureNorm { norm });
    }
    Ok(Zeroizing::new(
        feature
            .iter()
            .map(|&u| (f64::from(u) * QUANTISATION).round() as i32)
            .collect(),
    ))
}

/// Sets the bits of the `len / 2` largest values; of equal values the one with the smaller index counts as larger.
fn binarise<T: Copy>(
    values: &[T],
    compare: impl Fn(&T, &T) -> std::cmp::Ordering,
) -> Result<BitTemplate, ProtectError> {
    let ones = values.len() / 2;
    let mut order: Zeroizing<Vec<usize>> = Zeroizing::new((0..values.len()).collect());
    // Largest first; the index makes the order total, so the result does not depend on the selection algorithm.
    if ones > 0 {
        order.select_nth_unstable_by(ones - 1, |&i, &j| {
            compare(&values[j], &values[i]).then_with(|| Reverse(j).cmp(&Reverse(i)))
        });
    }
    let mut words = vec![0_u64; values.len().div_ceil(64)];
    for &i in &order[..ones] {
        words[i / 64] |= 1 << (i % 64);
    }
    BitTemplate::from_words(words, values.len())
}

#[cfg(test)]
mod tests;
