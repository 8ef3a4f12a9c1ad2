//! Which numbers of a feature become the bits of the palm hash: the most reliable ones.
//!
//! A number far from zero keeps its sign in another photo, one near zero does not. So of the F numbers of the enrolled
//! feature the n of largest magnitude are taken (of equal ones the first), and the sign of each is a bit: 1 when it is
//! positive. On whitened features this halves the wrong bits of a second photo and more; choosing reliable components
//! is an old idea (Tuyls et al., *Practical Biometric Authentication with Template Protection*, 2005).
//!
//! The choice has to be stored, and in the clear it would be a fingerprint of the palm: two records of one palm would
//! choose nearly the same numbers. So the numbers are first shuffled under a key that comes from the passphrase and
//! the salt. To whoever does not know the passphrase the stored marks are n random ones among F, and *every* wrong
//! passphrase gives a choice as good as the right one, so the marks do not tell whether a guess was right. Whoever knows
//! the passphrase learns which numbers are large, though not their signs.
//!
//! Number i may keep only bit i mod n of the codeword, for all palms and passphrases alike: the numbers are divided into n
//! *groups*, each is shuffled by itself, and each gives as many numbers as keep a bit. Whoever knows the passphrase can tell how
//! signs differ *within* a group. If the groups were drawn anew for each record, as they were before version 3, two records of
//! one palm would connect them all (module `two_records`).

use std::ops::Range;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use zeroize::Zeroizing;

use super::CommitmentError;
use crate::bits::{self, words_for};

/// Most numbers in a feature.
pub const MAX_NUMBERS: usize = 8192;

/// A secret order of the numbers of a feature: group by group, and within a group as the key says.
pub(super) struct Order(Zeroizing<Vec<u16>>);

impl Order {
    /// The order of `count` numbers under `key`, in `groups`, one after the other: Fisher–Yates from the last place of a group
    /// down, each draw one 32-bit little-endian word of the ChaCha20 stream (nonce 0) modulo the number of choices; words above
    /// the greatest multiple of it are skipped, so that all orders of a group are equally likely.
    pub(super) fn new(key: &[u8; 32], count: usize, groups: usize) -> Self {
        let mut stream = ChaCha20::new(key.into(), &[0; 12].into());
        let in_groups = (0..groups).flat_map(|group| (group..count).step_by(groups));
        let mut order: Zeroizing<Vec<u16>> = Zeroizing::new(in_groups.map(|i| i as u16).collect());
        for group in group_places(count, groups) {
            for last in (1..group.len()).rev() {
                let other = draw(&mut stream, last as u32 + 1);
                order.swap(group.start + last, group.start + other);
            }
        }
        Self(order)
    }

    /// Those of the numbers that are chosen, in this order.
    pub(super) fn of_chosen(&self, chosen: &[bool]) -> Zeroizing<Vec<u16>> {
        let places = self.0.iter().copied();
        Zeroizing::new(places.filter(|&i| chosen[usize::from(i)]).collect())
    }
}

/// A number below `choices`, each as likely as the others.
fn draw(stream: &mut ChaCha20, choices: u32) -> usize {
    let unfair = u32::MAX - (u32::MAX % choices + 1) % choices;
    loop {
        let mut bytes = [0; 4];
        stream.apply_keystream(&mut bytes);
        let word = u32::from_le_bytes(bytes);
        if word <= unfair {
            return (word % choices) as usize;
        }
    }
}

/// Where each group stands in an order of `count` numbers. The first `count mod groups` groups have one number more.
fn group_places(count: usize, groups: usize) -> impl Iterator<Item = Range<usize>> {
    let start = move |group: usize| count / groups * group + group.min(count % groups);
    (0..groups).map(move |group| start(group)..start(group + 1))
}

