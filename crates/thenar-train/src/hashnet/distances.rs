//! Hamming distances between the hashes of two lists.

use rayon::prelude::*;
use serde::Serialize;

use super::HashNet;
use super::centres::distance;
use super::features::Features;
use crate::backend::Backend;
use crate::engine::infer;
use crate::error::TrainError;
use crate::params::Weights;

/// Features that go through the network together.
const TOGETHER: usize = 1024;

/// The hashes of images.
#[derive(Clone, Debug)]
pub struct Hashes {
    /// Length of a hash.
    pub bits: usize,
    /// The first bits of views, as many of each image as there are views.
    words: Vec<u64>,
    views: usize,
    /// The palm of each image.
    palms: Vec<usize>,
}

impl Hashes {
    /// Hashes the first `views` views of each image with the signs of `net`'s outputs.
    ///
    /// # Errors
    /// When the framework fails.
    pub fn of(
        (backend, net, weights): (Backend, &HashNet, &[Weights]),
        features: &Features,
        palms: &[usize],
        views: usize,
    ) -> Result<Self, TrainError> {
        let mut words = Vec::new();
        let total = features.count() * views;
        for first in (0..total).step_by(TOGETHER) {
            let places = first..total.min(first + TOGETHER);
            let input = features.gather(places.map(|i| (i / views, i % views)));
            let outputs = infer(backend, net, weights, &input)?;
            outputs[0]
                .data
                .chunks_exact(net.bits)
                .for_each(|hash| pack(hash, &mut words));
        }
        Ok(Self {
            bits: net.bits,
            words,
            views,
            palms: palms.to_vec(),
        })
    }

    /// The hashes of an image, one per view.
    fn image(&self, image: usize) -> impl Iterator<Item = &[u64]> {
        let length = self.bits.div_ceil(64);
        let all = &self.words[image * self.views * length..][..self.views * length];
        all.chunks_exact(length)
    }
}

/// Appends the signs of `hash`: bit `i` of word `i / 64` is set where a value is at least 0.
fn pack(hash: &[f32], words: &mut Vec<u64>) {
    for values in hash.chunks(64) {
        let bits = values.iter().enumerate();
        words.push(bits.fold(0, |word, (i, &v)| word | u64::from(v >= 0.0) << i));
    }
}

/// How many comparisons have each distance, from 0 to the length of the hash.
#[derive(Clone, Debug, PartialEq)]
pub struct Distances {
    /// Of one palm.
    pub genuine: Vec<u64>,
    /// Of different palms.
    pub impostor: Vec<u64>,
}

impl Distances {
    fn none(bits: usize) -> Self {
        Self {
            genuine: vec![0; bits + 1],
            impostor: vec![0; bits + 1],
        }
    }

    /// Every image of `probe` with the first view of every image of `gallery`; the nearest view counts.
    ///
    /// # Panics
    /// When the hashes differ in length.
    pub fn between(gallery: &Hashes, probe: &Hashes) -> Self {
        Self::of_pairs(gallery, probe, |_| gallery.palms.len())
    }

    /// Every two images of a list, the earlier one as gallery.
    pub fn within(hashes: &Hashes) -> Self {
        Self::of_pairs(hashes, hashes, |i| i)
    }

    /// Each probe `i` with the first `count(i)` images of the gallery.
    fn of_pairs(gallery: &Hashes, probe: &Hashes, count: impl Fn(usize) -> usize + Sync) -> Self {
        assert_eq!(gallery.bits, probe.bits, "hashes of one length");
        let bits = gallery.bits;
        let add = |mut sum: Self, i: usize| {
            for j in 0..count(i) {
                let Some(enrolled) = gallery.image(j).next() else {
                    continue;
                };
                let distances = probe.image(i).map(|view| distance(view, enrolled));
                let nearest = distances.min().map_or(bits, |d| d as usize);
                let counts = if gallery.palms[j] == probe.palms[i] {
                    &mut sum.genuine
                } else {
                    &mut sum.impostor
                };
                counts[nearest] += 1;
            }
            sum
        };
        let join = |mut a: Self, b: Self| {
            let counts = a.genuine.iter_mut().chain(&mut a.impostor);
            for (a, b) in counts.zip(b.genuine.iter().chain(&b.impostor)) {
                *a += b;
            }
            a
        };
        (0..probe.palms.len())
            .into_par_iter()
            .fold(|| Self::none(bits), add)
            .reduce(|| Self::none(bits), join)
    }

