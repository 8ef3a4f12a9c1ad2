//! Every gallery sample against every probe sample where scores are whole distances, such as differing bits.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::metrics::{Identification, ScoreHistogram, SearchOutcome};
use crate::protocol::{Ids, TASK_PROBES, count_pairs, number};
use crate::{CountedOutcome, EvalError, Kind, Polarity, Sample};

/// Impostor distances crowd around one value. Counted in turn in several places, no count waits for the last one.
const LANES: usize = 4;

/// As [`compare_counted`](crate::compare_counted), for distances that are whole numbers from 0 to `highest`, of which
/// many are computed at once. The counts are exact.
///
/// `fill` gets the data of all gallery samples and of a few probes, and writes one row of distances for each probe, in
/// the order of the gallery. Samples that failed to acquire are not among them; their comparisons are counted as failed.
/// Memory is two bytes for each gallery sample and each probe in work, however many pairs there are.
///
/// # Errors
/// [`EvalError::Histogram`] when `highest` is above 65,534, [`EvalError::OutsideHistogram`] for a distance above
/// `highest`, and those of `fill`.
pub fn compare_distances<G: Sync, P: Sync>(
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    highest: u16,
    fill: impl Fn(&[&G], &[&P], &mut [u16]) -> Result<(), EvalError> + Sync,
    progress: impl Fn(usize) + Sync,
) -> Result<CountedOutcome, EvalError> {
    let Some(none) = highest.checked_add(1) else {
        let problem = format!("distances up to {highest}, expected less");
        return Err(EvalError::Histogram { problem });
    };
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let data: Vec<&G> = gallery.iter().filter_map(|s| s.data.as_ref()).collect();
    let usable = gallery.iter().map(|s| s.data.is_some());
    let index = Index::new(&gallery_ids, usable, none);
    let start = || Part::new(none);
    let tasks = probe
        .par_chunks(TASK_PROBES)
        .zip(probe_ids.par_chunks(TASK_PROBES));
    let whole = tasks
        .try_fold(start, |mut part, (probes, ids)| {
            let usable: Vec<&P> = probes.iter().filter_map(|s| s.data.as_ref()).collect();
            let mut rows = vec![0; usable.len() * data.len()];
            fill(&data, &usable, &mut rows)?;
            part.check(&rows)?;
            let mut rows = rows.as_mut_slice();
            for (probe, &of) in probes.iter().zip(ids) {
                if probe.data.is_none() {
                    part.searches.push(index.failed(of));
                    continue;
                }
                let (row, rest) = rows.split_at_mut(data.len());
                part.take_row(&index, of, row);
                rows = rest;
            }
            part.settle();
            progress(probes.len());
            Ok(part)
        })
        .try_reduce(start, |a, b| Ok(a.with(b)))?;
    whole.outcome(gallery, probe, index.enrolled)
}

/// The gallery, arranged so that a row of distances is gone over without asking what each of them is of.
struct Index {
    /// The columns of consecutive samples of one palm, and its number.
    runs: Vec<(Range<usize>, usize)>,
    /// For each palm, file and column of its samples; no column where a sample failed to acquire.
    samples: Vec<Vec<(u32, Option<usize>)>>,
    /// The columns of each file.
    files: HashMap<u32, Vec<usize>>,
    /// Palms in the gallery; their numbers are 0..enrolled.
    enrolled: usize,
    none: u16,
}

impl Index {
    fn new(gallery: &[Ids], usable: impl Iterator<Item = bool>, none: u16) -> Self {
        let enrolled = gallery.iter().map(|id| id.label as usize + 1).max();
        let mut index = Self {
            runs: Vec::new(),
            samples: vec![Vec::new(); enrolled.unwrap_or(0)],
            files: HashMap::new(),
            enrolled: enrolled.unwrap_or(0),
            none,
        };
        let mut column = 0;
        for (id, usable) in gallery.iter().zip(usable) {
            let palm = id.label as usize;
            index.samples[palm].push((id.path, usable.then_some(column)));
            if !usable {
                continue;
            }
            index.files.entry(id.path).or_default().push(column);
            match index.runs.last_mut() {
                Some((run, of)) if *of == palm => run.end = column + 1,
                _ => index.runs.push((column..column + 1, palm)),
            }
            column += 1;
        }
        index
    }

