//! Codes against tables, plain references and every error pattern that can be tried.

use super::*;
use crate::bits::get;
use crate::drawn::{random_word, with_errors};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// (k, t) of every code of length 31, 63, 127 and 255: Lin and Costello (2004), table 6.1.
#[rustfmt::skip]
const KNOWN: [(u32, &[(usize, usize)]); 4] = [
    (5, &[(26, 1), (21, 2), (16, 3), (11, 5), (6, 7)]),
    (6, &[
        (57, 1), (51, 2), (45, 3), (39, 4), (36, 5), (30, 6), (24, 7), (18, 10), (16, 11), (10, 13), (7, 15),
    ]),
    (7, &[
        (120, 1), (113, 2), (106, 3), (99, 4), (92, 5), (85, 6), (78, 7), (71, 9), (64, 10), (57, 11), (50, 13),
        (43, 14), (36, 15), (29, 21), (22, 23), (15, 27), (8, 31),
    ]),
    (8, &[
        (247, 1), (239, 2), (231, 3), (223, 4), (215, 5), (207, 6), (199, 7), (191, 8), (187, 9), (179, 10),
        (171, 11), (163, 12), (155, 13), (147, 14), (139, 15), (131, 18), (123, 19), (115, 21), (107, 22),
        (99, 23), (91, 25), (87, 26), (79, 27), (71, 29), (63, 30), (55, 31), (47, 42), (45, 43), (37, 45),
        (29, 47), (21, 55), (13, 59), (9, 63),
    ]),
];

/// Codes beyond those tables that palm keys use.
const PALM_CODES: [(u32, usize, usize); 8] = [
    (9, 76, 85),
    (9, 67, 87),
    (9, 49, 93),
    (9, 121, 58),
    (9, 250, 31),
    (10, 91, 181),
    (10, 123, 170),
    (10, 513, 57),
];

#[test]
fn dimensions_are_those_of_the_published_table() {
    for (m, rows) in KNOWN {
        for &(k, t) in rows {
            let code = Bch::new(m, t).unwrap();
            assert_eq!((code.k(), code.max_t()), (k, t), "m = {m}, t = {t}");
            assert_eq!(
                Bch::with_dimension(m, k).unwrap().t(),
                t,
                "m = {m}, k = {k}"
            );
        }
        // Between two rows, the code is that of the next row; nothing else exists but the repetition code.
        let n = (1usize << m) - 1;
        for t in 1..n / 2 {
            let k = Bch::new(m, t).unwrap().k();
            let expected = rows.iter().find(|row| row.1 >= t).map_or(1, |row| row.0);
            assert_eq!(k, expected, "m = {m}, t = {t}");
        }
    }
    for (m, k, t) in PALM_CODES {
        let code = Bch::new(m, t).unwrap();
        assert_eq!(code.k(), k, "m = {m}, t = {t}");
        assert!(code.max_t() >= t);
        assert_eq!(Bch::with_dimension(m, k).unwrap().max_t(), code.max_t());
    }
}

#[test]
fn the_table_of_codes_is_that_of_the_codes_built() {
    for (m, rows) in KNOWN {
        let n = (1usize << m) - 1;
        let mut expected: Vec<_> = rows.iter().map(|&(k, t)| (n, k, t)).collect();
        expected.push((n, 1, n / 2));
        assert_eq!(codes(m).unwrap(), expected, "m = {m}");
    }
    for m in [9, 10] {
        let table = codes(m).unwrap();
        for &(n, k, t) in table.iter().step_by(7) {
            let code = Bch::new(m, t).unwrap();
            assert_eq!((code.n(), code.k(), code.max_t()), (n, k, t));
        }
        for (_, k, t) in PALM_CODES.into_iter().filter(|row| row.0 == m) {
            assert!(table.iter().any(|row| row.1 == k && row.2 >= t), "{k} {t}");
        }
    }
    assert!(codes(4).is_err() && codes(14).is_err());
}

