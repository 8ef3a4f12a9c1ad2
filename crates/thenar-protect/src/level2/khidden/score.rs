//! From the whole number of a match to a distance. The normalisation is stated at the top of the folder.

use super::params::{KHiddenParams, RowForm};
use crate::{BitTemplate, ProtectError};

/// What the distance needs to know of a database besides the match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    form: RowForm,
    orientation: i64,
    rows: usize,
    cells: usize,
}

/// `sum(B_r · q)` in both alphabets that are in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchSum {
    /// With a query of ±1: what Table I adds up to, with the opposite sign.
    pub signed: i64,
    /// With a query of 0 and 1, as the published code has it.
    pub zero_one: i64,
}

impl Scale {
    pub(super) fn new(params: &KHiddenParams, rows: usize, cells: usize) -> Self {
        Self {
            form: params.form(),
            orientation: params.orientation(),
            rows,
            cells,
        }
    }

    /// What the rows hold.
    pub(super) fn form(&self) -> RowForm {
        self.form
    }

    /// The scale of several such databases together.
    pub(super) fn times(self, count: usize) -> Self {
        Self {
            rows: self.rows * count,
            cells: self.cells * count,
            ..self
        }
    }

    /// +1 when the column sums point at the template, −1 when at its complement.
    pub(super) fn orientation(&self) -> i64 {
        self.orientation
    }

    /// What the sums with queries of ±1 and of 0 and 1 are multiplied with, and what their total is divided by, to give
    /// the cosine of [`Self::distance`] times π.
    fn weights(&self) -> ([i64; 2], usize) {
        match self.form {
            RowForm::Published => ([self.orientation, 0], self.cells),
            RowForm::PublicCode => ([0, -1], self.rows),
        }
    }

    /// The distance, 0–1: smaller is nearer.
    pub(super) fn distance(&self, sum: MatchSum) -> f64 {
        let ([signed, zero_one], most) = self.weights();
        angle((signed * sum.signed + zero_one * sum.zero_one) as f64, most)
    }

    /// The weights of the two sums, divided already.
    pub(super) fn factors(&self) -> [f64; 2] {
        let (weights, most) = self.weights();
        weights.map(|weight| weight as f64 / most as f64)
    }

    /// Eq. 6 to the letter.
    pub(super) fn eq6(&self, sum: MatchSum) -> f64 {
        angle(-sum.signed as f64, self.cells)
    }
}

/// `arccos(sum / most) / π`, clipped.
fn angle(sum: f64, most: usize) -> f64 {
    libm::acos((sum / most as f64).clamp(-1.0, 1.0)) / std::f64::consts::PI
}

/// Refuses a query of another length.
pub(super) fn check_length(query: &BitTemplate, bits: usize) -> Result<(), ProtectError> {
    if query.len() == bits {
        return Ok(());
    }
    Err(ProtectError::Parameter {
        what: "the number of bits of the query",
        value: query.len(),
        expected: format!("{bits} as in the record"),
    })
}
