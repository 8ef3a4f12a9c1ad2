//! DCPV's Algorithm 1: a template becomes a negative database.
//!
//! # Deviations
//! The paper takes k2 as the seed of its framework's generator; here it is expanded by HKDF-SHA256, with the parameters,
//! to the key of a ChaCha20 stream. The union of line 9 is of lists: a row that is drawn twice is kept twice, as in the
//! published code. For the usual sizes that hardly happens (1 in 60 databases of 1,024 bits and 6,656 rows).

use super::database::{Cell, NegativeDatabase};
use super::params::KHiddenParams;
use crate::derive::{Stream, hkdf};
use crate::{BitTemplate, ProtectError, StoreKey};

impl NegativeDatabase {
    /// Hides `template` as Algorithm 1 does, with `k2` as the seed.
    ///
    /// One k2 draws the same positions and kinds of rows for every template: [`Self::open_with_seed`] says what follows.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the template has fewer bits than the longest row has cells.
    pub fn generate(
        template: &BitTemplate,
        params: &KHiddenParams,
        k2: &StoreKey,
    ) -> Result<Self, ProtectError> {
        if template.len() < params.longest_row() {
            return Err(ProtectError::Parameter {
                what: "the number of bits to hide",
                value: template.len(),
                expected: format!(
                    "{} or more, the cells of the longest row",
                    params.longest_row()
                ),
            });
        }
        let bits: Vec<bool> = (0..template.len())
            .map(|j| template.bit(j) == Some(true))
            .collect();
        // Line 5.
        let mut database = Self::empty(template.len(), params);
        // Line 6.
        let info = params.describe();
        let key = hkdf::<32>(k2.as_bytes(), b"thenar/khidden/v1", &[info.as_bytes()]);
        let mut stream = Stream::new(&key);
        // Lines 7 to 10.
        let mut row = Vec::with_capacity(params.longest_row());
        for _ in 0..params.rows(template.len()) {
            nctt(&bits, params, &mut stream, &mut row);
            database.push(&row);
        }
        Ok(database)
    }

    /// The template, for whoever knows k2: `None` for a bit that no row speaks of, and for all bits when `k2` did not
    /// make this database.
    ///
    /// The seed does not depend on the template, so the rows of any other template under it have the same positions and
    /// the same kinds: k2 is not needed to match, and it gives everything away. It is a liability and not a key.
    ///
    /// # Errors
    /// As [`Self::generate`].
    pub fn open_with_seed(&self, k2: &StoreKey) -> Result<Vec<Option<bool>>, ProtectError> {
        // Under the all-zero template a cell is 1 exactly when it is wrong.
        let zeros = BitTemplate::from_bools(&vec![false; self.bits()])?;
        let blank = Self::generate(&zeros, self.params(), k2)?;
        let mut template = vec![None; self.bits()];
        for (row, wrong) in self.sorted_rows().zip(blank.sorted_rows()) {
            for (cell, wrong) in row.iter().zip(&wrong) {
                let bit = cell.value != wrong.value;
                let known: &mut Option<bool> = &mut template[cell.position];
                if cell.position != wrong.position || known.is_some_and(|known| known != bit) {
                    return Ok(vec![None; self.bits()]);
                }
                *known = Some(bit);
            }
        }
        Ok(template)
    }
}

/// Lines 13 to 19: one row.
fn nctt(template: &[bool], params: &KHiddenParams, stream: &mut Stream, row: &mut Vec<Cell>) {
    row.clear();
    // Lines 14 and 15.
    let wrong = interval(params.p(), stream.open_unit());
    // Line 16 is an empty row; lines 17 and 18.
    let right = params.right(wrong);
    for at in 0..wrong + right {
        let position = fresh_position(template.len(), row, stream);
        let value = template[position] != (at < wrong);
        row.push(Cell { position, value });
    }
}

/// The interval of `p` that `v` falls into, from 1.
fn interval(p: &[f64], v: f64) -> usize {
    let mut end = 0.0;
    for (i, p) in (1..).zip(p) {
        end += p;
        if v < end {
            return i;
        }
    }
    // Only when rounding leaves the sum below 1: the last interval that is not empty.
    p.iter().rposition(|&p| p > 0.0).map_or(1, |last| last + 1)
}

/// A position that the row does not specify yet, every one equally likely.
fn fresh_position(bits: usize, row: &[Cell], stream: &mut Stream) -> usize {
    loop {
        // At most MAX_BITS.
        let position = stream.below(bits as u32) as usize;
        if row.iter().all(|cell| cell.position != position) {
            return position;
        }
    }
}