/// Which of the numbers are, in each group, the `each` of largest magnitude, of equal ones the first.
pub(super) fn most_reliable(numbers: &[i32], groups: usize, each: usize) -> Zeroizing<Vec<bool>> {
    let mut by_size: Zeroizing<Vec<u16>> = Zeroizing::new((0..numbers.len() as u16).collect());
    let size = |i: u16| numbers[usize::from(i)].unsigned_abs();
    by_size.sort_by_key(|&i| (usize::from(i) % groups, std::cmp::Reverse(size(i)), i));
    let mut chosen = Zeroizing::new(vec![false; numbers.len()]);
    for group in group_places(numbers.len(), groups) {
        for &i in &by_size[group][..each] {
            chosen[usize::from(i)] = true;
        }
    }
    chosen
}

/// Bits as words, the first in the lowest place.
fn pack(values: impl ExactSizeIterator<Item = bool>) -> Zeroizing<Vec<u64>> {
    let mut words = Zeroizing::new(vec![0; words_for(values.len())]);
    for (i, value) in values.enumerate() {
        words[i / 64] |= u64::from(value) << (i % 64);
    }
    words
}

/// The chosen numbers, marked in the secret order. Public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    marks: Vec<u64>,
    count: usize,
}

impl Places {
    /// Marks in each group the `each` numbers of largest magnitude.
    ///
    /// # Errors
    /// Too few numbers for that, or more than [`MAX_NUMBERS`].
    pub(super) fn choose(
        numbers: &[i32],
        (groups, each): (usize, usize),
        order: &Order,
    ) -> Result<Self, CommitmentError> {
        check_count(numbers.len(), groups * each)?;
        let chosen = most_reliable(numbers, groups, each);
        let marks = pack(order.0.iter().map(|&i| chosen[usize::from(i)]));
        Ok(Self {
            marks: marks.to_vec(),
            count: numbers.len(),
        })
    }

    /// The marks of a record on `count` numbers: exactly `each` in every group.
    pub(super) fn from_bytes(
        bytes: &[u8],
        count: usize,
        (groups, each): (usize, usize),
    ) -> Result<Self, CommitmentError> {
        check_count(count, groups * each)?;
        let marks = bits::from_bytes(bytes, count)?;
        for group in group_places(count, groups) {
            let found = group.filter(|&place| bits::get(&marks, place) == 1).count();
            if found != each {
                let expected = each;
                return Err(CommitmentError::Marks { found, expected });
            }
        }
        Ok(Self { marks, count })
    }

    pub(super) fn to_bytes(&self) -> impl Iterator<Item = u8> {
        bits::to_bytes(&self.marks, self.count)
    }

    /// How many numbers a feature has.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The palm hash of a feature: the signs of the marked numbers, in the secret order.
    ///
    /// # Errors
    /// The feature has another number of numbers.
    pub(super) fn signs(
        &self,
        numbers: &[i32],
        order: &Order,
    ) -> Result<Zeroizing<Vec<u64>>, CommitmentError> {
        let marked = self.read(numbers, order)?;
        Ok(pack(marked.iter().map(|&number| number > 0)))
    }

    /// The marked numbers, in the secret order.
    ///
    /// # Errors
    /// The feature has another number of numbers.
    pub(super) fn read(
        &self,
        numbers: &[i32],
        order: &Order,
    ) -> Result<Zeroizing<Vec<i32>>, CommitmentError> {
        if numbers.len() != self.count {
            return Err(CommitmentError::Numbers {
                found: numbers.len(),
                expected: self.count,
            });
        }
        let marked = (0..).zip(order.0.iter());
        let marked = marked.filter(|(place, _)| bits::get(&self.marks, *place) == 1);
        Ok(Zeroizing::new(
            marked.map(|(_, &i)| numbers[usize::from(i)]).collect(),
        ))
    }
}

