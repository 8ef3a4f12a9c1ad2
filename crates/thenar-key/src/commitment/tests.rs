//! The commitment against wrong palms, wrong passphrases and changed records.

use super::places::Order;
use super::*;
use crate::drawn::{normal, numbers, random_word, with_errors};
use crate::token::Passphrase;
use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};
const CONTRACT: [u8; 32] = [0xc0; 32];
/// One number for each bit, so that tests can choose all numbers.
const ONE_COPY: CommitParams = CommitParams {
    code: CodeParams::BCH_127_29,
    copies: 1,
    cost: CHEAP,
    kind: KeyKind::Ed25519,
};

fn passphrase(text: &str) -> Passphrase {
    Passphrase::for_recovery(text).unwrap()
}

struct Enrolled {
    word: Vec<u64>,
    n: usize,
    passphrase: Passphrase,
    commitment: Commitment,
    public: PublicKey,
    rng: ChaCha20Rng,
}

fn enrol(code: CodeParams, seed: u64) -> Enrolled {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let n = usize::from(code.n);
    let word = random_word(&mut rng, n);
    let passphrase = passphrase("a fair wind");
    let params = CommitParams { code, ..ONE_COPY };
    let (commitment, pair) = commit(
        &numbers(&word, n),
        Factors::passphrase(&passphrase),
        &CONTRACT,
        &params,
        &mut rng,
    )
    .unwrap();
    Enrolled {
        word,
        n,
        passphrase,
        public: pair.public(),
        commitment,
        rng,
    }
}

impl Enrolled {
    fn recover(&self, word: &[u64]) -> Result<KeyPair, CommitmentError> {
        let factors = Factors::passphrase(&self.passphrase);
        self.commitment
            .recover(&numbers(word, self.n), factors, &CONTRACT)
    }
}

#[test]
fn up_to_t_wrong_bits_give_the_same_key_and_more_do_not() {
    let shortened = CodeParams {
        m: 9,
        t: 85,
        n: 500,
    };
    for code in [
        CodeParams::BCH_127_29,
        CodeParams::BCH_255_21,
        CodeParams::BCH_511_76,
        CodeParams::BCH_1023_91,
        CodeParams::full(7, 11),
        shortened,
    ] {
        let mut e = enrol(code, 1);
        let (n, t) = (usize::from(code.n), usize::from(code.t));
        assert_eq!(*e.commitment.public_key(), e.public);
        for errors in [0, 1, t / 2, t] {
            let probe = with_errors(&mut e.rng, &e.word, n, errors);
            let pair = e.recover(&probe).unwrap();
            assert_eq!(pair.public(), e.public, "{code:?}, {errors} errors");
            assert!(
                e.public
                    .verifies(b"message", &pair.sign(b"message").unwrap())
            );
        }
        for errors in [t + 1, t + 10, n] {
            let probe = with_errors(&mut e.rng, &e.word, n, errors);
            assert_eq!(
                e.recover(&probe).unwrap_err(),
                CommitmentError::NotRecovered,
                "{code:?}, {errors} errors"
            );
        }
    }
}

#[test]
fn keys_of_every_kind_come_back_and_have_nothing_in_common() {
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let secret = passphrase("a fair wind");
    let factors = Factors::passphrase(&secret);
    let palm = numbers(&random_word(&mut rng, 127), 127);
    let mut seen = std::collections::BTreeSet::new();
    // The larger RSA sizes differ from the first in nothing but time.
    let kinds = [
        KeyKind::Ed25519,
        KeyKind::P256,
        KeyKind::X25519,
        KeyKind::Rsa2048,
    ];
    for kind in kinds {
        let params = CommitParams { kind, ..ONE_COPY };
        // The same randomness for every kind: only the label differs.
        let mut rng = ChaCha20Rng::seed_from_u64(13);
        let (record, pair) = commit(&palm, factors, &CONTRACT, &params, &mut rng).unwrap();
        let record = Commitment::from_bytes(&record.to_bytes()).unwrap();
        assert_eq!(record.kind(), kind);
        assert_eq!(record.public_key(), &pair.public());
        let again = record.recover(&palm, factors, &CONTRACT).unwrap();
        assert_eq!(again.public(), pair.public(), "{}", kind.name());
        assert!(seen.insert(pair.public().as_bytes()[..32].to_vec()));
    }
}

