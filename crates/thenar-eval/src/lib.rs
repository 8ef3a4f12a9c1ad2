//! Biometric performance: metrics, protocols, score files and reports.
//!
//! The way through the crate, from two lists of images to a report:
//!
//! ```text
//! list ─► samples ─► compare ─► ScoreSet or ScoreHistogram ─► evaluate ─► Report
//!                    (any matcher)                              │
//!                                                               └─► metrics, one function per figure
//! ```
//!
//! * [`list`]: `path label` lists, as the palmprint papers publish them.
//! * [`layouts`]: palm data sets as their authors publish them, and bob's protocol folders, turned into lists.
//! * [`protocols`]: who trains, who is enrolled, who is searched; made from lists, and checked for leaks.
//! * [`compare`](mod@compare): every gallery sample against every probe sample, in blocks; knows no matcher.
//! * [`ScoreSet`] and [`score_file`]: genuine and impostor scores, in memory and as `score label` text.
//! * [`Comparisons`] and [`SubjectScores`]: scores with the names and subjects they are of.
//! * [`formats`]: the score files of bob, pyeer, NIST, numpy and the palmprint papers.
//! * [`metrics`]: FMR, FNMR, EER, DET, AUC, d′, CMC, DIR, APCER, D_sys … and the intervals around them.
//! * [`evaluate`](evaluate()) and [`Report`]: all figures in one call, as JSON and as a table.
//! * [`dev_eval`](dev_eval()): thresholds fixed on one set of scores, errors counted on another.
//! * [`baseline`]: a report beside an older one, with the change of each figure.
//! * [`attack`]: what a leak of protected records gives, counted by attacking them.
//! * [`keys`]: how often keys made of palms come back, for whom, and what work is left to a thief.
//! * [`plot`]: DET curve and score histogram as SVG, each with its CSV.
//! * [`page`]: everything in one HTML file that opens without a network.
//!
//! Terms follow ISO/IEC 19795-1. A comparison is *genuine* (mated) or *impostor* (non-mated). A score that is not a
//! number is a failure to acquire: it is counted, and it takes part in no rate. Polarity (is a high score a match, or a
//! low one?) is always declared, never guessed.
//!
//! ```
//! use thenar_eval::{evaluate, Meta, Polarity, ScoreSet};
//!
//! let scores = ScoreSet {
//!     genuine: vec![0.10, 0.12, 0.31],
//!     impostor: vec![0.45, 0.47, 0.30, 0.50],
//!     polarity: Polarity::Distance,
//! };
//! let report = evaluate(&scores, &Meta::default())?;
//! assert_eq!(report.genuine, 3);
//! assert_eq!((report.eer_low, report.eer_high), (0.0, 0.25)); // FNMR 0/3 and FMR 1/4 at distance 0.31
//! assert_eq!(report.eer, 0.125);
//! println!("{}", report.table());
//! # Ok::<(), thenar_eval::EvalError>(())
//! ```
#![forbid(unsafe_code)]

mod atomic;
pub mod attack;
pub mod baseline;
pub mod compare;
mod comparisons;
pub mod dev_eval;
mod error;
pub mod evaluate;
pub mod formats;
pub mod keys;
pub mod layouts;
pub mod list;
pub mod metrics;
mod nearest;
pub mod page;
mod palm_links;
pub mod plot;
pub mod protocols;
pub mod report;
mod report_parts;
pub mod sample;
pub mod score_file;
mod scores;
mod subjects;
mod table;

pub use compare::{Compared, Matcher, Outcome, Pairwise, Tally, compare};
pub use comparisons::{Comparisons, NamedComparison, Names};
pub use dev_eval::{DevEval, dev_eval};
pub use error::EvalError;
pub use evaluate::{Meta, evaluate};
pub use list::{List, ListEntry};
pub use nearest::Nearest;
pub use palm_links::{PalmLinkage, PalmLinks};
pub use report::Report;
pub use report_parts::{IdentificationFigures, SubjectBootstrap};
pub use sample::Sample;
pub use scores::{Kind, Polarity, ScoreSet};
pub use subjects::{SubjectComparison, SubjectScores};
