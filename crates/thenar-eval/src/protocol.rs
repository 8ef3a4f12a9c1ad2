//! Every gallery sample against every probe sample.
//!
//! No matcher is known here: the caller gives a function from a gallery and a probe datum to a score. Comparisons run
//! in parallel, a tile of probes at a time; the tiles come to the caller in the order of the probe list, so that what
//! is written from them is the same on every machine.

use std::collections::HashMap;
use std::convert::Infallible;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::metrics::{RankOne, Search};
use crate::{Kind, ListEntry, Polarity, ScoreSet};

/// Probes in a tile. Times the gallery, 4 bytes each: 3 MiB for 12,000 gallery samples.
const TILE_PROBES: usize = 64;
/// Probes one task compares while a gallery datum is in the cache.
pub(crate) const TASK_PROBES: usize = 8;

/// One image and what was made of it.
#[derive(Debug, Clone)]
pub struct Sample<T> {
    /// Path of the image, as in the list.
    pub path: String,
    /// Label of its palm.
    pub label: String,
    /// Template or feature; `None` when the image failed to acquire.
    pub data: Option<T>,
}

impl<T> Sample<T> {
    /// The sample of a list entry.
    #[must_use]
    pub fn new(entry: &ListEntry, data: Option<T>) -> Self {
        Self {
            path: entry.path.clone(),
            label: entry.label.clone(),
            data,
        }
    }
}

/// How many pairs two lists give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCounts {
    /// Pairs of one palm.
    pub genuine: u64,
    /// Pairs of two palms.
    pub impostor: u64,
    /// Pairs left out because both are the same file: an image says nothing when compared with itself.
    pub same_file: u64,
}

/// How many samples there were, and how many failed to acquire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SampleCounts {
    /// Gallery samples.
    pub gallery: u64,
    /// Gallery samples that failed to acquire.
    pub gallery_failed: u64,
    /// Probe samples.
    pub probe: u64,
    /// Probe samples that failed to acquire.
    pub probe_failed: u64,
}

/// What came out of comparing two lists.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Scores in the order of the probe list, then of the gallery list; NaN where a sample failed to acquire.
    pub scores: ScoreSet,
    /// Rank-1 identification of the probes in the gallery.
    pub search: RankOne,
    /// Samples and failures.
    pub samples: SampleCounts,
    /// Pairs, failures included.
    pub pairs: PairCounts,
}

/// The scores of a run of consecutive probes against the whole gallery.
#[derive(Debug)]
pub struct Tile<'a> {
    /// Index of the first probe in the tile.
    pub first_probe: usize,
    /// Number of probes in the tile.
    pub probes: usize,
    /// Row-major, one row per probe, one column per gallery sample. NaN where a sample failed to acquire.
    scores: &'a [f32],
    gallery: &'a [Ids],
    probe: &'a [Ids],
}

/// One comparison of a tile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Index of the gallery sample.
    pub gallery: usize,
    /// Index of the probe sample.
    pub probe: usize,
    /// Same palm or not.
    pub kind: Kind,
    /// The score; NaN where a sample failed to acquire.
    pub score: f32,
}

impl Tile<'_> {
    /// The comparisons, probe by probe. A file is never compared with itself.
    pub fn comparisons(&self) -> impl Iterator<Item = Comparison> + '_ {
        let rows = self
            .scores
            .chunks_exact(self.gallery.len())
            .zip(self.first_probe..);
        rows.flat_map(|(row, probe)| {
            let of = self.probe[probe];
            row.iter()
                .zip(self.gallery)
                .enumerate()
                .filter(move |(_, (_, with))| with.path != of.path)
                .map(move |(gallery, (&score, with))| {
                    let kind = Kind::of(with.label, of.label);
                    Comparison {
                        gallery,
                        probe,
                        kind,
                        score,
                    }
                })
        })
    }
}

/// Path and label as numbers, so that pairs are told apart without comparing text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) path: u32,
    pub(crate) label: u32,
}

