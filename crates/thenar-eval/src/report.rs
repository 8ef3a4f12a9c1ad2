//! `report.json`: the figures of one experiment, with what is needed to check them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::metrics::Distribution;
use crate::report_parts::{IdentificationFigures, SubjectBootstrap};
use crate::{EvalError, List, Polarity, atomic, table};

/// Value of [`Report::schema`].
pub const SCHEMA: &str = "thenar-eval-report";
/// Version of the schema this crate writes and reads. A key that changes its meaning raises it; a new key does not.
pub const SCHEMA_VERSION: u32 = 1;

/// Larger than any report.
const MAX_FILE: u64 = 16 << 20;

/// The figures of one experiment. Rates are fractions in 0..=1, everything else is a count unless it says otherwise.
///
/// The intervals are at 95 % and take comparisons as independent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Version of the keys and their meaning: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Matcher or extractor.
    pub method: String,
    /// Protection: `none`, `l1`, `l2`, `l1+l2`.
    pub protect: String,
    /// Whose token templates are under: `one` for all, its `own` for each palm, or an`other` for the probes; `None` for a
    /// protection without a token, and in reports of older versions.
    #[serde(default)]
    pub tokens: Option<String>,
    /// What was read: `roi` or `photo`.
    pub input: String,
    /// The command that made the scores.
    pub command_line: String,
    /// Contract id of model, preprocessing and scheme, in hexadecimal.
    pub model_contract: Option<String>,
    /// The gallery list.
    pub gallery: Option<ListInfo>,
    /// The probe list.
    pub probe: Option<ListInfo>,
    /// What a high score means.
    pub polarity: Polarity,
    /// Samples in both lists; `None` when only scores were known.
    pub samples: Option<u64>,
    /// Samples of both lists that failed to acquire; `None` when only scores were known.
    pub fta: Option<u64>,
    /// Usable genuine comparisons.
    pub genuine: u64,
    /// Usable impostor comparisons.
    pub impostor: u64,
    /// Genuine comparisons without a score, because a sample failed to acquire.
    pub genuine_failed: u64,
    /// Impostor comparisons without a score, because a sample failed to acquire.
    pub impostor_failed: u64,
    /// Equal error rate: middle of the FVC2000 interval.
    pub eer: f64,
    /// Lower end of the FVC2000 interval.
    pub eer_low: f64,
    /// Upper end of the FVC2000 interval.
    pub eer_high: f64,
    /// Confidence interval of the equal error rate.
    pub eer_interval_95: [f64; 2],
    /// Equal error rate by linear interpolation of the ROC.
    pub eer_interpolated: f64,
    /// Equal error rate as bob.measure defines it: where |FMR − FNMR| is smallest. `None` in reports of older versions.
    #[serde(default)]
    pub eer_min_difference: Option<f64>,
    /// Threshold and errors of the FVC2000 interval.
    pub eer_point: OperatingPoint,
    /// Rank-1 identification rate; a tie counts against the probe. `None` when unknown.
    pub rank1: Option<f64>,
    /// Correct searches.
    pub rank1_correct: Option<u64>,
    /// Searches: probes whose palm is in the gallery.
    pub rank1_searches: Option<u64>,
    /// Confidence interval of the rank-1 rate.
    pub rank1_interval_95: Option<[f64; 2]>,
    /// Lowest FNMR with FMR ≤ the key (`"1e-2"` … `"1e-5"`); `None`: fewer than 3/FMR impostor comparisons.
    pub fnmr_at_fmr: BTreeMap<String, Option<f64>>,
    /// The same points in full.
    pub points_at_fmr: BTreeMap<String, Option<OperatingPoint>>,
    /// Genuine accept rate at FMR ≤ the key: 1 − FNMR. Empty in reports of older versions.
    #[serde(default)]
    pub gar_at_fmr: BTreeMap<String, Option<f64>>,
    /// Lowest FNMR without a false match.
    pub zero_fmr: OperatingPoint,
    /// Lowest FMR without a false non-match.
    pub zero_fnmr: OperatingPoint,
    /// Area under the ROC curve.
    pub auc: f64,
    /// d′; `None` when all scores of each kind are equal.
    pub d_prime: Option<f64>,
    /// The genuine scores as a whole.
    pub genuine_scores: ScoreStatistics,
    /// The impostor scores as a whole.
    pub impostor_scores: ScoreStatistics,
    /// Degrees of freedom of the impostor distances (Daugman); `None` where scores are not distances in 0..=1.
    #[serde(default)]
    pub degrees_of_freedom: Option<f64>,
    /// Intervals over subjects, where they were asked for.
    #[serde(default)]
    pub bootstrap: Option<SubjectBootstrap>,
    /// Identification, where the searches are known.
    #[serde(default)]
    pub identification: Option<IdentificationFigures>,
}

