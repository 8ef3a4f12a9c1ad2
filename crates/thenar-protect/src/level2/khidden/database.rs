//! The negative database itself: rows of a few specified cells.

use zeroize::Zeroizing;

use super::collapsed::ColumnSums;
use super::params::KHiddenParams;
use super::score::Scale;

/// A specified cell: position in the low 14 bits, value in the highest.
const VALUE: u16 = 1 << 15;

/// A cell of a row that is not `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Which bit of the template it speaks of, from 0.
    pub position: usize,
    /// The value the row has there. It is *wrong* when the template has the other one.
    pub value: bool,
}

/// The rows of a K-hidden negative database, sparse: about `2·m·r·K` bytes.
///
/// It gives its template away, so it is handled as a template: wiped when dropped. Make one with [`Self::generate`].
pub struct NegativeDatabase {
    bits: usize,
    params: KHiddenParams,
    cells: Zeroizing<Vec<u16>>,
    /// For each row, how many cells it and all before it have.
    ends: Vec<u32>,
}

impl NegativeDatabase {
    /// A database without rows.
    pub(super) fn empty(bits: usize, params: &KHiddenParams) -> Self {
        Self {
            bits,
            params: params.clone(),
            cells: Zeroizing::new(Vec::with_capacity(params.rows(bits) * params.longest_row())),
            ends: Vec::with_capacity(params.rows(bits)),
        }
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: &[Cell]) {
        let cell = |c: &Cell| c.position as u16 | if c.value { VALUE } else { 0 };
        self.cells.extend(row.iter().map(cell));
        // At most 2^20 rows of 17 cells.
        self.ends.push(self.cells.len() as u32);
    }

    /// `m`, the number of bits of the template.
    pub fn bits(&self) -> usize {
        self.bits
    }

    /// The parameters it was made with.
    pub fn params(&self) -> &KHiddenParams {
        &self.params
    }

    /// `N`, the number of rows.
    pub fn row_count(&self) -> usize {
        self.ends.len()
    }

    /// The number of specified cells of all rows.
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// The rows in the order they were made, each with its cells: the wrong ones first.
    ///
    /// That order tells wrong cells from right ones, so a thief must not be given it: see [`Self::sorted_rows`].
    pub(super) fn rows(&self) -> impl Iterator<Item = impl Iterator<Item = Cell>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| {
            let cells = &self.cells[start as usize..end as usize];
            cells.iter().map(|&cell| Cell {
                position: usize::from(cell & !VALUE),
                value: cell & VALUE != 0,
            })
        })
    }

    /// The rows as a thief sees them, who has strings with `*` between the specified cells: by position.
    pub fn sorted_rows(&self) -> impl Iterator<Item = Vec<Cell>> {
        self.rows().map(|row| {
            let mut row: Vec<Cell> = row.collect();
            row.sort_unstable_by_key(|cell| cell.position);
            row
        })
    }

    /// The sums of the columns: all that a match by eq. 6 depends on.
    pub fn column_sums(&self) -> ColumnSums {
        let mut sums = Zeroizing::new(vec![0; self.bits]);
        for cell in self.rows().flatten() {
            sums[cell.position] += if cell.value { 1 } else { -1 };
        }
        ColumnSums::new(sums, self.scale())
    }

    /// What turns a match into a distance.
    pub(super) fn scale(&self) -> Scale {
        Scale::new(&self.params, self.row_count(), self.cell_count())
    }
}

impl std::fmt::Debug for NegativeDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (rows, bits) = (self.row_count(), self.bits);
        write!(f, "NegativeDatabase({rows} rows of {bits} bits, secret)")
    }
}
