//! FMR and FNMR at every threshold.

use rayon::slice::ParallelSliceMut;

use super::tally::Tally;
use super::{ScoreHistogram, clopper_pearson, measurable};
use crate::{EvalError, Kind, Polarity, ScoreSet};

/// The scores of an experiment, sorted, so that the errors at any threshold are two binary searches.
///
/// Holds one copy of the scores (4 bytes each). Making it is O(n log n), every question after that O(log n). Made from
/// a [`ScoreHistogram`] it holds 12 bytes per bin in use instead, however many scores were counted.
#[derive(Debug, Clone)]
pub struct ErrorCurve {
    /// Ascending, high means match.
    pub(super) genuine: Tally,
    /// Ascending, high means match.
    pub(super) impostor: Tally,
    /// No score is above it, high means match.
    highest: f32,
    polarity: Polarity,
    failed_genuine: u64,
    failed_impostor: u64,
}

/// The errors made at one threshold: counts, and the rates they stand for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// The threshold in the caller's polarity: accept iff similarity ≥ it, or distance ≤ it.
    pub threshold: f32,
    /// Impostor comparisons accepted.
    pub false_matches: u64,
    /// Genuine comparisons rejected.
    pub false_non_matches: u64,
    /// All impostor comparisons, at least 1.
    pub impostor: u64,
    /// All genuine comparisons, at least 1.
    pub genuine: u64,
}

impl Errors {
    /// False match rate, 0..=1.
    #[must_use]
    pub fn fmr(&self) -> f64 {
        self.false_matches as f64 / self.impostor as f64
    }

    /// False non-match rate, 0..=1.
    #[must_use]
    pub fn fnmr(&self) -> f64 {
        self.false_non_matches as f64 / self.genuine as f64
    }

    /// Clopper–Pearson interval of the FMR; comparisons taken as independent.
    #[must_use]
    pub fn fmr_interval(&self, confidence: f64) -> (f64, f64) {
        clopper_pearson(self.false_matches, self.impostor, confidence)
    }

    /// Clopper–Pearson interval of the FNMR; comparisons taken as independent.
    #[must_use]
    pub fn fnmr_interval(&self, confidence: f64) -> (f64, f64) {
        clopper_pearson(self.false_non_matches, self.genuine, confidence)
    }
}

impl ErrorCurve {
    /// Sorts the scores. NaN scores are counted as failures to acquire and take part in nothing else.
    ///
    /// # Errors
    /// [`EvalError::InfiniteScore`] for an infinite score, [`EvalError::NoScores`] when a kind has no usable score.
    pub fn new(scores: &ScoreSet) -> Result<Self, EvalError> {
        let (genuine, failed_genuine) = sorted(&scores.genuine, scores.polarity, "genuine")?;
        let (impostor, failed_impostor) = sorted(&scores.impostor, scores.polarity, "impostor")?;
        Ok(Self {
            highest: genuine.highest().max(impostor.highest()),
            genuine,
            impostor,
            polarity: scores.polarity,
            failed_genuine,
            failed_impostor,
        })
    }

    /// The curve of counted scores: exact at the edges of the bins, and known nowhere else.
    ///
    /// [`ScoreHistogram::bound`] says how far its figures can be from those of the scores themselves.
    ///
    /// # Errors
    /// [`EvalError::NoScores`] when a kind has no usable score.
    pub fn from_histogram(histogram: &ScoreHistogram) -> Result<Self, EvalError> {
        let (failed_genuine, failed_impostor) = histogram.failed();
        let tally = |kind, name, failed| {
            let tally = Tally::of_runs(histogram.oriented_runs(kind));
            if tally.total() == 0 {
                return Err(EvalError::NoScores { kind: name, failed });
            }
            Ok(tally)
        };
        Ok(Self {
            genuine: tally(Kind::Genuine, "genuine", failed_genuine)?,
            impostor: tally(Kind::Impostor, "impostor", failed_impostor)?,
            highest: histogram.highest(),
            polarity: histogram.polarity(),
            failed_genuine,
            failed_impostor,
        })
    }

    /// Usable genuine comparisons, at least 1.
    #[must_use]
    pub fn genuine(&self) -> u64 {
        self.genuine.total()
    }

    /// Usable impostor comparisons, at least 1.
    #[must_use]
    pub fn impostor(&self) -> u64 {
        self.impostor.total()
    }

    /// Genuine and impostor comparisons that failed to acquire.
    #[must_use]
    pub fn failed(&self) -> (u64, u64) {
        (self.failed_genuine, self.failed_impostor)
    }