/// A list a report was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListInfo {
    /// Path as given.
    pub path: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Samples in it.
    pub samples: u64,
}

impl ListInfo {
    /// Name, digest and size of a list.
    #[must_use]
    pub fn new(list: &List) -> Self {
        Self {
            path: list.path.display().to_string(),
            sha256: list.digest.clone(),
            samples: list.entries.len() as u64,
        }
    }
}

/// One threshold and what happens there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OperatingPoint {
    /// Accept iff similarity ≥ it, or distance ≤ it.
    pub threshold: f32,
    /// False match rate.
    pub fmr: f64,
    /// False non-match rate.
    pub fnmr: f64,
    /// Impostor comparisons accepted.
    pub false_matches: u64,
    /// Genuine comparisons rejected.
    pub false_non_matches: u64,
    /// Clopper–Pearson interval of the FMR.
    pub fmr_interval_95: [f64; 2],
    /// Clopper–Pearson interval of the FNMR.
    pub fnmr_interval_95: [f64; 2],
}

/// Mean and spread of scores, in their own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScoreStatistics {
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation (divided by n).
    pub sd: f64,
    /// Smallest score.
    pub min: f32,
    /// Largest score.
    pub max: f32,
}

impl From<Distribution> for ScoreStatistics {
    fn from(d: Distribution) -> Self {
        Self {
            mean: d.mean,
            sd: d.sd,
            min: d.min,
            max: d.max,
        }
    }
}

impl Report {
    /// The report as plain text: every rate with its counts in brackets and its interval.
    #[must_use]
    pub fn table(&self) -> String {
        table::render(self)
    }

    /// The report as indented JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every field is a number, a text or a map with text keys, for which serde_json has no error.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Writes `report.json`; it appears whole or not at all.
    ///
    /// # Errors
    /// [`EvalError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), EvalError> {
        atomic::write(path, |out| writeln!(out, "{}", self.to_json()))
    }

    /// Reads a `report.json`.
    ///
    /// # Errors
    /// [`EvalError::Read`] when the file cannot be read, [`EvalError::File`] when it is not a report of this version.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let file = File::open(path).map_err(EvalError::read(path))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(EvalError::read(path))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(EvalError::file(
                path,
                format!("larger than {MAX_FILE} bytes, the limit for a report"),
            ));
        }
        Self::parse(&bytes).map_err(|problem| EvalError::file(path, problem))
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        /// The keys that say how to read the rest.
        #[derive(Deserialize)]
        struct Head {
            schema: String,
            schema_version: u32,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(|e| format!("not a report: {e}"))?;
        if head.schema != SCHEMA {
            return Err(format!("schema is {:?}, expected {SCHEMA:?}", head.schema));
        }
        if head.schema_version != SCHEMA_VERSION {
            return Err(format!(
                "schema_version is {}, expected {SCHEMA_VERSION}",
                head.schema_version
            ));
        }
        serde_json::from_slice(bytes).map_err(|e| format!("not a report: {e}"))
    }
}
