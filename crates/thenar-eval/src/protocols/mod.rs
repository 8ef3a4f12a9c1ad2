//! Who trains, who is enrolled, who is searched: protocols checked and made, over `path label` lists.
//!
//! A protocol is three lists, one per [`Role`]. Every gallery sample is compared with every probe sample; what trains
//! the extractor is a third list, or none where the weights come from elsewhere.
//!
//! | protocol | trains on | gallery and probe | a leak is |
//! |---|---|---|---|
//! | closed set, [`closed_set`] | the gallery | the same palms in both | a training file among the probes |
//! | open set, [`open_set`] | some people | all samples of the others | a training person, or file, in the test |
//! | cross-set, [`cross_set`] | one data set | another | the same |
//!
//! * [`check`] counts the pairs and finds leaks and defects of data. It sees paths and labels and opens no file: two
//!   copies of one image under two names are not found.
//! * [`Split`] is what the three functions make: every sample stands in exactly one of its lists.
//!
//! On Tongji the papers' closed set is `closed_set` of its two sessions, and their open set (train on palms 0 to 299,
//! test on 300 to 599) is `open_set` with the share 0.5 and no shuffle.
//!
//! # People, not palms
//!
//! The two hands of one person are alike, and were photographed in one sitting under one light. An open split by palms
//! puts left hands into the training whose right hands are in the test. [`Subjects`] says which labels are one person;
//! splits and leaks go by it. Genuine and impostor pairs go by the label alone.
//!
//! ```
//! use std::path::Path;
//! use thenar_eval::List;
//! use thenar_eval::protocols::{Order, Source, check, open_set};
//!
//! let session = |n: u32| {
//!     let text: String = (0..8).map(|palm| format!("s{n}/{palm}.png {palm}\n")).collect();
//!     List::parse(text.as_bytes(), Path::new("session.txt"))
//! };
//! let (first, second) = (session(1)?, session(2)?);
//! let source = Source::Sessions { gallery: &first, probe: &second };
//! let split = open_set(&source, 0.5, &Order::default())?;
//! let found = check(&split.lists(), &Order::default().subjects);
//! assert!(found.is_sound());
//! assert_eq!((found.pairs.genuine, found.pairs.impostor), (4, 12));
//! # Ok::<(), thenar_eval::EvalError>(())
//! ```

mod check;
mod findings;
mod make;
mod split;

pub use check::{Lists, check};
pub use findings::{Check, Finding, FindingKind, Severity};
pub use make::{Order, Source, closed_set, cross_set, open_set};
pub use split::{Split, SplitSummary};

use std::borrow::Cow;
use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::List;

/// What a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The extractor learns from it.
    Train,
    /// Enrolled.
    Gallery,
    /// Compared with the gallery.
    Probe,
}

impl Role {
    /// `train`, `gallery` or `probe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Gallery => "gallery",
            Self::Probe => "probe",
        }
    }
}

/// May a person of the training be in the test?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setting {
    /// Yes: the same people, other images. What it measures does not carry over to new people.
    Closed,
    /// No: the test is of people never seen.
    Open,
}

impl Setting {
    /// `closed set` or `open set`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed set",
            Self::Open => "open set",
        }
    }
}

/// Which labels are palms of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subjects {
    /// Every label is a person of its own: nothing is known about who has which palms.
    #[default]
    Palms,
    /// The person is the label up to the first such character: `017_left` and `017_right` with `_`.
    Before(char),
    /// The labels end in a number, and the palms 2n and 2n + 1 are of one person. Zeros in front do not count.
    Pairs,
}

impl Subjects {
    /// The person a label belongs to.
    #[must_use]
    pub fn of<'a>(&self, label: &'a str) -> Cow<'a, str> {
        match self {
            Self::Palms => Cow::Borrowed(label),
            Self::Before(end) => Cow::Borrowed(label.split(*end).next().unwrap_or(label)),
            Self::Pairs => {
                let name = label.trim_end_matches(|c: char| c.is_ascii_digit());
                match label[name.len()..].parse::<u64>() {
                    Ok(number) => Cow::Owned(format!("{name}{}", number / 2)),
                    // No number at its end, or one that no data set has.
                    Err(_) => Cow::Borrowed(label),
                }
            }
        }
    }
}

/// The size of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSize {
    /// What the list is for.
    pub role: Role,
    /// Images.
    pub samples: u64,
    /// Palms.
    pub labels: u64,
    /// People, as far as [`Subjects`] tells.
    pub subjects: u64,
    /// SHA-256 of the list, in lower-case hexadecimal.
    pub digest: String,
}

impl ListSize {
    fn of(role: Role, list: &List, subjects: &Subjects) -> Self {
        let labels: HashSet<&str> = list.entries.iter().map(|e| e.label.as_str()).collect();
        let people: HashSet<_> = labels.iter().map(|label| subjects.of(label)).collect();
        Self {
            role,
            samples: list.entries.len() as u64,
            labels: labels.len() as u64,
            subjects: people.len() as u64,
            digest: list.digest.clone(),
        }
    }

    fn text(&self) -> String {
        format!(
            "{:<8} {:>8} samples of {} palms of {} people",
            self.role.name(),
            self.samples,
            self.labels,
            self.subjects
        )
    }
}

/// One spelling for all ways to write a path: `./a//b` and `a\b` are `a/b`, `a/../b` is `b`.
///
/// Text only: links are not followed, and capitals are told apart.
fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let root = if path.starts_with(['/', '\\']) {
        "/"
    } else {
        ""
    };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_from_labels() {
        let of = |subjects: Subjects, label: &str| subjects.of(label).into_owned();
        assert_eq!(of(Subjects::Palms, "007"), "007");
        assert_eq!(of(Subjects::Before('_'), "017_left"), "017");
        assert_eq!(of(Subjects::Before('_'), "017"), "017");
        assert_eq!(of(Subjects::Pairs, "006"), of(Subjects::Pairs, "7"));
        assert_ne!(of(Subjects::Pairs, "7"), of(Subjects::Pairs, "8"));
        assert_eq!(of(Subjects::Pairs, "tongji:13"), "tongji:6");
        assert_eq!(of(Subjects::Pairs, "left"), "left");
        let endless = "9".repeat(40);
        assert_eq!(of(Subjects::Pairs, &endless), endless);
    }

    #[test]
    fn paths_have_one_spelling() {
        for path in [
            "a/b.png",
            "./a/b.png",
            "a//b.png",
            "a\\b.png",
            "c/../a/b.png",
        ] {
            assert_eq!(plain_path(path), "a/b.png", "{path}");
        }
        assert_eq!(plain_path("../a"), "../a");
        assert_eq!(plain_path("../../a"), "../../a");
        assert_eq!(plain_path("/a"), "/a");
        assert_ne!(plain_path("A"), plain_path("a"));
        assert_eq!(plain_path("./"), "");
    }
}