#[test]
fn impossible_codes_are_refused() {
    assert_eq!(
        Bch::new(4, 1).unwrap_err(),
        BchError::FieldDegree { found: 4 }
    );
    assert_eq!(
        Bch::new(9, 0).unwrap_err(),
        BchError::NoSuchT { m: 9, t: 0 }
    );
    assert_eq!(
        Bch::new(5, 16).unwrap_err(),
        BchError::NoSuchT { m: 5, t: 16 }
    );
    assert_eq!(
        Bch::with_dimension(9, 75).unwrap_err(),
        BchError::NoSuchK { m: 9, k: 75 }
    );
    assert_eq!(
        Bch::shortened(5, 3, 15).unwrap_err(),
        BchError::Length {
            n: 15,
            min: 16,
            max: 31
        }
    );
    assert_eq!(
        Bch::shortened(5, 3, 32).unwrap_err(),
        BchError::Length {
            n: 32,
            min: 16,
            max: 31
        }
    );
    let code = Bch::new(5, 3).unwrap();
    assert!(matches!(code.encode(&[1 << 16]), Err(BchError::Bits(_))));
    assert!(matches!(code.decode(&[1 << 31]), Err(BchError::Bits(_))));
    assert!(matches!(code.decode(&[0, 0]), Err(BchError::Bits(_))));
    let mut other = Bch::new(5, 5).unwrap().scratch();
    assert!(matches!(
        code.correct(&mut [0], &mut other),
        Err(BchError::Bits(_))
    ));
}

/// Systematic encoding by schoolbook division, one coefficient at a time.
fn slow_encode(code: &Bch, message: &[u64]) -> Vec<u64> {
    let parity = code.n() - code.k();
    let mut codeword = vec![0; words_for(code.n())];
    (0..code.k())
        .filter(|&i| get(message, i) == 1)
        .for_each(|i| flip(&mut codeword, parity + i));
    let mut rest = codeword.clone();
    for top in (parity..code.n()).rev() {
        if get(&rest, top) == 1 {
            (0..=parity)
                .filter(|&i| get(code.generator(), i) == 1)
                .for_each(|i| flip(&mut rest, top - parity + i));
        }
    }
    codeword
        .iter_mut()
        .zip(&rest)
        .for_each(|(word, rest)| *word ^= rest);
    codeword
}

#[test]
fn encoding_agrees_with_schoolbook_division() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for m in 5..=10 {
        let n = (1usize << m) - 1;
        for t in [1, 2, 3, n / 12, n / 6, n / 2] {
            let code = Bch::new(m, t).unwrap();
            for _ in 0..4 {
                let message = random_word(&mut rng, code.k());
                let codeword = code.encode(&message).unwrap();
                assert_eq!(*codeword, slow_encode(&code, &message), "m = {m}, t = {t}");
                assert!(code.is_codeword(&codeword).unwrap());
                let other = with_errors(&mut rng, &codeword, n, 1);
                assert!(!code.is_codeword(&other).unwrap());
            }
        }
    }
}

/// All words of `n` bits and weight `ones`, in rising order (Gosper's hack).
fn patterns(n: u32, ones: usize) -> impl Iterator<Item = u64> {
    core::iter::successors(Some((1u64 << ones) - 1), |x| {
        let low = x & x.wrapping_neg();
        (low != 0).then(|| {
            let ripple = x + low;
            ripple | (((x ^ ripple) / low) >> 2)
        })
    })
    .take_while(move |x| x >> n == 0)
}

#[test]
fn every_pattern_up_to_t_is_corrected_at_length_31() {
    for t in [1, 2, 3, 5, 7] {
        let code = Bch::new(5, t).unwrap();
        let message = random_word(&mut ChaCha8Rng::seed_from_u64(t as u64), code.k());
        let codeword = code.encode(&message).unwrap();
        let mut scratch = code.scratch();
        let mut tried = 0u64;
        for errors in 0..=t {
            for pattern in patterns(31, errors) {
                let mut word = vec![codeword[0] ^ pattern];
                assert_eq!(code.correct(&mut word, &mut scratch), Ok(errors));
                assert_eq!(word, *codeword);
                tried += 1;
            }
        }
        assert_eq!(
            tried,
            (0..=t as u64)
                .map(|e| (0..e).fold(1, |c, i| c * (31 - i) / (i + 1)))
                .sum::<u64>()
        );
    }
}

/// Brute force: the codeword nearest to `word`, and its distance, over all codewords.
fn nearest(codewords: &[u64], word: u64) -> (u64, usize) {
    let nearest = codewords
        .iter()
        .min_by_key(|c| (**c ^ word).count_ones())
        .unwrap();
    (*nearest, (nearest ^ word).count_ones() as usize)
}

