//! Error rates of weighted subjects, in one walk over scores that are sorted once.
//!
//! The walk starts at the strict end, where few impostors are, and stops when every figure is known. Most impostor
//! scores are therefore never visited; their total weight comes from the number of comparisons of each pair.

use std::collections::HashMap;

use crate::{EvalError, SubjectScores};

/// Comparisons in descending order of their score, high means match.
pub(super) struct Ordered {
    comparisons: Vec<Entry>,
    /// How often each pair of subjects was compared; a subject with itself are its genuine comparisons.
    pairs: Vec<(u32, u32, u64)>,
    subjects: usize,
    impostor: u64,
}

/// One comparison, without its score: the order is all that counts.
#[derive(Clone, Copy)]
struct Entry {
    reference: u32,
    probe: u32,
    /// Does the next entry have a lower score?
    ends_run: bool,
}

/// The figures of one replicate.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Figures {
    pub(super) eer: f64,
    pub(super) eer_interpolated: f64,
    pub(super) fnmr_at_fmr: Vec<f64>,
}

/// Weighted counts of accepted comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Accepted {
    genuine: u64,
    impostor: u64,
}

impl Ordered {
    /// Sorts the comparisons. NaN scores (failures to acquire) are left out.
    pub(super) fn new(scores: &SubjectScores) -> Result<Self, EvalError> {
        let set = scores.score_set();
        for (values, kind) in [(&set.genuine, "genuine"), (&set.impostor, "impostor")] {
            if let Some(index) = values.iter().position(|s| s.is_infinite()) {
                let value = values[index];
                return Err(EvalError::InfiniteScore { kind, index, value });
            }
            if values.iter().all(|s| s.is_nan()) {
                let failed = values.len() as u64;
                return Err(EvalError::NoScores { kind, failed });
            }
        }
        let mut numbers: HashMap<u32, u32> = HashMap::new();
        let mut number = |subject: u32| {
            let next = numbers.len() as u32;
            *numbers.entry(subject).or_insert(next)
        };
        let usable = scores.comparisons.iter().filter(|c| !c.score.is_nan());
        let mut scored: Vec<(f32, u32, u32)> = usable
            .map(|c| {
                let score = scores.polarity.oriented(c.score);
                (score, number(c.reference), number(c.probe))
            })
            .collect();
        scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let after = scored.iter().skip(1).map(|next| Some(next.0)).chain([None]);
        let entry = |(&(score, reference, probe), next): (&(f32, u32, u32), Option<f32>)| Entry {
            reference,
            probe,
            ends_run: next != Some(score),
        };
        let comparisons: Vec<Entry> = scored.iter().zip(after).map(entry).collect();
        let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
        for entry in &comparisons {
            *counts.entry((entry.reference, entry.probe)).or_default() += 1;
        }
        let pairs: Vec<_> = counts.into_iter().map(|((a, b), n)| (a, b, n)).collect();
        let impostor = pairs.iter().filter(|p| p.0 != p.1).map(|p| p.2).sum();
        Ok(Self {
            comparisons,
            pairs,
            subjects: numbers.len(),
            impostor,
        })
    }

    pub(super) fn subjects(&self) -> usize {
        self.subjects
    }

    /// Usable impostor comparisons.
    pub(super) fn impostor(&self) -> u64 {
        self.impostor
    }

    /// The figures where subject s counts `weights[s]` times; `None` when no comparison of one kind is left.
    pub(super) fn figures(&self, weights: &[u32], fmr_points: &[f64]) -> Option<Figures> {
        let all = self.total(weights)?;
        // Rejecting everybody: FMR 0, FNMR 1.
        let mut here = Accepted::default();
        let mut fnmr_at_fmr = vec![here.fnmr(all); fmr_points.len()];
        let (mut before, mut eers) = (here, None);
        for comparison in &self.comparisons {
            here.add(comparison.reference, comparison.probe, 1, weights);
            if !comparison.ends_run || here == before {
                continue;
            }
            // A point of the curve: one threshold lower, no FMR is lower and no FNMR is higher.
            let fmr = here.fmr(all);
            let mut wanted_more = false;
            for (found, &wanted) in fnmr_at_fmr.iter_mut().zip(fmr_points) {
                if fmr <= wanted {
                    *found = here.fnmr(all);
                    wanted_more = true;
                }
            }
            if eers.is_none() && here.scaled_fmr(all) > here.scaled_fnmr(all) {
                eers = Some(equal_error(here, before, all));
            }
            if eers.is_some() && !wanted_more {
                break;
            }
            before = here;
        }
        let (eer, eer_interpolated) = eers?;
        Some(Figures {
            eer,
            eer_interpolated,
            fnmr_at_fmr,
        })
    }
}

