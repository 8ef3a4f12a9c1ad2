//! Genuine and impostor scores.

use serde::{Deserialize, Serialize};

/// What a high score means. Always declared, never guessed from the scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Polarity {
    /// A low score is a match: accept iff `score <= threshold`.
    Distance,
    /// A high score is a match: accept iff `score >= threshold`.
    Similarity,
}

impl Polarity {
    /// `"distance"` or `"similarity"`, as in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Distance => "distance",
            Self::Similarity => "similarity",
        }
    }

    /// The score turned so that high means match. Its own inverse. Zero keeps no sign, so that -0 and 0 are one value.
    pub(crate) fn oriented(self, score: f32) -> f32 {
        match self {
            Self::Distance => -score + 0.0,
            Self::Similarity => score + 0.0,
        }
    }
}

/// Do the two samples of a comparison come from the same palm?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The same palm (mated).
    Genuine,
    /// Two palms (non-mated).
    Impostor,
}

impl Kind {
    /// Genuine iff both labels are the same.
    #[must_use]
    pub fn of<T: PartialEq>(reference: T, probe: T) -> Self {
        if reference == probe {
            Self::Genuine
        } else {
            Self::Impostor
        }
    }
}

/// The scores of one experiment.
///
/// A score is a finite number, or NaN for a comparison that could not be made because a sample failed to acquire.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreSet {
    /// Scores of comparisons within one palm.
    pub genuine: Vec<f32>,
    /// Scores of comparisons between two palms.
    pub impostor: Vec<f32>,
    /// What a high score means.
    pub polarity: Polarity,
}

impl ScoreSet {
    /// An empty set.
    #[must_use]
    pub fn new(polarity: Polarity) -> Self {
        Self {
            genuine: Vec::new(),
            impostor: Vec::new(),
            polarity,
        }
    }

    /// Adds one score.
    pub fn push(&mut self, kind: Kind, score: f32) {
        match kind {
            Kind::Genuine => self.genuine.push(score),
            Kind::Impostor => self.impostor.push(score),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientation_is_its_own_inverse_and_drops_the_sign_of_zero() {
        for polarity in [Polarity::Distance, Polarity::Similarity] {
            for score in [-1.5f32, 0.25, 3.0] {
                assert_eq!(polarity.oriented(polarity.oriented(score)), score);
            }
            assert_eq!(polarity.oriented(0.0).to_bits(), 0f32.to_bits());
            assert_eq!(polarity.oriented(-0.0).to_bits(), 0f32.to_bits());
        }
    }
}
