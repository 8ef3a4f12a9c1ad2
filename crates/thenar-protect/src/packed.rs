//! Many templates, packed so that one probe is compared with several of them at a time.

#[cfg(target_arch = "x86_64")]
mod lookup;
#[cfg(target_arch = "x86_64")]
mod registers;

use pulp::NullaryFnOnce;
use zeroize::Zeroizing;

use crate::dispatch::dispatch;
use crate::{BitTemplate, ProbeBits, ProtectError};

/// Templates that lie side by side, a byte of each. Their distances then stand side by side in a register too, and are
/// never added up across it, which is slow.
const LANES: usize = 64;

/// One byte of each of [`LANES`] templates.
type Row = [u8; LANES];

/// Bytes whose bits can be counted before a count of eight bits could overflow.
const COUNTED: usize = 31;

/// Templates of one length. They are wiped when dropped.
pub struct PackedTemplates {
    /// For each group of [`LANES`] templates and each of its bytes, that byte of every template; zeros where there is none.
    rows: Zeroizing<Vec<Row>>,
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
        let each = bits.div_ceil(8);
        let groups = templates.len().div_ceil(LANES);
        let mut rows = Zeroizing::new(vec![[0; LANES]; groups * each]);
        for (at, template) in templates.iter().enumerate() {
            let group = &mut rows[at / LANES * each..][..each];
            for (row, byte) in group.iter_mut().zip(bytes(template.words())) {
                row[at % LANES] = byte;
            }
        }
        Ok(Self {
            rows,
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
            let probe: Zeroizing<Vec<u8>> =
                Zeroizing::new(bytes(other.words()).take(self.each()).collect());
            dispatch(Fill {
                rows: &self.rows,
                probe: &probe,
                distances,
            });
        }
        Ok(())
    }

    /// The weight of the bits in which each template differs from the nearest of some views of a probe, into `distances`, in the
    /// order of the templates; without views nothing is written.
    ///
    /// The least of the numbers [`ProbeBits::distance`] gives. Where the processor looks up many bytes at a time, four bits of a
    /// template are looked up in tables of the views; elsewhere bits are counted. All views are compared while some templates are at
    /// hand, so many views read the templates once. No weight of all bits exceeds 16 bits.
    ///
    /// # Errors
    /// As [`Self::distances`].
    pub fn nearest(&self, views: &[ProbeBits], distances: &mut [u16]) -> Result<(), ProtectError> {
        for view in views {
            if !self.check(view.bits(), distances)? {
                return Ok(());
            }
        }
        if views.is_empty() {
            return Ok(());
        }
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(registers) = registers::Wide::try_new() {
                registers.vectorize(self.looked_up(registers, views, distances));
                return Ok(());
            }
            if let Some(registers) = registers::Narrow::try_new() {
                registers.vectorize(self.looked_up(registers, views, distances));
                return Ok(());
            }
        }
        dispatch(self.counted(views, distances));
        Ok(())
    }

    #[cfg(target_arch = "x86_64")]
    fn looked_up<'a, R>(
        &'a self,
        registers: R,
        views: &'a [ProbeBits],
        distances: &'a mut [u16],
    ) -> LookUp<'a, R> {
        LookUp {
            registers,
            rows: &self.rows,
            each: self.each(),
            views,
            distances,
        }
    }

    fn counted<'a>(&'a self, views: &'a [ProbeBits], distances: &'a mut [u16]) -> FillNearest<'a> {
        FillNearest {
            rows: &self.rows,
            each: self.each(),
            views,
            distances,
        }
    }

    /// Bytes of a template.
    fn each(&self) -> usize {
        self.bits.div_ceil(8)
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

/// The bytes of words in their order.
fn bytes(words: &[u64]) -> impl Iterator<Item = u8> {
    words.iter().flat_map(|word| word.to_le_bytes())
}

/// The work: all that is inlined into `call` is compiled for several processors.
struct Fill<'a> {
    rows: &'a [Row],
    probe: &'a [u8],
    distances: &'a mut [u16],
}

impl NullaryFnOnce for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let groups = self.rows.chunks_exact(self.probe.len());
        for (group, places) in groups.zip(self.distances.chunks_mut(LANES)) {
            let counts = counts(group, self.probe, |_| u8::MAX);
            places.copy_from_slice(&counts[..places.len()]);
        }
    }
}

/// The same with weights and of the nearest view, by counting.
struct FillNearest<'a> {
    rows: &'a [Row],
    /// Rows of a group.
    each: usize,
    views: &'a [ProbeBits],
    distances: &'a mut [u16],
}