    /// The usable genuine scores, from the least to the most alike.
    pub fn genuine_scores(&self) -> impl Iterator<Item = f32> + '_ {
        self.genuine.scores().map(|s| self.polarity.oriented(s))
    }

    /// The usable impostor scores, from the least to the most alike.
    pub fn impostor_scores(&self) -> impl Iterator<Item = f32> + '_ {
        self.impostor.scores().map(|s| self.polarity.oriented(s))
    }

    /// The distinct usable scores of one kind, from the least to the most alike, each with how often it was seen.
    ///
    /// The way to go over counted scores, of which there may be 10⁹.
    pub fn runs(&self, kind: Kind) -> impl Iterator<Item = (f32, u64)> + '_ {
        let tally = match kind {
            Kind::Genuine => &self.genuine,
            Kind::Impostor => &self.impostor,
        };
        tally
            .runs()
            .map(|(score, count)| (self.polarity.oriented(score), count))
    }

    /// What a high score means in the caller's scores and thresholds.
    #[must_use]
    pub fn polarity(&self) -> Polarity {
        self.polarity
    }

    /// The errors at `threshold` (in the caller's polarity). A NaN threshold accepts nothing.
    #[must_use]
    pub fn at(&self, threshold: f32) -> Errors {
        self.at_oriented(self.polarity.oriented(threshold))
    }

    /// The lowest FNMR with FMR ≤ `fmr`, and where it is: FMR100 is `fnmr_at_fmr(0.01)`.
    ///
    /// `None` (not measurable) when there are fewer than 3/`fmr` impostor comparisons: then even zero false matches
    /// would not show, at 95 % confidence, that the FMR is that low (rule of three).
    #[must_use]
    pub fn fnmr_at_fmr(&self, fmr: f64) -> Option<Errors> {
        measurable(fmr, self.impostor()).then(|| self.strictest_needed(fmr))
    }

    /// The lowest FNMR with no false match at all (FVC: ZeroFMR).
    #[must_use]
    pub fn zero_fmr(&self) -> Errors {
        self.strictest_needed(0.0)
    }

    /// The lowest FMR with no false non-match (FVC: ZeroFNMR).
    #[must_use]
    pub fn zero_fnmr(&self) -> Errors {
        self.at_oriented(self.genuine.lowest())
    }

    /// The errors at every distinct score, from accepting everything to, last, rejecting everything.
    ///
    /// Thresholds run from the most to the least permissive; FMR never rises and FNMR never falls along the way.
    pub fn points(&self) -> impl Iterator<Item = Errors> + '_ {
        let mut genuine = self.genuine.runs().peekable();
        let mut impostor = self.impostor.runs().peekable();
        let (mut genuine_below, mut impostor_below) = (0u64, 0u64);
        let mut ended = false;
        std::iter::from_fn(move || {
            let next = match (genuine.peek(), impostor.peek()) {
                (Some(a), Some(b)) => a.0.min(b.0),
                (Some(run), None) | (None, Some(run)) => run.0,
                (None, None) if ended => return None,
                (None, None) => {
                    ended = true;
                    return Some(self.at_oriented(self.beyond_all()));
                }
            };
            let here = self.errors(next, genuine_below, impostor_below);
            genuine_below += genuine.next_if(|run| run.0 == next).map_or(0, |run| run.1);
            impostor_below += impostor.next_if(|run| run.0 == next).map_or(0, |run| run.1);
            Some(here)
        })
    }

    /// At most `2 * steps + 4` of the points, evenly spread on probit axes: enough to draw a DET or ROC curve.
    ///
    /// The first accepts everything, the last rejects everything.
    #[must_use]
    pub fn thinned(&self, steps: usize) -> Vec<Errors> {
        // From one error in ten million up to one half, evenly in probit; each axis gets its share.
        let lowest = super::probit(1e-7);
        let levels =
            (0..=steps).map(|k| super::normal_cdf(lowest * (1.0 - k as f64 / steps.max(1) as f64)));
        let mut points: Vec<Errors> = levels
            .flat_map(|level| [self.strictest_needed(level), self.loosest_needed(level)])
            .collect();
        points.push(self.at_oriented(self.genuine.lowest().min(self.impostor.lowest())));
        points.push(self.at_oriented(self.beyond_all()));
        in_order(points)
    }

    /// [`ErrorCurve::thinned`], with what a picture needs beyond it: both neighbours of the border at one half, where a
    /// DET curve is cut, and a few points where both rates are high.
    pub(crate) fn for_picture(&self, steps: usize) -> Vec<Errors> {
        let mut points = self.thinned(steps);
        points.extend(self.before(&self.strictest_needed(0.5)));
        points.push(self.first_where(|e| e.fnmr() > 0.5));
        let high = [0.6, 0.7, 0.8, 0.9, 0.95];
        points.extend(
            high.into_iter()
                .flat_map(|level| [self.strictest_needed(level), self.loosest_needed(level)]),
        );
        in_order(points)
    }

    /// The lowest threshold whose FMR is at most `fmr`.
    fn strictest_needed(&self, fmr: f64) -> Errors {
        self.first_where(|e| e.fmr() <= fmr)
    }

    /// The highest threshold whose FNMR is at most `fnmr`.
    fn loosest_needed(&self, fnmr: f64) -> Errors {
        let first_over = self.first_where(|e| e.fnmr() > fnmr);
        self.before(&first_over).unwrap_or(first_over)
    }

    /// The first point, from the permissive end, where `holds`; the last point when it holds nowhere.
    ///
    /// `holds` must stay true once true. The bit patterns of floats are in the order of their values, so this halves a
    /// range of 2³² patterns instead of walking over millions of scores.
    pub(super) fn first_where(&self, holds: impl Fn(&Errors) -> bool) -> Errors {
        let mut low = ordinal(self.genuine.lowest().min(self.impostor.lowest()));
        let mut high = ordinal(self.beyond_all());
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(&self.at_oriented(from_ordinal(middle))) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        // The threshold found lies just above a score; the point it belongs to is the next score up.
        let found = from_ordinal(low);
        let next = match (
            self.genuine.not_below(found),
            self.impostor.not_below(found),
        ) {
            (Some(a), Some(b)) => a.min(b),
            (Some(score), None) | (None, Some(score)) => score,
            (None, None) => self.beyond_all(),
        };
        self.at_oriented(next)
    }

    /// The point just before `point` on the permissive side, if there is one.
    pub(super) fn before(&self, point: &Errors) -> Option<Errors> {
        let here = self.polarity.oriented(point.threshold);
        let threshold = match (
            self.genuine.last_below(here),
            self.impostor.last_below(here),
        ) {
            (Some(a), Some(b)) => a.max(b),
            (Some(score), None) | (None, Some(score)) => score,
            (None, None) => return None,
        };
        Some(self.at_oriented(threshold))
    }

    /// The smallest threshold that rejects every score.
    fn beyond_all(&self) -> f32 {
        self.highest.next_up()
    }

    fn at_oriented(&self, threshold: f32) -> Errors {
        let (genuine, impostor) = (
            self.genuine.below(threshold),
            self.impostor.below(threshold),
        );
        self.errors(threshold, genuine, impostor)
    }

    fn errors(&self, threshold: f32, genuine_below: u64, impostor_below: u64) -> Errors {
        Errors {
            threshold: self.polarity.oriented(threshold),
            false_matches: self.impostor.total() - impostor_below,
            false_non_matches: genuine_below,
            impostor: self.impostor.total(),
            genuine: self.genuine.total(),
        }
    }
}

