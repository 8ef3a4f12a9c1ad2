//! Batches of two views per palm; the batch of a step depends on nothing but seed and step.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::ROI;
use super::augment::{normalise, view};
use super::list::Album;
use crate::graph::Array;

/// What one step learns from.
#[derive(Debug, PartialEq)]
pub struct Batch {
    /// First views of `size` palms, then second views of the same, `[2·size, 1, 128, 128]`.
    pub input: Array,
    /// The identity of each view.
    pub labels: Vec<usize>,
}

/// Draws batches from an album.
#[derive(Debug)]
pub struct Feed<'a> {
    album: &'a Album,
    /// Images of every identity, at least two.
    groups: Vec<Vec<usize>>,
    seed: u64,
    size: usize,
}

impl<'a> Feed<'a> {
    /// Batches of `size` palms from the images of `groups` ([`Album::pairs`]).
    pub fn new(album: &'a Album, groups: Vec<Vec<usize>>, seed: u64, size: usize) -> Self {
        Self {
            album,
            groups,
            seed,
            size,
        }
    }

    /// Steps in an epoch: as many first views as there are images.
    pub fn steps_per_epoch(&self) -> u64 {
        (self.album.images.len() / self.size).max(1) as u64
    }

    /// The batch of a step: identities in turn, each equally often; of each two different images, augmented apart.
    pub fn batch(&self, step: u64) -> Batch {
        let first = step * self.size as u64;
        let places: Vec<u64> = (first..first + self.size as u64).collect();
        let pairs: Vec<_> = places.par_iter().map(|&place| self.pair(place)).collect();
        let mut data = Vec::with_capacity(2 * self.size * ROI * ROI);
        for view in 0..2 {
            pairs
                .iter()
                .for_each(|(_, views)| data.extend_from_slice(&views[view]));
        }
        let labels: Vec<usize> = pairs.iter().map(|(label, _)| *label).collect();
        Batch {
            input: Array::new(&[2 * self.size, 1, ROI, ROI], data),
            labels: labels.repeat(2),
        }
    }

    /// The identity at a place in the endless row of identities, and two views of it.
    fn pair(&self, place: u64) -> (usize, [Vec<f32>; 2]) {
        let identities = self.groups.len() as u64;
        let (round, turn) = (place / identities, (place % identities) as usize);
        // Every round goes through all identities once, in an order of its own.
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.shuffle(&mut self.rng(round, 0));
        let label = order[turn];
        let mut rng = self.rng(place, 1);
        let group = &self.groups[label];
        let one = rng.random_range(0..group.len());
        let other = (one + rng.random_range(1..group.len())) % group.len();
        let views = [one, other].map(|i| {
            let mut view = view(&self.album.images[group[i]], &mut rng);
            normalise(&mut view);
            view
        });
        (label, views)
    }

    fn rng(&self, number: u64, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(2 * number + stream);
        rng
    }
}

/// Images as they are, for a network in use: `[N, 1, 128, 128]`, grey 0–1.
pub fn inputs(images: &[Vec<u8>]) -> Array {
    let grey = |&v: &u8| f32::from(v) / 255.0;
    let data = images.iter().flatten().map(grey).collect();
    Array::new(&[images.len(), 1, ROI, ROI], data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn album() -> Album {
        let image = |i: usize| (0..ROI * ROI).map(|p| (p * (i + 3) % 251) as u8).collect();
        Album {
            images: (0..12).map(image).collect(),
            labels: (0..12).map(|i| i % 4).collect(),
            names: (0..4).map(|i| i.to_string()).collect(),
        }
    }

    fn groups() -> Vec<Vec<usize>> {
        album().pairs(std::path::Path::new("list")).unwrap()
    }

    #[test]
    fn identities_come_equally_often_and_views_belong_together() {
        let album = album();
        let feed = Feed::new(&album, groups(), 5, 3);
        assert_eq!(feed.steps_per_epoch(), 4);
        let mut seen = [0; 4];
        for step in 0..4 {
            let batch = feed.batch(step);
            assert_eq!(batch.input.shape, [6, 1, ROI, ROI]);
            assert_eq!(batch.labels[..3], batch.labels[3..]);
            batch.labels[..3].iter().for_each(|&l| seen[l] += 1);
        }
        assert_eq!(seen, [3; 4]);
    }

    #[test]
    fn a_batch_depends_on_seed_and_step_only() {
        let album = album();
        let feed = |seed| Feed::new(&album, groups(), seed, 3);
        assert_eq!(feed(5).batch(7), feed(5).batch(7));
        assert_ne!(feed(5).batch(7), feed(5).batch(8));
        assert_ne!(feed(5).batch(7), feed(6).batch(7));
    }
}
