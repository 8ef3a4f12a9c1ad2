//! Codes packed so that one comparison at all translations is a few thousand word operations.

use super::{GRID, ORIENTATIONS};

/// The largest translation that can be searched, in positions.
pub const MAX_SHIFT: usize = 6;

/// Bits per position.
const PLANES: usize = 3;

/// Words per plane: one holds row `r` in its low half and row `r + WORDS` in its high half.
const WORDS: usize = GRID / 2;

/// Words per plane with rows above and below, so that every vertical translation is a plain window.
const PADDED: usize = WORDS + 2 * MAX_SHIFT;

/// Three bits per orientation such that the number of differing bits is the angular distance, 0–3
/// (a Johnson counter; Kong & Zhang 2004, Table 1).
const BITS: [u8; ORIENTATIONS] = [0b000, 0b001, 0b011, 0b111, 0b110, 0b100];

/// A code as bit planes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    /// Word `MAX_SHIFT + r` holds rows `r` and `r + WORDS`; rows outside the grid are zero.
    planes: [[u64; PADDED]; PLANES],
}

impl Packed {
    /// Packs orientations 0–5, row by row.
    pub fn new(winners: &[u8]) -> Self {
        let mut rows = [[0u32; GRID]; PLANES];
        for (i, &winner) in winners.iter().take(GRID * GRID).enumerate() {
            let bits = BITS[usize::from(winner) % ORIENTATIONS];
            for (plane, rows) in rows.iter_mut().enumerate() {
                rows[i / GRID] |= u32::from(bits >> plane & 1) << (i % GRID);
            }
        }
        Self {
            planes: rows.map(|rows| pair_rows(&rows)),
        }
    }

    /// The planes without their padding.
    pub fn to_words(&self) -> Vec<u64> {
        let inner = |plane: &[u64; PADDED]| plane[MAX_SHIFT..MAX_SHIFT + WORDS].to_vec();
        self.planes.iter().flat_map(inner).collect()
    }

    /// What [`Self::to_words`] gave; `None` for another number of words.
    pub fn from_words(words: &[u64]) -> Option<Self> {
        let (planes, rest) = words.as_chunks::<WORDS>();
        if planes.len() != PLANES || !rest.is_empty() {
            return None;
        }
        let rows = |plane: usize| {
            // A word holds row `r` in its low half and row `r + WORDS` in its high half.
            std::array::from_fn(|row| (planes[plane][row % WORDS] >> (32 * (row / WORDS))) as u32)
        };
        Some(Self {
            planes: std::array::from_fn(|plane| pair_rows(&rows(plane))),
        })
    }

    /// The least distance over all translations of up to `shift` positions.
    pub fn distance(&self, other: &Self, shift: usize) -> f32 {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has both features; the function itself is safe.
            #[allow(unsafe_code)]
            return unsafe { distance_avx2(self, other, shift) };
        }
        self.least(other, shift)
    }

    /// [`Self::distance`] for whatever instructions the caller is compiled for.
    #[inline(always)]
    fn least(&self, other: &Self, shift: usize) -> f32 {
        let shift = shift.min(MAX_SHIFT) as isize;
        let mut least = f32::INFINITY;
        for dx in -shift..=shift {
            let moved = self.moved(dx);
            let columns = u64::from(overlap(dx)) * 0x1_0000_0001;
            for dy in -shift..=shift {
                let differing = moved.differing(other, dy, columns);
                let positions = (GRID - dx.unsigned_abs()) * (GRID - dy.unsigned_abs());
                least = least.min(differing as f32 / (PLANES * positions) as f32);
            }
        }
        least
    }

    /// The rows of the grid, each moved by `dx` columns. Bits that leave a row land in columns that do not overlap.
    #[inline(always)]
    fn moved(&self, dx: isize) -> Moved {
        let by = dx.unsigned_abs();
        let mut planes = [[0; WORDS]; PLANES];
        for (to, from) in planes.iter_mut().zip(&self.planes) {
            for (to, &word) in to.iter_mut().zip(&from[MAX_SHIFT..]) {
                *to = if dx < 0 { word >> by } else { word << by };
            }
        }
        Moved { planes }
    }
}

/// The same code compiled for processors that count 256 bits at a time, about three times as fast.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
fn distance_avx2(a: &Packed, b: &Packed, shift: usize) -> f32 {
    a.least(b, shift)
}

/// The planes of a code moved sideways, without the padding.
struct Moved {
    planes: [[u64; WORDS]; PLANES],
}

impl Moved {
    /// Differing bits when `self` is moved down by `dy` rows, within `columns` and the rows that overlap.
    #[inline(always)]
    fn differing(&self, other: &Packed, dy: isize, columns: u64) -> u32 {
        let start = MAX_SHIFT.saturating_add_signed(dy);
        let window = |plane: usize| &other.planes[plane][start..start + WORDS];
        let (first, second, third) = (window(0), window(1), window(2));
        let rows = &ROWS[start];
        let mut sum = 0;
        for r in 0..WORDS {
            let mask = rows[r] & columns;
            sum += ((self.planes[0][r] ^ first[r]) & mask).count_ones();
            sum += ((self.planes[1][r] ^ second[r]) & mask).count_ones();
            sum += ((self.planes[2][r] ^ third[r]) & mask).count_ones();
        }
        sum
    }
}

