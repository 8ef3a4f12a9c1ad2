//! Can two records of one palm under different keys be linked?
//!
//! Scores are those of a *linkage function* between protected records: mated of one palm under two keys, non-mated of
//! two palms under two keys. The function must be the best the attacker has, which is rarely the matcher.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::bootstrap::quantile;
use crate::EvalError;

const FIGURE: &str = "unlinkability";
/// The bins of the published tool.
pub const PUBLISHED_BINS: usize = 100;
/// More bins than any number of scores can fill.
const MOST_BINS: usize = 1 << 20;

/// Local and global linkability of two sets of scores, estimated from histograms.
#[derive(Debug, Clone, PartialEq)]
pub struct Unlinkability {
    /// Centres of the bins.
    pub scores: Vec<f64>,
    /// D↔(s) at the centres, 0..=1.
    pub local: Vec<f64>,
    /// Density of mated scores in the bins, p(s|Hm).
    pub mated: Vec<f64>,
    /// Density of non-mated scores in the bins, p(s|Hnm).
    pub non_mated: Vec<f64>,
    /// D_sys, 0 (nothing links) to 1 (everything does).
    pub d_sys: f64,
    /// Maximal linkability in bits, 0..=1.
    pub maximal: f64,
}

/// D↔(s) from the likelihood ratio LR(s) = p(s|Hm) / p(s|Hnm) and ω = p(Hm) / p(Hnm):
///
/// D↔ = 0 where LR·ω ≤ 1, otherwise 2·LR·ω / (1 + LR·ω) − 1 (Gomez-Barrero, Galbally, Rathgeb, Busch, IEEE TIFS 13(6),
/// 2018, eq. 6). An infinite ratio gives 1, NaN gives 0.
#[must_use]
pub fn local_linkability(likelihood_ratio: f64, omega: f64) -> f64 {
    let ratio = likelihood_ratio * omega;
    if ratio.is_nan() || ratio <= 1.0 {
        0.0
    } else {
        // The same as the formula, and 1 rather than NaN for an infinite ratio.
        1.0 - 2.0 / (1.0 + ratio)
    }
}

/// D↔, D_sys and maximal linkability from `bins` equal bins over the range of all scores.
///
/// D_sys = ∫ p(s|Hm) D↔(s) ds by the trapezium rule over the centres of the bins, as in the published tool
/// (dasec/unlinkability-metric, version 2.0, bins = min(mated/10, 100)); `omega` is 1 where nothing is known. Maximal
/// linkability = log₂ ∫ max(p(s|Hm), p(s|Hnm)) ds (Otroshi Shahreza, Shkel, Marcel, IEEE TIFS 18, 2023), by the sum
/// over the bins.
///
/// Both are biased upwards by the noise in the bins: two samples of 1,000 scores of *one* normal distribution give
/// D_sys ≈ 0.09 in 100 bins. Report them beside [`linkability_floor`].
///
/// # Deviations
///
/// A bin with neither kind of score has D↔ = 0 here, so that a picture does not show a link where nothing is. The tool
/// says 1. D_sys is the same, since the density of mated scores there is 0.
///
/// # Errors
/// [`EvalError::Figure`] when a set is empty or holds a value that is not finite, all scores are equal, `bins` is 0 or
/// above 2²⁰, or `omega` is not a positive number.
pub fn unlinkability(
    mated: &[f64],
    non_mated: &[f64],
    omega: f64,
    bins: usize,
) -> Result<Unlinkability, EvalError> {
    let (start, end) = range(mated, non_mated)?;
    check(omega, bins)?;
    let width = (end - start) / bins as f64;
    let mated = densities(mated, start, end, bins);
    let non_mated = densities(non_mated, start, end, bins);
    Ok(from_densities(start, width, mated, non_mated, omega))
}

fn from_densities(
    start: f64,
    width: f64,
    mated: Vec<f64>,
    non_mated: Vec<f64>,
    omega: f64,
) -> Unlinkability {
    // No mated score is no link; a mated score where no other can be is a sure one (0/0 is NaN, x/0 infinite).
    let pairs = || mated.iter().zip(&non_mated);
    let local: Vec<f64> = pairs()
        .map(|(m, n)| local_linkability(m / n, omega))
        .collect();
    let integrand: Vec<f64> = mated.iter().zip(&local).map(|(m, d)| m * d).collect();
    let d_sys = integrand
        .windows(2)
        .map(|w| (w[0] + w[1]) / 2.0 * width)
        .sum();
    let larger: f64 = pairs().map(|(m, n)| m.max(*n) * width).sum();
    let centre = |bin: usize| start + (bin as f64 + 0.5) * width;
    Unlinkability {
        scores: (0..local.len()).map(centre).collect(),
        local,
        d_sys,
        // The integral is in 1..=2; rounding must not leave it.
        maximal: larger.clamp(1.0, 2.0).log2(),
        mated,
        non_mated,
    }
}

