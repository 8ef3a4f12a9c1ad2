//! Wrong bits of all pairs, and what codes make of them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::metrics::{
    ErrorCurve, ScoreHistogram, SubjectCount, clopper_pearson, rule_of_three, subject_rate,
};
use crate::{Compared, EvalError, Kind, Polarity, Tally};

/// How far from a whole number of bits a share of them may be, for rounding.
const ROUNDING: f32 = 0.01;

/// How many bits of a codeword came back wrong, for every pair that was compared.
///
/// It takes scores that are the share of the codeword's bits, 0–1; NaN is a failure to acquire. Memory is 8 bytes for each
/// genuine pair, and 16 for each pair of different palms, however often these were compared.
#[derive(Debug, Clone)]
pub struct WrongBits {
    bits: u32,
    /// The palm and the wrong bits of each genuine comparison.
    genuine: Vec<(u32, u32)>,
    /// Impostor comparisons with so many wrong bits.
    impostor: Vec<u64>,
    /// The fewest wrong bits between two palms, the smaller number first.
    nearest: HashMap<(u32, u32), u32>,
    failed: [u64; 2],
}

/// Fewest, mean and most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// The least.
    pub min: u32,
    /// The mean.
    pub mean: f64,
    /// The greatest.
    pub max: u32,
}

/// Wrong bits of genuine and impostor comparisons, as distances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Distances {
    /// Of one palm.
    pub genuine: Spread,
    /// Of two palms.
    pub impostor: Spread,
    /// Equal error rate, the middle of the FVC2000 interval.
    pub eer: f64,
    /// Its ends.
    pub eer_interval: [f64; 2],
    /// Wrong bits up to which a comparison is accepted there.
    pub eer_threshold: u32,
}

/// How often a key comes back when up to t bits of the codeword may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Regeneration {
    /// t.
    pub corrected: u32,
    /// Genuine comparisons in which it comes back.
    pub back: u64,
    /// Genuine comparisons.
    pub genuine: u64,
    /// `back / genuine`.
    pub rate: f64,
    /// Of that rate at 95 %: over palms, whose comparisons may depend on each other (ISO/IEC 19795-1); of a single palm, over its
    /// comparisons.
    pub interval_95: [f64; 2],
    /// Impostor comparisons in which it comes back.
    pub false_back: u64,
    /// Impostor comparisons.
    pub impostor: u64,
    /// Pairs of two palms of which some comparison gives the key.
    pub false_pairs: u64,
    /// Pairs of two palms.
    pub pairs: u64,
    /// The false regeneration rate is no higher, at 95 %, one-sided: `false_pairs` in `pairs` independent trials, 3/`pairs` where
    /// there is none. Two palms that were compared a hundred times are one trial: no set of palms can show more.
    pub limit_95: f64,
    /// The same limit of comparisons, as if each were independent of all others. Lower, and promises more than is known.
    pub limit_95_of_comparisons: f64,
}

