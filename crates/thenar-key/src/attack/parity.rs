//! The palm hash from the parity bits that the published form stores.

use crate::bch::{Bch, BchError};
use crate::bits::{self, words_for};

/// What the parity bits tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParityAttack {
    /// A palm hash with this parity, k bits. The enrolled one if `unknown` is empty.
    pub palm_hash: Vec<u64>,
    /// Independent strings of k bits with parity 0: the enrolled hash is `palm_hash` XOR a sum of some of them.
    pub unknown: Vec<Vec<u64>>,
}

/// One row of the elimination: a sum of message bits, and the parity that it has.
struct Row {
    parity: Vec<u64>,
    message: Vec<u64>,
}

impl Row {
    /// Adds basis rows until no leading parity bit is left that a basis row has.
    fn reduce(&mut self, basis: &[Option<Row>]) {
        for (i, pivot) in basis.iter().enumerate() {
            if let (1, Some(pivot)) = (bits::get(&self.parity, i), pivot) {
                add(&mut self.parity, &pivot.parity);
                add(&mut self.message, &pivot.message);
            }
        }
    }
}

fn add(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to ^= from);
}

/// Solves parity(w) = `parity` for the palm hash w by elimination over GF(2): k² (n − k)/64 steps, milliseconds.
///
/// Parity is linear, and for k ≤ n − k it is one to one: parity(x) = `x^(n−k) m(x) mod g(x)`, and no m of degree
/// below k is a multiple of g. Otherwise 2k − n bits stay open.
///
/// # Errors
/// `parity` is not a string of n − k bits, or no palm hash has it (for k < n − k most strings are no parity).
pub fn palm_hash_from_parity(code: &Bch, parity: &[u64]) -> Result<ParityAttack, BchError> {
    let (k, checks) = (code.k(), code.n() - code.k());
    bits::check(parity, checks)?;
    let mut basis: Vec<Option<Row>> = (0..checks).map(|_| None).collect();
    let mut unknown = Vec::new();
    for i in 0..k {
        let mut message = vec![0; words_for(k)];
        bits::flip(&mut message, i);
        let codeword = code.encode(&message)?;
        let mut row = Row {
            parity: vec![0; words_for(checks)],
            message,
        };
        bits::extract(&codeword, 0, checks, &mut row.parity);
        row.reduce(&basis);
        match (0..checks).find(|&bit| bits::get(&row.parity, bit) == 1) {
            Some(pivot) => basis[pivot] = Some(row),
            None => unknown.push(row.message),
        }
    }
    let mut solution = Row {
        parity: parity.to_vec(),
        message: vec![0; words_for(k)],
    };
    solution.reduce(&basis);
    if solution.parity.iter().any(|word| *word != 0) {
        return Err(BchError::NotAParity);
    }
    Ok(ParityAttack {
        palm_hash: solution.message,
        unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drawn::random_word;
    use crate::published::{MIN_ITERATIONS, PublishedRecord, commit_as_published};
    use crate::{CodeParams, Passphrase};
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    /// The record as bytes, and nothing else: no palm, no passphrase. The paper says of it that it does "not contain any
    /// information related to biometrics".
    #[test]
    fn the_parity_record_alone_gives_the_whole_palm_hash_of_127_57_11() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let code = CodeParams::full(7, 11);
        let mut recovered = 0;
        for i in 0..200 {
            let hash = random_word(&mut rng, 57);
            let passphrase = Passphrase::for_recovery(&format!("secret {i}")).unwrap();
            let (record, _) =
                commit_as_published(&hash, &passphrase, code, MIN_ITERATIONS, &mut rng).unwrap();
            let stolen = record.to_bytes().unwrap();
            drop((record, passphrase));

            let record = PublishedRecord::from_bytes(&stolen).unwrap();
            let bch = record.code().build().unwrap();
            let attack = palm_hash_from_parity(&bch, record.parity()).unwrap();
            recovered += u32::from(attack.unknown.is_empty() && attack.palm_hash == hash);
        }
        assert_eq!(recovered, 200);
    }

    /// max(0, 2k − n) bits stay open, as counted for these codes with numpy.
    #[test]
    fn what_stays_open_is_two_k_minus_n() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        for (m, k, open) in [
            (6, 30, 0),
            (7, 57, 0),
            (7, 64, 1),
            (7, 71, 15),
            (8, 115, 0),
            (8, 131, 7),
            (8, 139, 23),
            (9, 259, 7),
            (10, 513, 3),
        ] {
            let bch = Bch::with_dimension(m, k).unwrap();
            let hash = random_word(&mut rng, k);
            let codeword = bch.encode(&hash).unwrap();
            let mut parity = vec![0; words_for(bch.n() - k)];
            bits::extract(&codeword, 0, bch.n() - k, &mut parity);
            let attack = palm_hash_from_parity(&bch, &parity).unwrap();
            assert_eq!(attack.unknown.len(), open, "({}, {k})", bch.n());
            assert_eq!(
                k - open,
                crate::attack::leakage(&bch, crate::attack::Stolen::Published).leaked
            );
            // The enrolled hash is among those that are left, and all of those have the stored parity.
            let mut difference = hash.clone();
            add(&mut difference, &attack.palm_hash);
            for (message, is_zero) in [(&difference, open == 0), (&attack.palm_hash, false)] {
                let encoded = bch.encode(message).unwrap();
                let mut found = vec![0; parity.len()];
                bits::extract(&encoded, 0, bch.n() - k, &mut found);
                let zero = vec![0; parity.len()];
                assert_eq!(
                    found,
                    if message == &difference {
                        zero
                    } else {
                        parity.clone()
                    }
                );
                assert!(!is_zero || message.iter().all(|word| *word == 0));
            }
        }
    }

    #[test]
    fn a_string_that_is_no_parity_is_refused() {
        let bch = Bch::with_dimension(7, 29).unwrap();
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let refused = (0..100)
            .filter(|_| {
                palm_hash_from_parity(&bch, &random_word(&mut rng, 98)) == Err(BchError::NotAParity)
            })
            .count();
        assert_eq!(refused, 100);
        assert!(palm_hash_from_parity(&bch, &[0]).is_err());
    }
}
