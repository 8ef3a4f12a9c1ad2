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
    let place = Place::for_rois();
    let (a, good) = (
        place.roi(1),
        place.passphrase("good", "gulls over the harbour"),
    );
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
    let place = Place::for_rois();
    let (a, good) = (
        place.roi(1),
        place.passphrase("good", "gulls over the harbour"),
    );
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
