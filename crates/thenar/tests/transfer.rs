//! A store goes out as lines of JSON and comes in again: as it was, or not at all.

mod common;

use std::fs;
use std::path::Path;

use common::{PASSPHRASE, Place};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use thenar::protect::{Keyring, TokenKind, os_rng};
use thenar::store::{Entry, Store};

/// Two subjects, one with a token of its own, and a key.
fn filled() -> Place {
    let place = Place::for_rois();
    let (a, b) = (place.roi(1), place.roi(2));
    place.run(&format!("enroll anna {a}")).code(0);
    place.run(&format!("enroll bob {b} --own-token")).code(0);
    let words = place.passphrase("words", PASSPHRASE);
    place
        .run(&format!("key new work {a} --passphrase-file {words}"))
        .code(0);
    place
}

fn entries(store: &Path) -> Vec<Entry> {
    let mut found = Vec::new();
    Store::open_existing(store)
        .unwrap()
        .for_each_entry::<Box<dyn std::error::Error>>(|entry| {
            found.push(entry);
            Ok(())
        })
        .unwrap();
    found
}

/// The lines with the last one made to fit the others again, as a forger would.
fn sealed(lines: &[String]) -> String {
    let (end, body) = lines.split_last().unwrap();
    let body: String = body.iter().map(|line| format!("{line}\n")).collect();
    let mut end: Value = serde_json::from_str(end).unwrap();
    let digest = Sha256::digest(&body);
    end["sha256"] = json!(
        digest
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect::<String>()
    );
    format!("{body}{end}\n")
}

