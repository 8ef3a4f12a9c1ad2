//! Where the region of interest lies in a photo.

use crate::polygon::polygon_iou;
use crate::{Affine, HandSide, KeyPoint, KeyPoints, Point, ROI_SIZE};

/// Side of the region, in distances between the two valleys.
const SIDE: f32 = 1.4;
/// Distance from the line through the valleys to the region's upper edge, in distances between the valleys.
const GAP: f32 = 0.2;
/// Valleys closer than this many pixels carry no direction.
const LEAST_DISTANCE: f32 = 1.0;

/// Why a frame could not be made.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A valley has a coordinate that is not a number.
    #[error("the key points {} and {} are not finite", KeyPoint::IndexMiddleValley.name(), KeyPoint::RingLittleValley.name())]
    NotFinite,
    /// The two valleys coincide.
    #[error(
        "the key points {} and {} are only {distance} pixels apart, expected at least {LEAST_DISTANCE}",
        KeyPoint::IndexMiddleValley.name(),
        KeyPoint::RingLittleValley.name()
    )]
    TooClose {
        /// Their distance, in pixels.
        distance: f32,
    },
}

/// The square in a photo that becomes the region of interest.
///
/// With V1 the valley between index and middle finger, V2 the one between ring and little finger and d their
/// distance: a square of side 1.4·d, its x axis parallel to the line V1–V2, its upper edge 0.2·d below that line
/// (towards the wrist), centred on the midpoint of V1 and V2. The thumb is on the right: a left hand is mirrored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiFrame {
    /// From pixels of the region (128×128, centres at integers) to pixels of the photo. Its determinant is
    /// negative for a left hand.
    pub to_photo: Affine,
}

impl RoiFrame {
    /// The frame spanned by the two valleys among `points`.
    ///
    /// # Errors
    /// [`FrameError`] when the valleys are not finite or less than a pixel apart.
    pub fn from_key_points(points: &KeyPoints, side: HandSide) -> Result<Self, FrameError> {
        let valley = |which: KeyPoint| points[which as usize];
        Self::from_valleys(
            valley(KeyPoint::IndexMiddleValley),
            valley(KeyPoint::RingLittleValley),
            side,
        )
    }

    /// The frame spanned by the valley `index_middle` (V1) and the valley `ring_little` (V2), in photo pixels.
    ///
    /// # Errors
    /// [`FrameError`] when they are not finite or less than a pixel apart.
    pub fn from_valleys(
        index_middle: Point,
        ring_little: Point,
        side: HandSide,
    ) -> Result<Self, FrameError> {
        let (v1, v2) = (index_middle, ring_little);
        let distance = v1.distance(v2);
        if !distance.is_finite() {
            return Err(FrameError::NotFinite);
        }
        if distance < LEAST_DISTANCE {
            return Err(FrameError::TooClose { distance });
        }
        // The index finger is on the thumb's side, so the region's x axis runs from V2 to V1.
        let across = Point::new((v1.x - v2.x) / distance, (v1.y - v2.y) / distance);
        // Towards the wrist: a quarter turn from it, the other way round on a left hand.
        let down = match side {
            HandSide::Right => Point::new(-across.y, across.x),
            HandSide::Left => Point::new(across.y, -across.x),
        };
        let scale = SIDE * distance / ROI_SIZE as f32;
        let middle = v1.lerp(v2, 0.5);
        // Pixel (0, 0) has its centre half a pixel inside of the upper left corner.
        let right = scale * (0.5 - ROI_SIZE as f32 / 2.0);
        let below = scale * 0.5 + GAP * distance;
        let origin = Point::new(
            middle.x + across.x * right + down.x * below,
            middle.y + across.y * right + down.y * below,
        );
        let m = [
            scale * across.x,
            scale * down.x,
            origin.x,
            scale * across.y,
            scale * down.y,
            origin.y,
        ];
        Ok(Self {
            to_photo: Affine { m },
        })
    }

    /// The corners in the photo: upper left, upper right, lower right, lower left *of the region* (for a left
    /// hand these run the other way round in the photo).
    pub fn corners(&self) -> [Point; 4] {
        let (near, far) = (-0.5, ROI_SIZE as f32 - 0.5);
        [(near, near), (far, near), (far, far), (near, far)]
            .map(|(x, y)| self.to_photo.apply(Point::new(x, y)))
    }

    /// The centre of the region in the photo.
    pub fn centre(&self) -> Point {
        let middle = (ROI_SIZE as f32 - 1.0) / 2.0;
        self.to_photo.apply(Point::new(middle, middle))
    }

    /// Length of the region's side in the photo, in pixels.
    pub fn side_length(&self) -> f32 {
        self.to_photo.determinant().abs().sqrt() * ROI_SIZE as f32
    }

    /// Which hand the frame is for: a mirroring frame is a left hand's.
    pub fn hand_side(&self) -> HandSide {
        if self.to_photo.determinant() < 0.0 {
            HandSide::Left
        } else {
            HandSide::Right
        }
    }

    /// From photo pixels to pixels of the region; `None` only for a frame that was put together by hand.
    pub fn from_photo(&self) -> Option<Affine> {
        self.to_photo.inverse()
    }

    /// Intersection over union of the two squares, 0–1.
    pub fn iou(&self, other: &Self) -> f32 {
        polygon_iou(&self.corners(), &other.corners())
    }

    /// Which part of the square lies inside of a photo of `width`×`height` pixels, 0–1.
    pub fn part_inside(&self, width: u32, height: u32) -> f32 {
        crate::polygon::part_inside(&self.corners(), width as f32, height as f32)
    }

    /// Whether the palm's centre lies on the wrist's side of the valleys. If not, the side of the hand is wrong
    /// (or the photo shows the back of the hand) and the region would cover the fingers.
    pub fn agrees_with(&self, points: &KeyPoints) -> bool {
        let centre = points[KeyPoint::PalmCentre as usize];
        // The gap between line and region, in the region's pixels.
        let line = -0.5 - GAP / SIDE * ROI_SIZE as f32;
        self.from_photo()
            .is_some_and(|map| map.apply(centre).y > line)
    }
}
