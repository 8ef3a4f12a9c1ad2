//! Identification: CMC, rank-k, DIR, FPIR and FNIR (ISO/IEC 19795-1, and the notation of NIST's FRTE).

use std::collections::HashMap;

use super::{clopper_pearson, measurable};
use crate::Polarity;

/// One entry of the gallery a probe was compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The enrolled subject; any number, equal for equal subjects.
    pub subject: u32,
    /// The score; NaN is a comparison that failed.
    pub score: f32,
}

/// What one search ended in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOutcome {
    /// Is the probe's subject enrolled?
    mated: bool,
    /// Best score of the mate, high means match; `None` where it is not among the candidates.
    mate: Option<f32>,
    /// Other subjects whose best score is at least the mate's: 0 is rank 1. A tie counts against the probe.
    ahead: usize,
    /// Best score of any other subject, high means match.
    other: Option<f32>,
}

impl SearchOutcome {
    /// One search from its scores. Ranks count *subjects*: of several templates of a subject the best one counts.
    ///
    /// `mate` is the subject of the probe where it is enrolled, `None` for a search without a mate. A mate that is not
    /// among the candidates (a list cut short, or a probe that failed to acquire) is a miss at every rank.
    #[must_use]
    pub fn new(
        polarity: Polarity,
        mate: Option<u32>,
        candidates: impl IntoIterator<Item = Candidate>,
    ) -> Self {
        let mut best: HashMap<u32, f32> = HashMap::new();
        for candidate in candidates.into_iter().filter(|c| !c.score.is_nan()) {
            let score = polarity.oriented(candidate.score);
            let held = best.entry(candidate.subject).or_insert(score);
            *held = held.max(score);
        }
        let own = mate.and_then(|subject| best.remove(&subject));
        Self {
            mated: mate.is_some(),
            mate: own,
            ahead: own.map_or(0, |own| best.values().filter(|&&s| s >= own).count()),
            other: best.values().copied().reduce(f32::max),
        }
    }

    /// One search from the least distance to each enrolled subject; `none` stands where there is no distance.
    ///
    /// The same outcome as [`SearchOutcome::new`] gives for these distances, without its table of subjects.
    pub(crate) fn of_distances(mate: Option<usize>, least: &[u16], none: u16) -> Self {
        let own = mate.and_then(|mate| least.get(mate).copied());
        let own = own.filter(|&distance| distance != none);
        // The mate itself is among those that are as near as it is.
        let as_near = |own: u16| least.iter().filter(|&&distance| distance <= own).count();
        let parts = least.split_at(mate.unwrap_or(least.len()).min(least.len()));
        let others = parts.0.iter().chain(parts.1.iter().skip(1)).copied();
        let similarity = |distance: u16| Polarity::Distance.oriented(f32::from(distance));
        Self {
            mated: mate.is_some(),
            mate: own.map(similarity),
            ahead: own.map_or(0, |own| as_near(own) - 1),
            other: others.filter(|&d| d != none).min().map(similarity),
        }
    }

    /// Rank of the mate from 1; `None` where it was not found or there is no mate.
    #[must_use]
    pub fn rank(&self) -> Option<usize> {
        self.mate.map(|_| self.ahead + 1)
    }
}

/// All searches of an identification experiment.
///
/// Searches that failed belong in as well (with no candidates): they are misses, and they raise no false alarm.
#[derive(Debug, Clone, PartialEq)]
pub struct Identification {
    polarity: Polarity,
    enrolled: usize,
    searches: Vec<SearchOutcome>,
}

impl Identification {
    /// `enrolled` is N, the number of enrolled subjects.
    #[must_use]
    pub fn new(polarity: Polarity, enrolled: usize, searches: Vec<SearchOutcome>) -> Self {
        Self {
            polarity,
            enrolled,
            searches,
        }
    }

    /// N, the number of enrolled subjects.
    #[must_use]
    pub fn enrolled(&self) -> usize {
        self.enrolled
    }

    /// What a high score means.
    #[must_use]
    pub fn polarity(&self) -> Polarity {
        self.polarity
    }

