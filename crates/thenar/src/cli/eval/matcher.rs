//! Templates packed for comparing very many.

use std::ops::Range;

use ndarray::{Array2, ArrayView2};
use thenar_eval::{Matcher, Pairwise, Sample};

use super::template::{Enrolled, Probe, angle};

/// The fastest way to compare these samples.
pub(super) enum Fastest<'a> {
    Features(Features),
    OneByOne(Pairs<'a>),
}

type Pairs<'a> = Pairwise<'a, Enrolled, Probe, fn(&Enrolled, &Probe) -> f32>;

impl<'a> Fastest<'a> {
    pub(super) fn new(gallery: &'a [Sample<Enrolled>], probe: &'a [Sample<Probe>]) -> Self {
        match Features::new(gallery, probe) {
            Some(features) => Self::Features(features),
            None => Self::OneByOne(Pairwise::new(gallery, probe, Enrolled::distance)),
        }
    }
}

impl Matcher for Fastest<'_> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        match self {
            Self::Features(features) => features.block(gallery, probes, scores),
            Self::OneByOne(pairs) => pairs.block(gallery, probes, scores),
        }
    }
}

/// Gallery samples of one matrix product.
const COLUMNS: usize = 1024;

/// Features as matrices, row by row: all cosines of a block are one product.
pub(super) struct Features {
    /// A row for each sample; zeros where it failed to acquire.
    gallery: Vec<f32>,
    /// A row for each view of each sample.
    probe: Vec<f32>,
    length: usize,
    views: usize,
    has_gallery: Vec<bool>,
    has_probe: Vec<bool>,
}

impl Features {
    /// `None` when these are no features, or all failed.
    fn new(gallery: &[Sample<Enrolled>], probe: &[Sample<Probe>]) -> Option<Self> {
        let enrolled = |s: &'_ Sample<Enrolled>| match &s.data {
            Some(Enrolled::Feature(f)) => Some(f.to_vec()),
            _ => None,
        };
        let probed = |s: &'_ Sample<Probe>| match &s.data {
            Some(Probe::Features(f)) => Some(f.to_vec()),
            _ => None,
        };
        let length = gallery.iter().find_map(enrolled)?.len();
        let views = probe.iter().find_map(probed)?.len() / length;
        let row = |feature: Option<Vec<f32>>, size| feature.unwrap_or_else(|| vec![0.0; size]);
        Some(Self {
            gallery: gallery
                .iter()
                .flat_map(|s| row(enrolled(s), length))
                .collect(),
            probe: probe
                .iter()
                .flat_map(|s| row(probed(s), views * length))
                .collect(),
            length,
            views,
            has_gallery: gallery.iter().map(|s| s.data.is_some()).collect(),
            has_probe: probe.iter().map(|s| s.data.is_some()).collect(),
        })
    }

    /// The cosines of all views of the probes with the gallery samples.
    fn cosines(&self, gallery: &Range<usize>, probes: &Range<usize>) -> Array2<f32> {
        let views = self.views * probes.start..self.views * probes.end;
        let matrix = |data, rows: &Range<usize>| {
            let data: &[f32] = data;
            let data = &data[rows.start * self.length..rows.end * self.length];
            ArrayView2::from_shape((rows.len(), self.length), data)
        };
        match (matrix(&self.probe, &views), matrix(&self.gallery, gallery)) {
            (Ok(views), Ok(gallery)) => views.dot(&gallery.t()),
            // The slices have just these sizes.
            _ => Array2::from_elem((views.len(), gallery.len()), f32::NAN),
        }
    }
}

impl Matcher for Features {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        let width = gallery.len();
        for first in gallery.clone().step_by(COLUMNS) {
            let columns = first..gallery.end.min(first + COLUMNS);
            let cosines = self.cosines(&columns, &probes);
            for (row, probe) in probes.clone().enumerate() {
                let views = row * self.views..(row + 1) * self.views;
                for (column, sample) in columns.clone().enumerate() {
                    let nearest = views.clone().map(|v| cosines[(v, column)]);
                    let has_both = self.has_probe[probe] && self.has_gallery[sample];
                    scores[row * width + sample - gallery.start] = match has_both {
                        true => angle(nearest.fold(-1.0, f32::max)),
                        false => f32::NAN,
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn blocks_of_features_equal_single_comparisons() {
        let (length, views) = (37, 3);
        let gallery: Vec<_> = (0..1100)
            .map(|n| sample(n, Enrolled::Feature(unit(n, length).into())))
            .collect();
        let probe: Vec<_> = (0..12)
            .map(|n| {
                let of = (0..views).flat_map(|v| unit(n * views + v, length));
                sample(n, Probe::Features(of.collect::<Vec<_>>().into()))
            })
            .collect();
        let (fast, plain) = (
            Fastest::new(&gallery, &probe),
            Pairwise::new(&gallery, &probe, Enrolled::distance),
        );
        assert!(matches!(fast, Fastest::Features(_)));
        let (rows, columns) = (2..11, 3..1097);
        let mut scores = vec![[0.0f32; 2]; rows.len() * columns.len()];
        let mut fill = |which: usize, matcher: &dyn Fn(&mut [f32])| {
            let mut block = vec![0.0; rows.len() * columns.len()];
            matcher(&mut block);
            scores.iter_mut().zip(block).for_each(|(s, b)| s[which] = b);
        };
        fill(0, &|block| fast.block(columns.clone(), rows.clone(), block));
        fill(1, &|block| {
            plain.block(columns.clone(), rows.clone(), block)
        });
        for [fast, plain] in scores {
            // Near 0 the arc cosine magnifies rounding.
            assert!(fast.is_nan() == plain.is_nan());
            assert!(
                fast.is_nan() || (fast - plain).abs() < 1e-3,
                "{fast} {plain}"
            );
        }
    }
}
