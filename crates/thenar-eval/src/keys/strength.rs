//! The work that is left to a thief.

use serde::Serialize;

use super::{Code, Regeneration};

/// What is assumed of passphrases and of the thief.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Attacker {
    /// log2 of how many passphrases are tried before the right one.
    pub passphrase_bits: f64,
    /// Passphrases, or secrets of a code, that are tried in a second; each costs an Argon2id.
    pub guesses_per_second: f64,
    /// Palms that are tried in a second once a passphrase stands: sums of numbers and a decoding.
    pub palms_per_second: f64,
}

/// Seconds to try everything, by what was stolen; half of it on average. Infinite beyond what a double holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Work {
    /// The record.
    pub record: f64,
    /// The record and the passphrase.
    pub record_and_passphrase: f64,
    /// The record and the palm.
    pub record_and_palm: f64,
}

/// Bits of work that are left.
///
/// The palm's bits are min(k − told, −log2 limit): the cheaper of going through all secrets and of trying palms until one
/// matches falsely. The limit is the upper one of the false regeneration rate ([`Regeneration::limit_95`]), so these bits are
/// *known*; without a false regeneration the palm may be worth more, up to k − told.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Strength {
    /// Bits of the secret told to whoever knows the passphrase, where measured.
    pub told: Option<f64>,
    /// −log2 of the limit of the false regeneration rate.
    pub fmr_bits: f64,
    /// The same of comparisons as if all were independent: more than is known.
    pub fmr_bits_of_comparisons: f64,
    /// Bits of the palm that are known.
    pub palm_bits: f64,
    /// k − told: it has no more.
    pub palm_bits_at_most: f64,
    /// Bits of palm and passphrase together.
    pub bits: f64,
    /// Time to try them.
    pub seconds: Work,
}

impl Strength {
    /// Of a code that was measured.
    #[must_use]
    pub fn new(code: Code, told: Option<f64>, keys: &Regeneration, attacker: &Attacker) -> Self {
        let at_most = (f64::from(code.k) - told.unwrap_or(0.0)).max(0.0);
        let bits_of = |limit: f64| (-limit.log2()).max(0.0);
        let fmr_bits = bits_of(keys.limit_95);
        let palm_bits = fmr_bits.min(at_most);
        let by_secrets = at_most.exp2() / attacker.guesses_per_second;
        let by_palms = fmr_bits.exp2() / attacker.palms_per_second;
        let palm = by_secrets.min(by_palms);
        let passphrases = attacker.passphrase_bits.exp2();
        Self {
            told,
            fmr_bits,
            fmr_bits_of_comparisons: bits_of(keys.limit_95_of_comparisons),
            palm_bits,
            palm_bits_at_most: at_most,
            bits: palm_bits + attacker.passphrase_bits,
            seconds: Work {
                // Every passphrase is derived once, and all palms are tried under each.
                record: passphrases * (1.0 / attacker.guesses_per_second + palm),
                record_and_passphrase: palm,
                record_and_palm: passphrases / attacker.guesses_per_second,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::WrongBits;

    const ATTACKER: Attacker = Attacker {
        passphrase_bits: 20.0,
        guesses_per_second: 1024.0,
        palms_per_second: 1_048_576.0,
    };

    fn keys(limit: f64) -> Regeneration {
        Regeneration {
            limit_95: limit,
            limit_95_of_comparisons: limit / 256.0,
            ..WrongBits::new(127).at(10)
        }
    }

    #[test]
    fn the_cheaper_way_counts() {
        let code = Code {
            n: 127,
            k: 64,
            t: 10,
        };
        let found = Strength::new(code, Some(13.0), &keys(2f64.powi(-16)), &ATTACKER);
        assert_eq!((found.palm_bits, found.palm_bits_at_most), (16.0, 51.0));
        assert_eq!((found.fmr_bits_of_comparisons, found.bits), (24.0, 36.0));
        // 2^16 palms at 2^20 in a second; 2^20 passphrases at 2^10.
        assert_eq!(found.seconds.record_and_passphrase, 2f64.powi(-4));
        assert_eq!(found.seconds.record_and_palm, 1024.0);
        assert_eq!(found.seconds.record, 1024.0 + 65_536.0);
    }

    #[test]
    fn a_short_secret_is_gone_through() {
        let code = Code {
            n: 127,
            k: 8,
            t: 31,
        };
        let found = Strength::new(code, Some(13.0), &keys(2f64.powi(-16)), &ATTACKER);
        assert_eq!((found.palm_bits, found.palm_bits_at_most), (0.0, 0.0));
        let found = Strength::new(code, None, &keys(2f64.powi(-16)), &ATTACKER);
        assert_eq!(found.palm_bits, 8.0);
        // Eight bits by palms at 2^-16 would be 2^-4 s, by secrets 2^-2 s.
        assert_eq!(found.seconds.record_and_passphrase, 2f64.powi(-4));
    }

    /// Nothing was compared, nothing is known.
    #[test]
    fn without_a_comparison_a_palm_is_worth_nothing() {
        let code = Code {
            n: 127,
            k: 64,
            t: 10,
        };
        let keys = WrongBits::new(127).at(10);
        let found = Strength::new(code, None, &keys, &ATTACKER);
        assert_eq!((found.palm_bits, found.bits), (0.0, 20.0));
    }
}