    /// What they come to; `None` when there are no pairs of one palm or none of two.
    pub fn scores(&self) -> Option<Scores> {
        let genuine = Summary::of(&self.genuine)?;
        let impostor = Summary::of(&self.impostor)?;
        let (mut best, mut accepted) = (f64::INFINITY, (0, 0));
        let (mut threshold, mut missed, mut let_in) = (0, 0, 0);
        for (d, (g, i)) in self.genuine.iter().zip(&self.impostor).enumerate() {
            accepted.0 += g;
            accepted.1 += i;
            let now = (genuine.pairs - accepted.0, accepted.1);
            let gap =
                (now.0 as f64 / genuine.pairs as f64 - now.1 as f64 / impostor.pairs as f64).abs();
            if gap < best {
                (best, threshold, missed, let_in) = (gap, d, now.0, now.1);
            }
        }
        let rates = missed as f64 / genuine.pairs as f64 + let_in as f64 / impostor.pairs as f64;
        Some(Scores {
            overlap: genuine.most >= impostor.fewest,
            eer: rates / 2.0,
            threshold,
            missed,
            let_in,
            genuine,
            impostor,
            genuine_counts: self.genuine.clone(),
            impostor_counts: self.impostor.clone(),
        })
    }
}

/// Distances in short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Comparisons.
    pub pairs: u64,
    /// Smallest distance.
    pub fewest: usize,
    /// Mean distance.
    pub mean: f64,
    /// Largest distance.
    pub most: usize,
}

impl Summary {
    fn of(counts: &[u64]) -> Option<Self> {
        let pairs: u64 = counts.iter().sum();
        let sum: u64 = counts.iter().zip(0..).map(|(count, d)| count * d).sum();
        Some(Self {
            pairs,
            fewest: counts.iter().position(|&c| c > 0)?,
            mean: sum as f64 / pairs as f64,
            most: counts.iter().rposition(|&c| c > 0)?,
        })
    }
}

/// How well hashes tell palms apart.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Distances of one palm.
    pub genuine: Summary,
    /// Distances of different palms.
    pub impostor: Summary,
    /// Whether a distance of one palm is as large as one of different palms.
    pub overlap: bool,
    /// Equal error rate, 0–1: the mean of the two rates at `threshold`.
    pub eer: f64,
    /// The distance at which the rates are nearest to each other; without overlap the largest one of one palm. It is
    /// what the paper takes for the number of corrected bits, t.
    pub threshold: usize,
    /// Comparisons of one palm above the threshold.
    pub missed: u64,
    /// Comparisons of different palms up to the threshold.
    pub let_in: u64,
    /// Comparisons of one palm by distance.
    pub genuine_counts: Vec<u64>,
    /// Comparisons of different palms by distance.
    pub impostor_counts: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three palms, two images each, hashes of 70 bits, so many views of each.
    fn hashes(views: usize, salt: usize) -> (Hashes, Vec<Vec<f32>>) {
        let value = |i: usize| ((i * 7919 + salt * 31) % 101) as f32 - 50.0;
        let rows: Vec<Vec<f32>> = (0..6 * views)
            .map(|row| (0..70).map(|i| value(70 * row + i)).collect())
            .collect();
        let mut words = Vec::new();
        rows.iter().for_each(|row| pack(row, &mut words));
        let palms = vec![0, 0, 1, 1, 2, 2];
        let hashes = Hashes {
            bits: 70,
            words,
            views,
            palms,
        };
        (hashes, rows)
    }

    #[test]
    fn the_nearest_view_counts() {
        let (gallery, enrolled) = hashes(2, 1);
        let (probe, used) = hashes(3, 2);
        let got = Distances::between(&gallery, &probe);
        let mut want = Distances::none(70);
        for i in 0..6 {
            for j in 0..6 {
                let differ = |view: usize| {
                    let pairs = used[3 * i + view].iter().zip(&enrolled[2 * j]);
                    pairs.filter(|(a, b)| (**a >= 0.0) != (**b >= 0.0)).count()
                };
                let nearest = (0..3).map(differ).min().unwrap();
                if i / 2 == j / 2 {
                    want.genuine[nearest] += 1;
                } else {
                    want.impostor[nearest] += 1;
                }
            }
        }
        assert_eq!(got, want);
        let scores = Distances::within(&gallery).scores().unwrap();
        assert_eq!((scores.genuine.pairs, scores.impostor.pairs), (3, 12));
    }

    #[test]
    fn separated_distances_have_no_error_and_overlapping_ones_do() {
        let apart = Distances {
            genuine: vec![5, 0, 1, 0, 0, 0],
            impostor: vec![0, 0, 0, 0, 2, 6],
        };
        let scores = apart.scores().unwrap();
        assert!(!scores.overlap);
        assert_eq!((scores.eer, scores.threshold), (0.0, 2));
        assert_eq!((scores.genuine.fewest, scores.genuine.most), (0, 2));
        assert_eq!(
            (scores.genuine.mean, scores.impostor.mean),
            (2.0 / 6.0, 4.75)
        );
        let mixed = Distances {
            genuine: vec![8, 0, 0, 0, 2],
            impostor: vec![0, 1, 0, 1, 8],
        };
        let scores = mixed.scores().unwrap();
        assert!(scores.overlap);
        assert_eq!((scores.threshold, scores.missed, scores.let_in), (3, 2, 2));
        assert!((scores.eer - 0.2).abs() < 1e-12);
        let touching = Distances {
            genuine: vec![1, 1],
            impostor: vec![0, 1],
        };
        assert!(touching.scores().unwrap().overlap);
        assert_eq!(Distances::none(5).scores(), None);
    }
}
