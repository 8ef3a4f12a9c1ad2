//! What a leak of protected records gives, counted by attacking them.
//!
//! [`run`] enrols palms in a system, hands the attacker what has leaked, and counts what each attack makes of it. With
//! [`Scheme::Level1`], bits in clear, every attack must succeed: it tells that the attacks work.
//!
//! | file | attack |
//! |---|---|
//! | `counting` | signs of column sums; ciphertexts as if they were templates; several records of a palm |
//! | `belief` | belief propagation on the rows of a negative database |
//! | `walksat` | WalkSAT on those rows, from random and from column sums |
//! | `feature` | features of bits and k1, after renewal and in another system |
//! | `climb` | hill climbing by scores, and by acceptance alone |
//! | `linkage` | records of one palm told from records of two |
//!
//! What is asked is compared as the program does it, with weights of the query's bits; `query` says which of them an attacker
//! can choose. Published schemes compare bits.
//!
//! Features are drawn ([`Palms::drawn`]) or given ([`Palms::given`]). The keys of level 2 are drawn for each record of a
//! negative database and once for sealed records.

mod belief;
mod climb;
mod counting;
mod feature;
mod linkage;
mod options;
mod palms;
mod query;
mod report;
mod rows;
mod search;
mod system;
mod table;
mod walksat;

pub use linkage::{LinkScores, UnlinkReport, unlink, unlink_with};
pub use options::{FMRS, Leak, Options, Scheme};
pub use palms::Palms;
pub use report::{
    Acceptance, Climb, Fraction, Linkage, Mean, Reconstruction, Recovery, Report, Threshold,
};
pub use table::table;

use thenar_protect::BitTemplate;

use crate::EvalError;
use palms::stream;
use system::{Setup, System};

/// Runs the attacks on drawn palms whose features have twice as many values as templates have bits.
///
/// # Errors
/// [`EvalError::Attack`] when an option is out of range.
pub fn run(options: &Options) -> Result<Report, EvalError> {
    options.check()?;
    let palms = Palms::drawn(
        options.records,
        2 * options.bits,
        options.correlation,
        options.seed,
    );
    attack(options, &palms)
}

/// Runs the attacks on given palms.
///
/// # Errors
/// As [`run`], and when there are more bits than values in a feature.
pub fn run_with(options: &Options, palms: Palms) -> Result<Report, EvalError> {
    options.check()?;
    attack(options, &palms.first(options.records))
}

fn attack(options: &Options, palms: &Palms) -> Result<Report, EvalError> {
    let records = match options.leak {
        Leak::SeveralRecords => options.records_per_palm,
        _ => 1,
    };
    let setup = Setup {
        bits: options.bits,
        capture: 0,
        records,
        number: 0,
        thresholds: true,
    };
    let system = System::new(options, palms, setup)?;
    let guesses = plain_reading(&system)?;
    let mut recoveries = vec![guesses.recovery(&system)];
    if let Some(xor) = system
        .enrolled
        .iter()
        .map(counting::xor)
        .collect::<Option<Vec<_>>>()
    {
        let xor = xor.into_iter().collect::<Result<Vec<_>, _>>()?;
        recoveries.push(counting::recovery(
            "XOR of two ciphertexts",
            &xor,
            &system.enrolled,
            Some(0.5),
        ));
    }
    let mut replays = replay(&system, guesses.name, &guesses.bits)?;
    if !options.leak.has_k2()
        && let Some((recovery, bits)) = search::believed(&system, options.searched)?
    {
        replays.extend(replay(&system, &recovery.attack, &bits)?);
        recoveries.push(recovery);
        recoveries.extend(search::walked(&system)?);
    }
    let linkage = match options.leak {
        Leak::SeveralRecords => link_figures(options, palms)?,
        _ => Vec::new(),
    };
    let first = recoveries[0].clone();
    let strict = replays.iter().find(|replay| replay.fmr == FMRS[0]);
    Ok(Report {
        scheme: options.scheme,
        parameters: parameters(options, &system),
        leak: options.leak,
        bits: options.bits,
        feature_len: palms.feature_len(),
        records: palms.count(),
        records_per_palm: records,
        seed: options.seed,
        correlation: palms.correlation(),
        genuine_distance: genuine_distance(&system)?,
        bits_recovered: first.bits.fraction,
        bits_recovered_interval: first.bits.interval,
        bits_theory: first.theory,
        replay_acceptance: strict.map(|replay| replay.accepted.fraction),
        replay_acceptance_interval: strict.map(|replay| replay.accepted.interval),
        thresholds: system.thresholds.clone(),
        recoveries,
        replays,
        reconstructions: feature::reconstruct(options, palms)?,
        climbs: climb::climb(&system)?,
        linkage,
    })
}

