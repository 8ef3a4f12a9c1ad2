//! Seeded orthonormal maps between any two sizes.

use zeroize::Zeroizing;

use crate::ProtectError;
use crate::derive::Stream;
use crate::level1::QUANTISATION;
use crate::level1::gram_schmidt::GramSchmidt;
use crate::level1::structured::Structured;

/// The largest side of a map by Gram–Schmidt.
const MAX_GRAM_SCHMIDT: usize = 4096;

/// How an orthonormal map is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// A Gaussian matrix made orthonormal by Gram–Schmidt, as published. At most 4096 values on either side; seconds
    /// for 2048 by 1024, minutes for 4096 by 4096.
    GramSchmidt,
    /// The structured rotation of [`crate::Level1Form::Structured`] in its place: as good as orthonormal, and made at once.
    Structured,
}

impl Frame {
    /// The name in the line that describes the parameters.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::GramSchmidt => "gram-schmidt",
            Self::Structured => "structured",
        }
    }

    /// The largest side it can have.
    pub(super) fn largest(self) -> usize {
        match self {
            Self::GramSchmidt => MAX_GRAM_SCHMIDT,
            Self::Structured => crate::MAX_FEATURE_LEN,
        }
    }
}

/// A linear map with orthonormal rows, or with orthonormal columns when there are more outputs than inputs.
pub(super) enum Orthonormal {
    Rows(GramSchmidt),
    Columns(GramSchmidt),
    Structured(Structured),
}

impl Orthonormal {
    /// Draws a map from a key stream.
    pub(super) fn new(frame: Frame, inputs: usize, outputs: usize, stream: &mut Stream) -> Self {
        match frame {
            Frame::Structured => Self::Structured(Structured::new(inputs, outputs, stream)),
            Frame::GramSchmidt if outputs <= inputs => {
                Self::Rows(GramSchmidt::new(outputs, inputs, stream))
            }
            Frame::GramSchmidt => Self::Columns(GramSchmidt::new(inputs, outputs, stream)),
        }
    }

    /// Maps a vector given in steps of 2^-20, of norm about 1.
    pub(super) fn apply(&self, steps: &[i32]) -> Zeroizing<Vec<f64>> {
        let mut values = match self {
            Self::Rows(rows) => rows.project(steps),
            Self::Columns(columns) => columns.combine(steps),
            Self::Structured(rotation) => {
                let scale = rotation.unit_length();
                let values = rotation.project(steps);
                return Zeroizing::new(values.iter().map(|&v| v as f64 / scale).collect());
            }
        };
        values.iter_mut().for_each(|value| *value /= QUANTISATION);
        values
    }
}

/// Refuses a size outside `1..=most`.
pub(super) fn check(what: &'static str, value: usize, most: usize) -> Result<(), ProtectError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(ProtectError::Parameter {
        what,
        value,
        expected: format!("1..={most}"),
    })
}
