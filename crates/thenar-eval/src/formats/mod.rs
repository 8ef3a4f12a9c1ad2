//! Score files of other tools.
//!
//! | [`Format`] | name | files | high score | tool |
//! |---|---|---|---|---|
//! | `Labelled` | `labelled` | `score ±1` | declared | CompNet, CO3Net, CCNet; see [`crate::score_file`] |
//! | `Bob4`, `Bob5` | `bob4`, `bob5` | four or five columns | match | bob.bio.base, bob.measure; see [`bob`] |
//! | `BobCsv` | `bob-csv` | CSV with a header | match | bob.bio.base from 5 on; see [`bob_csv`] |
//! | `Pyeer`, `PyeerHistogram` | `pyeer`, `pyeer-hist` | genuine, impostor | declared | pyeer; see [`pyeer`] |
//! | `Nist11`, `Nist1N` | `nist-11`, `nist-1n` | log, with lists of subjects | match | NIST FRVT, FRTE; see [`nist`] |
//! | `Npy` | `npy` | genuine, impostor; or scores, probe labels, gallery labels | declared | numpy; see [`arrays`] |
//! | `Npz` | `npz` | named arrays | declared | numpy; see [`arrays`] |
//!
//! Candidate lists are also read and written as CSV: see [`candidates`].
//!
//! What a high score means is known from the format or declared, never guessed; declaring the opposite of what the
//! format says is an error. A malformed line is an error with its number. `nan` is a failure to acquire. Scores are
//! rounded to 32-bit floats. Files may be of any size where they are read line by line; one line has at most 64 KiB,
//! an array at most 4 GiB.

pub mod arrays;
pub mod bob;
pub mod bob_csv;
pub mod candidates;
pub(crate) mod csv;
pub(crate) mod lines;
pub mod nist;
pub mod npy;
pub mod npz;
pub mod pyeer;

use std::path::{Path, PathBuf};

use crate::metrics::{ErrorCurve, Identification, ScoreHistogram};
use crate::{Comparisons, EvalError, Polarity, ScoreSet, score_file};

/// A format of score files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `score label`, label 1 or -1.
    Labelled,
    /// `claimed_id real_id test_label score`.
    Bob4,
    /// `claimed_id model_label real_id test_label score`.
    Bob5,
    /// CSV with a header.
    BobCsv,
    /// Two files, the score last on each line.
    Pyeer,
    /// Two files, genuine scores and counts of impostor scores.
    PyeerHistogram,
    /// 1:1 log.
    Nist11,
    /// 1:N candidate lists.
    Nist1N,
    /// Arrays in files of their own.
    Npy,
    /// Arrays in one file.
    Npz,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 10] = [
        Self::Labelled,
        Self::Bob4,
        Self::Bob5,
        Self::BobCsv,
        Self::Pyeer,
        Self::PyeerHistogram,
        Self::Nist11,
        Self::Nist1N,
        Self::Npy,
        Self::Npz,
    ];

    /// Name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Labelled => "labelled",
            Self::Bob4 => "bob4",
            Self::Bob5 => "bob5",
            Self::BobCsv => "bob-csv",
            Self::Pyeer => "pyeer",
            Self::PyeerHistogram => "pyeer-hist",
            Self::Nist11 => "nist-11",
            Self::Nist1N => "nist-1n",
            Self::Npy => "npy",
            Self::Npz => "npz",
        }
    }

    /// The format of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// How many files hold the scores of one system; `None` where that may differ.
    #[must_use]
    pub fn files(self) -> Option<usize> {
        match self {
            Self::Npy => None,
            Self::Pyeer | Self::PyeerHistogram => Some(2),
            _ => Some(1),
        }
    }

    /// What a high score means, where the format says so.
    #[must_use]
    pub fn polarity(self) -> Option<Polarity> {
        match self {
            Self::Bob4 | Self::Bob5 | Self::BobCsv | Self::Nist11 | Self::Nist1N => {
                Some(Polarity::Similarity)
            }
            _ => None,
        }
    }

    /// The polarity to read with, from the format and what was declared.
    ///
    /// # Errors
    /// [`EvalError::Format`] when neither says it, or both do and differ.
    pub fn polarity_with(self, declared: Option<Polarity>) -> Result<Polarity, EvalError> {
        match (self.polarity(), declared) {
            (Some(known), Some(other)) if known != other => Err(self.problem(format!(
                "scores are a {}, but {} was declared",
                known.name(),
                other.name()
            ))),
            (Some(polarity), _) | (None, Some(polarity)) => Ok(polarity),
            (None, None) => Err(self.problem(
                "does not say what a high score means, expected similarity or distance declared"
                    .into(),
            )),
        }
    }

    fn problem(self, problem: String) -> EvalError {
        EvalError::Format {
            format: self.name(),
            problem,
        }
    }
}

/// What was read from a score file.
#[derive(Debug, Clone)]
pub enum Scores {
    /// Genuine and impostor scores.
    Set(ScoreSet),
    /// Comparisons with the names of their subjects: also good for a CMC and for intervals over subjects.
    Named(Comparisons),
    /// Counted scores.
    Counted(ScoreHistogram),
    /// Searches: identification only.
    Searches(Identification),
}

