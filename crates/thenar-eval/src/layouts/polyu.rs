//! PolyU palmprints (D. Zhang, W.-K. Kong, J. You, M. Wong, *Online palmprint identification*, IEEE TPAMI 25, 2003):
//! palms on pegs, grey, two sessions about two months apart.
//!
//! ```text
//! PolyU_00_1.bmp … PolyU_99_6.bmp              polyu-1: 100 palms, images 1 to 3 and 4 to 6 of the two sessions
//! PolyU_001_F_01.bmp … PolyU_386_S_10.bmp      polyu-2: 386 palms of 193 people, F and S are first and second session
//! ```
//!
//! Whole: 600 images; and 7,752 images, about ten of each palm in each session. Labels are the numbers of the palms,
//! from 0: `PolyU_001` is `0`. Folders above may be of any name.
//!
//! The names are as public code that reads the data sets describes them (P. Khodagholipour's implementation lists
//! `PolyU_004_F_07` to `PolyU_379_F_09` among 7,752 images; several student projects read `PolyU_00_1.bmp` of 600). That
//! images 1 to 3 of `polyu-1` are of its first session is how its papers describe it, and not verified.
//!
//! *Hands and people.* The names tell neither. The 386 palms are of 193 people; neighbours (`001` and `002` …) are taken
//! for one person ([`Subjects::Pairs`]), so that an open split does not part two hands if the numbers mean what they
//! seem to. If they do not, nothing is lost: a split by pairs is also a split by palms. In `polyu-1` every palm stands
//! for itself. The images show a hand between pegs, not a region of interest.
//!
//! *Where:* <https://www4.comp.polyu.edu.hk/~biometrics/>. *Terms:* academic, non-commercial use; acknowledge the
//! Biometric Research Centre of the Hong Kong Polytechnic University.

use super::names::{fixed, last, plain};
use super::{About, LayoutSample, Shown, Size};
use crate::protocols::Subjects;

const FIRST: About = About {
    title: "PolyU palmprints, first version",
    example: "PolyU_00_1.bmp",
    expected: "images PolyU_palm_number, palms 00 to 99, numbers 1 to 6",
    page: "https://www4.comp.polyu.edu.hk/~biometrics/",
    terms: "Academic, non-commercial use; acknowledge the Biometric Research Centre of PolyU.",
    shown: Shown::Photo,
    hands: "The names do not tell.",
    size: Size {
        people: 100,
        palms: 100,
        images: Some(600),
        of_each_palm: Some(3),
    },
    subjects: Subjects::Palms,
};

/// What is known of the first version.
pub static ABOUT_1: About = FIRST;

/// What is known of the second version.
pub static ABOUT_2: About = About {
    title: "PolyU palmprints, second version",
    example: "PolyU_001_F_01.bmp",
    expected: "images PolyU_palm_session_number, the palm with three digits, F or S, the number with two",
    size: Size {
        people: 193,
        palms: 386,
        images: Some(7_752),
        of_each_palm: None,
    },
    subjects: Subjects::Pairs,
    ..FIRST
};

pub(super) fn sample_1(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (palm, number) = last(&parts)?.strip_prefix("PolyU_")?.split_once('_')?;
    let number = plain(number).filter(|n| (1..=6).contains(n))? - 1;
    Some(LayoutSample {
        session: number / 3 + 1,
        capture: number % 3 + 1,
        ..LayoutSample::of(path, fixed(palm, 2)?.to_string())
    })
}

pub(super) fn sample_2(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let mut fields = last(&parts)?.strip_prefix("PolyU_")?.split('_');
    let (palm, session, number) = (fields.next()?, fields.next()?, fields.next()?);
    let session = match session {
        "F" => 1,
        "S" => 2,
        _ => return None,
    };
    let palm = fixed(palm, 3).filter(|p| *p > 0)? - 1;
    let capture = fixed(number, 2).filter(|n| *n > 0)?;
    fields.next().is_none().then(|| LayoutSample {
        session,
        capture,
        ..LayoutSample::of(path, palm.to_string())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sessions_of_both_versions() {
        let of = |s: Option<LayoutSample>| s.map(|s| (s.label, s.session, s.capture));
        let found = |label: &str, session, capture| Some((label.to_owned(), session, capture));
        assert_eq!(of(sample_1("PolyU_00_1.bmp")), found("0", 1, 1));
        assert_eq!(of(sample_1("a/b/PolyU_99_6.bmp")), found("99", 2, 3));
        assert_eq!(of(sample_2("PolyU_001_F_01.bmp")), found("0", 1, 1));
        assert_eq!(of(sample_2("PolyU_386_S_10.bmp")), found("385", 2, 10));
    }

    #[test]
    fn the_versions_are_told_apart_and_other_names_do_not_fit() {
        for bad in [
            "PolyU_001_F_01.bmp",
            "PolyU_0_1.bmp",
            "PolyU_00_7.bmp",
            "PolyU_00_0.bmp",
            "PolyU_00_01.bmp",
            "polyu_00_1.bmp",
            "00_1.bmp",
        ] {
            assert_eq!(sample_1(bad), None, "{bad}");
        }
        for bad in [
            "PolyU_00_1.bmp",
            "PolyU_001_f_01.bmp",
            "PolyU_001_F_1.bmp",
            "PolyU_001_F_00.bmp",
            "PolyU_000_F_01.bmp",
            "PolyU_001_F_01_2.bmp",
            "PolyU_001_F.bmp",
        ] {
            assert_eq!(sample_2(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(palm in 1u32..1_000, second in any::<bool>(), number in 1u32..100) {
            let letter = if second { 'S' } else { 'F' };
            let found = sample_2(&format!("PolyU_{palm:03}_{letter}_{number:02}.bmp")).unwrap();
            prop_assert_eq!(found.label, (palm - 1).to_string());
            prop_assert_eq!((found.session, found.capture), (1 + u32::from(second), number));
        }
    }
}
