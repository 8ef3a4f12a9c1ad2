//! Keys and public random numbers derived from a secret, always through HKDF-SHA256 (RFC 5869).

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

/// A secret after the first half of HKDF, from which many keys are expanded at a third of the cost. Wiped when dropped, by
/// the feature `zeroize` of the hash.
#[derive(Clone)]
pub(crate) struct Extracted(Hkdf<Sha256>);

impl Extracted {
    pub(crate) fn new(secret: &[u8; 32], salt: &[u8]) -> Self {
        Self(Hkdf::new(Some(salt), secret))
    }

    /// `info` parts are joined as they are, so all but one must have a fixed length.
    pub(crate) fn expand<const N: usize>(&self, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
        const { assert!(N <= 255 * 32, "HKDF-SHA256 gives at most 8160 bytes") };
        let mut out = Zeroizing::new([0; N]);
        self.0
            .expand_multi_info(info, out.as_mut())
            .expect("the length is checked at compile time");
        out
    }
}

/// HKDF-SHA256 of `secret` with `salt`; `info` as for [`Extracted::expand`].
pub(crate) fn hkdf<const N: usize>(
    secret: &[u8; 32],
    salt: &[u8],
    info: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    Extracted::new(secret, salt).expand(info)
}

/// A deterministic stream of random numbers: the ChaCha20 keystream (RFC 8439) of a derived key, nonce zero.
///
/// The stream is specified, so the same key draws the same numbers on every machine.
pub(crate) struct Stream {
    cipher: ChaCha20,
    /// The next numbers, little-endian, and how many of them are used up.
    block: [[u8; 4]; BLOCK],
    used: usize,
}

/// Numbers that are made at a time: the cipher is fastest on many bytes.
const BLOCK: usize = 256;

impl Stream {
    /// Starts the stream of a derived key, which must be used for nothing else.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let cipher = ChaCha20::new(key.into(), &[0; 12].into());
        Self {
            cipher,
            block: [[0; 4]; BLOCK],
            used: BLOCK,
        }
    }

    /// The next four bytes, little-endian.
    #[inline]
    pub(crate) fn next_u32(&mut self) -> u32 {
        if self.used == BLOCK {
            self.refill();
        }
        let number = u32::from_le_bytes(self.block[self.used]);
        self.used += 1;
        number
    }

    #[cold]
    fn refill(&mut self) {
        self.block.fill([0; 4]);
        self.cipher.apply_keystream(self.block.as_flattened_mut());
        self.used = 0;
    }

    /// A whole number in `0..bound`, every one equally likely (Lemire 2019, with rejection). `bound` is at least 1.
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let mut product = u64::from(self.next_u32()) * u64::from(bound);
        // The exact limit costs a division and is always below `bound`.
        if (product as u32) < bound {
            let reject_below = bound.wrapping_neg() % bound;
            while (product as u32) < reject_below {
                product = u64::from(self.next_u32()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }

    /// A number in the open interval (0, 1), with 32 random bits.
    pub(crate) fn open_unit(&mut self) -> f64 {
        (f64::from(self.next_u32()) + 0.5) / 4_294_967_296.0
    }

    /// A standard normal number (Box and Muller, 1958, the cosine half). Logarithm and cosine come from `libm`, so it is
    /// the same on every machine.
    pub(crate) fn normal(&mut self) -> f64 {
        let (radius, angle) = (self.open_unit(), self.open_unit());
        (-2.0 * libm::log(radius)).sqrt() * libm::cos(std::f64::consts::TAU * angle)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.block.as_flattened_mut().zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8439, appendix A.1, test vector 1: key zero, nonce zero, counter zero.
    #[test]
    fn the_stream_is_the_specified_keystream() {
        let mut stream = Stream::new(&[0; 32]);
        assert_eq!(stream.next_u32().to_le_bytes(), [0x76, 0xb8, 0xe0, 0xad]);
        assert_eq!(stream.next_u32().to_le_bytes(), [0xa0, 0xf1, 0x3d, 0x90]);
    }

    #[test]
    fn every_number_below_the_bound_is_equally_likely() {
        let mut stream = Stream::new(&[7; 32]);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[stream.below(10) as usize] += 1;
        }
        // Expected 10,000 each, standard deviation 95.
        assert!(
            counts.iter().all(|&n| n.abs_diff(10_000) < 500),
            "{counts:?}"
        );
    }

    /// The definition of the rejection, with the division every time.
    #[test]
    fn numbers_are_rejected_as_by_the_definition() {
        for bound in [1, 2, 3, 1000, 0x8000_0001, 0xc000_0000, u32::MAX] {
            let (mut fast, mut plain) = (Stream::new(&[9; 32]), Stream::new(&[9; 32]));
            for _ in 0..1000 {
                let expected = loop {
                    let product = u64::from(plain.next_u32()) * u64::from(bound);
                    if product as u32 >= bound.wrapping_neg() % bound {
                        break (product >> 32) as u32;
                    }
                };
                assert_eq!(fast.below(bound), expected);
            }
        }
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut stream = Stream::new(&[1; 32]);
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 1e5;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / 1e5;
        let within_one = draws.iter().filter(|x| x.abs() < 1.0).count() as f64 / 1e5;
        assert!(
            mean.abs() < 0.02 && (variance - 1.0).abs() < 0.03,
            "{mean} {variance}"
        );
        assert!((within_one - 0.6827).abs() < 0.008, "{within_one}");
    }

    #[test]
    fn different_labels_give_unrelated_keys() {
        let a = hkdf::<32>(&[1; 32], b"salt", &[b"a"]);
        let b = hkdf::<32>(&[1; 32], b"salt", &[b"b"]);
        assert_ne!(*a, *b);
    }
}
