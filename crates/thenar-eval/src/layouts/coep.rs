//! COEP palmprints (College of Engineering, Pune): one palm of each of 168 people, eight images, collected over a year.
//!
//! ```text
//! 1_1.JPG … 168_8.JPG
//! ```
//!
//! `person_number`, both without zeros in front; folders above may be of any name. **These names are not confirmed by
//! the authors' page or by public code that was found**: sources agree on 168 people with eight images each, 1,344 in
//! all, but do not spell out the names (one copy in circulation has 1,305 images). A copy that is named otherwise is
//! refused with the first file that does not fit. Labels are the numbers of the people.
//!
//! *Hands.* The names do not tell. The images show a hand, in colour: photos.
//!
//! *Where:* <https://www.coep.org.in/resources/coeppalmprintdatabase>. *Terms:* offered for research; acknowledge the
//! college.

use super::names::{last, plain};
use super::{About, LayoutSample, Shown, Size};
use crate::protocols::Subjects;

/// What is known of it.
pub static ABOUT: About = About {
    title: "COEP palmprints",
    example: "1_1.JPG",
    expected: "images person_number, without zeros in front, numbers 1 to 8",
    page: "https://www.coep.org.in/resources/coeppalmprintdatabase",
    terms: "Research; acknowledge the College of Engineering, Pune.",
    shown: Shown::Photo,
    hands: "The names do not tell.",
    size: Size {
        people: 168,
        palms: 168,
        images: Some(1_344),
        of_each_palm: Some(8),
    },
    subjects: Subjects::Palms,
};

pub(super) fn sample(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (person, number) = last(&parts)?.split_once('_')?;
    plain(person).filter(|p| *p > 0)?;
    Some(LayoutSample {
        person: Some(person.to_owned()),
        capture: plain(number).filter(|n| (1..=8).contains(n))?,
        ..LayoutSample::of(path, person.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_names_do_not_fit() {
        for bad in [
            "1.JPG",
            "1 (1).JPG",
            "01_1.JPG",
            "0_1.JPG",
            "1_0.JPG",
            "1_9.JPG",
            "1_01.JPG",
            "1_1_1.JPG",
            "a_1.JPG",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(person in 1u32..1_000, number in 1u32..=8) {
            let found = sample(&format!("database/{person}_{number}.JPG")).unwrap();
            prop_assert_eq!((found.label, found.capture), (person.to_string(), number));
        }
    }
}
