//! A system that is attacked: palms enrolled under a token and keys, its matcher, and the thresholds it is run at.

use rand_chacha::ChaCha20Rng;
use thenar_protect::khidden::{ColumnSums, KHiddenParams, NegativeDatabase};
use thenar_protect::{
    BitTemplate, ContractId, Level1, Level1Params, Match, ProbeBits, SealedRecord, SplitMask,
    StoreKey, Token, TokenRef,
};

use super::options::FMRS;
use super::palms::{Palms, stranger, stream};
use super::report::{Fraction, Threshold};
use super::{Options, Scheme};
use crate::EvalError;
use crate::metrics::measurable;

/// Impostor comparisons that are aimed at: three times what FMR 1e-4 needs at least.
const COMPARISONS: usize = 100_000;
/// More strangers than this are not drawn.
const MOST_STRANGERS: usize = 20_000;
/// Whom a sealed record is bound to. The thief knows it.
const OWNER: &str = "owner";

/// A stored record.
pub(super) enum Record {
    /// A negative database, the column sums it is matched by, and the key it was drawn with.
    Database(NegativeDatabase, ColumnSums, StoreKey),
    /// A sealed record, and what it is opened to for a match.
    Sealed(SealedRecord, BitTemplate),
    /// The bits as they are.
    Clear(BitTemplate),
}

impl Record {
    /// What the system's matcher says of a query, 0 to 1: smaller is nearer. A published matcher sees its bits alone; the
    /// program's adds up the weights of those that differ, as a share of all.
    pub(super) fn distance(&self, query: &ProbeBits) -> Result<f64, EvalError> {
        match self {
            Self::Database(_, sums, _) => sums.distance(query.bits()),
            Self::Sealed(_, bits) | Self::Clear(bits) => bits.distance(query),
        }
        .map_err(EvalError::attack)
    }
}

/// A palm in a system.
pub(super) struct Enrolled {
    /// Its template, which the system does not keep in clear.
    pub(super) template: BitTemplate,
    /// Its records, each under keys of its own where the scheme has them.
    pub(super) records: Vec<Record>,
}

/// A system with its palms.
pub(super) struct System<'a> {
    pub(super) options: &'a Options,
    pub(super) palms: &'a Palms,
    pub(super) level1: Level1,
    pub(super) enrolled: Vec<Enrolled>,
    pub(super) thresholds: Vec<Threshold>,
    key: StoreKey,
    token: Token,
    query_capture: usize,
}

/// What makes one system differ from another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    /// Bits of a template.
    pub(super) bits: usize,
    /// The capture that is enrolled.
    pub(super) capture: usize,
    /// Records of each palm.
    pub(super) records: usize,
    /// Systems of different numbers have unrelated tokens and keys.
    pub(super) number: u64,
    /// Whether thresholds are set, which takes most of the time.
    pub(super) thresholds: bool,
}

impl<'a> System<'a> {
    /// Draws the token and the keys, enrols all palms and sets the thresholds.
    pub(super) fn new(
        options: &'a Options,
        palms: &'a Palms,
        setup: Setup,
    ) -> Result<Self, EvalError> {
        let token = Token::random(&mut stream(options.seed, 200 + setup.number));
        Self::under(options, palms, setup, token)
    }

    /// A system with the same token and other keys.
    pub(super) fn sharing_token(other: &Self, setup: Setup) -> Result<Self, EvalError> {
        Self::under(other.options, other.palms, setup, other.token.clone())
    }

    fn under(
        options: &'a Options,
        palms: &'a Palms,
        setup: Setup,
        token: Token,
    ) -> Result<Self, EvalError> {
        let rng = &mut stream(options.seed, 100 + setup.number);
        let params = Level1Params::for_comparison(palms.feature_len(), setup.bits)
            .map_err(EvalError::attack)?;
        let mut system = Self {
            options,
            palms,
            level1: Level1::new(params, &token).map_err(EvalError::attack)?,
            enrolled: Vec::new(),
            thresholds: Vec::new(),
            key: StoreKey::random(rng),
            token,
            query_capture: usize::from(setup.capture == 0),
        };
        for palm in 0..palms.count() {
            let template = system.bits(palms.capture(palm, setup.capture))?;
            let records = (0..setup.records)
                .map(|_| system.protect(&template, rng))
                .collect::<Result<_, _>>()?;
            system.enrolled.push(Enrolled { template, records });
        }
        if setup.thresholds {
            system.thresholds = system.set_thresholds(rng)?;
        }
        Ok(system)
    }

    /// The template that a feature becomes here.
    pub(super) fn bits(&self, feature: &[f32]) -> Result<BitTemplate, EvalError> {
        self.level1.bits(feature).map_err(EvalError::attack)
    }

    /// The query that a feature becomes here.
    pub(super) fn probe(&self, feature: &[f32]) -> Result<ProbeBits, EvalError> {
        self.level1.probe(feature).map_err(EvalError::attack)
    }

    /// Bits of a template here.
    pub(super) fn template_bits(&self) -> usize {
        self.level1.params().bits()
    }