impl Ordered {
    /// The lowest FNMR at each of many FMRs, in one walk; `fmrs` ascend. `None` as in [`Ordered::figures`], which walks
    /// over all FMRs at each step and is meant for few.
    pub(super) fn fnmr_along(&self, weights: &[u32], fmrs: &[f64]) -> Option<Vec<f64>> {
        let all = self.total(weights)?;
        let mut found = Vec::with_capacity(fmrs.len());
        let (mut here, mut before) = (Accepted::default(), Accepted::default());
        for comparison in &self.comparisons {
            here.add(comparison.reference, comparison.probe, 1, weights);
            if !comparison.ends_run {
                continue;
            }
            // The point before is the last one whose FMR is low enough.
            let fmr = here.fmr(all);
            while fmrs.get(found.len()).is_some_and(|&wanted| fmr > wanted) {
                found.push(before.fnmr(all));
            }
            if found.len() == fmrs.len() {
                return Some(found);
            }
            before = here;
        }
        found.resize(fmrs.len(), here.fnmr(all));
        Some(found)
    }

    /// The weights of all comparisons; `None` when one kind has none.
    fn total(&self, weights: &[u32]) -> Option<Accepted> {
        let mut all = Accepted::default();
        for &(reference, probe, count) in &self.pairs {
            all.add(reference, probe, count, weights);
        }
        (all.genuine > 0 && all.impostor > 0).then_some(all)
    }
}

impl Accepted {
    fn add(&mut self, reference: u32, probe: u32, count: u64, weights: &[u32]) {
        let weight = count * u64::from(weights[reference as usize]);
        if reference == probe {
            self.genuine += weight;
        } else {
            self.impostor += weight * u64::from(weights[probe as usize]);
        }
    }

    fn fmr(self, all: Self) -> f64 {
        self.impostor as f64 / all.impostor as f64
    }

    fn fnmr(self, all: Self) -> f64 {
        (all.genuine - self.genuine) as f64 / all.genuine as f64
    }

    /// FMR and FNMR over their common denominator, so that they are compared exactly.
    fn scaled_fmr(self, all: Self) -> u128 {
        u128::from(self.impostor) * u128::from(all.genuine)
    }

    fn scaled_fnmr(self, all: Self) -> u128 {
        u128::from(all.genuine - self.genuine) * u128::from(all.impostor)
    }
}

/// EER by the FVC2000 rule and by interpolation, from the points around the crossing; see `ErrorCurve::eer`. `before` is
/// the more permissive one.
fn equal_error(before: Accepted, t2: Accepted, all: Accepted) -> (f64, f64) {
    let t1 = if t2.scaled_fmr(all) == t2.scaled_fnmr(all) {
        t2
    } else {
        before
    };
    let sum = |p: Accepted| p.scaled_fmr(all) + p.scaled_fnmr(all);
    let at = if sum(t1) <= sum(t2) { t1 } else { t2 };
    let above = t1.fmr(all) - t1.fnmr(all);
    let below = t2.fnmr(all) - t2.fmr(all);
    let interpolated = if above + below <= 0.0 {
        t2.fmr(all)
    } else {
        t1.fmr(all) + above / (above + below) * (t2.fmr(all) - t1.fmr(all))
    };
    (f64::midpoint(at.fmr(all), at.fnmr(all)), interpolated)
}
