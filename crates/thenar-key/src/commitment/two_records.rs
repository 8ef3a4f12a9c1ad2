//! What two records of one palm tell together: without their passphrases nothing. Within the numbers that share a bit of the
//! codeword the offset tells, to who knows the passphrase, how signs differ. Up to version 2 a passphrase decided which numbers
//! share a bit, anew in each record; two such divisions of the same numbers connect all of them, and who knew the passphrases of
//! two records needed no palm. Since version 3 the division is one for all, and the bits of two records tell no more than how
//! their codewords differ. SECURITY.md says what follows.

use super::*;
use crate::drawn::normal;
use crate::token::Passphrase;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

const CONTRACT: [u8; 32] = [0xc0; 32];
const NUMBERS: usize = 2048;
/// Two passphrases.
const ONE: &str = "a fair wind";
const OTHER: &str = "a foul wind";
const PARAMS: CommitParams = CommitParams {
    code: CodeParams::DEFAULT,
    copies: 8,
    cost: Cost {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    },
    kind: KeyKind::Ed25519,
};

fn palm(rng: &mut ChaCha20Rng) -> Vec<f64> {
    (0..NUMBERS).map(|_| normal(rng)).collect()
}

/// What enrolments see of a palm: the mean of three photos. The signs of all numbers of two single photos differ by a third when
/// the noise is as large as what is seen.
fn seen(palm: &[f64], rng: &mut ChaCha20Rng) -> Vec<i32> {
    let noise = 1.0 / 3f64.sqrt();
    palm.iter()
        .map(|number| ((number + noise * normal(rng)) * 1e4) as i32)
        .collect()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::for_recovery(text).unwrap()
}

fn make(version: u8, palm: &[f64], words: &str, rng: &mut ChaCha20Rng) -> Commitment {
    let words = passphrase(words);
    let numbers = seen(palm, rng);
    let made = commit_as(
        version,
        &numbers,
        Factors::passphrase(&words),
        &CONTRACT,
        &PARAMS,
        rng,
    );
    made.unwrap().0
}

/// Two records of a palm, under one passphrase and another.
fn two_of(version: u8, palm: &[f64], rng: &mut ChaCha20Rng) -> [Commitment; 2] {
    [ONE, OTHER].map(|words| make(version, palm, words, rng))
}

/// For each number the bit it keeps and the sign it has there, up to that of the bit; `None` for those that are not marked.
fn reading(record: &Commitment, words: &str) -> Vec<Option<(usize, f64)>> {
    let token = token::derive(&passphrase(words), &record.salt, record.cost).unwrap();
    let keys = TokenKeys::new(&token, &record.salt);
    let mut offset = record.delta.clone();
    keys.apply_mask(&mut offset, record.bits());
    // The number at each marked place, by reading the numbers' own places.
    let places: Vec<i32> = (0..NUMBERS as i32).collect();
    let order = keys.order(NUMBERS, record::groups(record.version, record.code));
    let marked = record.places.read(&places, &order).unwrap();
    let mut reading = vec![None; NUMBERS];
    for (place, number) in marked.iter().enumerate() {
        let sign = 1.0 - 2.0 * bits::get(&offset, place) as f64;
        reading[*number as usize] = Some((place / usize::from(record.copies), sign));
    }
    reading
}

/// How many numbers both have marked.
fn shared(one: &[Option<(usize, f64)>], other: &[Option<(usize, f64)>]) -> usize {
    let both = one.iter().zip(other);
    both.filter(|(a, b)| a.is_some() && b.is_some()).count()
}

/// The signs of the first record's numbers, up to that of all: its bits and those of the other vote for each other.
fn signs(one: &[Option<(usize, f64)>], other: &[Option<(usize, f64)>]) -> Vec<i32> {
    let n = usize::from(PARAMS.code.n);
    let mut bits = vec![1.0; n];
    bits[1] = -0.5; // Not the same for all, whatever the palm.
    for _ in 0..200 {
        let mut others = vec![0.0; n];
        for ((a, s), (b, t)) in one.iter().zip(other).filter_map(|(a, b)| (*a).zip(*b)) {
            others[b] += s * t * bits[a];
        }
        let mut again = vec![0.0; n];
        for ((a, s), (b, t)) in one.iter().zip(other).filter_map(|(a, b)| (*a).zip(*b)) {
            again[a] += s * t * others[b];
        }
        let size = again.iter().map(|v: &f64| v * v).sum::<f64>().sqrt();
        bits = again.iter().map(|v| v / size).collect();
    }
    let of = |place: &Option<(usize, f64)>| place.map_or(0.0, |(bit, sign)| sign * bits[bit]);
    one.iter().map(|place| (of(place) * 1e6) as i32).collect()
}