#[test]
fn two_thousand_wrong_palms_never_recover() {
    let mut e = enrol(CodeParams::BCH_127_29, 2);
    let n = usize::from(e.commitment.code().n);
    let probes: Vec<Vec<i32>> = (0..2000)
        .map(|i| match i % 4 {
            // A quarter just outside the radius, where a careless decoder would slip.
            0 => with_errors(&mut e.rng, &e.word, n, 22 + i % 40),
            _ => random_word(&mut e.rng, n),
        })
        .map(|word| numbers(&word, n))
        .collect();
    for batch in probes.chunks(MAX_CAPTURES) {
        let batch: Vec<&[i32]> = batch.iter().map(Vec::as_slice).collect();
        let outcome =
            e.commitment
                .recover_any(&batch, Factors::passphrase(&e.passphrase), &CONTRACT);
        assert_eq!(outcome.unwrap_err(), CommitmentError::NotRecovered);
    }
    // The same call does recover when the right palm is among the captures.
    let right = numbers(&e.word, n);
    let batch = [probes[0].as_slice(), probes[1].as_slice(), right.as_slice()];
    let pair = e
        .commitment
        .recover_any(&batch, Factors::passphrase(&e.passphrase), &CONTRACT)
        .unwrap();
    assert_eq!(pair.public(), e.public);
}

/// At (31, 6, t = 7) random words often decode, to a wrong secret: then the tag alone stands between them and a key.
#[test]
fn a_decoded_but_wrong_secret_is_stopped_by_the_tag() {
    let code = CodeParams::full(5, 7);
    let mut e = enrol(code, 3);
    let bch = code.build().unwrap();
    let keys = TokenKeys::new(
        &token::derive(&e.passphrase, &e.commitment.salt, CHEAP).unwrap(),
        &e.commitment.salt,
    );
    let mut decodable = 0;
    for _ in 0..2000 {
        let probe = random_word(&mut e.rng, 31);
        let places = &e.commitment.places;
        let mut noisy = places
            .signs(&numbers(&probe, 31), &keys.order(31, 31))
            .unwrap()
            .to_vec();
        noisy[0] ^= e.commitment.delta[0];
        keys.apply_mask(&mut noisy, 31);
        decodable += u32::from(bch.decode(&noisy).is_ok());
        let near = bits::distance(&probe, &e.word) <= 7;
        assert_eq!(e.recover(&probe).is_ok(), near);
    }
    assert!(decodable > 100, "{decodable} of 2000 decoded");
}

#[test]
fn wrong_palm_passphrase_and_device_look_alike() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let n = usize::from(CodeParams::BCH_127_29.n);
    let word = random_word(&mut rng, n);
    let (right, wrong) = (passphrase("a fair wind"), passphrase("a foul wind"));
    let (device, other) = (
        DeviceSecret::random(&mut rng),
        DeviceSecret::random(&mut rng),
    );
    let both = |passphrase, device_secret| Factors {
        passphrase,
        device_secret: Some(device_secret),
    };
    let params = ONE_COPY;
    let palm = numbers(&word, n);
    let (record, pair) =
        commit(&palm, both(&right, &device), &CONTRACT, &params, &mut rng).unwrap();
    let recover = |word: &[u64], factors| record.recover(&numbers(word, n), factors, &CONTRACT);
    assert_eq!(
        recover(&word, both(&right, &device)).unwrap().public(),
        pair.public()
    );
    let failures = [
        recover(&random_word(&mut rng, n), both(&right, &device)),
        recover(&word, both(&wrong, &device)),
        recover(&word, both(&right, &other)),
    ];
    for failure in failures {
        assert_eq!(
            failure.unwrap_err().to_string(),
            CommitmentError::NotRecovered.to_string()
        );
    }
    assert_eq!(
        recover(&word, Factors::passphrase(&right)).unwrap_err(),
        CommitmentError::DeviceSecretMissing
    );
}

