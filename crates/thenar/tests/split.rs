//! The split form: a subject whose token is in a file of its own.

mod common;

use common::Place;
use thenar_protect::{Keyring, SealedRecord, TokenKind};
use thenar_store::Store;

fn record(place: &Place, subject: &str) -> SealedRecord {
    let store = Store::open_existing(place.path("thenar.db")).unwrap();
    store.get(subject).unwrap().unwrap().remove(0)
}

#[test]
fn store_and_keyring_show_nothing_without_the_token() {
    let place = Place::for_rois();
    let palm = place.roi(1);
    place
        .run(&format!("enroll anna {palm} --token anna.token"))
        .code(0);
    place
        .run(&format!("enroll ben {palm} --token ben.token"))
        .code(0);
    place.run(&format!("enroll open {palm}")).code(0);

    // Everything but the tokens: the templates of one image, opened, have nothing in common.
    let keyring = Keyring::load(place.path("keyring")).unwrap();
    let opened = |subject: &str| {
        let record = record(&place, subject);
        keyring.open(&record, record.contract(), subject).unwrap()
    };
    let [anna, ben, plain] = ["anna", "ben", "open"].map(opened);
    for (one, other) in [(&anna, &ben), (&anna, &plain), (&ben, &plain)] {
        // Expected 512 of 1024, standard deviation 16.
        assert!(one.hamming(other).abs_diff(512) < 100);
    }
    let held = record(&place, "anna").token();
    assert_eq!(held.kind, TokenKind::Held);
    assert!(keyring.token(held).is_none());

    // With the token it is the template that it would be otherwise.
    let verify = |token: &str| place.run(&format!("verify anna {palm} --json {token}"));
    let found = verify("--token anna.token").code(0).json();
    assert_eq!(found["distance"], 0.0);
    let stranger = place.roi(2);
    place
        .run(&format!("verify anna {stranger} --token anna.token"))
        .code(1);

    // Sealed anew without it.
    place.run("rotate").code(0);
    verify("--token anna.token").code(0);
}

#[test]
fn a_missing_and_a_wrong_token_are_told_apart() {
    let place = Place::for_rois();
    let palm = place.roi(1);
    place
        .run(&format!("enroll anna {palm} --token anna.token"))
        .code(0);
    place.run(&format!("enroll ben {palm}")).code(0);
    std::fs::write(place.path("other.token"), "0".repeat(64)).unwrap();
    std::fs::write(place.path("short.token"), "0").unwrap();
    for (command, said) in [
        (
            format!("verify anna {palm}"),
            "give it with --token or --token-passphrase",
        ),
        (
            format!("verify anna {palm} --token other.token"),
            "not the one that 'anna' was enrolled with",
        ),
        (
            format!("verify anna {palm} --token short.token"),
            "expected one line of 64 hex digits",
        ),
        (
            format!("verify anna {palm} --token nowhere.token"),
            "nowhere.token",
        ),
        (
            format!("verify ben {palm} --token anna.token"),
            "was not enrolled with a token of that kind",
        ),
        (
            format!("renew anna {palm}"),
            "revoke 'anna' and enrol it again",
        ),
        (
            format!("enroll carl {palm} --token carl.token --own-token"),
            "cannot be used with",
        ),
    ] {
        let ran = place.run(&command).code(2);
        assert!(ran.stderr.contains(said), "{command}: {ran:?}");
    }
    assert!(!place.path("nowhere.token").exists() && !place.path("carl.token").exists());

    // Not found by a search, and counted.
    let found = place.run(&format!("identify {palm} --json")).code(0).json();
    assert_eq!(
        (&found["searched"], &found["skipped_own_token"]),
        (&1.into(), &1.into())
    );
    assert_eq!(found["candidates"][0]["subject"], "ben");

    // Out and in again, without the token.
    place.run("export -o all.jsonl").code(0);
    place
        .run("--store again.db --keyring keyring import all.jsonl")
        .code(0);
    let again = format!("--store again.db --keyring keyring verify anna {palm} --token anna.token");
    place.run(&again).code(0);
    place.run("revoke anna").code(0);
}

#[test]
fn a_passphrase_makes_a_token() {
    let (place, palm, good) = Place::for_keys();
    let bad = place.passphrase("bad", "herons over the harbour");
    let with = |passphrase: &str| format!("--token-passphrase --passphrase-file {passphrase}");
    place
        .run(&format!("enroll anna {palm} {}", with(&good)))
        .code(0);
    place
        .run(&format!("verify anna {palm} {}", with(&good)))
        .code(0);
    let ran = place
        .run(&format!("verify anna {palm} {}", with(&bad)))
        .code(2);
    assert!(ran.stderr.contains("not the one that 'anna'"), "{ran:?}");
    // The same passphrase of another subject is another token.
    place
        .run(&format!("enroll ben {palm} {}", with(&good)))
        .code(0);
    assert_ne!(
        record(&place, "anna").token(),
        record(&place, "ben").token()
    );
    let common = place.passphrase("common", "password1");
    let ran = place
        .run(&format!("enroll carl {palm} {}", with(&common)))
        .code(2);
    assert!(ran.stderr.contains("common"), "{ran:?}");
    let ran = place
        .run(&format!("enroll carl {palm} --passphrase-file {good}"))
        .code(2);
    assert!(ran.stderr.contains("--token-passphrase"), "{ran:?}");
}
