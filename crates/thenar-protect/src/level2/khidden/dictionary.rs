//! The dictionary matcher of earlier negative databases: characters compared by Table I.

use zeroize::Zeroizing;

use super::database::NegativeDatabase;
use super::score::check_length;
use crate::{BitTemplate, ProtectError};

/// The most characters that are held: 256 MiB.
const MAX_CHARACTERS: usize = 1 << 28;

/// A negative database as strings over `0`, `1` and `*`, one character to a bit: `m·N` bytes.
pub struct DictionaryDatabase {
    characters: Zeroizing<Vec<u8>>,
    bits: usize,
}

impl DictionaryDatabase {
    /// Writes the rows out.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when that would take more than 256 MiB.
    pub fn new(database: &NegativeDatabase) -> Result<Self, ProtectError> {
        let bits = database.bits();
        let size = check_size(database, MAX_CHARACTERS)?;
        let mut characters = Zeroizing::new(vec![b'*'; size]);
        for (text, row) in characters.chunks_exact_mut(bits).zip(database.rows()) {
            for cell in row {
                text[cell.position] = if cell.value { b'1' } else { b'0' };
            }
        }
        Ok(Self { characters, bits })
    }

    /// The rows as text.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.characters.chunks_exact(self.bits)
    }

    /// The sum of Table I over all rows and characters: smaller is nearer, where eq. 12 holds.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the query has another length.
    pub fn matching_distance(&self, query: &BitTemplate) -> Result<i64, ProtectError> {
        check_length(query, self.bits)?;
        let query: Zeroizing<Vec<u8>> = Zeroizing::new(
            (0..self.bits)
                .map(|j| {
                    if query.bit(j) == Some(true) {
                        b'1'
                    } else {
                        b'0'
                    }
                })
                .collect(),
        );
        let of_row = |row: &[u8]| -> i64 {
            let pairs = row.iter().zip(query.iter());
            pairs.map(|(&n, &q)| i64::from(table_1(n, q))).sum()
        };
        Ok(self.rows().map(of_row).sum())
    }
}

/// Table I: −1 for equal bits, 1 for different ones, 0 for `*`.
fn table_1(negative: u8, query: u8) -> i8 {
    match (negative, query) {
        (b'0', b'0') | (b'1', b'1') => -1,
        (b'0', b'1') | (b'1', b'0') => 1,
        _ => 0,
    }
}

/// The number of places a database has when it is written out, if at most `most`.
pub(super) fn check_size(database: &NegativeDatabase, most: usize) -> Result<usize, ProtectError> {
    // At most 2^14 bits and 2^20 rows.
    let size = database.bits() * database.row_count();
    if size <= most {
        return Ok(size);
    }
    Err(ProtectError::Parameter {
        what: "the number of places of a negative database that is written out",
        value: size,
        expected: format!("at most {most}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_1_is_the_paper_s() {
        let columns = [b"00", b"11", b"01", b"10", b"*0", b"*1"];
        assert_eq!(
            columns.map(|pair| table_1(pair[0], pair[1])),
            [-1, -1, 1, 1, 0, 0]
        );
    }
}
