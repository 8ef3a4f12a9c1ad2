//! Training palm networks on drawn palms and hands, and exporting them.
//!
//! A network is described once ([`graph`]); [`engine`] runs it and carries gradients back, [`onnx`] writes it as a
//! file. Losses, parameters, optimiser and checkpoints are plain Rust.

pub mod backend;
pub mod checkpoint;
pub mod curves;
mod eer;
pub mod engine;
pub mod error;
pub mod extractor;
pub mod gabor;
pub mod graph;
pub mod hashnet;
pub mod import;
mod in_use;
pub mod layers;
pub mod localizer;
pub mod log;
pub mod onnx;
pub mod optim;
mod pace;
pub mod palmnets;
pub mod params;
mod progress;
pub mod survey;
