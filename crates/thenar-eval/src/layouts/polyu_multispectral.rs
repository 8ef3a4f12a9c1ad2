//! PolyU multispectral palmprints (D. Zhang, Z. Guo, G. Lu, L. Zhang, W. Zuo, *An online system of multispectral
//! palmprint verification*, IEEE TIM 59, 2010): 250 people, both palms, two sessions about nine days apart, in blue,
//! green, red and near infrared.
//!
//! ```text
//! Multispectral_B/001/1_01_s.bmp … Multispectral_B/500/2_06_s.bmp
//! Multispectral_G/…  Multispectral_R/…  Multispectral_I/…
//! ```
//!
//! As the authors' page describes it: one folder per palm, 1 to 500, in it `1_mm` for the first and `2_mm` for the
//! second session, `mm` the number of the image, 01 to 06. The page shows folders as `nnnn`; public lists of its files
//! have three digits and `_s` behind the number (`Multispectral_B/001/1_01_s.bmp`). Read are three or four digits, with
//! or without `_s`. The folder of the light is not on the page; read are `Multispectral_` (or nothing) and then one of
//! `B`, `Blue`, `G`, `Green`, `R`, `Red`, `I`, `NIR`, in any case.
//!
//! Whole: 6,000 images in each light, 6 of each palm in each session; labels are the numbers of the palms from 0, as in
//! the lists of the network papers: folder `001` is `0`.
//!
//! *Hands and people.* The names tell neither. The 500 palms are of 250 people; neighbours (`001` and `002` …) are taken
//! for one person ([`Subjects::Pairs`]); see [`super::polyu`] why that is safe. The images are the authors' cut-outs,
//! 128 × 128 pixels; how they are turned is not verified here.
//!
//! *Where:* <https://www4.comp.polyu.edu.hk/~biometrics/MultispectralPalmprint/MSP.htm>. *Terms:* freely available for
//! academic, non-commercial use, says that page.

use super::names::{fixed, last_two};
use super::{About, LayoutSample, Shown, Size, Spectrum};
use crate::protocols::Subjects;

/// What is known of it.
pub static ABOUT: About = About {
    title: "PolyU multispectral palmprints",
    example: "Multispectral_B/001/1_01_s.bmp",
    expected: "folders Multispectral_B, _G, _R and _I (or Blue, Green, Red, NIR), in them folders 001 to 500 with \
        images 1_01_s to 2_06_s",
    page: "https://www4.comp.polyu.edu.hk/~biometrics/MultispectralPalmprint/MSP.htm",
    terms: "Academic, non-commercial use.",
    shown: Shown::Roi,
    hands: "The names do not tell. How the cut-outs are turned is not verified.",
    size: Size {
        people: 250,
        palms: 500,
        images: Some(24_000),
        of_each_palm: Some(6),
    },
    subjects: Subjects::Pairs,
};

pub(super) fn sample(path: &str) -> Option<LayoutSample> {
    let parts: Vec<&str> = path.split('/').collect();
    let (folder, name) = last_two(&parts)?;
    let light = spectrum(parts.get(parts.len().checked_sub(3)?)?)?;
    let palm = fixed(folder, 3).or_else(|| fixed(folder, 4));
    let palm = palm.filter(|p| (1..=500).contains(p))? - 1;
    let (session, number) = name.strip_suffix("_s").unwrap_or(name).split_once('_')?;
    Some(LayoutSample {
        session: fixed(session, 1).filter(|s| (1..=2).contains(s))?,
        capture: fixed(number, 2).filter(|n| (1..=6).contains(n))?,
        spectrum: Some(light),
        ..LayoutSample::of(path, palm.to_string())
    })
}

fn spectrum(folder: &str) -> Option<Spectrum> {
    let name = folder.to_ascii_lowercase();
    match name.strip_prefix("multispectral_").unwrap_or(&name) {
        "b" | "blue" => Some(Spectrum::Blue),
        "g" | "green" => Some(Spectrum::Green),
        "r" | "red" => Some(Spectrum::Red),
        "i" | "nir" => Some(Spectrum::Nir),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lights_sessions_and_palms() {
        let found = sample("data/Multispectral_B/001/1_01_s.bmp").unwrap();
        assert_eq!(
            (found.label.as_str(), found.session, found.capture),
            ("0", 1, 1)
        );
        assert_eq!(found.spectrum, Some(Spectrum::Blue));
        let found = sample("NIR/0500/2_06.jpg").unwrap();
        assert_eq!(
            (found.label.as_str(), found.session, found.capture),
            ("499", 2, 6)
        );
        assert_eq!(found.spectrum, Some(Spectrum::Nir));
    }

    #[test]
    fn other_names_do_not_fit() {
        for bad in [
            "001/1_01_s.bmp",
            "White/001/1_01_s.bmp",
            "Red/000/1_01.bmp",
            "Red/501/1_01.bmp",
            "Red/1/1_01.bmp",
            "Red/001/3_01.bmp",
            "Red/001/1_07.bmp",
            "Red/001/1_1.bmp",
            "Red/001/1_01_t.bmp",
            "Red/0001_0001.jpg",
        ] {
            assert_eq!(sample(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn names_come_back(palm in 1u32..=500, session in 1u32..=2, number in 1u32..=6) {
            let found = sample(&format!("Green/{palm:03}/{session}_{number:02}_s.bmp")).unwrap();
            prop_assert_eq!(found.label, (palm - 1).to_string());
            prop_assert_eq!((found.session, found.capture), (session, number));
        }
    }
}
