//! Presentation attack detection (ISO/IEC 30107-3).

use std::collections::BTreeMap;

use super::{ErrorCurve, Errors, clopper_pearson};
use crate::{EvalError, Polarity, ScoreSet};

/// Scores of a presentation attack detector: how much a presentation looks bona fide, or (as a distance) like an attack.
///
/// NaN is a presentation the detector gave no answer to. It is counted as non-response ([`PadRates`]) and takes part in
/// no error rate.
#[derive(Debug, Clone, PartialEq)]
pub struct PadScores {
    /// Bona fide presentations.
    pub bona_fide: Vec<f32>,
    /// Attack presentations by species of instrument (`print`, `screen`, `latex glove` …).
    pub attacks: BTreeMap<String, Vec<f32>>,
    /// `Similarity`: a high score is bona fide; `Distance`: a high score is an attack. Called bona fide are scores
    /// ≥ the threshold, or ≤ it.
    pub polarity: Polarity,
}

/// The errors of the detector at one threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct PadRates {
    /// APCER of every species: share of its attacks called bona fide.
    pub apcer: BTreeMap<String, f64>,
    /// The worst of them. A mean over species would hide the attack that works.
    pub apcer_max: f64,
    /// BPCER: share of bona fide presentations called attacks.
    pub bpcer: f64,
    /// (APCER max + BPCER) / 2. Common in papers, not a figure of the standard.
    pub acer: f64,
    /// APNRR of every species: share of its attacks without answer.
    pub apnrr: BTreeMap<String, f64>,
    /// BPNRR: share of bona fide presentations without answer.
    pub bpnrr: f64,
}

/// A [`PadScores`] made ready for questions: one sorted curve per species.
#[derive(Debug, Clone)]
pub struct PadCurve {
    species: BTreeMap<String, ErrorCurve>,
}

impl PadCurve {
    /// Sorts the scores.
    ///
    /// # Errors
    /// [`EvalError::NoScores`] when there is no bona fide score or a species without a score,
    /// [`EvalError::InfiniteScore`], [`EvalError::Figure`] when there is no species at all.
    pub fn new(scores: &PadScores) -> Result<Self, EvalError> {
        if scores.attacks.is_empty() {
            return Err(EvalError::Figure {
                figure: "APCER",
                problem: "no attack species, expected at least one".into(),
            });
        }
        let curve = |attacks: &Vec<f32>| {
            ErrorCurve::new(&ScoreSet {
                genuine: scores.bona_fide.clone(),
                impostor: attacks.clone(),
                polarity: scores.polarity,
            })
        };
        let species = scores.attacks.iter();
        let species: Result<_, EvalError> = species
            .map(|(name, attacks)| Ok((name.clone(), curve(attacks)?)))
            .collect();
        Ok(Self { species: species? })
    }

    /// The errors at `threshold`.
    #[must_use]
    pub fn at(&self, threshold: f32) -> PadRates {
        let each = |figure: &dyn Fn(&ErrorCurve) -> f64| -> BTreeMap<String, f64> {
            let named = self.species.iter();
            named
                .map(|(name, curve)| (name.clone(), figure(curve)))
                .collect()
        };
        let share = |failed: u64, answered: u64| failed as f64 / (failed + answered) as f64;
        let apcer = each(&|c| c.at(threshold).fmr());
        let apcer_max = apcer.values().copied().fold(0.0, f64::max);
        // Every curve holds the same bona fide scores.
        let first = self.species.values().next();
        let bpcer = first.map_or(0.0, |c| c.at(threshold).fnmr());
        PadRates {
            apcer,
            apcer_max,
            bpcer,
            acer: f64::midpoint(apcer_max, bpcer),
            apnrr: each(&|c| share(c.failed().1, c.impostor())),
            bpnrr: first.map_or(0.0, |c| share(c.failed().0, c.genuine())),
        }
    }

    /// The lowest BPCER where the worst APCER is at most `apcer`; [`Errors::fnmr`] is the BPCER, [`Errors::fmr`] the
    /// APCER of the species that decides.
    ///
    /// `None` (not measurable) when a species has fewer than 3/`apcer` attacks with an answer.
    #[must_use]
    pub fn bpcer_at_apcer(&self, apcer: f64) -> Option<Errors> {
        let points: Option<Vec<Errors>> = self
            .species
            .values()
            .map(|c| c.fnmr_at_fmr(apcer))
            .collect();
        // The strictest threshold satisfies every species.
        points?.into_iter().max_by_key(|e| e.false_non_matches)
    }

