//! A palm: the identity drawn from a seed, one capture of it, and the skin that a camera sees.
//!
//! Palm coordinates: the ROI is the unit square, `y` towards the wrist, thumb on the right (a right hand; a
//! left hand is its mirror image). Creases reach beyond the square, over the whole palm.

mod capture;
mod crease;
mod principal;
mod skin;
mod texture;
mod wrinkles;

pub use capture::{PalmCapture, SkinChange};
pub use crease::Crease;
pub use skin::Skin;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use texture::Mottle;

/// A rectangle of palm coordinates.
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

impl Region {
    /// The region of interest itself.
    pub const ROI: Self = Self {
        x0: 0.0,
        y0: 0.0,
        x1: 1.0,
        y1: 1.0,
    };
}

/// The identity of a palm.
#[derive(Clone, Debug)]
pub struct Palm {
    creases: Vec<Crease>,
    mottle: Mottle,
    veins: Vec<Crease>,
    relief: Relief,
}

/// Every so many identities of a population is a sibling.
const SIBLING_EVERY: u64 = 5;

/// Creases that come first in [`Palm::creases`]: life, head and heart line.
const PRINCIPAL: usize = 3;

/// A part of a palm's skin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkinPart {
    /// The three principal creases.
    Principal,
    /// All other creases.
    Wrinkles,
    /// Uneven blood and pigment.
    Mottle,
}

/// Heights of the pads of a palm, for shading.
#[derive(Clone, Debug)]
pub struct Relief {
    /// `(x, y, radius x, radius y, height)` of each pad; palm units.
    pads: Vec<[f32; 5]>,
}

impl Palm {
    /// The palm of identity `seed`. The same seed draws the same palm on every machine.
    pub fn draw(seed: u64) -> Self {
        Self::draw_sibling(seed, seed)
    }

    /// A palm with the principal creases of identity `seed` and the wrinkles, mottle and veins of identity
    /// `detail_seed`: nearly the same at a glance, another person to a matcher.
    pub fn draw_sibling(seed: u64, detail_seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut creases = principal::draw(&mut rng);
        let mut rng = ChaCha8Rng::seed_from_u64(detail_seed ^ 0x7061_6c6d_6465_7461);
        let wrinkles = wrinkles::draw(&creases, &mut rng);
        creases.extend(wrinkles);
        let veins = wrinkles::draw_veins(&mut rng);
        Self {
            creases,
            mottle: Mottle::draw(&mut rng),
            veins,
            relief: Relief::draw(&mut rng),
        }
    }

    /// Palm `identity` of a population whose seeds are `seed(0)`, `seed(1)`, …: every fifth is a sibling of the one before, so
    /// that details must be learnt too.
    pub fn draw_among(identity: u64, seed: impl Fn(u64) -> u64) -> Self {
        if identity % SIBLING_EVERY == SIBLING_EVERY - 1 {
            Self::draw_sibling(seed(identity - 1), seed(identity))
        } else {
            Self::draw(seed(identity))
        }
    }

    /// The same palm without a part of its skin, to measure what the part is worth.
    #[must_use]
    pub fn without(mut self, part: SkinPart) -> Self {
        match part {
            SkinPart::Principal => drop(self.creases.drain(..PRINCIPAL)),
            SkinPart::Wrinkles => self.creases.truncate(PRINCIPAL),
            SkinPart::Mottle => self.mottle = Mottle::none(),
        }
        self
    }

    /// All creases, the three principal ones (life, head, heart) first.
    pub fn creases(&self) -> &[Crease] {
        &self.creases
    }

    /// Veins, which only near infrared shows.
    pub fn veins(&self) -> &[Crease] {
        &self.veins
    }

    /// Height of the palm's pads at palm position `(x, y)`, in palm units.
    pub fn height(&self, x: f32, y: f32) -> f32 {
        self.relief.height(x, y)
    }
}

impl Relief {
    fn draw(rng: &mut impl Rng) -> Self {
        let mut jitter = |v: f32, by: f32| v + rng.random_range(-by..by);
        // Thenar (thumb side), hypothenar, three pads between the finger bases, and the hollow in the middle.
        let pads = [
            [0.92, 0.85, 0.40, 0.50, 0.16],
            [0.10, 0.85, 0.33, 0.55, 0.12],
            [0.82, 0.02, 0.20, 0.15, 0.05],
            [0.48, 0.00, 0.18, 0.14, 0.05],
            [0.14, 0.06, 0.20, 0.16, 0.05],
            [0.50, 0.50, 0.26, 0.32, -0.05],
        ]
        .map(|[x, y, rx, ry, h]| {
            [
                jitter(x, 0.06),
                jitter(y, 0.06),
                rx * jitter(1.0, 0.2),
                ry * jitter(1.0, 0.2),
                h * jitter(1.0, 0.4),
            ]
        });
        Self {
            pads: pads.to_vec(),
        }
    }

    fn height(&self, x: f32, y: f32) -> f32 {
        self.pads
            .iter()
            .map(|&[px, py, rx, ry, h]| {
                let r = ((x - px) / rx).powi(2) + ((y - py) / ry).powi(2);
                h * (-0.5 * r).exp()
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_palm() {
        let capture = PalmCapture::draw(&mut ChaCha8Rng::seed_from_u64(5));
        let skin = |seed| Palm::draw(seed).skin(&capture, Region::ROI, 64.0).visible;
        assert_eq!(skin(1), skin(1));
        assert_ne!(skin(1), skin(2));
    }

    #[test]
    fn a_part_can_be_left_out() {
        let palm = Palm::draw(1);
        let all = palm.creases().len();
        let lines = |part| palm.clone().without(part).creases().len();
        assert_eq!(lines(SkinPart::Principal), all - PRINCIPAL);
        assert_eq!(lines(SkinPart::Wrinkles), PRINCIPAL);
        let plain = palm.clone().without(SkinPart::Mottle);
        assert!(plain.mottle.at(0.3, 0.4) == 0.0 && palm.mottle.at(0.3, 0.4) != 0.0);
    }

    #[test]
    fn siblings_share_principal_creases_only() {
        let (a, b) = (Palm::draw(1), Palm::draw_sibling(1, 2));
        for (x, y) in a.creases().iter().zip(b.creases()).take(3) {
            assert_eq!(x.points, y.points);
        }
        assert_ne!(a.creases()[3].points, b.creases()[3].points);
    }
}
