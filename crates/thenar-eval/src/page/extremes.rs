//! The comparisons worth looking at: the hardest genuine and the closest impostor pairs.

use std::cmp::Ordering;

use crate::{Compared, EvalError, Kind, Polarity, Tally};

/// Collects the genuine comparisons that look least alike and the impostor comparisons that look most alike.
///
/// Of one palm, and of one pair of palms, at most so many comparisons are kept as [`Extremes::new`] was told: one bad
/// image would otherwise be all there is to see. What is kept depends on the comparisons alone, not on the order in
/// which they are seen: every thread may collect for itself, and the parts are [joined](Tally::join). Scores that
/// are equal are told apart by the indices of probe and gallery, the lower first. NaN is never kept.
///
/// Memory is that of the comparisons kept, whatever the number seen. A comparison that is not kept costs a look at one
/// score.
#[derive(Debug, Clone)]
pub struct Extremes {
    polarity: Polarity,
    genuine: Kept,
    impostor: Kept,
}

impl Extremes {
    /// Nothing yet. Keeps up to `keep` comparisons of each kind, `per_palms` of a pair of palms; both are at least 1.
    /// Adding to the kept ones takes a time that grows with `keep`: tens or hundreds are meant.
    #[must_use]
    pub fn new(polarity: Polarity, keep: usize, per_palms: usize) -> Self {
        let kept = Kept {
            keep: keep.max(1),
            per_palms: per_palms.max(1),
            entries: Vec::new(),
        };
        Self {
            polarity,
            genuine: kept.clone(),
            impostor: kept,
        }
    }

    /// Sees one comparison.
    #[inline]
    pub fn see(&mut self, compared: &Compared) {
        let oriented = self.polarity.oriented(compared.score);
        // The least alike genuine pair, and the most alike impostor pair: the lowest badness comes first.
        let (kept, rank) = match compared.kind() {
            Kind::Genuine => (&mut self.genuine, oriented),
            Kind::Impostor => (&mut self.impostor, -oriented),
        };
        if !kept.has_no_room_for(rank, compared) {
            kept.add(Entry {
                rank,
                compared: *compared,
            });
        }
    }

    /// The hardest genuine comparisons, the hardest first: at most `most`, each sample in at most `per_sample` of them.
    #[must_use]
    pub fn hardest_genuine(&self, most: usize, per_sample: usize) -> Vec<Compared> {
        self.genuine.choose(most, per_sample)
    }

    /// The closest impostor comparisons, the closest first: at most `most`, each sample in at most `per_sample` of them.
    ///
    /// An image in which nothing can be seen may be close to every palm. To find `most` others behind it, more than
    /// `most` have to be kept.
    #[must_use]
    pub fn closest_impostor(&self, most: usize, per_sample: usize) -> Vec<Compared> {
        self.impostor.choose(most, per_sample)
    }
}

/// A comparison and its place among those of its kind.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The lower, the further in front. Never NaN.
    rank: f32,
    compared: Compared,
}

impl Tally for Extremes {
    fn empty(&self) -> Self {
        Self::new(self.polarity, self.genuine.keep, self.genuine.per_palms)
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        self.see(compared);
        Ok(())
    }

    fn join(&mut self, other: Self) -> Result<(), EvalError> {
        let kinds = [
            (&mut self.genuine, other.genuine),
            (&mut self.impostor, other.impostor),
        ];
        for (kept, other) in kinds {
            other.entries.into_iter().for_each(|entry| kept.add(entry));
        }
        Ok(())
    }
}

impl Entry {
    /// The two palms, the lower number first.
    fn palms(&self) -> (u32, u32) {
        let Compared { reference, of, .. } = self.compared;
        (reference.min(of), reference.max(of))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.rank
            .total_cmp(&other.rank)
            .then_with(|| indices(&self.compared).cmp(&indices(&other.compared)))
    }
}

/// What tells equal scores apart.
fn indices(compared: &Compared) -> (usize, usize) {
    (compared.probe, compared.gallery)
}

