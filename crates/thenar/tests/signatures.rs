//! Signatures before the real `ssh-keygen`, and its signatures before us. A missing program is a failure, not a skip.

mod common;

use std::fs;

use common::{Place, program, said};
use serde_json::json;

/// A place with a palm, a passphrase, a message and a key of each kind that signs.
struct Desk {
    place: Place,
    palm: String,
    good: String,
}

const KINDS: [&str; 3] = ["ed25519", "p256", "rsa-2048"];

impl Desk {
    fn new() -> Self {
        let (place, palm, good) = Place::for_keys();
        fs::write(place.path("letter"), "Dear Anna,\n").unwrap();
        Self { place, palm, good }
    }

    /// Makes a key and a line of `allowed` that lets it sign as `anna`.
    fn key(&self, kind: &str) {
        let (palm, good) = (&self.palm, &self.good);
        let new = format!("key new {kind} {palm} --kind {kind} --passphrase-file {good}");
        let public = self.place.run(&new).code(0).stdout;
        fs::write(self.place.path("public"), &public).unwrap();
        fs::write(self.place.path("allowed"), format!("anna {public}")).unwrap();
    }

    fn sign(&self, name: &str, rest: &str) -> common::Ran {
        let (palm, good) = (&self.palm, &self.good);
        self.place.run(&format!(
            "sign {name} {palm} --passphrase-file {good} {rest}"
        ))
    }
}

/// `ssh-keygen -Y verify` of `letter.sig` on a file.
fn ssh_keygen_accepts(place: &Place, namespace: &str, file: &str) -> bool {
    let args = format!("-Y verify -f allowed -I anna -n {namespace} -s letter.sig");
    let stdin = fs::File::open(place.path(file)).unwrap();
    let mut command = program(place, "ssh-keygen", &args);
    command.stdin(stdin).output().unwrap().status.success()
}

#[test]
fn ssh_keygen_accepts_what_every_kind_signs() {
    let desk = Desk::new();
    let place = &desk.place;
    fs::write(place.path("other"), "Dear Ben,\n").unwrap();
    for kind in KINDS {
        desk.key(kind);
        desk.sign(kind, "-f letter --namespace git").code(0);
        assert!(ssh_keygen_accepts(place, "git", "letter"), "{kind}");
        assert!(!ssh_keygen_accepts(place, "file", "letter"), "{kind}");
        assert!(!ssh_keygen_accepts(place, "git", "other"), "{kind}");

        for signer in [
            "--signers public",
            "--signers allowed -I anna",
            &format!("--key {kind}"),
        ] {
            let verify = |file: &str, namespace: &str| {
                place.run(&format!(
                    "verify-signature -f {file} -s letter.sig -n {namespace} {signer} --json"
                ))
            };
            let good = verify("letter", "git").code(0).json();
            assert_eq!(
                (&good["valid"], &good["kind"]),
                (&json!(true), &json!(kind))
            );
            assert_eq!(
                verify("letter", "file").code(1).json()["valid"],
                json!(false)
            );
            let other = verify("other", "git").code(1).json();
            assert_eq!(
                other["reason"],
                json!("the signature does not fit the message")
            );
        }
        // It is not overwritten; on stdout the same comes, for these signatures are deterministic.
        desk.sign(kind, "-f letter --namespace git").code(2);
        let shown = desk
            .sign(kind, "-f letter --namespace git -o -")
            .code(0)
            .stdout;
        assert_eq!(shown, fs::read_to_string(place.path("letter.sig")).unwrap());
        fs::remove_file(place.path("letter.sig")).unwrap();
    }
}

#[test]
fn we_accept_what_ssh_keygen_signs_and_only_for_whom_it_counts() {
    let desk = Desk::new();
    let place = &desk.place;
    said(place, "ssh-keygen", "-q -t ed25519 -N  -f id");
    said(place, "ssh-keygen", "-Y sign -n git -f id letter");
    let public = fs::read_to_string(place.path("id.pub")).unwrap();
    let verify = |signers: &str, rest: &str| {
        fs::write(place.path("signers"), signers).unwrap();
        place.run(&format!(
            "verify-signature -f letter --signers signers -n git {rest}"
        ))
    };
    let good = verify(&public, "").code(0);
    assert!(
        good.stdout
            .starts_with("letter: good signature with SHA256:"),
        "{good:?}"
    );
    let good = verify(&format!("anna,ben {public}"), "-I ben").code(0);
    assert!(
        good.stdout.contains(" by anna,ben with SHA256:"),
        "{good:?}"
    );
    // A plain key is nobody's, a pattern is somebody else's, and a namespace is another.
    verify(&public, "-I ben").code(1);
    verify(&format!("anna {public}"), "-I ben").code(1);
    verify(&format!("* namespaces=\"file\" {public}"), "").code(1);
    // Lines that count for nothing are named, and a file of them is an error.
    let left_out = verify(&format!("* cert-authority {public}"), "").code(2);
    assert!(
        left_out
            .stderr
            .contains("signers:1: left out: the option cert-authority"),
        "{left_out:?}"
    );
    desk.key("p256");
    let stranger = fs::read_to_string(place.path("public")).unwrap();
    let refused = verify(&stranger, "").code(1);
    assert!(
        refused.stdout.contains("its key is not in signers"),
        "{refused:?}"
    );
    place
        .run("verify-signature -f letter --key p256 -n git")
        .code(1);
    // A signature that is cut short is broken, not wrong.
    let text = fs::read(place.path("letter.sig")).unwrap();
    fs::write(place.path("letter.sig"), &text[..text.len() / 2]).unwrap();
    let broken = verify(&public, "").code(2);
    assert!(
        broken
            .stderr
            .contains("letter.sig: this is not an SSH signature"),
        "{broken:?}"
    );
}

#[test]
fn another_palm_or_passphrase_signs_nothing() {
    let desk = Desk::new();
    let place = &desk.place;
    desk.key("ed25519");
    let (other, bad) = (place.roi(2), place.passphrase("bad", "gulls under it"));
    let (palm, good) = (&desk.palm, &desk.good);
    let wrong = |palm: &str, pass: &str| {
        let ran = place.run(&format!(
            "sign ed25519 {palm} --passphrase-file {pass} -f letter"
        ));
        assert!(!place.path("letter.sig").exists());
        ran.code(1).stdout
    };
    assert_eq!(wrong(&other, good), wrong(palm, &bad));
    desk.sign("ed25519", "-f nowhere").code(2);
    // X25519 does not sign.
    let new = format!("key new box {palm} --kind x25519 --passphrase-file {good}");
    place.run(&new).code(0);
    let refused = desk.sign("box", "-f letter").code(2);
    assert!(refused.stderr.contains("does not sign"), "{refused:?}");
}
