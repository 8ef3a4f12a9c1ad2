//! The two things every scheme does, so that they can be measured alike.
//!
//! ```text
//! feature ── Transform (token) ──► template ─┬─ enrolled, perhaps hidden by a level 2 ──► record
//!                                            └─ asked ──► query          record.distance(&query), 0–1
//! ```

use crate::{BitTemplate, Level1, Level1Params, ProbeBits, ProtectError, Token};

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
            .ok_or_else(|| other_length(query.len(), self.len()))?;
        Ok(f64::from(differing) / self.len() as f64)
    }
}

impl Match<ProbeBits> for BitTemplate {
    /// The share that the differing bits have of the probe's weight.
    fn distance(&self, query: &ProbeBits) -> Result<f64, ProtectError> {
        let differing = query
            .distance(self)
            .ok_or_else(|| other_length(query.len(), self.len()))?;
        Ok(f64::from(differing) / f64::from(query.total().max(1)))
    }
}

fn other_length(found: usize, expected: usize) -> ProtectError {
    ProtectError::Parameter {
        what: "the number of bits of the query",
        value: found,
        expected: format!("{expected} as in the record"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_1_is_a_transform_whose_bits_match() {
        let (params, token) = (Level1Params::new(8, 4).unwrap(), Token::from_bytes([1; 32]));
        let level1 = Level1::with_token(params.clone(), &token).unwrap();
        let mut u = [0.0; 8];
        u[2] = 1.0;
        let bits = level1.transform(&u).unwrap();
        assert_eq!(bits, Level1::new(params, &token).unwrap().bits(&u).unwrap());
        assert_eq!(bits.distance(&bits), Ok(0.0));
        let probe = level1.probe(&u).unwrap();
        assert_eq!(bits.distance(&probe), Ok(0.0));
        let turned = BitTemplate::from_words(vec![bits.words()[0] ^ 0b101], 4).unwrap();
        assert_eq!(bits.distance(&turned), Ok(0.5));
    }

    #[test]
    fn other_lengths_are_refused() {
        let [a, b] = [3, 4].map(|len| BitTemplate::from_words(vec![1], len).unwrap());
        let error = a.distance(&b).unwrap_err().to_string();
        let expected = "the number of bits of the query is 4, expected 3 as in the record";
        assert_eq!(error, expected);
    }
}
