//! Where training photographs come from.

use image::{GrayImage, RgbImage};
use thenar_image::{HandSide, KEY_POINTS, Point};
use thenar_synth::{CaptureConfig, HandIdentity, HandPhoto};

/// A drawn photograph and the truth about it.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The photograph, square.
    pub rgb: RgbImage,
    /// The hand in it, if any; perhaps only its back or a fist.
    pub hand: Option<DrawnHand>,
    /// 255 on edges of the hand; of the photograph's size.
    pub edges: GrayImage,
    /// How it is shown to the network.
    pub view: View,
}

/// How a drawing is shown to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// As in the first pass over a photo: the whole picture at any turn.
    Whole,
    /// As in the second pass: a crop around the palm, nearly upright.
    Upright,
}

/// A hand in a drawing.
#[derive(Clone, Debug)]
pub struct DrawnHand {
    /// Whether its palm is shown: if not, the network has to say that there is none.
    pub palm: bool,
    /// Key points in pixels of the photograph.
    pub points: [Point; KEY_POINTS],
    /// Whether each point can be seen.
    pub visible: [bool; KEY_POINTS],
    /// Which hand.
    pub side: HandSide,
    /// Clockwise turn of the fingers away from straight up, in degrees.
    pub in_plane: f32,
    /// Turn about the hand's long axis, in degrees.
    pub yaw: f32,
    /// Turn about the hand's cross axis, in degrees.
    pub pitch: f32,
}

/// An endless series of drawings; the same index always gives the same drawing.
pub trait Source: Send + Sync {
    /// Drawing number `index`.
    fn draw(&self, index: u64) -> Drawing;
}

/// Hands of `thenar-synth`: every drawing another person; 25 % of them without a palm, 55 % for the second pass.
#[derive(Clone, Copy, Debug)]
pub struct Hands {
    /// Seed of the series.
    pub seed: u64,
}

/// Of a hundred drawings, how many have no palm.
const EMPTY: u64 = 25;
/// Of a hundred drawings, how many are shown upright.
const UPRIGHT: u64 = 55;

impl Source for Hands {
    fn draw(&self, index: u64) -> Drawing {
        let seed = scramble(self.seed ^ scramble(index));
        let view = if scramble(seed ^ 1) % 100 < UPRIGHT {
            View::Upright
        } else {
            View::Whole
        };
        let config = match view {
            View::Whole => CaptureConfig {
                size: 288,
                ..CaptureConfig::default()
            },
            // Larger, so that the crop is as sharp as one from a real photo.
            View::Upright => CaptureConfig {
                size: 512,
                fill: (0.75, 1.1),
                ..CaptureConfig::default()
            },
        };
        let photo = if scramble(seed ^ 2) % 100 < EMPTY {
            HandPhoto::draw_negative(seed, &config)
        } else {
            HandPhoto::draw(&HandIdentity::draw(scramble(seed ^ 3)), seed, &config)
        };
        let labels = photo.labels;
        let hand = labels.hand.then_some(DrawnHand {
            palm: labels.presence,
            points: labels.key_points,
            visible: labels.visible,
            side: labels.side,
            in_plane: labels.pose.in_plane,
            yaw: labels.pose.yaw,
            pitch: labels.pose.pitch,
        });
        Drawing {
            rgb: photo.rgb,
            hand,
            edges: photo.edges,
            view,
        }
    }
}

/// Spreads the bits of `x` (the finaliser of SplitMix64, Steele et al. 2014).
pub fn scramble(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
