//! Counting scores instead of keeping them, so that 10⁹ comparisons fit in memory.

use super::ErrorCurve;
use crate::{EvalError, Kind, Polarity};

/// Bins are refused beyond this number: 16 bytes each, 1 GiB.
pub const MAX_BINS: usize = 1 << 26;

/// Genuine and impostor scores, counted in bins of a declared range.
///
/// Memory is 20 bytes per bin, whatever the number of scores. Histograms of parts of an experiment are added with
/// [`ScoreHistogram::merge`], in any order with the same result.
///
/// Every score of a bin is taken for the end of the bin that is the least alike, so FMR and FNMR at the edges of the
/// bins are exact; between two edges nothing is known. [`ScoreHistogram::bound`] states what that can cost. Of scores
/// that are whole numbers, such as Hamming distances, [`ScoreHistogram::whole_numbers`] loses nothing at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreHistogram {
    polarity: Polarity,
    /// Edges of the bins, high means match, ascending; bin k is `edges[k] <= score < edges[k + 1]`, the last bin ends
    /// with its upper edge included.
    edges: Vec<f32>,
    /// One over the width of a bin.
    bins_per_score: f64,
    exact: bool,
    genuine: Vec<u64>,
    impostor: Vec<u64>,
    failed: (u64, u64),
}

/// How far figures from a [`ScoreHistogram`] can be from those of the scores themselves. All are absolute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HistogramBound {
    /// Of any score, mean or threshold: the widest bin.
    pub score: f64,
    /// Of the FMR at an arbitrary threshold (0 at an edge): the share of impostor scores in the fullest bin.
    pub fmr: f64,
    /// Of the FNMR at an arbitrary threshold (0 at an edge), and of the FNMR at a given FMR: the share of genuine
    /// scores in the fullest bin.
    pub fnmr: f64,
    /// Of the EER, by either rule: the shares of both kinds in the fullest bins, added.
    pub eer: f64,
    /// Of the AUC: half the share of pairs that fall into one bin.
    pub auc: f64,
}

impl ScoreHistogram {
    /// `bins` bins of equal width from `low` to `high`, both in the caller's scores; both ends belong to the range.
    ///
    /// # Errors
    /// [`EvalError::Histogram`] when the range is empty or not finite, there is no bin or more than [`MAX_BINS`], or
    /// the bins are narrower than the spacing of 32-bit floats.
    pub fn new(polarity: Polarity, low: f32, high: f32, bins: usize) -> Result<Self, EvalError> {
        let usable = low.is_finite() && high.is_finite() && low < high;
        if !usable || high.abs().max(low.abs()) == f32::MAX {
            let problem = format!("range {low} to {high}, expected two finite numbers, low first");
            return Err(EvalError::Histogram { problem });
        }
        if bins == 0 || bins > MAX_BINS {
            let problem = format!("{bins} bins, expected 1 to {MAX_BINS}");
            return Err(EvalError::Histogram { problem });
        }
        let ends = [polarity.oriented(low), polarity.oriented(high)].map(f64::from);
        let (start, end) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
        let edge = |k: usize| (start + (end - start) * (k as f64 / bins as f64)) as f32;
        let edges: Vec<f32> = (0..=bins).map(edge).collect();
        if edges.windows(2).any(|w| w[0] >= w[1]) {
            let problem = format!(
                "{bins} bins from {low} to {high} are narrower than the spacing of 32-bit floats"
            );
            return Err(EvalError::Histogram { problem });
        }
        Ok(Self::with_edges(polarity, edges, false))
    }

    /// A bin for each whole number 0..=`highest`: nothing is lost. Scores that are not whole are refused.
    ///
    /// # Errors
    /// [`EvalError::Histogram`] when `highest` is not below 2²⁴, from where on 32-bit floats skip numbers.
    pub fn whole_numbers(polarity: Polarity, highest: u32) -> Result<Self, EvalError> {
        if highest >= 1 << 24 {
            let problem = format!("whole numbers up to {highest}, expected less than 2^24");
            return Err(EvalError::Histogram { problem });
        }
        let mut edges: Vec<f32> = (0..=highest).map(|k| polarity.oriented(k as f32)).collect();
        edges.sort_by(f32::total_cmp);
        // The last bin holds its upper edge, and needs one.
        let end = edges.last().map_or(1.0, |last| last + 1.0);
        edges.push(end);
        Ok(Self::with_edges(polarity, edges, true))
    }

    fn with_edges(polarity: Polarity, edges: Vec<f32>, exact: bool) -> Self {
        let bins = edges.len().saturating_sub(1);
        let range = match (edges.first(), edges.last()) {
            (Some(&start), Some(&end)) => f64::from(end) - f64::from(start),
            _ => 1.0,
        };
        Self {
            polarity,
            bins_per_score: bins as f64 / range,
            edges,
            exact,
            genuine: vec![0; bins],
            impostor: vec![0; bins],
            failed: (0, 0),
        }
    }

    /// One of the same bins with nothing in it.
    pub(crate) fn cleared(&self) -> Self {
        Self {
            genuine: vec![0; self.genuine.len()],
            impostor: vec![0; self.impostor.len()],
            failed: (0, 0),
            ..self.clone()
        }
    }

    /// Counts one score; NaN is a failure to acquire.
    ///
    /// # Errors
    /// [`EvalError::OutsideHistogram`] for a score outside the declared range, or one that is not whole where whole
    /// numbers were declared. Nothing is counted then.
    #[inline]
    pub fn push(&mut self, kind: Kind, score: f32) -> Result<(), EvalError> {
        self.push_many(kind, score, 1)
    }

