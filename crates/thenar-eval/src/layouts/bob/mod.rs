//! bob's protocol folders: who trains, who is enrolled and who is compared, for development and for evaluation.
//!
//! ```text
//! norm/train_world.lst                                read_lists, write_lists: file lists of bob.bio.base
//! dev/for_models.lst  dev/for_probes.lst              (FileListBioDatabase), fields parted by spaces
//! dev/for_scores.lst                                  instead of for_probes.lst: only these comparisons
//! eval/…                                              as dev
//!
//! train/for_background_model.csv                      read_tables, write_tables: CSV of bob.bio.base from 5 on
//! dev/for_enrolling.csv  dev/for_probing.csv          (CSVDatabase)
//! dev/for_matching.csv                                as well: only these comparisons
//! eval/…                                              as dev
//! ```
//!
//! | file | fields |
//! |---|---|
//! | `train_world.lst`, `for_probes.lst` | `path client_id` |
//! | `for_models.lst` | `path model_id client_id`, or `path model_id` where the model is the client |
//! | `for_scores.lst` | `path model_id claimed_id client_id`, or `path model_id claimed_id` where the model is the client |
//! | `for_background_model.csv` | columns `path` (or `key`), `subject_id` |
//! | `for_enrolling.csv`, `for_probing.csv` | the same and `template_id` |
//! | `for_matching.csv` | columns `enroll_template_id`, `probe_template_id` |
//!
//! Read too are the names of bob's older CSV (`norm/train_world.csv`, `for_models.csv`, `for_probes.csv`) and its header
//! `PATH,TEMPLATE_ID`, in which `TEMPLATE_ID` is the subject. Other columns are metadata and dropped. Lists for score
//! normalisation (`for_tnorm`, `for_znorm`, `train_optional_world_…`) are not read. The formats are those of
//! bob.bio.base 8.1 (`database/filelist`, `database/csv_database.py` and its guide).
//!
//! Paths in these files are relative to a root given elsewhere and mostly lack the extension, so readers are told what
//! to append and writers what to cut off (`.bmp`, or nothing).
//!
//! * bob calls *subject* (client) what is told apart, for palms the palm: [`BobGroup::gallery`] and
//!   [`BobGroup::probes`] make `path label` lists of it.
//! * [`BobProtocol::of`] makes every gallery image a template of its own, so that bob compares what
//!   [`crate::compare()`] compares: every gallery image with every probe image.
//! * Where a protocol has both `for_probes.lst` and `for_scores.lst`, bob wants to be told which to take; here the
//!   first is taken, all comparisons. A group with [`BobGroup::matching`] asks for fewer comparisons than its lists
//!   have pairs.

mod lists;
mod tables;

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

pub use lists::{read_lists, write_lists};
pub use tables::{read_tables, write_tables};

use crate::{EvalError, List, atomic};

/// More rows than any protocol has.
const MAX_ROWS: usize = 10_000_000;

/// One row of a protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BobSample {
    /// Path of the image, relative to a root given elsewhere, with its extension.
    pub path: String,
    /// Images with the same template are enrolled, or compared, together. Where a file has no such field: the path of
    /// a probe, the subject of a training image.
    pub template: String,
    /// Who it is; for palms, the palm.
    pub subject: String,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BobMatch {
    /// A template of [`BobGroup::enroll`].
    pub template: String,
    /// A template of [`BobGroup::probe`].
    pub probe: String,
}

/// Development or evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BobGroup {
    /// What is enrolled.
    pub enroll: Vec<BobSample>,
    /// What is compared with it.
    pub probe: Vec<BobSample>,
    /// The only comparisons to be made; `None`: every template with every probe.
    pub matching: Option<Vec<BobMatch>>,
}

/// A protocol of bob.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BobProtocol {
    /// What the extractor learns from; may be empty.
    pub train: Vec<BobSample>,
    /// Sets the threshold.
    pub dev: Option<BobGroup>,
    /// Is judged at that threshold.
    pub eval: Option<BobGroup>,
}

impl BobProtocol {
    /// A protocol of lists, `(gallery, probe)` for each group.
    #[must_use]
    pub fn of(
        train: Option<&List>,
        dev: Option<(&List, &List)>,
        eval: Option<(&List, &List)>,
    ) -> Self {
        let group = |(gallery, probe): (&List, &List)| BobGroup {
            enroll: one_template_each(gallery, 'g'),
            probe: one_template_each(probe, 'p'),
            matching: None,
        };
        let trained = train.iter().flat_map(|list| &list.entries);
        Self {
            train: trained
                .map(|entry| BobSample {
                    path: entry.path.clone(),
                    template: entry.label.clone(),
                    subject: entry.label.clone(),
                })
                .collect(),
            dev: dev.map(group),
            eval: eval.map(group),
        }
    }

