//! What can go wrong on the way, and what is not wrong but not good enough.

use thenar_image::{FrameError, RoiError};
use thenar_key::{CommitmentError, keys::KeyError};
use thenar_net::calibration::CalibrationError;
use thenar_net::{NetError, Problem};
use thenar_protect::{ProtectError, RecordError};

/// A photo that is not good enough: nothing is broken, another photo will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What is most wrong with it.
    pub problem: Problem,
    /// Its quality, 0–100.
    pub quality: u8,
}

impl Rejection {
    /// What to do about it, one sentence.
    pub const fn advice(&self) -> &'static str {
        self.problem.advice()
    }
}

/// Why the pipeline gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The photo is not good enough.
    #[error("{} (quality {}): {}", .0.problem, .0.quality, .0.advice())]
    Rejected(Rejection),
    /// The image is no ready-cut region of interest.
    #[error(transparent)]
    Roi(#[from] RoiError),
    /// A network could not be loaded or run.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The calibration that stands beside the model cannot be used.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// Level 1 refuses a feature or its parameters.
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// A record cannot be opened.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A key cannot be made or recovered.
    #[error(transparent)]
    Commitment(#[from] CommitmentError),
    /// A key cannot be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There was nothing to average.
    #[error("no feature was given, expected at least one")]
    NoFeature,
}

impl From<FrameError> for PipelineError {
    /// Key points that span no region: there is no palm that could be used.
    fn from(_: FrameError) -> Self {
        Self::Rejected(Rejection {
            problem: Problem::PalmNotPresent,
            quality: 0,
        })
    }
}