    /// Searches whose subject is enrolled.
    #[must_use]
    pub fn mated(&self) -> u64 {
        self.searches.iter().filter(|s| s.mated).count() as u64
    }

    /// Searches whose subject is not enrolled.
    #[must_use]
    pub fn non_mated(&self) -> u64 {
        self.searches.len() as u64 - self.mated()
    }

    /// The CMC: share of mated searches with the mate at rank ≤ 1, 2, … `max_rank`. `None` without mated searches.
    #[must_use]
    pub fn cmc(&self, max_rank: usize) -> Option<Vec<f64>> {
        let mated = self.mated();
        let mut at_rank = vec![0u64; max_rank];
        for rank in self.searches.iter().filter_map(SearchOutcome::rank) {
            if let Some(count) = at_rank.get_mut(rank - 1) {
                *count += 1;
            }
        }
        let mut found = 0u64;
        let rates = at_rank.into_iter().map(|count| {
            found += count;
            found as f64 / mated as f64
        });
        (mated > 0).then(|| rates.collect())
    }

    /// Rank-k identification rate, and the counts behind it: (found, searches). `None` without mated searches.
    #[must_use]
    pub fn rank(&self, k: usize) -> Option<(u64, u64)> {
        let found = self.searches.iter().filter_map(SearchOutcome::rank);
        let found = found.filter(|&rank| rank <= k).count() as u64;
        (self.mated() > 0).then(|| (found, self.mated()))
    }

    /// Clopper–Pearson interval of the rank-k rate; searches taken as independent.
    #[must_use]
    pub fn rank_interval(&self, k: usize, confidence: f64) -> Option<(f64, f64)> {
        self.rank(k)
            .map(|(found, searches)| clopper_pearson(found, searches, confidence))
    }

    /// DIR(T, k), detection and identification rate: share of mated searches whose mate is at rank ≤ k *and* is
    /// accepted at the threshold. `None` without mated searches.
    #[must_use]
    pub fn dir(&self, threshold: f32, k: usize) -> Option<f64> {
        let threshold = self.polarity.oriented(threshold);
        let hit = |s: &&SearchOutcome| s.mate.is_some_and(|m| m >= threshold) && s.ahead < k;
        let mated = self.mated();
        (mated > 0).then(|| self.searches.iter().filter(hit).count() as f64 / mated as f64)
    }

    /// FNIR(N, k, T) = 1 − DIR(T, k). `None` without mated searches.
    #[must_use]
    pub fn fnir(&self, threshold: f32, k: usize) -> Option<f64> {
        let threshold = self.polarity.oriented(threshold);
        let hit = |s: &SearchOutcome| s.mate.is_some_and(|m| m >= threshold) && s.ahead < k;
        let missed = self.searches.iter().filter(|s| s.mated && !hit(s)).count();
        (self.mated() > 0).then(|| missed as f64 / self.mated() as f64)
    }

    /// FPIR(N, T): share of non-mated searches with a candidate accepted at the threshold. `None` without non-mated
    /// searches.
    #[must_use]
    pub fn fpir(&self, threshold: f32) -> Option<f64> {
        let threshold = self.polarity.oriented(threshold);
        let alarm = |s: &&SearchOutcome| !s.mated && s.other.is_some_and(|o| o >= threshold);
        let all = self.non_mated();
        (all > 0).then(|| self.searches.iter().filter(alarm).count() as f64 / all as f64)
    }

    /// The most permissive threshold with FPIR ≤ `fpir`, in the caller's polarity.
    ///
    /// It lies just beyond the best false candidate that may not be accepted. `None` (not measurable) with fewer than
    /// 3/`fpir` non-mated searches.
    #[must_use]
    pub fn threshold_at_fpir(&self, fpir: f64) -> Option<f32> {
        let all = self.non_mated();
        if !measurable(fpir, all) {
            return None;
        }
        let non_mated = self.searches.iter().filter(|s| !s.mated);
        let mut alarms: Vec<f32> = non_mated.filter_map(|s| s.other).collect();
        alarms.sort_unstable_by(|a, b| b.total_cmp(a));
        // The first alarm too many: the threshold must reject it, and with it all that tie.
        let too_many = (1..=alarms.len()).find(|&n| n as f64 / all as f64 > fpir);
        let threshold = match too_many {
            Some(n) => alarms[n - 1].next_up(),
            None => f32::MIN,
        };
        Some(self.polarity.oriented(threshold))
    }

