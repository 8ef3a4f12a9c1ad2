//! The bits of a probe, each with a weight.
//!
//! What is stored must be bits. A probe lives for one comparison, so it may say more: a value far from the median
//! hardly ever changes sides between two photos of a palm, one close to it does all the time. So the distance of a
//! probe from enrolled bits is not the number of bits that differ but the sum of their weights ("asymmetric distance":
//! Dong, Charikar and Li, *Asymmetric distance estimation with sketches for similarity search in high-dimensional
//! spaces*, 2008, section 3; Gordo and Perronnin, *Asymmetric distances for binary embeddings*, 2011).
//!
//! # Deviations
//! The papers weigh by the value itself. Here the values are ranked by their distance from the median and cut into
//! eight classes of one size, and each class has a whole number from 0 to 7 near the mean of its normal values. So all
//! probes of one length weigh the same, a distance is a whole number, and it is the same on every machine.
//! DCPV (Yang et al., 2024) compares bits with bits.

use std::fmt;

use zeroize::Zeroizing;

use crate::{BitTemplate, ProtectError};

/// The weight of each eighth of the bits, the one nearest to the median first. Means of the eighths of the sizes of normal
/// numbers are 0.08, 0.24, 0.40, 0.58, 0.78, 1.02, 1.33 and 1.96.
pub const PROBE_WEIGHTS: [u8; 8] = [0, 1, 1, 2, 3, 4, 5, 7];

/// Binary digits of a weight.
pub(crate) const PLANES: usize = 3;

/// Bits of an index in a key that is sorted by distance and then by index.
const INDEX: u32 = 32;

/// How classes are told apart: all at the middle, then each half, then each quarter.
const HALVES: [(usize, usize, usize); 7] = [
    (0, 4, 8),
    (0, 2, 4),
    (4, 6, 8),
    (0, 1, 2),
    (2, 3, 4),
    (4, 5, 6),
    (6, 7, 8),
];

/// The level-1 bits of a probe with their weights. It says more about the palm than the bits alone; it is wiped when
/// dropped and never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ProbeBits {
    bits: BitTemplate,
    /// Plane `p` has the binary digit `p` of every weight, packed as the bits are.
    planes: [BitTemplate; PLANES],
}

impl ProbeBits {
    /// The bits of values as [`BitTemplate::above_median`] makes them, and their weights.
    ///
    /// Of values equally far from the median, which is the mean of the two middle values, those of smaller index weigh
    /// less. That distance is computed in `f64`, exactly for whole numbers below 2^52.
    ///
    /// # Errors
    /// When there are none, more than [`crate::MAX_BITS`], or one is not finite.
    pub fn new(values: &[f64]) -> Result<Self, ProtectError> {
        let (bits, median) = BitTemplate::above(values)?;
        let each = bits.words().len();
        let mut planes = [(); PLANES].map(|()| Zeroizing::new(vec![0_u64; each]));
        // Numbers that are not negative are ordered as their bits are.
        let far = |value: &f64| u128::from((value - median).abs().to_bits()) << INDEX;
        let order = values.iter().zip(0..).map(|(v, i)| far(v) | i);
        let mut order: Zeroizing<Vec<u128>> = Zeroizing::new(order.collect());
        let first = |class: usize| class * values.len() / PROBE_WEIGHTS.len();
        for (low, middle, high) in HALVES {
            let part = &mut order[first(low)..first(high)];
            if first(middle) < first(high) {
                part.select_nth_unstable(first(middle) - first(low));
            }
        }
        for (class, weight) in PROBE_WEIGHTS.iter().enumerate() {
            for key in &order[first(class)..first(class + 1)] {
                let i = (key & ((1 << INDEX) - 1)) as usize;
                for (p, plane) in planes.iter_mut().enumerate() {
                    plane[i / 64] |= u64::from(weight >> p & 1) << (i % 64);
                }
            }
        }
        let [ones, twos, fours] = planes
            .map(|mut plane| BitTemplate::from_words(std::mem::take(&mut *plane), values.len()));
        Ok(Self {
            bits,
            planes: [ones?, twos?, fours?],
        })
    }

    /// The bits alone.
    pub fn bits(&self) -> &BitTemplate {
        &self.bits
    }

    /// The number of bits.
    #[allow(clippy::len_without_is_empty)] // A probe is never empty.
    pub fn len(&self) -> usize {
        self.bits.len()
    }

    /// The weight of bit `i`, or `None` beyond the end.
    pub fn weight(&self, i: usize) -> Option<u32> {
        let mut digits = self.planes.iter().rev().map(|plane| plane.bit(i));
        digits.try_fold(0, |sum, digit| Some(2 * sum + u32::from(digit?)))
    }

    /// The weight of all bits together: the largest distance there is. The same for all probes of one length.
    pub fn total(&self) -> u32 {
        let planes = self.planes.iter().enumerate();
        planes.map(|(p, plane)| plane.count_ones() << p).sum()
    }

    /// The weight of the bits in which the enrolled template differs, or `None` when the lengths do.
    pub fn distance(&self, enrolled: &BitTemplate) -> Option<u32> {
        if enrolled.len() != self.len() {
            return None;
        }
        let mut sum = 0;
        for (p, plane) in self.planes.iter().enumerate() {
            let words = self.bits.words().iter().zip(enrolled.words());
            let words = words.zip(plane.words());
            sum += words
                .map(|((a, b), plane)| ((a ^ b) & plane).count_ones() << p)
                .sum::<u32>();
        }
        Some(sum)
    }

