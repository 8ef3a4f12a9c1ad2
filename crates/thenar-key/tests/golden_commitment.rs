//! Whole commitments, kept as files: a change of any derivation or of the format shows here, because it would lose
//! people their keys. `golden/check_commitment.py` recovers the same keys with other implementations of everything.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use thenar_key::{
    CodeParams, CommitParams, Commitment, Cost, DeviceSecret, Factors, KeyKind, Passphrase, commit,
};

const PASSPHRASE: &str = "Möwen über dem Hafen";
const CONTRACT: [u8; 32] = *b"contract of the golden commitmen";
const DEVICE: [u8; 32] = *b"a device secret of 256 bits ....";
const KINDS: &str = include_str!("golden/kinds.txt");

/// A record and the public key that it gives.
struct Golden {
    name: &'static str,
    record: &'static str,
    public: &'static str,
    code: CodeParams,
    copies: u8,
}

/// Versions 1 to 3 of the record. The last is written, the others are only read.
const RECORDS: [Golden; 3] = [
    Golden {
        name: "commitment",
        record: include_str!("golden/commitment.hex"),
        public: include_str!("golden/commitment.pub"),
        code: CodeParams::BCH_127_29,
        copies: 1,
    },
    Golden {
        name: "commitment_copies",
        record: include_str!("golden/commitment_copies.hex"),
        public: include_str!("golden/commitment_copies.pub"),
        code: CodeParams::BCH_127_64,
        copies: 7,
    },
    Golden {
        name: "commitment_groups",
        record: include_str!("golden/commitment_groups.hex"),
        public: include_str!("golden/commitment_groups.pub"),
        code: CodeParams::BCH_127_64,
        copies: 7,
    },
];

/// Number i of the feature is (i² · 7919 mod 20011) − 10005.
fn palm() -> Vec<i32> {
    (0..1000i32)
        .map(|i| i * i % 20011 * 7919 % 20011 - 10005)
        .collect()
}

/// The feature with the sign of its `t` largest numbers changed: never more wrong bits than the code corrects.
fn noisy(t: u16) -> Vec<i32> {
    let mut numbers = palm();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(numbers[i].abs()), i));
    for &i in &order[..usize::from(t)] {
        numbers[i] = -numbers[i];
    }
    numbers
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_golden_commitment_is_made_again() {
    let passphrase = Passphrase::for_new_key(PASSPHRASE).unwrap();
    let device = DeviceSecret::from_bytes(DEVICE);
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: Some(&device),
    };
    let cost = Cost {
        memory_kib: 256,
        passes: 2,
        lanes: 1,
    };
    for golden in &RECORDS[2..] {
        let params = CommitParams {
            code: golden.code,
            copies: golden.copies,
            cost,
            kind: KeyKind::Ed25519,
        };
        let mut rng = ChaCha20Rng::from_seed([42; 32]);
        let (record, pair) = commit(&palm(), factors, &CONTRACT, &params, &mut rng).unwrap();
        let made = hex(&record.to_bytes());
        if std::env::var_os("THENAR_WRITE_GOLDEN").is_some() {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
            std::fs::write(format!("{folder}/{}.hex", golden.name), format!("{made}\n")).unwrap();
        }
        assert_eq!(made, golden.record.trim_end());
        let public = pair.public().to_openssh("golden").unwrap();
        assert_eq!(public, golden.public.trim_end());
    }
}

/// The first 32 bytes of the public key of every kind, from the same palm, passphrase and randomness: a changed label or
/// derivation shows here. (That the keys belong to their seeds is tested against the vectors of their specifications.)
#[test]
fn the_golden_keys_of_other_kinds_are_made_again() {
    let passphrase = Passphrase::for_new_key(PASSPHRASE).unwrap();
    let cost = Cost {
        memory_kib: 256,
        passes: 2,
        lanes: 1,
    };
    let kinds = [KeyKind::P256, KeyKind::X25519, KeyKind::Rsa2048];
    let made: Vec<String> = kinds
        .into_iter()
        .map(|kind| {
            let code = CodeParams::BCH_127_29;
            let params = CommitParams {
                code,
                copies: 1,
                cost,
                kind,
            };
            let factors = Factors::passphrase(&passphrase);
            let mut rng = ChaCha20Rng::from_seed([42; 32]);
            let (_, pair) = commit(&palm(), factors, &CONTRACT, &params, &mut rng).unwrap();
            format!("{} {}\n", kind.name(), hex(&pair.public().as_bytes()[..32]))
        })
        .collect();
    if std::env::var_os("THENAR_WRITE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/kinds.txt");
        std::fs::write(path, made.concat()).unwrap();
    }
    assert_eq!(made.concat(), KINDS);
}

#[test]
fn the_golden_keys_are_recovered_from_a_noisy_palm() {
    let passphrase = Passphrase::for_recovery(PASSPHRASE).unwrap();
    let device = DeviceSecret::from_bytes(DEVICE);
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: Some(&device),
    };
    for golden in RECORDS {
        let text = golden.record.trim_end();
        let bytes: Vec<u8> = (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        let record = Commitment::from_bytes(&bytes).unwrap();
        assert_eq!(
            (record.code(), record.copies()),
            (golden.code, golden.copies)
        );
        let pair = record
            .recover(&noisy(golden.code.t), factors, &CONTRACT)
            .unwrap();
        let public = pair.public().to_openssh("golden").unwrap();
        assert_eq!(public, golden.public.trim_end());
    }
}
