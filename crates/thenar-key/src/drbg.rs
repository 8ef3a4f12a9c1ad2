//! HMAC_DRBG with SHA-256 (NIST SP 800-90A Rev. 1, section 10.1.2) as C2SP det-keygen uses it: a seed and a
//! personalization string, no nonce, no reseeding.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The state K, V. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub(crate) struct HmacDrbg {
    k: [u8; 32],
    v: [u8; 32],
}

impl HmacDrbg {
    /// Steps 2–7 of det-keygen. `personalization` is read as one string.
    pub(crate) fn new(seed: &[u8], personalization: &[&[u8]]) -> Self {
        let mut drbg = Self {
            k: [0; 32],
            v: [1; 32],
        };
        let mut input = vec![seed];
        input.extend_from_slice(personalization);
        drbg.update(0, &input);
        drbg.update(1, &input);
        drbg
    }

    /// Fills `out` with the next bytes (steps 8 and 9), without the update that ends a request:
    /// [`HmacDrbg::end_request`] does that, so that it is not computed after the last one.
    pub(crate) fn fill(&mut self, out: &mut [u8]) {
        for block in out.chunks_mut(32) {
            self.v = hmac(&self.k, &[&self.v]);
            block.copy_from_slice(&self.v[..block.len()]);
        }
    }

    /// K = HMAC(K, V | 0), V = HMAC(K, V).
    pub(crate) fn end_request(&mut self) {
        self.update(0, &[]);
    }

    fn update(&mut self, marker: u8, input: &[&[u8]]) {
        let mut message: Vec<&[u8]> = vec![&self.v];
        let marker = [marker];
        message.push(&marker);
        message.extend_from_slice(input);
        self.k = hmac(&self.k, &message);
        self.v = hmac(&self.k, &[&self.v]);
    }
}

fn hmac(key: &[u8; 32], message: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    message.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
