//! Belief propagation on the rows of a negative database.
//!
//! A row tells how likely each number of wrong cells is, and no row tells more; bits and rows pass each other what they
//! know until nothing changes (sum-product; Kschischang, Frey, Loeliger, IEEE Trans. Inf. Theory 47(2), 2001). Where rows
//! and bits form a tree it gives the exact posterior of every bit. In databases they do not, and it works all the same.

use rand::Rng;
use rand_chacha::ChaCha20Rng;

use super::rows::Rows;

/// The most rounds.
const ROUNDS: usize = 200;
/// Certain enough: no message says more than this, in log odds.
const MOST: f64 = 30.0;
/// Share of the old message in the new one, so that messages do not swing.
const DAMPING: f64 = 0.3;
/// Rounds without a change of any bit after which it stops.
const STILL: usize = 8;
/// Where rows are balanced, certainty must begin somewhere.
const SPARK: f64 = 1e-3;

/// What it believes.
pub(super) struct Belief {
    /// The log odds of each bit being 1.
    pub(super) log_odds: Vec<f64>,
    /// Rounds until bits were still.
    pub(super) rounds: usize,
}

impl Belief {
    /// The more likely value of each bit.
    pub(super) fn bits(&self) -> Vec<bool> {
        self.log_odds.iter().map(|&odds| odds > 0.0).collect()
    }
}

/// Lets bits and rows talk until no bit changes any more, for a while.
pub(super) fn propagate(rows: &Rows, rng: &mut ChaCha20Rng) -> Belief {
    let cells: usize = rows.rows.iter().map(Vec::len).sum();
    let mut messages = vec![0.0; cells];
    let mut log_odds: Vec<f64> = (0..rows.bits)
        .map(|_| rng.random_range(-SPARK..SPARK))
        .collect();
    let mut still = 0;
    let mut rounds = 0;
    while rounds < ROUNDS && still < STILL {
        rounds += 1;
        pass(rows, &log_odds, &mut messages);
        let next = gather(rows, &messages);
        let changed = next
            .iter()
            .zip(&log_odds)
            .any(|(a, b)| (*a > 0.0) != (*b > 0.0));
        still = if changed { 0 } else { still + 1 };
        log_odds = next;
    }
    Belief { log_odds, rounds }
}

/// Every row tells each of its bits what the other bits of the row make likely.
fn pass(rows: &Rows, log_odds: &[f64], messages: &mut [f64]) {
    let mut wrong = Vec::new();
    let mut at = 0;
    for row in &rows.rows {
        let messages = &mut messages[at..at + row.len()];
        at += row.len();
        // The probability of each cell being wrong, by all that other rows say of its bit.
        wrong.clear();
        wrong.extend(row.iter().zip(messages.iter()).map(|(cell, message)| {
            let odds = (log_odds[cell.position] - message).clamp(-MOST, MOST);
            1.0 / (1.0 + (if cell.value { odds } else { -odds }).exp())
        }));
        let weights = rows.weights(row.len());
        for (number, (cell, message)) in row.iter().zip(messages).enumerate() {
            let counts = wrong_among_others(&wrong, number);
            let [right_odds, wrong_odds] = [0, 1].map(|own| {
                let likely = counts.iter().zip(&weights[own..]).map(|(c, w)| c * w);
                likely.sum::<f64>()
            });
            let towards_wrong = (wrong_odds.ln() - right_odds.ln()).clamp(-MOST, MOST);
            // A wrong cell of value 1 means a bit of 0. Neither possible: nothing said.
            let fresh = match (towards_wrong.is_nan(), cell.value) {
                (true, _) => 0.0,
                (false, true) => -towards_wrong,
                (false, false) => towards_wrong,
            };
            *message = DAMPING * *message + (1.0 - DAMPING) * fresh;
        }
    }
}

