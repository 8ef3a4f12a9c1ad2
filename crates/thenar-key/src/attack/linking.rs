//! The decodability attack: do two records belong to one palm?

use super::log2_choose;
use crate::bch::{Bch, BchError};
use crate::bits;

/// Outcome of an attack on many pairs of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    /// Pairs tried.
    pub tried: usize,
    /// Pairs whose sum decodes: said to be of one palm.
    pub decoded: usize,
}

/// Tries to decode the sum of the helper data of each pair (Simoens, Tuyls, Preneel, *Privacy weaknesses in biometric
/// sketches*, IEEE S&P 2009). Helper data are n bits: δ of a code offset, or parity with a message of zeros
/// ([`PublishedRecord::helper_word`](crate::published::PublishedRecord::helper_word)).
///
/// δ₁ ⊕ δ₂ = (w₁ ⊕ w₂) ⊕ codeword, so the sum decodes if the palm hashes differ in at most t bits. Parity gives the same
/// with the difference in the message. Records of two palms decode as random words do ([`chance_of_decoding`]).
///
/// # Errors
/// Helper data that are not n bits.
pub fn decodability<'a>(
    code: &Bch,
    pairs: impl IntoIterator<Item = (&'a [u64], &'a [u64])>,
) -> Result<Linked, BchError> {
    let mut linked = Linked::default();
    let mut scratch = code.scratch();
    for (one, other) in pairs {
        bits::check(one, code.n())?;
        bits::check(other, code.n())?;
        let mut sum: Vec<u64> = one.iter().zip(other).map(|(a, b)| a ^ b).collect();
        linked.tried += 1;
        linked.decoded += usize::from(code.correct(&mut sum, &mut scratch).is_ok());
    }
    Ok(linked)
}

/// The sum of the helper data of two records whose codes keep each of `n` bits in `copies` numbers, read back bit by bit: what
/// most of its places say, and of equally many the first. What [`decodability`] is given, beside a word of zeros, for such
/// records.
///
/// # Errors
/// Helper data that are not `n · copies` bits.
pub fn majorities(
    (one, other): (&[u64], &[u64]),
    n: usize,
    copies: usize,
) -> Result<Vec<u64>, BchError> {
    bits::check(one, n * copies)?;
    bits::check(other, n * copies)?;
    let differs = |place: usize| bits::get(one, place) != bits::get(other, place);
    let mut word = vec![0; bits::words_for(n)];
    for bit in 0..n {
        let places = bit * copies..(bit + 1) * copies;
        let differing = places.filter(|&place| differs(place)).count();
        let says_one = match (2 * differing).cmp(&copies) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => differs(bit * copies),
        };
        word[bit / 64] |= u64::from(says_one) << (bit % 64);
    }
    Ok(word)
}

