//! What an attacker can ask the program's matcher, which weighs the bits of a probe.
//!
//! * A *feature*: a photo, or numbers fed in the place of the network's. The system makes the bits under its own token and
//!   weighs them by rank, so the attacker chooses neither. Whoever can stand before the camera has this form, with any leak;
//!   features that no palm has (sums, reconstructions) must be fed, or a picture made that gives them.
//! * A *probe*: bits and weights fed behind level 1. The bits are free, and so is their order by weight; that an eighth of
//!   the bits has each weight is not, for all probes of one length weigh the same. With k1 a feature is as good but for
//!   the bits being half ones: the rows of `M⊥` are orthonormal, so `M⊥ᵀ q` is projected to any `q` that is wanted.
//!   Without k1 it takes a place behind level 1. The lab grants it with every leak, for what follows from a leaked record
//!   is bits.
//!
//! Weights beyond that are not granted: with all of them 0 everything is accepted, but whoever can write them into the
//! program's memory can write the answer too. A query here is one view; the program takes the nearest of all views of a
//! photo, and its thresholds allow for it.
//!
//! The published schemes compare bits, and leave weights aside.

use rand::Rng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha20Rng;
use thenar_protect::{BitTemplate, PROBE_WEIGHTS, ProbeBits};

use crate::EvalError;

/// The place in an order by weight where each class of weights begins, and the end.
pub(super) fn classes(bits: usize) -> [usize; PROBE_WEIGHTS.len() + 1] {
    std::array::from_fn(|class| class * bits / PROBE_WEIGHTS.len())
}

/// A probe of these bits, weighed as places in `order` say: it names every bit once, those of the least weight first.
pub(super) fn probe(bits: &BitTemplate, order: &[usize]) -> Result<ProbeBits, EvalError> {
    let each = bits.words().len();
    let mut words = bits.words().to_vec();
    words.resize(4 * each, 0);
    let classes = classes(order.len());
    for (range, weight) in classes.windows(2).zip(PROBE_WEIGHTS) {
        for &bit in &order[range[0]..range[1]] {
            for plane in (0..3).filter(|plane| weight >> plane & 1 == 1) {
                words[(1 + plane) * each + bit / 64] |= 1 << (bit % 64);
            }
        }
    }
    ProbeBits::from_words(&words, bits.len()).map_err(EvalError::attack)
}

/// All bits in random order.
pub(super) fn any_order(bits: usize, rng: &mut ChaCha20Rng) -> Vec<usize> {
    let mut order: Vec<usize> = (0..bits).collect();
    order.shuffle(rng);
    order
}

/// Random bits.
pub(super) fn random_bits(bits: usize, rng: &mut ChaCha20Rng) -> Result<BitTemplate, EvalError> {
    let mut words: Vec<u64> = (0..bits.div_ceil(64)).map(|_| rng.random()).collect();
    if let (Some(last), 1..) = (words.last_mut(), bits % 64) {
        *last &= (1 << (bits % 64)) - 1;
    }
    BitTemplate::from_words(words, bits).map_err(EvalError::attack)
}

/// The same bits with one turned.
pub(super) fn turn(bits: &BitTemplate, position: usize) -> Result<BitTemplate, EvalError> {
    let mut words = bits.words().to_vec();
    words[position / 64] ^= 1 << (position % 64);
    BitTemplate::from_words(words, bits.len()).map_err(EvalError::attack)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// In the order of their distance from the median, fed bits are the probe that the program makes.
        #[test]
        fn fed_probes_are_those_of_the_program(values in proptest::collection::vec(-1e6..1e6, 2..300)) {
            let made = ProbeBits::new(&values).unwrap();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            // Half of the bits, rounded down, are ones.
            let middle = values.len() - values.len() / 2;
            let median = (sorted[middle - 1] + sorted[middle]) / 2.0;
            let mut order: Vec<usize> = (0..values.len()).collect();
            order.sort_by(|&a, &b| (values[a] - median).abs().total_cmp(&(values[b] - median).abs()).then(a.cmp(&b)));
            prop_assert_eq!(&probe(made.bits(), &order).unwrap(), &made);
        }
    }

    #[test]
    fn an_order_moves_weights_and_adds_none() {
        let rng = &mut super::super::palms::stream(8, 8);
        for bits in [32, 100, 1024] {
            let random = random_bits(bits, rng).unwrap();
            let order = any_order(bits, rng);
            let fed = probe(&random, &order).unwrap();
            assert_eq!(fed.bits(), &random);
            assert_eq!(
                fed.total(),
                ProbeBits::new(&vec![0.0; bits]).unwrap().total()
            );
            assert_eq!(
                (fed.weight(order[0]), fed.weight(order[bits - 1])),
                (Some(0), Some(7))
            );
        }
    }
}
