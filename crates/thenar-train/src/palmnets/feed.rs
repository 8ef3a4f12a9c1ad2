//! Batches of two views per palm; the batch of a step depends on nothing but seed and step.

use std::path::Path;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::ROI;
use super::augment::{Augmentation, normalise, view};
use super::drawn::Palms;
use super::list::Album;
use super::loss::same_label;
use super::train::Options;
use crate::error::TrainError;
use crate::graph::Array;

/// First views of each drawn identity in an epoch: as many as Tongji's palms have in a session.
const DRAWN_VIEWS: usize = 10;

/// What one step learns from.
#[derive(Debug, PartialEq)]
pub struct Batch {
    /// First views of `size` palms, then second views of the same, `[2·size, 1, 128, 128]`.
    pub input: Array,
    /// The identity of each view.
    pub labels: Vec<usize>,
    /// For each view, how much of its nearness every other one should have ([`super::loss::contrastive`]).
    pub aims: Vec<f32>,
    /// The images that the views are of, 128×128 grey levels, in the same order.
    pub images: Vec<Vec<u8>>,
}

/// One view of an image.
struct View {
    /// Augmented and standardised.
    seen: Vec<f32>,
    /// The image.
    image: Vec<u8>,
}

impl View {
    /// `seen` is standardised here.
    fn new(mut seen: Vec<f32>, image: Vec<u8>) -> Self {
        normalise(&mut seen);
        Self { seen, image }
    }
}

/// Where palms come from.
#[derive(Debug)]
pub enum Source {
    /// A list.
    Listed(Listed),
    /// Drawn while training.
    Drawn(Palms),
    /// Both; the number is the share of drawn ones, between 0 and 1. Drawn identities are numbered after listed ones.
    Mixed(Listed, Palms, f64),
}

impl Source {
    /// What `options` say: a list, drawn palms, or both.
    ///
    /// # Errors
    /// When there is neither, less than two identities, or the list cannot be read or has an identity with one image.
    pub fn open(options: &Options) -> Result<Self, TrainError> {
        let wrong = |reason: String| Err(TrainError::Argument(reason));
        let drawn = (options.drawn > 0).then(|| Palms::new(options.drawn, options.seed));
        let Some(list) = &options.data else {
            return match drawn {
                Some(palms) if palms.count() > 1 => Ok(Self::Drawn(palms)),
                Some(_) => wrong("--drawn 1: there is nothing to tell apart".into()),
                None => {
                    wrong("there is nothing to learn from: give --data, --drawn or both".into())
                }
            };
        };
        let album = Album::read(list, &options.root)?;
        if drawn.is_none() && album.names.len() < 2 {
            let list = list.display();
            return wrong(format!("{list}: one label; there is nothing to tell apart"));
        }
        let listed = Listed::new(album, list, options.augmentation)?;
        Ok(match drawn {
            Some(palms) => Self::Mixed(listed, palms, options.drawn_share),
            None => Self::Listed(listed),
        })
    }
}

/// Images of a list by identity.
#[derive(Debug)]
pub struct Listed {
    album: Album,
    /// Images of every identity, at least two.
    groups: Vec<Vec<usize>>,
    augmentation: Augmentation,
}

impl Listed {
    /// The images that the list at `list` names, and how views of them differ from them.
    ///
    /// # Errors
    /// Like [`Album::pairs`].
    pub fn new(album: Album, list: &Path, augmentation: Augmentation) -> Result<Self, TrainError> {
        let groups = album.pairs(list)?;
        Ok(Self {
            album,
            groups,
            augmentation,
        })
    }

    fn plain(&self, count: usize) -> Vec<(usize, Vec<u8>)> {
        let all = self.album.images.len();
        let taken = count.min(all);
        let places = (0..taken).map(|i| i * all / taken);
        places
            .map(|i| (self.album.labels[i], self.album.images[i].clone()))
            .collect()
    }
}

/// Draws batches.
#[derive(Debug)]
pub struct Feed {
    source: Source,
    seed: u64,
    size: usize,
}

impl Feed {
    /// Batches of `size` palms.
    pub fn new(source: Source, seed: u64, size: usize) -> Self {
        Self { source, seed, size }
    }