#[test]
fn wrong_uses_have_their_own_errors() {
    let e = enrol(CodeParams::BCH_127_29, 5);
    let factors = Factors::passphrase(&e.passphrase);
    let device = DeviceSecret::from_bytes([1; 32]);
    let palm = numbers(&e.word, e.n);
    let error = e
        .commitment
        .recover(&palm, factors, &[0xc1; 32])
        .unwrap_err();
    assert_eq!(
        error,
        CommitmentError::Contract {
            stored: "c0".repeat(8),
            wanted: "c1".repeat(8)
        }
    );
    let with_device = Factors {
        device_secret: Some(&device),
        ..factors
    };
    let error = e
        .commitment
        .recover(&palm, with_device, &CONTRACT)
        .unwrap_err();
    assert_eq!(error, CommitmentError::DeviceSecretNotUsed);
    let expected = e.n;
    assert_eq!(
        e.commitment
            .recover(&palm[1..], factors, &CONTRACT)
            .unwrap_err(),
        CommitmentError::Numbers {
            found: expected - 1,
            expected
        }
    );
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    for count in [e.n - 1, MAX_NUMBERS + 1] {
        let params = ONE_COPY;
        let refused = commit(&vec![1; count], factors, &CONTRACT, &params, &mut rng);
        assert!(matches!(refused, Err(CommitmentError::Count { found, .. }) if found == count));
    }
    assert!(matches!(
        e.commitment.recover_any(&[], factors, &CONTRACT),
        Err(CommitmentError::Captures { found: 0 })
    ));
}

#[test]
fn every_cut_and_every_flipped_bit_is_noticed() {
    let e = enrol(CodeParams::full(7, 11), 6);
    let bytes = e.commitment.to_bytes();
    for len in 0..bytes.len() {
        assert!(
            Commitment::from_bytes(&bytes[..len]).is_err(),
            "cut to {len} bytes"
        );
    }
    assert!(Commitment::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    let (mut refused, mut not_recovered, mut costly) = (0, 0, 0);
    for bit in 0..bytes.len() * 8 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let Ok(record) = Commitment::from_bytes(&changed) else {
            refused += 1;
            continue;
        };
        assert_eq!(record.to_bytes(), changed);
        if record.cost().memory_kib > 1 << 14 {
            costly += 1; // Another token; the smaller changes of the cost show that it fails.
            continue;
        }
        let palm = numbers(&e.word, e.n);
        match record.recover(&palm, Factors::passphrase(&e.passphrase), &CONTRACT) {
            Err(CommitmentError::NotRecovered) => not_recovered += 1,
            Err(_) => refused += 1,
            Ok(_) => panic!(
                "bit {bit} (byte {}) was flipped and a key came out",
                bit / 8
            ),
        }
    }
    assert!(
        costly <= 8 && refused > 256,
        "{refused} refused, {costly} not tried"
    );
    assert!(
        not_recovered > 256 + 256 + 127,
        "salt, tag and helper data are noticed late: {not_recovered}"
    );
}