impl NullaryFnOnce for FillNearest<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let views: Vec<Bytes> = self.views.iter().map(Bytes::of).collect();
        let groups = self.rows.chunks_exact(self.each);
        for (group, places) in groups.zip(self.distances.chunks_mut(LANES)) {
            places.fill(u16::MAX);
            for view in &views {
                for (place, weight) in places.iter_mut().zip(view.weights(group)) {
                    // At most MAX_BITS times the mean weight, 23/8, which is below 2^16.
                    *place = weight.min(*place);
                }
            }
        }
    }
}

/// A view, byte by byte, made once for all templates.
struct Bytes {
    bits: Zeroizing<Vec<u8>>,
    /// The digits of the weights, the highest first.
    planes: [Zeroizing<Vec<u8>>; 3],
}

impl Bytes {
    fn of(view: &ProbeBits) -> Self {
        let all = |words: &[u64]| bytes(words).collect();
        let [ones, twos, fours] = view.planes().map(|words| Zeroizing::new(all(words)));
        Self {
            bits: Zeroizing::new(all(view.bits().words())),
            planes: [fours, twos, ones],
        }
    }

    /// The weight of what differs in each lane: digit by digit of the weights, the count of what differs where that digit is set.
    #[inline(always)]
    fn weights(&self, group: &[Row]) -> [u16; LANES] {
        let mut sums = [0; LANES];
        for plane in &self.planes {
            let counts = counts(group, &self.bits, |at| plane[at]);
            for (sum, count) in sums.iter_mut().zip(counts) {
                *sum = 2 * *sum + count;
            }
        }
        sums
    }
}

/// The number of bits in which each lane differs from `probe`, of those that are set in the masks.
#[inline(always)]
fn counts(group: &[Row], probe: &[u8], mask: impl Fn(usize) -> u8) -> [u16; LANES] {
    let mut counts = [0_u16; LANES];
    for (part, (rows, bytes)) in group.chunks(COUNTED).zip(probe.chunks(COUNTED)).enumerate() {
        let mut small = [0_u8; LANES];
        for (at, (row, &byte)) in rows.iter().zip(bytes).enumerate() {
            let mask = mask(part * COUNTED + at);
            for (count, lane) in small.iter_mut().zip(row) {
                *count += ((lane ^ byte) & mask).count_ones() as u8;
            }
        }
        for (count, small) in counts.iter_mut().zip(small) {
            *count += u16::from(small);
        }
    }
    counts
}

/// The same by tables.
#[cfg(target_arch = "x86_64")]
struct LookUp<'a, R> {
    registers: R,
    rows: &'a [Row],
    each: usize,
    views: &'a [ProbeBits],
    distances: &'a mut [u16],
}

#[cfg(target_arch = "x86_64")]
impl<R: lookup::Registers> NullaryFnOnce for LookUp<'_, R> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        lookup::fill(
            self.registers,
            self.rows,
            self.each,
            self.views,
            self.distances,
        );
    }
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
    fn every_way_and_compilation_counts_alike() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        for bits in [1, 7, 127, 1024, 1500] {
            // More templates than are compared before the next views are.
            let gallery = templates(&mut rng, 2100, bits);
            let probe = templates(&mut rng, 1, bits).remove(0);
            let packed = PackedTemplates::new(&gallery.iter().collect::<Vec<_>>()).unwrap();
            let (mut best, mut plain) = (vec![0; 2100], vec![1; 2100]);
            packed.distances(&probe, &mut best).unwrap();
            Fill {
                rows: &packed.rows,
                probe: &bytes(probe.words()).take(packed.each()).collect::<Vec<_>>(),
                distances: &mut plain,
            }
            .call();
            assert_eq!(best, plain);
            for count in [1, 4, 6] {
                let views = probes(&mut rng, count, bits);
                packed.counted(&views, &mut plain).call();
                dispatch(packed.counted(&views, &mut best));
                assert_eq!(best, plain);
                #[cfg(target_arch = "x86_64")]
                {
                    if let Some(registers) = registers::Wide::try_new() {
                        best.fill(0);
                        registers.vectorize(packed.looked_up(registers, &views, &mut best));
                        assert_eq!(best, plain);
                    }
                    if let Some(registers) = registers::Narrow::try_new() {
                        best.fill(0);
                        registers.vectorize(packed.looked_up(registers, &views, &mut best));
                        assert_eq!(best, plain);
                    }
                }
            }
        }
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