/// Compares every gallery sample with every probe sample and hands the scores over tile by tile.
///
/// Memory is one tile, however many pairs there are. `score` runs on all threads; it may return NaN for a comparison
/// that cannot be made. `on_tile` runs on the calling thread, in order; it is also the place to show progress.
///
/// # Errors
/// Those of `on_tile`; comparing stops at the first.
pub fn for_each_tile<G: Sync, P: Sync, E>(
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    score: impl Fn(&G, &P) -> f32 + Sync,
    mut on_tile: impl FnMut(&Tile<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if gallery.is_empty() {
        return Ok(());
    }
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let mut scores = vec![f32::NAN; TILE_PROBES.min(probe.len()) * gallery.len()];
    for (tile, probes) in probe.chunks(TILE_PROBES).enumerate() {
        let scores = &mut scores[..probes.len() * gallery.len()];
        let tasks = scores
            .par_chunks_mut(TASK_PROBES * gallery.len())
            .zip(probes.par_chunks(TASK_PROBES));
        tasks.for_each(|(rows, probes)| compare(gallery, probes, &score, rows));
        on_tile(&Tile {
            first_probe: tile * TILE_PROBES,
            probes: probes.len(),
            scores,
            gallery: &gallery_ids,
            probe: &probe_ids,
        })?;
    }
    Ok(())
}

/// Compares every gallery sample with every probe sample and keeps all scores (4 bytes per pair).
///
/// `progress` is told, after each tile, how many probes are done.
pub fn compare_all<G: Sync, P: Sync>(
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    polarity: Polarity,
    score: impl Fn(&G, &P) -> f32 + Sync,
    mut progress: impl FnMut(usize),
) -> Outcome {
    let pairs = count_pairs(gallery, probe);
    let mut scores = ScoreSet {
        genuine: Vec::with_capacity(usize::try_from(pairs.genuine).unwrap_or(0)),
        impostor: Vec::with_capacity(usize::try_from(pairs.impostor).unwrap_or(0)),
        polarity,
    };
    let mut search = RankOne::default();
    let Ok(()) = for_each_tile(gallery, probe, score, |tile| {
        let mut searches: Vec<(bool, Search)> = vec![(false, Search::new(polarity)); tile.probes];
        for comparison in tile.comparisons() {
            scores.push(comparison.kind, comparison.score);
            let (has_mate, search) = &mut searches[comparison.probe - tile.first_probe];
            *has_mate |= comparison.kind == Kind::Genuine;
            search.see(comparison.kind, comparison.score);
        }
        searches
            .iter()
            .filter(|(has_mate, _)| *has_mate)
            .for_each(|(_, s)| search.count(s));
        progress(tile.first_probe + tile.probes);
        Ok::<(), Infallible>(())
    });
    Outcome {
        scores,
        search,
        samples: count_samples(gallery, probe),
        pairs,
    }
}

/// Counts the pairs of two lists without comparing anything.
#[must_use]
pub fn count_pairs<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> PairCounts {
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let mut per_label: HashMap<u32, u64> = HashMap::new();
    let mut per_path: HashMap<u32, u64> = HashMap::new();
    let mut per_both: HashMap<(u32, u32), u64> = HashMap::new();
    for id in &gallery_ids {
        *per_label.entry(id.label).or_default() += 1;
        *per_path.entry(id.path).or_default() += 1;
        *per_both.entry((id.path, id.label)).or_default() += 1;
    }
    let mut counts = PairCounts::default();
    for id in &probe_ids {
        let mates = per_label.get(&id.label).copied().unwrap_or(0);
        let same = per_path.get(&id.path).copied().unwrap_or(0);
        let same_mates = per_both.get(&(id.path, id.label)).copied().unwrap_or(0);
        counts.same_file += same;
        counts.genuine += mates - same_mates;
        counts.impostor += (gallery_ids.len() as u64 - mates) - (same - same_mates);
    }
    counts
}

fn count_samples<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> SampleCounts {
    SampleCounts {
        gallery: gallery.len() as u64,
        gallery_failed: gallery.iter().filter(|s| s.data.is_none()).count() as u64,
        probe: probe.len() as u64,
        probe_failed: probe.iter().filter(|s| s.data.is_none()).count() as u64,
    }
}

/// Scores of `probes` against the whole gallery into `rows`, one row per probe.
pub(crate) fn compare<G, P>(
    gallery: &[Sample<G>],
    probes: &[Sample<P>],
    score: &impl Fn(&G, &P) -> f32,
    rows: &mut [f32],
) {
    for (column, reference) in gallery.iter().enumerate() {
        for (row, probe) in probes.iter().enumerate() {
            rows[row * gallery.len() + column] = match (&reference.data, &probe.data) {
                (Some(reference), Some(probe)) => score(reference, probe),
                _ => f32::NAN,
            };
        }
    }
}

/// Numbers the paths and labels of both lists alike.
pub(crate) fn number<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> (Vec<Ids>, Vec<Ids>) {
    let mut paths = HashMap::new();
    let mut labels = HashMap::new();
    let mut ids = |path, label| Ids {
        path: number_of(&mut paths, path),
        label: number_of(&mut labels, label),
    };
    let gallery = gallery.iter().map(|s| ids(&s.path, &s.label)).collect();
    let probe = probe.iter().map(|s| ids(&s.path, &s.label)).collect();
    (gallery, probe)
}

fn number_of<'a>(known: &mut HashMap<&'a str, u32>, text: &'a str) -> u32 {
    // A list holds at most ten million samples, so 32 bits suffice.
    let next = known.len() as u32;
    *known.entry(text).or_insert(next)
}

