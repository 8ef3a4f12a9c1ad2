//! The localizer: where the hand is, which it is and how it is held.

pub mod drawing;
pub mod exam;
pub mod feed;
pub mod loss;
pub mod network;
mod photometry;
pub mod sample;
pub mod sheet;
pub mod toy;
pub mod train;
pub mod validate;