/// The first comparisons of one kind, in order.
#[derive(Debug, Clone)]
struct Kept {
    keep: usize,
    per_palms: usize,
    entries: Vec<Entry>,
}

impl Kept {
    /// A quick no, for what comes after the last of a full list.
    #[inline]
    fn has_no_room_for(&self, rank: f32, compared: &Compared) -> bool {
        let is_after = |last: &Entry| {
            rank > last.rank || (rank == last.rank && indices(compared) > indices(&last.compared))
        };
        rank.is_nan()
            || (self.entries.len() == self.keep && self.entries.last().is_some_and(is_after))
    }

    /// Puts an entry to its place, and out what is then too much of its palms, or altogether.
    ///
    /// What goes out has enough others before it, and could only be passed by more: so the order of adding is without
    /// effect.
    fn add(&mut self, entry: Entry) {
        let at = self
            .entries
            .partition_point(|held| held.order(&entry) == Ordering::Less);
        // Seen twice, as when a part is merged twice.
        if let Some(held) = self.entries.get(at)
            && held.order(&entry) == Ordering::Equal
        {
            return;
        }
        self.entries.insert(at, entry);
        let of_palms =
            |(index, held): (usize, &Entry)| (held.palms() == entry.palms()).then_some(index);
        let mut too_many = self.entries.iter().enumerate().filter_map(of_palms);
        if let Some(index) = too_many.nth(self.per_palms) {
            self.entries.remove(index);
        }
        self.entries.truncate(self.keep);
    }

