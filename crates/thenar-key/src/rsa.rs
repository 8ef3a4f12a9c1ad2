//! RSA keys from seeds: two generators and the numbers of a key. No RSA private operation is done here: programs do those
//! with a library that hides their timing (`aws-lc-rs` takes [`KeyPair::to_pem`](crate::KeyPair::to_pem)).
//!
//! * [`det_keygen`]: C2SP det-keygen, for keys that are used.
//! * [`published`]: the generator of the palm-hash key paper, to compare with.
//!
//! # Timing
//! The search for primes takes a time that depends on the seed, as it does everywhere: rejected candidates tell nothing of
//! the next ones, because each comes fresh out of HMAC_DRBG. The arithmetic on the primes themselves is that of
//! `crypto-bigint`, in constant time; the lengths of the numbers written to a key file are not hidden.

pub mod det_keygen;
mod primality;
pub mod published;

use crypto_bigint::{BoxedUint, ConcatenatingMul, Gcd, Limb, NonZero, Odd, Resize, Word};
use zeroize::{Zeroize, Zeroizing};

/// The public exponent of [`det_keygen`], and the first that [`published`] tries.
pub const PUBLIC_EXPONENT: u32 = 65_537;

/// Why no key came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RsaError {
    /// A size that is not offered.
    #[error("RSA keys of {found} bits are not made; 2048, 3072 and 4096 are")]
    Size {
        /// Bits asked for.
        found: u32,
    },
    /// A seed that is too short to be a secret.
    #[error("the seed of an RSA key has {found} bytes, at least {min} are needed")]
    Seed {
        /// Bytes given.
        found: usize,
        /// Fewest allowed.
        min: usize,
    },
    /// The search ran longer than FIPS 186-5 allows: for a sound machine this does not happen (probability below 2⁻⁸⁰).
    #[error("no RSA prime was found within the candidates that FIPS 186-5 allows")]
    NoPrime,
}

/// A number as big-endian bytes without leading zeros. Wiped when dropped.
pub type Number = Zeroizing<Vec<u8>>;

/// An RSA key of two primes, in the names of RFC 8017. Wiped when dropped.
#[derive(Clone)]
pub struct RsaKey {
    /// Modulus p · q.
    pub n: Vec<u8>,
    /// Public exponent.
    pub e: u32,
    /// Private exponent e⁻¹ modulo the totient.
    pub d: Number,
    /// First prime.
    pub p: Number,
    /// Second prime.
    pub q: Number,
    /// d mod (p − 1).
    pub dp: Number,
    /// d mod (q − 1).
    pub dq: Number,
    /// q⁻¹ mod p.
    pub qinv: Number,
}

impl core::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("RsaKey")
            .field("bits", &(8 * self.n.len()))
            .finish_non_exhaustive()
    }
}

/// Modulus of the private exponent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Totient {
    /// λ = lcm(p − 1, q − 1), for FIPS 186-5; a greatest common divisor of 2³² or more is refused.
    Carmichael,
    /// φ = (p − 1)(q − 1), as in the paper.
    Euler,
}

/// A secret number that is wiped when dropped.
struct Secret(BoxedUint);

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Secret {
    fn read(bytes: &[u8]) -> Self {
        Self(BoxedUint::from_be_slice_vartime(bytes))
    }

    fn bytes(&self) -> Number {
        Zeroizing::new(self.0.to_be_bytes_trimmed_vartime().into_vec())
    }

    /// One less; for odd numbers.
    fn minus_one(&self) -> Self {
        Self(
            self.0
                .wrapping_sub(BoxedUint::one_with_precision(self.0.bits_precision())),
        )
    }

    fn times(&self, other: &Self) -> Self {
        Self(self.0.concatenating_mul(&other.0))
    }

    /// `e⁻¹` modulo this number, if there is one: (1 + k·self)/e with k = −self⁻¹ mod e, so that only e is divided by.
    fn inverse_of(&self, e: u32) -> Option<Self> {
        let divisor = NonZero::new(Limb(Word::from(e))).into_option()?;
        let rest = u64::from(self.0.rem_limb(divisor).0 as u32);
        let inverse = inverse_mod(rest, u64::from(e))?;
        let k = BoxedUint::from(e - inverse as u32);
        let product = Self(self.0.concatenating_mul(&k));
        let next = Self(
            product
                .0
                .wrapping_add(BoxedUint::one_with_precision(product.0.bits_precision())),
        );
        let (quotient, rest) = next.0.div_rem_limb(divisor);
        debug_assert_eq!(rest, Limb::ZERO);
        Some(Self(quotient))
    }
}

