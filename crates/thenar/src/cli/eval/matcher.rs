//! Templates packed for comparing very many.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use thenar_eval::{Matcher, Pairwise, Sample};
use thenar_protect::{BitTemplate, PackedTemplates, ProbeBits};

use super::template::{Enrolled, Measure, Probe};

/// The fastest way to compare these samples.
pub(super) enum Fastest<'a> {
    Bits(Bits<'a>),
    Features(Features<'a>),
    OneByOne(Pairs<'a>),
}

type Pairs<'a> = Pairwise<'a, Enrolled, Probe, fn(&Enrolled, &Probe) -> f32>;

impl<'a> Fastest<'a> {
    pub(super) fn new(gallery: &'a [Sample<Enrolled>], probe: &'a [Sample<Probe>]) -> Self {
        if let Some(bits) = Bits::new(gallery, probe) {
            return Self::Bits(bits);
        }
        if let Some(features) = Features::new(gallery, probe) {
            return Self::Features(features);
        }
        Self::OneByOne(Pairwise::new(gallery, probe, Enrolled::distance))
    }
}

impl Matcher for Fastest<'_> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        match self {
            Self::Bits(bits) => bits.block(gallery, probes, scores),
            Self::Features(features) => features.block(gallery, probes, scores),
            Self::OneByOne(pairs) => pairs.block(gallery, probes, scores),
        }
    }
}

/// Templates of bits, all of one length.
pub(super) struct Bits<'a> {
    gallery: PackedTemplates,
    /// Where in it each sample stands; `None` where it failed to acquire.
    places: Vec<Option<usize>>,
    /// The views of each sample; none where it failed.
    probe: Vec<&'a [ProbeBits]>,
    /// The weight of a probe, 1 at least.
    total: u32,
}

impl<'a> Bits<'a> {
    /// `None` when these are no bits, of several lengths, or all failed.
    fn new(gallery: &'a [Sample<Enrolled>], probe: &'a [Sample<Probe>]) -> Option<Self> {
        let mut enrolled: Vec<&BitTemplate> = Vec::new();
        let mut places = Vec::new();
        for sample in gallery {
            places.push(match &sample.data {
                Some(Enrolled::Bits(bits)) => {
                    enrolled.push(bits);
                    Some(enrolled.len() - 1)
                }
                _ => None,
            });
        }
        let views = |s: &'a Sample<Probe>| match &s.data {
            Some(Probe::Bits(views)) => views.as_slice(),
            _ => &[],
        };
        let probe: Vec<&[ProbeBits]> = probe.iter().map(views).collect();
        let total = probe
            .iter()
            .copied()
            .flatten()
            .next()
            .map_or(0, |view| view.total());
        (!enrolled.is_empty()).then_some(())?;
        Some(Self {
            gallery: PackedTemplates::new(&enrolled).ok()?,
            places,
            probe,
            total: total.max(1),
        })
    }

    /// The distance of each enrolled template from the nearest view; `None` without views.
    fn nearest(&self, views: &[ProbeBits]) -> Option<Vec<u16>> {
        let mut nearest = vec![0; self.gallery.len()];
        self.gallery.nearest(views, &mut nearest).ok()?;
        (!views.is_empty()).then_some(nearest)
    }
}

impl Matcher for Bits<'_> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        let rows = scores.chunks_exact_mut(gallery.len());
        for (row, views) in rows.zip(&self.probe[probes]) {
            let nearest = self.nearest(views);
            for (score, place) in row.iter_mut().zip(&self.places[gallery.clone()]) {
                *score = match (&nearest, place) {
                    (Some(nearest), &Some(at)) => f32::from(nearest[at]) / self.total as f32,
                    _ => f32::NAN,
                };
            }
        }
    }
}

/// Gallery samples of one matrix product.
const COLUMNS: usize = 1024;

/// Features, or vectors of published schemes, as matrices, row by row: all cosines of a block are one product.
pub(super) struct Features<'a> {
    /// A row for each sample; zeros where it failed to acquire.
    gallery: Vec<f32>,
    /// The views of each sample, one after the other; none where it failed. Packed block by block: they are many.
    probe: Vec<&'a [f32]>,
    length: usize,
    views: usize,
    has_gallery: Vec<bool>,
    measure: Measure,
}

impl<'a> Features<'a> {
    /// `None` when these are no features, or all failed.
    fn new(gallery: &[Sample<Enrolled>], probe: &'a [Sample<Probe>]) -> Option<Self> {
        let enrolled: Vec<&[f32]> = gallery
            .iter()
            .map(|s| match &s.data {
                Some(Enrolled::Linear(record)) => record.vector.as_slice(),
                _ => &[],
            })
            .collect();
        let probe: Vec<&[f32]> = probe
            .iter()
            .map(|s| match &s.data {
                Some(Probe::Linear(queries)) => queries.as_slice(),
                _ => &[],
            })
            .collect();
        let measure = gallery.iter().find_map(|s| match &s.data {
            Some(Enrolled::Linear(record)) => Some(record.measure),
            _ => None,
        })?;
        let length = enrolled.iter().map(|feature| feature.len()).max()?;
        let views = probe
            .iter()
            .map(|views| views.len())
            .max()?
            .checked_div(length)?;
        Some(Self {
            gallery: padded(&enrolled, length),
            probe,
            length,
            views,
            has_gallery: enrolled.iter().map(|feature| !feature.is_empty()).collect(),
            measure,
        })
    }

