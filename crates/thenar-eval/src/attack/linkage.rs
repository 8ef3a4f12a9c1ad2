//! Can two records of one palm be linked? By the attacker's scores, not only the matcher's.
//!
//! Mated pairs are of two captures of one palm, non-mated ones of two palms; the records of a pair have different keys.
//! The best of several scores is above the floor a little more often than one score is.
//!
//! The matcher's own score needs a query where there is only a record: the attacker makes one of the first record's bits
//! ([`super::query`]) and compares it with what they have of the second. With k1 it is the probe of the reconstructed feature
//! under the second system's token, without it the bits themselves with any weights.
//!
//! With the same k1 and a fresh k2 all unlinkability must come from level 2; with both fresh it may come from level 1.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use thenar_protect::{BitTemplate, Match, ProbeBits};

use super::feature::Inverse;
use super::options::{Leak, Options, Scheme};
use super::palms::{Palms, cosine, stream};
use super::report::Linkage;
use super::system::{Record, Setup, System};
use super::{counting, query, search};
use crate::EvalError;
use crate::metrics::{PUBLISHED_BINS, Unlinkability, linkability_floor, unlinkability};

/// Other palms that each record is compared with.
const OTHERS: usize = 10;
/// Shuffles for the floor.
const SHUFFLES: usize = 100;

/// Scores between pairs of records.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkScores {
    /// The attacker's score.
    pub score: String,
    /// What differs between the two records: `k2` or `k1 and k2`.
    pub fresh: String,
    /// Of two captures of one palm.
    pub mated: Vec<f64>,
    /// Of two palms.
    pub non_mated: Vec<f64>,
}

impl LinkScores {
    /// D↔, D_sys and maximal linkability of these scores, to be drawn.
    ///
    /// # Errors
    /// As [`unlinkability`].
    pub fn unlinkability(&self) -> Result<Unlinkability, EvalError> {
        unlinkability(&self.mated, &self.non_mated, 1.0, self.bins())
    }

    /// D_sys and maximal linkability with their floors. The same `seed` gives the same floor.
    ///
    /// # Errors
    /// As [`unlinkability`].
    pub fn figures(&self, seed: u64) -> Result<Linkage, EvalError> {
        let bins = self.bins();
        let found = self.unlinkability()?;
        let (mated, non_mated) = (&self.mated, &self.non_mated);
        let floor = linkability_floor(mated, non_mated, 1.0, bins, SHUFFLES, seed)?;
        Ok(Linkage {
            score: self.score.clone(),
            fresh: self.fresh.clone(),
            mated: self.mated.len() as u64,
            non_mated: self.non_mated.len() as u64,
            bins,
            d_sys: found.d_sys,
            d_sys_floor: floor.d_sys,
            d_sys_floor_95: floor.d_sys_95,
            maximal: found.maximal,
            maximal_floor: floor.maximal,
            maximal_floor_95: floor.maximal_95,
        })
    }

    /// As the published tool has it: a tenth of the mated scores, at least 2 here and at most 100.
    fn bins(&self) -> usize {
        (self.mated.len() / 10).clamp(2, PUBLISHED_BINS)
    }
}

/// How well the records of a scheme can be linked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnlinkReport {
    /// How records are protected.
    pub scheme: Scheme,
    /// What the attacker has.
    pub leak: Leak,
    /// Bits of a template.
    pub bits: usize,
    /// Palms with two records each.
    pub records: usize,
    /// Seed of all draws.
    pub seed: u64,
    /// D_sys of the attacker's best score where both keys are fresh.
    pub d_sys: f64,
    /// Its floor: the mean over shuffled labels.
    pub d_sys_floor: f64,
    /// Maximal linkability in bits of that score.
    pub maximal_linkability: f64,
    /// Every score, with both ways to renew.
    pub scores: Vec<Linkage>,
}

/// Links records of drawn palms. The scores come along, to be drawn.
///
/// # Errors
/// [`EvalError::Attack`] when an option is out of range.
pub fn unlink(options: &Options) -> Result<(UnlinkReport, Vec<LinkScores>), EvalError> {
    options.check()?;
    let (count, length) = (options.records, 2 * options.bits);
    let palms = Palms::drawn(count, length, options.correlation, options.seed);
    link(options, &palms)
}

