//! Procedural palms and hands with exact labels.

mod background;
mod camera;
pub mod hand;
mod maps;
pub mod palm;
mod photo;
mod raster;
pub mod roi;
mod seed;
mod write;
mod write_rois;

pub use hand::HandIdentity;
pub use photo::{CaptureConfig, HandLabels, HandPhoto, HandPose};
pub use write::{HandsOptions, SynthError, write_hands};
pub use write_rois::write_rois;