    /// Counts the same score `count` times; otherwise as [`ScoreHistogram::push`].
    ///
    /// # Errors
    /// As [`ScoreHistogram::push`].
    #[inline]
    pub fn push_many(&mut self, kind: Kind, score: f32, count: u64) -> Result<(), EvalError> {
        let counter = if score.is_nan() {
            match kind {
                Kind::Genuine => &mut self.failed.0,
                Kind::Impostor => &mut self.failed.1,
            }
        } else {
            let bin = self.bin(score).ok_or_else(|| self.outside(score))?;
            match kind {
                Kind::Genuine => &mut self.genuine[bin],
                Kind::Impostor => &mut self.impostor[bin],
            }
        };
        *counter = counter.saturating_add(count);
        Ok(())
    }

    /// The bin of a score; `None` outside the range.
    #[inline]
    fn bin(&self, score: f32) -> Option<usize> {
        let score = self.polarity.oriented(score);
        let (&start, &end) = (self.edges.first()?, self.edges.last()?);
        let bins = self.genuine.len();
        if self.exact {
            // Edges are whole numbers below 2^24, so the sum is exact.
            let bin = (score - start) as u32;
            return (start + bin as f32 == score && (bin as usize) < bins).then_some(bin as usize);
        }
        if !(start..=end).contains(&score) {
            return None;
        }
        let place = (f64::from(score) - f64::from(start)) * self.bins_per_score;
        let mut bin = (place as usize).min(bins - 1);
        // The product is rounded, the edges decide.
        while score < self.edges[bin] {
            bin -= 1;
        }
        while bin + 1 < bins && score >= self.edges[bin + 1] {
            bin += 1;
        }
        Some(bin)
    }

    fn outside(&self, score: f32) -> EvalError {
        let ends = [self.edges.first(), self.edges.last()]
            .map(|e| self.polarity.oriented(e.copied().unwrap_or(f32::NAN)));
        let expected = if self.exact {
            format!("a whole number from 0 to {}", self.genuine.len() - 1)
        } else {
            format!("{} to {}", ends[0].min(ends[1]), ends[0].max(ends[1]))
        };
        EvalError::OutsideHistogram { score, expected }
    }

    /// Adds the counts of another histogram of the same range, bins and polarity.
    ///
    /// # Errors
    /// [`EvalError::Histogram`] when the bins differ; nothing is added then.
    pub fn merge(&mut self, other: &Self) -> Result<(), EvalError> {
        if self.polarity != other.polarity || self.exact != other.exact || self.edges != other.edges
        {
            let problem = "two histograms of different bins or polarity cannot be added".into();
            return Err(EvalError::Histogram { problem });
        }
        let pairs = self.genuine.iter_mut().zip(&other.genuine);
        for (sum, count) in pairs.chain(self.impostor.iter_mut().zip(&other.impostor)) {
            *sum = sum.saturating_add(*count);
        }
        self.failed.0 = self.failed.0.saturating_add(other.failed.0);
        self.failed.1 = self.failed.1.saturating_add(other.failed.1);
        Ok(())
    }

    /// What a high score means.
    #[must_use]
    pub fn polarity(&self) -> Polarity {
        self.polarity
    }

    /// Genuine and impostor comparisons that failed to acquire.
    #[must_use]
    pub fn failed(&self) -> (u64, u64) {
        self.failed
    }

    /// How far figures from these counts can be from those of the scores. All zero for whole numbers.
    #[must_use]
    pub fn bound(&self) -> HistogramBound {
        if self.exact {
            return HistogramBound {
                score: 0.0,
                fmr: 0.0,
                fnmr: 0.0,
                eer: 0.0,
                auc: 0.0,
            };
        }
        let total = |counts: &[u64]| counts.iter().sum::<u64>().max(1) as f64;
        let fullest =
            |counts: &[u64]| counts.iter().copied().max().unwrap_or(0) as f64 / total(counts);
        let (fmr, fnmr) = (fullest(&self.impostor), fullest(&self.genuine));
        let pairs = self.genuine.iter().zip(&self.impostor);
        let together: f64 = pairs.map(|(&g, &i)| g as f64 * i as f64).sum();
        let widths = self
            .edges
            .windows(2)
            .map(|w| f64::from(w[1]) - f64::from(w[0]));
        HistogramBound {
            score: widths.fold(0.0, f64::max),
            fmr,
            fnmr,
            eer: fmr + fnmr,
            auc: together / (2.0 * total(&self.genuine) * total(&self.impostor)),
        }
    }

    /// The curve of the counted scores; see [`ErrorCurve::from_histogram`].
    ///
    /// # Errors
    /// [`EvalError::NoScores`].
    pub fn curve(&self) -> Result<ErrorCurve, EvalError> {
        ErrorCurve::from_histogram(self)
    }

    /// No score is above it, high means match: the lower edge of the last bin in use where bins are exact, otherwise
    /// the upper edge of all.
    pub(super) fn highest(&self) -> f32 {
        let used = |counts: &[u64]| counts.iter().rposition(|&count| count > 0);
        let bin = match used(&self.genuine).max(used(&self.impostor)) {
            Some(bin) if self.exact => bin,
            _ => self.genuine.len(),
        };
        self.edges.get(bin).copied().unwrap_or(f32::NAN)
    }

    /// Lower edge, high means match, and count of every bin, ascending.
    pub(super) fn oriented_runs(&self, kind: Kind) -> impl Iterator<Item = (f32, u64)> + '_ {
        let counts = match kind {
            Kind::Genuine => &self.genuine,
            Kind::Impostor => &self.impostor,
        };
        self.edges.iter().copied().zip(counts.iter().copied())
    }
}
