//! One whole commitment, kept as files: a change of any derivation or of the format shows here, because it would lose
//! people their keys. `golden/check_commitment.py` recovers the same key with other implementations of everything.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use thenar_key::bits::flip;
use thenar_key::{
    CodeParams, CommitParams, Commitment, Cost, DeviceSecret, Factors, KeyKind, Passphrase, commit,
};

const PASSPHRASE: &str = "Möwen über dem Hafen";
const CONTRACT: [u8; 32] = *b"contract of the golden commitmen";
const DEVICE: [u8; 32] = *b"a device secret of 256 bits ....";
const RECORD: &str = include_str!("golden/commitment.hex");
const PUBLIC: &str = include_str!("golden/commitment.pub");

/// Bit i of the palm hash is bit 0 of i² / 7.
fn palm() -> Vec<u64> {
    let mut word = vec![0; 8];
    (0..511usize)
        .filter(|i| i * i / 7 % 2 == 1)
        .for_each(|i| flip(&mut word, i));
    word
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
    let params = CommitParams {
        code: CodeParams::DEFAULT,
        cost,
        kind: KeyKind::Ed25519,
    };
    let mut rng = ChaCha20Rng::from_seed([42; 32]);
    let (record, pair) = commit(&palm(), factors, &CONTRACT, &params, &mut rng).unwrap();
    assert_eq!(hex(&record.to_bytes()), RECORD.trim_end());
    assert_eq!(
        pair.public().to_openssh("golden").unwrap(),
        PUBLIC.trim_end()
    );
}

#[test]
fn the_golden_key_is_recovered_from_a_noisy_palm() {
    let text = RECORD.trim_end();
    let bytes: Vec<u8> = (0..text.len() / 2)
        .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let mut noisy = palm();
    (0..85).for_each(|i| flip(&mut noisy, 6 * i));
    let passphrase = Passphrase::for_recovery(PASSPHRASE).unwrap();
    let device = DeviceSecret::from_bytes(DEVICE);
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: Some(&device),
    };
    let pair = Commitment::from_bytes(&bytes)
        .unwrap()
        .recover(&noisy, factors, &CONTRACT)
        .unwrap();
    assert_eq!(
        pair.public().to_openssh("golden").unwrap(),
        PUBLIC.trim_end()
    );
}
