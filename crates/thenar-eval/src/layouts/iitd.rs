//! IIT Delhi touchless palmprints, version 1.0 (A. Kumar, *Incorporating cohort information for reliable palmprint
//! authentication*, ICVGIP 2008): both hands of 230 people, one session.
//!
//! ```text
//! Segmented/Left/001_1.bmp … Segmented/Right/230_5.bmp      iitd: cut out, 150 × 150 pixels
//! Left Hand/001_1.JPG … Right Hand/230_5.JPG                iitd-photos: whole hands, 800 × 600 pixels
//! ```
//!
//! `person_number`, the person with three digits; folders above may be of any name. The two hands of a person are two
//! palms: labels `001_l` and `001_r` (merging them is a known mistake). Whole: 2,601 cut-outs of 460 palms, five to
//! seven of most. How many photos there are differs between sources (2,769 are counted by one), so no number of them is
//! expected here.
//!
//! The names are as public code that reads the data set describes them (P. Khodagholipour's implementation of palmprint
//! recognition, and readers of `Segmented/{Left,Right}` that say they verified them); the authors' page describes the
//! database but no names. Numbers of persons above 230 occur in some descriptions (235 users) and are read.
//!
//! *Hands.* The folder tells. Left palms are mirrored for the region of interest. How the cut-outs are turned is not
//! verified here: look at some before comparing them with regions cut out by this project.
//!
//! *Where:* <https://www4.comp.polyu.edu.hk/~csajaykr/IITD/Database_Palm.htm>. *Terms:* for research, by the agreement
//! on that page; the database and its paper are to be cited.

use super::names::{fixed, last_two, plain};
use super::{About, Hand, LayoutSample, Shown, Size};
use crate::protocols::Subjects;

const FIRST: About = About {
    title: "IIT Delhi touchless palmprints 1.0, cut out",
    example: "Segmented/Left/001_1.bmp",
    expected: "a folder Left or Right with images person_number, the person with three digits \
        (the folder Segmented, not the one above with whole hands beside it)",
    page: "https://www4.comp.polyu.edu.hk/~csajaykr/IITD/Database_Palm.htm",
    terms: "Research, by the agreement on the page; cite the database and its paper.",
    shown: Shown::Roi,
    hands: "The folder tells the hand: mirror the left ones. How the cut-outs are turned is not verified.",
    size: Size {
        people: 230,
        palms: 460,
        images: Some(2_601),
        of_each_palm: None,
    },
    subjects: Subjects::Before('_'),
};

/// What is known of the cut-outs.
pub static ABOUT: About = FIRST;

/// What is known of the photos.
pub static ABOUT_PHOTOS: About = About {
    title: "IIT Delhi touchless palmprints 1.0, whole hands",
    example: "Left Hand/001_1.JPG",
    expected: "a folder Left Hand or Right Hand with images person_number, the person with three digits \
        (without the folder Segmented beside it)",
    shown: Shown::Photo,
    hands: "The folder tells the hand.",
    size: Size {
        images: None,
        ..FIRST.size
    },
    ..FIRST
};

pub(super) fn sample(path: &str) -> Option<LayoutSample> {
    in_folders(path, "left", "right")
}

pub(super) fn photo(path: &str) -> Option<LayoutSample> {
    in_folders(path, "left hand", "right hand")
}

fn in_folders(path: &str, left: &str, right: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (folder, name) = last_two(&parts)?;
    let hand = match folder.to_ascii_lowercase().as_str() {
        f if f == left => Hand::Left,
        f if f == right => Hand::Right,
        _ => return None,
    };
    let (person, capture) = name.split_once('_')?;
    fixed(person, 3).filter(|p| *p > 0)?;
    Some(LayoutSample {
        capture: plain(capture).filter(|c| *c > 0)?,
        ..LayoutSample::of_hand(path, person, hand)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_hands_are_two_palms() {
        let left = sample("IITD Palmprint V1/Segmented/Left/001_1.bmp").unwrap();
        let right = sample("Right/001_1.bmp").unwrap();
        assert_eq!(
            (left.label.as_str(), right.label.as_str()),
            ("001_l", "001_r")
        );
        assert_eq!((left.person, left.hand), (right.person, Some(Hand::Left)));
        assert_eq!(photo("Right Hand/230_10.JPG").unwrap().capture, 10);
    }

    #[test]
    fn other_names_do_not_fit() {
        for bad in [
            "001_1.bmp",
            "Left Hand/001_1.bmp",
            "Left/1_1.bmp",
            "Left/0001_0001.bmp",
            "Left/001_01.bmp",
            "Left/001_0.bmp",
            "Left/000_1.bmp",
            "Left/001-1.bmp",
            "Left/001_1_2.bmp",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
        assert_eq!(photo("Left/001_1.JPG"), None);
    }

    proptest! {
        #[test]
        fn names_come_back(person in 1u32..1_000, capture in 1u32..100, right in any::<bool>()) {
            let (folder, letter) = if right { ("Right", "r") } else { ("Left", "l") };
            let found = sample(&format!("{folder}/{person:03}_{capture}.bmp")).unwrap();
            prop_assert_eq!(found.label, format!("{person:03}_{letter}"));
            prop_assert_eq!((found.session, found.capture), (1, capture));
        }
    }
}
