use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use thenar_protect::{BitTemplate, ContractId, StoreKey, Token, TokenRef};

use super::*;

const CONTRACT: ContractId = ContractId([7; 32]);
/// The name in all records here; that it is another than the subject's does not matter to the store.
const OWNER: &str = "owner";

fn key(epoch: u32) -> StoreKey {
    StoreKey::from_bytes([epoch as u8; 32])
}

fn template(n: u8) -> BitTemplate {
    BitTemplate::from_words(vec![u64::from(n); 4], 256).unwrap()
}

fn record(n: u8, epoch: u32) -> SealedRecord {
    let token = TokenRef::collection(&Token::from_bytes([9; 32]));
    SealedRecord::seal(
        &template(n),
        &CONTRACT,
        token,
        &key(epoch),
        epoch,
        OWNER,
        &mut ChaCha20Rng::seed_from_u64(n.into()),
    )
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("s.db")).unwrap();
    (folder, store)
}

/// Everything the store has on disk: database and log.
fn on_disk(folder: &tempfile::TempDir) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap();
    files
        .flat_map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect()
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[test]
fn subjects_come_back_as_they_were_enrolled() {
    let (folder, mut store) = store();
    let (anna, bert) = ([record(1, 1), record(2, 1)], [record(3, 1)]);
    store.enroll("bert", &bert).unwrap();
    store.enroll("anna ☘", &anna).unwrap();
    drop(store);
    let store = Store::open_existing(folder.path().join("s.db")).unwrap();
    assert_eq!(store.get("anna ☘").unwrap().unwrap(), anna);
    assert_eq!(store.record_count().unwrap(), 3);
    assert_eq!(store.get("bert").unwrap().unwrap(), bert);
    assert_eq!(store.get("carl").unwrap(), None);
    let list = store.list().unwrap();
    let short: Vec<(&str, u32)> = list.iter().map(|s| (s.name.as_str(), s.records)).collect();
    assert_eq!(short, [("anna ☘", 2), ("bert", 1)]);
    assert!(
        list.iter()
            .all(|s| s.enrolled_at.elapsed().unwrap() < Duration::from_secs(60))
    );
    let mut seen = Vec::new();
    store
        .for_each_record(|name, record| {
            seen.push((name.to_string(), record));
            Ok::<(), StoreError>(())
        })
        .unwrap();
    let [a1, a2] = anna;
    let [b1] = bert;
    assert_eq!(
        seen,
        [
            ("bert".into(), b1),
            ("anna ☘".into(), a1),
            ("anna ☘".into(), a2)
        ]
    );
}

#[test]
fn enrolling_twice_changes_nothing() {
    let (_folder, mut store) = store();
    store.enroll("anna", &[record(1, 1)]).unwrap();
    let message = store
        .enroll("anna", &[record(2, 1)])
        .unwrap_err()
        .to_string();
    assert!(message.ends_with("'anna' is enrolled already"), "{message}");
    assert_eq!(store.get("anna").unwrap().unwrap(), [record(1, 1)]);
}

