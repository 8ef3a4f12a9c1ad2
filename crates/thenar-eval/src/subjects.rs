//! Scores with the subjects they are of.

use std::collections::BTreeMap;

use crate::metrics::SubjectCount;
use crate::{Kind, Polarity, ScoreSet};

/// One comparison and the two subjects in it; the same subject twice is a genuine comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubjectComparison {
    /// Subject of the reference (gallery) sample; any number, equal for equal subjects.
    pub reference: u32,
    /// Subject of the probe sample.
    pub probe: u32,
    /// The score; NaN is a failure to acquire.
    pub score: f32,
}

impl SubjectComparison {
    /// Genuine iff both subjects are the same.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(self.reference, self.probe)
    }
}

/// The scores of one experiment with their subjects: what intervals over subjects need.
#[derive(Debug, Clone, PartialEq)]
pub struct SubjectScores {
    /// What a high score means.
    pub polarity: Polarity,
    /// The comparisons, in any order.
    pub comparisons: Vec<SubjectComparison>,
}

impl SubjectScores {
    /// Without the subjects.
    #[must_use]
    pub fn score_set(&self) -> ScoreSet {
        let mut scores = ScoreSet::new(self.polarity);
        self.comparisons
            .iter()
            .for_each(|c| scores.push(c.kind(), c.score));
        scores
    }

    /// Attempts and errors of each subject at a threshold, for [`crate::metrics::subject_rate`]: rejected genuine
    /// comparisons, or accepted impostor comparisons by the subject of the probe. Failures to acquire are left out.
    #[must_use]
    pub fn counts(&self, kind: Kind, threshold: f32) -> Vec<SubjectCount> {
        let threshold = self.polarity.oriented(threshold);
        let mut counts: BTreeMap<u32, SubjectCount> = BTreeMap::new();
        let usable = self.comparisons.iter().filter(|c| !c.score.is_nan());
        for comparison in usable.filter(|c| c.kind() == kind) {
            let accepted = self.polarity.oriented(comparison.score) >= threshold;
            let count = counts.entry(comparison.probe).or_default();
            count.attempts += 1;
            count.errors += u64::from(accepted == (kind == Kind::Impostor));
        }
        counts.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_probe_subject() {
        let comparison = |reference, probe, score| SubjectComparison {
            reference,
            probe,
            score,
        };
        let scores = SubjectScores {
            polarity: Polarity::Distance,
            comparisons: vec![
                comparison(7, 7, 0.2),
                comparison(7, 7, 0.5),
                comparison(9, 9, 0.3),
                comparison(7, 9, 0.3),
                comparison(9, 7, 0.4),
                comparison(9, 7, f32::NAN),
            ],
        };
        let count = |errors, attempts| SubjectCount { errors, attempts };
        assert_eq!(
            scores.counts(Kind::Genuine, 0.3),
            [count(1, 2), count(0, 1)]
        );
        assert_eq!(
            scores.counts(Kind::Impostor, 0.3),
            [count(0, 1), count(1, 1)]
        );
        assert_eq!(scores.score_set().impostor.len(), 3);
    }
}