    /// The samples of a probe's palm in other files than its own.
    fn mates(&self, of: Ids) -> impl Iterator<Item = Option<usize>> + '_ {
        let samples = self.samples.get(of.label as usize);
        let others = samples.into_iter().flatten();
        others
            .filter(move |(file, _)| *file != of.path)
            .map(|(_, column)| *column)
    }

    /// The number of the probe's palm where another file of it is in the gallery.
    fn mate(&self, of: Ids) -> Option<usize> {
        self.mates(of).next().map(|_| of.label as usize)
    }

    /// The search of a probe that failed to acquire: no candidate.
    fn failed(&self, of: Ids) -> SearchOutcome {
        SearchOutcome::of_distances(self.mate(of), &[], self.none)
    }
}

/// The outcome of some consecutive probes.
struct Part {
    /// Stands for no distance; one above the highest. The last bin of each lane is never read.
    none: u16,
    genuine: Vec<u64>,
    impostor: Vec<u64>,
    /// Counts of the probes in work.
    lanes: [Vec<u32>; LANES],
    /// Least distance to each palm.
    least: Vec<u16>,
    searches: Vec<SearchOutcome>,
}

impl Part {
    fn new(none: u16) -> Self {
        let bins = usize::from(none) + 1;
        Self {
            none,
            genuine: vec![0; bins],
            impostor: vec![0; bins],
            lanes: std::array::from_fn(|_| vec![0; bins]),
            least: Vec::new(),
            searches: Vec::new(),
        }
    }

    fn check(&self, rows: &[u16]) -> Result<(), EvalError> {
        match rows.iter().max() {
            Some(&distance) if distance >= self.none => Err(EvalError::OutsideHistogram {
                score: f32::from(distance),
                expected: format!("a whole number from 0 to {}", self.none - 1),
            }),
            _ => Ok(()),
        }
    }

    /// Counts the distances of one probe and adds its search. What is counted, or does not count, is crossed out in the
    /// row, so that impostor distances are left in the end.
    fn take_row(&mut self, index: &Index, of: Ids, row: &mut [u16]) {
        let same_file = index.files.get(&of.path).into_iter().flatten();
        same_file.for_each(|&column| row[column] = self.none);
        self.least.clear();
        self.least.resize(index.enrolled, self.none);
        for (run, palm) in &index.runs {
            let nearest = row[run.clone()].iter().copied().fold(self.none, u16::min);
            self.least[*palm] = self.least[*palm].min(nearest);
        }
        let search = SearchOutcome::of_distances(index.mate(of), &self.least, self.none);
        self.searches.push(search);
        for column in index.mates(of).flatten() {
            self.genuine[usize::from(row[column])] += 1;
            row[column] = self.none;
        }
        let (fours, rest) = row.as_chunks::<LANES>();
        for four in fours {
            for (lane, &distance) in self.lanes.iter_mut().zip(four) {
                lane[usize::from(distance)] += 1;
            }
        }
        for &distance in rest {
            self.lanes[0][usize::from(distance)] += 1;
        }
    }

    /// Adds up the lanes, long before 32 bits are full.
    fn settle(&mut self) {
        for lane in &mut self.lanes {
            for (sum, count) in self.impostor.iter_mut().zip(lane) {
                *sum += u64::from(std::mem::take(count));
            }
        }
    }

    fn with(mut self, next: Self) -> Self {
        let sums = self.genuine.iter_mut().chain(&mut self.impostor);
        let counts = next.genuine.iter().chain(&next.impostor);
        sums.zip(counts).for_each(|(sum, count)| *sum += count);
        self.searches.extend(next.searches);
        self
    }