#[test]
fn decoding_agrees_with_the_nearest_codeword() {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    for (m, t, n) in [
        (5, 3, 31),
        (5, 5, 31),
        (5, 7, 31),
        (5, 3, 24),
        (6, 10, 55),
        (6, 13, 63),
        (6, 15, 63),
        (5, 15, 31),
    ] {
        let code = Bch::shortened(m, t, n).unwrap();
        let codewords: Vec<u64> = (0..1u64 << code.k())
            .map(|message| code.encode(&[message]).unwrap()[0])
            .collect();
        let (mut decoded, mut refused) = (0, 0);
        for i in 0..400 {
            // Half of the words are near a codeword, so that both outcomes are met.
            let word = match i % 2 {
                0 => random_word(&mut rng, n)[0],
                _ => with_errors(
                    &mut rng,
                    &codewords[i % codewords.len()..][..1],
                    n,
                    i % (t + 2),
                )[0],
            };
            let (expected, distance) = nearest(&codewords, word);
            match code.decode(&[word]) {
                Ok(got) => {
                    assert_eq!((got.codeword[0], got.errors), (expected, distance));
                    decoded += 1;
                }
                Err(error) => {
                    assert_eq!(error, BchError::TooManyErrors { t });
                    assert!(
                        distance > t,
                        "m = {m}, t = {t}, n = {n}: {word:x} at {distance}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(
            decoded > 0 && (refused > 0 || t == 15),
            "m = {m}, t = {t}: {decoded} decoded, {refused} refused"
        );
    }
}

#[test]
fn random_patterns_up_to_t_are_corrected_at_every_degree() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for m in 5..=13u32 {
        let n = (1usize << m) - 1;
        for t in [1, 2, 7, n / 24, n / 6] {
            let full = Bch::new(m, t).unwrap();
            for length in [n, n - full.k() / 2] {
                let code = Bch::shortened(m, t, length).unwrap();
                let message = random_word(&mut rng, code.k());
                let codeword = code.encode(&message).unwrap();
                for errors in [0, 1, t / 2, t] {
                    let word = with_errors(&mut rng, &codeword, length, errors);
                    let decoded = code.decode(&word).unwrap();
                    assert_eq!(
                        (&decoded.codeword, &decoded.message, decoded.errors),
                        (&*codeword, &message, errors)
                    );
                }
            }
        }
    }
}

#[test]
fn beyond_t_a_success_is_always_a_codeword_within_t() {
    // Long codes never succeed by chance; the short ones do, and then on a true codeword.
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut by_chance = 0;
    for (m, t) in [
        (5, 1),
        (5, 3),
        (6, 2),
        (7, 1),
        (7, 11),
        (8, 21),
        (9, 85),
        (10, 181),
    ] {
        let code = Bch::new(m, t).unwrap();
        let mut scratch = code.scratch();
        for _ in 0..300 {
            let word = random_word(&mut rng, code.n());
            let mut corrected = word.clone();
            match code.correct(&mut corrected, &mut scratch) {
                Ok(errors) => {
                    assert!(code.is_codeword(&corrected).unwrap());
                    assert_eq!(distance(&word, &corrected), errors);
                    assert!(errors <= t);
                    by_chance += 1;
                }
                Err(_) => assert_eq!(word, corrected, "a failed decode must leave the word alone"),
            }
        }
    }
    assert!(
        by_chance > 100,
        "short codes must have been decoded by chance, {by_chance}"
    );
}

/// Chien's search as published: the locator at every alpha^(−i).
#[test]
fn the_root_search_agrees_with_chien() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    for (m, t) in [(5, 5), (8, 21), (9, 85)] {
        let code = Bch::new(m, t).unwrap();
        let codeword = code.encode(&random_word(&mut rng, code.k())).unwrap();
        let mut scratch = code.scratch();
        scratch.word = with_errors(&mut rng, &codeword, code.n(), t);
        let received = scratch.word.clone();
        assert_eq!(code.flip_errors(&mut scratch), Some(t));
        let field = &code.field;
        for i in 0..code.n() {
            let value = scratch.locator.iter().enumerate().fold(0, |sum, (j, c)| {
                sum ^ field.mul(*c, field.power(j * (code.n() - i)))
            });
            assert_eq!(
                value == 0,
                get(&received, i) != get(&scratch.word, i),
                "m = {m}, place {i}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_code_corrects_any_t_errors(m in 5u32..=9, part in 0.0f64..1.0, cut in 0.0f64..1.0, seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let n = (1usize << m) - 1;
        let t = 1 + (part * (n / 2 - 1) as f64) as usize;
        let full = Bch::new(m, t).unwrap();
        let code = Bch::shortened(m, t, n - (cut * (full.k() - 1) as f64) as usize).unwrap();
        let message = random_word(&mut rng, code.k());
        let codeword = code.encode(&message).unwrap();
        let word = with_errors(&mut rng, &codeword, code.n(), t);
        let decoded = code.decode(&word).unwrap();
        prop_assert_eq!(&decoded.message, &message);
        prop_assert_eq!(decoded.errors, t);
    }
}