impl WrongBits {
    /// For codewords of so many bits, with nothing in it.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        Self {
            bits,
            genuine: Vec::new(),
            impostor: vec![0; bits as usize + 1],
            nearest: HashMap::new(),
            failed: [0; 2],
        }
    }

    /// Length of the codeword.
    #[must_use]
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// Genuine and impostor comparisons without a score, because a sample failed to acquire.
    #[must_use]
    pub fn failed(&self) -> [u64; 2] {
        self.failed
    }

    /// How many comparisons have 0, 1, … wrong bits.
    #[must_use]
    pub fn counts(&self, kind: Kind) -> Vec<u64> {
        match kind {
            Kind::Impostor => self.impostor.clone(),
            Kind::Genuine => {
                let mut counts = vec![0; self.impostor.len()];
                for &(_, wrong) in &self.genuine {
                    counts[wrong as usize] += 1;
                }
                counts
            }
        }
    }

    /// The error curve of the wrong bits, exact.
    ///
    /// # Errors
    /// [`EvalError::NoScores`] without genuine or without impostor comparisons.
    pub fn curve(&self) -> Result<ErrorCurve, EvalError> {
        let mut histogram = ScoreHistogram::whole_numbers(Polarity::Distance, self.bits)?;
        for kind in [Kind::Genuine, Kind::Impostor] {
            for (wrong, count) in self.counts(kind).into_iter().enumerate() {
                histogram.push_many(kind, wrong as f32, count)?;
            }
        }
        histogram.curve()
    }

    /// Both distributions and where they are equally wrong.
    ///
    /// # Errors
    /// As [`Self::curve`].
    pub fn distances(&self) -> Result<Distances, EvalError> {
        let curve = self.curve()?;
        let eer = curve.eer();
        let (genuine, impostor) = curve.distributions();
        let spread = |found: crate::metrics::Distribution| Spread {
            min: found.min as u32,
            mean: found.mean,
            max: found.max as u32,
        };
        Ok(Distances {
            genuine: spread(genuine),
            impostor: spread(impostor),
            eer: eer.eer,
            eer_interval: [eer.low, eer.high],
            // Below every score, where nothing is accepted, there is no whole number.
            eer_threshold: eer.at.threshold.clamp(0.0, self.bits as f32) as u32,
        })
    }

    /// How often a key comes back when up to `corrected` bits may be wrong.
    #[must_use]
    pub fn at(&self, corrected: u32) -> Regeneration {
        let mut palms: BTreeMap<u32, SubjectCount> = BTreeMap::new();
        for &(palm, wrong) in &self.genuine {
            let count = palms.entry(palm).or_default();
            count.attempts += 1;
            count.errors += u64::from(wrong > corrected);
        }
        let palms: Vec<SubjectCount> = palms.into_values().collect();
        let genuine = self.genuine.len() as u64;
        let back = genuine - palms.iter().map(|count| count.errors).sum::<u64>();
        let interval = match subject_rate(&palms, 0.95) {
            Some(errors) => [1.0 - errors.interval.1, 1.0 - errors.interval.0],
            None => clopper_pearson(back, genuine, 0.95).into(),
        };
        let within = self.impostor.iter().take(corrected as usize + 1);
        let near = self.nearest.values().filter(|&&wrong| wrong <= corrected);
        let (false_back, impostor) = (within.sum(), self.impostor.iter().sum());
        let (false_pairs, pairs) = (near.count() as u64, self.nearest.len() as u64);
        let of_comparisons = upper_limit(false_back, impostor);
        Regeneration {
            corrected,
            back,
            genuine,
            rate: back as f64 / genuine.max(1) as f64,
            interval_95: interval,
            false_back,
            impostor,
            false_pairs,
            pairs,
            // Where alike palms were compared more often than others, the rate of comparisons is the larger one.
            limit_95: upper_limit(false_pairs, pairs).max(of_comparisons),
            limit_95_of_comparisons: of_comparisons,
        }
    }
}

/// The one-sided upper limit at 95 %.
fn upper_limit(errors: u64, trials: u64) -> f64 {
    match errors {
        0 => rule_of_three(trials),
        // Twice what a one-sided limit leaves above itself.
        _ => clopper_pearson(errors, trials, 0.9).1,
    }
}