/// The columns that a row moved by `dx` shares with one that is not, as bits.
const fn overlap(dx: isize) -> u32 {
    if dx < 0 {
        u32::MAX >> dx.unsigned_abs()
    } else {
        u32::MAX << dx.unsigned_abs()
    }
}

/// For each vertical translation `dy` (at index `MAX_SHIFT + dy`): all bits of the rows that overlap.
static ROWS: [[u64; WORDS]; 2 * MAX_SHIFT + 1] = overlapping_rows();

const fn overlapping_rows() -> [[u64; WORDS]; 2 * MAX_SHIFT + 1] {
    let mut all = [[0; WORDS]; 2 * MAX_SHIFT + 1];
    let mut shift = 0;
    while shift < all.len() {
        let mut r = 0;
        while r < WORDS {
            // `r + shift` is the other code's row, counted from MAX_SHIFT.
            let low = r + shift >= MAX_SHIFT && r + shift < MAX_SHIFT + GRID;
            let high = r + WORDS + shift >= MAX_SHIFT && r + WORDS + shift < MAX_SHIFT + GRID;
            all[shift][r] = (low as u64 * 0xFFFF_FFFF) | (high as u64 * 0xFFFF_FFFF_0000_0000);
            r += 1;
        }
        shift += 1;
    }
    all
}

/// Rows to words, with the padding.
fn pair_rows(rows: &[u32; GRID]) -> [u64; PADDED] {
    let row = |i: usize| {
        i.checked_sub(MAX_SHIFT)
            .and_then(|i| rows.get(i))
            .copied()
            .unwrap_or(0)
    };
    std::array::from_fn(|i| u64::from(row(i)) | u64::from(row(i + WORDS)) << 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Angular distance as defined, position by position.
    fn reference(a: &[u8], b: &[u8], shift: isize) -> f32 {
        let mut least = f32::INFINITY;
        for dy in -shift..=shift {
            for dx in -shift..=shift {
                let (mut sum, mut count) = (0, 0);
                for y in 0..GRID as isize {
                    for x in 0..GRID as isize {
                        let (u, v) = (x + dx, y + dy);
                        if (0..GRID as isize).contains(&u) && (0..GRID as isize).contains(&v) {
                            let p = a[(y * GRID as isize + x) as usize];
                            let q = b[(v * GRID as isize + u) as usize];
                            let turn = p.abs_diff(q);
                            sum += turn.min(ORIENTATIONS as u8 - turn) as u32;
                            count += 3;
                        }
                    }
                }
                least = least.min(sum as f32 / count as f32);
            }
        }
        least
    }

    fn random_code(seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 16) % ORIENTATIONS as u32) as u8
        };
        (0..GRID * GRID).map(|_| next()).collect()
    }

    #[test]
    fn equals_the_plain_reference() {
        for seed in 0..12 {
            let (a, mut b) = (random_code(seed), random_code(seed + 100));
            if seed % 2 == 0 {
                // A copy moved by two rows and one column, half of it replaced.
                b.iter_mut()
                    .zip(a.iter().skip(2 * GRID + 1))
                    .step_by(2)
                    .for_each(|(b, &a)| *b = a);
            }
            for shift in [0, 1, 3, MAX_SHIFT] {
                let got = Packed::new(&a).distance(&Packed::new(&b), shift);
                assert_eq!(
                    got,
                    reference(&a, &b, shift as isize),
                    "seed {seed}, ±{shift}"
                );
            }
        }
    }

    #[test]
    fn words_give_the_code_back() {
        let code = Packed::new(&random_code(3));
        let words = code.to_words();
        assert_eq!(words.len(), PLANES * GRID * GRID / 64);
        assert_eq!(Packed::from_words(&words), Some(code));
        assert_eq!(Packed::from_words(&words[1..]), None);
    }

    #[test]
    fn a_moved_copy_is_found() {
        let a = random_code(5);
        let mut b = random_code(6);
        for y in 3..GRID {
            for x in 0..GRID - 2 {
                b[y * GRID + x] = a[(y - 3) * GRID + x + 2];
            }
        }
        let (a, b) = (Packed::new(&a), Packed::new(&b));
        assert_eq!(a.distance(&b, 3), 0.0);
        assert!(a.distance(&b, 2) > 0.3);
    }

    #[test]
    fn distance_is_symmetric_and_perpendicular_codes_are_at_one() {
        let (a, b) = (Packed::new(&random_code(1)), Packed::new(&random_code(2)));
        assert_eq!(a.distance(&b, 4), b.distance(&a, 4));
        let (flat, upright) = (
            Packed::new(&[0; GRID * GRID]),
            Packed::new(&[3; GRID * GRID]),
        );
        assert_eq!(flat.distance(&upright, 3), 1.0);
        assert_eq!(flat.distance(&flat, 3), 0.0);
    }
}
