//! The parameters of level 1 and their ranges.

use crate::ProtectError;

/// The longest feature level 1 takes. With 2^20 steps per unit it keeps every sum within an `i64`.
pub const MAX_FEATURE_LEN: usize = 1 << 14;

/// How the orthonormal projection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level1Form {
    /// Three rounds of sign flips, Walsh–Hadamard transform and permutation, all integers: O(m log m). The default.
    Structured,
    /// Rows of a Gaussian matrix made orthonormal by Gram–Schmidt, as DCPV publishes it: O(m³) to make, O(m²) to use.
    GramSchmidt,
}

/// How long the feature is, how many bits are made of it, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level1Params {
    feature_len: usize,
    bits: usize,
    form: Level1Form,
}

impl Level1Params {
    /// Parameters of a template: `bits` of a feature of `feature_len` values.
    ///
    /// At most half as many bits as values are allowed. With as many bits as values, bits and token together give the
    /// feature back at cosine 0.80, with half as many at 0.56, with a quarter at 0.40.
    ///
    /// # Errors
    /// When `feature_len` is not in 2..=[`MAX_FEATURE_LEN`] or `bits` not in `1..=feature_len / 2`.
    pub fn new(feature_len: usize, bits: usize) -> Result<Self, ProtectError> {
        check("the feature length", feature_len, 2, MAX_FEATURE_LEN)?;
        check("the number of template bits", bits, 1, feature_len / 2)?;
        Ok(Self {
            feature_len,
            bits,
            form: Level1Form::Structured,
        })
    }

    /// Parameters to compare with, up to as many bits as values: the paper's m_p = m_f, which its public code sets to 2048.
    ///
    /// **Not for records:** bits and token together give the feature back all the better, as told at [`Self::new`].
    ///
    /// # Errors
    /// When `feature_len` is not in 2..=[`MAX_FEATURE_LEN`] or `bits` not in `1..=feature_len`.
    pub fn for_comparison(feature_len: usize, bits: usize) -> Result<Self, ProtectError> {
        check("the feature length", feature_len, 2, MAX_FEATURE_LEN)?;
        check("the number of bits", bits, 1, feature_len)?;
        Ok(Self {
            feature_len,
            bits,
            form: Level1Form::Structured,
        })
    }

    /// The same with the published Gram–Schmidt projection.
    ///
    /// # Errors
    /// When there are more than 2048 feature values.
    pub fn with_gram_schmidt(mut self) -> Result<Self, ProtectError> {
        check(
            "the feature length for Gram–Schmidt",
            self.feature_len,
            2,
            2048,
        )?;
        self.form = Level1Form::GramSchmidt;
        Ok(self)
    }

    /// Values in the feature.
    pub fn feature_len(&self) -> usize {
        self.feature_len
    }

    /// Bits made of it.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// How the projection is made.
    pub fn form(&self) -> Level1Form {
        self.form
    }

    /// The parameters as one line. It enters the contract and the derivation of the transform, so it must never change.
    pub fn describe(&self) -> String {
        let form = match self.form {
            Level1Form::Structured => "structured",
            Level1Form::GramSchmidt => "gram-schmidt",
        };
        format!(
            "level1/{form}/v1 template feature={} bits={}",
            self.feature_len, self.bits
        )
    }
}

fn check(what: &'static str, value: usize, min: usize, max: usize) -> Result<(), ProtectError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(ProtectError::Parameter {
        what,
        value,
        expected: format!("{min}..={max}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_at_most_half_as_many_bits_as_values() {
        assert!(Level1Params::new(512, 256).is_ok());
        let error = Level1Params::new(512, 257).unwrap_err().to_string();
        assert_eq!(
            error,
            "the number of template bits is 257, expected 1..=256"
        );
        assert!(Level1Params::new(512, 0).is_err());
        assert!(Level1Params::new(1, 1).is_err());
        assert!(Level1Params::new(MAX_FEATURE_LEN + 1, 8).is_err());
    }

    #[test]
    fn the_paper_s_sizes_can_be_compared_with() {
        for bits in [256, 512, 1024, 2048] {
            let params = Level1Params::for_comparison(2048, bits).unwrap();
            let published = params.clone().with_gram_schmidt().unwrap();
            assert_eq!((params.bits(), published.bits()), (bits, bits));
        }
        assert!(Level1Params::for_comparison(2048, 2049).is_err());
        let long = Level1Params::for_comparison(2049, 8).unwrap();
        let error = long.with_gram_schmidt().unwrap_err().to_string();
        let expected = "the feature length for Gram–Schmidt is 2049, expected 2..=2048";
        assert_eq!(error, expected);
    }
}
