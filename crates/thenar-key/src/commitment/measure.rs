//! Palm hashes in the clear, for measuring how they differ and for showing them; never for keeping.

use zeroize::Zeroizing;

use super::places::{Order, check_count, most_reliable};
use super::{CommitParams, CommitmentError, copies};

/// Views that are compared at a time.
const LANES: usize = 32;
/// Numbers are clipped to this magnitude, so that the sum of all copies of a bit cannot overflow.
const LARGEST: i64 = (i32::MAX / copies::MAX_COPIES as i32) as i64;

/// A palm hash with its places in the clear, in an order that is the same for all palms.
#[derive(Clone, Debug)]
pub struct PalmHash {
    /// Places of the chosen numbers, `copies` for each bit.
    places: Zeroizing<Vec<u16>>,
    /// 0 where the number is positive, −1 (all ones) elsewhere.
    signs: Zeroizing<Vec<i32>>,
    copies: usize,
}

/// Features of one palm (for example of shifted views of a photo) beside each other, to be compared together.
#[derive(Clone, Debug)]
pub struct PalmViews {
    /// A row of views for every number; the first view fills what is left of the last row.
    blocks: Vec<Zeroizing<Vec<[i32; LANES]>>>,
    count: usize,
}

impl PalmHash {
    /// The palm hash of an enrolled feature, as `params` would keep it.
    ///
    /// # Errors
    /// Fewer numbers than [`CommitParams::bits`], or more than [`MAX_NUMBERS`](super::MAX_NUMBERS).
    pub fn new(numbers: &[i32], params: &CommitParams) -> Result<Self, CommitmentError> {
        copies::check(params.copies)?;
        check_count(numbers.len(), params.bits())?;
        let groups = params.code.n.into();
        let chosen = most_reliable(numbers, groups, params.copies.into());
        let places = Order::new(&[0; 32], numbers.len(), groups).of_chosen(&chosen);
        let sign = |&place: &u16| -i32::from(numbers[usize::from(place)] <= 0);
        Ok(Self {
            signs: Zeroizing::new(places.iter().map(sign).collect()),
            places,
            copies: params.copies.into(),
        })
    }

    /// Bits of the codeword that would come back wrong from the nearest of the views, 0…[`Self::len`]; a bit whose numbers
    /// balance counts as wrong. `None` when the views have another length.
    pub fn differing(&self, views: &PalmViews) -> Option<u32> {
        if self
            .places
            .iter()
            .any(|&place| usize::from(place) >= views.count)
        {
            return None;
        }
        let blocks = views.blocks.iter().map(|block| {
            let mut wrong = [0u32; LANES];
            let bits = self.places.chunks_exact(self.copies);
            for (places, signs) in bits.zip(self.signs.chunks_exact(self.copies)) {
                let mut sums = [0i32; LANES];
                for (place, sign) in places.iter().zip(signs) {
                    let row = &block[usize::from(*place)];
                    // Turned round where the sign is −1.
                    (0..LANES).for_each(|lane| sums[lane] += (row[lane] ^ sign) - sign);
                }
                (0..LANES).for_each(|lane| wrong[lane] += u32::from(sums[lane] <= 0));
            }
            wrong.into_iter().min().unwrap_or(u32::MAX)
        });
        blocks.min()
    }

    /// The chosen numbers, [`CommitParams::copies`] for each bit of the codeword, bit by bit: the place of each in the feature,
    /// and whether it is positive.
    pub fn chosen(&self) -> impl Iterator<Item = (u16, bool)> {
        let places = self.places.iter().copied();
        places.zip(self.signs.iter().map(|&sign| sign == 0))
    }

    /// Length of the codeword in bits.
    pub fn len(&self) -> usize {
        self.places.len() / self.copies
    }

    /// Whether it has no bits.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The signs of the chosen numbers, in the feature's own order.
    pub fn bits(&self) -> Zeroizing<Vec<bool>> {
        let mut pairs: Vec<(u16, bool)> = self
            .places
            .iter()
            .zip(self.signs.iter())
            .map(|(&place, &sign)| (place, sign == 0))
            .collect();
        pairs.sort_unstable();
        let bits = Zeroizing::new(pairs.iter().map(|pair| pair.1).collect());
        pairs.fill((0, false));
        bits
    }
}