/// The distribution of the number of wrong cells among all but one.
fn wrong_among_others(wrong: &[f64], but: usize) -> [f64; 20] {
    let mut counts = [0.0; 20];
    counts[0] = 1.0;
    // A row has at most 17 cells.
    let others = wrong.iter().enumerate().filter(|&(i, _)| i != but);
    for (so_far, (_, &p)) in others.enumerate() {
        for n in (0..=so_far).rev() {
            counts[n + 1] += counts[n] * p;
            counts[n] *= 1.0 - p;
        }
    }
    counts
}

/// Every bit adds up what its rows say.
fn gather(rows: &Rows, messages: &[f64]) -> Vec<f64> {
    let mut log_odds = vec![0.0; rows.bits];
    for (cell, message) in rows.rows.iter().flatten().zip(messages) {
        log_odds[cell.position] += message;
    }
    log_odds
}

#[cfg(test)]
mod tests {
    use thenar_protect::khidden::{Cell, KHiddenParams};

    use super::super::palms::stream;
    use super::super::system::{Record, database};
    use super::*;
    use thenar_protect::BitTemplate;

    /// The posterior of every bit by adding up the likelihood of all templates.
    fn brute_force(rows: &Rows) -> Vec<f64> {
        let mut ones = vec![0.0; rows.bits];
        let mut total = 0.0;
        for template in 0..1u32 << rows.bits {
            let bit = |j: usize| template >> j & 1 == 1;
            let likelihood: f64 = rows
                .rows
                .iter()
                .map(|row| {
                    let wrong = row.iter().filter(|c| bit(c.position) != c.value).count();
                    rows.weights(row.len())[wrong]
                })
                .product();
            total += likelihood;
            for (j, one) in ones.iter_mut().enumerate() {
                *one += if bit(j) { likelihood } else { 0.0 };
            }
        }
        ones.iter().map(|one| one / total).collect()
    }

    fn row(cells: &[(usize, bool)]) -> Vec<Cell> {
        let cell = |&(position, value): &(usize, bool)| Cell { position, value };
        cells.iter().map(cell).collect()
    }

    #[test]
    fn on_a_tree_it_gives_the_posterior_of_every_bit() {
        let params = KHiddenParams::new(&[0.7, 0.2, 0.1], 1.0).unwrap();
        // Rows share one bit at most, and there is no way round.
        let tree = vec![
            row(&[(0, true), (1, false), (2, true)]),
            row(&[(2, false), (3, true), (4, true)]),
            row(&[(4, false), (5, false), (6, true)]),
            row(&[(2, true), (7, true), (8, true)]),
            row(&[(8, true), (9, false), (10, false)]),
        ];
        let rows = Rows::new(11, tree, &params);
        let found = propagate(&rows, &mut stream(1, 1));
        let exact = brute_force(&rows);
        assert!(exact.iter().all(|p| (p - 0.5).abs() > 0.01), "{exact:?}");
        for (j, (odds, exact)) in found.log_odds.iter().zip(exact).enumerate() {
            let believed = 1.0 / (1.0 + (-odds).exp());
            // 8 rounds and more of damping 0.3.
            assert!(
                (believed - exact).abs() < 1e-3,
                "bit {j}: {believed} {exact}"
            );
        }
    }

    #[test]
    fn it_finds_the_template_where_counting_does_not() {
        let rng = &mut stream(2, 2);
        let cases = [
            (KHiddenParams::default(), 0.99),
            (KHiddenParams::public_code(), 0.97),
        ];
        for (params, least) in cases {
            let bits: Vec<bool> = (0..512).map(|_| rng.random()).collect();
            let template = BitTemplate::from_bools(&bits).unwrap();
            let Record::Database(database, sums, _) = database(&template, &params, rng).unwrap()
            else {
                panic!("a database is a database");
            };
            let found = propagate(&Rows::stolen(&[&database]).unwrap(), rng);
            let guess = BitTemplate::from_bools(&found.bits()).unwrap();
            let right = |guess: &BitTemplate| 1.0 - f64::from(guess.hamming(&template)) / 512.0;
            assert!(right(&guess) > least, "{}", right(&guess));
            assert!(right(&guess) > right(&sums.recover()) + 0.05);
        }
    }
}