/// `a⁻¹ mod m` by Euclid's algorithm, for 32-bit numbers.
fn inverse_mod(a: u64, m: u64) -> Option<u64> {
    let (mut r, mut next_r) = (m as i64, a as i64);
    let (mut s, mut next_s) = (0i64, 1i64);
    while next_r != 0 {
        let q = r / next_r;
        (r, next_r) = (next_r, r - q * next_r);
        (s, next_s) = (next_s, s - q * next_s);
    }
    (r == 1).then(|| s.rem_euclid(m as i64) as u64)
}

impl RsaKey {
    /// The key of two odd primes, or `None` if e has no inverse or the totient is refused.
    fn from_primes(p: &[u8], q: &[u8], e: u32, totient: Totient) -> Option<Self> {
        let (prime_p, prime_q) = (Secret::read(p), Secret::read(q));
        let (p_minus, q_minus) = (prime_p.minus_one(), prime_q.minus_one());
        let mut modulus = p_minus.times(&q_minus);
        if totient == Totient::Carmichael {
            let ratio = Secret(p_minus.0.gcd(&q_minus.0));
            if ratio.0.bits() > 32 {
                return None;
            }
            let divisor = NonZero::new(*ratio.0.as_limbs().first()?).into_option()?;
            modulus = Secret(modulus.0.div_rem_limb(divisor).0);
        }
        let d = modulus.inverse_of(e)?;
        let (dp, dq) = (p_minus.inverse_of(e)?, q_minus.inverse_of(e)?);
        let odd_p = Odd::new(prime_p.0.clone()).into_option()?;
        let q_mod_p = Secret(prime_q.0.rem(odd_p.as_nz_ref()));
        let q_mod_p = Secret((&q_mod_p.0).resize(odd_p.bits_precision()));
        let qinv = Secret(q_mod_p.0.invert_odd_mod(&odd_p).into_option()?);
        Some(Self {
            n: prime_p.times(&prime_q).bytes().to_vec(),
            e,
            d: d.bytes(),
            p: prime_p.bytes(),
            q: prime_q.bytes(),
            dp: dp.bytes(),
            dq: dq.bytes(),
            qinv: qinv.bytes(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_inverses_are_inverses() {
        for m in [3u64, 65_537, 4_294_967_291] {
            for a in 1..200 {
                match inverse_mod(a % m, m) {
                    Some(inverse) => assert_eq!(a % m * inverse % m, 1, "{a} mod {m}"),
                    None => assert_eq!(a % m, 0, "{a} mod {m}"),
                }
            }
        }
        assert_eq!(inverse_mod(6, 9), None);
    }

    /// The textbook key 61 · 53 with e = 17: φ = 3120, d = 2753; λ = 780, d = 413.
    #[test]
    fn a_textbook_key_has_the_textbook_numbers() {
        for (totient, d) in [(Totient::Euler, 2753u16), (Totient::Carmichael, 413)] {
            let key = RsaKey::from_primes(&[61], &[53], 17, totient).unwrap();
            assert_eq!(key.n, 3233u16.to_be_bytes());
            assert_eq!(*key.d, d.to_be_bytes());
            assert_eq!(
                (&key.dp[..], &key.dq[..], &key.qinv[..]),
                (&[53][..], &[49][..], &[38][..])
            );
        }
        assert!(RsaKey::from_primes(&[61], &[53], 3, Totient::Euler).is_none());
    }
}
