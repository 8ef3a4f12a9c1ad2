//! The commitment against wrong palms, wrong passphrases and changed records.

use super::*;
use crate::bits::flip;
use crate::token::Passphrase;
use proptest::prelude::*;
use rand::{RngCore, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha20Rng;

const CHEAP: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};
const CONTRACT: [u8; 32] = [0xc0; 32];

fn random_word(rng: &mut impl RngCore, n: usize) -> Vec<u64> {
    let mut word: Vec<u64> = (0..words_for(n)).map(|_| rng.next_u64()).collect();
    *word.last_mut().unwrap() &= bits::tail_mask(n);
    word
}

fn with_errors(rng: &mut impl RngCore, word: &[u64], n: usize, errors: usize) -> Vec<u64> {
    let mut wrong = word.to_vec();
    sample(rng, n, errors)
        .into_iter()
        .for_each(|i| flip(&mut wrong, i));
    wrong
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::for_recovery(text).unwrap()
}

struct Enrolled {
    word: Vec<u64>,
    passphrase: Passphrase,
    commitment: Commitment,
    public: PublicKey,
    rng: ChaCha20Rng,
}

fn enrol(code: CodeParams, seed: u64) -> Enrolled {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let word = random_word(&mut rng, usize::from(code.n));
    let passphrase = passphrase("a fair wind");
    let params = CommitParams {
        code,
        cost: CHEAP,
        kind: KeyKind::Ed25519,
    };
    let (commitment, pair) = commit(
        &word,
        Factors::passphrase(&passphrase),
        &CONTRACT,
        &params,
        &mut rng,
    )
    .unwrap();
    Enrolled {
        word,
        passphrase,
        public: pair.public(),
        commitment,
        rng,
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
        CodeParams::DEFAULT,
        CodeParams::BCH_511_67,
        CodeParams::BCH_1023_91,
        CodeParams::full(7, 11),
        shortened,
    ] {
        let mut e = enrol(code, 1);
        let (n, t) = (usize::from(code.n), usize::from(code.t));
        assert_eq!(*e.commitment.public_key(), e.public);
        for errors in [0, 1, t / 2, t] {
            let probe = with_errors(&mut e.rng, &e.word, n, errors);
            let pair = e
                .commitment
                .recover(&probe, Factors::passphrase(&e.passphrase), &CONTRACT)
                .unwrap();
            assert_eq!(pair.public(), e.public, "{code:?}, {errors} errors");
            assert!(e.public.verifies(b"message", &pair.sign(b"message")));
        }
        for errors in [t + 1, t + 10, n] {
            let probe = with_errors(&mut e.rng, &e.word, n, errors);
            let outcome =
                e.commitment
                    .recover(&probe, Factors::passphrase(&e.passphrase), &CONTRACT);
            assert_eq!(
                outcome.unwrap_err(),
                CommitmentError::NotRecovered,
                "{code:?}, {errors} errors"
            );
        }
    }
}

#[test]
fn two_thousand_wrong_palms_never_recover() {
    let mut e = enrol(CodeParams::DEFAULT, 2);
    let n = usize::from(e.commitment.code().n);
    let probes: Vec<Vec<u64>> = (0..2000)
        .map(|i| match i % 4 {
            // A quarter just outside the radius, where a careless decoder would slip.
            0 => with_errors(&mut e.rng, &e.word, n, 86 + i % 40),
            _ => random_word(&mut e.rng, n),
        })
        .collect();
    for batch in probes.chunks(MAX_CAPTURES) {
        let batch: Vec<&[u64]> = batch.iter().map(Vec::as_slice).collect();
        let outcome =
            e.commitment
                .recover_any(&batch, Factors::passphrase(&e.passphrase), &CONTRACT);
        assert_eq!(outcome.unwrap_err(), CommitmentError::NotRecovered);
    }
    // The same call does recover when the right palm is among the captures.
    let batch = [
        probes[0].as_slice(),
        probes[1].as_slice(),
        e.word.as_slice(),
    ];
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
        let mut noisy = vec![e.commitment.delta[0] ^ probe[0]];
        keys.apply_mask(&mut noisy, 31);
        decodable += u32::from(bch.decode(&noisy).is_ok());
        let near = bits::distance(&probe, &e.word) <= 7;
        let outcome = e
            .commitment
            .recover(&probe, Factors::passphrase(&e.passphrase), &CONTRACT);
        assert_eq!(outcome.is_ok(), near);
    }
    assert!(decodable > 100, "{decodable} of 2000 decoded");
}

