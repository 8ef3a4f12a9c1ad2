//! Weighted distances by looking them up: four bits of a template are the place in a table of a probe that holds what these
//! four weigh where they differ. One instruction looks 64 templates up at a time, and sums stay in registers (André,
//! Kermarrec and Le Scouarnec, *Cache locality is not enough: high-performance nearest neighbor search with product
//! quantization fast scan*, VLDB 2015).

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{LANES, Row};
use crate::ProbeBits;

/// Entries of a table: one for each value of four bits.
const ENTRIES: usize = 16;
/// Groups of templates that are compared with some views before others are: they stay in the cache of the core.
const GROUPS: usize = 32;

/// What the work needs of a register full of bytes.
pub(super) trait Registers: Copy {
    /// Bytes of a register.
    const WIDTH: usize;
    /// The register.
    type Register: Copy;

    fn zero(self) -> Self::Register;
    /// The first [`Self::WIDTH`] bytes.
    fn load(self, bytes: &[u8]) -> Self::Register;
    /// A table, as often as it fits.
    fn table(self, table: &[u8; ENTRIES]) -> Self::Register;
    /// The lower four bits of each byte.
    fn lower(self, bytes: Self::Register) -> Self::Register;
    /// The upper four bits of each byte.
    fn upper(self, bytes: Self::Register) -> Self::Register;
    /// The entries of a table at places below 16.
    fn look_up(self, table: Self::Register, places: Self::Register) -> Self::Register;
    fn add(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// Sums of 16 bits, and to each the byte of even place.
    fn add_even(self, sums: Self::Register, bytes: Self::Register) -> Self::Register;
    /// Sums of 16 bits, and to each the byte of odd place.
    fn add_odd(self, sums: Self::Register, bytes: Self::Register) -> Self::Register;
    /// The smaller of two sums of 16 bits each.
    fn least(self, a: Self::Register, b: Self::Register) -> Self::Register;
    /// Calls `place` with the number of each sum of 16 bits and the sum.
    fn read(self, sums: Self::Register, place: impl FnMut(usize, u16));
}

/// Tables of `V` views that are compared together. They tell all of the probe and are wiped.
#[derive(Zeroize, ZeroizeOnDrop)]
struct Tables<const V: usize> {
    /// For each byte of a template and each view, a table for its lower and one for its upper half.
    tables: Vec<[[[u8; ENTRIES]; 2]; V]>,
    /// How many bytes of a template are added up, time after time, before a sum of eight bits could overflow.
    runs: Vec<usize>,
}

impl<const V: usize> Tables<V> {
    #[inline(always)]
    fn new(views: &[ProbeBits; V]) -> Self {
        let bytes = views.first().map_or(0, |view| view.len().div_ceil(8));
        let mut tables = Vec::with_capacity(bytes);
        let (mut runs, mut run, mut most) = (vec![], 0, [0; V]);
        for byte in 0..bytes {
            let next = views
                .each_ref()
                .map(|v| [0, 4].map(|first| four(v, 8 * byte + first)));
            tables.push(next);
            let next = views.each_ref().map(|view| weight_of_byte(view, byte));
            if most
                .iter()
                .zip(next)
                .any(|(most, next)| most + next > u32::from(u8::MAX))
            {
                runs.push(run);
                (run, most) = (0, [0; V]);
            }
            run += 1;
            most.iter_mut()
                .zip(next)
                .for_each(|(most, next)| *most += next);
        }
        runs.push(run);
        Self { tables, runs }
    }

    /// Lowers the distances of templates, [`LANES`] to a group of `each` rows, to those of these views where they are less.
    #[inline(always)]
    fn lower<R: Registers>(&self, r: R, rows: &[Row], each: usize, distances: &mut [u16]) {
        let groups = rows.chunks_exact(each);
        for (group, distances) in groups.zip(distances.chunks_mut(LANES)) {
            for first in (0..LANES).step_by(R::WIDTH) {
                let (even, odd) = self.sums(r, group, first);
                let mut place = |at: usize, sum: u16| {
                    if let Some(distance) = distances.get_mut(first + at) {
                        *distance = sum.min(*distance);
                    }
                };
                r.read(even, |at, sum| place(2 * at, sum));
                r.read(odd, |at, sum| place(2 * at + 1, sum));
            }
        }
    }

