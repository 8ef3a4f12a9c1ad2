//! Odd syndromes of a received word.
//!
//! `S_j = r(alpha^j)`. The word is read in blocks of 64 bits: with `i = 64 b + l`,
//! `S_j = Σ_b alpha^(64 b j) · Σ_l r_i alpha^(l j)`. The inner sum XORs masked columns of one table that serves
//! every block, without a branch on the received bits; the outer sum is Horner's rule.

use crate::gf::Field;

/// `alpha^(l j)` for `l` in 0…63 (rows) and `j = 1, 3, …, 2t − 1` (columns).
#[derive(Clone, Debug)]
pub(crate) struct SyndromeTable {
    columns: Vec<u16>,
    t: usize,
}

impl SyndromeTable {
    pub(crate) fn new(field: &Field, t: usize) -> Self {
        let columns = (0..64)
            .flat_map(|l| (0..t).map(move |c| l * (2 * c + 1)))
            .map(|e| field.power(e))
            .collect();
        Self { columns, t }
    }

    /// Writes `S_1, S_3, …, S_(2t−1)` of the polynomial `word` to `odd` (t entries). `block` is scratch (t entries).
    pub(crate) fn odd_syndromes(
        &self,
        field: &Field,
        word: &[u64],
        odd: &mut [u16],
        block: &mut [u16],
    ) {
        odd.fill(0);
        for &bits in word.iter().rev() {
            block.fill(0);
            for (l, column) in self.columns.chunks_exact(self.t).enumerate() {
                let mask = ((bits >> l & 1) as u16).wrapping_neg();
                for (sum, value) in block.iter_mut().zip(column) {
                    *sum ^= value & mask;
                }
            }
            for (c, (syndrome, sum)) in odd.iter_mut().zip(block.iter()).enumerate() {
                let step = 64 * (2 * c + 1) % field.order();
                *syndrome = field.antilog(field.log(*syndrome) + step) ^ sum;
            }
        }
    }
}

/// Fills `all` with `S_1, S_2, …, S_2t` from the odd ones, by `S_2j = S_j²` (true for words over GF(2)).
pub(crate) fn fill_even(field: &Field, odd: &[u16], all: &mut [u16]) {
    for (c, value) in odd.iter().enumerate() {
        all[2 * c] = *value;
    }
    for j in (2..=all.len()).step_by(2) {
        all[j - 1] = field.mul(all[j / 2 - 1], all[j / 2 - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bits::get;
    use rand::{RngCore, SeedableRng};

    #[test]
    fn agree_with_the_definition() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(3);
        for (degree, t) in [
            (5, 3),
            (6, 10),
            (7, 11),
            (8, 30),
            (9, 85),
            (10, 181),
            (13, 7),
        ] {
            let field = Field::new(degree).unwrap();
            let n = field.order();
            let mut word: Vec<u64> = (0..n.div_ceil(64)).map(|_| rng.next_u64()).collect();
            *word.last_mut().unwrap() &= crate::bits::tail_mask(n);
            let (mut odd, mut block, mut all) = (vec![0; t], vec![0; t], vec![0; 2 * t]);
            SyndromeTable::new(&field, t).odd_syndromes(&field, &word, &mut odd, &mut block);
            fill_even(&field, &odd, &mut all);
            for j in 1..=2 * t {
                let slow = (0..n)
                    .filter(|&i| get(&word, i) == 1)
                    .fold(0, |sum, i| sum ^ field.power(i * j));
                assert_eq!(all[j - 1], slow, "GF(2^{degree}), S_{j}");
            }
        }
    }
}
