//! Bootstrap intervals corrected for bias and for a spread that changes with the value.

use rayon::prelude::*;

use super::bootstrap::{check_plan, drawn, problem, quantile, sd};
use super::bootstrap_sweep::{Figures, Ordered};
use super::{BootstrapInterval, BootstrapPlan, normal_cdf, probit};
use crate::{EvalError, SubjectScores};

/// What a bias-corrected subject bootstrap found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BcaResult {
    /// EER, middle of the FVC2000 interval.
    pub eer: BootstrapInterval,
    /// EER by interpolation.
    pub eer_interpolated: BootstrapInterval,
    /// Subjects the scores are of.
    pub subjects: usize,
    /// Replicates with at least one genuine and one impostor comparison; the others are left out.
    pub replicates: usize,
}

/// BCa intervals of the EER over subjects, from the draws of [`super::bootstrap_subjects`] with the same plan.
///
/// The acceleration comes from leaving out one subject at a time, so there are as many walks more as subjects.
///
/// # Errors
/// As [`super::bootstrap_subjects`].
pub fn bootstrap_subjects_bca(
    scores: &SubjectScores,
    plan: &BootstrapPlan,
) -> Result<BcaResult, EvalError> {
    let ordered = Ordered::new(scores)?;
    let subjects = ordered.subjects();
    check_plan(subjects, plan)?;
    let all = vec![1; subjects];
    let Some(observed) = ordered.figures(&all, &[]) else {
        return Err(problem("no comparison of one kind".into()));
    };
    let replicates: Vec<Figures> = (0..plan.replicates as u64)
        .into_par_iter()
        .filter_map(|k| ordered.figures(&drawn(subjects, plan.seed, k), &[]))
        .collect();
    let without: Vec<Figures> = (0..subjects)
        .into_par_iter()
        .filter_map(|subject| {
            let mut weights = all.clone();
            weights[subject] = 0;
            ordered.figures(&weights, &[])
        })
        .collect();
    if replicates.is_empty() {
        return Err(problem(
            "no replicate has genuine and impostor scores".into(),
        ));
    }
    let interval = |of: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = replicates.iter().map(of).collect();
        let left_out: Vec<f64> = without.iter().map(of).collect();
        let value = of(&observed);
        let sd = sd(&values);
        let (low, high) = bca_interval(value, &mut values, &left_out, plan.confidence);
        BootstrapInterval {
            value,
            low,
            high,
            sd,
        }
    };
    Ok(BcaResult {
        eer: interval(|f| f.eer),
        eer_interpolated: interval(|f| f.eer_interpolated),
        subjects,
        replicates: replicates.len(),
    })
}

/// The BCa interval (Efron, *Better bootstrap confidence intervals*, JASA 82, 1987; DiCiccio and Efron, *Bootstrap
/// confidence intervals*, Statistical Science 11(3), 1996, eq. 2.3 and 6.6).
///
/// `value` is the figure as it is, `replicates` the figure of each draw (they get sorted), `left_out` the figure without
/// each subject in turn. Replicates equal to the value count one half in the bias, as in scipy. Where all replicates lie
/// on one side half a replicate is put on the other, where scipy gives up. NaN without replicates.
#[must_use]
pub fn bca_interval(
    value: f64,
    replicates: &mut [f64],
    left_out: &[f64],
    confidence: f64,
) -> (f64, f64) {
    let count = replicates.len() as f64;
    let below = replicates.iter().filter(|r| **r < value).count() as f64;
    let equal = replicates.iter().filter(|r| **r == value).count() as f64;
    let share = (below + equal / 2.0) / count;
    let room = 0.5 / count;
    // Not clamp, which panics where there is no replicate and so no room.
    let bias = probit(share.max(room).min(1.0 - room));
    let acceleration = acceleration(left_out);
    let tail = (1.0 - confidence) / 2.0;
    let mut limit = |z: f64| {
        let shifted = bias + z;
        let p = normal_cdf(bias + shifted / (1.0 - acceleration * shifted));
        quantile(replicates, p)
    };
    (limit(probit(tail)), limit(probit(1.0 - tail)))
}

/// A sixth of the skewness of the jackknife; 0 where leaving out changes nothing.
fn acceleration(left_out: &[f64]) -> f64 {
    let mean = left_out.iter().sum::<f64>() / left_out.len() as f64;
    let power = |n: i32| left_out.iter().map(|v| (mean - v).powi(n)).sum::<f64>();
    let squares = power(2);
    if squares > 0.0 {
        power(3) / (6.0 * squares.powf(1.5))
    } else {
        0.0
    }
}