impl Tally for WrongBits {
    fn empty(&self) -> Self {
        Self::new(self.bits)
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        let kind = compared.kind();
        if compared.score.is_nan() {
            self.failed[usize::from(kind == Kind::Impostor)] += 1;
            return Ok(());
        }
        let bits = compared.score * self.bits as f32;
        let wrong = bits.round();
        if !(0.0..=self.bits as f32).contains(&wrong) || (bits - wrong).abs() > ROUNDING {
            return Err(EvalError::OutsideHistogram {
                score: compared.score,
                expected: format!("a share of {} bits", self.bits),
            });
        }
        let wrong = wrong as u32;
        match kind {
            Kind::Genuine => self.genuine.push((compared.of, wrong)),
            Kind::Impostor => {
                self.impostor[wrong as usize] += 1;
                let (a, b) = (compared.reference, compared.of);
                let nearest = self.nearest.entry((a.min(b), a.max(b))).or_insert(wrong);
                *nearest = wrong.min(*nearest);
            }
        }
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.genuine.extend(later.genuine);
        for (sum, count) in self.impostor.iter_mut().zip(later.impostor) {
            *sum += count;
        }
        for (pair, wrong) in later.nearest {
            let nearest = self.nearest.entry(pair).or_insert(wrong);
            *nearest = wrong.min(*nearest);
        }
        for (sum, failed) in self.failed.iter_mut().zip(later.failed) {
            *sum += failed;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// (gallery label, probe label, wrong bits; 999 for a failure).
    type Row = (u32, u32, u32);

    fn taken(bits: u32, rows: &[Row]) -> WrongBits {
        let take = |rows: &[Row]| {
            let mut wrong = WrongBits::new(bits);
            for &(reference, of, wrong_bits) in rows {
                let score = match wrong_bits {
                    999 => f32::NAN,
                    wrong => wrong as f32 / bits as f32,
                };
                let (gallery, probe) = (reference as usize, of as usize);
                let compared = Compared {
                    gallery,
                    probe,
                    reference,
                    of,
                    score,
                };
                wrong.take(&compared).unwrap();
            }
            wrong
        };
        // In two parts, as several threads take them.
        let (one, other) = rows.split_at(rows.len() / 3);
        let mut all = take(one);
        all.join(take(other)).unwrap();
        all
    }

    proptest! {
        /// Plainly: go through all rows for each question.
        #[test]
        fn counts_are_those_of_going_through_all_pairs(
            rows in prop::collection::vec((0u32..6, 0u32..6, prop_oneof![0u32..=63, Just(999)]), 1..80),
            corrected in 0u32..40,
        ) {
            let wrong = taken(63, &rows);
            let (found, rows) = (wrong.at(corrected), rows);
            let of = |genuine: bool| rows.iter().filter(move |r| (r.0 == r.1) == genuine && r.2 != 999);
            let within = |genuine| of(genuine).filter(|r| r.2 <= corrected).count() as u64;
            prop_assert_eq!((found.back, found.genuine), (within(true), of(true).count() as u64));
            prop_assert_eq!((found.false_back, found.impostor), (within(false), of(false).count() as u64));
            let is_pair = |a: u32, b: u32, r: &Row| (r.0, r.1) == (a, b) || (r.0, r.1) == (b, a);
            let (mut pairs, mut false_pairs) = (0, 0);
            for a in 0..6 {
                for b in a + 1..6 {
                    let both = || of(false).filter(|r| is_pair(a, b, r));
                    pairs += u64::from(both().count() > 0);
                    false_pairs += u64::from(both().any(|r| r.2 <= corrected));
                }
            }
            prop_assert_eq!((found.false_pairs, found.pairs), (false_pairs, pairs));
            prop_assert!(found.interval_95[0] <= found.rate + 1e-9 || found.genuine == 0);
            prop_assert!(found.limit_95 >= found.limit_95_of_comparisons);
            prop_assert!(found.limit_95 >= false_pairs as f64 / pairs.max(1) as f64);
            let failed = rows.iter().filter(|r| r.2 == 999).count() as u64;
            prop_assert_eq!(wrong.failed().iter().sum::<u64>(), failed);
        }
    }

    #[test]
    fn distances_of_a_constructed_histogram() {
        // Genuine 2, 4, 30; impostor 20, 25, 60, 63.
        let rows = [
            (1, 1, 2),
            (1, 1, 4),
            (2, 2, 30),
            (1, 2, 20),
            (2, 1, 25),
            (1, 3, 60),
            (2, 3, 63),
        ];
        let wrong = taken(127, &rows);
        let found = wrong.distances().unwrap();
        assert_eq!((found.genuine.min, found.genuine.max), (2, 30));
        assert_eq!((found.impostor.min, found.impostor.max), (20, 63));
        assert_eq!(
            (found.genuine.mean, found.impostor.mean),
            (12.0, 168.0 / 4.0)
        );
        // Up to 20 wrong bits 1 of 4 strangers is accepted and 1 of 3 genuine refused.
        assert_eq!(found.eer_threshold, 20);
        assert_eq!(found.eer_interval, [1.0 / 4.0, 1.0 / 3.0]);
        assert_eq!(wrong.counts(Kind::Genuine)[4], 1);
        assert_eq!(wrong.counts(Kind::Impostor).iter().sum::<u64>(), 4);
    }

    /// 600 palms, 100 comparisons of each pair: 179,700 trials, not 17,970,000.
    #[test]
    fn no_error_is_worth_three_over_the_pairs_of_palms() {
        let mut wrong = WrongBits::new(127);
        wrong.genuine = vec![(0, 0); 50];
        wrong.impostor[60] = 17_970_000;
        for a in 0..600 {
            for b in a + 1..600 {
                wrong.nearest.insert((a, b), 50);
            }
        }
        let found = wrong.at(10);
        assert_eq!((found.false_pairs, found.pairs), (0, 179_700));
        assert!((found.limit_95 * 179_700.0 - 2.9957).abs() < 1e-3);
        assert!((found.limit_95_of_comparisons * 17_970_000.0 - 2.9957).abs() < 1e-3);
        // One palm alone has no spread over palms: the interval of 50 of 50.
        assert!((found.interval_95[0] - 0.025f64.powf(1.0 / 50.0)).abs() < 1e-9);
        let some = wrong.at(50);
        assert_eq!(
            (some.false_pairs, some.false_back, some.limit_95),
            (179_700, 0, 1.0)
        );
    }

    #[test]
    fn scores_that_are_no_share_of_the_bits_are_refused() {
        for score in [0.5f32, -0.1, 1.5] {
            let compared = Compared {
                gallery: 0,
                probe: 0,
                reference: 0,
                of: 1,
                score,
            };
            assert!(WrongBits::new(127).take(&compared).is_err(), "{score}");
        }
        assert!(WrongBits::new(127).distances().is_err());
    }
}
