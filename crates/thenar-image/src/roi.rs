//! The normalised region of interest.

use image::{GrayImage, RgbImage, imageops};

use crate::{Affine, Plane, Point, RoiFrame, resize_area, warp};

/// Width and height of the region of interest, in pixels.
pub const ROI_SIZE: usize = 128;

/// Smallest image that is taken for a ready-cut region, in pixels per side.
const LEAST_SIDE: u32 = 32;
/// A ready-cut region is square up to this ratio of its sides.
const MOST_RATIO: f32 = 1.1;

/// Why an image cannot be a region of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RoiError {
    /// Too few pixels to carry palm lines.
    #[error(
        "a region of interest of {width}×{height} pixels is too small, expected at least {LEAST_SIDE} per side"
    )]
    TooSmall {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
    /// A whole photo rather than a region.
    #[error("a region of interest is square, this image has {width}×{height} pixels")]
    NotSquare {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}

/// A region of interest: 128×128 grey, fingers up, thumb on the right (left hands are mirrored into this layout).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roi(GrayImage);

impl Roi {
    /// Cuts the region at `frame` out of a photo's luminance; parts outside of the photo repeat its edge.
    pub fn cut(luminance: &Plane, frame: &RoiFrame) -> Self {
        Self(warp(luminance, &frame.to_photo, ROI_SIZE, ROI_SIZE).to_gray())
    }

    /// [`Roi::cut`] straight from a photo: the luminance of the part around the frame is all that is computed.
    /// A photo without pixels gives a black region.
    pub fn cut_photo(photo: &RgbImage, frame: &RoiFrame) -> Self {
        // Two pixels more on each side: one for the bilinear neighbours, one for rounding.
        let corners = frame.corners();
        let range = |along: fn(&Point) -> f32, size: u32| {
            let low = corners
                .iter()
                .map(along)
                .fold(f32::INFINITY, f32::min)
                .floor()
                - 2.0;
            let high = corners
                .iter()
                .map(along)
                .fold(f32::NEG_INFINITY, f32::max)
                .ceil()
                + 3.0;
            // At least the edge pixel stays, for it is what repeats outside. Casts saturate.
            let first = (low.max(0.0) as u32).min(size.saturating_sub(1));
            (
                first,
                (high.max(0.0) as u32).clamp((first + 1).min(size), size) - first,
            )
        };
        let ((left, width), (top, height)) = (
            range(|p| p.x, photo.width()),
            range(|p| p.y, photo.height()),
        );
        let part = imageops::crop_imm(photo, left, top, width, height).to_image();
        let shift = Affine::translation(Point::new(-(left as f32), -(top as f32)));
        let to_part = frame.to_photo.then(&shift);
        Self(warp(&Plane::luminance(&part), &to_part, ROI_SIZE, ROI_SIZE).to_gray())
    }

    /// A region that was cut already, resized to 128×128 where needed. It must be in the layout of [`Roi`].
    ///
    /// # Errors
    /// [`RoiError`] when the image is smaller than 32 pixels or its sides differ by more than a tenth.
    pub fn from_gray(image: GrayImage) -> Result<Self, RoiError> {
        let (width, height) = image.dimensions();
        if width.min(height) < LEAST_SIDE {
            return Err(RoiError::TooSmall { width, height });
        }
        if width.max(height) as f32 > MOST_RATIO * width.min(height) as f32 {
            return Err(RoiError::NotSquare { width, height });
        }
        if (width as usize, height as usize) == (ROI_SIZE, ROI_SIZE) {
            return Ok(Self(image));
        }
        Ok(Self(
            resize_area(&Plane::from_gray(&image), ROI_SIZE, ROI_SIZE).to_gray(),
        ))
    }

    /// [`Roi::from_gray`] for a colour image, by its luminance.
    ///
    /// # Errors
    /// As [`Roi::from_gray`].
    pub fn from_rgb(image: &RgbImage) -> Result<Self, RoiError> {
        Self::from_gray(Plane::luminance(image).to_gray())
    }

    /// The pixels.
    pub fn gray(&self) -> &GrayImage {
        &self.0
    }

    /// The pixels, given away.
    pub fn into_gray(self) -> GrayImage {
        self.0
    }

    /// The pixels as a plane, 0–1.
    pub fn plane(&self) -> Plane {
        Plane::from_gray(&self.0)
    }
}