fn opens(record: &Commitment, words: &str, signs: &[i32]) -> bool {
    let turned: Vec<i32> = signs.iter().map(|sign| -sign).collect();
    let words = passphrase(words);
    let tried = record.recover_any(&[signs, &turned], Factors::passphrase(&words), &CONTRACT);
    tried.is_ok()
}

/// Of 20 palms with two records each: how often one opens without the palm by what both tell, and by what a stranger's tells.
fn opened(version: u8) -> (u32, u32) {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (mut opened, mut opened_by_stranger) = (0, 0);
    for _ in 0..20 {
        let (palm, stranger) = (palm(&mut rng), palm(&mut rng));
        let [old, new] = two_of(version, &palm, &mut rng);
        let others = make(version, &stranger, ONE, &mut rng);
        let of_new = reading(&new, OTHER);
        let of_old = reading(&old, ONE);
        opened += u32::from(opens(&new, OTHER, &signs(&of_new, &of_old)));
        let of_others = reading(&others, ONE);
        let tried = signs(&of_new, &of_others);
        opened_by_stranger += u32::from(opens(&new, OTHER, &tried));
    }
    println!(
        "version {version}: {opened} of 20 keys without a palm; with a stranger's record {opened_by_stranger}"
    );
    (opened, opened_by_stranger)
}

#[test]
fn up_to_version_2_who_knows_the_passphrases_of_two_records_of_one_palm_needs_no_palm() {
    assert_eq!(opened(record::NO_GROUPS), (20, 0));
}

#[test]
fn since_version_3_who_knows_them_still_needs_the_palm() {
    assert_eq!(opened(record::VERSION), (0, 0));
}

/// All that is told: for each bit, by the numbers that both mark, whether the codewords differ there. The differences are a
/// codeword themselves, that of the sum of both secrets: the sum is told, and neither secret.
#[test]
fn since_version_3_the_sum_of_two_secrets_is_told_and_neither_of_them() {
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let palm = palm(&mut rng);
    let [old, new] = two_of(record::VERSION, &palm, &mut rng);
    let (of_old, of_new) = (reading(&old, ONE), reading(&new, OTHER));
    let n = usize::from(PARAMS.code.n);
    let mut differ = vec![0.0; n];
    for ((a, s), (b, t)) in of_old.iter().zip(&of_new).filter_map(|(a, b)| (*a).zip(*b)) {
        assert_eq!(a, b, "a number keeps the same bit in both");
        differ[a] += s * t;
    }
    let mut sum = vec![0; words_for(n)];
    for (bit, votes) in differ.iter().enumerate() {
        sum[bit / 64] |= u64::from(*votes < 0.0) << (bit % 64);
    }
    let code = PARAMS.code.build().unwrap();
    assert!(
        code.decode(&sum).is_ok(),
        "the sum of two codewords, nearly"
    );
}

#[test]
fn a_record_with_its_passphrase_tells_that_of_another_from_wrong_ones_without_a_palm() {
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let palm = palm(&mut rng);
    let [old, new] = two_of(record::VERSION, &palm, &mut rng);
    let known = reading(&old, ONE);
    let right = shared(&reading(&new, OTHER), &known);
    let wrong = (0..200).map(|i| shared(&reading(&new, &format!("a wind of {i} knots")), &known));
    let wrong = wrong.max().unwrap();
    println!(
        "numbers in both: {right} with the right passphrase, at most {wrong} with 200 wrong ones"
    );
    // By chance 1016² / 2048 = 504, with a standard deviation of 11.
    assert!(right > 620 && wrong < 560, "{right} {wrong}");
    // Where neither passphrase is known, both are wrong, and the marks are as those of strangers.
    let blind = shared(&reading(&new, "a wind"), &reading(&old, "a breeze"));
    assert!((450..560).contains(&blind), "{blind}");
}
