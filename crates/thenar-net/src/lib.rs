//! Running palm networks: the localizer, the extractors and the models that ship.
//!
//! ```text
//! photo ─ Localizer::locate ─► Hand { key points, side, pose, quality, problem }
//! Roi   ─ Extractor::feature ─► feature (or CompCode::extract, the training-free baseline)
//! score ─ FmrCalibration::fmr ─► false-match rate
//! ```

pub mod calibration;
pub mod compcode;
mod error;
mod extractor;
pub mod localizer;
pub mod models;
mod network;
mod spread;
mod wire;

pub use calibration::FmrCalibration;
pub use compcode::CompCode;
pub use error::NetError;
pub use extractor::Extractor;
pub use localizer::{EdgeMap, Hand, Localizer, Pose, Problem, preprocess};
pub use spread::spread;