fn link_figures(options: &Options, palms: &Palms) -> Result<Vec<Linkage>, EvalError> {
    let scores = linkage::all_scores(options, palms)?;
    scores.iter().map(|s| s.figures(options.seed)).collect()
}

/// What the attacker reads without searching.
struct Reading {
    name: &'static str,
    bits: Vec<BitTemplate>,
    theory: Option<f64>,
}

impl Reading {
    fn recovery(&self, system: &System<'_>) -> Recovery {
        counting::recovery(self.name, &self.bits, &system.enrolled, self.theory)
    }
}

/// Opens the records where k2 has leaked, and counts otherwise.
fn plain_reading(system: &System<'_>) -> Result<Reading, EvalError> {
    let options = system.options;
    let palms = system.enrolled.iter();
    if options.leak.has_k2() {
        let bits = palms.map(|palm| system.open(&palm.records[0]));
        return Ok(Reading {
            name: "opened with k2",
            bits: bits.collect::<Result<_, _>>()?,
            theory: (options.scheme == Scheme::Split && !options.leak.has_k1()).then_some(0.5),
        });
    }
    let records = system.enrolled[0].records.len();
    Ok(Reading {
        name: counting::name(options),
        bits: palms.map(counting::read).collect::<Result<_, _>>()?,
        theory: counting::theory(options, records),
    })
}

/// Asks each palm's first record with the bits that were guessed of it, the surest with the most weight.
fn replay(
    system: &System<'_>,
    name: &str,
    guesses: &[BitTemplate],
) -> Result<Vec<Acceptance>, EvalError> {
    let rng = &mut stream(system.options.seed, 3 << 32);
    let distances = guesses
        .iter()
        .zip(&system.enrolled)
        .map(|(guess, palm)| {
            let order = counting::surest_last(palm, rng)?;
            palm.records[0].distance(&query::probe(guess, &order)?)
        })
        .collect::<Result<Vec<f64>, _>>()?;
    Ok(accepted(system, name, "same record", &distances))
}

/// How many distances are accepted at each threshold there is.
fn accepted(system: &System<'_>, query: &str, target: &str, distances: &[f64]) -> Vec<Acceptance> {
    let thresholds = system.thresholds.iter();
    let measurable = thresholds.filter_map(|t| Some((t.fmr, t.distance?)));
    measurable
        .map(|(fmr, limit)| Acceptance {
            query: query.to_owned(),
            target: target.to_owned(),
            fmr,
            accepted: Fraction::of_all(distances.iter().map(|&d| d <= limit)),
        })
        .collect()
}

fn parameters(options: &Options, system: &System<'_>) -> String {
    let level1 = system.level1.params().describe();
    match options.database() {
        Some(database) => format!("{level1}, {}", database.describe()),
        None => format!("{level1}, {}", options.scheme),
    }
}

fn genuine_distance(system: &System<'_>) -> Result<f64, EvalError> {
    let mut differing = 0;
    for (palm, enrolled) in system.enrolled.iter().enumerate() {
        differing += u64::from(enrolled.template.hamming(system.query(palm)?.bits()));
    }
    let bits = system.enrolled.len() * system.template_bits();
    Ok(differing as f64 / bits as f64)
}

#[cfg(test)]
mod tests;