/// Whether a feature of `count` numbers can give `n` bits.
pub(super) fn check_count(count: usize, n: usize) -> Result<(), CommitmentError> {
    if (n..=MAX_NUMBERS).contains(&count) {
        return Ok(());
    }
    Err(CommitmentError::Count {
        found: count,
        min: n,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_order_is_a_permutation_that_depends_on_the_key() {
        for count in [1, 2, 63, 64, 2048] {
            for groups in [1, 3, 127] {
                let order = |key| Order::new(&[key; 32], count, groups);
                let (a, b) = (order(1), order(2));
                let mut sorted = a.0.to_vec();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..count as u16).collect::<Vec<_>>());
                assert!(count < 63 || groups > count / 2 || *a.0 != *b.0);
                for (group, places) in group_places(count, groups).enumerate() {
                    assert!(
                        a.0[places]
                            .iter()
                            .all(|&i| usize::from(i) % groups == group)
                    );
                }
            }
        }
    }

    /// All orders of three numbers, about equally often (6,000 keys, chi-squared with 5 degrees below 20.5: p = 0.001).
    #[test]
    fn no_order_is_preferred() {
        let mut seen = std::collections::BTreeMap::<Vec<u16>, f64>::new();
        for i in 0..6000u32 {
            let mut key = [0; 32];
            key[..4].copy_from_slice(&i.to_le_bytes());
            *seen.entry(Order::new(&key, 3, 1).0.to_vec()).or_default() += 1.0;
        }
        let chi: f64 = seen.values().map(|v| (v - 1000.0).powi(2) / 1000.0).sum();
        assert!(seen.len() == 6 && chi < 20.5, "{seen:?}");
    }

    #[test]
    fn the_largest_numbers_are_chosen_and_ties_go_to_the_first() {
        let order = Order(Zeroizing::new(vec![0, 1, 2, 3, 4]));
        let places = Places::choose(&[3, -7, i32::MIN, 7, 0], (1, 3), &order).unwrap();
        assert_eq!(places.marks, [0b01110]);
        // -7, the least number, 7: one positive sign, the last.
        let word = places.signs(&[3, -7, i32::MIN, 7, 0], &order).unwrap();
        assert_eq!(word.as_slice(), [0b100]);
        let places = Places::choose(&[5, -5, 5, 5, 0], (1, 2), &order).unwrap();
        assert_eq!(places.marks, [0b00011]);
        // Two groups: 5, -6, 7 at the even places, of which the last counts, and then 9, -8.
        let order = Order(Zeroizing::new(vec![4, 0, 2, 3, 1]));
        let places = Places::choose(&[5, 9, -6, -8, 7], (2, 1), &order).unwrap();
        assert_eq!(places.marks, [0b10001]);
    }

    proptest! {
        #[test]
        fn reading_is_choosing_signs_one_by_one(
            numbers in prop::collection::vec(any::<i32>(), 40..200),
            again in prop::collection::vec(any::<i32>(), 200),
            groups in 1usize..8,
            each in 1usize..5,
            key in any::<[u8; 32]>(),
        ) {
            let (again, n) = (&again[..numbers.len()], groups * each);
            let order = Order::new(&key, numbers.len(), groups);
            let places = Places::choose(&numbers, (groups, each), &order).unwrap();
            let bytes: Vec<u8> = places.to_bytes().collect();
            prop_assert_eq!(&Places::from_bytes(&bytes, numbers.len(), (groups, each)).unwrap(), &places);
            // Plainly: of each group sort, cut, look up where each chosen number went.
            let mut chosen: Vec<usize> = (0..groups)
                .flat_map(|group| {
                    let mut sorted: Vec<usize> = (0..numbers.len()).filter(|i| i % groups == group).collect();
                    sorted.sort_by_key(|&i| (u32::MAX - numbers[i].unsigned_abs(), i));
                    sorted.truncate(each);
                    sorted
                })
                .map(|i| order.0.iter().position(|&o| usize::from(o) == i).unwrap())
                .collect();
            chosen.sort_unstable();
            let word = places.signs(again, &order).unwrap();
            prop_assert_eq!(word.len(), words_for(n));
            for (bit, place) in chosen.into_iter().enumerate() {
                let positive = again[usize::from(order.0[place])] > 0;
                prop_assert_eq!(bits::get(&word, bit), u64::from(positive));
            }
        }

        #[test]
        fn marks_of_another_weight_are_refused(count in 8usize..300, n in 1usize..8) {
            let few = vec![0u8; count.div_ceil(8)];
            prop_assert!(Places::from_bytes(&few, count, (1, n)).is_err());
            prop_assert!(Places::from_bytes(&few, count, (n, 1)).is_err());
        }
    }
}
