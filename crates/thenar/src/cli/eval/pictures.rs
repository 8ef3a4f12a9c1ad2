//! The regions of the hardest genuine and the closest impostor pairs, as pictures.

use std::io::Cursor;
use std::path::Path;

use image::ImageFormat;
use thenar::Photo;
use thenar_eval::page::{Extremes, Pair, Pairs, Picture};
use thenar_eval::{Compared, Sample};

use super::super::error::CliError;
use super::acquire::Regions;

/// Pairs of each kind.
const SHOWN: usize = 9;

/// Cuts the regions again, from the images at `root`. Each image is shown once.
pub(super) fn pairs<G, P>(
    extremes: &Extremes,
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    root: &Path,
    regions: &Regions,
) -> Result<Pairs, CliError> {
    let pair = |compared: &Compared| -> Result<Pair, CliError> {
        let (reference, of) = (&gallery[compared.gallery], &probe[compared.probe]);
        Ok(Pair {
            gallery: picture(&reference.path, &reference.label, root, regions)?,
            probe: picture(&of.path, &of.label, root, regions)?,
            score: compared.score,
        })
    };
    let all = |found: Vec<Compared>| found.iter().map(pair).collect::<Result<Vec<_>, _>>();
    Ok(Pairs {
        system: String::new(),
        genuine: all(extremes.hardest_genuine(SHOWN, 1))?,
        impostor: all(extremes.closest_impostor(SHOWN, 1))?,
    })
}

/// The region of an image; of images enrolled together the first is shown, which may itself not be good enough.
fn picture(path: &str, label: &str, root: &Path, regions: &Regions) -> Result<Picture, CliError> {
    let photo = Photo::open(root.join(path))?;
    let region = regions.of(&photo)?;
    let image = match &region {
        Ok(region) => region.gray().clone(),
        Err(_) => image::GrayImage::new(1, 1),
    };
    let mut png = Cursor::new(Vec::new());
    let encoded = image.write_to(&mut png, ImageFormat::Png);
    encoded.map_err(|e| CliError::Usage(format!("{path}: cannot be written as a picture: {e}")))?;
    Ok(Picture {
        png: png.into_inner(),
        label: label.to_owned(),
        file: path.to_owned(),
    })
}
