//! Every gallery sample against every probe sample, counting the scores instead of keeping them.

use rayon::prelude::*;

use crate::metrics::{Candidate, Identification, ScoreHistogram, SearchOutcome};
use crate::protocol::{Ids, TASK_PROBES, compare, number};
use crate::{EvalError, Kind, Sample};

/// What came out of comparing two lists without keeping a score.
#[derive(Debug, Clone)]
pub struct CountedOutcome {
    /// The scores, counted.
    pub scores: ScoreHistogram,
    /// The probes as searches in the gallery, in the order of the probe list; a tie counts against the probe.
    pub searches: Identification,
}

/// Compares every gallery sample with every probe sample, in parallel, and counts the scores in bins like those of
/// `empty`. Memory does not grow with the number of pairs, and the outcome is the same for any number of threads.
///
/// `score` may return NaN for a comparison that cannot be made. A file is never compared with itself. A probe is a
/// mated search where another file of its palm is in the gallery. `progress` is told how many more probes are done.
///
/// # Errors
/// [`EvalError::OutsideHistogram`] for a score outside the bins.
pub fn compare_counted<G: Sync, P: Sync>(
    gallery: &[Sample<G>],
    probe: &[Sample<P>],
    empty: &ScoreHistogram,
    score: impl Fn(&G, &P) -> f32 + Sync,
    progress: impl Fn(usize) + Sync,
) -> Result<CountedOutcome, EvalError> {
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let mut enrolled: Vec<u32> = gallery_ids.iter().map(|id| id.label).collect();
    enrolled.sort_unstable();
    enrolled.dedup();
    let start = || Part {
        scores: empty.clone(),
        searches: Vec::new(),
    };
    let tasks = probe
        .par_chunks(TASK_PROBES)
        .zip(probe_ids.par_chunks(TASK_PROBES));
    let whole = tasks
        .try_fold(start, |mut part, (probes, ids)| {
            let mut rows = vec![f32::NAN; probes.len() * gallery.len()];
            if !gallery.is_empty() {
                compare(gallery, probes, &score, &mut rows);
            }
            for (at, &of) in ids.iter().enumerate() {
                let row = &rows[at * gallery.len()..(at + 1) * gallery.len()];
                part.take_row(of, &gallery_ids, row, enrolled.last().copied())?;
            }
            progress(probes.len());
            Ok(part)
        })
        .try_reduce(start, |mut part, next| {
            part.scores.merge(&next.scores)?;
            part.searches.extend(next.searches);
            Ok(part)
        })?;
    let searches = Identification::new(empty.polarity(), enrolled.len(), whole.searches);
    Ok(CountedOutcome {
        scores: whole.scores,
        searches,
    })
}

/// The outcome of some consecutive probes.
struct Part {
    scores: ScoreHistogram,
    searches: Vec<SearchOutcome>,
}

impl Part {
    /// Counts the scores of one probe and adds its search. `last` is the highest number of an enrolled palm.
    fn take_row(
        &mut self,
        of: Ids,
        gallery: &[Ids],
        row: &[f32],
        last: Option<u32>,
    ) -> Result<(), EvalError> {
        let polarity = self.scores.polarity();
        // Labels are small numbers, so the best score of each palm stands at its index.
        let mut best = vec![f32::NAN; last.map_or(0, |last| last as usize + 1)];
        let mut mate = None;
        for (&score, with) in row.iter().zip(gallery) {
            if with.path == of.path {
                continue;
            }
            let kind = Kind::of(with.label, of.label);
            if kind == Kind::Genuine {
                mate = Some(of.label);
            }
            self.scores.push(kind, score)?;
            let held = &mut best[with.label as usize];
            if held.is_nan() || polarity.oriented(score) > polarity.oriented(*held) {
                *held = score;
            }
        }
        let candidates = best.into_iter().zip(0u32..);
        let candidates = candidates.map(|(score, subject)| Candidate { subject, score });
        let search = SearchOutcome::new(polarity, mate, candidates);
        self.searches.push(search);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::metrics::ErrorCurve;
    use crate::protocol::tests::samples;
    use crate::{Polarity, compare_all};

    #[test]
    fn equals_the_comparison_that_keeps_its_scores() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let score = |g: &i32, p: &i32| (g - p).abs() as f32;
        for (gallery, probe) in [(40, 7), (13, 64), (50, 65), (33, 200)] {
            let (gallery, probe) = (
                samples(&mut rng, gallery, "g"),
                samples(&mut rng, probe, "p"),
            );
            let kept = compare_all(&gallery, &probe, Polarity::Distance, score, |_| ());
            let empty = ScoreHistogram::whole_numbers(Polarity::Distance, 20).unwrap();
            let done = std::sync::atomic::AtomicUsize::new(0);
            let count = |n| {
                done.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
            };
            let counted = compare_counted(&gallery, &probe, &empty, score, count).unwrap();
            let (a, b) = (
                ErrorCurve::new(&kept.scores).unwrap(),
                counted.scores.curve().unwrap(),
            );
            assert!(a.points().eq(b.points()));
            assert_eq!(a.failed(), b.failed());
            let rank1 = counted.searches.rank(1).unwrap();
            assert_eq!(rank1, (kept.search.correct, kept.search.searches));
            assert_eq!(done.into_inner(), probe.len());
        }
    }

    #[test]
    fn scores_outside_the_bins_stop_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (gallery, probe) = (samples(&mut rng, 9, "g"), samples(&mut rng, 9, "p"));
        let empty = ScoreHistogram::whole_numbers(Polarity::Distance, 20).unwrap();
        let refused = compare_counted(&gallery, &probe, &empty, |_, _| 21.0, |_| ());
        assert!(matches!(refused, Err(EvalError::OutsideHistogram { .. })));
        let none = compare_counted(&[] as &[Sample<i32>], &probe, &empty, |_, _| 0.0, |_| ());
        assert_eq!(none.unwrap().searches.non_mated(), 9);
    }
}
