//! Pixels: decoding with limits, planes, warps, contrast equalisation and the region of interest.
//!
//! Images are row-major, `y` points down and pixel centres lie at integers (see `ARCHITECTURE.md`).

mod geometry;
mod keypoints;
mod plane;

pub use geometry::{Affine, Point};
pub use image;
pub use keypoints::{HandSide, KEY_POINTS, KeyPoint, KeyPoints};
pub use plane::Plane;
