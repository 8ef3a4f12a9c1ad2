//! Words and features for tests.

use rand::seq::index::sample;
use rand::{Rng, RngCore};

use crate::bits::{self, words_for};

/// `len` random bits.
pub fn random_word(rng: &mut impl RngCore, len: usize) -> Vec<u64> {
    let mut word: Vec<u64> = (0..words_for(len)).map(|_| rng.next_u64()).collect();
    *word.last_mut().unwrap() &= bits::tail_mask(len);
    word
}

/// The word with `errors` of its `len` bits wrong.
pub fn with_errors(rng: &mut impl RngCore, word: &[u64], len: usize, errors: usize) -> Vec<u64> {
    let mut wrong = word.to_vec();
    sample(rng, len, errors)
        .into_iter()
        .for_each(|i| bits::flip(&mut wrong, i));
    wrong
}

/// A feature as long as the palm hash, whose signs are the first `n` bits of `word`: all of its numbers are chosen.
pub fn numbers(word: &[u64], n: usize) -> Vec<i32> {
    let sign = |i| if bits::get(word, i) == 1 { 1 } else { -1 };
    (0..n).map(|i| sign(i) * (1000 + i as i32)).collect()
}

/// A normally distributed number of variance 1 (Box and Muller).
pub fn normal(rng: &mut impl Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random_range(1e-9..1.0), rng.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