    /// The cosines of all views of some probes, packed, with the gallery samples.
    fn cosines(&self, gallery: &Range<usize>, views: &[f32]) -> Array2<f32> {
        let matrix = |data| {
            let data: &[f32] = data;
            ArrayView2::from_shape((data.len() / self.length, self.length), data)
        };
        let rows = &self.gallery[gallery.start * self.length..gallery.end * self.length];
        match (matrix(views), matrix(rows)) {
            (Ok(views), Ok(gallery)) => views.dot(&gallery.t()),
            // The slices are whole rows.
            _ => Array2::from_elem((views.len() / self.length, gallery.len()), f32::NAN),
        }
    }
}

/// The rows one after the other, zeros in place of those that are missing.
fn padded(rows: &[&[f32]], length: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(rows.len() * length);
    for row in rows {
        all.extend_from_slice(row);
        all.resize(all.len() + length - row.len(), 0.0);
    }
    all
}

impl Matcher for Features<'_> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        let width = gallery.len();
        let packed = padded(&self.probe[probes.clone()], self.views * self.length);
        for first in gallery.clone().step_by(COLUMNS) {
            let columns = first..gallery.end.min(first + COLUMNS);
            let cosines = self.cosines(&columns, &packed);
            for (row, probe) in probes.clone().enumerate() {
                let views = row * self.views..(row + 1) * self.views;
                for (column, sample) in columns.clone().enumerate() {
                    let nearest = views.clone().map(|v| cosines[(v, column)]);
                    let has_both = !self.probe[probe].is_empty() && self.has_gallery[sample];
                    scores[row * width + sample - gallery.start] = match has_both {
                        true => self.measure.distance(nearest.fold(f32::MIN, f32::max)),
                        false => f32::NAN,
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::template::Linear;
    use super::*;

    fn unit(seed: usize, length: usize) -> Vec<f32> {
        let raw = (0..length).map(|i| ((i * 31 + 7) as f32 * (seed as f32 + 0.37)).sin());
        let raw: Vec<f32> = raw.collect();
        let norm = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
        raw.iter().map(|v| v / norm).collect()
    }

    fn sample<T>(n: usize, data: T) -> Sample<T> {
        Sample {
            path: n.to_string(),
            label: n.to_string(),
            data: (n % 5 != 4).then_some(data),
        }
    }

    /// The scores of one block by the fast matcher and by single comparisons.
    fn block(gallery: &[Sample<Enrolled>], probe: &[Sample<Probe>]) -> Vec<(f32, f32)> {
        let fast = Fastest::new(gallery, probe);
        assert!(!matches!(fast, Fastest::OneByOne(_)));
        let plain = Pairwise::new(gallery, probe, Enrolled::distance);
        let (rows, columns) = (2..probe.len() - 1, 3..gallery.len() - 3);
        let mut scores = [(); 2].map(|()| vec![0.0; rows.len() * columns.len()]);
        fast.block(columns.clone(), rows.clone(), &mut scores[0]);
        plain.block(columns, rows, &mut scores[1]);
        let [fast, plain] = scores;
        assert!(fast.iter().any(|s| s.is_nan()) && fast.iter().any(|s| !s.is_nan()));
        fast.into_iter().zip(plain).collect()
    }

    #[test]
    fn blocks_of_features_equal_single_comparisons() {
        let (length, views) = (37, 3);
        let feature = |n| Enrolled::Linear(Linear::new(unit(n, length), Measure::Angle));
        let gallery: Vec<_> = (0..1100).map(|n| sample(n, feature(n))).collect();
        let probe: Vec<_> = (0..12)
            .map(|n| {
                let of = (0..views).flat_map(|v| unit(n * views + v, length));
                sample(n, Probe::Linear(of.collect::<Vec<_>>().into()))
            })
            .collect();
        for (fast, plain) in block(&gallery, &probe) {
            // Near 0 the arc cosine magnifies rounding.
            assert!(fast.is_nan() == plain.is_nan());
            assert!(
                fast.is_nan() || (fast - plain).abs() < 1e-3,
                "{fast} {plain}"
            );
        }
    }

    #[test]
    fn blocks_of_bits_equal_single_comparisons() {
        let values = |seed| -> Vec<f64> { unit(seed, 130).iter().map(|&v| f64::from(v)).collect() };
        let bits = |seed| BitTemplate::above_median(&values(seed)).unwrap();
        let probe_bits = |seed| ProbeBits::new(&values(seed)).unwrap();
        let gallery: Vec<_> = (0..90)
            .map(|n| sample(n, Enrolled::Bits(bits(n))))
            .collect();
        let probe: Vec<_> = (0..12)
            .map(|n| {
                sample(
                    n,
                    Probe::Bits((0..4).map(|v| probe_bits(4 * n + v)).collect()),
                )
            })
            .collect();
        for (fast, plain) in block(&gallery, &probe) {
            assert_eq!(fast.to_bits(), plain.to_bits());
        }
    }
}