/// Links records of given palms.
///
/// # Errors
/// As [`unlink`], and when there are more bits than values in a feature.
pub fn unlink_with(
    options: &Options,
    palms: Palms,
) -> Result<(UnlinkReport, Vec<LinkScores>), EvalError> {
    options.check()?;
    link(options, &palms.first(options.records))
}

fn link(options: &Options, palms: &Palms) -> Result<(UnlinkReport, Vec<LinkScores>), EvalError> {
    let scores = all_scores(options, palms)?;
    let figures = scores
        .iter()
        .map(|s| s.figures(options.seed))
        .collect::<Result<Vec<_>, _>>()?;
    let fresh = figures.iter().filter(|f| f.fresh == BOTH);
    let above = |f: &Linkage| f.d_sys - f.d_sys_floor;
    let best = fresh.max_by(|a, b| above(a).total_cmp(&above(b)));
    let best = best.ok_or_else(|| EvalError::attack("no score links records, expected one"))?;
    let report = UnlinkReport {
        scheme: options.scheme,
        leak: options.leak,
        bits: options.bits,
        records: palms.count(),
        seed: options.seed,
        d_sys: best.d_sys,
        d_sys_floor: best.d_sys_floor,
        maximal_linkability: best.maximal,
        scores: figures,
    };
    Ok((report, scores))
}

const K2_ONLY: &str = "k2";
const BOTH: &str = "k1 and k2";

/// All scores of the attacker, between the first system's records and those of a system with another k2, and with other
/// keys altogether.
pub(super) fn all_scores(options: &Options, palms: &Palms) -> Result<Vec<LinkScores>, EvalError> {
    let setup = |capture, number| Setup {
        bits: options.bits,
        capture,
        records: 1,
        number,
        thresholds: false,
    };
    let first = System::new(options, palms, setup(0, 20))?;
    let mut renewed = System::new(options, palms, setup(1, 21))?;
    let features = Features::of(&first)?;
    let mut scores = Vec::new();
    for (fresh, second) in [
        (BOTH, &mut renewed),
        (K2_ONLY, &mut System::sharing_token(&first, setup(1, 22))?),
    ] {
        let second_features = Features::of(second)?;
        let mut add = |score: &str, between: &(dyn Fn(usize, usize) -> f64 + Sync)| {
            scores.push(pairs(palms.count(), score, fresh, between));
        };
        add("records as stored", &|a, b| {
            stored(
                &first.enrolled[a].records[0],
                &second.enrolled[b].records[0],
            )
        });
        add(features.name, &|a, b| {
            agreement(&features.bits[a], &second_features.bits[b])
        });
        if let (Some(one), Some(two)) = (&features.values, &second_features.values) {
            add("cosine of reconstructed features", &|a, b| {
                cosine(&one[a], &two[b])
            });
        }
        if options.database().is_none() {
            let probes = features.probes(second)?;
            // A share of the weight, or 0.5 where there is none.
            add("weighted distance of a probe", &|a, b| {
                second_features.bits[b].distance(&probes[a]).unwrap_or(0.5)
            });
        }
    }
    Ok(scores)
}

/// What the attacker makes of each record before two are compared.
struct Features {
    name: &'static str,
    bits: Vec<BitTemplate>,
    values: Option<Vec<Vec<f32>>>,
}

impl Features {
    fn of(system: &System<'_>) -> Result<Self, EvalError> {
        let options = system.options;
        let palms = system.enrolled.iter();
        let (name, bits) = if options.leak.has_k2() {
            let opened = palms.map(|palm| system.open(&palm.records[0]));
            (
                "agreement of opened bits",
                opened.collect::<Result<_, _>>()?,
            )
        } else if let Some((_, bits)) = search::believed(system, system.enrolled.len())? {
            ("agreement of bits by belief propagation", bits)
        } else {
            let stored = palms.map(|palm| counting::in_the_store(&palm.records[0]));
            (
                "agreement of stored bits",
                stored.collect::<Result<_, _>>()?,
            )
        };
        let values = if options.leak.has_k1() {
            let inverse = Inverse::of(&system.level1)?;
            Some(
                bits.iter()
                    .map(|b: &BitTemplate| inverse.feature(b))
                    .collect(),
            )
        } else {
            None
        };
        Ok(Self { name, bits, values })
    }

