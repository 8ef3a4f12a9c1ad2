//! Keys of every kind before the real `openssl` and `ssh-keygen`. A missing program is a failure, not a skip.

mod common;

use std::fs;

use common::{Place, said};
use serde_json::json;

/// Every kind, with what stands before its public key in its usual form.
const KINDS: [(&str, &str); 6] = [
    ("ed25519", "ssh-ed25519 "),
    ("p256", "ecdsa-sha2-nistp256 "),
    ("x25519", "age1"),
    ("rsa-2048", "ssh-rsa "),
    ("rsa-3072", "ssh-rsa "),
    ("rsa-4096", "ssh-rsa "),
];

#[test]
fn every_kind_is_made_and_openssl_accepts_its_pem() {
    let (place, a, good) = Place::for_keys();
    for (kind, usual) in KINDS {
        let made = place
            .run(&format!(
                "key new {kind} {a} --kind {kind} --passphrase-file {good} --format pem --out-private {kind}.pem --json"
            ))
            .code(0);
        assert!(made.stderr.contains("warning: the private key"), "{made:?}");
        let made = made.json();
        assert_eq!(made["kind"], json!(kind));
        let checked = said(
            &place,
            "openssl",
            &format!("pkey -check -noout -in {kind}.pem"),
        );
        assert!(checked.contains("valid"), "{kind}: {checked}");

        let public = place
            .run(&format!("key public {kind} --format pem"))
            .code(0)
            .stdout;
        assert_eq!(
            made["public"],
            json!(public.trim_end_matches('\n').to_owned() + "\n")
        );
        fs::write(place.path("public.pem"), &public).unwrap();
        said(
            &place,
            "openssl",
            "pkey -pubin -pubcheck -noout -in public.pem",
        );
        let derived = said(&place, "openssl", &format!("pkey -pubout -in {kind}.pem"));
        assert_eq!(derived, public, "{kind}");

        let public = place.run(&format!("key public {kind}")).code(0).stdout;
        assert!(public.starts_with(usual), "{kind}: {public}");
        if kind != "x25519" {
            fs::write(place.path("public"), &public).unwrap();
            let shown = said(&place, "ssh-keygen", "-l -f public");
            assert!(shown.contains(&format!(" thenar:{kind} ")), "{shown}");
        }
    }
    let listed = place.run("key list").code(0).stdout;
    for (kind, usual) in KINDS {
        let line =
            |line: &&str| line.starts_with(usual) && line.ends_with(&format!(" thenar:{kind}"));
        assert_eq!(listed.lines().filter(line).count(), 1, "{kind}: {listed}");
    }
}

#[test]
fn an_age_key_comes_back_and_has_no_openssh_form() {
    let (place, a, good) = Place::for_keys();
    let new = format!("key new box {a} --kind x25519 --passphrase-file {good}");
    // What cannot be written is refused before anything is kept.
    place.run(&format!("{new} --format openssh")).code(2);
    assert!(!place.path("thenar.db").exists());
    let recipient = place.run(&new).code(0).stdout;
    let recipient = recipient.trim();
    assert!(
        recipient.starts_with("age1") && recipient.len() == 62,
        "{recipient}"
    );

    let back = format!("key recover box {a} --passphrase-file {good}");
    place.run(&format!("{back} --format openssh")).code(2);
    let identity = place.run(&format!("{back} --out-private -")).code(0);
    let lines: Vec<&str> = identity.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], format!("# public key: {recipient}"));
    assert!(lines[1].starts_with("AGE-SECRET-KEY-1"), "{lines:?}");
    assert!(
        identity
            .stderr
            .contains("warning: the private key is on stdout")
    );
}

