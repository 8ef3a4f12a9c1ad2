//! Which code.

use serde::Serialize;

use super::{Distances, Regeneration, WrongBits};

/// A binary code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Code {
    /// Bits of a codeword.
    pub n: u32,
    /// Bits of the secret.
    pub k: u32,
    /// Wrong bits that it corrects.
    pub t: u32,
}

/// A code that gives keys back as often as wanted, and never to a stranger of those that were compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Choice {
    /// The code.
    pub code: Code,
    /// Numbers of the feature that keep a bit.
    pub copies: u32,
    /// What was measured of it.
    pub keys: Regeneration,
    /// Bits of the palm that are known: min(k − told, −log2 of the false regeneration rate's limit).
    pub palm_bits: f64,
    /// k − told.
    pub palm_bits_at_most: f64,
}

/// Of the codes of one length the one that leaves most work, where the lower 95 % limit of the regeneration rate is at least
/// `wanted` (0–1) and no stranger got a key: the most bits of palm that are known, of equal ones the most that there may be.
/// `told` are the bits told to whoever knows the passphrase. `None` when no code does.
#[must_use]
pub fn choose(
    codes: &[Code],
    wrong: &WrongBits,
    (copies, told): (u32, f64),
    wanted: f64,
) -> Option<Choice> {
    let of_length = codes.iter().filter(|code| code.n == wrong.bits());
    let choices = of_length.map(|&code| {
        let keys = wrong.at(code.t);
        let at_most = (f64::from(code.k) - told).max(0.0);
        Choice {
            code,
            copies,
            keys,
            palm_bits: at_most.min(-keys.limit_95.log2()).max(0.0),
            palm_bits_at_most: at_most,
        }
    });
    best(choices.filter(|choice| {
        let (keys, known) = (&choice.keys, choice.palm_bits);
        keys.genuine > 0 && keys.interval_95[0] >= wanted && keys.false_back == 0 && known > 0.0
    }))
}

/// The one that leaves most work; of equal ones the first.
#[must_use]
pub fn best(choices: impl IntoIterator<Item = Choice>) -> Option<Choice> {
    let better = |best: Choice, other: Choice| {
        let work = |choice: &Choice| (choice.palm_bits, choice.palm_bits_at_most);
        if work(&other) > work(&best) {
            other
        } else {
            best
        }
    };
    choices.into_iter().reduce(better)
}

/// The code that the palm-hash key paper would take (its Tables 2 and 3): t as large as the distance of equal error, or as the
/// largest genuine distance where nothing overlaps; of the codes that correct so many the one with the longest secret. It asks
/// for no false regeneration rate. `None` when no code of the length corrects so many.
#[must_use]
pub fn as_published(codes: &[Code], bits: u32, distances: &Distances) -> Option<Code> {
    let threshold = match distances.eer > 0.0 {
        true => distances.eer_threshold,
        false => distances.genuine.max,
    };
    let corrects = |code: &&Code| code.n == bits && code.t >= threshold;
    codes.iter().filter(corrects).max_by_key(|c| c.k).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Compared, Tally};

    const CODES: [Code; 5] = [
        code(127, 99, 4),
        code(127, 64, 10),
        code(127, 29, 21),
        code(127, 8, 31),
        code(255, 131, 18),
    ];

    const fn code(n: u32, k: u32, t: u32) -> Code {
        Code { n, k, t }
    }

    /// 100 palms with ten comparisons each, one in each of `bad` palms with `far` wrong bits, the others with 3; strangers have
    /// `nearest` and more.
    fn wrong(bad: u32, far: u32, nearest: u32) -> WrongBits {
        let mut wrong = WrongBits::new(127);
        let mut take = |reference: u32, of: u32, bits: u32| {
            let compared = Compared {
                gallery: 0,
                probe: 0,
                reference,
                of,
                score: bits as f32 / 127.0,
            };
            wrong.take(&compared).unwrap();
        };
        for palm in 0..100 {
            for capture in 0..10 {
                take(palm, palm, if palm < bad && capture == 0 { far } else { 3 });
            }
            for other in (0..100).filter(|&other| other != palm) {
                take(
                    palm,
                    other,
                    if (palm, other) == (0, 1) { nearest } else { 60 },
                );
            }
        }
        wrong
    }

    fn chosen(wrong: &WrongBits, told: f64, wanted: f64) -> Option<Code> {
        choose(&CODES, wrong, (8, told), wanted).map(|choice| choice.code)
    }

    #[test]
    fn the_longest_secret_that_comes_back_often_enough() {
        // Nothing but 3 wrong bits: the strongest code. 4,950 pairs of palms show 10.7 bits.
        let easy = choose(&CODES, &wrong(0, 0, 40), (8, 5.0), 0.95).unwrap();
        assert_eq!(easy.code, CODES[0]);
        assert_eq!((easy.keys.pairs, easy.palm_bits_at_most), (4950, 94.0));
        assert!((easy.palm_bits - (4950f64 / 2.9957).log2()).abs() < 1e-3);
        // 30 of 1,000 have 8 wrong bits: 97 % without them, whose lower limit is below 97 %.
        let harder = wrong(30, 8, 40);
        assert_eq!(chosen(&harder, 0.0, 0.95), Some(CODES[0]));
        assert_eq!(chosen(&harder, 0.0, 0.97), Some(CODES[1]));
    }

    #[test]
    fn a_stranger_with_a_key_rules_a_code_out() {
        assert_eq!(chosen(&wrong(90, 15, 22), 0.0, 0.95), Some(CODES[2]));
        assert_eq!(chosen(&wrong(90, 15, 21), 0.0, 0.95), None);
    }

    #[test]
    fn what_is_told_counts() {
        // Up to 31 bits are needed; of 8 secret bits 9 are told.
        let hard = wrong(90, 31, 50);
        assert_eq!(chosen(&hard, 0.0, 0.95), Some(CODES[3]));
        assert_eq!(chosen(&hard, 9.0, 0.95), None);
    }

    /// Slowly: of all codes that pass, the one that no other beats.
    #[test]
    fn the_choice_is_that_of_comparing_all_codes() {
        for bad in [0, 20, 50, 90] {
            for far in [3, 5, 11, 22] {
                let wrong = wrong(bad, far, 25);
                let passes = |code: &&Code| {
                    let keys = wrong.at(code.t);
                    code.n == 127 && keys.interval_95[0] >= 0.95 && keys.false_back == 0
                };
                let longest = CODES.iter().filter(passes).max_by_key(|code| code.k);
                assert_eq!(chosen(&wrong, 0.0, 0.95).as_ref(), longest, "{bad} {far}");
            }
        }
    }

    #[test]
    fn the_paper_takes_the_distance_of_equal_error() {
        let published = |bad, far, nearest| {
            let distances = wrong(bad, far, nearest).distances().unwrap();
            as_published(&CODES, 127, &distances)
        };
        // Nothing overlaps: the largest genuine distance.
        assert_eq!(published(1, 9, 40), Some(CODES[1]));
        assert_eq!(published(1, 12, 40), Some(CODES[2]));
        assert_eq!(published(1, 35, 40), None);
        // One of 1,000 beyond the nearest stranger: with that one in, only one of 9,900 strangers is.
        assert_eq!(published(1, 25, 20), Some(CODES[3]));
    }
}
