//! Many templates, packed so that one probe is compared with several of them at a time.

use pulp::NullaryFnOnce;
use zeroize::Zeroizing;

use crate::dispatch::dispatch;
use crate::{BitTemplate, ProbeBits, ProtectError};

/// Templates that lie side by side, a word of each. Their distances then stand side by side in a register too, and are
/// never added up across it, which is slow. So many that the compiler makes registers of them and not of the words.
const LANES: usize = 64;

/// Templates of one length. They are wiped when dropped.
pub struct PackedTemplates {
    /// For each group of [`LANES`] templates and each word, that word of every template; zeros where there is none.
    words: Zeroizing<Vec<[u64; LANES]>>,
    count: usize,
    /// Bits of each template; 0 when there is none.
    bits: usize,
}

impl PackedTemplates {
    /// Packs templates, in their order.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when not all have one length.
    pub fn new(templates: &[&BitTemplate]) -> Result<Self, ProtectError> {
        let bits = templates.first().map_or(0, |t| t.len());
        if let Some(other) = templates.iter().find(|t| t.len() != bits) {
            return Err(length(other, bits));
        }
        let each = bits.div_ceil(64);
        let groups = templates.len().div_ceil(LANES);
        let mut words = Zeroizing::new(vec![[0; LANES]; groups * each]);
        for (at, template) in templates.iter().enumerate() {
            let group = &mut words[at / LANES * each..];
            for (lanes, &word) in group.iter_mut().zip(template.words()) {
                lanes[at % LANES] = word;
            }
        }
        Ok(Self {
            words,
            count: templates.len(),
            bits,
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number of bits in which a template differs from each of these, into `distances`, in their order.
    ///
    /// The same numbers as [`BitTemplate::hamming`]. The loop is compiled for several kinds of processors and the best
    /// for this one is taken. No distance exceeds [`crate::MAX_BITS`], so 16 bits suffice.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the other has another length than the templates, or `distances` has not one place
    /// for each; nothing is written then.
    pub fn distances(
        &self,
        other: &BitTemplate,
        distances: &mut [u16],
    ) -> Result<(), ProtectError> {
        if self.check(other, distances)? {
            dispatch(Fill {
                words: &self.words,
                probe: other.words(),
                distances,
            });
        }
        Ok(())
    }

    /// The weight of the bits in which each template differs from the nearest of some views of a probe, into `distances`, in the
    /// order of the templates; without views nothing is written.
    ///
    /// The least of the numbers [`ProbeBits::distance`] gives, made for several processors as [`Self::distances`] is. All views
    /// are compared while some templates are at hand, so many views read the templates once. No weight of all bits exceeds 16 bits.
    ///
    /// # Errors
    /// As [`Self::distances`].
    pub fn nearest(&self, views: &[ProbeBits], distances: &mut [u16]) -> Result<(), ProtectError> {
        for view in views {
            if !self.check(view.bits(), distances)? {
                return Ok(());
            }
        }
        if !views.is_empty() {
            dispatch(FillNearest {
                words: &self.words,
                each: self.bits.div_ceil(64),
                views,
                distances,
            });
        }
        Ok(())
    }

    /// Whether there is anything to compare.
    fn check(&self, probe: &BitTemplate, distances: &[u16]) -> Result<bool, ProtectError> {
        if distances.len() != self.count {
            return Err(ProtectError::Parameter {
                what: "the number of places for distances",
                value: distances.len(),
                expected: format!("{}, one for each template", self.count),
            });
        }
        if self.is_empty() {
            return Ok(false);
        }
        if probe.len() != self.bits {
            return Err(length(probe, self.bits));
        }
        Ok(true)
    }
}

fn length(template: &BitTemplate, bits: usize) -> ProtectError {
    ProtectError::Parameter {
        what: "the number of bits of a template",
        value: template.len(),
        expected: format!("{bits} as in the others"),
    }
}

/// The work: all that is inlined into `call` is compiled for several processors.
struct Fill<'a> {
    words: &'a [[u64; LANES]],
    probe: &'a [u64],
    distances: &'a mut [u16],
}

impl NullaryFnOnce for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let groups = self.words.chunks_exact(self.probe.len());
        for (group, places) in groups.zip(self.distances.chunks_mut(LANES)) {
            let mut counts = [0_u64; LANES];
            for (lanes, &word) in group.iter().zip(self.probe) {
                for (count, lane) in counts.iter_mut().zip(lanes) {
                    *count += u64::from((lane ^ word).count_ones());
                }
            }
            for (place, count) in places.iter_mut().zip(counts) {
                // At most MAX_BITS, which is far below 2^16.
                *place = count as u16;
            }
        }
    }
}

/// The same with weights and of the nearest view.
struct FillNearest<'a> {
    words: &'a [[u64; LANES]],
    /// Words of a template.
    each: usize,
    views: &'a [ProbeBits],
    distances: &'a mut [u16],
}

impl NullaryFnOnce for FillNearest<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let groups = self.words.chunks_exact(self.each);
        for (group, places) in groups.zip(self.distances.chunks_mut(LANES)) {
            let mut nearest = [u64::MAX; LANES];
            for view in self.views {
                let weights = weights(group, view);
                for (nearest, weight) in nearest.iter_mut().zip(weights) {
                    *nearest = weight.min(*nearest);
                }
            }
            for (place, nearest) in places.iter_mut().zip(nearest) {
                // At most MAX_BITS times the mean weight, 23/8, which is below 2^16.
                *place = nearest as u16;
            }
        }
    }
}

