//! The palms nearest to each probe: candidate lists of a comparison of everything with everything.

use crate::{Compared, EvalError, Polarity, Tally};

/// Collects the nearest palms of each probe, one comparison for each palm: the best of its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    polarity: Polarity,
    most: usize,
    /// The probes in order, each with its candidates, the best first.
    lists: Vec<(usize, Vec<Compared>)>,
}

impl Nearest {
    /// Nothing yet; `most` candidates of each probe are kept, at least one.
    #[must_use]
    pub fn new(polarity: Polarity, most: usize) -> Self {
        Self {
            polarity,
            most: most.max(1),
            lists: Vec::new(),
        }
    }

    /// Index of each probe that was compared with anything, and its candidates, the best first; of equal ones the first
    /// in the gallery. A comparison that failed is no candidate.
    #[must_use]
    pub fn lists(&self) -> &[(usize, Vec<Compared>)] {
        &self.lists
    }
}

impl Tally for Nearest {
    fn empty(&self) -> Self {
        Self::new(self.polarity, self.most)
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        if self
            .lists
            .last()
            .is_none_or(|(probe, _)| *probe != compared.probe)
        {
            self.lists.push((compared.probe, Vec::new()));
        }
        let Some((_, list)) = self.lists.last_mut() else {
            return Ok(());
        };
        let value = |c: &Compared| self.polarity.oriented(c.score);
        let is_full = list.len() == self.most;
        let is_behind = list
            .last()
            .is_some_and(|last| value(compared) <= value(last));
        if compared.score.is_nan() || (is_full && is_behind) {
            return Ok(());
        }
        if let Some(held) = list.iter().position(|c| c.reference == compared.reference) {
            if value(&list[held]) >= value(compared) {
                return Ok(());
            }
            list.remove(held);
        }
        let at = list.partition_point(|c| value(c) >= value(compared));
        list.insert(at, *compared);
        list.truncate(self.most);
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        self.lists.extend(later.lists);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Best of each palm, sorted.
    fn reference(row: &[(u8, Option<u8>)], most: usize) -> Vec<(u32, f32)> {
        let mut best: Vec<(u32, f32, usize)> = Vec::new();
        for (at, &(palm, score)) in row.iter().enumerate() {
            let Some(score) = score.map(f32::from) else {
                continue;
            };
            match best.iter_mut().find(|(p, ..)| *p == u32::from(palm)) {
                Some(held) if held.1 <= score => {}
                Some(held) => *held = (palm.into(), score, at),
                None => best.push((palm.into(), score, at)),
            }
        }
        best.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
        best.truncate(most);
        best.into_iter()
            .map(|(palm, score, _)| (palm, score))
            .collect()
    }

    proptest! {
        #[test]
        fn equals_sorting_the_best_of_each_palm(
            rows in proptest::collection::vec(
                proptest::collection::vec((0u8..9, proptest::option::weighted(0.9, 0u8..20)), 1..40), 1..6),
            most in 1usize..6,
            cut in 0usize..6,
        ) {
            let mut parts = [Nearest::new(Polarity::Distance, most), Nearest::new(Polarity::Distance, most)];
            for (probe, row) in rows.iter().enumerate() {
                for (gallery, &(palm, score)) in row.iter().enumerate() {
                    let score = score.map_or(f32::NAN, f32::from);
                    let (reference, of) = (palm.into(), 100);
                    parts[usize::from(probe >= cut)].take(&Compared { gallery, probe, reference, of, score }).unwrap();
                }
            }
            let [mut whole, later] = parts;
            whole.join(later).unwrap();
            prop_assert_eq!(whole.lists().len(), rows.len());
            for ((probe, list), row) in whole.lists().iter().zip(&rows) {
                let found: Vec<(u32, f32)> = list.iter().map(|c| (c.reference, c.score)).collect();
                prop_assert_eq!(found, reference(row, most), "probe {}", probe);
            }
        }
    }
}
