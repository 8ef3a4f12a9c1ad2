//! Pictures of pairs, inside the page.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, html};

use super::refused;
use super::text::{clean, given, score};
use crate::EvalError;

/// Pictures are shown at a few hundred pixels; whoever gives a whole photo gives more than the page can use.
const MOST_BYTES: usize = 8 << 20;
/// All pictures together: a page that a browser still opens at once.
const MOST_BYTES_IN_ALL: usize = 64 << 20;
/// Width and height of a picture, in pixels.
const MOST_PIXELS: u32 = 16_384;
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The pairs a page shows as pictures; see [`Extremes`](super::Extremes) for how to choose them.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    /// The system whose scores these are; may be empty.
    pub system: String,
    /// Pairs of one palm, the least alike first.
    pub genuine: Vec<Pair>,
    /// Pairs of two palms, the most alike first.
    pub impostor: Vec<Pair>,
}

/// One comparison.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The gallery sample.
    pub gallery: Picture,
    /// The probe sample.
    pub probe: Picture,
    /// The score, a finite number.
    pub score: f32,
}

/// One sample.
#[derive(Debug, Clone)]
pub struct Picture {
    /// A PNG file of at most 8 MiB (64 MiB all together).
    pub png: Vec<u8>,
    /// Label of the palm.
    pub label: String,
    /// Where the image is, as in the list.
    pub file: String,
}

impl Picture {
    /// Width and height in pixels, from the header of the PNG.
    fn size(&self) -> Result<(u32, u32), EvalError> {
        let file = &self.file;
        if self.png.len() > MOST_BYTES {
            let bytes = self.png.len();
            return Err(refused(format!(
                "picture {file:?} has {bytes} bytes, expected at most {MOST_BYTES}"
            )));
        }
        // Signature, length and name of the first chunk, width, height.
        let number = |at: usize| {
            let bytes = self.png.get(at..at + 4)?;
            bytes.try_into().ok().map(u32::from_be_bytes)
        };
        let is_png = self.png.starts_with(SIGNATURE) && self.png.get(12..16) == Some(b"IHDR");
        match (is_png, number(16), number(20)) {
            (true, Some(w @ 1..=MOST_PIXELS), Some(h @ 1..=MOST_PIXELS)) => Ok((w, h)),
            (true, Some(w), Some(h)) => Err(refused(format!(
                "picture {file:?} is {w}×{h} pixels, expected 1 to {MOST_PIXELS} each way"
            ))),
            _ => Err(refused(format!(
                "picture {file:?} is no PNG, expected a PNG file"
            ))),
        }
    }
}

impl Pairs {
    fn all(&self) -> impl Iterator<Item = &Pair> {
        self.genuine.iter().chain(&self.impostor)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    pub(super) fn check(&self) -> Result<(), EvalError> {
        let mut bytes = 0usize;
        for pair in self.all() {
            if !pair.score.is_finite() {
                let (a, b) = (&pair.gallery.file, &pair.probe.file);
                return Err(refused(format!(
                    "the score of {a:?} and {b:?} is {}, expected a finite number",
                    pair.score
                )));
            }
            for picture in [&pair.gallery, &pair.probe] {
                picture.size()?;
                bytes = bytes.saturating_add(picture.png.len());
            }
        }
        if bytes > MOST_BYTES_IN_ALL {
            return Err(refused(format!(
                "the pictures have {bytes} bytes, expected at most {MOST_BYTES_IN_ALL}"
            )));
        }
        Ok(())
    }

    /// Both galleries; nothing where there is no pair.
    pub(super) fn section(&self) -> Result<Markup, EvalError> {
        if self.is_empty() {
            return Ok(Markup::default());
        }
        let genuine = gallery("Hardest genuine pairs", "genuine pair", &self.genuine)?;
        let impostor = gallery("Closest impostor pairs", "impostor pair", &self.impostor)?;
        Ok(html! {
            section #pairs {
                h2 { "Pairs to look at" }
                p {
                    "One palm that looks least like itself, and two palms that look most like each other"
                    @if !self.system.is_empty() { ", as " (given(&self.system)) " scores them" }
                    ". Gallery sample left, probe sample right."
                }
                (genuine)
                (impostor)
            }
        })
    }
}

fn gallery(title: &str, kind: &str, pairs: &[Pair]) -> Result<Markup, EvalError> {
    let pictures = pairs
        .iter()
        .zip(1..)
        .map(|(pair, number)| figure(kind, number, pair))
        .collect::<Result<Vec<Markup>, EvalError>>()?;
    Ok(html! {
        h3 { (title) }
        @if pictures.is_empty() { p.quiet { "None." } }
        @else { div.pairs { @for picture in pictures { (picture) } } }
    })
}

fn figure(kind: &str, number: usize, pair: &Pair) -> Result<Markup, EvalError> {
    let sides = [("gallery", &pair.gallery), ("probe", &pair.probe)];
    let mut images = Vec::new();
    for (side, picture) in sides {
        let (width, height) = picture.size()?;
        let data = format!("data:image/png;base64,{}", STANDARD.encode(&picture.png));
        let alt = format!("{side} sample of {kind} {number}, palm {}", picture.label);
        images.push(html! {
            img src=(data) width=(width) height=(height) alt=(clean(&alt));
        });
    }
    Ok(html! {
        figure.pair {
            div.sides { @for image in images { (image) } }
            figcaption {
                p { strong { (number) ". Score " (score(pair.score)) } }
                dl { @for (side, picture) in sides {
                    dt { (side) }
                    dd { "palm " (given(&picture.label)) ", " span.file { (given(&picture.file)) } }
                } }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        let mut png = SIGNATURE.to_vec();
        png.extend([0, 0, 0, 13]);
        png.extend(b"IHDR");
        png.extend(width.to_be_bytes());
        png.extend(height.to_be_bytes());
        Picture {
            png,
            label: "7".into(),
            file: "a.png".into(),
        }
    }

    fn pairs(gallery: Picture, score: f32) -> Pairs {
        let probe = picture(3, 4);
        Pairs {
            genuine: vec![Pair {
                gallery,
                probe,
                score,
            }],
            ..Pairs::default()
        }
    }

    #[test]
    fn size_is_read_from_the_header() {
        assert!(picture(300, 70_000).size().is_err());
        assert_eq!(picture(300, 128).size().unwrap(), (300, 128));
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let message = |pairs: Pairs| pairs.check().unwrap_err().to_string();
        let mut jpeg = picture(3, 4);
        jpeg.png = vec![0xff, 0xd8, 0xff];
        assert_eq!(
            message(pairs(jpeg, 0.5)),
            "HTML report: picture \"a.png\" is no PNG, expected a PNG file"
        );
        for cut in 0..24 {
            let mut short = picture(3, 4);
            short.png.truncate(cut);
            assert!(message(pairs(short, 0.5)).contains("is no PNG"), "{cut}");
        }
        assert!(message(pairs(picture(0, 4), 0.5)).contains("is 0×4 pixels"));
        let mut large = picture(3, 4);
        large.png.resize(MOST_BYTES + 1, 0);
        assert!(message(pairs(large.clone(), 0.5)).contains("expected at most 8388608"));
        large.png.truncate(MOST_BYTES);
        let mut many = pairs(large, 0.5);
        many.impostor = vec![many.genuine[0].clone(); 8];
        assert!(message(many).contains("expected at most 67108864"));
        assert!(message(pairs(picture(3, 4), f32::NAN)).contains("is NaN, expected a finite"));
        assert!(pairs(picture(3, 4), 0.5).check().is_ok());
    }
}
