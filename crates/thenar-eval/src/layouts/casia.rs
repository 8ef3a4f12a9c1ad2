//! CASIA palmprints, version 1 (Z. Sun, T. Tan, Y. Wang, S. Z. Li, *Ordinal palmprint representation for personal
//! identification*, CVPR 2005): both hands of 312 people, grey, without pegs, one session.
//!
//! ```text
//! 0001/0001_m_l_01.jpg … 0312/0312_m_r_11.jpg
//! ```
//!
//! As the authors' page describes it: `XXXX/XXXX_(m/f)_(l/r)_XX.jpg`, the person, the gender (`m`, `f`), the hand (`l`,
//! `r`) and the number of the image. A folder of four digits must be that of the person; copies with all images in one
//! folder are read too. Labels are `0001_l`, `0001_r`.
//!
//! Whole: 5,502 images of 312 people; an older page of the authors says 5,239 of 301, and a user counts 5,486 images
//! in the files. Most palms have eight or more. Not every hand of every person need be there, so fewer than 624 palms
//! are no defect of a copy.
//!
//! *Hands.* The name tells. The images show most of a hand on a dark ground, fingers partly cut off, turned in all
//! directions: photos, not regions of interest.
//!
//! *Where:* <http://biometrics.idealtest.org/> (after registration). *Terms:* research and education, by the agreement
//! of that page; the Chinese Academy of Sciences' Institute of Automation is to be acknowledged.

use super::names::{fixed, last};
use super::{About, Hand, LayoutSample, Shown, Size};
use crate::protocols::Subjects;

/// What is known of it.
pub static ABOUT: About = About {
    title: "CASIA palmprints, version 1",
    example: "0001/0001_m_l_01.jpg",
    expected: "images person_gender_hand_number in the folder of the person: four digits, m or f, l or r, two digits",
    page: "http://biometrics.idealtest.org/",
    terms: "Research and education, by the agreement on the page.",
    shown: Shown::Photo,
    hands: "The name tells the hand.",
    size: Size {
        people: 312,
        palms: 624,
        images: Some(5_502),
        of_each_palm: None,
    },
    subjects: Subjects::Before('_'),
};

pub(super) fn sample(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let mut fields = last(&parts)?.split('_');
    let (person, gender) = (fields.next()?, fields.next()?);
    let (hand, number) = (fields.next()?, fields.next()?);
    fixed(person, 4)?;
    let of_another = parts
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|folder| fixed(folder, 4).is_some() && *folder != person);
    if of_another || !["m", "f"].contains(&gender) || fields.next().is_some() {
        return None;
    }
    let hand = match hand {
        "l" => Hand::Left,
        "r" => Hand::Right,
        _ => return None,
    };
    Some(LayoutSample {
        capture: fixed(number, 2).filter(|n| *n > 0)?,
        ..LayoutSample::of_hand(path, person, hand)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn person_hand_and_number() {
        let found = sample("0312/0312_m_r_11.jpg").unwrap();
        assert_eq!((found.label.as_str(), found.capture), ("0312_r", 11));
        assert_eq!(
            (found.person.as_deref(), found.hand),
            (Some("0312"), Some(Hand::Right))
        );
        assert_eq!(sample("CASIA_ROI/0001_f_l_01.jpg").unwrap().label, "0001_l");
    }

    #[test]
    fn other_names_do_not_fit() {
        for bad in [
            "0002/0001_m_l_01.jpg",
            "0001_x_l_01.jpg",
            "0001_m_x_01.jpg",
            "0001_m_l_1.jpg",
            "0001_m_l_00.jpg",
            "001_m_l_01.jpg",
            "0001_m_l_01_roi.jpg",
            "0001_m_l.jpg",
            "001_l_460_01.jpg",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(person in 0u32..10_000, number in 1u32..100, woman in any::<bool>()) {
            let gender = if woman { 'f' } else { 'm' };
            let found = sample(&format!("{person:04}/{person:04}_{gender}_l_{number:02}.jpg")).unwrap();
            prop_assert_eq!((found.label, found.capture), (format!("{person:04}_l"), number));
        }
    }
}
