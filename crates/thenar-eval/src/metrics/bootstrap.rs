//! Confidence by drawing the subjects again.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rayon::prelude::*;

use super::bootstrap_sweep::{Figures, Ordered};
use super::measurable;
use crate::{EvalError, SubjectScores};

/// How a bootstrap is run. The same plan on the same scores gives the same numbers on every machine and with any number
/// of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapPlan {
    /// How often the subjects are drawn again; at least 1,000 for a 95 % interval.
    pub replicates: usize,
    /// Confidence of the intervals, in 0..1.
    pub confidence: f64,
    /// Seed of the draws; replicate k uses stream k of ChaCha8.
    pub seed: u64,
}

impl Default for BootstrapPlan {
    /// 1,000 replicates, 95 %, seed 0.
    fn default() -> Self {
        Self {
            replicates: 1_000,
            confidence: 0.95,
            seed: 0,
        }
    }
}

/// Percentile interval of one figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BootstrapInterval {
    /// The figure of the scores as they are.
    pub value: f64,
    /// Lower limit.
    pub low: f64,
    /// Upper limit.
    pub high: f64,
    /// Standard deviation over the replicates.
    pub sd: f64,
}

/// What a subject bootstrap found.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapResult {
    /// EER, middle of the FVC2000 interval.
    pub eer: BootstrapInterval,
    /// EER by interpolation.
    pub eer_interpolated: BootstrapInterval,
    /// For each FMR asked for: the lowest FNMR with FMR at most that. `None`: not measurable, fewer than 3/FMR impostor
    /// comparisons.
    pub fnmr_at_fmr: Vec<Option<BootstrapInterval>>,
    /// Subjects the scores are of.
    pub subjects: usize,
    /// Replicates with at least one genuine and one impostor comparison; the others are left out.
    pub replicates: usize,
}

/// Intervals by drawing *subjects*, not scores, with replacement (the subset bootstrap of Bolle, Ratha, Pankanti,
/// *Error analysis of pattern recognition systems: the subsets bootstrap*, CVIU 93(1), 2004).
///
/// A subject drawn w times brings its genuine scores w times; an impostor score between subjects drawn w and v times
/// counts w·v times. Two copies of one subject are no impostors and give no score. The limits are the percentiles of
/// the replicates, computed in parallel: each visits the pairs of subjects and the comparisons above the threshold of
/// the highest error rate asked for. 12 bytes per comparison, and as much again while they are sorted.
///
/// Where impostor scores of different pairs are independent, and few, the interval is wider than needed (Owen, *The
/// pigeonhole bootstrap*, Annals of Applied Statistics 1(2), 2007): up to √3 in the share of the uncertainty that
/// comes from impostors. It is never too narrow for that reason.
///
/// # Errors
/// [`EvalError::Figure`] with fewer than two subjects, no replicate, a confidence outside 0..1, or when no replicate
/// has both kinds of score; [`EvalError::NoScores`], [`EvalError::InfiniteScore`].
pub fn bootstrap_subjects(
    scores: &SubjectScores,
    fmr_points: &[f64],
    plan: &BootstrapPlan,
) -> Result<BootstrapResult, EvalError> {
    let ordered = Ordered::new(scores)?;
    let subjects = ordered.subjects();
    check_plan(subjects, plan)?;
    let as_they_are = ordered.figures(&vec![1; subjects], fmr_points);
    let Some(observed) = as_they_are else {
        return Err(problem("no comparison of one kind".into()));
    };
    let replicates: Vec<Figures> = (0..plan.replicates as u64)
        .into_par_iter()
        .filter_map(|replicate| ordered.figures(&drawn(subjects, plan.seed, replicate), fmr_points))
        .collect();
    if replicates.is_empty() {
        return Err(problem(
            "no replicate has genuine and impostor scores".into(),
        ));
    }
    let interval = |of: &dyn Fn(&Figures) -> f64| {
        let mut values: Vec<f64> = replicates.iter().map(of).collect();
        percentiles(of(&observed), &mut values, plan.confidence)
    };
    let at_fmr = fmr_points.iter().enumerate().map(|(k, &fmr)| {
        let of = |f: &Figures| f.fnmr_at_fmr.get(k).copied().unwrap_or(1.0);
        measurable(fmr, ordered.impostor()).then(|| interval(&of))
    });
    Ok(BootstrapResult {
        eer: interval(&|f| f.eer),
        eer_interpolated: interval(&|f| f.eer_interpolated),
        fnmr_at_fmr: at_fmr.collect(),
        subjects,
        replicates: replicates.len(),
    })
}

/// # Errors
/// [`EvalError::Figure`] where nothing can be drawn.
pub(super) fn check_plan(subjects: usize, plan: &BootstrapPlan) -> Result<(), EvalError> {
    if subjects < 2 {
        return Err(problem(format!("{subjects} subject, expected at least 2")));
    }
    if plan.replicates == 0 || !(plan.confidence > 0.0 && plan.confidence < 1.0) {
        return Err(problem(format!(
            "{} replicates at confidence {}, expected at least 1 and a number between 0 and 1",
            plan.replicates, plan.confidence
        )));
    }
    Ok(())
}

/// How often each subject is drawn in one replicate.
pub(super) fn drawn(subjects: usize, seed: u64, replicate: u64) -> Vec<u32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(replicate);
    let mut weights = vec![0u32; subjects];
    for _ in 0..subjects {
        weights[rng.random_range(0..subjects)] += 1;
    }
    weights
}

fn percentiles(value: f64, values: &mut [f64], confidence: f64) -> BootstrapInterval {
    let tail = (1.0 - confidence) / 2.0;
    BootstrapInterval {
        value,
        sd: sd(values),
        low: quantile(values, tail),
        high: quantile(values, 1.0 - tail),
    }
}

/// Standard deviation, divided by n; NaN for none.
pub(super) fn sd(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (squares / values.len() as f64).sqrt()
}

/// The quantile `p` of `values`, which get sorted; between two values it is interpolated, as numpy does. NaN for none.
pub(super) fn quantile(values: &mut [f64], p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let position = p.clamp(0.0, 1.0) * values.len().saturating_sub(1) as f64;
    let below = values.get(position.floor() as usize).copied();
    let above = values.get(position.ceil() as usize).copied();
    match (below, above) {
        (Some(below), Some(above)) => below + (above - below) * position.fract(),
        _ => f64::NAN,
    }
}

pub(super) fn problem(problem: String) -> EvalError {
    EvalError::Figure {
        figure: "subject bootstrap",
        problem,
    }
}