impl PalmViews {
    /// Views of at most [`MAX_NUMBERS`](super::MAX_NUMBERS) whole numbers, all equally many. Numbers are clipped to 2²⁵.
    ///
    /// # Errors
    /// No view, too many numbers, or views of several lengths.
    pub fn new(views: &[&[i32]]) -> Result<Self, CommitmentError> {
        let Some(first) = views.first() else {
            return Err(CommitmentError::Captures { found: 0 });
        };
        check_count(first.len(), 0)?;
        if let Some(other) = views.iter().find(|view| view.len() != first.len()) {
            return Err(CommitmentError::Numbers {
                found: other.len(),
                expected: first.len(),
            });
        }
        let blocks = views.chunks(LANES).map(|views| {
            let weight = |view: &[i32], place: usize| {
                copies::weight(view[place]).clamp(-LARGEST, LARGEST) as i32
            };
            let row =
                |place| std::array::from_fn(|lane| weight(views.get(lane).unwrap_or(first), place));
            Zeroizing::new((0..first.len()).map(row).collect())
        });
        Ok(Self {
            blocks: blocks.collect(),
            count: first.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CodeParams;
    use crate::commitment::MAX_NUMBERS;
    use proptest::prelude::*;

    proptest! {
        /// Plainly: sort, cut, add up one view at a time.
        #[test]
        fn the_nearest_view_is_that_of_single_sums(
            numbers in prop::collection::vec(-500i32..500, 200),
            views in prop::collection::vec(prop::collection::vec(-500i32..500, 200), 1..40),
            copies in 1u8..5,
        ) {
            let code = CodeParams { m: 5, t: 3, n: 31 };
            let params = CommitParams { code, copies, ..CommitParams::default() };
            let hash = PalmHash::new(&numbers, &params).unwrap();
            let refs: Vec<&[i32]> = views.iter().map(Vec::as_slice).collect();
            let of_group = |group: usize| {
                let mut sorted: Vec<usize> = (group..200).step_by(31).collect();
                sorted.sort_by_key(|&i| (u32::MAX - numbers[i].unsigned_abs(), i));
                sorted.truncate(copies.into());
                sorted
            };
            let mut chosen: Vec<usize> = (0..31).flat_map(of_group).collect();
            chosen.sort_unstable();
            let signs: Vec<bool> = chosen.iter().map(|&i| numbers[i] > 0).collect();
            prop_assert_eq!(hash.bits().to_vec(), signs);
            for (at, (place, positive)) in hash.chosen().enumerate() {
                prop_assert_eq!(usize::from(place) % 31, at / usize::from(copies));
                prop_assert_eq!(positive, numbers[usize::from(place)] > 0);
            }
            let mut places: Vec<usize> = hash.places.iter().map(|&p| usize::from(p)).collect();
            let wrong = |view: &[i32]| {
                let groups = places.chunks(usize::from(copies)).map(|group| {
                    let sign = |i: usize| if numbers[i] > 0 { 1 } else { -1 };
                    group.iter().map(|&i| sign(i) * (2 * i64::from(view[i]) - 1)).sum::<i64>()
                });
                groups.filter(|&sum| sum <= 0).count() as u32
            };
            let nearest = refs.iter().map(|view| wrong(view)).min();
            prop_assert_eq!(hash.differing(&PalmViews::new(&refs).unwrap()), nearest);
            places.sort_unstable();
            prop_assert_eq!(places, chosen);
            prop_assert_eq!(hash.len(), 31);
        }
    }

    #[test]
    fn features_that_do_not_fit_are_refused() {
        let params = CommitParams::default();
        assert!(PalmHash::new(&[1; 1015], &params).is_err());
        let hash = PalmHash::new(&[1; 1016], &params).unwrap();
        let views = |views: &[&[i32]]| PalmViews::new(views);
        assert_eq!(hash.differing(&views(&[&[1; 1016]]).unwrap()), Some(0));
        assert_eq!(hash.differing(&views(&[&[1; 1015]]).unwrap()), None);
        assert!(views(&[]).is_err() && views(&[&[1; 9], &[1; 8]]).is_err());
        assert!(views(&[&vec![1; MAX_NUMBERS + 1]]).is_err());
    }
}