impl Scores {
    /// The curve of the scores.
    ///
    /// # Errors
    /// Those of [`ErrorCurve::new`]; [`EvalError::Format`] for searches, which are cut at the length of their lists and
    /// so have no FMR.
    pub fn curve(&self) -> Result<ErrorCurve, EvalError> {
        match self {
            Self::Set(scores) => ErrorCurve::new(scores),
            Self::Named(comparisons) => ErrorCurve::new(&comparisons.score_set()),
            Self::Counted(histogram) => histogram.curve(),
            Self::Searches(_) => {
                Err(Format::Nist1N.problem("candidate lists have no FMR and FNMR".into()))
            }
        }
    }
}

/// What to read, and what the files do not say themselves.
#[derive(Debug, Clone, Default)]
pub struct Source<'a> {
    /// The files in the order of the table above.
    pub files: &'a [PathBuf],
    /// What a high score means; may be left out where the format says it.
    pub polarity: Option<Polarity>,
    /// Subjects of the probes, for the NIST logs.
    pub probes: Option<&'a nist::Truth>,
    /// Subjects of the enrolled templates, for the 1:N log.
    pub gallery: Option<&'a nist::Truth>,
}

/// Reads score files of any format.
///
/// # Errors
/// [`EvalError::Format`] when the number of files, the polarity or the lists of subjects do not suit the format; those
/// of the reader.
pub fn read(format: Format, source: &Source<'_>) -> Result<Scores, EvalError> {
    let polarity = format.polarity_with(source.polarity)?;
    let paths: Vec<&Path> = source.files.iter().map(PathBuf::as_path).collect();
    match (format, paths.as_slice()) {
        (Format::Labelled, [path]) => score_file::read(path, polarity).map(Scores::Set),
        (Format::Bob4, [path]) => bob::read_four(path).map(Scores::Named),
        (Format::Bob5, [path]) => bob::read_five(path).map(Scores::Named),
        (Format::BobCsv, [path]) => bob_csv::read(path).map(Scores::Named),
        (Format::Pyeer, [genuine, impostor]) => {
            pyeer::read(genuine, impostor, polarity).map(Scores::Set)
        }
        (Format::PyeerHistogram, [genuine, impostor]) => {
            pyeer::read_histogram(genuine, impostor, polarity).map(Scores::Counted)
        }
        (Format::Nist11, [path]) => {
            nist::read_verification(path, needed(format, source.probes, "templates")?)
                .map(Scores::Named)
        }
        (Format::Nist1N, [path]) => {
            let (probes, gallery) = (
                needed(format, source.probes, "probes")?,
                needed(format, source.gallery, "gallery")?,
            );
            nist::read_identification(path, probes, gallery).map(Scores::Searches)
        }
        (Format::Npy, [genuine, impostor]) => {
            arrays::read_pair(genuine, impostor, polarity).map(Scores::Set)
        }
        (Format::Npy, [scores, probes, gallery]) => {
            arrays::read_matrix(scores, probes, gallery, polarity).map(Scores::Named)
        }
        (Format::Npz, [path]) => arrays::read_archive(path, polarity),
        (_, files) => Err(format.problem(format!(
            "{} files, expected {}",
            files.len(),
            expected_files(format)
        ))),
    }
}

fn needed<'a>(
    format: Format,
    list: Option<&'a nist::Truth>,
    what: &str,
) -> Result<&'a nist::Truth, EvalError> {
    list.ok_or_else(|| format.problem(format!("needs a list of the subjects of its {what}")))
}

fn expected_files(format: Format) -> &'static str {
    match format {
        Format::Pyeer | Format::PyeerHistogram => "two: genuine and impostor",
        Format::Npy => "two (genuine, impostor) or three (scores, probe labels, gallery labels)",
        _ => "one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for format in Format::ALL {
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_name("auto"), None);
    }

    #[test]
    fn polarity_is_known_or_declared_never_guessed() {
        use Polarity::{Distance, Similarity};
        assert_eq!(Format::Bob4.polarity_with(None).unwrap(), Similarity);
        assert_eq!(
            Format::Labelled.polarity_with(Some(Distance)).unwrap(),
            Distance
        );
        let message =
            |format: Format, declared| format.polarity_with(declared).unwrap_err().to_string();
        assert_eq!(
            message(Format::BobCsv, Some(Distance)),
            "format bob-csv: scores are a similarity, but distance was declared"
        );
        assert_eq!(
            message(Format::Npz, None),
            "format npz: does not say what a high score means, expected similarity or distance declared"
        );
    }

    #[test]
    fn files_and_lists_must_suit_the_format() {
        let files = [PathBuf::from("a"), PathBuf::from("b")];
        let message = |format, count: usize| {
            let source = Source {
                files: &files[..count],
                ..Source::default()
            };
            read(format, &source).unwrap_err().to_string()
        };
        assert_eq!(
            message(Format::Bob4, 2),
            "format bob4: 2 files, expected one"
        );
        assert_eq!(
            message(Format::Nist11, 1),
            "format nist-11: needs a list of the subjects of its templates"
        );
        assert!(message(Format::Bob5, 1).starts_with("a: cannot be read: "));
    }
}
