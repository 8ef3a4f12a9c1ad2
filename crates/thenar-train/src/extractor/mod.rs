//! The compact extractor: a competition of Gabor filters, then a whitening learnt from drawn palms.
//!
//! [`network`] describes it and writes it as ONNX; [`whitening`] finds the projection in closed form; [`train`]
//! draws the palms. There are no gradients: a competition in front carries over from drawn to real skin, while a
//! plain network learns the drawing. Discriminants that also use which captures belong together were tried and were
//! worse on real palms: they trust how *drawn* captures differ.

pub mod ablation;
pub mod competition;
mod filters;
pub mod network;
pub mod shared;
pub mod train;
pub mod views;
pub mod whitening;
