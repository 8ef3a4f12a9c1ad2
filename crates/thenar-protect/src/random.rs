//! Random numbers of the operating system.

use rand_core::{CryptoRng, OsRng, RngCore, UnwrapErr};
use zeroize::Zeroize;

/// The operating system's random generator, to pass wherever this crate asks for one.
///
/// # Panics
/// Drawing from it panics when the operating system has no random numbers to give.
pub fn os_rng() -> UnwrapErr<OsRng> {
    UnwrapErr(OsRng)
}

/// Bytes that are asked for at a time: below them the call itself costs more than its bytes.
const AHEAD: usize = 1024;

/// [`os_rng`], asked for 1,024 bytes at a time: for a million records sealed anew, each of which draws a salt.
///
/// What was drawn is wiped, and the rest when dropped. A process that forks must not draw from it on both sides.
pub struct OsRngAhead {
    bytes: [u8; AHEAD],
    used: usize,
}

impl OsRngAhead {
    /// Asks for nothing yet.
    pub fn new() -> Self {
        Self {
            bytes: [0; AHEAD],
            used: AHEAD,
        }
    }
}

impl Default for OsRngAhead {
    fn default() -> Self {
        Self::new()
    }
}

impl RngCore for OsRngAhead {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// # Panics
    /// As [`os_rng`].
    fn fill_bytes(&mut self, to: &mut [u8]) {
        for part in to.chunks_mut(AHEAD) {
            if part.len() > AHEAD - self.used {
                os_rng().fill_bytes(&mut self.bytes);
                self.used = 0;
            }
            let drawn = &mut self.bytes[self.used..self.used + part.len()];
            part.copy_from_slice(drawn);
            drawn.zeroize();
            self.used += part.len();
        }
    }
}

impl CryptoRng for OsRngAhead {}

impl Drop for OsRngAhead {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nothing_is_given_twice_and_nothing_stays() {
        let mut rng = OsRngAhead::new();
        let mut seen = HashSet::new();
        for _ in 0..1000 {
            let mut salt = [0; 24];
            rng.fill_bytes(&mut salt);
            assert!(seen.insert(salt));
            assert!(rng.bytes[..rng.used].iter().all(|&b| b == 0));
        }
        // More at once than is kept, of which no kibibyte is like another or left out.
        let mut many = vec![0; 5 * AHEAD + 7];
        rng.fill_bytes(&mut many);
        let blocks: HashSet<&[u8]> = many.chunks(AHEAD).collect();
        assert_eq!(blocks.len(), 6);
        assert!(many.chunks(64).all(|b| b.iter().any(|&b| b != 0)));
        assert_ne!(rng.next_u64(), rng.next_u64());
    }
}
