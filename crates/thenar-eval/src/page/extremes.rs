//! The comparisons worth looking at: the hardest genuine and the closest impostor pairs.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::protocol::{Comparison, number};
use crate::{Kind, Polarity, Sample};

/// Collects the genuine comparisons that look least alike and the impostor comparisons that look most alike.
///
/// Of one palm, and of one pair of palms, at most so many comparisons are kept as [`Extremes::new`] was told: one bad
/// image would otherwise be all there is to see. What is kept depends on the comparisons alone, not on the order in
/// which they are seen: every thread may collect for itself, and the parts are [merged](Extremes::merge). Scores that
/// are equal are told apart by the indices of probe and gallery, the lower first. NaN is never kept.
///
/// Memory is that of the comparisons kept, whatever the number seen. A comparison that is not kept costs a look at one
/// score.
#[derive(Debug, Clone)]
pub struct Extremes {
    polarity: Polarity,
    /// A number for each palm of a gallery sample, and of a probe sample.
    gallery_palms: Arc<[u32]>,
    probe_palms: Arc<[u32]>,
    genuine: Kept,
    impostor: Kept,
}

impl Extremes {
    /// Nothing yet, of these samples. Keeps up to `keep` comparisons of each kind, `per_palms` of a pair of palms; both
    /// are at least 1. Adding to the kept ones takes a time that grows with `keep`: tens or hundreds are meant.
    #[must_use]
    pub fn new<G, P>(
        polarity: Polarity,
        gallery: &[Sample<G>],
        probe: &[Sample<P>],
        keep: usize,
        per_palms: usize,
    ) -> Self {
        let (gallery, probe) = number(gallery, probe);
        let kept = Kept {
            keep: keep.max(1),
            per_palms: per_palms.max(1),
            entries: Vec::new(),
        };
        Self {
            polarity,
            gallery_palms: gallery.iter().map(|ids| ids.label).collect(),
            probe_palms: probe.iter().map(|ids| ids.label).collect(),
            genuine: kept.clone(),
            impostor: kept,
        }
    }

    /// The same, with nothing seen yet: what a thread of its own begins with.
    #[must_use]
    pub fn emptied(&self) -> Self {
        let mut empty = self.clone();
        empty.genuine.entries.clear();
        empty.impostor.entries.clear();
        empty
    }

    /// Sees one comparison. One that names a sample which was not among those given is not kept.
    #[inline]
    pub fn see(&mut self, comparison: &Comparison) {
        let oriented = self.polarity.oriented(comparison.score);
        // The least alike genuine pair, and the most alike impostor pair: the lowest badness comes first.
        let (kept, rank) = match comparison.kind {
            Kind::Genuine => (&mut self.genuine, oriented),
            Kind::Impostor => (&mut self.impostor, -oriented),
        };
        if kept.has_no_room_for(rank, comparison) {
            return;
        }
        let palms = [
            self.gallery_palms.get(comparison.gallery),
            self.probe_palms.get(comparison.probe),
        ];
        if let [Some(&a), Some(&b)] = palms {
            kept.add(Entry {
                rank,
                palms: (a.min(b), a.max(b)),
                comparison: *comparison,
            });
        }
    }

    /// Takes over what another part has seen of the same samples.
    pub fn merge(&mut self, other: &Self) {
        for entry in &other.genuine.entries {
            self.genuine.add(*entry);
        }
        for entry in &other.impostor.entries {
            self.impostor.add(*entry);
        }
    }

    /// The hardest genuine comparisons, the hardest first: at most `most`, each sample in at most `per_sample` of them.
    #[must_use]
    pub fn hardest_genuine(&self, most: usize, per_sample: usize) -> Vec<Comparison> {
        self.genuine.choose(most, per_sample)
    }

    /// The closest impostor comparisons, the closest first: at most `most`, each sample in at most `per_sample` of them.
    ///
    /// An image in which nothing can be seen may be close to every palm. To find `most` others behind it, more than
    /// `most` have to be kept.
    #[must_use]
    pub fn closest_impostor(&self, most: usize, per_sample: usize) -> Vec<Comparison> {
        self.impostor.choose(most, per_sample)
    }
}

/// A comparison and its place among those of its kind.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The lower, the further in front. Never NaN.
    rank: f32,
    /// The two palms, the lower number first.
    palms: (u32, u32),
    comparison: Comparison,
}

impl Entry {
    fn order(&self, other: &Self) -> Ordering {
        self.rank
            .total_cmp(&other.rank)
            .then_with(|| indices(&self.comparison).cmp(&indices(&other.comparison)))
    }
}

