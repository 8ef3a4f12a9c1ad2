//! What an attack found, as numbers.

use serde::{Deserialize, Serialize};

use super::{Leak, Scheme};
use crate::metrics::{SubjectCount, rate_interval, subject_rate};

/// Confidence of all intervals.
const CONFIDENCE: f64 = 0.95;

/// A share that was counted, with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fraction {
    /// How many did.
    pub count: u64,
    /// Of how many.
    pub trials: u64,
    /// `count / trials`; 0 without trials.
    pub fraction: f64,
    /// 95 % interval.
    pub interval: [f64; 2],
}

impl Fraction {
    /// Of independent trials: the exact interval of Clopper and Pearson.
    #[must_use]
    pub fn of(count: u64, trials: u64) -> Self {
        let (low, high) = rate_interval(count, trials, CONFIDENCE);
        Self {
            count,
            trials,
            fraction: share(count, trials),
            interval: [low, high],
        }
    }

    /// How many of these are true.
    pub(super) fn of_all(outcomes: impl IntoIterator<Item = bool>) -> Self {
        let (mut count, mut trials) = (0, 0);
        for outcome in outcomes {
            count += u64::from(outcome);
            trials += 1;
        }
        Self::of(count, trials)
    }

    /// Of trials that come in groups, as `(count, trials)` of each: bits of a record are won or lost together.
    #[must_use]
    pub fn of_groups(groups: &[(u64, u64)]) -> Self {
        let count = groups.iter().map(|g| g.0).sum();
        let trials = groups.iter().map(|g| g.1).sum();
        let counts: Vec<SubjectCount> = groups
            .iter()
            .map(|&(errors, attempts)| SubjectCount { errors, attempts })
            .collect();
        let (low, high) =
            subject_rate(&counts, CONFIDENCE).map_or((0.0, 1.0), |rate| rate.interval);
        Self {
            count,
            trials,
            fraction: share(count, trials),
            interval: [low, high],
        }
    }
}

fn share(count: u64, trials: u64) -> f64 {
    if trials == 0 {
        0.0
    } else {
        count as f64 / trials as f64
    }
}

/// A mean with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// 95 % interval, taken as normal.
    pub interval: [f64; 2],
    /// Values it is of.
    pub count: u64,
}

impl Mean {
    /// Of independent values; zeros without any.
    #[must_use]
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n.max(1.0);
        let spread: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let half = 1.959_964 * (spread / (n - 1.0).max(1.0) / n.max(1.0)).sqrt();
        Self {
            mean,
            interval: [mean - half, mean + half],
            count: values.len() as u64,
        }
    }
}

/// A threshold that queries are held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The false-match rate it is set for.
    pub fmr: f64,
    /// A query is accepted at this distance and below, for sealed records and bits in clear a share of the query's weight.
    /// `None`: too few comparisons to tell.
    pub distance: Option<f64>,
    /// Comparisons of impostors it was set by. They are fewer independent ones: each stranger meets each record.
    pub comparisons: u64,
    /// Records among them.
    pub records: u64,
    /// Strangers among them.
    pub strangers: u64,
    /// Genuine queries it accepts.
    pub genuine: Fraction,
}

/// Bits of the template that an attack gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// Which attack.
    pub attack: String,
    /// Bits that are right.
    pub bits: Fraction,
    /// Records of which every bit is right.
    pub exact: Fraction,
    /// What theory says of the bits, where there is one.
    pub theory: Option<f64>,
    /// Where the attack solves something: records it solved.
    pub solved: Option<Fraction>,
    /// Mean iterations or flips on a record, for attacks that search.
    pub effort: Option<f64>,
}

/// How often a query of the attacker is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// The query.
    pub query: String,
    /// The record it is asked of: `same record`, `after renewal` or `another system`.
    pub target: String,
    /// The false-match rate of the threshold.
    pub fmr: f64,
    /// How often.
    pub accepted: Fraction,
}

/// A feature made of bits and the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconstruction {
    /// Bits m_p of a template in the system that leaked.
    pub bits: usize,
    /// Values m_f of a feature.
    pub feature_len: usize,
    /// What the bits are taken from.
    pub from: String,
    /// Cosine with the feature that was enrolled.
    pub cosine: Mean,
    /// √(2 m_p / (π m_f)): the cosine from all bits, for independent features.
    pub theory: f64,
    /// How often the feature is accepted, and where.
    pub accepted: Vec<Acceptance>,
}

