//! Leaving out parts of the drawing, to see which of them makes the extractor good on real palms.

use thenar_synth::palm::{Palm, SkinChange, SkinPart};
use thenar_synth::roi::RoiVariation;

/// A part of the drawing that training can do without; the examination always has all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// The three principal creases.
    Principal,
    /// All other creases.
    Wrinkles,
    /// Uneven blood and pigment.
    Mottle,
    /// What changes in the skin between captures: stretch, depth of creases, passing folds.
    Skin,
    /// Gradients, shading by pads and creases, shadows.
    Light,
    /// Defocus.
    Blur,
    /// Noise of the sensor.
    Noise,
    /// Misplacement, wrong size and tilt of the region.
    Placement,
    /// Palms that share the principal creases of another.
    Siblings,
}

/// The palm less what is left out.
pub(super) fn palm(palm: Palm, without: &[Part]) -> Palm {
    without.iter().fold(palm, |palm, part| match part {
        Part::Principal => palm.without(SkinPart::Principal),
        Part::Wrinkles => palm.without(SkinPart::Wrinkles),
        Part::Mottle => palm.without(SkinPart::Mottle),
        _ => palm,
    })
}

/// The variation between captures less what is left out.
pub(super) fn variation(usual: RoiVariation, without: &[Part]) -> RoiVariation {
    without.iter().fold(usual, |mut left, part| {
        match part {
            Part::Skin => {
                left.skin = SkinChange {
                    stretch: 0.0,
                    depth: 0.0,
                    vanish: 0.0,
                    folds: 0,
                };
            }
            Part::Light => left.light = 0.0,
            Part::Blur => left.blur = 0.0,
            Part::Noise => left.noise = 0.0,
            Part::Placement => {
                (left.shift, left.rotation) = (0.0, 0.0);
                (left.scale, left.tilt) = (0.0, 0.0);
            }
            Part::Principal | Part::Wrinkles | Part::Mottle | Part::Siblings => (),
        }
        left
    })
}
