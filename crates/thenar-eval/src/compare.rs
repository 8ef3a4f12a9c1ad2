//! Every gallery sample against every probe sample.
//!
//! No matcher is known here: a [`Matcher`] fills blocks of scores, and a [`Tally`] takes them. Blocks are computed in
//! parallel and tallies are joined in the order of the probe list, so the outcome is the same for any number of threads.
//! Memory is one block for each thread, and what the tally keeps.

use std::ops::Range;

use rayon::prelude::*;

use crate::metrics::{Candidate, Identification, ScoreHistogram, SearchOutcome};
use crate::sample::{Ids, PairCounts, SampleCounts, count_pairs, count_samples, number};
use crate::{EvalError, Kind, Polarity, Sample, ScoreSet, SubjectComparison, SubjectScores};

/// Probes one task compares with the whole gallery: 200 KiB of scores for 6,000 gallery samples.
const TASK_PROBES: usize = 8;

/// Scores blocks of a gallery against blocks of probes.
pub trait Matcher: Sync {
    /// Fills `scores`: a row for each probe of the range, a column for each gallery sample of the range. NaN where there
    /// is no score, because a sample failed to acquire or the comparison cannot be made.
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]);
}

/// A matcher that compares one pair at a time.
pub struct Pairwise<'a, G, P, F> {
    gallery: &'a [Sample<G>],
    probe: &'a [Sample<P>],
    score: F,
}

impl<'a, G, P, F: Fn(&G, &P) -> f32> Pairwise<'a, G, P, F> {
    /// `score` compares a gallery datum with a probe datum; samples without data have no score.
    pub fn new(gallery: &'a [Sample<G>], probe: &'a [Sample<P>], score: F) -> Self {
        Self {
            gallery,
            probe,
            score,
        }
    }
}

impl<G: Sync, P: Sync, F: Fn(&G, &P) -> f32 + Sync> Matcher for Pairwise<'_, G, P, F> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        let width = gallery.len();
        // The gallery outside: a datum of it stays in the cache for all probes of the block.
        for (column, reference) in self.gallery[gallery].iter().enumerate() {
            for (row, probe) in self.probe[probes.clone()].iter().enumerate() {
                scores[row * width + column] = match (&reference.data, &probe.data) {
                    (Some(reference), Some(probe)) => (self.score)(reference, probe),
                    _ => f32::NAN,
                };
            }
        }
    }
}

/// One comparison and its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Index of the gallery sample.
    pub gallery: usize,
    /// Index of the probe sample.
    pub probe: usize,
    /// The label of the gallery sample, as a number that is equal for equal labels of both lists.
    pub reference: u32,
    /// The label of the probe sample, likewise.
    pub of: u32,
    /// The score; NaN where a sample failed to acquire.
    pub score: f32,
}

impl Compared {
    /// Genuine iff both labels are the same.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of(self.reference, self.of)
    }
}

/// Takes scores: keeps them, counts them, or looks for something in them.
pub trait Tally: Send + Sync + Sized {
    /// An empty one of the same kind.
    #[must_use]
    fn empty(&self) -> Self;

    /// Takes one comparison.
    ///
    /// # Errors
    /// When the score does not fit, such as one outside the bins of a histogram.
    fn take(&mut self, compared: &Compared) -> Result<(), EvalError>;

    /// Adds what another one took of later probes.
    ///
    /// # Errors
    /// When the two are of different kinds.
    fn join(&mut self, later: Self) -> Result<(), EvalError>;
}

/// Keeps the scores, in the order of the probe list, then of the gallery list (4 bytes for each pair).
impl Tally for ScoreSet {
    fn empty(&self) -> Self {
        Self::new(self.polarity)
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.push(compared.kind(), compared.score);
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.genuine.extend(later.genuine);
        self.impostor.extend(later.impostor);
        Ok(())
    }
}

/// Counts the scores; memory does not grow with the number of pairs.
impl Tally for ScoreHistogram {
    fn empty(&self) -> Self {
        self.cleared()
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.push(compared.kind(), compared.score)
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.merge(&later)
    }
}

/// Keeps the scores with their subjects (12 bytes for each pair).
impl Tally for SubjectScores {
    fn empty(&self) -> Self {
        Self {
            polarity: self.polarity,
            comparisons: Vec::new(),
        }
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.comparisons.push(SubjectComparison {
            reference: compared.reference,
            probe: compared.of,
            score: compared.score,
        });
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.comparisons.extend(later.comparisons);
        Ok(())
    }
}

/// Keeps everything, in the order of the probe list, then of the gallery list (32 bytes for each pair).
impl Tally for Vec<Compared> {
    fn empty(&self) -> Self {
        Self::new()
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.push(*compared);
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.extend(later);
        Ok(())
    }
}

