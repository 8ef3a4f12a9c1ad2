//! The nine key points of a hand and its side.

use crate::geometry::Point;

/// How many key points a hand has.
pub const KEY_POINTS: usize = 9;

/// The key points, in the order in which networks give them and files list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPoint {
    /// Valley of the web between thumb and index finger.
    ThumbIndexValley = 0,
    /// Valley between index and middle finger; spans the ROI frame.
    IndexMiddleValley = 1,
    /// Valley between middle and ring finger.
    MiddleRingValley = 2,
    /// Valley between ring and little finger; spans the ROI frame.
    RingLittleValley = 3,
    /// Outer end of the palm below the index finger.
    IndexOuter = 4,
    /// Outer end of the palm below the little finger.
    LittleOuter = 5,
    /// End of the wrist crease on the thumb's side.
    WristThumbSide = 6,
    /// End of the wrist crease on the little finger's side.
    WristLittleSide = 7,
    /// Centre of the palm.
    PalmCentre = 8,
}

impl KeyPoint {
    /// All key points, in order.
    pub const ALL: [Self; KEY_POINTS] = [
        Self::ThumbIndexValley,
        Self::IndexMiddleValley,
        Self::MiddleRingValley,
        Self::RingLittleValley,
        Self::IndexOuter,
        Self::LittleOuter,
        Self::WristThumbSide,
        Self::WristLittleSide,
        Self::PalmCentre,
    ];

    /// The name used in `labels.jsonl` and `--json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThumbIndexValley => "thumb_index_valley",
            Self::IndexMiddleValley => "index_middle_valley",
            Self::MiddleRingValley => "middle_ring_valley",
            Self::RingLittleValley => "ring_little_valley",
            Self::IndexOuter => "index_outer",
            Self::LittleOuter => "little_outer",
            Self::WristThumbSide => "wrist_thumb_side",
            Self::WristLittleSide => "wrist_little_side",
            Self::PalmCentre => "palm_centre",
        }
    }
}

/// The key points of one hand, indexed by [`KeyPoint`] as `usize`.
pub type KeyPoints = [Point; KEY_POINTS];

/// Which hand it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandSide {
    /// A left hand: palm to the viewer and fingers up, its thumb points left.
    Left,
    /// A right hand: palm to the viewer and fingers up, its thumb points right.
    Right,
}

impl HandSide {
    /// `"left"` or `"right"`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The other hand.
    pub const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}