#[test]
fn wrong_palm_passphrase_and_device_look_alike() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let word = random_word(&mut rng, 511);
    let (right, wrong) = (passphrase("a fair wind"), passphrase("a foul wind"));
    let (device, other) = (
        DeviceSecret::random(&mut rng),
        DeviceSecret::random(&mut rng),
    );
    let both = |passphrase, device_secret| Factors {
        passphrase,
        device_secret: Some(device_secret),
    };
    let params = CommitParams {
        cost: CHEAP,
        ..CommitParams::default()
    };
    let (record, pair) =
        commit(&word, both(&right, &device), &CONTRACT, &params, &mut rng).unwrap();
    let recover = |word: &[u64], factors| record.recover(word, factors, &CONTRACT);
    assert_eq!(
        recover(&word, both(&right, &device)).unwrap().public(),
        pair.public()
    );
    let failures = [
        recover(&random_word(&mut rng, 511), both(&right, &device)),
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
    let e = enrol(CodeParams::DEFAULT, 5);
    let factors = Factors::passphrase(&e.passphrase);
    let device = DeviceSecret::from_bytes([1; 32]);
    let error = e
        .commitment
        .recover(&e.word, factors, &[0xc1; 32])
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
        .recover(&e.word, with_device, &CONTRACT)
        .unwrap_err();
    assert_eq!(error, CommitmentError::DeviceSecretNotUsed);
    assert!(matches!(
        e.commitment.recover(&[0; 7], factors, &CONTRACT),
        Err(CommitmentError::Bits(_))
    ));
    assert!(matches!(
        e.commitment.recover(&[u64::MAX; 8], factors, &CONTRACT),
        Err(CommitmentError::Bits(_))
    ));
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
        match record.recover(&e.word, Factors::passphrase(&e.passphrase), &CONTRACT) {
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
    let code = CodeParams::DEFAULT;
    let bch = code.build().unwrap();
    let params = CommitParams {
        code,
        cost: CHEAP,
        kind: KeyKind::Ed25519,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let secret = passphrase("a fair wind");
    let (mut linked, mut linked_unmasked) = (0, 0);
    for _ in 0..100 {
        let word = random_word(&mut rng, 511);
        let again = with_errors(&mut rng, &word, 511, 30);
        let mut record = |word: &[u64]| {
            commit(
                word,
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
        let unmasked = records.map(|record| {
            let keys = TokenKeys::new(
                &token::derive(&secret, &record.salt, CHEAP).unwrap(),
                &record.salt,
            );
            let mut delta = record.delta;
            keys.apply_mask(&mut delta, 511);
            delta
        });
        linked_unmasked += u32::from(bch.decode(&sum([&unmasked[0], &unmasked[1]])).is_ok());
    }
    assert_eq!((linked, linked_unmasked), (0, 100));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn records_round_trip(m in 5u8..=8, t in 1u16..8, device: bool, contract: [u8; 32], seed: u64) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let code = CodeParams::full(m, t);
        let word = random_word(&mut rng, usize::from(code.n));
        let secret = DeviceSecret::random(&mut rng);
        let passphrase = passphrase("a fair wind");
        let factors = Factors { passphrase: &passphrase, device_secret: device.then_some(&secret) };
        let params = CommitParams { code, cost: CHEAP, kind: KeyKind::Ed25519 };
        let (record, pair) = commit(&word, factors, &contract, &params, &mut rng).unwrap();
        let read = Commitment::from_bytes(&record.to_bytes()).unwrap();
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(read.needs_device_secret(), device);
        prop_assert_eq!(read.recover(&word, factors, &contract).unwrap().public(), pair.public());
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
