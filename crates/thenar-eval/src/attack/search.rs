//! Attacks that search the rows of a negative database, on some of the records.

use rayon::prelude::*;
use thenar_protect::BitTemplate;
use thenar_protect::khidden::NegativeDatabase;

use super::counting::{agreement, read};
use super::palms::stream;
use super::report::{Fraction, Recovery};
use super::rows::Rows;
use super::system::{Enrolled, Record, System};
use super::{belief, walksat};
use crate::EvalError;

/// What a search made of one record.
struct Found {
    bits: BitTemplate,
    solved: Option<bool>,
    effort: f64,
}

/// Guesses of belief propagation for the first palms, for negative databases only.
pub(super) fn believed(
    system: &System<'_>,
    palms: usize,
) -> Result<Option<(Recovery, Vec<BitTemplate>)>, EvalError> {
    search(system, palms, "belief propagation", |rows, _, rng| {
        let belief = belief::propagate(rows, rng);
        Found::new(&belief.bits(), None, belief.rounds as u64)
    })
}

/// WalkSAT from a random assignment and from the signs of the column sums, for negative databases only.
pub(super) fn walked(system: &System<'_>) -> Result<Vec<Recovery>, EvalError> {
    let options = system.options;
    let palms = options.searched;
    let random = search(system, palms, "WalkSAT from random", |rows, _, rng| {
        let start = (0..rows.bits).map(|_| rand::Rng::random(rng)).collect();
        let walk = walksat::walk(rows, start, options.flips, rng);
        Found::new(&walk.bits, Some(walk.solved), walk.flips)
    })?;
    let counted = search(
        system,
        palms,
        "WalkSAT from column sums",
        |rows, palm, rng| {
            let sums = read(palm)?;
            let start = (0..rows.bits).map(|j| sums.bit(j) == Some(true)).collect();
            let walk = walksat::walk(rows, start, options.flips, rng);
            Found::new(&walk.bits, Some(walk.solved), walk.flips)
        },
    )?;
    let both = [random, counted].into_iter().flatten();
    Ok(both.map(|(recovery, _)| recovery).collect())
}

impl Found {
    fn new(bits: &[bool], solved: Option<bool>, effort: u64) -> Result<Self, EvalError> {
        Ok(Self {
            bits: BitTemplate::from_bools(bits).map_err(EvalError::attack)?,
            solved,
            effort: effort as f64,
        })
    }
}

/// Runs an attack on the rows of all records of each of the first palms.
fn search(
    system: &System<'_>,
    palms: usize,
    attack: &str,
    run: impl Fn(&Rows, &Enrolled, &mut rand_chacha::ChaCha20Rng) -> Result<Found, EvalError> + Sync,
) -> Result<Option<(Recovery, Vec<BitTemplate>)>, EvalError> {
    let palms = &system.enrolled[..palms.min(system.enrolled.len())];
    let found = palms
        .par_iter()
        .enumerate()
        .filter_map(|(number, palm)| {
            let rows = stolen_rows(palm)?;
            let rng = &mut stream(system.options.seed, 1 << 32 | number as u64);
            Some(run(&rows, palm, rng))
        })
        .collect::<Result<Vec<Found>, _>>()?;
    if found.is_empty() {
        return Ok(None);
    }
    let solved = found
        .iter()
        .map(|f| f.solved)
        .collect::<Option<Vec<bool>>>();
    let effort = found.iter().map(|f| f.effort).sum::<f64>() / found.len() as f64;
    let guesses: Vec<BitTemplate> = found.into_iter().map(|f| f.bits).collect();
    let (bits, exact) = agreement(&guesses, palms);
    let recovery = Recovery {
        attack: attack.to_owned(),
        bits,
        exact,
        theory: None,
        solved: solved.map(Fraction::of_all),
        effort: Some(effort),
    };
    Ok(Some((recovery, guesses)))
}

/// The rows of all records of a palm together; `None` where there are no rows.
fn stolen_rows(palm: &Enrolled) -> Option<Rows> {
    let databases: Vec<&NegativeDatabase> = palm
        .records
        .iter()
        .filter_map(|record| match record {
            Record::Database(database, ..) => Some(database),
            Record::Sealed(..) | Record::Clear(_) => None,
        })
        .collect();
    Rows::stolen(&databases)
}