/// What tells equal scores apart.
fn indices(comparison: &Comparison) -> (usize, usize) {
    (comparison.probe, comparison.gallery)
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
    fn has_no_room_for(&self, rank: f32, comparison: &Comparison) -> bool {
        let is_after = |last: &Entry| {
            rank > last.rank
                || (rank == last.rank && indices(comparison) > indices(&last.comparison))
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
            |(index, held): (usize, &Entry)| (held.palms == entry.palms).then_some(index);
        let mut too_many = self.entries.iter().enumerate().filter_map(of_palms);
        if let Some(index) = too_many.nth(self.per_palms) {
            self.entries.remove(index);
        }
        self.entries.truncate(self.keep);
    }

    fn choose(&self, most: usize, per_sample: usize) -> Vec<Comparison> {
        let mut chosen: Vec<Comparison> = Vec::new();
        for Entry { comparison: c, .. } in &self.entries {
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
    use crate::protocol::for_each_tile;

    fn samples(palms: &[u8], name: &str) -> Vec<Sample<usize>> {
        let of = |(k, palm): (usize, &u8)| Sample {
            path: format!("{name}{k}"),
            label: palm.to_string(),
            data: (k % 7 != 6).then_some(k),
        };
        palms.iter().enumerate().map(of).collect()
    }

    /// All comparisons; a few distinct scores, so that ties are the rule.
    fn all(gallery: &[Sample<usize>], probe: &[Sample<usize>], salt: usize) -> Vec<Comparison> {
        let score = |g: &usize, p: &usize| ((g * 31 + p * 17 + salt) % 11) as f32 - 5.0;
        let mut found = Vec::new();
        for_each_tile(gallery, probe, score, |tile| {
            found.extend(tile.comparisons());
            Ok::<(), std::convert::Infallible>(())
        })
        .unwrap();
        found
    }

    /// Sorts everything, and walks over it with a count for each pair of palms.
    fn reference(
        all: &[Comparison],
        kind: Kind,
        polarity: Polarity,
        gallery: &[Sample<usize>],
        probe: &[Sample<usize>],
        (keep, per_palms): (usize, usize),
    ) -> Vec<(usize, usize)> {
        let usable = |c: &&Comparison| c.kind == kind && !c.score.is_nan();
        let mut sorted: Vec<Comparison> = all.iter().filter(usable).copied().collect();
        let sign = match (kind, polarity) {
            (Kind::Genuine, Polarity::Similarity) | (Kind::Impostor, Polarity::Distance) => 1.0,
            _ => -1.0,
        };
        sorted.sort_by(|a, b| {
            let by_score = (sign * a.score).partial_cmp(&(sign * b.score)).unwrap();
            by_score.then((a.probe, a.gallery).cmp(&(b.probe, b.gallery)))
        });
        let mut counts: HashMap<[&str; 2], usize> = HashMap::new();
        let mut found = Vec::new();
        for c in sorted {
            let mut palms = [
                gallery[c.gallery].label.as_str(),
                probe[c.probe].label.as_str(),
            ];
            palms.sort_unstable();
            let count = counts.entry(palms).or_default();
            *count += 1;
            if *count <= per_palms && found.len() < keep {
                found.push((c.gallery, c.probe));
            }
        }
        found
    }

    fn pairs(found: &[Comparison]) -> Vec<(usize, usize)> {
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
            let (gallery, probe) = (samples(&gallery, "g"), samples(&probe, "p"));
            let mut all = all(&gallery, &probe, salt);
            if backwards {
                all.reverse();
            }
            let empty = Extremes::new(polarity, &gallery, &probe, keep, per_palms);
            let mut parts: Vec<Extremes> = all
                .par_chunks(part)
                .map(|chunk| {
                    let mut found = empty.emptied();
                    chunk.iter().for_each(|c| found.see(c));
                    found
                })
                .collect();
            // Backwards, and one part twice.
            parts.reverse();
            parts.extend(parts.first().cloned());
            let mut whole = empty.emptied();
            parts.iter().for_each(|p| whole.merge(p));
            let expected = |kind| reference(&all, kind, polarity, &gallery, &probe, (keep, per_palms));
            let genuine = whole.hardest_genuine(usize::MAX, usize::MAX);
            prop_assert_eq!(pairs(&genuine), expected(Kind::Genuine));
            let impostor = whole.closest_impostor(usize::MAX, usize::MAX);
            prop_assert_eq!(pairs(&impostor), expected(Kind::Impostor));
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_same() {
        let palms: Vec<u8> = (0..90).map(|k| k % 23).collect();
        let (gallery, probe) = (samples(&palms, "g"), samples(&palms, "p"));
        let all = all(&gallery, &probe, 5);
        let empty = Extremes::new(Polarity::Similarity, &gallery, &probe, 20, 2);
        let found = [1, 2, 7].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let whole = pool.build().unwrap().install(|| {
                let fold = all.par_iter().fold(
                    || empty.emptied(),
                    |mut part, c| {
                        part.see(c);
                        part
                    },
                );
                fold.reduce(
                    || empty.emptied(),
                    |mut a, b| {
                        a.merge(&b);
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
        let (gallery, probe) = (samples(&[1, 2, 3, 4, 5], "g"), samples(&[9, 1, 2, 3], "p"));
        let mut found = Extremes::new(Polarity::Distance, &gallery, &probe, 100, 1);
        for (gallery, probe, score) in [
            (0, 0, 0.0),
            (1, 0, 0.1),
            (2, 0, 0.2),
            (3, 2, 0.5),
            (3, 1, 0.4),
        ] {
            let kind = Kind::Impostor;
            found.see(&Comparison {
                gallery,
                probe,
                kind,
                score,
            });
        }
        assert_eq!(pairs(&found.closest_impostor(9, 9)).len(), 5);
        assert_eq!(pairs(&found.closest_impostor(9, 1)), [(0, 0), (3, 1)]);
        assert_eq!(pairs(&found.closest_impostor(1, 9)), [(0, 0)]);
        assert!(found.hardest_genuine(9, 9).is_empty());
    }

    #[test]
    fn what_is_no_score_or_no_sample_is_left_out() {
        let (gallery, probe) = (samples(&[1, 2], "g"), samples(&[1], "p"));
        let mut found = Extremes::new(Polarity::Distance, &gallery, &probe, 0, 0);
        let kind = Kind::Genuine;
        for (gallery, score) in [(0, f32::NAN), (2, 0.9), (usize::MAX, 0.9)] {
            found.see(&Comparison {
                gallery,
                probe: 0,
                kind,
                score,
            });
        }
        assert!(found.hardest_genuine(9, 9).is_empty());
        found.see(&Comparison {
            gallery: 0,
            probe: 0,
            kind,
            score: 0.3,
        });
        assert_eq!(found.hardest_genuine(9, 9).len(), 1);
    }
}
