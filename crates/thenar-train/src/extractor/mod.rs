//! The compact extractor: a competition of Gabor filters, then linear discriminants learnt from drawn palms.
//!
//! [`network`] describes it and writes it as ONNX; [`discriminant`] finds the projection in closed form; [`train`]
//! draws the palms. There are no gradients: a first trial showed that a competition in front carries over from
//! drawn to real skin while a plain network learns the drawing, and that discriminants from drawn captures gain most
//! of what a trained head gains.

pub mod discriminant;
pub mod network;
pub mod train;
