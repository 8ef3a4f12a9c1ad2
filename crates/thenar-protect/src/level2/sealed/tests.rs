use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::{RECORD_OVERHEAD, Token, TokenKind};

const CONTRACT: ContractId = ContractId([7; 32]);
const OWNER: &str = "anna";

fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes([byte; 32])
}

fn template(bits: usize, rng: &mut ChaCha20Rng) -> BitTemplate {
    let bits: Vec<bool> = (0..bits).map(|_| rng.next_u32() & 1 == 1).collect();
    BitTemplate::from_bools(&bits).unwrap()
}

fn sample(seed: u64, bits: usize) -> (BitTemplate, SealedRecord) {
    let rng = &mut ChaCha20Rng::seed_from_u64(seed);
    let template = template(bits, rng);
    let token = TokenRef::collection(&Token::from_bytes([5; 32]));
    let record = SealedRecord::seal(&template, &CONTRACT, token, &key(1), 3, OWNER, rng);
    (template, record)
}

/// Each version as it was first written. The files never change; new versions get new files. `tests/data/golden.py` opens
/// them too.
#[test]
fn all_versions_are_read() {
    let (template, record) = sample(1, 100);
    let goldens = [
        &include_bytes!("../../../tests/data/record-v2.bin")[..],
        &include_bytes!("../../../tests/data/record-v3.bin")[..],
        &include_bytes!("../../../tests/data/record-v4.bin")[..],
    ];
    assert_eq!(record.to_bytes(), goldens[2], "the writer has changed");
    for golden in goldens {
        let read = SealedRecord::from_bytes(golden).unwrap();
        assert_eq!(read.to_bytes(), golden);
        assert_eq!(read.open(&key(1), &CONTRACT, OWNER).unwrap(), template);
        assert_eq!(
            (read.epoch(), read.bits(), read.token().kind),
            (3, 100, TokenKind::Collection)
        );
    }
}

/// Sealed anew, an old record becomes one of version 4; and none is opened as one of another version.
#[test]
fn old_versions_become_version_4() {
    let (template, _) = sample(1, 100);
    let old = [
        &include_bytes!("../../../tests/data/record-v2.bin")[..],
        &include_bytes!("../../../tests/data/record-v3.bin")[..],
    ];
    let versions = [Version::Two, Version::Three, Version::Four];
    for (bytes, was) in old.into_iter().zip(versions) {
        let old = SealedRecord::from_bytes(bytes).unwrap();
        let rng = &mut ChaCha20Rng::seed_from_u64(7);
        let new = old.reseal(&key(1), &key(2), 4, OWNER, rng).unwrap();
        assert_eq!((old.to_bytes()[4], new.to_bytes()[4]), (was as u8, 4));
        assert_eq!(new.open(&key(2), &CONTRACT, OWNER).unwrap(), template);
        for (record, is, key) in [(old, was, key(1)), (new, Version::Four, key(2))] {
            for version in versions.into_iter().filter(|v| *v != is) {
                let mut forged = record.clone();
                forged.header.version = version;
                let opened = forged.open(&key, &CONTRACT, OWNER);
                assert_eq!(opened, Err(RecordError::Tampered), "{is:?} as {version:?}");
            }
        }
    }
}

#[test]
fn version_1_is_refused() {
    let golden = include_bytes!("../../../tests/data/record-v1.bin");
    let error = SealedRecord::from_bytes(golden).unwrap_err();
    assert!(
        matches!(&error, RecordError::Format(reason) if reason.contains("version is 1")),
        "{error}"
    );
}

/// Opened with k2 alone, a record in the split form shows bits that have nothing to do with the template, also sealed anew.
#[test]
fn the_split_form_needs_the_token_too() {
    let rng = &mut ChaCha20Rng::seed_from_u64(11);
    let (template, token) = (template(1024, rng), Token::from_bytes([6; 32]));
    let record = SealedRecord::seal_split(&template, &CONTRACT, &token, &key(1), 3, OWNER, rng);
    assert_eq!(record.token(), TokenRef::held(&token));
    let moved = record.reseal(&key(1), &key(2), 4, OWNER, rng).unwrap();
    let read = SealedRecord::from_bytes(&moved.to_bytes()).unwrap();
    assert_eq!(read, moved);
    for (record, key) in [(record, key(1)), (read, key(2))] {
        let masked = record.open(&key, &CONTRACT, OWNER).unwrap();
        // Expected 512, standard deviation 16.
        assert!(masked.hamming(&template).abs_diff(512) < 100);
        let mask = SplitMask::new(&token, record.id(), 1024).unwrap();
        assert_eq!(mask.template(&masked).unwrap(), template);
    }
    // Another enrolment has another mask.
    let again = SealedRecord::seal_split(&template, &CONTRACT, &token, &key(1), 3, OWNER, rng);
    let [first, second] = [
        moved.open(&key(2), &CONTRACT, OWNER),
        again.open(&key(1), &CONTRACT, OWNER),
    ];
    assert!(first.unwrap().hamming(&second.unwrap()).abs_diff(512) < 100);
}

