//! What images became, and what is compared.

use thenar::Feature;
use thenar_key::{PalmHash, PalmViews};
use thenar_net::CompCode;
use thenar_protect::{BitTemplate, ProbeBits};

/// What one image, or several of a palm together, are enrolled as.
pub(super) enum Enrolled {
    /// Competitive Code.
    Code(Box<CompCode>),
    /// A feature of norm 1, or its record by a published scheme.
    Linear(Linear),
    /// Its bits.
    Bits(BitTemplate),
    /// Its palm hash.
    Hash(PalmHash),
}

/// A vector whose product with a query's tells the distance.
pub(super) struct Linear {
    pub(super) vector: Feature,
    pub(super) measure: Measure,
}

/// How a product becomes a distance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// `arccos(product) / π`.
    Angle,
    /// `(1 − product) / 2`: the share of bits that differ.
    Share,
}

impl Linear {
    pub(super) fn new(vector: impl Into<Feature>, measure: Measure) -> Self {
        let vector = vector.into();
        Self { vector, measure }
    }

    /// The distance from the nearest of several queries, one after the other.
    pub(super) fn distance(&self, queries: &[f32]) -> f32 {
        let products = queries.chunks_exact(self.vector.len());
        let nearest = products.map(|query| product(&self.vector, query));
        self.measure.distance(nearest.fold(f32::MIN, f32::max))
    }
}

impl Measure {
    /// 0–1.
    pub(super) fn distance(self, product: f32) -> f32 {
        let product = product.clamp(-1.0, 1.0);
        match self {
            Self::Angle => product.acos() / std::f32::consts::PI,
            Self::Share => (1.0 - product) / 2.0,
        }
    }
}

/// What an image is compared as: in all of its views, of which the nearest counts.
pub(super) enum Probe {
    /// Competitive Code, which looks for the nearest translation itself.
    Code(Box<CompCode>),
    /// Features of norm 1, or their queries by a published scheme, one after the other.
    Linear(Feature),
    /// Their bits, with weights.
    Bits(Vec<ProbeBits>),
    /// Their whole numbers.
    Numbers(PalmViews),
}

impl Enrolled {
    /// The distance from the nearest view of a probe, 0–1; NaN for templates of two kinds, which one maker never makes.
    pub(super) fn distance(&self, probe: &Probe) -> f32 {
        match (self, probe) {
            (Self::Code(a), Probe::Code(b)) => a.distance(b),
            (Self::Bits(a), Probe::Bits(views)) => {
                let nearest = views.iter().filter_map(|view| view.distance(a)).min();
                let total = views.first().map_or(0, ProbeBits::total);
                nearest.map_or(f32::NAN, |n| n as f32 / total as f32)
            }
            (Self::Hash(a), Probe::Numbers(views)) => a
                .differing(views)
                .map_or(f32::NAN, |n| n as f32 / a.len() as f32),
            (Self::Linear(a), Probe::Linear(queries)) => a.distance(queries),
            _ => f32::NAN,
        }
    }
}

/// `a·b`.
fn product(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