#[test]
fn a_refused_enrolment_leaves_nothing() {
    let (_folder, mut store) = store();
    assert!(matches!(
        store.enroll("anna", &[]),
        Err(StoreError::NoRecords { .. })
    ));
    store.enroll("bert", &[record(1, 5)]).unwrap();
    assert!(matches!(
        store.enroll("anna", &[record(2, 5), record(3, 4)]),
        Err(StoreError::OldEpoch { .. })
    ));
    assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn bad_names_are_refused() {
    let (_folder, mut store) = store();
    for (name, problem) in [
        ("", "it is empty"),
        ("a\u{7}b", "it holds the control character U+0007"),
        (&"ä".repeat(129), "it has 258 bytes, expected at most 256"),
    ] {
        let message = store.enroll(name, &[record(1, 1)]).unwrap_err().to_string();
        assert_eq!(message, format!("bad subject name: {problem}"));
    }
    store.enroll(&"ä".repeat(128), &[record(1, 1)]).unwrap();
    store
        .enroll("'; DROP TABLE subject; --", &[record(1, 1)])
        .unwrap();
    assert_eq!(store.list().unwrap().len(), 2);
}

#[test]
fn replacing_is_whole_and_overwrites() {
    let (folder, mut store) = store();
    let old = record(1, 1);
    assert!(matches!(
        store.replace("anna", &[record(2, 1)]),
        Err(StoreError::NotEnrolled { .. })
    ));
    store.enroll("anna", &[old.clone(), record(2, 1)]).unwrap();
    assert!(holds(&on_disk(&folder), old.ciphertext()));
    assert!(matches!(
        store.replace("anna", &[]),
        Err(StoreError::NoRecords { .. })
    ));
    assert_eq!(store.get("anna").unwrap().unwrap().len(), 2);
    store.replace("anna", &[record(3, 1)]).unwrap();
    assert_eq!(store.get("anna").unwrap().unwrap(), [record(3, 1)]);
    assert!(!holds(&on_disk(&folder), old.ciphertext()));
    // A subject's own old records count as well when a rotation came between.
    store.replace("anna", &[record(4, 2)]).unwrap();
    assert!(matches!(
        store.replace("anna", &[record(5, 1)]),
        Err(StoreError::OldEpoch {
            found: 1,
            expected: 2,
            ..
        })
    ));
}

#[test]
fn a_revoked_subject_is_gone_from_the_disk() {
    let (folder, mut store) = store();
    let secret = record(1, 1);
    store.enroll("anna", std::slice::from_ref(&secret)).unwrap();
    store.enroll("bert", &[record(2, 1)]).unwrap();
    assert!(holds(&on_disk(&folder), secret.ciphertext()) && holds(&on_disk(&folder), b"anna"));
    assert!(store.revoke("anna").unwrap());
    assert!(!store.revoke("anna").unwrap());
    assert_eq!(store.get("anna").unwrap(), None);
    assert!(!holds(&on_disk(&folder), secret.ciphertext()) && !holds(&on_disk(&folder), b"anna"));
    assert_eq!(store.get("bert").unwrap().unwrap(), [record(2, 1)]);
    store.enroll("anna", &[record(3, 1)]).unwrap();
}

#[test]
fn rotation_reseals_everything_or_nothing() {
    let (folder, mut store) = store();
    // More records than a rotation takes at once.
    let (people, each) = (7, 200_u8);
    for person in 0..people {
        let records: Vec<SealedRecord> = (0..each).map(|n| record(n, 1)).collect();
        store.enroll(&format!("p{person}"), &records).unwrap();
    }
    let rng = &mut ChaCha20Rng::seed_from_u64(1);
    let mut calls = 0;
    let interrupted = store.rotate(|_, old| {
        calls += 1;
        if calls == 1302 {
            Err(RecordError::Tampered)
        } else {
            old.reseal(&key(1), &key(2), 2, OWNER, rng)
        }
    });
    let message = interrupted.unwrap_err().to_string();
    assert!(
        message.contains("record 101 of 'p6': the record was tampered with"),
        "{message}"
    );
    for person in 0..people {
        let records = store.get(&format!("p{person}")).unwrap().unwrap();
        assert!(records.iter().all(|r| r.epoch() == 1));
    }

    let count = store
        .rotate(|_, old| old.reseal(&key(1), &key(2), 2, OWNER, rng))
        .unwrap();
    assert_eq!(count, people * usize::from(each));
    for person in 0..people {
        let records = store.get(&format!("p{person}")).unwrap().unwrap();
        let opened: Vec<BitTemplate> = records
            .iter()
            .map(|r| r.open(&key(2), &CONTRACT, OWNER).unwrap())
            .collect();
        assert_eq!(opened, (0..each).map(template).collect::<Vec<_>>());
    }
    assert!(!holds(&on_disk(&folder), record(1, 1).ciphertext()));
    assert!(matches!(
        store.enroll("late", &[record(1, 1)]),
        Err(StoreError::OldEpoch { .. })
    ));
}

#[test]
fn a_damaged_record_is_named() {
    let (_folder, mut store) = store();
    store.enroll("anna", &[record(1, 1), record(2, 1)]).unwrap();
    let damage = "UPDATE record SET sealed = zeroblob(length(sealed)) WHERE position = 1";
    store.connection.execute(damage, []).unwrap();
    let message = store.get("anna").unwrap_err().to_string();
    assert!(
        message.contains("s.db: record 1 of 'anna': not a sealed record"),
        "{message}"
    );
    assert!(store.rotate(|_, old| Ok(old.clone())).is_err());
}

#[test]
fn two_connections_see_each_other() {
    let (folder, mut first) = store();
    let mut second = Store::open(folder.path().join("s.db")).unwrap();
    first.enroll("anna", &[record(1, 1)]).unwrap();
    assert!(matches!(
        second.enroll("anna", &[record(1, 1)]),
        Err(StoreError::AlreadyEnrolled { .. })
    ));
    assert!(second.revoke("anna").unwrap());
    assert_eq!(first.get("anna").unwrap(), None);
}