/// log2 of the share of all words within t of a codeword: `log2(Σ_{i≤t} C(n, i)) − (n − k)`.
pub fn chance_of_decoding(code: &Bch) -> f64 {
    // Relative to the largest term, the last one for t < n/2, so that nothing overflows.
    let largest = log2_choose(code.n(), code.t());
    let sum: f64 = (0..=code.t())
        .map(|i| (log2_choose(code.n(), i) - largest).exp2())
        .sum();
    largest + sum.log2() - (code.n() - code.k()) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::{numbers, random_word, with_errors};
    use crate::published::{MIN_ITERATIONS, commit_as_published};
    use crate::{CodeParams, CommitParams, Cost, Factors, Passphrase, commit};
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    const PAIRS: usize = 5000;

    fn count(code: &Bch, pairs: &[[Vec<u64>; 2]]) -> Linked {
        let pairs = pairs.iter().map(|[a, b]| (a.as_slice(), b.as_slice()));
        decodability(code, pairs).unwrap()
    }

    /// 8 of 127 bits apart (6 %): well inside t = 21, so both records open with either palm.
    #[test]
    fn repaired_records_of_one_palm_decode_as_random_words_do() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let secret = Passphrase::for_recovery("a fair wind").unwrap();
        let cost = Cost {
            memory_kib: 8,
            passes: 1,
            lanes: 1,
        };
        let params = CommitParams {
            cost,
            code: CodeParams::BCH_127_29,
            copies: 1,
            ..CommitParams::default()
        };
        let code = params.code.build().unwrap();
        let pairs: Vec<[Vec<u64>; 2]> = (0..PAIRS)
            .map(|_| {
                let palm = random_word(&mut rng, 127);
                [palm.clone(), with_errors(&mut rng, &palm, 127, 8)].map(|palm| {
                    let palm = numbers(&palm, 127);
                    let factors = Factors::passphrase(&secret);
                    let made = commit(&palm, factors, &[0; 32], &params, &mut rng).unwrap();
                    made.0.helper_data().to_vec()
                })
            })
            .collect();
        let linked = count(&code, &pairs);
        println!("repaired, one palm: {} of {}", linked.decoded, linked.tried);
        assert_eq!(
            linked,
            Linked {
                tried: PAIRS,
                decoded: 0
            }
        );
    }

    /// With several numbers for each bit the attacker takes the majority first: without the mask the copies of each bit of
    /// the sum would agree where the palm does.
    #[test]
    fn majorities_of_repaired_records_decode_as_random_words_do() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        let secret = Passphrase::for_recovery("both know it").unwrap();
        let params = CommitParams {
            cost: Cost {
                memory_kib: 8,
                passes: 1,
                lanes: 1,
            },
            ..CommitParams::default()
        };
        let (code, copies) = (params.code.build().unwrap(), usize::from(params.copies));
        let mut agreeing = 0;
        let pairs: Vec<[Vec<u64>; 2]> = (0..1000)
            .map(|_| {
                let palm = numbers(&random_word(&mut rng, params.bits()), params.bits());
                let factors = Factors::passphrase(&secret);
                let helpers = [(); 2].map(|()| {
                    let made = commit(&palm, factors, &[0; 32], &params, &mut rng).unwrap();
                    made.0.helper_data().to_vec()
                });
                let (one, other) = (&helpers[0], &helpers[1]);
                for bit in 0..code.n() {
                    let places = bit * copies..(bit + 1) * copies;
                    let differing = places
                        .filter(|&i| bits::get(one, i) != bits::get(other, i))
                        .count();
                    agreeing += usize::from(differing == 0 || differing == copies);
                }
                let majority = majorities((one, other), code.n(), copies).unwrap();
                [majority, vec![0; 2]]
            })
            .collect();
        assert_eq!(count(&code, &pairs).decoded, 0);
        // Eight random bits agree with probability 2^-7; four standard deviations.
        let expected = 127_000.0 / 128.0;
        let off = (agreeing as f64 - expected).abs();
        assert!(off < 4.0 * f64::sqrt(expected), "{agreeing} of 127,000");
    }

    /// Without the mask the attack finds them: offsets of one palm hash differ by a codeword, some bits wrong or not.
    #[test]
    fn majorities_of_unmasked_offsets_of_one_palm_decode() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let code = Bch::new(7, 10).unwrap();
        for copies in [1, 2, 5, 8] {
            let length = code.n() * copies;
            let sum = |errors: usize, rng: &mut ChaCha20Rng| {
                let message = random_word(rng, code.k());
                let word = code.encode(&message).unwrap();
                let mut wide = vec![0u64; bits::words_for(length)];
                for place in 0..length {
                    wide[place / 64] |= bits::get(&word, place / copies) << (place % 64);
                }
                let palm = random_word(rng, length);
                wide.iter_mut().zip(&palm).for_each(|(w, p)| *w ^= p);
                let near = with_errors(rng, &palm, length, errors);
                majorities((&wide, &near), code.n(), copies).unwrap()
            };
            let pairs = [0, 10].map(|errors| [sum(errors, &mut rng), vec![0; 2]]);
            assert_eq!(count(&code, &pairs).decoded, 2, "{copies} copies");
        }
        assert!(majorities((&[0; 2], &[0; 1]), 127, 1).is_err());
    }

    #[test]
    fn published_records_of_one_palm_are_linked_and_those_of_two_are_not() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let params = CodeParams::full(7, 11);
        let code = params.build().unwrap();
        let helper = |hash: &[u64], rng: &mut ChaCha20Rng| {
            let secret = Passphrase::for_recovery("each has another").unwrap();
            let made = commit_as_published(hash, &secret, params, MIN_ITERATIONS, rng).unwrap();
            made.0.helper_word(&code).unwrap()
        };
        let (mut mated, mut others) = (Vec::new(), Vec::new());
        for _ in 0..500 {
            let palm = random_word(&mut rng, 57);
            let near = with_errors(&mut rng, &palm, 57, 11);
            let stranger = random_word(&mut rng, 57);
            let records = [&palm, &near, &stranger].map(|hash| helper(hash, &mut rng));
            let [first, second, third] = records;
            mated.push([first.clone(), second]);
            others.push([first, third]);
        }
        let (mated, others) = (count(&code, &mated), count(&code, &others));
        println!(
            "published: {} of {} pairs of one palm, {} of {} of two palms",
            mated.decoded, mated.tried, others.decoded, others.tried
        );
        assert_eq!(mated.decoded, 500);
        assert_eq!(others.decoded, 0);
    }

    /// At (31, 6, t = 7) a random word decodes with probability 0.1065 (Python: `sum(math.comb(31, i) for i in range(8)) /
    /// 2**25`): the attack must count those.
    #[test]
    fn random_words_decode_as_often_as_the_formula_says() {
        let code = Bch::new(5, 7).unwrap();
        assert!((chance_of_decoding(&code) - (-3.2316088817)).abs() < 1e-9);
        let default = CodeParams::BCH_127_29.build().unwrap();
        assert!((chance_of_decoding(&default) - (-18.9221854519)).abs() < 1e-9);
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let pairs: Vec<_> = (0..4000)
            .map(|_| [random_word(&mut rng, 31), random_word(&mut rng, 31)])
            .collect();
        let linked = count(&code, &pairs);
        let expected = 4000.0 * chance_of_decoding(&code).exp2();
        // Four standard deviations.
        let off = (linked.decoded as f64 - expected).abs();
        assert!(
            off < 4.0 * expected.sqrt(),
            "{linked:?}, expected {expected}"
        );
    }
}
