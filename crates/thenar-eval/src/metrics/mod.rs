//! The figures of merit, one function or method each, without input or output.
//!
//! | question | figures | from |
//! |---|---|---|
//! | verification | FMR, FNMR, EER by three rules, FMR100/1000/10000, ZeroFMR, GAR, AUC, d′, FTA, FAR, FRR | [`ErrorCurve`] |
//! | the same, too many scores to keep | the same, with a stated bound | [`ScoreHistogram`] |
//! | identification | CMC, rank-k, DIR, FPIR, FNIR | [`Identification`] |
//! | presentation attacks | APCER, BPCER, BPCER10/20/100, APNRR, BPNRR, IAPAR | [`PadCurve`], [`iapar`] |
//! | linking of protected records | D↔, D_sys, maximal linkability, their floor | [`unlinkability`](unlinkability()) |
//! | size of a binary template | degrees of freedom | [`degrees_of_freedom`] |
//! | confidence, trials independent | Clopper–Pearson, rule of three | [`clopper_pearson`], [`rate_interval`] |
//! | confidence, several trials of a subject | variance of ISO/IEC 19795-1, bootstrap | [`subject_rate`], [`bootstrap_subjects`], [`bootstrap_subjects_bca`] |
//! | confidence of a whole curve | pointwise bands | [`bootstrap_bands`], [`independent_bands`] |
//!
//! An [`ErrorCurve`] holds the scores, sorted once, from which FMR and FNMR at any threshold are two binary searches.
//! The naive loops it is compared with stand in the tests. A figure that the number of comparisons cannot support is
//! `None`, *not measurable*: see [`measurable`].
//!
//! # Definitions, where tools differ
//!
//! Each line is asserted by a test (`tests/golden.rs`, `tests/golden_metrics.rs`); everything else agrees to 1e-9.
//!
//! | figure | here | elsewhere |
//! |---|---|---|
//! | decision | accept iff similarity ≥ t, or distance ≤ t | bob.measure and pyeer: the same; pyeer `-ht -ds`: genuine ≤ t, impostor < t |
//! | thresholds | every distinct score, and one beyond all that rejects everything | pyeer 0.5.6 has no last one: where all scores tie it reports EER = 1, here it is 0.5 |
//! | EER | [`ErrorCurve::eer`], the FVC2000 interval and its middle | bob: [`ErrorCurve::eer_min_difference`], equal differences decided by rounding; sklearn recipes: [`ErrorCurve::eer_interpolated`] |
//! | FNMR at FMR x | lowest FNMR with FMR ≤ x | pyeer takes the point *nearest* x, whose FMR may be above x; bob `far_threshold` stops at an impostor score, where the FMR is the same and the FNMR may be higher |
//! | threshold of a development set | [`ErrorCurve::fixed_threshold`]: where bob has it; of equals the strictest | bob: rounding decides between equals, and the end of a list loses against them |
//! | AUC | Mann–Whitney, ties count one half | sklearn: the same; pyeer leaves out the last trapezium when an impostor holds the highest score |
//! | probit | to 1e-12 | bob `ppndf`: an approximation, good to four decimals |
//! | d′ | population standard deviations; `None` when both are 0 | pyeer: 1 when both are 0 |
//! | rank | a tie counts against the probe | bob: the same; pyeer keeps the order of the file |
//! | rank of a failed search | a miss at every rank | bob: an error; NIST: a miss |
//! | D↔ of an empty bin | 0 | dasec/unlinkability-metric: 1; D_sys is the same |
//!
//! Scores are 32-bit floats. A tool that reads 64-bit scores may tell two scores apart that are one here.

mod bands;
mod bca;
mod beta;
mod bootstrap;
mod bootstrap_sweep;
mod curve;
mod eer;
mod freedom;
mod histogram;
mod interval;
mod normal;
mod pad;
mod rates;
mod search;
mod subject;
mod summary;
mod tally;
mod thresholds;
mod unlinkability;

pub use bands::{BAND_POINTS, BandPoint, band_fmrs, bootstrap_bands, independent_bands};
pub use bca::{BcaResult, bca_interval, bootstrap_subjects_bca};
pub use bootstrap::{BootstrapInterval, BootstrapPlan, BootstrapResult, bootstrap_subjects};
pub use curve::{ErrorCurve, Errors};
pub use eer::EqualErrorRate;
pub use freedom::degrees_of_freedom;
pub use histogram::{HistogramBound, MAX_BINS, ScoreHistogram};
pub use interval::{clopper_pearson, measurable, rate_interval, rule_of_three};
pub use normal::{normal_cdf, probit};
pub use pad::{AttackAcceptance, PadCurve, PadRates, PadScores, iapar};
pub use rates::TransactionRates;
pub use search::{Candidate, Identification, SearchOutcome};
pub use subject::{SubjectCount, SubjectRate, subject_rate};
pub use summary::{Distribution, auc, d_prime};
pub use thresholds::Criterion;
pub use unlinkability::{
    LinkabilityFloor, PUBLISHED_BINS, Unlinkability, linkability_floor, local_linkability,
    unlinkability,
};