#[test]
fn a_record_under_another_name_does_not_open() {
    let (_, record) = sample(8, 256);
    for name in ["ben", "", "ann", "annaa", "Anna"] {
        assert_eq!(
            record.open(&key(1), &CONTRACT, name),
            Err(RecordError::Tampered),
            "{name}"
        );
        let rng = &mut ChaCha20Rng::seed_from_u64(9);
        let moved = record.reseal(&key(1), &key(2), 4, name, rng);
        assert_eq!(moved, Err(RecordError::Tampered), "{name}");
    }
}

#[test]
fn wrong_key_other_contract_and_tampering_are_told_apart() {
    let (_, record) = sample(2, 256);
    assert_eq!(
        record.open(&key(2), &CONTRACT, OWNER),
        Err(RecordError::WrongKey {
            found: key(1).id(),
            given: key(2).id()
        })
    );
    let other = ContractId([8; 32]);
    assert_eq!(
        record.open(&key(1), &other, OWNER),
        Err(RecordError::Contract {
            found: CONTRACT,
            expected: other
        })
    );
    let mut forged = record.clone();
    forged.header.contract = other;
    assert_eq!(
        forged.open(&key(1), &other, OWNER),
        Err(RecordError::Tampered)
    );
    let mut forged = record;
    forged.header.key = key(2).id();
    assert_eq!(
        forged.open(&key(2), &CONTRACT, OWNER),
        Err(RecordError::Tampered)
    );
}

#[test]
fn every_header_field_and_every_body_byte_is_authenticated() {
    let (_, record) = sample(3, 130);
    type Change = fn(&mut Header);
    let changes: [Change; 6] = [
        |h| h.id.0[0] ^= 1,
        |h| h.token.id.0[7] ^= 1,
        |h| h.token.kind = TokenKind::Own,
        |h| h.epoch += 1,
        |h| h.bits += 1,
        |h| h.salt[15] ^= 1,
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut forged = record.clone();
        change(&mut forged.header);
        assert_eq!(
            forged.open(&key(1), &CONTRACT, OWNER),
            Err(RecordError::Tampered),
            "change {i}"
        );
    }
    for at in 0..record.body.len() {
        let mut forged = record.clone();
        forged.body[at] ^= 0x80;
        assert_eq!(
            forged.open(&key(1), &CONTRACT, OWNER),
            Err(RecordError::Tampered),
            "byte {at}"
        );
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let bytes = sample(4, 200).1.to_bytes();
    for len in 0..bytes.len() {
        assert!(
            SealedRecord::from_bytes(&bytes[..len]).is_err(),
            "first {len} bytes"
        );
    }
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(
                SealedRecord::from_bytes(&changed).is_err(),
                "byte {at}, bit {bit}"
            );
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(SealedRecord::from_bytes(&longer).is_err());
}

#[test]
fn resealing_keeps_the_template_and_the_name_and_changes_all_else() {
    let (template, record) = sample(5, 512);
    let rng = &mut ChaCha20Rng::seed_from_u64(6);
    let moved = record.reseal(&key(1), &key(2), 4, OWNER, rng).unwrap();
    assert_eq!(moved.open(&key(2), &CONTRACT, OWNER).unwrap(), template);
    assert_eq!(
        (moved.id(), moved.token(), moved.epoch()),
        (record.id(), record.token(), 4)
    );
    assert!(matches!(
        moved.open(&key(1), &CONTRACT, OWNER),
        Err(RecordError::WrongKey { .. })
    ));
    let pairs = record.ciphertext().iter().zip(moved.ciphertext());
    let differing: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
    // Expected 256 of 512, standard deviation 11.
    assert!(differing.abs_diff(256) < 60, "{differing}");
    assert!(matches!(
        record.reseal(&key(2), &key(1), 4, OWNER, rng),
        Err(RecordError::WrongKey { .. })
    ));
    // Sealing twice under one key must not repeat a keystream either.
    assert_ne!(
        moved.ciphertext(),
        record
            .reseal(&key(1), &key(2), 4, OWNER, rng)
            .unwrap()
            .ciphertext()
    );
}

proptest! {
    #[test]
    fn records_round_trip(seed in any::<u64>(), bits in 1_usize..600) {
        let (template, record) = sample(seed, bits);
        let bytes = record.to_bytes();
        prop_assert_eq!(bytes.len(), RECORD_OVERHEAD + 8 * bits.div_ceil(64));
        let read = SealedRecord::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&read, &record);
        prop_assert_eq!(read.open(&key(1), &CONTRACT, OWNER).unwrap(), template);
    }

    /// Random bytes behind a valid beginning: read back as they were, or refused.
    #[test]
    fn any_bytes_are_read_or_refused(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..300), head in 0_usize..9, version in 1_u8..5,
    ) {
        for (byte, valid) in bytes.iter_mut().zip([b'T', b'H', b'N', b'R', version, 1, 0, 0]).take(head) {
            *byte = valid;
        }
        if let Ok(record) = SealedRecord::from_bytes(&bytes) {
            prop_assert_eq!(record.to_bytes(), bytes);
        }
    }
}