    /// The genuine query of a palm.
    pub(super) fn query(&self, palm: usize) -> Result<ProbeBits, EvalError> {
        self.probe(self.palms.capture(palm, self.query_capture))
    }

    /// The threshold for a false-match rate, where there is one.
    pub(super) fn threshold(&self, fmr: f64) -> Option<f64> {
        let found = self.thresholds.iter().find(|t| t.fmr == fmr);
        found.and_then(|t| t.distance)
    }

    /// The template of a sealed record or a negative database, for whoever has k2. A bit that no row speaks of is 0.
    pub(super) fn open(&self, record: &Record) -> Result<BitTemplate, EvalError> {
        match record {
            Record::Database(database, _, k2) => {
                let bits = database.open_with_seed(k2).map_err(EvalError::attack)?;
                let bits: Vec<bool> = bits.iter().map(|&bit| bit == Some(true)).collect();
                BitTemplate::from_bools(&bits).map_err(EvalError::attack)
            }
            Record::Sealed(sealed, _) => self.opened(sealed, self.options.leak.has_k1()),
            Record::Clear(bits) => Ok(bits.clone()),
        }
    }

    /// What k2 makes of a record, and k1 besides where it is known: the split form takes both.
    fn opened(&self, sealed: &SealedRecord, has_k1: bool) -> Result<BitTemplate, EvalError> {
        let bits = sealed.open(&self.key, &contract(), OWNER);
        let bits = bits.map_err(EvalError::attack)?;
        if self.options.scheme != Scheme::Split || !has_k1 {
            return Ok(bits);
        }
        SplitMask::new(&self.token, sealed.id(), bits.len())
            .and_then(|mask| mask.template(&bits))
            .map_err(EvalError::attack)
    }

    fn protect(&self, template: &BitTemplate, rng: &mut ChaCha20Rng) -> Result<Record, EvalError> {
        if let Some(params) = self.options.database() {
            return database(template, &params, rng);
        }
        if self.options.scheme == Scheme::Level1 {
            return Ok(Record::Clear(template.clone()));
        }
        let (token, key) = (&self.token, &self.key);
        let sealed = if self.options.scheme == Scheme::Split {
            SealedRecord::seal_split(template, &contract(), token, key, 1, OWNER, rng)
        } else {
            let token = TokenRef::collection(token);
            SealedRecord::seal(template, &contract(), token, key, 1, OWNER, rng)
        };
        // The thief reads the bytes of the store.
        let sealed = SealedRecord::from_bytes(&sealed.to_bytes()).map_err(EvalError::attack)?;
        // Of the split form the matcher sees template and probe under one mask, which changes no distance.
        let opened = self.opened(&sealed, true)?;
        Ok(Record::Sealed(sealed, opened))
    }

    /// Thresholds by impostors: drawn strangers, or the queries of the other palms where features were given.
    fn set_thresholds(&self, rng: &mut ChaCha20Rng) -> Result<Vec<Threshold>, EvalError> {
        let palms = self.palms.count();
        let drawn = self.palms.correlation().is_some();
        let strangers = if drawn {
            COMPARISONS.div_ceil(palms).min(MOST_STRANGERS)
        } else {
            palms
        };
        let mut distances = Vec::with_capacity(palms * strangers);
        for number in 0..strangers {
            let query = if drawn {
                self.probe(&stranger(self.palms.feature_len(), rng))?
            } else {
                self.query(number)?
            };
            for (palm, enrolled) in self.enrolled.iter().enumerate() {
                if drawn || palm != number {
                    distances.push(enrolled.records[0].distance(&query)?);
                }
            }
        }
        distances.sort_unstable_by(f64::total_cmp);
        let genuine = (0..palms)
            .map(|palm| self.enrolled[palm].records[0].distance(&self.query(palm)?))
            .collect::<Result<Vec<f64>, EvalError>>()?;
        let threshold = |fmr: f64| {
            let distance = threshold_at(&distances, fmr);
            let accepted = genuine.iter().map(|&d| distance.is_some_and(|t| d <= t));
            Threshold {
                fmr,
                distance,
                comparisons: distances.len() as u64,
                records: palms as u64,
                strangers: strangers as u64,
                genuine: Fraction::of_all(accepted),
            }
        };
        Ok(FMRS.map(threshold).to_vec())
    }
}

/// A negative database of a template under a key of its own.
pub(super) fn database(
    template: &BitTemplate,
    params: &KHiddenParams,
    rng: &mut ChaCha20Rng,
) -> Result<Record, EvalError> {
    let k2 = StoreKey::random(rng);
    let database = NegativeDatabase::generate(template, params, &k2).map_err(EvalError::attack)?;
    let sums = database.column_sums();
    Ok(Record::Database(database, sums, k2))
}

fn contract() -> ContractId {
    ContractId([1; 32])
}

