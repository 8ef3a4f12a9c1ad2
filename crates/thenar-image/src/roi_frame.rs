//! Where the region of interest lies in a photo.

use crate::polygon::polygon_iou;
use crate::{Affine, HandSide, KeyPoints, Point, ROI_SIZE};

/// The key points that place the region: all but the valley beside the thumb, which moves with the thumb.
const FIRST_FITTED: usize = 1;
/// A frame whose side is shorter than this many pixels carries no direction.
const LEAST_SIDE: f32 = 1.0;

/// Where the key points of an average open hand, seen straight on, lie in the region's pixels (right hand).
///
/// The average of drawn hands in the square that the two valleys span in published region data sets: with d the
/// distance of the valleys, a square of side 1.4·d whose upper edge lies 0.2·d below the line through them. The
/// tests of `thenar-synth` draw the average again.
pub const AVERAGE_PALM: KeyPoints = [
    Point { x: 156.7, y: 11.7 },
    Point { x: 109.2, y: -18.8 },
    Point { x: 63.1, y: -26.8 },
    Point { x: 17.8, y: -18.8 },
    Point { x: 166.4, y: -1.7 },
    Point { x: -19.9, y: -3.1 },
    Point { x: 131.2, y: 196.1 },
    Point { x: -23.6, y: 194.9 },
    Point { x: 58.5, y: 79.1 },
];

/// Why a frame could not be made.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A key point has a coordinate that is not a number.
    #[error("the key points are not finite")]
    NotFinite,
    /// The key points coincide or lie on one line.
    #[error(
        "the key points span a region of only {side} pixels per side, expected at least {LEAST_SIDE}"
    )]
    TooSmall {
        /// Side of a square of the region's area, in pixels.
        side: f32,
    },
}

/// The part of a photo that becomes the region of interest: a parallelogram.
///
/// It is the image of the region under the affine map that brings [`AVERAGE_PALM`] nearest to the key points (least
/// squares over all points but the valley beside the thumb). For an average hand seen straight on that is the square
/// spanned by the two valleys, as in published region data sets. When the hand tilts, its key points move by nearly
/// an affine map, the fitted map moves with them, and the region shows the same skin; and the error of one point
/// counts an eighth. The thumb is on the right: a left hand is mirrored.
///
/// # Deviations
/// Published data sets cut the square spanned by the valleys alone, which does not follow a tilted hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiFrame {
    /// From pixels of the region (128×128, centres at integers) to pixels of the photo. Its determinant is
    /// negative for a left hand.
    pub to_photo: Affine,
}

impl RoiFrame {
    /// The frame fitted to `points`.
    ///
    /// # Errors
    /// [`FrameError`] when the points are not finite, or all lie on a line or in one place.
    pub fn from_key_points(points: &KeyPoints) -> Result<Self, FrameError> {
        let to_photo = nearest_affine(&AVERAGE_PALM[FIRST_FITTED..], &points[FIRST_FITTED..]);
        let frame = Self { to_photo };
        let side = frame.side_length();
        if !to_photo.m.iter().all(|v| v.is_finite()) || !side.is_finite() {
            return Err(FrameError::NotFinite);
        }
        if side < LEAST_SIDE {
            return Err(FrameError::TooSmall { side });
        }
        Ok(frame)
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

    /// Side of a square of the region's area in the photo, in pixels.
    pub fn side_length(&self) -> f32 {
        self.to_photo.determinant().abs().sqrt() * ROI_SIZE as f32
    }

    /// How far the parallelogram is from a square: the largest stretch over the smallest (the ratio of the map's singular
    /// values), 1 for a square. A palm tilted by 40° has about 1.3.
    pub fn stretch(&self) -> f32 {
        let [a, b, _, d, e, _] = self.to_photo.m;
        let squares = a * a + b * b + d * d + e * e;
        let determinant = self.to_photo.determinant().abs();
        let root = (squares * squares - 4.0 * determinant * determinant)
            .max(0.0)
            .sqrt();
        (squares + root) / (2.0 * determinant).max(f32::MIN_POSITIVE)
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

    /// Intersection over union of the two parallelograms, 0–1.
    pub fn iou(&self, other: &Self) -> f32 {
        polygon_iou(&self.corners(), &other.corners())
    }

    /// Which part of the region lies inside of a photo of `width`×`height` pixels, 0–1.
    pub fn part_inside(&self, width: u32, height: u32) -> f32 {
        crate::polygon::part_inside(&self.corners(), width as f32, height as f32)
    }
}

/// The affine map that brings the points `from` nearest to the points `to`, by the sum of squared distances.
fn nearest_affine(from: &[Point], to: &[Point]) -> Affine {
    let (a, b) = (mean(from), mean(to));
    // Second moments of `from`, and of `to` with `from`, about the means.
    let mut spread = [0.0f32; 3];
    let mut joint = [0.0f32; 4];
    for (p, q) in from.iter().zip(to) {
        let (px, py) = (p.x - a.x, p.y - a.y);
        let (qx, qy) = (q.x - b.x, q.y - b.y);
        let products = [px * px, px * py, py * py];
        spread.iter_mut().zip(products).for_each(|(s, v)| *s += v);
        let products = [qx * px, qx * py, qy * px, qy * py];
        joint.iter_mut().zip(products).for_each(|(s, v)| *s += v);
    }
    let [xx, xy, yy] = spread;
    let determinant = xx * yy - xy * xy;
    let row = |x: f32, y: f32| {
        (
            (x * yy - y * xy) / determinant,
            (y * xx - x * xy) / determinant,
        )
    };
    let (m0, m1) = row(joint[0], joint[1]);
    let (m3, m4) = row(joint[2], joint[3]);
    Affine {
        m: [
            m0,
            m1,
            b.x - m0 * a.x - m1 * a.y,
            m3,
            m4,
            b.y - m3 * a.x - m4 * a.y,
        ],
    }
}

fn mean(points: &[Point]) -> Point {
    let share = 1.0 / points.len() as f32;
    points.iter().fold(Point::default(), |sum, p| {
        Point::new(sum.x + share * p.x, sum.y + share * p.y)
    })
}