/// Two tallies of the same scores.
impl<A: Tally, B: Tally> Tally for (A, B) {
    fn empty(&self) -> Self {
        (self.0.empty(), self.1.empty())
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.0.take(compared)?;
        self.1.take(compared)
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.0.join(later.0)?;
        self.1.join(later.1)
    }
}

/// Perhaps a tally.
impl<T: Tally> Tally for Option<T> {
    fn empty(&self) -> Self {
        self.as_ref().map(T::empty)
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.as_mut().map_or(Ok(()), |tally| tally.take(compared))
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        match (self, later) {
            (Some(tally), Some(later)) => tally.join(later),
            _ => Ok(()),
        }
    }
}

/// What came out of comparing two lists.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    /// What took the scores.
    pub scores: T,
    /// The probes as searches in the gallery, in the order of the probe list; a tie counts against the probe.
    pub searches: Identification,
    /// Samples and failures.
    pub samples: SampleCounts,
    /// Pairs, failures included.
    pub pairs: PairCounts,
}

/// Compares every gallery sample with every probe sample, in parallel.
///
/// A file is never compared with itself. A probe is a mated search where another file of its palm is in the gallery.
/// `tally` is what takes the scores, with nothing in it yet. `progress` is told how many more probes are done.
///
/// # Errors
/// Those of the tally; comparing stops at the first.
pub fn compare<G: Sync, P: Sync, T: Tally>(
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    polarity: Polarity,
    matcher: &impl Matcher,
    tally: &T,
    progress: impl Fn(usize) + Sync,
) -> Result<Outcome<T>, EvalError> {
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let enrolled = Enrolled::new(&gallery_ids, polarity);
    let start = || Part {
        scores: tally.empty(),
        searches: Vec::new(),
    };
    let whole = probe_ids
        .par_chunks(TASK_PROBES)
        .enumerate()
        .try_fold(start, |mut part, (task, ids)| {
            let first = task * TASK_PROBES;
            let mut rows = vec![f32::NAN; ids.len() * gallery.len()];
            matcher.block(0..gallery.len(), first..first + ids.len(), &mut rows);
            for (at, &of) in ids.iter().enumerate() {
                let row = &rows[at * gallery.len()..(at + 1) * gallery.len()];
                part.take_row(first + at, of, &enrolled, row)?;
            }
            progress(ids.len());
            Ok(part)
        })
        .try_reduce(start, |mut part, later| {
            part.scores.join(later.scores)?;
            part.searches.extend(later.searches);
            Ok(part)
        })?;
    Ok(Outcome {
        scores: whole.scores,
        searches: Identification::new(polarity, enrolled.palms, whole.searches),
        samples: count_samples(gallery, probe),
        pairs: count_pairs(gallery, probe),
    })
}

/// The gallery as searches see it.
struct Enrolled<'a> {
    ids: &'a [Ids],
    polarity: Polarity,
    /// Number of enrolled palms.
    palms: usize,
    /// One more than the highest number of a label.
    labels: usize,
}

impl<'a> Enrolled<'a> {
    fn new(ids: &'a [Ids], polarity: Polarity) -> Self {
        let mut labels: Vec<u32> = ids.iter().map(|id| id.label).collect();
        labels.sort_unstable();
        labels.dedup();
        Self {
            ids,
            polarity,
            palms: labels.len(),
            labels: labels.last().map_or(0, |&last| last as usize + 1),
        }
    }
}

/// The outcome of some consecutive probes.
struct Part<T> {
    scores: T,
    searches: Vec<SearchOutcome>,
}

