//! Parts of a report that not every experiment has: intervals over subjects, and identification.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Report;
use crate::metrics::{BootstrapPlan, BootstrapResult, Identification};

/// The ranks of a CMC a report keeps.
const MAX_RANK: usize = 100;
/// The false positive identification rates a report gives the FNIR at.
const FPIR_POINTS: [(&str, f64); 3] = [("1e-1", 1e-1), ("1e-2", 1e-2), ("1e-3", 1e-3)];

/// Percentile intervals over subjects that were drawn again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubjectBootstrap {
    /// Subjects the scores are of.
    pub subjects: u64,
    /// Replicates that gave figures.
    pub replicates: u64,
    /// Seed of the draws.
    pub seed: u64,
    /// Confidence of the intervals, usually 0.95.
    pub confidence: f64,
    /// Of the EER, middle of the FVC2000 interval.
    pub eer_interval: [f64; 2],
    /// Of the interpolated EER.
    pub eer_interpolated_interval: [f64; 2],
    /// Of the lowest FNMR with FMR ≤ the key; `None`: not measurable.
    pub fnmr_at_fmr_interval: BTreeMap<String, Option<[f64; 2]>>,
}

/// Closed- and open-set identification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentificationFigures {
    /// N, enrolled subjects.
    pub enrolled: u64,
    /// Searches whose subject is enrolled.
    pub mated: u64,
    /// Searches whose subject is not enrolled.
    pub non_mated: u64,
    /// Share of mated searches with the mate at rank ≤ 1, 2, … up to 100; empty without mated searches.
    pub cmc: Vec<f64>,
    /// FNIR(N, 1, T) at the threshold where FPIR(N, T) ≤ the key; `None`: not measurable.
    pub fnir_at_fpir: BTreeMap<String, Option<f64>>,
}

impl Report {
    /// Takes over the intervals of a subject bootstrap. `fmr_points` are those it was run with, with their names.
    #[must_use]
    pub fn with_bootstrap(
        mut self,
        found: &BootstrapResult,
        plan: &BootstrapPlan,
        fmr_points: &[(&str, f64)],
    ) -> Self {
        let named = fmr_points.iter().zip(&found.fnmr_at_fmr);
        self.bootstrap = Some(SubjectBootstrap {
            subjects: found.subjects as u64,
            replicates: found.replicates as u64,
            seed: plan.seed,
            confidence: plan.confidence,
            eer_interval: [found.eer.low, found.eer.high],
            eer_interpolated_interval: [found.eer_interpolated.low, found.eer_interpolated.high],
            fnmr_at_fmr_interval: named
                .map(|((name, _), i)| ((*name).to_owned(), i.map(|i| [i.low, i.high])))
                .collect(),
        });
        self
    }

    /// Takes over CMC and FNIR, and the rank-1 rate with its interval.
    #[must_use]
    pub fn with_identification(mut self, searches: &Identification) -> Self {
        let ranks = searches.enrolled().min(MAX_RANK);
        if let Some((correct, all)) = searches.rank(1) {
            self.rank1 = Some(correct as f64 / all as f64);
            self.rank1_correct = Some(correct);
            self.rank1_searches = Some(all);
            self.rank1_interval_95 = searches.rank_interval(1, 0.95).map(Into::into);
        }
        let fnir = |&(name, fpir): &(&str, f64)| (name.to_owned(), searches.fnir_at_fpir(fpir, 1));
        self.identification = Some(IdentificationFigures {
            enrolled: searches.enrolled() as u64,
            mated: searches.mated(),
            non_mated: searches.non_mated(),
            cmc: searches.cmc(ranks).unwrap_or_default(),
            fnir_at_fpir: FPIR_POINTS.iter().map(fnir).collect(),
        });
        self
    }
}
