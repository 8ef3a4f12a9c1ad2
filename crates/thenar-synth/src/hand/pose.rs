//! How the hand is held.

use rand::Rng;
use thenar_image::HandSide;

use super::identity::HandIdentity;
use crate::seed::normal;

/// Index of the thumb among the five fingers of a posed hand; 0–3 are index to little finger.
pub(crate) const THUMB: usize = 4;

/// The limits between which poses are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoseRange {
    /// Largest turn about the hand's long axis, degrees.
    pub yaw: f32,
    /// Largest turn about the hand's cross axis, degrees.
    pub pitch: f32,
    /// Largest turn in the picture, degrees (180: any).
    pub in_plane: f32,
    /// Extent of the hand as a fraction of the picture's side, from – to.
    pub fill: (f32, f32),
    /// How often the hand is moved partly out of the picture.
    pub cut: f32,
}

/// How the hand is held. Angles in radians.
#[derive(Clone, Debug)]
pub(crate) struct Pose {
    pub side: HandSide,
    /// Sideways angle of each finger, clockwise from straight up.
    pub angles: [f32; 4],
    /// Bend of each finger towards the camera at knuckle, first and second joint.
    pub bends: [[f32; 3]; 4],
    /// Thumb: sideways angles of its three bones, then their lift towards the camera.
    pub thumb: [f32; 3],
    pub thumb_lift: [f32; 3],
    pub in_plane: f32,
    pub yaw: f32,
    pub pitch: f32,
    /// Camera distance in `d`.
    pub distance: f32,
    pub fill: f32,
    /// Shift of the hand's box from the picture's middle, as a fraction of the side.
    pub shift: [f32; 2],
}

impl Pose {
    /// A random way of holding the hand `id` within `range`.
    pub(crate) fn draw(rng: &mut impl Rng, id: &HandIdentity, range: &PoseRange) -> Self {
        let side = if rng.random_bool(0.5) {
            HandSide::Right
        } else {
            HandSide::Left
        };
        // From closed (fingers touching) to wide.
        let spread: f32 = match rng.random_range(0..10) {
            0 => rng.random_range(-6.0..-3.0),
            1..=4 => rng.random_range(-3.0..4.0),
            _ => rng.random_range(0.0..15.0),
        };
        const FAN: [f32; 4] = [1.0, 0.25, -0.3, -1.15];
        let angles = std::array::from_fn(|i| {
            id.fingers[i].rest_angle + (FAN[i] * spread + normal(rng, 0.0, 1.5)).to_radians()
        });
        let common = if rng.random_bool(0.25) {
            rng.random_range(0.0..0.5)
        } else {
            rng.random_range(-0.08..0.2f32)
        };
        let bends = std::array::from_fn(|_| {
            let own = if rng.random_bool(0.06) {
                rng.random_range(0.2..0.9f32)
            } else {
                normal(rng, 0.0, 0.06)
            };
            let (k, j) = (0.4 * (common + own), (common + own).max(-0.03));
            [k, j, 0.6 * j]
        });
        let abduct: f32 = rng.random_range(0.25..0.95);
        let straight = normal(rng, -0.05, 0.18);
        let lift = rng.random_range(0.0..0.35f32);
        let turn = |rng: &mut dyn rand::RngCore, limit: f32| {
            let u: f32 = rng.random_range(-1.0..1.0);
            let v: f32 = rng.random_range(-1.0..1.0);
            // Half of the turns are small: most people hold the palm towards the camera.
            (limit * if rng.random_bool(0.5) { u } else { u * v }).to_radians()
        };
        let in_plane = if rng.random_bool(0.35) {
            normal(rng, 0.0, 15.0).clamp(-range.in_plane, range.in_plane)
        } else {
            rng.random_range(-range.in_plane..=range.in_plane)
        };
        let fill = rng.random_range(range.fill.0..=range.fill.1);
        let cut = rng.random_bool(f64::from(range.cut));
        let room = if cut {
            0.5
        } else {
            (0.5 - 0.5 * fill).max(0.0)
        };
        Self {
            side,
            angles,
            bends,
            thumb: [abduct, abduct + straight, abduct + straight * 1.6],
            thumb_lift: [lift, lift * 0.6, lift * 0.3 + normal(rng, 0.0, 0.08)],
            in_plane: in_plane.to_radians(),
            yaw: turn(rng, range.yaw),
            pitch: turn(rng, range.pitch),
            distance: rng.random_range(9.0..30.0),
            fill,
            shift: [
                rng.random_range(-1.0..=1.0f32) * room,
                rng.random_range(-1.0..=1.0f32) * room,
            ],
        }
    }

    /// The same pose with the hand clenched: the fingers lie over the palm.
    pub(crate) fn clenched(mut self, rng: &mut impl Rng) -> Self {
        let tightness = rng.random_range(0.85..1.1f32);
        self.bends = self
            .bends
            .map(|_| [1.35, 1.7, 0.9].map(|bend: f32| tightness * bend + normal(rng, 0.0, 0.05)));
        self
    }

    /// The same pose when the hand shows its back: fingers bend away from the camera.
    pub(crate) fn turned_over(mut self) -> Self {
        self.bends = self.bends.map(|b| b.map(|v| -v));
        self.thumb_lift = self.thumb_lift.map(|v| -v);
        self
    }
}