/// The attack of Simoens, Tuyls and Preneel (2009): the sum of two records of one palm decodes. Masks stop it.
#[test]
fn two_records_of_one_palm_cannot_be_linked_by_decoding() {
    let code = CodeParams::BCH_127_29;
    let bch = code.build().unwrap();
    let params = CommitParams { code, ..ONE_COPY };
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let secret = passphrase("a fair wind");
    let n = usize::from(code.n);
    let (mut linked, mut linked_unmasked) = (0, 0);
    for _ in 0..100 {
        let word = random_word(&mut rng, n);
        let again = with_errors(&mut rng, &word, n, 8);
        let mut record = |word: &[u64]| {
            commit(
                &numbers(word, n),
                Factors::passphrase(&secret),
                &CONTRACT,
                &params,
                &mut rng,
            )
            .unwrap()
            .0
        };
        let records = [record(&word), record(&again)];
        let sum = |deltas: [&[u64]; 2]| -> Vec<u64> {
            deltas[0]
                .iter()
                .zip(deltas[1])
                .map(|(a, b)| a ^ b)
                .collect()
        };
        linked += u32::from(
            bch.decode(&sum([&records[0].delta, &records[1].delta]))
                .is_ok(),
        );
        let mut unmasked = |word: &[u64]| -> Vec<u64> {
            let codeword = code_word(&bch, &mut rng);
            codeword.iter().zip(word).map(|(c, w)| c ^ w).collect()
        };
        let unmasked = [unmasked(&word), unmasked(&again)];
        linked_unmasked += u32::from(bch.decode(&sum([&unmasked[0], &unmasked[1]])).is_ok());
    }
    assert_eq!((linked, linked_unmasked), (0, 100));
}

/// A random codeword.
fn code_word(bch: &Bch, rng: &mut impl RngCore) -> Vec<u64> {
    bch.encode(&random_word(rng, bch.k())).unwrap().to_vec()
}

/// A palm of 512 normally distributed numbers and another capture of it.
fn two_captures(rng: &mut ChaCha20Rng, noise: f64) -> [Vec<i32>; 2] {
    let palm: Vec<f64> = (0..512).map(|_| normal(rng)).collect();
    [0.0, noise].map(|noise| {
        let captured = palm.iter().map(|v| 1e6 * (v + noise * normal(rng)));
        captured.map(|v| v as i32).collect()
    })
}

/// A third of all signs differ between the captures, hardly any of the chosen ones.
#[test]
fn the_chosen_numbers_keep_their_signs() {
    let mut rng = ChaCha20Rng::seed_from_u64(10);
    let secret = passphrase("a fair wind");
    let factors = Factors::passphrase(&secret);
    let params = ONE_COPY;
    let (mut recovered, mut differing) = (0, 0);
    for _ in 0..50 {
        let [enrolled, again] = two_captures(&mut rng, 1.0);
        let (record, _) = commit(&enrolled, factors, &CONTRACT, &params, &mut rng).unwrap();
        recovered += u32::from(record.recover(&again, factors, &CONTRACT).is_ok());
        differing += enrolled
            .iter()
            .zip(&again)
            .filter(|(a, b)| (**a > 0) != (**b > 0))
            .count();
    }
    assert!(
        differing > 50 * 512 / 5,
        "only {differing} signs differ: this tests nothing"
    );
    assert!(recovered >= 48, "{recovered} of 50");
}

/// Eight numbers keep a bit: more of them are read again than single signs would let through.
#[test]
fn a_long_secret_comes_back_from_sums() {
    let mut rng = ChaCha20Rng::seed_from_u64(14);
    let secret = passphrase("a fair wind");
    let factors = Factors::passphrase(&secret);
    let params = CommitParams {
        cost: CHEAP,
        ..CommitParams::default()
    };
    assert_eq!(
        (params.code.build().unwrap().k(), params.bits()),
        (64, 1016)
    );
    let (mut recovered, mut wrong) = (0, 0);
    for _ in 0..30 {
        let pairs = [(); 4].map(|()| two_captures(&mut rng, 1.0));
        let [enrolled, again] =
            [0, 1].map(|capture| pairs.each_ref().map(|p| p[capture].clone()).concat());
        let (record, _) = commit(&enrolled, factors, &CONTRACT, &params, &mut rng).unwrap();
        recovered += u32::from(record.recover(&again, factors, &CONTRACT).is_ok());
        let stranger = [(); 4]
            .map(|()| two_captures(&mut rng, 1.0)[0].clone())
            .concat();
        assert!(record.recover(&stranger, factors, &CONTRACT).is_err());
        let pairs = enrolled.iter().zip(&again);
        wrong += pairs.filter(|(a, b)| (**a > 0) != (**b > 0)).count();
    }
    assert!(recovered >= 29, "{recovered} of 30");
    assert!(
        wrong > 30 * 2048 / 5,
        "only {wrong} signs differ: this tests nothing"
    );
}