    /// The training list; `None` where there is none.
    ///
    /// # Errors
    /// [`EvalError::Line`], [`EvalError::File`] for what a `path label` list cannot hold: a path twice, a label with a
    /// space.
    pub fn training(&self) -> Result<Option<List>, EvalError> {
        let there = !self.train.is_empty();
        there.then(|| list("train.txt", &self.train)).transpose()
    }

    fn groups(&self) -> impl Iterator<Item = (&'static str, &BobGroup)> {
        let groups = [("dev", &self.dev), ("eval", &self.eval)];
        groups
            .into_iter()
            .filter_map(|(name, group)| Some((name, group.as_ref()?)))
    }
}

impl BobGroup {
    /// What is enrolled, as `path label`.
    ///
    /// # Errors
    /// As [`BobProtocol::training`]; also when an image is enrolled in two templates.
    pub fn gallery(&self) -> Result<List, EvalError> {
        list("gallery.txt", &self.enroll)
    }

    /// What is compared with it, as `path label`.
    ///
    /// # Errors
    /// As [`BobProtocol::training`].
    pub fn probes(&self) -> Result<List, EvalError> {
        list("probe.txt", &self.probe)
    }

    /// The subject of each enrolled template. `path` is what errors name.
    fn subjects(&self, path: &Path) -> Result<HashMap<&str, &str>, EvalError> {
        subjects(path, &self.enroll)
    }
}

/// A template is of one subject.
fn subjects<'a>(
    path: &Path,
    samples: &'a [BobSample],
) -> Result<HashMap<&'a str, &'a str>, EvalError> {
    let mut subjects = HashMap::new();
    for sample in samples {
        let (template, subject) = (sample.template.as_str(), sample.subject.as_str());
        if let Some(other) = subjects.insert(template, subject)
            && other != subject
        {
            let problem = format!(
                "template {template:?} is of {other:?} and of {subject:?}, expected one subject"
            );
            return Err(EvalError::file(path, problem));
        }
    }
    Ok(subjects)
}

/// Templates `label-g1`, `label-g2` …: the images of each label, counted.
fn one_template_each(list: &List, letter: char) -> Vec<BobSample> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    let samples = list.entries.iter().map(|entry| {
        let count = counts.entry(&entry.label).or_default();
        *count += 1;
        BobSample {
            path: entry.path.clone(),
            template: format!("{}-{letter}{count}", entry.label),
            subject: entry.label.clone(),
        }
    });
    samples.collect()
}

fn list(name: &str, samples: &[BobSample]) -> Result<List, EvalError> {
    let samples = samples
        .iter()
        .map(|s| (s.path.as_str(), s.subject.as_str()));
    List::from_samples(Path::new(name), samples)
}

/// The path as it is written: without the extension.
fn without<'a>(file: &Path, path: &'a str, extension: &str) -> Result<&'a str, EvalError> {
    path.strip_suffix(extension)
        .filter(|rest| !rest.is_empty())
        .ok_or_else(|| {
            EvalError::file(
                file,
                format!("{path:?} does not end in {extension:?}, the extension to be cut off"),
            )
        })
}

/// Writes files, named below `folder`, each whole or not at all. A folder that holds a protocol is refused: bob would
/// mix their files.
fn write_files(folder: &Path, files: &[(String, String)]) -> Result<(), EvalError> {
    if files.is_empty() {
        let problem = "the protocol is empty, expected a training list or a group";
        return Err(EvalError::file(folder, problem));
    }
    for group in ["norm", "train", "dev", "eval"] {
        let inner = folder.join(group);
        if inner.exists() {
            let problem = "is there already, expected a folder without a protocol";
            return Err(EvalError::file(&inner, problem));
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(inner) = path.parent() {
            std::fs::create_dir_all(inner).map_err(EvalError::write(inner))?;
        }
        atomic::write(&path, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

/// Nothing of a protocol in a folder.
fn nothing(folder: &Path, expected: &str) -> EvalError {
    EvalError::file(folder, format!("holds no protocol, expected {expected}"))
}