    fn choose(&self, most: usize, per_sample: usize) -> Vec<Compared> {
        let mut chosen: Vec<Compared> = Vec::new();
        for Entry { compared: c, .. } in &self.entries {
            let probes = chosen.iter().filter(|held| held.probe == c.probe).count();
            let gallery = chosen.iter().filter(|held| held.gallery == c.gallery);
            if chosen.len() < most && probes < per_sample && gallery.count() < per_sample {
                chosen.push(*c);
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use rayon::prelude::*;

    use super::*;

    /// All comparisons of these palms; a few distinct scores, so that ties are the rule, and some failures.
    fn all(gallery: &[u8], probe: &[u8], salt: usize) -> Vec<Compared> {
        let mut found = Vec::new();
        for (p, &of) in probe.iter().enumerate() {
            found.extend(gallery.iter().enumerate().map(|(g, &reference)| Compared {
                gallery: g,
                probe: p,
                reference: reference.into(),
                of: of.into(),
                score: match g % 7 == 6 || p % 7 == 6 {
                    true => f32::NAN,
                    false => ((g * 31 + p * 17 + salt) % 11) as f32 - 5.0,
                },
            }));
        }
        found
    }

    /// Sorts everything, and walks over it with a count for each pair of palms.
    fn reference(
        all: &[Compared],
        kind: Kind,
        polarity: Polarity,
        (keep, per_palms): (usize, usize),
    ) -> Vec<(usize, usize)> {
        let usable = |c: &&Compared| c.kind() == kind && !c.score.is_nan();
        let mut sorted: Vec<Compared> = all.iter().filter(usable).copied().collect();
        let sign = match (kind, polarity) {
            (Kind::Genuine, Polarity::Similarity) | (Kind::Impostor, Polarity::Distance) => 1.0,
            _ => -1.0,
        };
        sorted.sort_by(|a, b| {
            let by_score = (sign * a.score).partial_cmp(&(sign * b.score)).unwrap();
            by_score.then((a.probe, a.gallery).cmp(&(b.probe, b.gallery)))
        });
        let mut counts: HashMap<[u32; 2], usize> = HashMap::new();
        let mut found = Vec::new();
        for c in sorted {
            let mut palms = [c.reference, c.of];
            palms.sort_unstable();
            let count = counts.entry(palms).or_default();
            *count += 1;
            if *count <= per_palms && found.len() < keep {
                found.push((c.gallery, c.probe));
            }
        }
        found
    }

    fn pairs(found: &[Compared]) -> Vec<(usize, usize)> {
        found.iter().map(|c| (c.gallery, c.probe)).collect()
    }

    proptest! {
        #[test]
        fn equals_sorting_all_pairs_for_any_cut_into_parts(
            gallery in proptest::collection::vec(0u8..6, 1..20),
            probe in proptest::collection::vec(0u8..6, 1..20),
            salt in 0usize..1000,
            (keep, per_palms) in (1usize..12, 1usize..4),
            part in 1usize..60,
            (distance, backwards) in any::<(bool, bool)>(),
        ) {
            let polarity = if distance { Polarity::Distance } else { Polarity::Similarity };
            let mut all = all(&gallery, &probe, salt);
            if backwards {
                all.reverse();
            }
            let empty = Extremes::new(polarity, keep, per_palms);
            let mut parts: Vec<Extremes> = all
                .par_chunks(part)
                .map(|chunk| {
                    let mut found = empty.empty();
                    chunk.iter().for_each(|c| found.see(c));
                    found
                })
                .collect();
            // Backwards, and one part twice.
            parts.reverse();
            parts.extend(parts.first().cloned());
            let mut whole = empty.empty();
            parts.into_iter().for_each(|p| whole.join(p).unwrap());
            let expected = |kind| reference(&all, kind, polarity, (keep, per_palms));
            let genuine = whole.hardest_genuine(usize::MAX, usize::MAX);
            prop_assert_eq!(pairs(&genuine), expected(Kind::Genuine));
            let impostor = whole.closest_impostor(usize::MAX, usize::MAX);
            prop_assert_eq!(pairs(&impostor), expected(Kind::Impostor));
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_same() {
        let palms: Vec<u8> = (0..90).map(|k| k % 23).collect();
        let all = all(&palms, &palms, 5);
        let empty = Extremes::new(Polarity::Similarity, 20, 2);
        let found = [1, 2, 7].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let whole = pool.build().unwrap().install(|| {
                let fold = all.par_iter().fold(
                    || empty.empty(),
                    |mut part, c| {
                        part.see(c);
                        part
                    },
                );
                fold.reduce(
                    || empty.empty(),
                    |mut a, b| {
                        a.join(b).unwrap();
                        a
                    },
                )
            });
            (
                pairs(&whole.hardest_genuine(20, 20)),
                pairs(&whole.closest_impostor(20, 20)),
            )
        });
        assert_eq!((found[0].0.len(), found[0].1.len()), (20, 20));
        assert!(found[1] == found[0] && found[2] == found[0]);
    }

    #[test]
    fn a_bad_image_is_shown_once() {
        // Probe 0 is as close as can be to every palm of the gallery.
        let mut found = Extremes::new(Polarity::Distance, 100, 1);
        for (gallery, probe, score) in [
            (0, 0, 0.0),
            (1, 0, 0.1),
            (2, 0, 0.2),
            (3, 2, 0.5),
            (3, 1, 0.4),
        ] {
            found.see(&Compared {
                gallery,
                probe,
                reference: gallery as u32,
                of: 9 + probe as u32,
                score,
            });
        }
        assert_eq!(pairs(&found.closest_impostor(9, 9)).len(), 5);
        assert_eq!(pairs(&found.closest_impostor(9, 1)), [(0, 0), (3, 1)]);
        assert_eq!(pairs(&found.closest_impostor(1, 9)), [(0, 0)]);
        assert!(found.hardest_genuine(9, 9).is_empty());
    }

    #[test]
    fn what_is_no_score_is_left_out() {
        let mut found = Extremes::new(Polarity::Distance, 0, 0);
        for score in [f32::NAN, 0.3] {
            found.see(&Compared {
                gallery: 0,
                probe: 0,
                reference: 1,
                of: 1,
                score,
            });
        }
        assert_eq!(found.hardest_genuine(9, 9).len(), 1);
    }
}