/// What the two estimates say of scores that cannot be linked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkabilityFloor {
    /// Mean of D_sys over the shuffles.
    pub d_sys: f64,
    /// 95 % of the shuffles stay at or below it: a D_sys under it is no evidence of a link.
    pub d_sys_95: f64,
    /// Mean of the maximal linkability.
    pub maximal: f64,
    /// 95 % of the shuffles stay at or below it.
    pub maximal_95: f64,
}

/// The bias of [`unlinkability`] for these very scores: the labels are shuffled, so that nothing links, and both
/// figures are estimated again, `shuffles` times. The same `seed` gives the same numbers.
///
/// # Errors
/// As [`unlinkability`]; `shuffles` must be at least 1.
pub fn linkability_floor(
    mated: &[f64],
    non_mated: &[f64],
    omega: f64,
    bins: usize,
    shuffles: usize,
    seed: u64,
) -> Result<LinkabilityFloor, EvalError> {
    let (start, end) = range(mated, non_mated)?;
    check(omega, bins)?;
    if shuffles == 0 {
        return Err(problem("0 shuffles, expected at least 1".into()));
    }
    let width = (end - start) / bins as f64;
    let mut pool: Vec<f64> = mated.iter().chain(non_mated).copied().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (mut d_sys, mut maximal) = (Vec::new(), Vec::new());
    for _ in 0..shuffles {
        pool.shuffle(&mut rng);
        let (a, b) = pool.split_at(mated.len());
        let (a, b) = (
            densities(a, start, end, bins),
            densities(b, start, end, bins),
        );
        let found = from_densities(start, width, a, b, omega);
        d_sys.push(found.d_sys);
        maximal.push(found.maximal);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Ok(LinkabilityFloor {
        d_sys: mean(&d_sys),
        d_sys_95: quantile(&mut d_sys, 0.95),
        maximal: mean(&maximal),
        maximal_95: quantile(&mut maximal, 0.95),
    })
}

fn problem(problem: String) -> EvalError {
    EvalError::Figure {
        figure: FIGURE,
        problem,
    }
}

fn check(omega: f64, bins: usize) -> Result<(), EvalError> {
    if bins == 0 || bins > MOST_BINS {
        return Err(problem(format!("{bins} bins, expected 1 to {MOST_BINS}")));
    }
    if !(omega > 0.0 && omega.is_finite()) {
        return Err(problem(format!(
            "omega is {omega}, expected a positive number"
        )));
    }
    Ok(())
}

fn range(mated: &[f64], non_mated: &[f64]) -> Result<(f64, f64), EvalError> {
    for (scores, name) in [(mated, "mated"), (non_mated, "non-mated")] {
        if scores.is_empty() {
            return Err(problem(format!("no {name} score, expected at least one")));
        }
        if let Some(index) = scores.iter().position(|s| !s.is_finite()) {
            let value = scores[index];
            return Err(problem(format!(
                "{name} score number {index} is {value}, expected a finite number"
            )));
        }
    }
    let all = || mated.iter().chain(non_mated).copied();
    let (start, end) = (
        all().fold(f64::INFINITY, f64::min),
        all().fold(f64::NEG_INFINITY, f64::max),
    );
    if start < end && (end - start).is_finite() {
        Ok((start, end))
    } else {
        Err(problem(format!(
            "all scores lie between {start} and {end}, expected a spread"
        )))
    }
}

/// Density in equal bins; the last one holds its upper edge, as in numpy.
fn densities(scores: &[f64], start: f64, end: f64, bins: usize) -> Vec<f64> {
    let mut counts = vec![0u64; bins];
    let width = (end - start) / bins as f64;
    let edge = |bin: usize| bin as f64 * width + start;
    for &score in scores {
        let mut bin = (((score - start) / (end - start) * bins as f64) as usize).min(bins - 1);
        // The quotient is rounded, the edges decide.
        while bin > 0 && score < edge(bin) {
            bin -= 1;
        }
        while bin + 1 < bins && score >= edge(bin + 1) {
            bin += 1;
        }
        counts[bin] += 1;
    }
    let scale = scores.len() as f64 * width;
    counts.iter().map(|&count| count as f64 / scale).collect()
}
