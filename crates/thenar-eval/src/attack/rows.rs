//! The rows of a negative database as the attacker sees them, and how likely each is under a template.

use thenar_protect::khidden::{Cell, KHiddenParams, NegativeDatabase, RowForm};

/// Rows whose cells are sorted, so that their order does not tell wrong cells from right ones.
pub(super) struct Rows {
    /// Bits of the template.
    pub(super) bits: usize,
    /// The specified cells of each row.
    pub(super) rows: Vec<Vec<Cell>>,
    /// For each number of cells of a row and each number of wrong ones among them, the likelihood of the row, up to a
    /// factor.
    weights: Vec<Vec<f64>>,
}

impl Rows {
    /// The rows of stolen databases of one template. Their parameters are public. `None` without any.
    pub(super) fn stolen(databases: &[&NegativeDatabase]) -> Option<Self> {
        let first = databases.first()?;
        let rows = databases.iter().flat_map(|d| d.sorted_rows()).collect();
        Some(Self::new(first.bits(), rows, first.params()))
    }

    /// Rows of any origin; a row has 1 to `params.longest_row()` cells.
    pub(super) fn new(bits: usize, rows: Vec<Vec<Cell>>, params: &KHiddenParams) -> Self {
        let weights = (0..=params.longest_row())
            .map(|cells| {
                (0..=cells)
                    .map(|wrong| weight(params, cells, wrong))
                    .collect()
            })
            .collect();
        Self {
            bits,
            rows,
            weights,
        }
    }

    /// The likelihood, up to a factor, of a row of so many cells by the number of wrong ones.
    pub(super) fn weights(&self, cells: usize) -> &[f64] {
        &self.weights[cells]
    }
}

/// A row with `i` wrong cells is drawn with probability `p_i`, and which cells are wrong is equally likely.
fn weight(params: &KHiddenParams, cells: usize, wrong: usize) -> f64 {
    match params.form() {
        RowForm::Published => {
            let kind = wrong.checked_sub(1).and_then(|i| params.p().get(i));
            kind.copied().unwrap_or(0.0) / choices(cells, wrong)
        }
        // One cell is right, whatever the length.
        RowForm::PublicCode => f64::from(u8::from(wrong + 1 == cells)),
    }
}

/// Ways to choose `k` of `n`.
fn choices(n: usize, k: usize) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likelihoods_of_a_row_add_up_to_one() {
        let params = KHiddenParams::new(&[0.5, 0.3, 0.1, 0.1], 2.0).unwrap();
        let rows = Rows::new(8, Vec::new(), &params);
        let weights = rows.weights(4);
        // 4 ways with one wrong cell, 6 with two, 4 with three, 1 with four.
        let sum: f64 = weights
            .iter()
            .zip([1.0, 4.0, 6.0, 4.0, 1.0])
            .map(|(w, n)| w * n)
            .sum();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!(weights[0], 0.0);
        let public = Rows::new(8, Vec::new(), &KHiddenParams::public_code());
        assert_eq!(public.weights(3), [0.0, 0.0, 1.0, 0.0]);
    }
}
