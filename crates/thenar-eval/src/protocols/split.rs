//! A protocol that was made: its lists, as files and in numbers.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ListSize, Lists, Role, Setting, Subjects};
use crate::sample::PairCounts;
use crate::{EvalError, List};

/// The lists of a protocol. Every sample of its source stands in exactly one of `train`, `gallery` and `probe`.
///
/// Within a list, samples keep the order of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// May the people of the training be tested?
    pub setting: Setting,
    /// What only the training sees; `None` in a closed set, which trains on the gallery.
    pub train: Option<List>,
    /// Enrolled.
    pub gallery: List,
    /// Compared with the gallery.
    pub probe: List,
}

/// A split in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitSummary {
    /// May the people of the training be tested?
    pub setting: Setting,
    /// Size and digest of the lists.
    pub lists: Vec<ListSize>,
    /// Pairs of gallery × probe.
    pub pairs: PairCounts,
}

impl Split {
    /// What the extractor learns from: the training list, in a closed set the gallery.
    #[must_use]
    pub fn training(&self) -> &List {
        self.train.as_ref().unwrap_or(&self.gallery)
    }

    /// The lists, to be checked.
    #[must_use]
    pub fn lists(&self) -> Lists<'_> {
        Lists {
            setting: self.setting,
            train: Some(self.training()),
            gallery: Some(&self.gallery),
            probe: Some(&self.probe),
        }
    }

    /// Sizes, digests and pairs.
    #[must_use]
    pub fn summary(&self, subjects: &Subjects) -> SplitSummary {
        let found = super::check(&self.lists(), subjects);
        SplitSummary {
            setting: found.setting,
            lists: found.lists,
            pairs: found.pairs,
        }
    }

    /// Writes `train.txt`, `gallery.txt` and `probe.txt` into a folder that is there, each whole or not at all.
    ///
    /// In a closed set `train.txt` is the gallery again, so that a trainer always finds it.
    ///
    /// # Errors
    /// [`EvalError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), EvalError> {
        let lists = [
            (Role::Train, self.training()),
            (Role::Gallery, &self.gallery),
            (Role::Probe, &self.probe),
        ];
        for (role, list) in lists {
            list.write(&folder.join(file_name(role)))?;
        }
        Ok(())
    }
}

/// For people: the lists and the pairs.
impl fmt::Display for SplitSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.setting.name())?;
        for list in &self.lists {
            writeln!(f, "{}", list.text())?;
        }
        writeln!(
            f,
            "pairs    {} genuine, {} impostor",
            self.pairs.genuine, self.pairs.impostor
        )
    }
}

/// `train.txt`, `gallery.txt`, `probe.txt`.
pub(super) fn file_name(role: Role) -> String {
    format!("{}.txt", role.name())
}