impl<T: Tally> Part<T> {
    /// Takes the scores of one probe and adds its search.
    fn take_row(
        &mut self,
        probe: usize,
        of: Ids,
        enrolled: &Enrolled<'_>,
        row: &[f32],
    ) -> Result<(), EvalError> {
        // Labels are small numbers, so the best score of each palm stands at its index.
        let mut best = vec![f32::NAN; enrolled.labels];
        let mut mate = None;
        for (gallery, (&score, with)) in row.iter().zip(enrolled.ids).enumerate() {
            if with.path == of.path {
                continue;
            }
            if with.label == of.label {
                mate = Some(of.label);
            }
            self.scores.take(&Compared {
                gallery,
                probe,
                reference: with.label,
                of: of.label,
                score,
            })?;
            let held = &mut best[with.label as usize];
            let is_better = enrolled.polarity.oriented(score) > enrolled.polarity.oriented(*held);
            if held.is_nan() || is_better {
                *held = score;
            }
        }
        let candidates = best.into_iter().zip(0u32..);
        let candidates = candidates.map(|(score, subject)| Candidate { subject, score });
        self.searches
            .push(SearchOutcome::new(enrolled.polarity, mate, candidates));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    /// Samples of twelve palms whose datum is a number; every seventh fails, some paths repeat between the lists.
    fn samples(rng: &mut ChaCha8Rng, count: usize, name: &str) -> Vec<Sample<i32>> {
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

    fn score(g: &i32, p: &i32) -> f32 {
        (g - p).abs() as f32
    }

    /// The obvious double loop: scores, correct searches, searches, pairs of a file with itself.
    fn naive(gallery: &[Sample<i32>], probe: &[Sample<i32>]) -> (ScoreSet, (u64, u64), u64) {
        let mut scores = ScoreSet::new(Polarity::Distance);
        let (mut correct, mut searches, mut same_file) = (0, 0, 0);
        for p in probe {
            let (mut mates, mut best) = (0, [f32::INFINITY; 2]);
            for g in gallery {
                if g.path == p.path {
                    same_file += 1;
                    continue;
                }
                let score = match (&g.data, &p.data) {
                    (Some(g), Some(p)) => score(g, p),
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
            searches += u64::from(mates > 0);
            correct += u64::from(best[1] < best[0]);
        }
        (scores, (correct, searches), same_file)
    }

    fn bits(scores: &[f32]) -> Vec<u32> {
        scores.iter().map(|s| s.to_bits()).collect()
    }

    #[test]
    fn equals_the_double_loop() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (gallery, probe) in [
            (1, 1),
            (40, 7),
            (13, 64),
            (50, 65),
            (33, 200),
            (5, 0),
            (0, 3),
        ] {
            let gallery = samples(&mut rng, gallery, "g");
            let probe = samples(&mut rng, probe, "p");
            let matcher = Pairwise::new(&gallery, &probe, score);
            let done = AtomicUsize::new(0);
            let count = |n| {
                done.fetch_add(n, Ordering::Relaxed);
            };
            let kept = ScoreSet::new(Polarity::Distance);
            let counted = ScoreHistogram::whole_numbers(Polarity::Distance, 20).unwrap();
            let subjects = SubjectScores {
                polarity: Polarity::Distance,
                comparisons: Vec::new(),
            };
            let tally = (kept, (counted, (Some(subjects), Vec::<Compared>::new())));
            let got = compare(
                &gallery,
                &probe,
                Polarity::Distance,
                &matcher,
                &tally,
                count,
            );
            let got = got.unwrap();
            let (scores, rank1, same_file) = naive(&gallery, &probe);
            let (kept, (counted, (subjects, all))) = got.scores;
            assert_eq!(all.len(), kept.genuine.len() + kept.impostor.len());
            assert_eq!(bits(&kept.genuine), bits(&scores.genuine));
            assert_eq!(bits(&kept.impostor), bits(&scores.impostor));
            let again = subjects.unwrap().score_set();
            assert_eq!(bits(&again.impostor), bits(&scores.impostor));
            let mut one_by_one = counted.empty();
            let mut push = |kind, s: &f32| one_by_one.push(kind, *s).unwrap();
            scores.genuine.iter().for_each(|s| push(Kind::Genuine, s));
            scores.impostor.iter().for_each(|s| push(Kind::Impostor, s));
            assert_eq!(counted, one_by_one);
            let found = got.searches.rank(1);
            assert_eq!(found, (rank1.1 > 0).then_some(rank1));
            let (genuine, impostor) = (scores.genuine.len() as u64, scores.impostor.len() as u64);
            let pairs = PairCounts {
                genuine,
                impostor,
                same_file,
            };
            assert_eq!(got.pairs, pairs);
            assert_eq!(done.into_inner(), probe.len());
        }
    }

    #[test]
    fn scores_outside_the_bins_stop_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (gallery, probe) = (samples(&mut rng, 9, "g"), samples(&mut rng, 9, "p"));
        let empty = ScoreHistogram::whole_numbers(Polarity::Distance, 20).unwrap();
        let far = Pairwise::new(&gallery, &probe, |_, _| 21.0);
        let refused = compare(&gallery, &probe, Polarity::Distance, &far, &empty, |_| ());
        assert!(matches!(refused, Err(EvalError::OutsideHistogram { .. })));
    }

    #[test]
    fn a_search_in_nothing_has_no_mate() {
        let probe = samples(&mut ChaCha8Rng::seed_from_u64(1), 9, "p");
        let matcher = Pairwise::new(&[] as &[Sample<i32>], &probe, score);
        let kept = ScoreSet::new(Polarity::Distance);
        let got = compare(
            &[] as &[Sample<i32>],
            &probe,
            Polarity::Distance,
            &matcher,
            &kept,
            |_| (),
        );
        let got = got.unwrap();
        assert_eq!((got.searches.non_mated(), got.scores), (9, kept));
    }
}