#[cfg(test)]
pub(crate) mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Samples of twelve palms whose datum is a number; every seventh fails, some paths repeat between the lists.
    pub(crate) fn samples(rng: &mut ChaCha8Rng, count: usize, name: &str) -> Vec<Sample<i32>> {
        let sample = |_| Sample {
            path: if rng.random_bool(0.2) {
                format!("both/{}", rng.random_range(0..30))
            } else {
                format!("{name}/{}", rng.random::<u32>())
            },
            label: rng.random_range(0..12).to_string(),
            data: rng.random_bool(6.0 / 7.0).then(|| rng.random_range(0..20)),
        };
        (0..count).map(sample).collect()
    }

    /// The obvious double loop.
    fn naive(gallery: &[Sample<i32>], probe: &[Sample<i32>]) -> (ScoreSet, RankOne, u64) {
        let mut scores = ScoreSet::new(Polarity::Distance);
        let (mut search, mut same_file) = (RankOne::default(), 0);
        for p in probe {
            let (mut mates, mut best) = (0, [f32::INFINITY; 2]);
            for g in gallery {
                if g.path == p.path {
                    same_file += 1;
                    continue;
                }
                let score = match (g.data, p.data) {
                    (Some(g), Some(p)) => (g - p).abs() as f32,
                    _ => f32::NAN,
                };
                let genuine = g.label == p.label;
                mates += u64::from(genuine);
                if score < best[usize::from(genuine)] {
                    best[usize::from(genuine)] = score;
                }
                if genuine {
                    scores.genuine.push(score)
                } else {
                    scores.impostor.push(score)
                }
            }
            search.searches += u64::from(mates > 0);
            search.correct += u64::from(best[1] < best[0]);
        }
        (scores, search, same_file)
    }

    fn bits(scores: &[f32]) -> Vec<u32> {
        scores.iter().map(|s| s.to_bits()).collect()
    }

    #[test]
    fn equals_the_double_loop() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (gallery, probe) in [(1, 1), (40, 7), (13, 64), (50, 65), (33, 200), (5, 0)] {
            let gallery = samples(&mut rng, gallery, "g");
            let probe = samples(&mut rng, probe, "p");
            let mut done = Vec::new();
            let score = |g: &i32, p: &i32| (g - p).abs() as f32;
            let got = compare_all(&gallery, &probe, Polarity::Distance, score, |n| {
                done.push(n)
            });
            let (scores, search, same_file) = naive(&gallery, &probe);
            assert_eq!(bits(&got.scores.genuine), bits(&scores.genuine));
            assert_eq!(bits(&got.scores.impostor), bits(&scores.impostor));
            assert_eq!(got.search, search);
            let (genuine, impostor) = (scores.genuine.len() as u64, scores.impostor.len() as u64);
            assert_eq!(
                got.pairs,
                PairCounts {
                    genuine,
                    impostor,
                    same_file
                }
            );
            assert_eq!(done.last().copied().unwrap_or(0), probe.len());
        }
    }

    #[test]
    fn an_empty_gallery_gives_no_pair() {
        let probe = samples(&mut ChaCha8Rng::seed_from_u64(1), 3, "p");
        let got = compare_all(
            &[],
            &probe,
            Polarity::Distance,
            |_: &i32, _: &i32| 0.0,
            |_| (),
        );
        assert_eq!(
            (
                got.scores.genuine.len(),
                got.scores.impostor.len(),
                got.search.searches
            ),
            (0, 0, 0)
        );
    }

    #[test]
    fn the_first_error_stops() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let (gallery, probe) = (samples(&mut rng, 4, "g"), samples(&mut rng, 500, "p"));
        let mut tiles = 0;
        let stopped = for_each_tile(
            &gallery,
            &probe,
            |_, _| 0.0,
            |_| {
                tiles += 1;
                Err("disk full")
            },
        );
        assert_eq!(stopped, Err("disk full"));
        assert_eq!(tiles, 1);
    }
}
