//! From scores to a report, in one call.

use crate::metrics::{ErrorCurve, Errors, auc, d_prime, degrees_of_freedom};
use crate::report::{ListInfo, OperatingPoint, Report, SCHEMA, SCHEMA_VERSION, ScoreStatistics};
use crate::sample::SampleCounts;
use crate::{EvalError, List, Polarity, ScoreSet};

/// Confidence of every interval in a report.
const CONFIDENCE: f64 = 0.95;

/// The false match rates a report gives the FNMR at, and their names in it.
pub const FMR_POINTS: [(&str, f64); 4] = [
    ("1e-2", 1e-2),
    ("1e-3", 1e-3),
    ("1e-4", 1e-4),
    ("1e-5", 1e-5),
];

/// Where the scores come from: what a report says beside the figures. Everything may be left out.
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// Matcher or extractor, e.g. `compact`, `compcode`.
    pub method: String,
    /// Protection: `none`, `l1`, `l2`, `l1+l2`.
    pub protect: String,
    /// Whose token templates are under: `one` for all, its `own` for each palm, or an`other` for the probes; `None` for a
    /// protection without a token.
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
    /// Samples and failures to acquire.
    pub samples: Option<SampleCounts>,
}

impl Meta {
    /// Takes over the names and digests of the lists.
    #[must_use]
    pub fn with_lists(mut self, gallery: &List, probe: &List) -> Self {
        self.gallery = Some(ListInfo::new(gallery));
        self.probe = Some(ListInfo::new(probe));
        self
    }

    /// Takes over how many samples there were, and how many failed to acquire.
    #[must_use]
    pub fn with_samples(mut self, samples: SampleCounts) -> Self {
        self.samples = Some(samples);
        self
    }
}

/// All figures of a set of scores.
///
/// # Errors
/// [`EvalError::NoScores`] when there is no usable genuine or impostor score, [`EvalError::InfiniteScore`].
pub fn evaluate(scores: &ScoreSet, meta: &Meta) -> Result<Report, EvalError> {
    let curve = ErrorCurve::new(scores)?;
    Ok(evaluate_curve(&curve, meta))
}

/// As [`evaluate`], for a curve that is also wanted for something else, such as a picture.
#[must_use]
pub fn evaluate_curve(curve: &ErrorCurve, meta: &Meta) -> Report {
    let eer = curve.eer();
    let (eer_from, eer_to) = curve.eer_interval(CONFIDENCE);
    let (genuine_scores, impostor_scores) = curve.distributions();
    let at_fmr = FMR_POINTS.map(|(name, fmr)| (name.to_owned(), curve.fnmr_at_fmr(fmr)));
    let failed = meta.samples.map(|s| s.gallery_failed + s.probe_failed);
    Report {
        schema: SCHEMA.to_owned(),
        schema_version: SCHEMA_VERSION,
        method: meta.method.clone(),
        protect: meta.protect.clone(),
        tokens: meta.tokens.clone(),
        input: meta.input.clone(),
        command_line: meta.command_line.clone(),
        model_contract: meta.model_contract.clone(),
        gallery: meta.gallery.clone(),
        probe: meta.probe.clone(),
        polarity: curve.polarity(),
        samples: meta.samples.map(|s| s.gallery + s.probe),
        fta: failed,
        genuine: curve.genuine(),
        impostor: curve.impostor(),
        genuine_failed: curve.failed().0,
        impostor_failed: curve.failed().1,
        eer: eer.eer,
        eer_low: eer.low,
        eer_high: eer.high,
        eer_interval_95: [eer_from, eer_to],
        eer_interpolated: curve.eer_interpolated(),
        eer_min_difference: Some(curve.eer_min_difference()),
        eer_point: operating_point(&eer.at),
        rank1: None,
        rank1_correct: None,
        rank1_searches: None,
        rank1_interval_95: None,
        fnmr_at_fmr: at_fmr
            .iter()
            .map(|(name, e)| (name.clone(), e.map(|e| e.fnmr())))
            .collect(),
        points_at_fmr: at_fmr
            .iter()
            .map(|(name, e)| (name.clone(), e.as_ref().map(operating_point)))
            .collect(),
        gar_at_fmr: FMR_POINTS
            .map(|(name, fmr)| (name.to_owned(), curve.gar_at_fmr(fmr)))
            .into(),
        zero_fmr: operating_point(&curve.zero_fmr()),
        zero_fnmr: operating_point(&curve.zero_fnmr()),
        auc: auc(curve),
        d_prime: d_prime(curve),
        genuine_scores: ScoreStatistics::from(genuine_scores),
        impostor_scores: ScoreStatistics::from(impostor_scores),
        degrees_of_freedom: match curve.polarity() {
            Polarity::Distance => degrees_of_freedom(&impostor_scores),
            Polarity::Similarity => None,
        },
        bootstrap: None,
        identification: None,
    }
}

pub(crate) fn operating_point(errors: &Errors) -> OperatingPoint {
    OperatingPoint {
        threshold: errors.threshold,
        fmr: errors.fmr(),
        fnmr: errors.fnmr(),
        false_matches: errors.false_matches,
        false_non_matches: errors.false_non_matches,
        fmr_interval_95: errors.fmr_interval(CONFIDENCE).into(),
        fnmr_interval_95: errors.fnmr_interval(CONFIDENCE).into(),
    }
}
