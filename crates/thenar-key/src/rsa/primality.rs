//! Is a random number prime? Trial division, then Miller–Rabin by `crypto-primes`.

use std::sync::OnceLock;

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use crypto_bigint::{Limb, NonZero, Odd, Reciprocal, Uint, Word};
use crypto_primes::hazmat::MillerRabin;
use sha2::{Digest, Sha256};

/// Trial divisors go up to this prime (C2SP det-keygen, step 13).
const LAST_SMALL_PRIME: Word = 1619;

/// Small primes whose product fits a machine word, and what divides by that product fast.
struct Group {
    product: Reciprocal,
    primes: Vec<Word>,
}

/// The odd primes up to [`LAST_SMALL_PRIME`], in groups: one division of the candidate serves a whole group.
fn groups() -> &'static [Group] {
    static GROUPS: OnceLock<Vec<Group>> = OnceLock::new();
    GROUPS.get_or_init(|| {
        let is_prime = |n: &Word| {
            (3..*n)
                .step_by(2)
                .take_while(|d| d * d <= *n)
                .all(|d| !n.is_multiple_of(d))
        };
        let mut lists: Vec<(Word, Vec<Word>)> = Vec::new();
        for prime in (3..=LAST_SMALL_PRIME).step_by(2).filter(is_prime) {
            match lists
                .last_mut()
                .and_then(|(product, primes)| Some((product.checked_mul(prime)?, product, primes)))
            {
                Some((next, product, primes)) => {
                    *product = next;
                    primes.push(prime);
                }
                None => lists.push((prime, vec![prime])),
            }
        }
        let group = |(product, primes)| {
            let product = NonZero::new(Limb(product)).into_option()?;
            Some(Group {
                product: Reciprocal::new(product),
                primes,
            })
        };
        lists.into_iter().filter_map(group).collect()
    })
}

/// Whether a small prime divides the candidate, which must be larger than all of them.
fn has_small_factor<const LIMBS: usize>(candidate: &Uint<LIMBS>) -> bool {
    groups().iter().any(|group| {
        let rest = candidate.rem_limb_with_reciprocal(&group.product).0;
        group.primes.iter().any(|prime| rest.is_multiple_of(*prime))
    })
}

/// Whether a candidate drawn at random (not chosen by an enemy) is prime: no small factor, and Miller–Rabin to base 2 and
/// `rounds` random bases. The bases come from the candidate itself by SHA-256 and ChaCha20, so the answer is always the same.
pub(super) fn is_prime<const LIMBS: usize>(candidate: &Uint<LIMBS>, rounds: usize) -> bool {
    let Some(odd) = Odd::new(*candidate).into_option() else {
        return false;
    };
    if has_small_factor(candidate) {
        return false;
    }
    let test = MillerRabin::new(odd);
    if !test.test_base_two().is_probably_prime() {
        return false;
    }
    let mut hash = Sha256::new();
    candidate
        .as_limbs()
        .iter()
        .for_each(|limb| hash.update(limb.to_le_bytes()));
    let mut bases = ChaCha20::new(&hash.finalize(), &[0; 12].into());
    (0..rounds).all(|_| {
        let mut limbs = [Limb::ZERO; LIMBS];
        // The top limb stays 0, so the base is below every candidate.
        for limb in limbs.iter_mut().take(LIMBS - 1) {
            let mut bytes = [0; Limb::BYTES];
            bases.apply_keystream(&mut bytes);
            *limb = Limb(Word::from_le_bytes(bytes));
        }
        test.test(&Uint::new(limbs)).is_probably_prime()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto_bigint::U128;

    #[test]
    fn all_255_small_primes_are_divided_by() {
        let primes: Vec<Word> = groups().iter().flat_map(|g| g.primes.clone()).collect();
        assert_eq!(primes.len(), 255);
        assert_eq!((primes[0], primes[254]), (3, 1619));
        let large = U128::from_u128((1 << 127) - 1);
        assert!(!has_small_factor(&large));
        for prime in primes {
            assert!(has_small_factor(&U128::from_u128(
                ((1 << 89) - 1) * u128::from(prime)
            )));
        }
    }

    /// Mersenne primes, Carmichael numbers and strong pseudoprimes to base 2, against what they are.
    #[test]
    fn known_primes_and_pseudoprimes() {
        for prime in [(1u128 << 127) - 1, (1 << 107) - 1, (1 << 89) - 1] {
            assert!(is_prime(&U128::from_u128(prime), 5));
        }
        // ψ13 = 3317044064679887385961981 is a strong pseudoprime to the first thirteen prime bases (Sorenson, Webster 2015).
        let psi13 = 3_317_044_064_679_887_385_961_981u128;
        let composite = [
            psi13,
            ((1 << 61) - 1) * ((1 << 31) - 1),
            (1 << 127) - 3,
            1 << 100,
        ];
        for number in composite {
            assert!(!is_prime(&U128::from_u128(number), 5), "{number}");
        }
    }
}
