//! From a region of interest to a feature vector.

use crate::network::{Network, Spec};
use crate::{NetError, models};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use thenar_image::{ROI_SIZE, Roi};

static SPEC: Spec = Spec {
    model: "extractor",
    input: "roi",
    shape: [1, 1, ROI_SIZE, ROI_SIZE],
    outputs: &[("feature", None)],
};

/// Longest feature that is accepted.
const MAX_FEATURE: usize = 65_536;

/// A network that turns a palm into a feature.
///
/// Its ONNX file has one input `roi` `[1, 1, 128, 128]`, grey 0–1, and an output `feature` `[1, F]`. Whatever
/// normalisation it wants is part of the file.
pub struct Extractor {
    network: Network,
    length: usize,
    digest: [u8; 32],
}

impl Extractor {
    /// The compact network that ships.
    ///
    /// # Errors
    /// [`NetError`] when the embedded file is broken.
    pub fn shipped() -> Result<Self, NetError> {
        Self::load(Cow::Borrowed(models::EXTRACTOR))
    }

    /// A network of your own.
    ///
    /// # Errors
    /// [`NetError`] when the bytes are no ONNX file, or one with other inputs and outputs.
    pub fn from_onnx(bytes: impl Into<Vec<u8>>) -> Result<Self, NetError> {
        Self::load(Cow::Owned(bytes.into()))
    }

    fn load(bytes: Cow<'static, [u8]>) -> Result<Self, NetError> {
        let digest = Sha256::digest(&bytes).into();
        let network = Network::load(bytes, &SPEC)?;
        let length = match network.length(0) {
            Some(length) => length,
            None => network
                .run(vec![0.5; ROI_SIZE * ROI_SIZE])?
                .first()
                .map_or(0, Vec::len),
        };
        if !(1..=MAX_FEATURE).contains(&length) {
            let reason =
                format!("output \"feature\" has {length} numbers, expected 1 to {MAX_FEATURE}");
            return Err(NetError::Contract {
                model: SPEC.model,
                reason,
            });
        }
        Ok(Self {
            network,
            length,
            digest,
        })
    }

    /// Numbers in a feature.
    pub const fn feature_len(&self) -> usize {
        self.length
    }

    /// SHA-256 of the ONNX file; part of the contract of every record.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The feature of a region: [`Self::feature_len`] numbers of Euclidean norm 1.
    ///
    /// # Errors
    /// [`NetError::Run`] when the network fails or gives nothing that can be normalised.
    pub fn feature(&self, roi: &Roi) -> Result<Vec<f32>, NetError> {
        let outputs = self.network.run(roi.plane().data().to_vec())?;
        let feature = outputs.into_iter().next().unwrap_or_default();
        normalised(feature, self.length).map_err(|reason| NetError::Run {
            model: SPEC.model,
            reason,
        })
    }

    /// The features of several regions, in their order.
    ///
    /// # Errors
    /// As [`Self::feature`]; the first error ends the work.
    pub fn features(&self, rois: &[Roi]) -> Result<Vec<Vec<f32>>, NetError> {
        rois.iter().map(|roi| self.feature(roi)).collect()
    }
}

/// Scales to norm 1; the norm is summed in `f64` and in order.
fn normalised(mut feature: Vec<f32>, length: usize) -> Result<Vec<f32>, String> {
    if feature.len() != length {
        return Err(format!(
            "a feature of {} numbers, expected {length}",
            feature.len()
        ));
    }
    let norm = feature
        .iter()
        .map(|&v| f64::from(v) * f64::from(v))
        .sum::<f64>()
        .sqrt();
    if !(norm.is_finite() && norm > 1e-12) {
        return Err(format!("a feature of norm {norm}"));
    }
    feature
        .iter_mut()
        .for_each(|v| *v = (f64::from(*v) / norm) as f32);
    Ok(feature)
}