/// The usable scores, high means match, ascending; and the number of NaN.
fn sorted(
    scores: &[f32],
    polarity: Polarity,
    kind: &'static str,
) -> Result<(Tally, u64), EvalError> {
    // The largest finite float is refused too: no threshold lies beyond it.
    if let Some(index) = scores.iter().position(|s| s.abs() >= f32::MAX) {
        return Err(EvalError::InfiniteScore {
            kind,
            index,
            value: scores[index],
        });
    }
    let mut usable: Vec<f32> = Vec::with_capacity(scores.len());
    usable.extend(
        scores
            .iter()
            .filter(|s| !s.is_nan())
            .map(|&s| polarity.oriented(s)),
    );
    let failed = (scores.len() - usable.len()) as u64;
    if usable.is_empty() {
        return Err(EvalError::NoScores { kind, failed });
    }
    usable.par_sort_unstable_by(f32::total_cmp);
    Ok((Tally::of_sorted(usable), failed))
}

/// Bit pattern of a float, shifted so that unsigned order is the order of values (NaN aside).
fn ordinal(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 {
        !bits
    } else {
        bits | 1 << 31
    }
}

fn from_ordinal(ordinal: u32) -> f32 {
    f32::from_bits(if ordinal >> 31 == 1 {
        ordinal & !(1 << 31)
    } else {
        !ordinal
    })
}

/// From accepting everything to rejecting everything, each point once.
fn in_order(mut points: Vec<Errors>) -> Vec<Errors> {
    points.sort_by_key(|p| (p.false_non_matches, std::cmp::Reverse(p.false_matches)));
    points.dedup_by_key(|p| (p.false_non_matches, p.false_matches));
    points
}
