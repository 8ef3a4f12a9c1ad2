//! What can go wrong, and where.

use std::io;
use std::path::{Path, PathBuf};

/// An error of this crate. Every message names the file and line, or the value, and what was expected.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A file could not be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written. Nothing was left under its name.
    #[error("{}: cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line of a text file is not what the format says.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What is wrong, with the value and what was expected.
        problem: String,
    },
    /// A file as a whole is not what the format says.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// A score is infinite; scores are finite numbers, or NaN for a failure to acquire.
    #[error(
        "{kind} score number {index} is {value}, expected a finite number (or NaN for a failure to acquire)"
    )]
    InfiniteScore {
        /// `genuine` or `impostor`.
        kind: &'static str,
        /// Position in its vector, from 0.
        index: usize,
        /// The score.
        value: f32,
    },
    /// There is no usable score of one kind, so no error rate exists.
    #[error(
        "no {kind} comparison among the scores ({failed} failed to acquire), expected at least one"
    )]
    NoScores {
        /// `genuine` or `impostor`.
        kind: &'static str,
        /// Comparisons of this kind that failed to acquire.
        failed: u64,
    },
    /// A histogram of scores cannot be made as asked.
    #[error("score histogram: {problem}")]
    Histogram {
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// A score does not belong into a histogram.
    #[error("score {score} is outside the histogram, expected {expected}")]
    OutsideHistogram {
        /// The score.
        score: f32,
        /// The range that was declared.
        expected: String,
    },
    /// A figure cannot be computed from what was given.
    #[error("{figure}: {problem}")]
    Figure {
        /// Which figure.
        figure: &'static str,
        /// What is wrong, with the value and what was expected.
        problem: String,
    },
    /// A format of score files does not suit what was asked of it.
    #[error("format {format}: {problem}")]
    Format {
        /// Name of the format.
        format: &'static str,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// A protocol cannot be made from what was given.
    #[error("protocol: {problem}")]
    Protocol {
        /// What is wrong, with the value and what was expected.
        problem: String,
    },
    /// A picture could not be drawn.
    #[error("{what} cannot be drawn: {problem}")]
    Plot {
        /// Which picture.
        what: &'static str,
        /// What the drawing library said.
        problem: String,
    },
    /// An attack cannot be run as asked.
    #[error("attack: {problem}")]
    Attack {
        /// What is wrong, with the value and what was expected.
        problem: String,
    },
    /// An HTML report cannot be made from what was given.
    #[error("HTML report: {problem}")]
    Page {
        /// What is wrong, with the value and what was expected.
        problem: String,
    },
}

impl EvalError {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Read { path, source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { path, source }
    }

    pub(crate) fn attack(problem: impl ToString) -> Self {
        Self::Attack {
            problem: problem.to_string(),
        }
    }

    pub(crate) fn line(path: &Path, line: usize, problem: impl Into<String>) -> Self {
        Self::Line {
            path: path.to_owned(),
            line,
            problem: problem.into(),
        }
    }

    pub(crate) fn file(path: &Path, problem: impl Into<String>) -> Self {
        Self::File {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }
}