    /// Identities.
    pub fn classes(&self) -> usize {
        match &self.source {
            Source::Listed(listed) => listed.groups.len(),
            Source::Drawn(palms) => palms.count(),
            Source::Mixed(listed, palms, _) => listed.groups.len() + palms.count(),
        }
    }

    /// Steps in an epoch: as many first views of listed palms as there are images; with drawn palms only,
    /// ten of each.
    pub fn steps_per_epoch(&self) -> u64 {
        let views = match &self.source {
            Source::Listed(listed) => listed.album.images.len() as f64,
            Source::Drawn(palms) => (palms.count() * DRAWN_VIEWS) as f64,
            Source::Mixed(listed, _, share) => listed.album.images.len() as f64 / (1.0 - share),
        };
        (views as u64 / self.size as u64).max(1)
    }

    /// The batch of a step: identities in turn, each of its kind equally often; of each two different images, augmented
    /// apart, or two captures.
    pub fn batch(&self, step: u64) -> Batch {
        let first = step * self.size as u64;
        let places: Vec<u64> = (first..first + self.size as u64).collect();
        let pairs: Vec<_> = places.par_iter().map(|&place| self.pair(place)).collect();
        let labels: Vec<usize> = pairs.iter().map(|(label, _)| *label).collect();
        let labels = labels.repeat(2);
        let mut data = Vec::with_capacity(2 * self.size * ROI * ROI);
        let mut images = Vec::with_capacity(2 * self.size);
        let (first, second): (Vec<View>, Vec<View>) =
            pairs.into_iter().map(|(_, views)| views.into()).unzip();
        for view in first.into_iter().chain(second) {
            data.extend_from_slice(&view.seen);
            images.push(view.image);
        }
        Batch {
            input: Array::new(&[2 * self.size, 1, ROI, ROI], data),
            aims: same_label(&labels),
            labels,
            images,
        }
    }

    /// The identity at a place in the endless row of identities, and two views of it.
    fn pair(&self, place: u64) -> (usize, [View; 2]) {
        match &self.source {
            Source::Listed(listed) => self.listed_pair(listed, place),
            Source::Drawn(palms) => self.drawn_pair(palms, place),
            Source::Mixed(listed, palms, share) => {
                let drawn_before = |place: u64| (place as f64 * share) as u64;
                let drawn = drawn_before(place);
                if drawn_before(place + 1) == drawn {
                    return self.listed_pair(listed, place - drawn);
                }
                let (label, views) = self.drawn_pair(palms, drawn);
                (listed.groups.len() + label, views)
            }
        }
    }

    fn listed_pair(&self, listed: &Listed, place: u64) -> (usize, [View; 2]) {
        let rng = |number, stream| rng(self.seed, number, stream);
        let label = turn(listed.groups.len(), place, |round| rng(round, 0));
        let mut rng = rng(place, 1);
        let group = &listed.groups[label];
        let one = rng.random_range(0..group.len());
        let other = (one + rng.random_range(1..group.len())) % group.len();
        let views = [one, other].map(|i| {
            let image = &listed.album.images[group[i]];
            View::new(view(image, listed.augmentation, &mut rng), image.clone())
        });
        (label, views)
    }

    fn drawn_pair(&self, palms: &Palms, place: u64) -> (usize, [View; 2]) {
        let rng = |number, stream| rng(!self.seed, number, stream);
        let label = turn(palms.count(), place, |round| rng(round, 0));
        // Captures differ by themselves in what augmentation changes.
        let views = palms.pair(label, &mut rng(place, 1)).map(|capture| {
            let seen = capture.iter().map(|&v| f32::from(v)).collect();
            View::new(seen, capture)
        });
        (label, views)
    }

    /// At most `count` images as they are, evenly spread, and the identity of each.
    pub fn plain(&self, count: usize) -> Vec<(usize, Vec<u8>)> {
        match &self.source {
            Source::Listed(listed) => listed.plain(count),
            Source::Drawn(palms) => self.drawn_plain(palms, count),
            Source::Mixed(listed, palms, share) => {
                let drawn = (count as f64 * share) as usize;
                let mut all = listed.plain(count - drawn);
                let drawn = self.drawn_plain(palms, drawn).into_iter();
                all.extend(drawn.map(|(label, image)| (listed.groups.len() + label, image)));
                all
            }
        }
    }

