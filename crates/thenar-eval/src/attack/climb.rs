//! Hill climbing: queries improved by what the system answers. It is the program's matcher, with weights ([`super::query`]),
//! unless the scheme is a published one.
//!
//! * A *score*, asked with probes: three bits with each question, by weights whose sums tell them apart. A whole template
//!   falls in a third as many questions as it has bits, whatever protects the record.
//! * A *score*, asked with features, without any key: strangers' features added up, each by how near it was said to be. The sum points at what the bits were made of. A weighted score is nearly the projection of
//!   the feature on that, so after n strangers the sum has a cosine near √(n / (n + m)) with the m bits, and is accepted
//!   after some tens.
//! * *Accept or reject*, asked with probes: random ones until one is accepted, then to the edge of acceptance, where turning
//!   one bit tells whether it was right.
//!
//! Published matchers are asked with bits: one with each question, after n strangers' features Φ(√(2 n / (π m))) of them.
//!
//! No form of storage helps against an answer that tells more than it must. What helps is to give no score, to count
//! queries, and to take captures only from devices that sign them.

mod published;
mod weighted;

use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use thenar_protect::{BitTemplate, ProbeBits};

use super::options::FMRS;
use super::palms::{normalised, stranger, stream};
use super::report::{Climb, Fraction};
use super::system::{Enrolled, System};
use super::{Reading, plain_reading};
use crate::EvalError;

/// After so many strangers more, as a share of those before, their sum is tried.
const PATIENCE: f64 = 0.1;
/// Strangers before the first sum, and between two at least.
const FEWEST: f64 = 10.0;

/// How a climb against one record went.
#[derive(Debug, Clone)]
struct Climbed {
    /// Queries up to the first that was accepted.
    accepted: Option<u64>,
    queries: u64,
    best: BitTemplate,
}

/// What answers, and how often it may be asked.
struct Oracle<'a> {
    palm: &'a Enrolled,
    threshold: f64,
    queries: u64,
    bound: u64,
    accepted: Option<u64>,
}

impl Oracle<'_> {
    /// The distance, or `None` when the bound is reached.
    fn score(&mut self, query: &ProbeBits) -> Result<Option<f64>, EvalError> {
        if self.queries >= self.bound {
            return Ok(None);
        }
        self.queries += 1;
        let distance = self.palm.records[0].distance(query)?;
        if distance <= self.threshold && self.accepted.is_none() {
            self.accepted = Some(self.queries);
        }
        Ok(Some(distance))
    }

    /// Accepted or not, or `None` when the bound is reached.
    fn accepts(&mut self, query: &ProbeBits) -> Result<Option<bool>, EvalError> {
        Ok(self
            .score(query)?
            .map(|distance| distance <= self.threshold))
    }

    fn done(self, best: BitTemplate) -> Climbed {
        Climbed {
            accepted: self.accepted,
            queries: self.queries,
            best,
        }
    }
}

/// All ways of climbing, at every threshold there is.
pub(super) fn climb(system: &System<'_>) -> Result<Vec<Climb>, EvalError> {
    let start = plain_reading(system)?;
    let mut climbs = Vec::new();
    for fmr in FMRS {
        let Some(threshold) = system.threshold(fmr) else {
            continue;
        };
        let run = |oracle: &str, query: &str, start: &str, way: Way<'_>| {
            all(system, (fmr, threshold), way)
                .map(|climbed| report(system, (oracle, query, start), fmr, &climbed))
        };
        let from_bits = start.name;
        climbs.push(run("score", "bits", from_bits, Way::ScoreBits(&start))?);
        climbs.push(run("score", "feature", "strangers", Way::ScoreFeature)?);
        climbs.push(run(
            "accept/reject",
            "bits",
            from_bits,
            Way::Accept(&start),
        )?);
    }
    Ok(climbs)
}

