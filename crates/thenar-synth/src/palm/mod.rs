//! A palm: the identity drawn from a seed, one capture of it, and the skin that a camera sees.

use rand::Rng;
use thenar_image::Plane;

/// A rectangle of palm coordinates: the ROI is the unit square, `y` towards the wrist, thumb on the right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub x0: f32,
    /// Upper edge (fingers).
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Lower edge (wrist).
    pub y1: f32,
}

/// The identity of a palm.
#[derive(Clone, Debug)]
pub struct Palm {
    seed: u64,
}

/// What differs between two captures of one palm's skin (stretch, pressure, dryness).
#[derive(Clone, Debug)]
pub struct PalmCapture {
    seed: u64,
}

/// What the camera sees of the skin over a [`Region`], as multiplicative reflectance around 1.
#[derive(Clone, Debug)]
pub struct Skin {
    /// Visible light: creases, wrinkles, mottle.
    pub visible: Plane,
    /// Near infrared of the same moment: softer creases, veins.
    pub infrared: Plane,
}

impl Palm {
    /// The palm of identity `seed`.
    pub fn draw(seed: u64) -> Self {
        Self { seed }
    }

    /// The skin over `region` at `pixels_per_unit` pixels per ROI side.
    pub fn skin(&self, capture: &PalmCapture, region: Region, pixels_per_unit: f32) -> Skin {
        let w = ((region.x1 - region.x0) * pixels_per_unit).round() as usize;
        let h = ((region.y1 - region.y0) * pixels_per_unit).round() as usize;
        let plane = Plane::filled(w, h, if self.seed == capture.seed { 1.0 } else { 0.99 });
        Skin { visible: plane.clone(), infrared: plane }
    }
}

impl PalmCapture {
    /// A random capture.
    pub fn draw(rng: &mut impl Rng) -> Self {
        Self { seed: rng.random() }
    }
}
