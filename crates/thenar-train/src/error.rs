//! What can go wrong while training.

use std::path::PathBuf;

/// Why training, exporting or resuming stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The reason the system gave.
        source: std::io::Error,
    },
    /// A checkpoint is damaged or belongs to another network.
    #[error("checkpoint {path}: {reason}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        reason: String,
    },
    /// A line of a text file is wrong: of a list of images, an experiment or a log.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What was found and what was expected.
        reason: String,
    },
    /// A network was put together wrongly.
    #[error("layer {layer}: {reason}")]
    Network {
        /// The layer.
        layer: String,
        /// What was found and what was expected.
        reason: String,
    },
    /// The framework that computes gradients failed.
    #[error("{backend}: {reason}")]
    Backend {
        /// The backend's name.
        backend: &'static str,
        /// What it said.
        reason: String,
    },
    /// The loss is no longer a number.
    #[error("the loss became {loss} at step {step}; resume with a smaller --lr")]
    Diverged {
        /// The step at which it happened.
        step: u64,
        /// The loss.
        loss: f32,
    },
    /// An argument is out of range.
    #[error("{0}")]
    Argument(String),
}

impl TrainError {
    /// Names the file in which `source` happened.
    pub fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File {
            path: path.to_path_buf(),
            source,
        }
    }
}