/// The largest of the ascending distances at which a share of at most `fmr` of them is accepted; `None` when they are too
/// few, or too many tie.
fn threshold_at(distances: &[f64], fmr: f64) -> Option<f64> {
    if !measurable(fmr, distances.len() as u64) {
        return None;
    }
    let first_refused = *distances.get((distances.len() as f64 * fmr) as usize)?;
    let accepted = distances.partition_point(|&d| d < first_refused);
    accepted.checked_sub(1).map(|last| distances[last])
}

#[cfg(test)]
mod tests {
    use super::super::Leak;
    use super::*;

    #[test]
    fn thresholds_accept_at_most_the_rate() {
        let distances: Vec<f64> = (0..3000).map(f64::from).collect();
        // Three of 3000 are accepted: 0, 1 and 2.
        assert_eq!(threshold_at(&distances, 1e-3), Some(2.0));
        assert_eq!(threshold_at(&distances[..2999], 1e-3), None);
        let mut tied = distances.clone();
        tied[1..10].fill(1.0);
        assert_eq!(threshold_at(&tied, 1e-3), Some(0.0));
        tied[..10].fill(1.0);
        assert_eq!(threshold_at(&tied, 1e-3), None);
    }

    /// The share of the weight of differing bits, by sorting a projection and going through it.
    fn slow_distance(projected: &[f64], enrolled: &BitTemplate) -> f64 {
        let bits = projected.len();
        let mut sorted = projected.to_vec();
        sorted.sort_by(f64::total_cmp);
        let median = (sorted[bits / 2 - 1] + sorted[bits / 2]) / 2.0;
        let mut far: Vec<(f64, usize)> = (0..bits)
            .map(|i| ((projected[i] - median).abs(), i))
            .collect();
        far.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let (mut differing, mut total) = (0, 0);
        for (rank, &(_, i)) in far.iter().enumerate() {
            let weight = u32::from(thenar_protect::PROBE_WEIGHTS[8 * rank / bits]);
            total += weight;
            if (projected[i] > median) != enrolled.bit(i).unwrap() {
                differing += weight;
            }
        }
        f64::from(differing) / f64::from(total)
    }

    #[test]
    fn thresholds_are_those_of_weighted_comparisons() {
        for (seed, scheme) in [
            (1, Scheme::Sealed),
            (2, Scheme::Level1),
            (3, Scheme::Sealed),
        ] {
            let drawn = Palms::drawn(56, 128, 0.81, seed);
            let captures = |palm| (0..2).map(|n| drawn.capture(palm, n).to_vec()).collect();
            let palms = Palms::given((0..56).map(captures).collect()).unwrap();
            let options = Options {
                seed,
                ..Options::new(scheme, Leak::Store)
            };
            let setup = Setup {
                bits: 64,
                capture: 0,
                records: 1,
                number: 0,
                thresholds: true,
            };
            let system = System::new(&options, &palms, setup).unwrap();
            // 56 · 55 comparisons, of which three are accepted at FMR 1e-3.
            let mut distances = Vec::new();
            for query in 0..56 {
                let projected = system.level1.project(palms.capture(query, 1)).unwrap();
                let others = (0..56).filter(|&palm| palm != query);
                distances.extend(
                    others.map(|palm| slow_distance(&projected, &system.enrolled[palm].template)),
                );
            }
            let accepted = |limit: f64| distances.iter().filter(|&&d| d <= limit).count();
            let within = distances.iter().copied().filter(|&d| accepted(d) <= 3);
            let expected = within.max_by(f64::total_cmp);
            assert_eq!(system.threshold(1e-3), expected, "{scheme} {seed}");
            assert_eq!(system.threshold(1e-4), None);
        }
    }

    /// Every scheme accepts the genuine and not the strangers, at the rate its threshold is set for.
    #[test]
    fn systems_work_before_they_are_attacked() {
        for scheme in Scheme::ALL {
            let options = Options::new(scheme, Leak::Store);
            let palms = Palms::drawn(20, 512, 0.81, 3);
            let setup = Setup {
                bits: 256,
                capture: 0,
                records: 2,
                number: 0,
                thresholds: true,
            };
            let system = System::new(&options, &palms, setup).unwrap();
            let strict = &system.thresholds[0];
            assert_eq!(
                (strict.fmr, strict.records, strict.comparisons),
                (1e-3, 20, 100_000)
            );
            assert!(strict.genuine.fraction > 0.9, "{scheme}: {strict:?}");
            let threshold = system.threshold(1e-3).unwrap();
            let rng = &mut stream(9, 9);
            let mut accepted = 0;
            for _ in 0..500 {
                let query = system.probe(&stranger(512, rng)).unwrap();
                for palm in &system.enrolled {
                    accepted += u32::from(palm.records[1].distance(&query).unwrap() <= threshold);
                }
            }
            // 10 of 10,000 are expected.
            assert!((2..25).contains(&accepted), "{scheme}: {accepted}");
            // The split form opens with both secrets only.
            let system = System {
                options: &Options::new(scheme, Leak::All),
                ..system
            };
            let opened = system.open(&system.enrolled[3].records[0]).unwrap();
            let wrong = opened.hamming(&system.enrolled[3].template);
            assert!(wrong < 8, "{scheme}: {wrong}");
        }
    }
}