/// A query improved step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Climb {
    /// What the system answers: `score` or `accept/reject`.
    pub oracle: String,
    /// What is asked: `feature`, or `bits`, with weights in an order of the attacker's where the matcher weighs.
    pub query: String,
    /// Where it begins.
    pub start: String,
    /// The false-match rate of the threshold.
    pub fmr: f64,
    /// The most queries against one record.
    pub bound: u64,
    /// Records that accepted within the bound.
    pub accepted: Fraction,
    /// Median of the queries up to the first that was accepted; `None` when fewer than half were.
    pub median_queries: Option<u64>,
    /// Bits of the template that are right in the end.
    pub bits: Fraction,
    /// Median of the queries spent in all.
    pub median_total: u64,
}

/// How well records of one palm are told from records of two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linkage {
    /// The attacker's score between two records.
    pub score: String,
    /// What differs between the two records: `k2` or `k1 and k2`.
    pub fresh: String,
    /// Pairs of records of one palm, of two captures.
    pub mated: u64,
    /// Pairs of records of two palms.
    pub non_mated: u64,
    /// Bins of the histograms.
    pub bins: usize,
    /// D_sys, 0 to 1.
    pub d_sys: f64,
    /// Mean D_sys of the same scores with shuffled labels.
    pub d_sys_floor: f64,
    /// 95 % of the shuffles stay at or below it.
    pub d_sys_floor_95: f64,
    /// Maximal linkability in bits, 0 to 1.
    pub maximal: f64,
    /// Its mean over the shuffles.
    pub maximal_floor: f64,
    /// 95 % of the shuffles stay at or below it.
    pub maximal_floor_95: f64,
}

/// What a leak gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How records are protected.
    pub scheme: Scheme,
    /// Parameters of the protection as one line.
    pub parameters: String,
    /// What the attacker has.
    pub leak: Leak,
    /// Bits of a template.
    pub bits: usize,
    /// Values of a feature.
    pub feature_len: usize,
    /// Palms that were attacked.
    pub records: usize,
    /// Stolen records of each.
    pub records_per_palm: usize,
    /// Seed of all draws.
    pub seed: u64,
    /// Cosine between captures of one palm, where features were drawn; `None` where they were given.
    pub correlation: Option<f64>,
    /// Mean fraction of bits in which two captures of a palm differ.
    pub genuine_distance: f64,
    /// Fraction of bits that the plain reading of the leak gives: the signs of the column sums or the ciphertext, and what
    /// k2 opens where it has leaked. The first of `recoveries`.
    pub bits_recovered: f64,
    /// Its 95 % interval.
    pub bits_recovered_interval: [f64; 2],
    /// What theory says of it, where there is one.
    pub bits_theory: Option<f64>,
    /// How often those bits are accepted as a query, at the threshold for FMR 1e-3; `None`: no such threshold.
    pub replay_acceptance: Option<f64>,
    /// Its 95 % interval.
    pub replay_acceptance_interval: Option<[f64; 2]>,
    /// The thresholds.
    pub thresholds: Vec<Threshold>,
    /// Bits recovered, attack by attack.
    pub recoveries: Vec<Recovery>,
    /// Recovered bits as queries.
    pub replays: Vec<Acceptance>,
    /// Features reconstructed, where k1 has leaked.
    pub reconstructions: Vec<Reconstruction>,
    /// Hill climbing.
    pub climbs: Vec<Climb>,
    /// Linking of records, where several of a palm are stolen.
    pub linkage: Vec<Linkage>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_their_fractions() {
        let half = Fraction::of(50, 100);
        assert!(half.interval[0] > 0.39 && half.interval[1] < 0.61);
        assert_eq!(Fraction::of(0, 0).interval, [0.0, 1.0]);
        assert_eq!(Fraction::of(3, 3).interval[1], 1.0);
        // Bits that are won or lost together say less than as many independent ones.
        let together: Vec<(u64, u64)> = (0..100).map(|i| (1000 * (i % 2), 1000)).collect();
        let grouped = Fraction::of_groups(&together);
        assert_eq!(grouped.fraction, 0.5);
        assert!(grouped.interval[1] - grouped.interval[0] > 0.15);
    }

    #[test]
    fn a_mean_has_the_interval_of_its_spread() {
        let mean = Mean::of(&[1.0, 3.0, 1.0, 3.0]);
        // Standard deviation √(4/3), of the mean √(1/3).
        assert_eq!((mean.mean, mean.count), (2.0, 4));
        assert!((mean.interval[1] - 2.0 - 1.959_964 / 3f64.sqrt()).abs() < 1e-12);
        assert_eq!(Mean::of(&[]).mean, 0.0);
    }
}
