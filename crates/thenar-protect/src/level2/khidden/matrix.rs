//! The matrix matcher: `B_r · q` and the sum of its elements (DCPV, eq. 6).

use zeroize::Zeroizing;

use super::database::NegativeDatabase;
use super::dictionary::check_size;
use super::params::RowForm;
use super::score::{MatchSum, Scale, check_length};
use crate::{BitTemplate, Match, ProtectError};

/// The most elements that are held: 256 MiB.
const MAX_ELEMENTS: usize = 1 << 26;

/// `B_r`: a negative database as numbers, `*` being 0, `0` being −1 and `1` being 1. `4·m·N` bytes.
pub struct MatrixDatabase {
    elements: Zeroizing<Vec<f32>>,
    bits: usize,
    scale: Scale,
}

impl MatrixDatabase {
    /// Converts the rows (section III-C2).
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when that would take more than 256 MiB.
    pub fn new(database: &NegativeDatabase) -> Result<Self, ProtectError> {
        let bits = database.bits();
        let size = check_size(database, MAX_ELEMENTS)?;
        let mut elements = Zeroizing::new(vec![0.0; size]);
        for (numbers, row) in elements.chunks_exact_mut(bits).zip(database.rows()) {
            for cell in row {
                numbers[cell.position] = if cell.value { 1.0 } else { -1.0 };
            }
        }
        Ok(Self {
            elements,
            bits,
            scale: database.scale(),
        })
    }

    /// The rows as numbers.
    pub fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.elements.chunks_exact(self.bits)
    }

    /// `sum(B_r · q)`, row by row, with a query of ±1 and with one of 0 and 1.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the query has another length.
    pub fn sum(&self, query: &BitTemplate) -> Result<MatchSum, ProtectError> {
        Ok(MatchSum {
            signed: self.sum_with(query, [-1.0, 1.0])?,
            zero_one: self.sum_with(query, [0.0, 1.0])?,
        })
    }

    /// `sum(B_r · q)` where the query's bits stand for the numbers of `alphabet`.
    fn sum_with(&self, query: &BitTemplate, alphabet: [f32; 2]) -> Result<i64, ProtectError> {
        check_length(query, self.bits)?;
        let query: Zeroizing<Vec<f32>> = Zeroizing::new(
            (0..self.bits)
                .map(|j| alphabet[usize::from(query.bit(j) == Some(true))])
                .collect(),
        );
        // A row has at most 17 elements that are not 0, so its product is exact.
        Ok(self.rows().map(|row| product(row, &query) as i64).sum())
    }

    /// The distance from a query, 0–1, as [`super::ColumnSums::distance`].
    ///
    /// # Errors
    /// As [`Self::sum`].
    pub fn distance(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        let (mut signed, mut zero_one) = (0, 0);
        match self.scale.form() {
            RowForm::Published => signed = self.sum_with(query, [-1.0, 1.0])?,
            RowForm::PublicCode => zero_one = self.sum_with(query, [0.0, 1.0])?,
        }
        Ok(self.scale.distance(MatchSum { signed, zero_one }))
    }

    /// Eq. 6 to the letter, as [`super::ColumnSums::eq6`].
    ///
    /// # Errors
    /// As [`Self::sum`].
    pub fn eq6(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        let signed = self.sum_with(query, [-1.0, 1.0])?;
        Ok(self.scale.eq6(MatchSum {
            signed,
            zero_one: 0,
        }))
    }
}

impl Match for MatrixDatabase {
    fn distance(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        self.distance(query)
    }
}

/// The inner product, in lanes side by side that a processor adds at once.
fn product(row: &[f32], query: &[f32]) -> f32 {
    let (rows, row_rest) = row.as_chunks::<16>();
    let (queries, query_rest) = query.as_chunks::<16>();
    let mut lanes = [0.0; 16];
    for (row, query) in rows.iter().zip(queries) {
        for ((lane, b), q) in lanes.iter_mut().zip(row).zip(query) {
            *lane += b * q;
        }
    }
    let rest = row_rest.iter().zip(query_rest).map(|(b, q)| b * q);
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}
