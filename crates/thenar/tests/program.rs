//! The program's commands on ready-cut regions. Only what holds for any extractor is asked here: an image matches itself.

mod common;

use std::fs;

use common::{Place, bytes};
use serde_json::json;

#[test]
fn a_subject_is_enrolled_found_and_revoked() {
    let place = Place::for_rois();
    let (a, b) = (place.roi(1), place.roi(2));
    place.run(&format!("enroll anna {a}")).code(0);
    place.run(&format!("enroll bob {b}")).code(0);

    let verified = place.run(&format!("verify anna {a} --json")).code(0).json();
    assert_eq!(verified["match"], json!(true));
    assert_eq!(verified["distance"], json!(0.0));
    let said = place.run(&format!("verify anna {a}")).code(0).stdout;
    assert!(
        said.starts_with("anna: match at FMR ") && said.contains("1 in "),
        "{said}"
    );

    let found = place.run(&format!("identify {b} --json")).code(0).json();
    assert_eq!(found["candidates"][0]["subject"], json!("bob"));
    assert_eq!(found["candidates"][0]["distance"], json!(0.0));
    assert_eq!(found["searched"], json!(2));

    let listed = place.run("list --json").code(0).json();
    let names: Vec<_> = listed["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["subject"])
        .collect();
    assert_eq!(names, [&json!("anna"), &json!("bob")]);

    place.run("revoke bob").code(0);
    place.run("revoke bob").code(2);
    place.run(&format!("verify bob {b}")).code(2);
    let found = place.run(&format!("identify {b} --json")).json();
    assert_eq!(found["searched"], json!(1));
    assert!(
        found["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["subject"] == "anna")
    );
    place.run(&format!("enroll anna {b}")).code(2);
}

/// Whoever can write to the store puts their own record under another's name: it must not open there.
#[test]
fn a_record_moved_to_another_name_is_refused() {
    let place = Place::for_rois();
    let (a, b) = (place.roi(1), place.roi(2));
    place.run(&format!("enroll anna {a}")).code(0);
    place.run(&format!("enroll eve {b}")).code(0);
    let mut store = thenar::store::Store::open(place.path("thenar.db")).unwrap();
    let eves = store.get("eve").unwrap().unwrap();
    store.replace("anna", &eves).unwrap();
    drop(store);
    for command in [format!("verify anna {b}"), format!("identify {b}")] {
        let said = place.run(&command).code(2).stderr;
        assert!(
            said.contains("subject 'anna'") && said.contains("moved"),
            "{said}"
        );
    }
    place.run(&format!("verify eve {b}")).code(0);
}

#[test]
fn a_renewed_subject_has_a_token_of_its_own() {
    let place = Place::for_rois();
    let a = place.roi(1);
    place.run(&format!("enroll anna {a}")).code(0);
    let store = bytes(&place.path("thenar.db"));
    let keyring = fs::read_to_string(place.path("keyring")).unwrap();
    assert!(!keyring.contains("own-token"));

    place.run(&format!("renew anna {a}")).code(0);
    let first = fs::read_to_string(place.path("keyring")).unwrap();
    assert_eq!(first.matches("own-token").count(), 1);
    place.run(&format!("verify anna {a}")).code(0);
    let found = place.run(&format!("identify {a} --json")).code(1).json();
    assert_eq!(found["skipped_own_token"], json!(1));

    // Renewed again: the old token is forgotten.
    place.run(&format!("renew anna {a}")).code(0);
    let second = fs::read_to_string(place.path("keyring")).unwrap();
    assert_eq!(second.matches("own-token").count(), 1);
    assert_ne!(first, second);
    assert_ne!(store, bytes(&place.path("thenar.db")));

    place.run("revoke anna").code(0);
    let last = fs::read_to_string(place.path("keyring")).unwrap();
    assert!(!last.contains("own-token"));
    place.run(&format!("enroll carl {a} --own-token")).code(0);
    place.run(&format!("verify carl {a}")).code(0);
    place.run(&format!("identify {a}")).code(1);
}

#[test]
fn rotation_needs_no_photo_and_makes_an_old_keyring_worthless() {
    let place = Place::for_rois();
    let a = place.roi(1);
    place.run(&format!("enroll anna {a}")).code(0);
    fs::copy(place.path("keyring"), place.path("stolen")).unwrap();
    let rotated = place.run("rotate --json").code(0).json();
    assert_eq!(
        (&rotated["records"], &rotated["epoch"]),
        (&json!(1), &json!(2))
    );
    place.run(&format!("verify anna {a}")).code(0);
    let refused = place
        .run(&format!("verify anna {a} --keyring stolen --json"))
        .code(2);
    assert_eq!(refused.json()["error"]["kind"], json!("record"));
}

#[test]
fn an_interrupted_rotation_is_finished() {
    use thenar::protect::{Keyring, os_rng};
    let place = Place::for_rois();
    let a = place.roi(1);
    place.run(&format!("enroll anna {a}")).code(0);
    let mut keyring = Keyring::load(place.path("keyring")).unwrap();
    keyring.begin_rotation(&mut os_rng()).unwrap();
    keyring.save().unwrap();
    place.run(&format!("verify anna {a}")).code(0);
    place.run(&format!("enroll bob {a}")).code(0);
    let rotated = place.run("rotate").code(0);
    assert!(rotated.stderr.contains("interrupted"), "{rotated:?}");
    assert!(!Keyring::load(place.path("keyring")).unwrap().is_rotating());
    place.run(&format!("verify anna {a}")).code(0);
    place.run(&format!("verify bob {a}")).code(0);
}

#[test]
fn a_store_without_its_keyring_takes_nobody() {
    let place = Place::for_rois();
    let a = place.roi(1);
    place.run(&format!("enroll anna {a}")).code(0);
    let store = bytes(&place.path("thenar.db"));
    fs::rename(place.path("keyring"), place.path("elsewhere")).unwrap();
    for command in ["enroll bob", "verify anna", "identify", "renew anna"] {
        let refused = place.run(&format!("{command} {a} --json")).code(2);
        assert_eq!(
            refused.json()["error"]["kind"],
            json!("keyring"),
            "{command}"
        );
    }
    assert!(!place.path("keyring").exists());
    // A keyring that is another store's is refused too.
    let other = Place::for_rois();
    let b = other.roi(2);
    other.run(&format!("enroll x {b}")).code(0);
    fs::copy(other.path("keyring"), place.path("keyring")).unwrap();
    place.run(&format!("enroll bob {a}")).code(2);
    place.run("rotate").code(2);
    assert_eq!(store, bytes(&place.path("thenar.db")));
    place
        .run(&format!("verify anna {a} --keyring elsewhere"))
        .code(0);
}

#[test]
fn each_store_has_a_keyring_of_its_own() {
    let place = Place::for_rois();
    let a = place.roi(1);
    for store in ["one.db", "two.db"] {
        let args = ["--store", store, "enroll", "anna", a.as_str()];
        let status = place
            .command(&args)
            .env_remove("THENAR_KEYRING")
            .env_remove("XDG_CONFIG_HOME")
            .status();
        assert!(status.unwrap().success());
    }
    let folder = place.path(".config/thenar");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(
        names.len() == 2 && names[0].starts_with("one-") && names[1].starts_with("two-"),
        "{names:?}"
    );
}

#[test]
fn bad_input_changes_nothing() {
    let place = Place::for_rois();
    let a = place.roi(1);
    fs::write(place.path("empty.png"), b"").unwrap();
    fs::write(place.path("text.png"), b"this is text").unwrap();
    // Before there is a store: none is made.
    for photo in ["empty.png", "text.png", "missing.png"] {
        place.run(&format!("enroll anna {photo}")).code(2);
    }
    place
        .run(&format!("enroll {} {a}", "x".repeat(300)))
        .code(2);
    assert!(!place.path("thenar.db").exists() && !place.path("keyring").exists());
    // And with one: it stays as it is.
    place.run(&format!("enroll anna {a}")).code(0);
    let before = (
        bytes(&place.path("thenar.db")),
        bytes(&place.path("keyring")),
    );
    for photo in ["empty.png", "text.png", "missing.png"] {
        let refused = place.run(&format!("enroll bob {a} {photo}")).code(2);
        assert!(refused.stderr.contains(photo), "{refused:?}");
        place.run(&format!("renew anna {photo}")).code(2);
        place
            .run(&format!("key new k {photo} --passphrase-file {a}"))
            .code(2);
    }
    assert_eq!(
        before,
        (
            bytes(&place.path("thenar.db")),
            bytes(&place.path("keyring"))
        )
    );
}

#[test]
fn a_key_comes_back_from_palm_and_passphrase() {
    let (place, a, good) = Place::for_keys();
    let bad = place.passphrase("bad", "gulls under it");
    let made = place
        .run(&format!("key new work {a} --passphrase-file {good} --json"))
        .code(0)
        .json();
    let public = made["public"].as_str().unwrap();
    assert!(
        public.starts_with("ssh-ed25519 ") && public.ends_with(" thenar:work"),
        "{public}"
    );
    assert_eq!(made["private_file"], json!(null));

    let back = format!("key recover work {a} --passphrase-file {good}");
    assert_eq!(place.run(&back).code(0).stdout.trim(), public);
    place.run(&format!("{back} --out-private id")).code(0);
    let private = fs::read_to_string(place.path("id")).unwrap();
    assert!(private.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----"));
    let refused = place.run(&format!("{back} --out-private id")).code(2);
    assert!(refused.stderr.contains("not overwritten"), "{refused:?}");
    assert_eq!(
        place.run(&format!("{back} --out-private -")).code(0).stdout,
        private
    );
    place.run(&format!("{back} --out-private - --json")).code(2);

    let wrong = place
        .run(&format!(
            "key recover work {a} --passphrase-file {bad} --json"
        ))
        .code(1);
    assert_eq!(wrong.json()["recovered"], json!(false));
    let listed = place.run("key list --json").code(0).json();
    assert_eq!(listed["keys"][0]["public"], json!(public));
    place
        .run(&format!("key new work {a} --passphrase-file {good}"))
        .code(2);
    place.run("key remove work").code(0);
    place.run(&back).code(2);
}

#[cfg(unix)]
#[test]
fn private_files_are_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (place, a, good) = Place::for_keys();
    place.run(&format!("enroll anna {a}")).code(0);
    let key = format!(
        "key new work {a} --passphrase-file {good} --out-private id --device-secret device"
    );
    place.run(&key).code(0);
    for name in ["keyring", "thenar.db", "id", "device"] {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
    }
    place
        .run(&format!(
            "key recover work {a} --passphrase-file {good} --device-secret device"
        ))
        .code(0);
    let without = place
        .run(&format!("key recover work {a} --passphrase-file {good}"))
        .code(2);
    assert!(without.stderr.contains("device secret"), "{without:?}");
}

#[test]
fn failed_attempts_are_counted_and_slowed_whatever_was_wrong() {
    let (place, a, good) = Place::for_keys();
    let (b, bad) = (place.roi(2), place.passphrase("bad", "gulls under it"));
    place
        .run(&format!("key new work {a} --passphrase-file {good}"))
        .code(0);
    let recover = |photo: &str, pass: &str, rest: &str| {
        place.run(&format!(
            "key recover work {photo} --passphrase-file {pass} {rest}"
        ))
    };
    // Palm, passphrase or both: the same words, and each counts; success forgets them.
    let said: Vec<String> = [(&b, &good), (&a, &bad), (&b, &bad)]
        .iter()
        .map(|(photo, pass)| recover(photo, pass, "").code(1).stdout)
        .collect();
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
    // Time enough for the first wait, one second, before the right one is tried.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    recover(&a, &good, "").code(0);
    for _ in 0..3 {
        recover(&b, &good, "").code(1);
    }
    // More failures, so that the wait does not run out while this runs.
    let store = rusqlite::Connection::open(place.path("thenar.db")).unwrap();
    store.execute("UPDATE key SET failures = 10", []).unwrap();
    drop(store);
    let refused = recover(&a, &good, "--json").code(2).json();
    assert_eq!(refused["error"]["kind"], json!("attempts"));
    assert_eq!(refused["error"]["failures"], json!(10));
    let wait = refused["error"]["wait_seconds"].as_u64().unwrap();
    assert!((1..=128).contains(&wait), "{wait}");
    // Signing is an attempt like any other.
    place
        .run(&format!(
            "sign work {a} --passphrase-file {good} -f {a} -o -"
        ))
        .code(2);
    // A public key needs none.
    place.run("key public work").code(0);
}

#[test]
fn a_weak_or_missing_passphrase_is_refused() {
    let place = Place::for_rois();
    let (a, weak) = (place.roi(1), place.passphrase("weak", "short"));
    let refused = place
        .run(&format!("key new work {a} --passphrase-file {weak} --json"))
        .code(2);
    assert_eq!(refused.json()["error"]["kind"], json!("passphrase"));
    assert!(!refused.stdout.contains("short\"") && !place.path("thenar.db").exists());
    let nobody = place.run(&format!("key new work {a}")).code(2);
    assert!(nobody.stderr.contains("--passphrase-file"), "{nobody:?}");
}

#[test]
fn every_intermediate_of_a_region_is_explained() {
    let place = Place::for_rois();
    let a = place.roi(1);
    let explained = place
        .run(&format!("explain {a} -o out --json"))
        .code(0)
        .json();
    let stages: Vec<_> = explained["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["stage"].as_str().unwrap())
        .collect();
    assert_eq!(
        stages,
        ["photo", "roi", "feature", "bits", "record", "hash"]
    );
    for file in explained["files"].as_array().unwrap() {
        assert!(
            place
                .path("out")
                .join(file["file"].as_str().unwrap())
                .exists(),
            "{file}"
        );
    }
    assert!(
        fs::read_to_string(place.path("out/index.html"))
            .unwrap()
            .contains("feature.png")
    );
    assert!(!place.path("thenar.db").exists() && !place.path("keyring").exists());
}

#[test]
fn drawn_hands_are_written_and_repeat() {
    let place = Place::for_photos();
    for folder in ["a", "b"] {
        let args = format!(
            "synth hands --identities 2 --captures 2 --seed 7 --size 96 -o {folder} --json"
        );
        assert_eq!(place.run(&args).code(0).json()["images"], json!(4));
    }
    assert_eq!(
        bytes(&place.path("a/labels.jsonl")),
        bytes(&place.path("b/labels.jsonl"))
    );
    assert_eq!(
        fs::read_to_string(place.path("a/labels.jsonl"))
            .unwrap()
            .lines()
            .count(),
        4
    );
    place.run("synth hands --identities 0 -o c").code(2);
    assert!(!place.path("c").exists());
}

#[test]
fn shells_get_completions() {
    let place = Place::for_photos();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&format!("completions {shell}")).code(0).stdout;
        assert!(script.contains("identify"), "{shell}");
    }
}
