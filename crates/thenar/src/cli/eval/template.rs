//! What images became, and what is compared.

use thenar::Feature;
use thenar_key::{PalmHash, PalmViews};
use thenar_net::CompCode;
use thenar_protect::BitTemplate;

/// What one image, or several of a palm together, are enrolled as.
pub(super) enum Enrolled {
    /// Competitive Code.
    Code(Box<CompCode>),
    /// A feature of norm 1.
    Feature(Feature),
    /// Its bits.
    Bits(BitTemplate),
    /// Its palm hash.
    Hash(PalmHash),
}

/// What an image is compared as: in all of its views, of which the nearest counts.
pub(super) enum Probe {
    /// Competitive Code, which looks for the nearest translation itself.
    Code(Box<CompCode>),
    /// Features of norm 1, one after the other.
    Features(Feature),
    /// Their bits.
    Bits(Vec<BitTemplate>),
    /// Their whole numbers.
    Numbers(PalmViews),
}

impl Enrolled {
    /// The distance from the nearest view of a probe, 0–1; NaN for templates of two kinds, which one maker never makes.
    pub(super) fn distance(&self, probe: &Probe) -> f32 {
        match (self, probe) {
            (Self::Code(a), Probe::Code(b)) => a.distance(b),
            (Self::Feature(a), Probe::Features(views)) => {
                let cosines = views.chunks_exact(a.len()).map(|view| cosine(a, view));
                angle(cosines.fold(-1.0, f32::max))
            }
            (Self::Bits(a), Probe::Bits(views)) => {
                let nearest = views
                    .iter()
                    .filter_map(|view| a.checked_hamming(view))
                    .min();
                nearest.map_or(f32::NAN, |n| n as f32 / a.len() as f32)
            }
            (Self::Hash(a), Probe::Numbers(views)) => a
                .differing(views)
                .map_or(f32::NAN, |n| n as f32 / a.len() as f32),
            _ => f32::NAN,
        }
    }
}

/// `arccos(cosine) / π`, 0–1.
pub(super) fn angle(cosine: f32) -> f32 {
    cosine.clamp(-1.0, 1.0).acos() / std::f32::consts::PI
}

/// `a·b`.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
