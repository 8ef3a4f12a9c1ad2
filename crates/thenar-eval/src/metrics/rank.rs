//! Closed-set identification: is the nearest palm the right one?

use super::clopper_pearson;
use crate::{Kind, Polarity};

/// One probe's search through the gallery: its best score of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    polarity: Polarity,
    best_genuine: Option<f32>,
    best_impostor: Option<f32>,
}

impl Search {
    /// A search that has seen nothing yet.
    #[must_use]
    pub fn new(polarity: Polarity) -> Self {
        Self {
            polarity,
            best_genuine: None,
            best_impostor: None,
        }
    }

    /// Takes in the score of one gallery sample. NaN (failure to acquire) is no candidate.
    pub fn see(&mut self, kind: Kind, score: f32) {
        if score.is_nan() {
            return;
        }
        let score = self.polarity.oriented(score);
        let best = match kind {
            Kind::Genuine => &mut self.best_genuine,
            Kind::Impostor => &mut self.best_impostor,
        };
        *best = Some(best.map_or(score, |b| b.max(score)));
    }

    /// Is the best genuine score strictly better than every impostor score? A tie counts against the probe.
    #[must_use]
    pub fn is_correct(&self) -> bool {
        match (self.best_genuine, self.best_impostor) {
            (Some(genuine), Some(impostor)) => genuine > impostor,
            (genuine, None) => genuine.is_some(),
            (None, Some(_)) => false,
        }
    }
}

/// The rank-1 identification rate, as counts.
///
/// Searched are the probes whose palm is in the gallery. A search that failed because its probe, or all its mates,
/// could not be acquired counts as wrong, as in NIST's evaluations: failing must not pay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RankOne {
    /// Probes whose best gallery sample is of the same palm.
    pub correct: u64,
    /// Probes whose palm is in the gallery.
    pub searches: u64,
}

impl RankOne {
    /// Counts one search.
    pub fn count(&mut self, search: &Search) {
        self.searches += 1;
        self.correct += u64::from(search.is_correct());
    }

    /// Share of correct searches, 0..=1; `None` when there was none.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.searches > 0).then(|| self.correct as f64 / self.searches as f64)
    }

    /// Clopper–Pearson interval of the rate; searches taken as independent.
    #[must_use]
    pub fn interval(&self, confidence: f64) -> (f64, f64) {
        clopper_pearson(self.correct, self.searches, confidence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(polarity: Polarity, genuine: &[f32], impostor: &[f32]) -> bool {
        let mut search = Search::new(polarity);
        genuine.iter().for_each(|&s| search.see(Kind::Genuine, s));
        impostor.iter().for_each(|&s| search.see(Kind::Impostor, s));
        search.is_correct()
    }

    #[test]
    fn ties_and_failures_count_against_the_probe() {
        use Polarity::{Distance, Similarity};
        assert!(search(Distance, &[0.4, 0.1], &[0.2, 0.3]));
        assert!(!search(Distance, &[0.2], &[0.2, 0.3]));
        assert!(!search(Distance, &[0.25], &[0.2, 0.3]));
        assert!(search(Similarity, &[0.4, 0.1], &[0.2, 0.3]));
        assert!(!search(Similarity, &[0.3], &[0.2, 0.3]));
        assert!(!search(Distance, &[f32::NAN], &[0.9]));
        assert!(!search(Distance, &[], &[]));
        assert!(search(Distance, &[0.9], &[f32::NAN]));
    }

    #[test]
    fn no_search_has_no_rate() {
        assert_eq!(RankOne::default().rate(), None);
        assert_eq!(
            RankOne {
                correct: 3,
                searches: 4
            }
            .rate(),
            Some(0.75)
        );
    }
}