    /// FNIR at the threshold where FPIR ≤ `fpir`, at rank ≤ k. `None` where either cannot be measured.
    #[must_use]
    pub fn fnir_at_fpir(&self, fpir: f64, k: usize) -> Option<f64> {
        self.fnir(self.threshold_at_fpir(fpir)?, k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(mate: Option<u32>, candidates: &[(u32, f32)]) -> SearchOutcome {
        let candidate = |&(subject, score): &(u32, f32)| Candidate { subject, score };
        SearchOutcome::new(Polarity::Similarity, mate, candidates.iter().map(candidate))
    }

    fn experiment() -> Identification {
        let searches = vec![
            outcome(Some(1), &[(1, 0.9), (2, 0.5), (3, 0.4)]),
            outcome(Some(2), &[(1, 0.6), (2, 0.6), (3, 0.1)]),
            outcome(Some(3), &[(1, 0.7), (1, 0.8), (3, 0.3), (2, 0.2)]),
            outcome(Some(1), &[(2, 0.9)]),
            outcome(None, &[(1, 0.55), (2, 0.65)]),
            outcome(None, &[(3, f32::NAN), (2, 0.35)]),
            outcome(None, &[]),
        ];
        Identification::new(Polarity::Similarity, 3, searches)
    }

    #[test]
    fn ranks_count_subjects_and_ties_count_against_the_probe() {
        let all = experiment();
        let ranks: Vec<_> = all.searches.iter().map(SearchOutcome::rank).collect();
        assert_eq!(ranks, [Some(1), Some(2), Some(2), None, None, None, None]);
        assert_eq!(all.cmc(3), Some(vec![0.25, 0.75, 0.75]));
        assert_eq!((all.rank(1), all.rank(2)), (Some((1, 4)), Some((3, 4))));
        assert_eq!((all.mated(), all.non_mated(), all.enrolled()), (4, 3, 3));
    }

    #[test]
    fn thresholds_take_part() {
        let all = experiment();
        assert_eq!(all.dir(0.5, 2), Some(0.5));
        assert_eq!(
            (all.fnir(0.5, 2), all.fnir(0.0, 2)),
            (Some(0.5), Some(0.25))
        );
        assert_eq!(
            (all.fpir(0.35), all.fpir(0.36)),
            (Some(2.0 / 3.0), Some(1.0 / 3.0))
        );
        assert_eq!(all.threshold_at_fpir(0.5), None);
        let threshold = all.threshold_at_fpir(1.0).unwrap();
        assert_eq!(all.fpir(threshold), Some(2.0 / 3.0));
        assert_eq!(all.fnir_at_fpir(1.0, 1), Some(0.75));
    }

    #[test]
    fn the_threshold_at_an_fpir_is_the_most_permissive_one() {
        let searches = (0..300)
            .map(|k| outcome(None, &[(1, (k / 2) as f32)]))
            .collect();
        let all = Identification::new(Polarity::Similarity, 1, searches);
        for fpir in [0.01, 0.011, 0.1, 0.5] {
            let threshold = all.threshold_at_fpir(fpir).unwrap();
            assert!(all.fpir(threshold).unwrap() <= fpir);
            assert!(all.fpir(threshold.next_down()).unwrap() > fpir, "{fpir}");
        }
    }

    #[test]
    fn nothing_searched_has_no_rate() {
        let none = Identification::new(Polarity::Distance, 5, vec![]);
        assert_eq!(
            (none.cmc(3), none.rank(1), none.dir(0.1, 1)),
            (None, None, None)
        );
        assert_eq!(
            (
                none.fnir(0.1, 1),
                none.fpir(0.1),
                none.rank_interval(1, 0.95)
            ),
            (None, None, None)
        );
    }
}
