//! Words for tests.

use rand::RngCore;
use rand::seq::index::sample;

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
