//! Time of encoding and decoding, of building a code, and of a whole recovery: `cargo bench -p thenar-key`.

use divan::Bencher;
use rand::{RngCore, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use thenar_key::bits::{flip, words_for};
use thenar_key::{Bch, CommitParams, Factors, Passphrase, commit};

fn main() {
    divan::main();
}

/// (m, k) of the codes measured.
const CODES: [(u32, usize); 7] = [
    (7, 57),
    (8, 115),
    (9, 76),
    (9, 67),
    (10, 91),
    (10, 123),
    (13, 8009),
];

fn message(code: &Bch, rng: &mut ChaCha8Rng) -> Vec<u64> {
    let mut message: Vec<u64> = (0..words_for(code.k())).map(|_| rng.next_u64()).collect();
    if let Some(last) = message.last_mut() {
        *last &= u64::MAX >> ((64 - code.k() % 64) % 64);
    }
    message
}

/// Decoding into kept buffers, with `errors(t)` errors at new places every time.
fn decode(bencher: Bencher, (m, k): (u32, usize), errors: fn(usize) -> usize) {
    let code = Bch::with_dimension(m, k).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let codeword = code.encode(&message(&code, &mut rng)).unwrap();
    let mut scratch = code.scratch();
    let words = move || {
        let mut word = codeword.to_vec();
        sample(&mut rng, code.n(), errors(code.t()))
            .into_iter()
            .for_each(|i| flip(&mut word, i));
        word
    };
    let code = Bch::with_dimension(m, k).unwrap();
    bencher
        .with_inputs(words)
        .bench_local_values(|mut word| code.correct(&mut word, &mut scratch));
}

#[divan::bench(args = CODES)]
fn decode_t_errors(bencher: Bencher, code: (u32, usize)) {
    decode(bencher, code, |t| t);
}

#[divan::bench(args = CODES)]
fn decode_no_errors(bencher: Bencher, code: (u32, usize)) {
    decode(bencher, code, |_| 0);
}

#[divan::bench(args = CODES)]
fn decode_hopeless(bencher: Bencher, code: (u32, usize)) {
    decode(bencher, code, |t| 2 * t);
}

#[divan::bench(args = CODES)]
fn encode(bencher: Bencher, (m, k): (u32, usize)) {
    let code = Bch::with_dimension(m, k).unwrap();
    let message = message(&code, &mut ChaCha8Rng::seed_from_u64(1));
    bencher.bench_local(|| code.encode(&message));
}

#[divan::bench(args = [(8, 21), (9, 85), (10, 181), (13, 14)])]
fn build(bencher: Bencher, (m, t): (u32, usize)) {
    bencher.bench_local(|| Bch::new(m, t));
}

/// Everything at the default cost: nearly all of it is Argon2id (64 MiB, 3 passes).
#[divan::bench(sample_count = 5, sample_size = 1)]
fn recover_default(bencher: Bencher) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let passphrase = Passphrase::for_new_key("a bench for the palm").unwrap();
    // As many numbers as a feature has.
    let word: Vec<i32> = (0..2048).map(|_| rng.next_u32() as i32 >> 8).collect();
    let factors = Factors::passphrase(&passphrase);
    let params = CommitParams::default();
    let (record, _) = commit(&word, factors, &[0; 32], &params, &mut rng).unwrap();
    bencher.bench_local(|| {
        record
            .recover(&word, factors, &[0; 32])
            .map(|pair| pair.public())
    });
}
