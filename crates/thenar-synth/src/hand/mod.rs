//! Hands: their bones and colours, how they are held, and what a camera sees of them.
//!
//! Lengths are in units of `d`, the distance between the valleys index–middle and ring–little of the hand at
//! rest. The palm lies in the plane `z = 0`, `x` towards the thumb of a right hand, `y` towards the wrist,
//! `z` towards the camera; the origin is the midpoint of the two valleys.

mod field;
mod identity;
mod keypoints;
mod layers;
mod pose;
mod posed;
mod projection;
mod render;
mod skin;
mod sleeve;
mod texture;

pub use identity::{Finger, HandIdentity};

pub(crate) use keypoints::key_points;
pub(crate) use layers::PALM;
pub(crate) use pose::{Pose, PoseRange};
pub(crate) use posed::Posed;
pub(crate) use render::{Dress, Light, PalmSkin, Rendered, render};
pub(crate) use skin::skin_colour;
