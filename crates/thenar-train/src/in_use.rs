//! Extractors in use: ONNX files as the product takes them, from which others learn.

use std::path::Path;

use image::GrayImage;
use thenar_image::Roi;
use thenar_net::Extractor;

use crate::error::TrainError;
use crate::palmnets::ROI;

/// The extractor in a file.
///
/// # Errors
/// When the file cannot be read or is another network.
pub(crate) fn open(path: &Path) -> Result<Extractor, TrainError> {
    let onnx = std::fs::read(path).map_err(|e| TrainError::file(path, e))?;
    Extractor::from_onnx(onnx).map_err(|e| TrainError::Argument(format!("{}: {e}", path.display())))
}

/// The features of all views of a region, 128×128 grey levels.
///
/// # Errors
/// When the image is no region or the network fails.
pub(crate) fn views(extractor: &Extractor, image: &[u8]) -> Result<Vec<Vec<f32>>, String> {
    let side = ROI as u32;
    let image = GrayImage::from_raw(side, side, image.to_vec())
        .ok_or_else(|| format!("a region of {} pixels", image.len()))?;
    let roi = Roi::from_gray(image).map_err(|e| e.to_string())?;
    extractor.views(&roi).map_err(|e| e.to_string())
}