    fn drawn_plain(&self, palms: &Palms, count: usize) -> Vec<(usize, Vec<u8>)> {
        let capture = |i: usize| {
            let label = i % palms.count();
            let [one, _] = palms.pair(label, &mut rng(!self.seed, i as u64, 1));
            (label, one)
        };
        (0..count).into_par_iter().map(capture).collect()
    }
}

/// The identity at a place: every round goes through all identities once, in an order of its own.
fn turn(identities: usize, place: u64, rng: impl Fn(u64) -> ChaCha8Rng) -> usize {
    let (round, turn) = (place / identities as u64, place % identities as u64);
    let mut order: Vec<usize> = (0..identities).collect();
    order.shuffle(&mut rng(round));
    order[turn as usize]
}

fn rng(seed: u64, number: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(2 * number + stream);
    rng
}

/// Images as they are, for a network in use: `[N, 1, 128, 128]`, grey 0–1.
pub fn inputs(images: &[Vec<u8>]) -> Array {
    let grey = |&v: &u8| f32::from(v) / 255.0;
    let data = images.iter().flatten().map(grey).collect();
    Array::new(&[images.len(), 1, ROI, ROI], data)
}

/// The same for a network that learns: standardised.
pub fn learning_inputs(images: &[Vec<u8>]) -> Array {
    let mut inputs = inputs(images);
    inputs.data.chunks_exact_mut(ROI * ROI).for_each(normalise);
    inputs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn album() -> Album {
        let image = |i: usize| (0..ROI * ROI).map(|p| (p * (i + 3) % 251) as u8).collect();
        Album {
            images: (0..12).map(image).collect(),
            labels: (0..12).map(|i| i % 4).collect(),
            lines: (1..13).collect(),
            names: (0..4).map(|i| i.to_string()).collect(),
        }
    }

    fn listed() -> Listed {
        Listed::new(album(), Path::new("list"), Augmentation::One).unwrap()
    }

    fn feed(seed: u64) -> Feed {
        Feed::new(Source::Listed(listed()), seed, 3)
    }

    #[test]
    fn identities_come_equally_often_and_views_belong_together() {
        let feed = feed(5);
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
        let drawn = |seed| Feed::new(Source::Drawn(Palms::new(4, seed)), seed, 3);
        let mixed = |seed| {
            let source = Source::Mixed(listed(), Palms::new(4, seed), 0.4);
            Feed::new(source, seed, 3)
        };
        for make in [&feed as &dyn Fn(u64) -> Feed, &drawn, &mixed] {
            assert_eq!(make(5).batch(7), make(5).batch(7));
            assert_ne!(make(5).batch(7), make(5).batch(8));
            assert_ne!(make(5).batch(7), make(6).batch(7));
        }
    }

    #[test]
    fn a_share_is_drawn_and_has_classes_of_its_own() {
        let source = Source::Mixed(listed(), Palms::new(3, 1), 0.4);
        let feed = Feed::new(source, 1, 5);
        assert_eq!(feed.classes(), 7);
        // 12 listed images are 60 % of 20 views.
        assert_eq!(feed.steps_per_epoch(), 4);
        let mut seen = [0; 7];
        for step in 0..12 {
            let labels = feed.batch(step).labels;
            assert_eq!(labels[..5].iter().filter(|&&l| l >= 4).count(), 2);
            labels[..5].iter().for_each(|&l| seen[l] += 1);
        }
        assert_eq!(seen, [9, 9, 9, 9, 8, 8, 8]);
    }

    #[test]
    fn views_of_a_drawn_palm_are_normalised_captures_of_it() {
        let palms = Palms::new(2, 1);
        let feed = Feed::new(Source::Drawn(palms.clone()), 1, 2);
        assert_eq!((feed.classes(), feed.steps_per_epoch()), (2, 10));
        let batch = feed.batch(3);
        let second = palms.pair(batch.labels[1], &mut rng(!1, 7, 1));
        let want = second.map(|capture| {
            let mut view: Vec<f32> = capture.iter().map(|&v| f32::from(v)).collect();
            normalise(&mut view);
            view
        });
        let size = ROI * ROI;
        assert_eq!(batch.input.data[size..2 * size], want[0]);
        assert_eq!(batch.input.data[3 * size..], want[1]);
    }
}
