//! Distances of many templates to many, as searches and evaluations need them.

use pulp::{Arch, Simd, WithSimd};

use crate::{BitTemplate, ProtectError};

/// Words that are counted together: a fixed number, so that the loop over them is unrolled.
const TOGETHER: usize = 8;

/// The number of differing bits between every template of `gallery` and every one of `probes`, into `distances`: one row
/// of `gallery.len()` distances for each probe, in the order of both lists.
///
/// The same numbers as [`BitTemplate::hamming`], but more than twice as fast: the loop is compiled for the processor it runs
/// on, which a program built for every 64-bit PC is not. A few probes at a time are best, since each gallery template is
/// then compared with all of them while it is in the cache. No distance exceeds [`crate::MAX_BITS`], so 16 bits suffice.
///
/// # Errors
/// [`ProtectError::Parameter`] when not all templates have one length, or `distances` has not one place for each pair;
/// nothing is written then.
pub fn hamming_all(
    gallery: &[&BitTemplate],
    probes: &[&BitTemplate],
    distances: &mut [u16],
) -> Result<(), ProtectError> {
    let pairs = gallery.len().saturating_mul(probes.len());
    if distances.len() != pairs {
        return Err(ProtectError::Parameter {
            what: "the number of places for distances",
            value: distances.len(),
            expected: format!("{pairs}, one for each pair"),
        });
    }
    if let Some(first) = gallery.iter().chain(probes).next() {
        let other = gallery
            .iter()
            .chain(probes)
            .find(|t| t.len() != first.len());
        if let Some(other) = other {
            return Err(ProtectError::Parameter {
                what: "the number of bits of a template",
                value: other.len(),
                expected: format!("{} as in the first one", first.len()),
            });
        }
    }
    Arch::new().dispatch(Fill {
        gallery,
        probes,
        distances,
    });
    Ok(())
}

/// The work, as the dispatch wants it: all that is inlined into `with_simd` is compiled for several processors.
struct Fill<'a> {
    gallery: &'a [&'a BitTemplate],
    probes: &'a [&'a BitTemplate],
    distances: &'a mut [u16],
}

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for (column, reference) in self.gallery.iter().enumerate() {
            let rows = self.distances.chunks_exact_mut(self.gallery.len());
            for (row, probe) in rows.zip(self.probes) {
                row[column] = differing(reference.words(), probe.words());
            }
        }
    }
}

#[inline(always)]
fn differing(a: &[u64], b: &[u64]) -> u16 {
    let count = |(x, y): (&u64, &u64)| (x ^ y).count_ones();
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<TOGETHER>(), b.as_chunks::<TOGETHER>());
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        sum += a.iter().zip(b).map(count).sum::<u32>();
    }
    // At most MAX_BITS, which is far below 2^16.
    (sum + a_rest.iter().zip(b_rest).map(count).sum::<u32>()) as u16
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

    proptest! {
        #[test]
        fn equals_one_distance_at_a_time(seed: u64, gallery in 0usize..20, probes in 0usize..11, bits in 1usize..1500) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (gallery, probes) = (templates(&mut rng, gallery, bits), templates(&mut rng, probes, bits));
            let (gallery, probes): (Vec<_>, Vec<_>) = (gallery.iter().collect(), probes.iter().collect());
            let mut found = vec![7; gallery.len() * probes.len()];
            hamming_all(&gallery, &probes, &mut found).unwrap();
            let one = |p: &&BitTemplate| gallery.iter().map(|g| g.hamming(p) as u16).collect::<Vec<_>>();
            prop_assert_eq!(found, probes.iter().flat_map(one).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_longest_templates_fit() {
        let (zeros, ones) = (
            BitTemplate::from_bools(&[false; MAX_BITS]).unwrap(),
            BitTemplate::from_bools(&[true; MAX_BITS]).unwrap(),
        );
        let mut found = [0; 2];
        hamming_all(&[&zeros, &ones], &[&ones], &mut found).unwrap();
        assert_eq!(found.map(usize::from), [MAX_BITS, 0]);
    }

    #[test]
    fn other_lengths_and_places_are_refused() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (a, b) = (templates(&mut rng, 2, 64), templates(&mut rng, 1, 65));
        let mut found = [0; 2];
        let refused = hamming_all(&[&a[0], &a[1]], &[&b[0]], &mut found).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the number of bits of a template is 65, expected 64 as in the first one"
        );
        let refused = hamming_all(&[&a[0]], &[&a[1]], &mut found).unwrap_err();
        assert!(
            refused
                .to_string()
                .contains("expected 1, one for each pair")
        );
        assert_eq!(hamming_all(&[], &[&a[0]], &mut []), Ok(()));
    }
}