    /// Every pair that was not counted failed to acquire.
    fn outcome<G, P>(
        self,
        gallery: &[Sample<G>],
        probe: &[Sample<P>],
        enrolled: usize,
    ) -> Result<CountedOutcome, EvalError> {
        let polarity = Polarity::Distance;
        let mut scores = ScoreHistogram::whole_numbers(polarity, u32::from(self.none) - 1)?;
        let pairs = count_pairs(gallery, probe);
        for (kind, counts, pairs) in [
            (Kind::Genuine, &self.genuine, pairs.genuine),
            (Kind::Impostor, &self.impostor, pairs.impostor),
        ] {
            let counts = &counts[..usize::from(self.none)];
            for (distance, &count) in (0..self.none).zip(counts) {
                scores.push_many(kind, f32::from(distance), count)?;
            }
            scores.push_many(kind, f32::NAN, pairs - counts.iter().sum::<u64>())?;
        }
        Ok(CountedOutcome {
            scores,
            searches: Identification::new(polarity, enrolled, self.searches),
        })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::compare_counted;
    use crate::protocol::tests::samples;

    fn distance(g: &i32, p: &i32) -> u16 {
        (g - p).unsigned_abs() as u16
    }

    fn fill(gallery: &[&i32], probes: &[&i32], rows: &mut [u16]) -> Result<(), EvalError> {
        let pairs = probes
            .iter()
            .flat_map(|p| gallery.iter().map(|g| distance(g, p)));
        rows.iter_mut().zip(pairs).for_each(|(to, d)| *to = d);
        Ok(())
    }

    #[test]
    fn equals_the_comparison_of_one_pair_at_a_time() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for (gallery, probe) in [(40, 7), (13, 64), (50, 65), (33, 200), (1, 1), (0, 9)] {
            let (gallery, probe) = (
                samples(&mut rng, gallery, "g"),
                samples(&mut rng, probe, "p"),
            );
            let empty = ScoreHistogram::whole_numbers(Polarity::Distance, 20).unwrap();
            let one = |g: &i32, p: &i32| f32::from(distance(g, p));
            let slow = compare_counted(&gallery, &probe, &empty, one, |_| ()).unwrap();
            let done = std::sync::atomic::AtomicUsize::new(0);
            let count = |n| {
                done.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
            };
            let fast = compare_distances(&gallery, &probe, 20, fill, count).unwrap();
            assert_eq!(fast.scores, slow.scores);
            assert_eq!(fast.searches, slow.searches);
            assert_eq!(done.into_inner(), probe.len());
        }
    }

    #[test]
    fn distances_out_of_range_stop_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (gallery, probe) = (samples(&mut rng, 9, "g"), samples(&mut rng, 9, "p"));
        let compare = |highest, value| {
            let all = |_: &[&i32], _: &[&i32], rows: &mut [u16]| {
                rows.fill(value);
                Ok(())
            };
            compare_distances(&gallery, &probe, highest, all, |_| ()).map(|_| ())
        };
        let refused = compare(20, 21).unwrap_err().to_string();
        assert_eq!(
            refused,
            "score 21 is outside the histogram, expected a whole number from 0 to 20"
        );
        assert!(compare(u16::MAX, 0).is_err() && compare(u16::MAX - 1, u16::MAX).is_err());
        assert!(compare(u16::MAX - 1, u16::MAX - 1).is_ok());
    }

    #[test]
    fn an_error_of_the_distances_stops_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        let (gallery, probe) = (samples(&mut rng, 3, "g"), samples(&mut rng, 3, "p"));
        let refuse = |_: &[&i32], _: &[&i32], _: &mut [u16]| {
            let problem = "no".to_owned();
            Err(EvalError::Histogram { problem })
        };
        assert!(compare_distances(&gallery, &probe, 20, refuse, |_| ()).is_err());
    }
}
