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

/// Most views that are accepted.
const MAX_VIEWS: usize = 256;

/// A network that turns a palm into features.
///
/// Its ONNX file has one input `roi` `[1, 1, 128, 128]`, grey 0–1, and an output `feature`: `[1, F]`, or `[1, V, F]`
/// with one feature per *view*. A view is the same palm read as if the region lay some pixels aside; view 0 is the
/// region as it is. An enrolment keeps view 0, a probe is compared with all of its views. Whatever normalisation the
/// network wants is part of the file.
pub struct Extractor {
    network: Network,
    length: usize,
    views: usize,
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
        let total = match network.length(0) {
            Some(length) => length,
            None => network
                .run(vec![0.5; ROI_SIZE * ROI_SIZE])?
                .first()
                .map_or(0, Vec::len),
        };
        let length = network.row(0).unwrap_or(total);
        let views = total.checked_div(length).unwrap_or(0);
        if !(1..=MAX_FEATURE).contains(&length) || !(1..=MAX_VIEWS).contains(&views) {
            let reason = format!(
                "output \"feature\" has {views} views of {length} numbers, expected 1 to {MAX_VIEWS} of 1 to {MAX_FEATURE}"
            );
            return Err(NetError::Contract {
                model: SPEC.model,
                reason,
            });
        }
        Ok(Self {
            network,
            length,
            views,
            digest,
        })
    }

    /// Numbers in a feature.
    pub const fn feature_len(&self) -> usize {
        self.length
    }

    /// Views of a region.
    pub const fn view_count(&self) -> usize {
        self.views
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
        Ok(self.views(roi)?.swap_remove(0))
    }

    /// The features of all views of a region, the centred one first; at least one, each as [`Self::feature`].
    ///
    /// # Errors
    /// As [`Self::feature`].
    pub fn views(&self, roi: &Roi) -> Result<Vec<Vec<f32>>, NetError> {
        let failed = |reason| NetError::Run {
            model: SPEC.model,
            reason,
        };
        let outputs = self.network.run(roi.plane().data().to_vec())?;
        let numbers = outputs.into_iter().next().unwrap_or_default();
        if numbers.len() != self.views * self.length {
            let (found, expected) = (numbers.len(), self.views * self.length);
            return Err(failed(format!("{found} numbers, expected {expected}")));
        }
        let views = numbers.chunks_exact(self.length).map(<[f32]>::to_vec);
        views.map(|v| normalised(v).map_err(failed)).collect()
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
fn normalised(mut feature: Vec<f32>) -> Result<Vec<f32>, String> {
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
