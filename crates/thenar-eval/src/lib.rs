//! Biometric performance: metrics, protocols, score files and reports.
//!
//! The way through the crate, from two lists of images to a report:
//!
//! ```text
//! list ─► samples ─► protocol::compare_all ─► ScoreSet ─► evaluate ─► Report
//!                     (any matcher: Fn(&G, &P) -> f32)      │
//!                                                           └─► metrics, one function per figure
//! ```
//!
//! * [`list`]: `path label` lists, as the palmprint papers publish them.
//! * [`protocols`]: who trains, who is enrolled, who is searched; made from lists, and checked for leaks.
//! * [`protocol`]: every gallery sample against every probe sample, in tiles; knows no matcher.
//! * [`ScoreSet`] and [`score_file`]: genuine and impostor scores, in memory and as `score label` text.
//! * [`Comparisons`] and [`SubjectScores`]: scores with the names and subjects they are of.
//! * [`formats`]: the score files of bob, pyeer, NIST, numpy and the palmprint papers.
//! * [`metrics`]: FMR, FNMR, EER, DET, AUC, d′, CMC, DIR, APCER, D_sys … and the intervals around them.
//! * [`evaluate`](evaluate()) and [`Report`]: all figures in one call, as JSON and as a table.
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
mod comparisons;
mod counted;
mod error;
pub mod evaluate;
pub mod formats;
pub mod list;
pub mod metrics;
pub mod page;
pub mod plot;
pub mod protocol;
pub mod protocols;
pub mod report;
mod report_parts;
pub mod score_file;
mod scores;
mod subjects;
mod table;

pub use comparisons::{Comparisons, NamedComparison, Names};
pub use counted::{CountedOutcome, compare_counted};
pub use error::EvalError;
pub use evaluate::{Meta, evaluate};
pub use list::{List, ListEntry};
pub use protocol::{Outcome, Sample, compare_all};
pub use report::Report;
pub use report_parts::{IdentificationFigures, SubjectBootstrap};
pub use scores::{Kind, Polarity, ScoreSet};
pub use subjects::{SubjectComparison, SubjectScores};