/// The weight of what differs in each lane: digit by digit of the weights, the highest first, the count of what differs where
/// that digit is set.
#[inline(always)]
fn weights(group: &[[u64; LANES]], view: &ProbeBits) -> [u64; LANES] {
    let mut sums = [0_u64; LANES];
    for plane in view.planes().into_iter().rev() {
        sums.iter_mut().for_each(|sum| *sum *= 2);
        for ((lanes, &word), &plane) in group.iter().zip(view.bits().words()).zip(plane) {
            for (sum, lane) in sums.iter_mut().zip(lanes) {
                *sum += u64::from(((lane ^ word) & plane).count_ones());
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::MAX_BITS;

    fn templates(rng: &mut ChaCha8Rng, count: usize, bits: usize) -> Vec<BitTemplate> {
        let mut template = || {
            let bits: Vec<bool> = (0..bits).map(|_| rng.random()).collect();
            BitTemplate::from_bools(&bits).unwrap()
        };
        (0..count).map(|_| template()).collect()
    }

    fn probes(rng: &mut ChaCha8Rng, count: usize, bits: usize) -> Vec<ProbeBits> {
        let mut probe = || {
            let values: Vec<f64> = (0..bits).map(|_| rng.random_range(-1.0..1.0)).collect();
            ProbeBits::new(&values).unwrap()
        };
        (0..count).map(|_| probe()).collect()
    }

    proptest! {
        #[test]
        fn equals_one_distance_at_a_time(seed: u64, count in 0usize..40, bits in 1usize..1500) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (gallery, probe) = (templates(&mut rng, count, bits), templates(&mut rng, 1, bits));
            let packed = PackedTemplates::new(&gallery.iter().collect::<Vec<_>>()).unwrap();
            let mut found = vec![7; count];
            packed.distances(&probe[0], &mut found).unwrap();
            let one = |g: &BitTemplate| g.hamming(&probe[0]) as u16;
            prop_assert_eq!(&found, &gallery.iter().map(one).collect::<Vec<_>>());
            let views = probes(&mut rng, 1 + seed as usize % 3, bits);
            packed.nearest(&views, &mut found).unwrap();
            let one = |g: &BitTemplate| views.iter().map(|v| v.distance(g).unwrap() as u16).min().unwrap();
            prop_assert_eq!(found, gallery.iter().map(one).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_compilation_counts_alike() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let (gallery, probe) = (templates(&mut rng, 21, 1024), templates(&mut rng, 1, 1024));
        let packed = PackedTemplates::new(&gallery.iter().collect::<Vec<_>>()).unwrap();
        let (mut best, mut plain) = (vec![0; 21], vec![1; 21]);
        packed.distances(&probe[0], &mut best).unwrap();
        Fill {
            words: &packed.words,
            probe: probe[0].words(),
            distances: &mut plain,
        }
        .call();
        assert_eq!(best, plain);
        let views = probes(&mut rng, 2, 1024);
        packed.nearest(&views, &mut best).unwrap();
        FillNearest {
            words: &packed.words,
            each: 16,
            views: &views,
            distances: &mut plain,
        }
        .call();
        assert_eq!(best, plain);
    }

    #[test]
    fn the_longest_templates_fit() {
        let (zeros, ones) = (
            BitTemplate::from_bools(&[false; MAX_BITS]).unwrap(),
            BitTemplate::from_bools(&[true; MAX_BITS]).unwrap(),
        );
        let mut found = [0; 2];
        let packed = PackedTemplates::new(&[&zeros, &ones]).unwrap();
        packed.distances(&ones, &mut found).unwrap();
        assert_eq!(found.map(usize::from), [MAX_BITS, 0]);
        let values: Vec<f64> = (0..MAX_BITS).map(|i| i as f64).collect();
        let probe = ProbeBits::new(&values).unwrap();
        let inverted = probe.bits().words().iter().map(|word| !word).collect();
        let inverted = BitTemplate::from_words(inverted, MAX_BITS).unwrap();
        let packed = PackedTemplates::new(&[&inverted, probe.bits()]).unwrap();
        packed
            .nearest(std::slice::from_ref(&probe), &mut found)
            .unwrap();
        assert_eq!(found.map(u32::from), [probe.total(), 0]);
    }

    #[test]
    fn other_lengths_and_places_are_refused() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (a, b) = (templates(&mut rng, 2, 64), templates(&mut rng, 1, 65));
        let refused = PackedTemplates::new(&[&a[0], &b[0]]).err().unwrap();
        let expected = "the number of bits of a template is 65, expected 64 as in the others";
        assert_eq!(refused.to_string(), expected);
        let packed = PackedTemplates::new(&[&a[0], &a[1]]).unwrap();
        let refused = packed.distances(&b[0], &mut [0; 2]).unwrap_err();
        assert_eq!(refused.to_string(), expected);
        let refused = packed.distances(&a[0], &mut [0; 1]).unwrap_err();
        assert!(refused.to_string().contains("expected 2, one for each"));
        let none = PackedTemplates::new(&[]).unwrap();
        assert!(none.is_empty() && none.distances(&b[0], &mut []).is_ok());
        let probe = ProbeBits::new(&[0.0; 65]).unwrap();
        assert!(none.nearest(std::slice::from_ref(&probe), &mut []).is_ok());
        let refused = packed
            .nearest(std::slice::from_ref(&probe), &mut [0; 2])
            .unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
}
