//! What a check found, as data and as text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ListSize, Setting};
use crate::sample::PairCounts;

/// Examples kept of a finding.
const EXAMPLES: usize = 10;

/// The outcome of [`check`](super::check()).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The rule the training list was held against.
    pub setting: Setting,
    /// The lists that were given.
    pub lists: Vec<ListSize>,
    /// Pairs of gallery × probe; all 0 where one of the two is missing.
    pub pairs: PairCounts,
    /// What was found, the worst first; empty when there is nothing to say.
    pub findings: Vec<Finding>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// How often.
    pub count: u64,
    /// The first of them (at most ten), in the order of the lists, with list and line; none where the finding is of
    /// the lists as a whole.
    pub examples: Vec<String>,
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// A person of the training list is in the gallery or probe list of an open set.
    IdentityLeak,
    /// A training file is tested: among the probes, in an open set also in the gallery.
    FileLeak,
    /// One file is gallery and probe, spelled in two ways, so that it is compared with itself.
    SelfComparison,
    /// One file stands under two labels.
    TwoLabels,
    /// One file stands twice in one list.
    DuplicatePath,
    /// Gallery × probe has no genuine pair.
    NoGenuinePair,
    /// Gallery × probe has no impostor pair.
    NoImpostorPair,
    /// One file is gallery and probe. It is not compared with itself; its other pairs may be counted twice.
    SharedFile,
    /// A label has one sample in gallery and probe together, so it takes part in no genuine pair.
    SingleSample,
    /// The label of a probe is not in the gallery: its search has no mate.
    ProbeWithoutMate,
    /// The label of a probe was not trained on, in a closed set.
    UntrainedLabel,
    /// Labels that differ only in capitals or in zeros in front: text tells them apart, does the data set?
    LikeLabels,
}

/// What a finding means for the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The test knows what it must not: every figure is too good.
    Leak,
    /// The lists contradict themselves, or give no figure.
    Defect,
    /// Often meant; to be known.
    Note,
}

impl FindingKind {
    /// What it means for the figures.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::IdentityLeak | Self::FileLeak | Self::SelfComparison => Severity::Leak,
            Self::TwoLabels | Self::DuplicatePath | Self::NoGenuinePair | Self::NoImpostorPair => {
                Severity::Defect
            }
            Self::SharedFile
            | Self::SingleSample
            | Self::ProbeWithoutMate
            | Self::UntrainedLabel
            | Self::LikeLabels => Severity::Note,
        }
    }

    /// One line for people, to stand after a number.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::IdentityLeak => "people of the training list are in the test of an open set",
            Self::FileLeak => "training files are tested",
            Self::SelfComparison => "files are gallery and probe under two spellings",
            Self::TwoLabels => "files stand under more than one label",
            Self::DuplicatePath => "files stand twice in one list",
            Self::NoGenuinePair => "no genuine pair in gallery x probe",
            Self::NoImpostorPair => "no impostor pair in gallery x probe",
            Self::SharedFile => "files are gallery and probe (not compared with themselves)",
            Self::SingleSample => "labels have only one sample in the test",
            Self::ProbeWithoutMate => "labels of probes are not in the gallery",
            Self::UntrainedLabel => "labels of probes are not in the training of a closed set",
            Self::LikeLabels => "labels differ only in capitals or in zeros in front",
        }
    }
}

impl Finding {
    /// A finding of the lists as a whole.
    pub(super) fn whole(kind: FindingKind) -> Self {
        Self {
            kind,
            count: 1,
            examples: Vec::new(),
        }
    }

    /// A finding of these cases; `None` where there is none.
    pub(super) fn of(kind: FindingKind, cases: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut found = Self {
            kind,
            count: 0,
            examples: Vec::new(),
        };
        for case in cases {
            found.count += 1;
            if found.examples.len() < EXAMPLES {
                found.examples.push(case);
            }
        }
        (found.count > 0).then_some(found)
    }
}

impl Check {
    /// Neither a leak nor a defect was found; notes may have been.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.findings
            .iter()
            .all(|f| f.kind.severity() == Severity::Note)
    }

    /// The findings that make every figure too good.
    pub fn leaks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|f| f.kind.severity() == Severity::Leak)
    }

    /// The finding of a kind, if there is one.
    #[must_use]
    pub fn finding(&self, kind: FindingKind) -> Option<&Finding> {
        self.findings.iter().find(|f| f.kind == kind)
    }
}

/// For people: the lists, the pairs, and each finding with its examples.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for list in &self.lists {
            writeln!(f, "{}", list.text())?;
        }
        let pairs = &self.pairs;
        writeln!(
            f,
            "pairs    {} genuine, {} impostor, {} of a file with itself left out",
            pairs.genuine, pairs.impostor, pairs.same_file
        )?;
        for finding in &self.findings {
            let severity = match finding.kind.severity() {
                Severity::Leak => "LEAK",
                Severity::Defect => "DEFECT",
                Severity::Note => "note",
            };
            // A finding without examples is of the lists as a whole.
            let count = match finding.examples.is_empty() {
                true => String::new(),
                false => format!("{} ", finding.count),
            };
            writeln!(f, "{severity:<8} {count}{}", finding.kind.text())?;
            for example in &finding.examples {
                writeln!(f, "           {example}")?;
            }
            if finding.count > finding.examples.len() as u64 {
                f.write_str("           ...\n")?;
            }
        }
        if self.is_sound() {
            writeln!(f, "sound    {}: no leak, no defect", self.setting.name())?;
        }
        Ok(())
    }
}