#[test]
fn a_key_is_checked_without_a_palm_and_with_one() {
    let (place, a, good) = Place::for_keys();
    let b = place.roi(2);
    let new = format!("key new work {a} --passphrase-file {good} --device-secret device");
    let public = place.run(&new).code(0).stdout;
    let about = place.run("key check work --json").code(0).json();
    assert_eq!(about["public"], json!(public.trim_end()));
    assert_eq!(about["code"], json!({ "n": 127, "k": 64, "t": 10 }));
    assert_eq!(
        (&about["version"], &about["copies"]),
        (&json!(3), &json!(8))
    );
    assert_eq!(about["device_secret"], json!(true));
    assert_eq!(about["of_this_program"], json!(true));
    assert_eq!(
        (&about["failures"], &about["recovered"]),
        (&json!(0), &json!(null))
    );

    let with = |photo: &str, rest: &str| {
        place.run(&format!(
            "key check work {photo} --passphrase-file {good} {rest} --json"
        ))
    };
    assert!(with(&a, "").code(2).stderr.contains("device secret"));
    let wrong = with(&b, "--device-secret device").code(1);
    assert_eq!(wrong.json()["recovered"], json!(false));
    // Both were attempts.
    let right = with(&a, "--device-secret device").code(0);
    assert_eq!(right.json()["failures"], json!(2));
    assert_eq!(right.json()["recovered"], json!(true));
    assert!(!right.stdout.contains("PRIVATE"));
    let after = place.run("key check work --json").code(0).json();
    assert_eq!(after["failures"], json!(0));

    // What is broken is said to be broken.
    let store = rusqlite::Connection::open(place.path("thenar.db")).unwrap();
    store
        .execute("UPDATE key SET helper = substr(helper, 1, 500)", [])
        .unwrap();
    drop(store);
    let broken = place.run("key check work").code(2).stderr;
    assert!(broken.contains("ends after 500 bytes"), "{broken}");
}

#[test]
fn renewing_gives_another_key_and_nothing_brings_the_old_one_back() {
    let (place, a, good) = Place::for_keys();
    let b = place.roi(2);
    let better = place.passphrase("better", "terns above the lighthouse");
    let weak = place.passphrase("weak", "terns");
    let made = place.run(&format!(
        "key new work {a} --kind p256 --passphrase-file {good} --device-secret device"
    ));
    let old = made.code(0).stdout;
    let renew = |photos: &str, from: &str, to: &str| {
        place.run(&format!(
            "key renew work {photos} --passphrase-file {from} --new-passphrase-file {to} \
             --device-secret device --json"
        ))
    };
    let before = place.run("key check work --json").code(0).json();
    // Nothing is changed by another palm, a wrong passphrase or a weak new one.
    for (photo, from, to, code) in [
        (&b, &good, &better, 1),
        (&a, &better, &better, 1),
        (&a, &good, &weak, 2),
    ] {
        renew(photo, from, to).code(code);
    }
    assert_eq!(place.run("key check work --json").code(0).json(), before);

    let renewed = renew(&format!("{a} {a}"), &good, &better).code(0);
    assert!(renewed.stderr.contains("NEW key"), "{renewed:?}");
    let renewed = renewed.json();
    assert_eq!(renewed["kind"], json!("p256"));
    assert_eq!(renewed["old_public"], json!(old.trim_end()));
    let new = renewed["public"].as_str().unwrap();
    assert_ne!(new, old.trim_end());
    let recover = |pass: &str| {
        place.run(&format!(
            "key recover work {a} --passphrase-file {pass} --device-secret device"
        ))
    };
    recover(&good).code(1);
    assert_eq!(recover(&better).code(0).stdout.trim_end(), new);
    assert_eq!(place.run("key list").code(0).stdout.trim_end(), new);

    // Files could be lost.
    let letters = format!("key new letters {a} --kind x25519 --passphrase-file {good}");
    let old = place.run(&letters).code(0).stdout;
    let renew =
        format!("key renew letters {a} --passphrase-file {good} --new-passphrase-file {better}");
    let refused = place.run(&renew).code(2).stderr;
    assert!(refused.contains("never be read again"), "{refused}");
    assert_eq!(place.run("key public letters").code(0).stdout, old);
    assert_ne!(place.run(&format!("{renew} --force")).code(0).stdout, old);
}
