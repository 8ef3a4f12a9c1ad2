//! Tongji contactless palmprints (L. Zhang, L. Li, A. Yang, Y. Shen, M. Yang, *Towards contactless palmprint
//! recognition*, Pattern Recognition 69, 2017): 300 people, both palms, two sessions about two months apart.
//!
//! ```text
//! session1/00001.bmp … session1/06000.bmp     tongji: as the authors lay it out
//! session2/00001.bmp … session2/06000.bmp
//!
//! train/0/00001.bmp … train/599/06000.bmp     tongji-folders: as others pass it on; train is session 1, val session 2
//! val/0/00001.bmp … val/599/06000.bmp
//! ```
//!
//! Ten images in a row are of one palm: number `n` is of palm (n − 1) / 10, from 0, in both sessions; the published
//! lists of the network papers (`train_Tongji.txt` of CO3Net and CCNet) count the same way, and the labels here are
//! theirs, `0` to `599`. Whole: 12,000 images, 10 of each palm in each session. The cut-outs have 128 × 128 pixels. The
//! original photos lie in folders of the same names and are read too; they are then photos, not cut-outs. Folders above
//! may be of any name (`ROI/session1/…`).
//!
//! *Hands and people.* The names tell neither. In the cut-outs fingers are up, and the thumb is on the left in palms 0,
//! 2, 4 … and on the right in 1, 3, 5 …: seen in the first sixteen, and a linear classifier (difference of the mean
//! images of both, learned from one half of the palms, used on the other) agrees for 592 of 600. So even palms are taken
//! for left hands, and 2n and 2n + 1 for one person ([`Subjects::Pairs`]). This is an observation, no statement of the
//! authors.
//!
//! *Where:* <https://cslinzhang.github.io/ContactlessPalm/>. *Terms:* offered for research; do not pass images on, nor
//! weights learned from them.

use super::names::{fixed, last_two};
use super::{About, Hand, LayoutSample, Shown, Size};
use crate::protocols::Subjects;

const IMAGES_OF_A_PALM: u32 = 10;
const IMAGES_OF_A_SESSION: u32 = 6_000;

const FIRST: About = About {
    title: "Tongji contactless palmprints",
    example: "session1/00001.bmp",
    expected: "a folder session1 or session2 with images numbered 00001 to 06000",
    page: "https://cslinzhang.github.io/ContactlessPalm/",
    terms: "Research only; do not pass images on.",
    shown: Shown::Roi,
    hands: "Even palms are left hands, as seen in the images: mirror them. The original photos are hands.",
    size: Size {
        people: 300,
        palms: 600,
        images: Some(12_000),
        of_each_palm: Some(IMAGES_OF_A_PALM as u64),
    },
    subjects: Subjects::Pairs,
};

/// What is known of it as the authors lay it out.
pub static ABOUT: About = FIRST;

/// What is known of it with one folder per palm.
pub static ABOUT_FOLDERS: About = About {
    title: "Tongji contactless palmprints, one folder per palm",
    example: "train/0/00001.bmp",
    expected: "folders train and val, in them folders 0 to 599 with the ten images of that palm, 00001 to 06000",
    ..FIRST
};

pub(super) fn sample(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (folder, name) = last_two(&parts)?;
    let session = match folder.to_ascii_lowercase().as_str() {
        "session1" => 1,
        "session2" => 2,
        _ => return None,
    };
    numbered(path, session, name)
}

pub(super) fn sample_in_folders(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (palm, name) = last_two(&parts)?;
    let session = match *parts.get(parts.len().checked_sub(3)?)? {
        "train" => 1,
        "val" => 2,
        _ => return None,
    };
    numbered(path, session, name).filter(|sample| sample.label == palm)
}

fn numbered(path: &str, session: u32, name: &str) -> Option<LayoutSample> {
    let number = fixed(name, 5).filter(|n| (1..=IMAGES_OF_A_SESSION).contains(n))? - 1;
    let palm = number / IMAGES_OF_A_PALM;
    let hand = if palm.is_multiple_of(2) {
        Hand::Left
    } else {
        Hand::Right
    };
    Some(LayoutSample {
        session,
        capture: number % IMAGES_OF_A_PALM + 1,
        hand: Some(hand),
        ..LayoutSample::of(path, palm.to_string())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ten_in_a_row_are_one_palm() {
        let first = sample("ROI/session1/00010.bmp").unwrap();
        assert_eq!(
            (first.label.as_str(), first.session, first.capture),
            ("0", 1, 10)
        );
        let last = sample("session2/06000.tiff").unwrap();
        assert_eq!(
            (last.label.as_str(), last.session, last.capture),
            ("599", 2, 10)
        );
        assert_eq!(
            (first.hand, last.hand),
            (Some(Hand::Left), Some(Hand::Right))
        );
    }

    #[test]
    fn other_names_do_not_fit() {
        for bad in [
            "00001.bmp",
            "session3/00001.bmp",
            "session1/00000.bmp",
            "session1/06001.bmp",
            "session1/1.bmp",
            "session1/a/00001.bmp",
            "session1/00001_1.bmp",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
        assert!(sample_in_folders("x/val/599/06000.bmp").is_some());
        for bad in [
            "train/1/00001.bmp",
            "test/0/00001.bmp",
            "0/00001.bmp",
            "train/00001.bmp",
        ] {
            assert_eq!(sample_in_folders(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn both_layouts_name_the_same_sample(number in 1u32..=6_000, second in any::<bool>()) {
            let palm = (number - 1) / 10;
            let (a, b) = if second { ("session2", "val") } else { ("session1", "train") };
            let one = sample(&format!("{a}/{number:05}.bmp")).unwrap();
            let other = sample_in_folders(&format!("{b}/{palm}/{number:05}.bmp")).unwrap();
            prop_assert_eq!((palm * 10 + one.capture, &one.label), (number, &palm.to_string()));
            prop_assert_eq!(LayoutSample { path: other.path.clone(), ..one }, other);
        }
    }
}
