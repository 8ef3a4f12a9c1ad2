//! The two things every scheme does, so that they can be measured alike.
//!
//! ```text
//! feature ── Transform (token) ──► template ─┬─ enrolled, perhaps hidden by a level 2 ──► record
//!                                            └─ asked ──► query          record.distance(&query), 0–1
//! ```

use crate::{BitTemplate, Level1, Level1Params, ProtectError, Token};

/// Turns features into protected templates under a token.
pub trait Transform: Sized {
    /// What is chosen besides the token.
    type Params;
    /// What a feature becomes. Templates under one token and one choice of parameters can be compared.
    type Template;

    /// Draws the transform that `token` chooses.
    ///
    /// # Errors
    /// [`ProtectError`] when the parameters cannot be met.
    fn with_token(params: Self::Params, token: &Token) -> Result<Self, ProtectError>;

    /// The protected template of an L2-normalised feature.
    ///
    /// # Errors
    /// When the feature has another length, holds a value that is not finite, or has a norm more than 0.01 off 1.
    fn transform(&self, feature: &[f32]) -> Result<Self::Template, ProtectError>;
}

/// A record that can be matched with a query.
pub trait Match<Query: ?Sized = BitTemplate> {
    /// The distance, 0–1: smaller is nearer.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the query has another size than the record.
    fn distance(&self, query: &Query) -> Result<f64, ProtectError>;
}

impl Transform for Level1 {
    type Params = Level1Params;
    type Template = BitTemplate;

    fn with_token(params: Level1Params, token: &Token) -> Result<Self, ProtectError> {
        Self::new(params, token)
    }

    fn transform(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        self.bits(feature)
    }
}

impl Match for BitTemplate {
    /// The fraction of differing bits.
    fn distance(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        let differing = self
            .checked_hamming(query)
            .ok_or_else(|| ProtectError::Parameter {
                what: "the number of bits of the query",
                value: query.len(),
                expected: format!("{} as in the record", self.len()),
            })?;
        Ok(f64::from(differing) / self.len() as f64)
    }
}