#[derive(Clone, Copy)]
enum Way<'a> {
    ScoreBits(&'a Reading),
    ScoreFeature,
    Accept(&'a Reading),
}

fn all(
    system: &System<'_>,
    (fmr, threshold): (f64, f64),
    way: Way<'_>,
) -> Result<Vec<Climbed>, EvalError> {
    let options = system.options;
    let published = options.database().is_some();
    let palms = options.searched.min(system.enrolled.len());
    (0..palms)
        .into_par_iter()
        .map(|number| {
            let rng = &mut stream(options.seed, 2 << 32 | number as u64);
            let oracle = Oracle {
                palm: &system.enrolled[number],
                threshold,
                queries: 0,
                bound: options.queries,
                accepted: None,
            };
            match way {
                Way::ScoreFeature => by_feature(system, oracle, rng),
                Way::ScoreBits(start) if published => {
                    published::by_score(oracle, &start.bits[number], rng)
                }
                Way::ScoreBits(start) => weighted::by_score(oracle, &start.bits[number], rng),
                Way::Accept(start) if published => {
                    published::by_acceptance(oracle, &start.bits[number], rng)
                }
                Way::Accept(start) => weighted::by_acceptance(oracle, &start.bits[number], rng),
            }
        })
        .collect::<Result<_, _>>()
        .map_err(|error: EvalError| EvalError::attack(format!("climbing at FMR {fmr}: {error}")))
}

/// Strangers' features, weighted by how much nearer than the mean they are, until their sum is accepted.
fn by_feature(
    system: &System<'_>,
    mut oracle: Oracle<'_>,
    rng: &mut ChaCha20Rng,
) -> Result<Climbed, EvalError> {
    let values = system.palms.feature_len();
    // Sums of the features, of the features times distances, and of the distances.
    let (mut plain, mut weighted, mut total) = (vec![0.0; values], vec![0.0; values], 0.0);
    let (mut asked, mut tried) = (0.0, 0.0);
    let mut best = system.bits(&stranger(values, rng))?;
    while oracle.accepted.is_none() {
        let feature = stranger(values, rng);
        let Some(distance) = oracle.score(&system.probe(&feature)?)? else {
            break;
        };
        asked += 1.0;
        total += distance;
        for ((plain, weighted), &value) in plain.iter_mut().zip(&mut weighted).zip(&feature) {
            *plain += f64::from(value);
            *weighted += distance * f64::from(value);
        }
        if asked < tried * (1.0 + PATIENCE) + FEWEST || oracle.accepted.is_some() {
            continue;
        }
        tried = asked;
        let mean = total / asked;
        let towards = plain.iter().zip(&weighted).map(|(p, w)| mean * p - w);
        let towards = normalised(towards.collect());
        // Nothing yet where all were equally far.
        if towards.iter().all(|&value| value == 0.0) {
            continue;
        }
        let sum = system.probe(&towards)?;
        best = sum.bits().clone();
        if oracle.score(&sum)?.is_none() {
            break;
        }
    }
    Ok(oracle.done(best))
}

fn report(
    system: &System<'_>,
    (oracle, query, start): (&str, &str, &str),
    fmr: f64,
    climbed: &[Climbed],
) -> Climb {
    let guesses: Vec<BitTemplate> = climbed.iter().map(|c| c.best.clone()).collect();
    let (bits, _) = super::counting::agreement(&guesses, &system.enrolled);
    let firsts = climbed.iter().map(|c| c.accepted.unwrap_or(u64::MAX));
    let median_queries = median(firsts.collect());
    Climb {
        oracle: oracle.to_owned(),
        query: query.to_owned(),
        start: start.to_owned(),
        fmr,
        bound: system.options.queries,
        accepted: Fraction::of_all(climbed.iter().map(|c| c.accepted.is_some())),
        median_queries: (median_queries < u64::MAX).then_some(median_queries),
        bits,
        median_total: median(climbed.iter().map(|c| c.queries).collect()),
    }
}

/// The upper of the two in the middle; 0 of none.
fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::query::random_bits;
    use super::super::system::Record;
    use super::*;

    /// A palm whose record is a random template in clear.
    pub(super) fn palm(bits: usize, rng: &mut ChaCha20Rng) -> Enrolled {
        let template = random_bits(bits, rng).unwrap();
        Enrolled {
            records: vec![Record::Clear(template.clone())],
            template,
        }
    }

    pub(super) fn oracle(palm: &Enrolled, threshold: f64, bound: u64) -> Oracle<'_> {
        Oracle {
            palm,
            threshold,
            queries: 0,
            bound,
            accepted: None,
        }
    }

    #[test]
    fn medians_are_in_the_middle() {
        assert_eq!(median(vec![9, 1, 5]), 5);
        assert_eq!(median(vec![1, u64::MAX, u64::MAX]), u64::MAX);
        assert_eq!(median(Vec::new()), 0);
    }
}
