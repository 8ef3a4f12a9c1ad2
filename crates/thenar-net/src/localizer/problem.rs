//! The one thing a person should change before the next photo.

use std::fmt;

/// Why a photo is not good enough; one enum for library, program, service and page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// No palm was found.
    PalmNotPresent,
    /// The palm covers too few pixels.
    PalmTooFar,
    /// The palm does not fit into the photo.
    PalmTooClose,
    /// Part of the palm lies outside of the photo.
    PalmNotCentered,
    /// The palm does not face the camera.
    PalmTilted,
    /// The palm is too dark.
    TooDark,
    /// The palm is too bright.
    TooBright,
    /// The palm is out of focus or moved.
    TooBlurred,
    /// The fingers touch, so that the valleys between them cannot be seen.
    FingersClosed,
    /// It is the other hand than the one asked for.
    WrongHand,
    /// There is more than one palm.
    SeveralPalms,
}

impl Problem {
    /// All problems, in the order in which they are looked for.
    pub const ALL: [Self; 11] = [
        Self::PalmNotPresent,
        Self::WrongHand,
        Self::PalmTooClose,
        Self::PalmNotCentered,
        Self::PalmTooFar,
        Self::PalmTilted,
        Self::FingersClosed,
        Self::TooDark,
        Self::TooBright,
        Self::TooBlurred,
        Self::SeveralPalms,
    ];

    /// The name in `--json` and in score files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PalmNotPresent => "palm_not_present",
            Self::PalmTooFar => "palm_too_far",
            Self::PalmTooClose => "palm_too_close",
            Self::PalmNotCentered => "palm_not_centered",
            Self::PalmTilted => "palm_tilted",
            Self::TooDark => "too_dark",
            Self::TooBright => "too_bright",
            Self::TooBlurred => "too_blurred",
            Self::FingersClosed => "fingers_closed",
            Self::WrongHand => "wrong_hand",
            Self::SeveralPalms => "several_palms",
        }
    }

    /// What to do about it, one sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::PalmNotPresent => "Hold one open palm in front of the camera.",
            Self::PalmTooFar => "Bring the palm closer to the camera.",
            Self::PalmTooClose => {
                "Move the palm away from the camera until the whole hand is in the picture."
            }
            Self::PalmNotCentered => "Move the palm to the middle of the picture.",
            Self::PalmTilted => "Turn the palm so that it faces the camera squarely.",
            Self::TooDark => "Bring more light onto the palm.",
            Self::TooBright => "Take the palm out of the glare or lower the exposure.",
            Self::TooBlurred => "Hold the hand still and let the camera focus on the palm.",
            Self::FingersClosed => "Spread the fingers a little.",
            Self::WrongHand => "Show the other hand.",
            Self::SeveralPalms => "Show one palm only.",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_distinct_snake_case_and_advice_is_a_sentence() {
        let names: HashSet<_> = Problem::ALL.iter().map(|p| p.name()).collect();
        assert_eq!(names.len(), Problem::ALL.len());
        for problem in Problem::ALL {
            assert!(
                problem
                    .name()
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b == b'_')
            );
            assert!(problem.advice().ends_with('.') && problem.advice().matches('.').count() == 1);
        }
    }
}
