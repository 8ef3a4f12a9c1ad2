//! Pixels: decoding with limits, planes, warps, contrast equalisation and the region of interest.
//!
//! Images are row-major, `y` points down and pixel centres lie at integers (see `ARCHITECTURE.md`).
//!
//! The way through this crate: [`Photo::open`] decodes a file, [`Plane::luminance`] makes it grey,
//! [`RoiFrame::from_key_points`] places the region of interest and [`Roi::cut`] samples it.

mod blur;
mod clahe;
mod container;
mod error;
mod geometry;
mod keypoints;
mod limits;
pub mod overlay;
mod photo;
mod plane;
mod polygon;
pub mod quality;
mod resize;
mod roi;
mod roi_frame;
mod sheet;
mod warp;

pub use blur::gaussian_blur;
pub use clahe::clahe;
pub use error::ImageError;
pub use geometry::{Affine, Point};
pub use image;
pub use keypoints::{HandSide, KEY_POINTS, KeyPoint, KeyPoints};
pub use limits::Limits;
pub use photo::Photo;
pub use plane::Plane;
pub use polygon::{polygon_area, polygon_iou};
pub use resize::{resize_area, resize_rgb};
pub use roi::{ROI_SIZE, Roi, RoiError};
pub use roi_frame::{AVERAGE_PALM, FrameError, RoiFrame};
pub use sheet::contact_sheet;
pub use warp::warp;