#[test]
fn a_store_goes_out_and_in() {
    let place = filled();
    let out = place.run("export -o out.jsonl --json").code(0).json();
    assert_eq!(
        (&out["subjects"], &out["records"], &out["keys"]),
        (&json!(2), &json!(2), &json!(1))
    );
    let text = fs::read_to_string(place.path("out.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 5);
    // None of the secrets of the keyring is in the file.
    let keyring = fs::read_to_string(place.path("keyring")).unwrap();
    let secrets: Vec<&str> = keyring
        .split_whitespace()
        .filter(|word| word.len() == 64)
        .collect();
    assert_eq!(
        secrets.len(),
        4,
        "two tokens, the store key, and the checksum"
    );
    assert!(secrets.iter().all(|secret| !text.contains(secret)));
    // An export replaces nothing.
    place.run("export -o out.jsonl").code(2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(place.path("out.jsonl"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    let said = place.run("--store new.db import out.jsonl").code(0).stdout;
    assert_eq!(said, "2 subjects with 2 records and 1 key imported\n");
    assert_eq!(
        entries(&place.path("new.db")),
        entries(&place.path("thenar.db"))
    );
    place.run("--store new.db verify anna roi1.png").code(0);
    place.run("--store new.db verify bob roi2.png").code(0);
    place
        .run("--store new.db key recover work roi1.png --passphrase-file words")
        .code(0);
    // A second time everything is there already.
    let before = entries(&place.path("new.db"));
    let said = place.run("--store new.db import out.jsonl").code(2).stderr;
    assert!(said.contains("'anna' is enrolled already"), "{said}");
    assert_eq!(entries(&place.path("new.db")), before);
}

#[test]
fn cut_and_changed_files_are_refused_whole() {
    let place = filled();
    place.run("export -o out.jsonl").code(0);
    let text = fs::read_to_string(place.path("out.jsonl")).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let with = |number: usize, line: String| {
        let mut lines = lines.clone();
        lines[number] = line;
        sealed(&lines)
    };
    let (anna, bob) = (&lines[1], &lines[2]);
    let cases = [
        (
            text[..text.len() - 1].to_owned(),
            "line 5: the file ends within this line",
        ),
        (
            text[..text.len() / 2].to_owned(),
            "the file ends within this line",
        ),
        (lines[..4].join("\n") + "\n", "line 5: the file ends here"),
        (
            lines[1..].join("\n") + "\n",
            "line 1: expected the first line",
        ),
        (
            format!("{text}\n"),
            "line 5: something follows the last line",
        ),
        (
            text.replace("\"version\":1", "\"version\":2"),
            "line 1: version 2, expected 1",
        ),
        (
            text.replace("\"keys\":1", "\"keys\":2"),
            "line 5: the file is damaged",
        ),
        (
            text.replacen("anna", "emma", 1),
            "line 2: subject 'emma': the record was tampered with or moved",
        ),
        (
            text.replacen("\"enrolled_at\":1", "\"enrolled_at\":2", 1),
            "line 5: the file is damaged",
        ),
        // By somebody who makes the digest fit.
        (
            with(1, anna.replacen("VEhOUg", "VEhOUw", 1)),
            "line 2: record 1: not a sealed record",
        ),
        (
            with(1, bob.replace("bob", "anna")),
            "line 2: subject 'anna': the record was tampered with or moved",
        ),
        (with(2, anna.clone()), "'anna' is enrolled already"),
        (
            with(3, lines[3].replacen("VEhLQ", "VEhLR", 1)),
            "line 4: key 'work'",
        ),
        (
            with(1, anna.replace("records", "record")),
            "line 2: not a line of an export",
        ),
        (
            with(1, "[".repeat(100_000)),
            "line 2: not a line of an export",
        ),
        (String::new(), "line 1: the file ends here"),
    ];
    for (text, expected) in cases {
        fs::write(place.path("bad.jsonl"), &text).unwrap();
        let said = place.run("--store new.db import bad.jsonl").code(2).stderr;
        assert!(said.contains(expected), "{expected}: {said}");
        let nothing = !place.path("new.db").exists() || entries(&place.path("new.db")).is_empty();
        assert!(nothing, "{expected}");
    }
}

#[test]
fn other_keyrings_and_contracts_are_refused() {
    let place = filled();
    place.run("export -o out.jsonl").code(0);
    // Another keyring, and none.
    Keyring::create(place.path("other"), &mut os_rng()).unwrap();
    let said = place
        .run("--store new.db --keyring other import out.jsonl")
        .code(2)
        .stderr;
    assert!(
        said.contains("line 2: subject 'anna': it was enrolled with the collection's token"),
        "{said}"
    );
    let said = place
        .run("--store new.db --keyring nowhere import out.jsonl")
        .code(2)
        .stderr;
    assert!(
        said.contains("there is no keyring here, but out.jsonl holds subjects"),
        "{said}"
    );
    assert!(!place.path("nowhere").exists() && !place.path("new.db").exists());

    // The same palm under a contract that no program has, sealed as it should be.
    let keyring = Keyring::load(place.path("keyring")).unwrap();
    let mut store = Store::open(place.path("thenar.db")).unwrap();
    let record = &store.get("anna").unwrap().unwrap()[0];
    assert_eq!(record.token().kind, TokenKind::Collection);
    let template = keyring.open(record, record.contract(), "anna").unwrap();
    let contract = thenar::protect::ContractId([7; 32]);
    let alien = keyring.seal(&template, &contract, record.token(), "carl", &mut os_rng());
    store.enroll("carl", &[alien]).unwrap();
    drop(store);
    place.run("export -o alien.jsonl").code(0);
    let said = place
        .run("--store new.db import alien.jsonl --json")
        .code(2)
        .json();
    assert_eq!(said["error"]["kind"], "import");
    let message = said["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("line 4: subject 'carl': the record belongs to contract 0707070707070707"),
        "{message}"
    );
    assert!(!place.path("new.db").exists());

    // After a rotation an old export opens no more.
    place.run("rotate").code(0);
    let said = place.run("--store new.db import out.jsonl").code(2).stderr;
    assert!(said.contains("the keyring holds no store key"), "{said}");
}
