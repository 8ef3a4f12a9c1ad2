//! RSA by [C2SP det-keygen](https://c2sp.org/det-keygen): the same seed gives the same key in every implementation, and
//! its test vectors are golden files here.
//!
//! HMAC_DRBG-SHA256 over the seed draws candidates of half the size; the two highest and three lowest bits are set; a
//! candidate that is not prime is thrown away (no search by +2). d is e⁻¹ modulo λ, e = 65537.
//!
//! Steps 19, 20 and 23 reject both primes and go on with the generator, as the specification says. The criteria of
//! FIPS 186-5, A.1.1 hold by construction; a palm and a passphrase are no approved source of a seed, so keys made from
//! them can never *comply* with FIPS 186-5.

use crypto_bigint::{Limb, U1024, U1536, U2048, Uint};
use zeroize::{Zeroize, Zeroizing};

use super::primality::is_prime;
use super::{PUBLIC_EXPONENT, RsaError, RsaKey, Totient};
use crate::drbg::HmacDrbg;

/// Fewest bytes of a seed. It should have 192 bits of entropy; the seeds of a commitment have 256.
pub const MIN_SEED_LEN: usize = 16;

/// The RSA key of a seed and a size of 2048, 3072 or 4096 bits.
///
/// # Errors
/// Another size or a shorter seed. [`RsaError::NoPrime`] does not happen.
pub fn generate(seed: &[u8], bits: u32) -> Result<RsaKey, RsaError> {
    if seed.len() < MIN_SEED_LEN {
        return Err(RsaError::Seed {
            found: seed.len(),
            min: MIN_SEED_LEN,
        });
    }
    match bits {
        2048 => search::<{ U1024::LIMBS }>(seed, bits, 5),
        3072 => search::<{ U1536::LIMBS }>(seed, bits, 4),
        4096 => search::<{ U2048::LIMBS }>(seed, bits, 4),
        found => Err(RsaError::Size { found }),
    }
}

/// Steps 1–25, with `rounds` of Miller–Rabin beside base 2.
fn search<const LIMBS: usize>(seed: &[u8], bits: u32, rounds: usize) -> Result<RsaKey, RsaError> {
    let size = [(bits >> 8) as u8, bits as u8];
    let mut drbg = HmacDrbg::new(seed, &[b"det RSA key gen", &size]);
    loop {
        let p = prime::<LIMBS>(&mut drbg, bits, rounds)?;
        drbg.end_request();
        let q = prime::<LIMBS>(&mut drbg, bits, rounds)?;
        if let Some(key) = RsaKey::from_primes(&p, &q, PUBLIC_EXPONENT, Totient::Carmichael) {
            return Ok(key);
        }
        drbg.end_request();
    }
}

/// Steps 8–13.
fn prime<const LIMBS: usize>(
    drbg: &mut HmacDrbg,
    bits: u32,
    rounds: usize,
) -> Result<Zeroizing<Vec<u8>>, RsaError> {
    let mut bytes = Zeroizing::new(vec![0; LIMBS * Limb::BYTES]);
    for _ in 0..10 * bits {
        drbg.fill(&mut bytes);
        if let Some(first) = bytes.first_mut() {
            *first |= 0b1100_0000;
        }
        if let Some(last) = bytes.last_mut() {
            *last |= 0b0000_0111;
        }
        let mut candidate = Uint::<LIMBS>::from_be_slice(&bytes);
        let found = is_prime(&candidate, rounds);
        candidate.zeroize();
        if found {
            return Ok(bytes);
        }
        drbg.end_request();
    }
    Err(RsaError::NoPrime)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_sizes_and_short_seeds_are_refused() {
        assert_eq!(
            generate(&[0; 32], 1024).unwrap_err(),
            RsaError::Size { found: 1024 }
        );
        assert_eq!(
            generate(&[0; 32], 2064).unwrap_err(),
            RsaError::Size { found: 2064 }
        );
        assert_eq!(
            generate(&[0; 15], 2048).unwrap_err(),
            RsaError::Seed { found: 15, min: 16 }
        );
    }
}
