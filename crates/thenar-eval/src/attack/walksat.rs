//! WalkSAT on the rows of a negative database, as its authors' hardness claims have it.
//!
//! A negative database holds what the template is *not*: every row must differ from it in one cell or more, which is a
//! clause. WalkSAT (Selman, Kautz, Cohen, 1994) takes an unsatisfied clause and flips a bit of it: at random half of the
//! time, and otherwise the one that breaks the fewest other clauses. A solution need not be the template.

use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::rows::Rows;

/// Share of flips at random.
const NOISE: f64 = 0.5;

/// Where a walk ended.
pub(super) struct Walk {
    /// The last assignment.
    pub(super) bits: Vec<bool>,
    /// Whether it satisfies every row.
    pub(super) solved: bool,
    /// Flips made.
    pub(super) flips: u64,
}

/// Walks from `start` until every row is satisfied, or for `most` flips.
pub(super) fn walk(rows: &Rows, start: Vec<bool>, most: u64, rng: &mut ChaCha20Rng) -> Walk {
    let mut state = State::new(rows, start);
    let mut flips = 0;
    while flips < most && !state.unsatisfied.is_empty() {
        let row = state.unsatisfied[rng.random_range(0..state.unsatisfied.len())];
        let cells = &rows.rows[row];
        let random = cells[rng.random_range(0..cells.len())].position;
        let position = if rng.random_bool(NOISE) {
            random
        } else {
            let breaks = |position: usize| state.breaks(position);
            cells
                .iter()
                .map(|cell| cell.position)
                .min_by_key(|&position| breaks(position))
                .unwrap_or(random)
        };
        state.flip(position);
        flips += 1;
    }
    Walk {
        solved: state.unsatisfied.is_empty(),
        bits: state.bits,
        flips,
    }
}

/// An assignment with what it does to the rows.
struct State {
    bits: Vec<bool>,
    /// For each bit, the rows that speak of it and the value they have there.
    rows_of: Vec<Vec<(usize, bool)>>,
    /// For each row, how many of its cells differ from the assignment: it is satisfied from 1 on.
    differing: Vec<u32>,
    unsatisfied: Vec<usize>,
    /// Where an unsatisfied row stands in that list.
    place: Vec<usize>,
}

impl State {
    fn new(rows: &Rows, bits: Vec<bool>) -> Self {
        let mut rows_of = vec![Vec::new(); rows.bits];
        for (number, row) in rows.rows.iter().enumerate() {
            for cell in row {
                rows_of[cell.position].push((number, cell.value));
            }
        }
        let differing: Vec<u32> = rows
            .rows
            .iter()
            .map(|row| row.iter().filter(|c| bits[c.position] != c.value).count() as u32)
            .collect();
        let mut state = Self {
            bits,
            rows_of,
            place: vec![0; differing.len()],
            unsatisfied: Vec::new(),
            differing,
        };
        for row in 0..state.differing.len() {
            if state.differing[row] == 0 {
                state.add(row);
            }
        }
        state
    }

    fn add(&mut self, row: usize) {
        self.place[row] = self.unsatisfied.len();
        self.unsatisfied.push(row);
    }

    fn remove(&mut self, row: usize) {
        let place = self.place[row];
        self.unsatisfied.swap_remove(place);
        if let Some(&moved) = self.unsatisfied.get(place) {
            self.place[moved] = place;
        }
    }

    /// Rows that would be satisfied no more.
    fn breaks(&self, position: usize) -> usize {
        let bit = self.bits[position];
        let alone = |&&(row, value): &&(usize, bool)| value != bit && self.differing[row] == 1;
        self.rows_of[position].iter().filter(alone).count()
    }

    fn flip(&mut self, position: usize) {
        let rows = std::mem::take(&mut self.rows_of[position]);
        for &(row, value) in &rows {
            if self.bits[position] == value {
                self.differing[row] += 1;
                if self.differing[row] == 1 {
                    self.remove(row);
                }
            } else {
                self.differing[row] -= 1;
                if self.differing[row] == 0 {
                    self.add(row);
                }
            }
        }
        self.rows_of[position] = rows;
        self.bits[position] = !self.bits[position];
    }
}

#[cfg(test)]
mod tests {
    use thenar_protect::BitTemplate;
    use thenar_protect::khidden::KHiddenParams;

    use super::super::palms::stream;
    use super::super::system::{Record, database};
    use super::*;

    fn small(bits: usize, rows_per_bit: f64, rng: &mut ChaCha20Rng) -> (Rows, Vec<bool>) {
        let params = KHiddenParams::new(&[0.7, 0.2, 0.1], rows_per_bit).unwrap();
        let hidden: Vec<bool> = (0..bits).map(|_| rng.random()).collect();
        let template = BitTemplate::from_bools(&hidden).unwrap();
        match database(&template, &params, rng).unwrap() {
            Record::Database(database, ..) => (Rows::stolen(&[&database]).unwrap(), hidden),
            _ => panic!("a database is a database"),
        }
    }

    fn satisfies(rows: &Rows, bits: &[bool]) -> bool {
        let differs = |row: &Vec<_>| {
            row.iter()
                .any(|c: &thenar_protect::khidden::Cell| bits[c.position] != c.value)
        };
        rows.rows.iter().all(differs)
    }

    #[test]
    fn it_ends_at_a_solution_that_trying_all_finds_too() {
        let rng = &mut stream(3, 3);
        for _ in 0..20 {
            let (rows, hidden) = small(10, 3.0, rng);
            let solutions: Vec<Vec<bool>> = (0..1u32 << 10)
                .map(|n| (0..10).map(|j| n >> j & 1 == 1).collect())
                .filter(|bits: &Vec<bool>| satisfies(&rows, bits))
                .collect();
            assert!(solutions.contains(&hidden));
            let start = (0..10).map(|_| rng.random()).collect();
            let walk = walk(&rows, start, 100_000, rng);
            assert!(walk.solved);
            assert!(solutions.contains(&walk.bits));
        }
    }

    #[test]
    fn what_it_keeps_is_what_counting_anew_gives() {
        let rng = &mut stream(4, 4);
        let (rows, hidden) = small(40, 4.0, rng);
        let mut state = State::new(&rows, vec![false; 40]);
        for _ in 0..300 {
            state.flip(rng.random_range(0..40));
            let fresh = State::new(&rows, state.bits.clone());
            assert_eq!(state.differing, fresh.differing);
            let mut kept = state.unsatisfied.clone();
            kept.sort_unstable();
            assert_eq!(kept, fresh.unsatisfied);
            let position = rng.random_range(0..40);
            let mut flipped = State::new(&rows, state.bits.clone());
            flipped.flip(position);
            let newly = flipped
                .unsatisfied
                .iter()
                .filter(|&&row| state.differing[row] > 0);
            assert_eq!(state.breaks(position), newly.count());
        }
        let none = walk(&rows, hidden, 10, rng);
        assert!(none.solved && none.flips == 0);
    }

    #[test]
    fn a_bound_ends_it() {
        let rng = &mut stream(5, 5);
        let (rows, hidden) = small(200, 12.0, rng);
        let start = hidden.iter().map(|bit| !bit).collect();
        let walk = walk(&rows, start, 7, rng);
        assert!(!walk.solved && walk.flips == 7);
        assert!(!satisfies(&rows, &walk.bits));
    }
}