    /// Other bits with the same weights, of the same number.
    pub(crate) fn with_bits(&self, bits: BitTemplate) -> Self {
        Self {
            bits,
            planes: self.planes.clone(),
        }
    }

    /// The words of each plane, lowest digit first.
    pub(crate) fn planes(&self) -> [&[u64]; PLANES] {
        self.planes.each_ref().map(BitTemplate::words)
    }

    /// The words of the bits, then those of the planes, for keeping probes of a measurement.
    pub fn to_words(&self) -> Zeroizing<Vec<u64>> {
        let all = std::iter::once(&self.bits).chain(&self.planes);
        Zeroizing::new(all.flat_map(|bits| bits.words().iter().copied()).collect())
    }

    /// Reads what [`Self::to_words`] wrote of a probe of `len` bits.
    ///
    /// # Errors
    /// When the number of words is another, or a bit beyond the end is set.
    pub fn from_words(words: &[u64], len: usize) -> Result<Self, ProtectError> {
        let each = len.div_ceil(64);
        if each == 0 || words.len() != (PLANES + 1) * each {
            return Err(ProtectError::Bits(
                "the number of words does not fit the number of bits",
            ));
        }
        let part =
            |p: usize| BitTemplate::from_words(words[p * each..(p + 1) * each].to_vec(), len);
        Ok(Self {
            bits: part(0)?,
            planes: [part(1)?, part(2)?, part(3)?],
        })
    }
}

impl fmt::Debug for ProbeBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProbeBits({} bits, secret)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By sorting, bit by bit.
    fn plain(values: &[f64]) -> Vec<(bool, u32)> {
        let count = values.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&i, &j| values[j].total_cmp(&values[i]).then(i.cmp(&j)));
        let mut above = vec![false; count];
        order[..count / 2].iter().for_each(|&i| above[i] = true);
        let upper = values[order[(count / 2).saturating_sub(1)]];
        let median = (upper + values[order[count / 2]]) / 2.0;
        let mut far: Vec<usize> = (0..count).collect();
        far.sort_by(|&i, &j| {
            let size = |i: usize| (values[i] - median).abs();
            size(i).total_cmp(&size(j)).then(i.cmp(&j))
        });
        let mut weights = vec![0; count];
        for (rank, &i) in far.iter().enumerate() {
            let class = (0..8)
                .rev()
                .find(|class| class * count / 8 <= rank)
                .unwrap();
            weights[i] = u32::from(PROBE_WEIGHTS[class]);
        }
        above.into_iter().zip(weights).collect()
    }

    proptest! {
        #[test]
        fn equals_the_plain_way(
            values in proptest::collection::vec(-30_i32..30, 1..400), enrolled in proptest::collection::vec(any::<bool>(), 400),
        ) {
            let values: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let (probe, plain) = (ProbeBits::new(&values).unwrap(), plain(&values));
            let enrolled = &enrolled[..values.len()];
            for (i, &(bit, weight)) in plain.iter().enumerate() {
                prop_assert_eq!((probe.bits().bit(i), probe.weight(i)), (Some(bit), Some(weight)));
            }
            let differing = plain.iter().zip(enrolled).filter(|((bit, _), other)| bit != *other);
            let distance = differing.map(|((_, weight), _)| weight).sum();
            prop_assert_eq!(probe.distance(&BitTemplate::from_bools(enrolled).unwrap()), Some(distance));
            prop_assert_eq!(probe.total(), plain.iter().map(|(_, weight)| weight).sum());
            prop_assert_eq!(ProbeBits::from_words(&probe.to_words(), values.len()), Ok(probe));
        }
    }

    #[test]
    fn a_small_probe_by_hand() {
        // Middle values 1 and 2, so the median is 1.5.
        let probe = ProbeBits::new(&[1.0, -8.0, 2.0, 30.0, 5.0, 0.0, -1.0, 4.0]).unwrap();
        let weights: Vec<u32> = (0..8).filter_map(|i| probe.weight(i)).collect();
        assert_eq!(weights, [0, 5, 1, 7, 4, 1, 2, 3]);
        assert_eq!(probe.bits().words(), [0b1001_1100]);
        assert_eq!((probe.total(), probe.weight(8)), (23, None));
        let enrolled = BitTemplate::from_words(vec![0b1001_0110], 8).unwrap();
        assert_eq!(probe.distance(&enrolled), Some(5 + 7));
    }

    #[test]
    fn all_of_one_length_weigh_the_same() {
        let wave = |n: usize| (0..100).map(move |i| ((i * n) as f64 * 0.37).sin());
        let totals = (1..20).map(|n| {
            ProbeBits::new(&wave(n).collect::<Vec<_>>())
                .unwrap()
                .total()
        });
        assert!(
            totals
                .into_iter()
                .all(|total| total == ProbeBits::new(&[0.0; 100]).unwrap().total())
        );
    }

    #[test]
    fn other_sizes_are_refused() {
        let probe = ProbeBits::new(&[1.0, 2.0, 3.0]).unwrap();
        let other = BitTemplate::from_words(vec![1], 4).unwrap();
        assert_eq!(probe.distance(&other), None);
        assert!(ProbeBits::new(&[]).is_err() && ProbeBits::new(&[0.0, f64::NAN]).is_err());
        for words in [
            &[][..],
            &[1, 1, 1],
            &[1, 1, 1, 1, 1],
            &[8, 0, 0, 0],
            &[1, 0, 0, 8],
        ] {
            assert!(ProbeBits::from_words(words, 3).is_err(), "{words:?}");
        }
        assert!(ProbeBits::from_words(&[], 0).is_err());
    }
}
