//! Sorted scores of one kind, each score for itself or counted in runs of equal values.

/// Scores in ascending order, high means match. Holds at least one score once it is part of a curve.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    /// Ascending. With `up_to` every value is there once, without it as often as it was seen.
    values: Vec<f32>,
    /// How many scores are at most the value of the same index; `None` where every entry of `values` is one score.
    up_to: Option<Vec<u64>>,
}

impl Tally {
    /// Every score for itself; `values` are ascending.
    pub(super) fn of_sorted(values: Vec<f32>) -> Self {
        Self {
            values,
            up_to: None,
        }
    }

    /// Runs of equal scores; values ascending and distinct. Runs of no score are left out.
    pub(super) fn of_runs(runs: impl IntoIterator<Item = (f32, u64)>) -> Self {
        let (mut values, mut up_to, mut total) = (Vec::new(), Vec::new(), 0u64);
        for (value, count) in runs.into_iter().filter(|run| run.1 > 0) {
            total = total.saturating_add(count);
            values.push(value);
            up_to.push(total);
        }
        Self {
            values,
            up_to: Some(up_to),
        }
    }

    /// The number of scores.
    pub(super) fn total(&self) -> u64 {
        match &self.up_to {
            Some(up_to) => up_to.last().copied().unwrap_or(0),
            None => self.values.len() as u64,
        }
    }

    /// The lowest score; NaN where there is none.
    pub(super) fn lowest(&self) -> f32 {
        self.values.first().copied().unwrap_or(f32::NAN)
    }

    /// The highest score; NaN where there is none.
    pub(super) fn highest(&self) -> f32 {
        self.values.last().copied().unwrap_or(f32::NAN)
    }

    /// How many scores lie below `threshold`; all of them for NaN.
    pub(super) fn below(&self, threshold: f32) -> u64 {
        let index = self.index(threshold);
        match &self.up_to {
            Some(up_to) => index.checked_sub(1).map_or(0, |k| up_to[k]),
            None => index as u64,
        }
    }

    /// The lowest score that is not below `threshold`.
    pub(super) fn not_below(&self, threshold: f32) -> Option<f32> {
        self.values.get(self.index(threshold)).copied()
    }

    /// The highest score below `threshold`.
    pub(super) fn last_below(&self, threshold: f32) -> Option<f32> {
        let index = self.index(threshold).checked_sub(1)?;
        self.values.get(index).copied()
    }

    fn index(&self, threshold: f32) -> usize {
        self.values
            .partition_point(|&s| s < threshold || threshold.is_nan())
    }

    /// The distinct scores, ascending, each with how often it was seen.
    pub(super) fn runs(&self) -> impl Iterator<Item = (f32, u64)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let value = *self.values.get(at)?;
            let from = at;
            match &self.up_to {
                Some(up_to) => {
                    at += 1;
                    let before = from.checked_sub(1).map_or(0, |k| up_to[k]);
                    Some((value, up_to[from] - before))
                }
                None => {
                    at += self.values[at..]
                        .iter()
                        .take_while(|&&s| s == value)
                        .count();
                    Some((value, (at - from) as u64))
                }
            }
        })
    }

    /// Every score, ascending.
    pub(super) fn scores(&self) -> impl Iterator<Item = f32> + '_ {
        self.runs()
            .flat_map(|(value, count)| (0..count).map(move |_| value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_single_scores_answer_alike() {
        let single = Tally::of_sorted(vec![-1.0, 0.5, 0.5, 0.5, 2.0]);
        let counted = Tally::of_runs([(-1.0, 1), (0.0, 0), (0.5, 3), (2.0, 1)]);
        for tally in [&single, &counted] {
            assert_eq!(tally.total(), 5);
            assert_eq!((tally.lowest(), tally.highest()), (-1.0, 2.0));
            let runs: Vec<_> = tally.runs().collect();
            assert_eq!(runs, [(-1.0, 1), (0.5, 3), (2.0, 1)]);
            assert_eq!(
                tally.scores().collect::<Vec<_>>(),
                [-1.0, 0.5, 0.5, 0.5, 2.0]
            );
        }
        for threshold in [-2.0, -1.0, 0.0, 0.5, 0.6, 2.0, 3.0, f32::NAN] {
            assert_eq!(single.below(threshold), counted.below(threshold));
            assert_eq!(single.not_below(threshold), counted.not_below(threshold));
            assert_eq!(single.last_below(threshold), counted.last_below(threshold));
        }
        assert_eq!(counted.below(f32::NAN), 5);
    }
}
