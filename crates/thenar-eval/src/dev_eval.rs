//! Thresholds fixed on development scores, and the errors they make on evaluation scores.
//!
//! A threshold that is chosen on the very scores it is judged by looks better than it will be. So bob's `metrics` and
//! many papers choose it on one set of subjects and report the errors on another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluate::{FMR_POINTS, operating_point};
use crate::metrics::{Criterion, ErrorCurve, TransactionRates, clopper_pearson};
use crate::report::OperatingPoint;
use crate::table::{self, grouped, percent};
use crate::{EvalError, Polarity};

/// Two limits that hold with 97.5 % each hold together with at least 95 % (Bonferroni).
const EACH_OF_TWO: f64 = 0.975;

/// The errors of thresholds that were fixed on other scores. Rates are fractions in 0..=1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DevEval {
    /// What a high score means, in both sets.
    pub polarity: Polarity,
    /// How many scores the thresholds were fixed on.
    pub development: ScoreCounts,
    /// How many scores they are judged by.
    pub evaluation: ScoreCounts,
    /// By criterion: `eer`, `min-hter`, `fmr-1e-2` … `fmr-1e-5`. `None`: not measurable, fewer than 3/FMR impostor
    /// comparisons for development.
    pub thresholds: BTreeMap<String, Option<FixedThreshold>>,
}

/// The comparisons of one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreCounts {
    /// Usable genuine comparisons.
    pub genuine: u64,
    /// Usable impostor comparisons.
    pub impostor: u64,
    /// Comparisons of either kind that failed to acquire.
    pub failed: u64,
}

/// One threshold and its errors on both sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FixedThreshold {
    /// On the scores it was fixed on.
    pub development: FixedErrors,
    /// On the other scores.
    pub evaluation: FixedErrors,
}

/// The errors of a threshold on one set.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FixedErrors {
    /// FMR and FNMR, with counts and 95 % intervals (Clopper–Pearson; comparisons taken as independent).
    #[serde(flatten)]
    pub errors: OperatingPoint,
    /// Half total error rate, (FMR + FNMR) / 2.
    pub hter: f64,
    /// Interval of the HTER that holds with at least 95 %: half the sums of the 97.5 % limits of FMR and FNMR.
    pub hter_interval_95: [f64; 2],
    /// False accept rate: FMR · (1 − FTA).
    pub far: f64,
    /// False reject rate: FTA + FNMR · (1 − FTA).
    pub frr: f64,
}

/// Fixes thresholds at equal error, at the smallest HTER and at FMR 1e-2 … 1e-5 on `development`, and counts their
/// errors on `evaluation`. [`ErrorCurve::fixed_threshold`] says where exactly they lie.
///
/// # Errors
/// [`EvalError::Figure`] when the polarities differ.
pub fn dev_eval(development: &ErrorCurve, evaluation: &ErrorCurve) -> Result<DevEval, EvalError> {
    let polarity = development.polarity();
    if evaluation.polarity() != polarity {
        return Err(EvalError::Figure {
            figure: "thresholds of a development set",
            problem: format!(
                "evaluation scores are a {}, expected a {} as for development",
                evaluation.polarity().name(),
                polarity.name()
            ),
        });
    }
    let fixed = |criterion: Criterion| {
        let threshold = development.fixed_threshold(criterion)?;
        Some(FixedThreshold {
            development: errors(development, threshold),
            evaluation: errors(evaluation, threshold),
        })
    };
    let thresholds = criteria().map(|(name, criterion)| (name, fixed(criterion)));
    Ok(DevEval {
        polarity,
        development: counts(development),
        evaluation: counts(evaluation),
        thresholds: thresholds.collect(),
    })
}

/// The criteria with their names in the report.
fn criteria() -> impl Iterator<Item = (String, Criterion)> {
    let at_fmr = FMR_POINTS.map(|(name, fmr)| (format!("fmr-{name}"), Criterion::AtFmr(fmr)));
    [
        ("eer".to_owned(), Criterion::EqualError),
        ("min-hter".to_owned(), Criterion::MinHter),
    ]
    .into_iter()
    .chain(at_fmr)
}

fn counts(curve: &ErrorCurve) -> ScoreCounts {
    let (genuine, impostor) = curve.failed();
    ScoreCounts {
        genuine: curve.genuine(),
        impostor: curve.impostor(),
        failed: genuine + impostor,
    }
}

fn errors(curve: &ErrorCurve, threshold: f32) -> FixedErrors {
    let errors = curve.at(threshold);
    let fmr = clopper_pearson(errors.false_matches, errors.impostor, EACH_OF_TWO);
    let fnmr = clopper_pearson(errors.false_non_matches, errors.genuine, EACH_OF_TWO);
    let whole = TransactionRates::new(errors.fmr(), errors.fnmr(), curve.fta());
    FixedErrors {
        errors: operating_point(&errors),
        hter: f64::midpoint(errors.fmr(), errors.fnmr()),
        hter_interval_95: [f64::midpoint(fmr.0, fnmr.0), f64::midpoint(fmr.1, fnmr.1)],
        far: whole.far,
        frr: whole.frr,
    }
}

impl DevEval {
    /// A table as bob's `metrics` prints it: for each criterion the errors on both sets, counts in brackets and 95 %
    /// intervals behind them.
    #[must_use]
    pub fn table(&self) -> String {
        let (head, rows) = self.cells();
        table::draw_columns(&head, &rows)
    }

    /// The table's head and rows, for whoever draws it in another way.
    #[must_use]
    pub fn cells(&self) -> ([String; 3], Vec<[String; 3]>) {
        let mut rows = Vec::new();
        for (name, _) in criteria() {
            match self.thresholds.get(&name) {
                Some(Some(fixed)) => rows.extend(self.rows(&name, fixed)),
                Some(None) => rows.push([
                    format!("At {name}"),
                    "not measurable (fewer than 3/FMR impostor comparisons)".to_owned(),
                    String::new(),
                ]),
                None => {}
            }
        }
        let head = ["Threshold", "Development", "Evaluation"].map(str::to_owned);
        (head, rows)
    }

    fn rows(&self, name: &str, fixed: &FixedThreshold) -> [[String; 3]; 6] {
        let both = |title: String, text: &dyn Fn(&FixedErrors, &ScoreCounts) -> String| {
            let (dev, eval) = (&fixed.development, &fixed.evaluation);
            [
                title,
                text(dev, &self.development),
                text(eval, &self.evaluation),
            ]
        };
        let rate = |rate: f64, count: u64, all: u64, [low, high]: [f64; 2]| {
            let counts = format!("{}/{}", grouped(count), grouped(all));
            format!(
                "{} ({counts}) [{} .. {}]",
                percent(rate),
                percent(low),
                percent(high)
            )
        };
        [
            both(format!("At {name}"), &|e, _| {
                format!("{} {}", self.polarity.name(), e.errors.threshold)
            }),
            both("  False match rate".to_owned(), &|e, n| {
                let e = &e.errors;
                rate(e.fmr, e.false_matches, n.impostor, e.fmr_interval_95)
            }),
            both("  False non-match rate".to_owned(), &|e, n| {
                let e = &e.errors;
                rate(e.fnmr, e.false_non_matches, n.genuine, e.fnmr_interval_95)
            }),
            both("  Half total error rate".to_owned(), &|e, _| {
                let [low, high] = e.hter_interval_95.map(percent);
                format!("{} [{low} .. {high}]", percent(e.hter))
            }),
            both("  False accept rate".to_owned(), &|e, _| percent(e.far)),
            both("  False reject rate".to_owned(), &|e, _| percent(e.frr)),
        ]
    }
}
