//! The RSA generator of the palm-hash key paper, to compare with. **Use [`det_keygen`](super::det_keygen).**
//!
//! The seed S is split into S1 and S2; a generator of pseudorandom numbers turns each into an integer of 1,024 bits; the
//! last bit is set to 1; 2 is added until Miller–Rabin passes; d = e⁻¹ mod φ(n).
//!
//! # What is wrong with it
//! * p depends on half the seed only: at 256 bits of seed, 128 bits decide p, and p gives everything.
//! * Only the last bit is set. The highest bits may be 0, and n is shorter than 2,048 bits in most keys.
//! * Adding 2 prefers primes behind wide gaps, and lets a guess of a seed half be tested by a few small divisions of n.
//! * |p − q|, gcd(p − 1, q − 1) and d are not checked. FIPS 186-5 asks for all of these.
//!
//! # Left open by the paper
//! The PRNG (here ChaCha20 under SHA-256 of the half, nonce 0), the rounds of Miller–Rabin (here base 2 and five more), e
//! (here the first odd number from 65537 on that is coprime to φ) and what if p = q (here p counts on).

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use crypto_bigint::U1024;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::primality::is_prime;
use super::{PUBLIC_EXPONENT, RsaError, RsaKey, Totient};

/// Rounds of Miller–Rabin beside base 2.
const ROUNDS: usize = 5;
/// Most steps of +2: 1024-bit primes are 355 odd numbers apart on average.
const MAX_STEPS: usize = 1 << 20;

/// The RSA key of a seed as the paper makes it. n has up to 2,048 bits.
///
/// # Errors
/// [`RsaError::NoPrime`], which does not happen.
pub fn generate_as_published(seed: &[u8; 32]) -> Result<RsaKey, RsaError> {
    let p = next_prime(starting_point(&seed[..16]), None)?;
    let q = next_prime(starting_point(&seed[16..]), Some(&p))?;
    let bytes = |number: &U1024| Zeroizing::new(number.to_be_bytes().as_ref().to_vec());
    let (p, q) = (bytes(&p), bytes(&q));
    (PUBLIC_EXPONENT..PUBLIC_EXPONENT + 1000)
        .step_by(2)
        .find_map(|e| RsaKey::from_primes(&p, &q, e, Totient::Euler))
        .ok_or(RsaError::NoPrime)
}

/// The odd integer of 1,024 bits (the first of which may be 0) that half a seed becomes.
pub fn starting_point(half: &[u8]) -> U1024 {
    let key = Zeroizing::new(Sha256::digest(half));
    let mut bytes = Zeroizing::new([0; U1024::BYTES]);
    ChaCha20::new(&key, &[0; 12].into()).apply_keystream(bytes.as_mut_slice());
    bytes[U1024::BYTES - 1] |= 1;
    U1024::from_be_slice(bytes.as_slice())
}

/// The first prime from an odd number on that is not `other`.
fn next_prime(mut candidate: U1024, other: Option<&U1024>) -> Result<U1024, RsaError> {
    for _ in 0..MAX_STEPS {
        if !bool::from(candidate.is_zero())
            && Some(&candidate) != other
            && is_prime(&candidate, ROUNDS)
        {
            return Ok(candidate);
        }
        candidate = candidate.wrapping_add(&U1024::from_u8(2));
    }
    Err(RsaError::NoPrime)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto_bigint::{BoxedUint, NonZero};

    /// n is p · q, p comes at most a few thousand after its starting point, and depends on the first half only.
    #[test]
    fn half_the_seed_decides_p() {
        let mut short = 0;
        for i in 0..3u8 {
            let mut seed = [i; 32];
            let key = generate_as_published(&seed).unwrap();
            seed[31] ^= 1;
            let other = generate_as_published(&seed).unwrap();
            assert_eq!(*key.p, *other.p);
            assert_ne!(*key.q, *other.q);
            let n = BoxedUint::from_be_slice_vartime(&key.n);
            // The attack: divide n by the first numbers behind the starting point of a guessed half.
            let start = starting_point(&seed[..16]);
            let found = (0..20_000u64).find(|j| {
                let guess = BoxedUint::from(start.wrapping_add(&U1024::from_u64(2 * j)));
                n.rem_vartime(&NonZero::new(guess).unwrap())
                    .is_zero()
                    .into()
            });
            assert!(found.is_some());
            short += usize::from(key.n.len() < 256 || key.n[0] < 0x80);
        }
        assert!(short > 0, "most moduli are shorter than 2048 bits");
    }
}