/// In the clear the choice would be a fingerprint: nearly the same numbers in every record of a palm.
#[test]
fn the_marks_of_two_records_of_one_palm_overlap_as_random_ones_do() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let secret = passphrase("a fair wind");
    let params = ONE_COPY;
    let (n, records) = (usize::from(params.code.n), 200);
    let (mut overlap, mut plain) = (0, 0);
    for _ in 0..records {
        let captures = two_captures(&mut rng, 0.3);
        let made = captures.each_ref().map(|numbers| {
            let factors = Factors::passphrase(&secret);
            commit(numbers, factors, &CONTRACT, &params, &mut rng)
                .unwrap()
                .0
        });
        let common = |a: &[u8], b: &[u8]| -> u32 {
            a.iter().zip(b).map(|(a, b)| (a & b).count_ones()).sum()
        };
        let marks = made
            .each_ref()
            .map(|record| record.marks().collect::<Vec<u8>>());
        overlap += common(&marks[0], &marks[1]);
        let same_order = Order::new(&[0; 32], 512, 127);
        let in_the_clear = captures.each_ref().map(|numbers| {
            let places = Places::choose(numbers, (n, 1), &same_order).unwrap();
            places.to_bytes().collect::<Vec<u8>>()
        });
        plain += common(&in_the_clear[0], &in_the_clear[1]);
    }
    // Hypergeometric: mean n²/F, variance below n²/F.
    let mean = (n * n * records) as f64 / 512.0;
    let off = (f64::from(overlap) - mean).abs() / mean.sqrt();
    assert!(off < 4.0, "{overlap} marks in common, {mean} expected");
    assert!(f64::from(plain) > 2.0 * mean, "{plain}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn records_round_trip(m in 5u8..=8, t in 1u16..8, copies in 1u8..6, device: bool, contract: [u8; 32], seed: u64) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let code = CodeParams::full(m, t);
        let length = usize::from(copies) * usize::from(code.n);
        let palm = numbers(&random_word(&mut rng, length), length);
        let secret = DeviceSecret::random(&mut rng);
        let passphrase = passphrase("a fair wind");
        let factors = Factors { passphrase: &passphrase, device_secret: device.then_some(&secret) };
        let params = CommitParams { code, copies, ..ONE_COPY };
        let (record, pair) = commit(&palm, factors, &contract, &params, &mut rng).unwrap();
        let read = Commitment::from_bytes(&record.to_bytes()).unwrap();
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(read.needs_device_secret(), device);
        prop_assert_eq!(read.recover(&palm, factors, &contract).unwrap().public(), pair.public());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), keep in 0usize..30) {
        prop_assert!(Commitment::from_bytes(&bytes).is_err());
        // Also with a valid beginning, to get past the magic.
        let mut bytes = bytes;
        let good = enrolled_bytes();
        let keep = keep.min(bytes.len());
        bytes[..keep].copy_from_slice(&good[..keep]);
        if let Ok(record) = Commitment::from_bytes(&bytes) {
            prop_assert_eq!(record.to_bytes(), bytes);
        }
    }
}

fn enrolled_bytes() -> &'static [u8] {
    static BYTES: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    BYTES.get_or_init(|| enrol(CodeParams::full(7, 11), 8).commitment.to_bytes())
}