    /// BPCER10: lowest BPCER with APCER ≤ 10 %; needs 30 attacks of each species.
    #[must_use]
    pub fn bpcer10(&self) -> Option<f64> {
        self.bpcer_at_apcer(0.1).map(|e| e.fnmr())
    }

    /// BPCER20: lowest BPCER with APCER ≤ 5 %; needs 60 attacks of each species.
    #[must_use]
    pub fn bpcer20(&self) -> Option<f64> {
        self.bpcer_at_apcer(0.05).map(|e| e.fnmr())
    }

    /// BPCER100: lowest BPCER with APCER ≤ 1 %; needs 300 attacks of each species.
    #[must_use]
    pub fn bpcer100(&self) -> Option<f64> {
        self.bpcer_at_apcer(0.01).map(|e| e.fnmr())
    }
}

/// Attacks against the whole system: detector and matcher together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackAcceptance {
    /// IAPAR (formerly IAPMR): share of impostor attack presentations that end in a match, 0..=1.
    pub iapar: f64,
    /// Clopper–Pearson interval of it; presentations taken as independent.
    pub interval: (f64, f64),
}

/// IAPAR of one species: `accepted` of `presentations`. `None` without presentations; more accepted than presented
/// count as all.
#[must_use]
pub fn iapar(accepted: u64, presentations: u64, confidence: f64) -> Option<AttackAcceptance> {
    (presentations > 0).then(|| AttackAcceptance {
        iapar: accepted.min(presentations) as f64 / presentations as f64,
        interval: clopper_pearson(accepted, presentations, confidence),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(polarity: Polarity) -> PadScores {
        let turn =
            |v: Vec<f32>| -> Vec<f32> { v.into_iter().map(|s| polarity.oriented(s)).collect() };
        let ramp =
            |from: u8, count: u8| (from..from + count).map(|k| f32::from(k) / 100.0).collect();
        PadScores {
            bona_fide: turn(ramp(50, 100)),
            attacks: BTreeMap::from([
                ("print".to_owned(), turn(ramp(0, 60))),
                ("screen".to_owned(), turn(ramp(20, 60))),
            ]),
            polarity,
        }
    }

    #[test]
    fn the_worst_species_decides() {
        for polarity in [Polarity::Similarity, Polarity::Distance] {
            let curve = PadCurve::new(&scores(polarity)).unwrap();
            let rates = curve.at(polarity.oriented(0.555));
            // print 0.56 .. 0.59: 4 of 60; screen 0.56 .. 0.79: 24 of 60; bona fide 0.50 .. 0.55: 6 of 100.
            assert!((rates.apcer["print"] - 4.0 / 60.0).abs() < 1e-12);
            assert!((rates.apcer_max - 0.4).abs() < 1e-12);
            assert!((rates.bpcer - 0.06).abs() < 1e-12 && (rates.acer - 0.23).abs() < 1e-12);
            // Three of 60 screens, 0.77 and above, are 5 %: 27 bona fide lie below.
            assert!((curve.bpcer20().unwrap() - 0.27).abs() < 1e-12);
            assert!((curve.bpcer10().unwrap() - 0.24).abs() < 1e-12);
            assert_eq!(curve.bpcer100(), None);
        }
    }

    #[test]
    fn silence_is_counted_apart() {
        let mut scores = scores(Polarity::Similarity);
        scores.bona_fide.extend([f32::NAN; 25]);
        if let Some(print) = scores.attacks.get_mut("print") {
            print.extend([f32::NAN; 40]);
        }
        let rates = PadCurve::new(&scores).unwrap().at(0.555);
        assert_eq!(
            (rates.bpnrr, rates.apnrr["print"], rates.apnrr["screen"]),
            (0.2, 0.4, 0.0)
        );
        assert!((rates.bpcer - 0.06).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_measure_is_an_error() {
        let mut scores = scores(Polarity::Similarity);
        scores.attacks.insert("mask".into(), vec![]);
        assert!(matches!(
            PadCurve::new(&scores),
            Err(EvalError::NoScores { .. })
        ));
        scores.attacks.clear();
        assert!(matches!(
            PadCurve::new(&scores),
            Err(EvalError::Figure { .. })
        ));
    }

    #[test]
    fn attacks_on_the_whole_system() {
        assert_eq!(iapar(0, 0, 0.95), None);
        let found = iapar(3, 60, 0.95).unwrap();
        assert_eq!(
            (found.iapar, found.interval),
            (0.05, clopper_pearson(3, 60, 0.95))
        );
        assert_eq!(iapar(9, 3, 0.95).unwrap().iapar, 1.0);
    }
}
