//! A comparison, in the unit people understand.

use std::fmt;

use thenar_net::calibration::describe;

/// How near two palms are: how seldom a stranger comes as near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The share that the differing bits have of the probe's weight, 0–1. For files and plots; people see [`Self::fmr`].
    pub distance: f32,
    /// The part of strangers that come this near or nearer, 0–1, by the calibration beside the model.
    pub fmr: f64,
    /// Whether that rate is the continuation of the measured ones rather than measured.
    pub extrapolated: bool,
}

impl Score {
    /// Whether this counts as a match where strangers may pass at the rate `fmr`.
    pub fn matches(&self, fmr: f64) -> bool {
        self.fmr <= fmr
    }
}

impl fmt::Display for Score {
    /// `FMR 1 in 1,000,000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FMR {}", describe(self.fmr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_what_is_shown_and_decided_by() {
        let score = Score {
            distance: 0.2,
            fmr: 1e-6,
            extrapolated: true,
        };
        assert_eq!(score.to_string(), "FMR 1 in 1,000,000");
        assert!(score.matches(1e-6) && score.matches(1e-5));
        assert!(!score.matches(1e-7));
    }
}