    /// The least weights of the templates from `first` on, those of even and those of odd place.
    #[inline(always)]
    fn sums<R: Registers>(&self, r: R, group: &[Row], first: usize) -> (R::Register, R::Register) {
        let mut sums = [(r.zero(), r.zero()); V];
        let (mut rows, mut tables) = (group, self.tables.as_slice());
        for &run in &self.runs {
            let mut small = [r.zero(); V];
            let (now, later) = rows.split_at(run);
            let (tables_now, tables_later) = tables.split_at(run);
            for (row, tables) in now.iter().zip(tables_now) {
                let bytes = r.load(&row[first..]);
                let (lower, upper) = (r.lower(bytes), r.upper(bytes));
                for (sum, [low, high]) in small.iter_mut().zip(tables) {
                    *sum = r.add(*sum, r.look_up(r.table(low), lower));
                    *sum = r.add(*sum, r.look_up(r.table(high), upper));
                }
            }
            for ((even, odd), small) in sums.iter_mut().zip(small) {
                *even = r.add_even(*even, small);
                *odd = r.add_odd(*odd, small);
            }
            (rows, tables) = (later, tables_later);
        }
        let [first, others @ ..] = sums.as_slice() else {
            return (r.zero(), r.zero());
        };
        others.iter().fold(*first, |least, sums| {
            (r.least(least.0, sums.0), r.least(least.1, sums.1))
        })
    }
}

/// For each of four bits, 255 at the values in which it is set.
const SET: [[u8; ENTRIES]; 4] = {
    let mut set = [[0; ENTRIES]; 4];
    let mut at = 0;
    while at < 4 * ENTRIES {
        let (bit, value) = (at / ENTRIES, at % ENTRIES);
        set[bit][value] = if value >> bit & 1 == 1 { u8::MAX } else { 0 };
        at += 1;
    }
    set
};

/// What the four bits from `first` on weigh where they differ from those of a template, for each value of its bits.
#[inline(always)]
fn four(view: &ProbeBits, first: usize) -> [u8; ENTRIES] {
    let digits = |words: &[u64]| words[first / 64] >> (first % 64);
    let (bits, [ones, twos, fours]) = (digits(view.bits().words()), view.planes().map(digits));
    let mut table = [0; ENTRIES];
    for (k, set) in SET.iter().enumerate() {
        let digit = |digits: u64| (digits >> k & 1) as u8;
        let weight = digit(ones) + 2 * digit(twos) + 4 * digit(fours);
        let turned = digit(bits).wrapping_neg();
        for (entry, set) in table.iter_mut().zip(set) {
            *entry += weight & (set ^ turned);
        }
    }
    table
}

/// What the bits of a byte weigh together.
#[inline(always)]
fn weight_of_byte(view: &ProbeBits, byte: usize) -> u32 {
    let digits = |words: &[u64]| words[byte / 8].to_le_bytes()[byte % 8].count_ones();
    let [ones, twos, fours] = view.planes().map(digits);
    ones + 2 * twos + 4 * fours
}

/// Puts the least weight of the views for each template into `distances`; a group has `each` rows.
#[inline(always)]
pub(super) fn fill<R: Registers>(
    r: R,
    rows: &[Row],
    each: usize,
    views: &[ProbeBits],
    distances: &mut [u16],
) {
    let (fours, ones) = views.as_chunks::<4>();
    let fours: Vec<Tables<4>> = fours.iter().map(Tables::new).collect();
    let ones: Vec<Tables<1>> = ones
        .iter()
        .map(|view| Tables::new(std::array::from_ref(view)))
        .collect();
    distances.fill(u16::MAX);
    let blocks = rows.chunks(GROUPS * each);
    for (rows, distances) in blocks.zip(distances.chunks_mut(GROUPS * LANES)) {
        fours
            .iter()
            .for_each(|tables| tables.lower(r, rows, each, distances));
        ones.iter()
            .for_each(|tables| tables.lower(r, rows, each, distances));
    }
}
