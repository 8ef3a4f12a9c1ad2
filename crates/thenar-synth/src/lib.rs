//! Procedural palms and hands with exact labels.

mod background;
mod camera;
pub mod hand;
mod maps;
pub mod palm;
mod photo;
mod raster;
mod seed;
mod write;

pub use hand::HandIdentity;
pub use photo::{CaptureConfig, HandLabels, HandPhoto, HandPose};
pub use write::{HandsOptions, SynthError, write_hands};