    /// The best probe of each for the matcher of another system.
    fn probes(&self, other: &System<'_>) -> Result<Vec<ProbeBits>, EvalError> {
        if let Some(values) = &self.values {
            return values.iter().map(|feature| other.probe(feature)).collect();
        }
        let rng = &mut stream(other.options.seed, 4 << 32);
        let fed = |bits: &BitTemplate| query::probe(bits, &query::any_order(bits.len(), rng));
        self.bits.iter().map(fed).collect()
    }
}

/// The best score of the records alone: the cosine of column sums, or for ciphertexts how far their agreement is from
/// chance in either direction.
fn stored(a: &Record, b: &Record) -> f64 {
    match (a, b) {
        // One length, so there is a cosine.
        (Record::Database(_, a, _), Record::Database(_, b, _)) => a.cosine(b).unwrap_or(0.0),
        _ => match (counting::in_the_store(a), counting::in_the_store(b)) {
            (Ok(a), Ok(b)) => (agreement(&a, &b) - 0.5).abs(),
            _ => 0.0,
        },
    }
}

fn agreement(a: &BitTemplate, b: &BitTemplate) -> f64 {
    let differing = a.checked_hamming(b).map_or(0.5 * a.len() as f64, f64::from);
    1.0 - differing / a.len() as f64
}

/// Every palm with itself, and with some of the others.
fn pairs(
    palms: usize,
    score: &str,
    fresh: &str,
    between: &(dyn Fn(usize, usize) -> f64 + Sync),
) -> LinkScores {
    let others = OTHERS.min(palms - 1);
    LinkScores {
        score: score.to_owned(),
        fresh: fresh.to_owned(),
        mated: (0..palms).into_par_iter().map(|a| between(a, a)).collect(),
        non_mated: (0..palms)
            .into_par_iter()
            .flat_map_iter(|a| (1..=others).map(move |step| between(a, (a + step) % palms)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(scheme: Scheme, leak: Leak) -> UnlinkReport {
        let options = Options {
            bits: 256,
            records: 150,
            ..Options::new(scheme, leak)
        };
        let (report, scores) = unlink(&options).unwrap();
        assert_eq!(report.scores.len(), scores.len());
        assert_eq!(
            (scores[0].mated.len(), scores[0].non_mated.len()),
            (150, 1500)
        );
        report
    }

    fn best(report: &UnlinkReport, fresh: &str) -> Linkage {
        let scores = report.scores.iter().filter(|s| s.fresh == fresh);
        let best = scores.max_by(|a, b| a.d_sys.total_cmp(&b.d_sys));
        best.unwrap().clone()
    }

    #[test]
    fn sealed_records_do_not_link_and_negative_databases_do() {
        let sealed = report(Scheme::Sealed, Leak::Store);
        for score in &sealed.scores {
            // Six scores, each above the limit once in 20 times: a third of room.
            assert!(score.d_sys < 1.3 * score.d_sys_floor_95, "{score:?}");
        }
        let published = report(Scheme::KHidden, Leak::Store);
        // The histogram's ends count half.
        assert!(best(&published, K2_ONLY).d_sys > 0.8);
        // Under another token the template itself is another.
        let renewed = best(&published, BOTH);
        assert!(renewed.d_sys < 1.3 * renewed.d_sys_floor_95, "{renewed:?}");
        assert!((published.d_sys - renewed.d_sys).abs() < 0.1);
    }

    #[test]
    fn with_all_keys_records_link_across_tokens() {
        for scheme in [Scheme::Sealed, Scheme::KHidden] {
            let leaked = report(scheme, Leak::All);
            assert!(leaked.d_sys > 0.9, "{leaked:?}");
            let weighted = usize::from(scheme == Scheme::Sealed);
            assert_eq!(leaked.scores.len(), 6 + 2 * weighted);
            let mut matcher = leaked
                .scores
                .iter()
                .filter(|s| s.score.starts_with("weighted"));
            assert!(matcher.all(|s| s.d_sys > 0.9), "{leaked:?}");
            // The token alone links a negative database, and nothing of a sealed record.
            let token = report(scheme, Leak::StoreK1);
            assert_eq!(token.d_sys > 0.9, scheme == Scheme::KHidden, "{token:?}");
        }
    }
}
