//! The signs of palms are not fair coins: what whoever knows the passphrase of a key can guess of its codeword without a palm.
//!
//! The record, put in order by the passphrase, says which numbers of the feature keep each bit of the codeword and how their
//! signs differ from each other; one bit for all of them is left open. Half of the palms teach how often each number is
//! positive where it is chosen. The others are guessed: the likelier value of each bit. What is told about a bit is one less
//! the bits that a gambler with those odds needs to write the true value down, the odds flattened by the factor that suits
//! best. `measure/key_bias.py` is the same in Python.
//!
//! Better statistics, of more palms or of numbers together, tell more: it is a lower bound on what is told.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Fewer palms teach nothing.
pub const MIN_PALMS: usize = 20;

/// What palms have in common, guessed from half of them on the other half.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bias {
    /// Palms that taught.
    pub taught: usize,
    /// Palms that were guessed.
    pub guessed: usize,
    /// Share of single signs guessed right.
    pub signs: f64,
    /// Share of bits of a codeword guessed right.
    pub bits: f64,
    /// The best guess of a whole codeword: bits wrong.
    pub fewest_wrong: usize,
    /// Bits told about a codeword, and so at most about its secret; at least 0.
    pub told: f64,
}

/// The bias of palms, one enrolment of each: `copies` chosen numbers for each bit, bit by bit, each the place in the feature
/// (below `numbers`) and whether it is positive. `None` with fewer than [`MIN_PALMS`].
///
/// The halves are drawn by a fixed seed.
#[must_use]
pub fn bias(palms: &[Vec<(u16, bool)>], numbers: usize, copies: usize) -> Option<Bias> {
    if palms.len() < MIN_PALMS || copies == 0 {
        return None;
    }
    let mut order: Vec<&Vec<(u16, bool)>> = palms.iter().collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(1));
    let (taught, guessed) = order.split_at(order.len() / 2);
    let odds = log_odds(taught, numbers);

    let (mut right, mut signs) = (0, 0);
    let (mut towards, mut fewest_wrong) = (Vec::new(), usize::MAX);
    for palm in guessed {
        let first = towards.len();
        for bit in palm.chunks(copies) {
            let votes = bit.iter().map(|&(place, positive)| {
                let vote = odds.get(usize::from(place)).copied().unwrap_or(0.0);
                if positive { vote } else { -vote }
            });
            right += votes.clone().filter(|&vote| vote > 0.0).count();
            signs += bit.len();
            towards.push(votes.sum::<f64>());
        }
        let wrong = towards[first..].iter().filter(|&&odds| odds <= 0.0);
        fewest_wrong = fewest_wrong.min(wrong.count());
    }
    let bits = towards.iter().filter(|&&odds| odds > 0.0).count();
    Some(Bias {
        taught: taught.len(),
        guessed: guessed.len(),
        signs: right as f64 / signs.max(1) as f64,
        bits: bits as f64 / towards.len().max(1) as f64,
        fewest_wrong,
        told: (towards.len() / guessed.len()) as f64 * told(&towards),
    })
}

/// For each number the logarithm of how much more often it is positive than not where it is chosen, from one of each to begin with.
fn log_odds(palms: &[&Vec<(u16, bool)>], numbers: usize) -> Vec<f64> {
    let mut counts = vec![[1.0f64; 2]; numbers];
    for &(place, positive) in palms.iter().copied().flatten() {
        if let Some(count) = counts.get_mut(usize::from(place)) {
            count[usize::from(positive)] += 1.0;
        }
    }
    counts
        .iter()
        .map(|[minus, plus]| (plus / minus).ln())
        .collect()
}

/// Bits told about each of many, from the log-odds that were given to the true value.
fn told(odds: &[f64]) -> f64 {
    let written = |flat: f64| {
        // ln(1 + e^x), without overflow.
        let cost = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        let sum: f64 = odds.iter().map(|odds| cost(-flat * odds)).sum();
        sum / odds.len().max(1) as f64 / std::f64::consts::LN_2
    };
    let flattened = (1..=20).map(|step| written(f64::from(step) / 20.0));
    (1.0 - flattened.fold(f64::INFINITY, f64::min)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    /// 400 palms of 40 bits, each in `copies` numbers, every one positive with the chance `chance`.
    fn palms(chance: f64, copies: usize) -> Vec<Vec<(u16, bool)>> {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let palm = |_| {
            let numbers = (0..40 * copies).map(|i| (i as u16, rng.random_bool(chance)));
            numbers.collect()
        };
        (0..400).map(palm).collect()
    }

    #[test]
    fn fair_signs_tell_next_to_nothing() {
        let found = bias(&palms(0.5, 2), 80, 2).unwrap();
        assert_eq!((found.taught, found.guessed), (200, 200));
        // A number that was positive as often as not is no guess: it counts as a wrong one.
        assert!((0.45..0.51).contains(&found.signs), "{found:?}");
        assert!(found.told < 0.2, "{found:?}");
    }

    /// With one number for each bit, p = 0.8: a bit tells 1 − H(0.8) = 0.278 bits.
    #[test]
    fn biased_signs_tell_what_their_entropy_says() {
        let found = bias(&palms(0.8, 1), 40, 1).unwrap();
        let entropy = -0.8 * 0.8f64.log2() - 0.2 * 0.2f64.log2();
        assert!(
            (found.told - 40.0 * (1.0 - entropy)).abs() < 1.0,
            "{found:?}"
        );
        assert!((found.bits - 0.8).abs() < 0.02 && found.bits == found.signs);
    }

    /// With three numbers, the vote of their odds is right whenever most are: p³ + 3p²(1 − p) = 0.896.
    #[test]
    fn several_numbers_vote() {
        let found = bias(&palms(0.8, 3), 120, 3).unwrap();
        assert!((found.bits - 0.896).abs() < 0.02, "{found:?}");
        assert!((found.signs - 0.8).abs() < 0.02, "{found:?}");
        // The palm that is guessed best has 0 to 2 of 40 wrong.
        assert!(found.fewest_wrong <= 2, "{found:?}");
    }

    #[test]
    fn few_palms_teach_nothing() {
        assert!(bias(&palms(0.8, 1)[..MIN_PALMS - 1], 40, 1).is_none());
        assert!(bias(&palms(0.8, 1)[..MIN_PALMS], 40, 1).is_some());
    }
}
