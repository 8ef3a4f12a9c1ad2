//! The figures of merit, one function or method each, without input or output.
//!
//! All start from an [`ErrorCurve`]: the scores, sorted once, from which FMR and FNMR at any threshold are two binary
//! searches. The naive loops they are compared with stand in the tests.
//!
//! # Definitions, where tools differ
//!
//! | figure | here | elsewhere |
//! |---|---|---|
//! | decision | accept iff similarity ≥ t, or distance ≤ t | bob.measure and pyeer: the same |
//! | thresholds | every distinct score, and one beyond all that rejects everything | pyeer 0.5.6 has no last one: where all scores tie it reports EER = 1, here it is 0.5 |
//! | EER | [`ErrorCurve::eer`], the FVC2000 interval and its middle | bob: argmin of abs(FAR − FRR); sklearn recipes: [`ErrorCurve::eer_interpolated`] |
//! | FNMR at FMR x | lowest FNMR with FMR ≤ x | pyeer takes the point *nearest* x, whose FMR may be above x |
//! | AUC | Mann–Whitney, ties count one half | pyeer leaves out the last trapezium when an impostor holds the highest score |
//! | probit | to 1e-12 | bob `ppndf`: an approximation, good to four decimals |
//! | d′ | population standard deviations; `None` when both are 0 | pyeer: 1 when both are 0 |
//! | rank-1 | a tie counts against the probe | bob `cmc`: the same |

mod beta;
mod curve;
mod eer;
mod interval;
mod normal;
mod rank;
mod summary;

pub use curve::{ErrorCurve, Errors};
pub use eer::EqualErrorRate;
pub use interval::{clopper_pearson, measurable, rule_of_three};
pub use normal::{normal_cdf, probit};
pub use rank::{RankOne, Search};
pub use summary::{Distribution, auc, d_prime};
