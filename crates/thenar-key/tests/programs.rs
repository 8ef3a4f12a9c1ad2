//! The key files against the real programs. A missing program is a failure, not a skip.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use thenar_key::{KeyKind, KeyPair, Sshsig, SshsigError, sshsig};

fn key() -> KeyPair {
    KeyPair::from_seed(KeyKind::Ed25519, &core::array::from_fn(|i| i as u8)).unwrap()
}

fn run(package: &str, command: &mut Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|e| {
        panic!("{program} did not start ({e}); install it: apt-get install {package}")
    });
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// Writes a file that only its owner reads, as ssh-keygen demands.
fn write(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    path
}

fn openssl(arguments: &[&str], file: &Path) -> String {
    let output = run("openssl", Command::new("openssl").args(arguments).arg(file));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn ssh_keygen_reads_both_openssh_forms() {
    let dir = TempDir::new().unwrap();
    let public = key().public().to_openssh("thenar test").unwrap();
    let private = write(&dir, "id", &key().to_openssh("thenar test").unwrap());
    let output = run(
        "openssh-client",
        Command::new("ssh-keygen").arg("-y").arg("-f").arg(&private),
    );
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), public);
    let public = write(&dir, "id.pub", &public);
    let output = run(
        "openssh-client",
        Command::new("ssh-keygen").arg("-l").arg("-f").arg(&public),
    );
    let line = String::from_utf8(output.stdout).unwrap();
    assert!(
        line.starts_with("256 SHA256:") && line.contains("thenar test (ED25519)"),
        "{line}"
    );
}

#[test]
fn ssh_keygen_signs_with_the_private_key_and_verifies_with_the_public_line() {
    let dir = TempDir::new().unwrap();
    let private = write(&dir, "id", &key().to_openssh("me").unwrap());
    let allowed = write(
        &dir,
        "allowed",
        &format!("me {}\n", key().public().to_openssh("me").unwrap()),
    );
    let message = write(&dir, "message", "hello\n");
    run(
        "openssh-client",
        Command::new("ssh-keygen")
            .args(["-Y", "sign", "-n", "file", "-f"])
            .args([&private, &message]),
    );
    let output = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", "file", "-I", "me", "-f"])
        .arg(&allowed)
        .arg("-s")
        .arg(dir.path().join("message.sig"))
        .stdin(std::fs::File::open(&message).unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Every kind that OpenSSH knows, with its name in `ssh-keygen -l`.
const SSH_KINDS: [(KeyKind, &str); 4] = [
    (KeyKind::Ed25519, "256 SHA256:"),
    (KeyKind::P256, "256 SHA256:"),
    (KeyKind::Rsa2048, "2048 SHA256:"),
    (KeyKind::Rsa3072, "3072 SHA256:"),
];

fn key_of(kind: KeyKind) -> KeyPair {
    KeyPair::from_seed(kind, &[5; 32]).unwrap()
}

#[test]
fn ssh_keygen_reads_the_openssh_forms_of_every_kind() {
    for (kind, size) in SSH_KINDS {
        let dir = TempDir::new().unwrap();
        let public = key_of(kind).public().to_openssh("thenar test").unwrap();
        let private = write(&dir, "id", &key_of(kind).to_openssh("thenar test").unwrap());
        let mut keygen = Command::new("ssh-keygen");
        let output = run("openssh-client", keygen.arg("-y").arg("-f").arg(&private));
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), public);
        let public = write(&dir, "id.pub", &public);
        let mut keygen = Command::new("ssh-keygen");
        let output = run("openssh-client", keygen.arg("-l").arg("-f").arg(&public));
        let line = String::from_utf8(output.stdout).unwrap();
        assert!(line.starts_with(size), "{line}");
        let fingerprint = key_of(kind).public().fingerprint().unwrap();
        assert!(line.contains(&fingerprint), "{line}");
    }
}

/// `ssh-keygen -Y verify` of a signature on `message`.
fn ssh_verifies(key: &KeyPair, namespace: &str, signature: &str, message: &str) -> bool {
    let line = key.public().to_openssh("me").unwrap();
    ssh_verifies_for("me", &format!("me {line}\n"), namespace, signature, message)
}

/// The same for an identity, with lines of allowed signers.
fn ssh_verifies_for(
    identity: &str,
    allowed: &str,
    namespace: &str,
    signature: &str,
    message: &str,
) -> bool {
    let dir = TempDir::new().unwrap();
    let allowed = write(&dir, "allowed", allowed);
    let signature = write(&dir, "message.sig", signature);
    let message = write(&dir, "message", message);
    let output = Command::new("ssh-keygen")
        .args(["-Y", "verify", "-n", namespace, "-I", identity, "-f"])
        .arg(&allowed)
        .arg("-s")
        .arg(&signature)
        .stdin(std::fs::File::open(&message).unwrap())
        .output()
        .unwrap();
    output.status.success()
}

/// `openssl dgst -sha512 -sign` with our PEM: RSA signatures are made outside of this crate.
fn rsa_signature(key: &KeyPair, namespace: &str, message: &[u8]) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    let pem = write(&dir, "key.pem", &key.to_pem().unwrap());
    let data = dir.path().join("data");
    std::fs::write(&data, sshsig::signed_data(namespace, message).unwrap()).unwrap();
    let mut command = Command::new("openssl");
    command
        .args(["dgst", "-sha512", "-sign"])
        .arg(&pem)
        .arg(&data);
    run("openssl", &mut command).stdout
}

#[test]
fn ssh_keygen_accepts_our_signatures_and_refuses_changed_ones() {
    for (kind, _) in SSH_KINDS {
        let key = key_of(kind);
        let signature = if kind.signs() {
            sshsig::sign(&key, "file", b"hello\n").unwrap()
        } else {
            let raw = rsa_signature(&key, "file", b"hello\n");
            sshsig::seal(&key.public(), "file", &raw).unwrap()
        };
        let ours = Sshsig::from_pem(signature.as_bytes()).unwrap();
        assert_eq!(ours.verify(&key.public(), "file", b"hello\n"), Ok(()));
        assert!(
            ssh_verifies(&key, "file", &signature, "hello\n"),
            "{}",
            kind.name()
        );
        assert!(!ssh_verifies(&key, "file", &signature, "hallo\n"));
        assert!(!ssh_verifies(&key, "git", &signature, "hello\n"));
    }
}

#[test]
fn we_accept_the_signatures_of_ssh_keygen_and_refuse_changed_ones() {
    for (kind, _) in SSH_KINDS {
        for hash in ["sha512", "sha256"] {
            let (dir, key) = (TempDir::new().unwrap(), key_of(kind));
            let private = write(&dir, "id", &key.to_openssh("me").unwrap());
            let message = write(&dir, "message", "hello\n");
            let mut command = Command::new("ssh-keygen");
            command.args([
                "-Y",
                "sign",
                "-n",
                "file",
                "-O",
                &format!("hashalg={hash}"),
                "-f",
            ]);
            run("openssh-client", command.args([&private, &message]));
            let text = std::fs::read(dir.path().join("message.sig")).unwrap();
            let signature = Sshsig::from_pem(&text).unwrap();
            assert_eq!(signature.namespace(), "file");
            let verify =
                |namespace, message: &[u8]| signature.verify(&key.public(), namespace, message);
            assert_eq!(verify("file", b"hello\n"), Ok(()), "{} {hash}", kind.name());
            assert_eq!(verify("file", b"hallo\n"), Err(SshsigError::Wrong));
            assert!(verify("git", b"hello\n").is_err());
        }
    }
}

/// Lines with the key in place of KEY, and what ssh-keygen and we must say alike.
#[test]
fn allowed_signers_are_judged_as_ssh_keygen_does() {
    let key = key();
    let signature = sshsig::sign(&key, "git", b"hello\n").unwrap();
    let public = key.public().to_openssh("me").unwrap();
    let other = key_of(KeyKind::P256).public().to_openssh("me").unwrap();
    let (mut yes, mut no) = (0, 0);
    for line in [
        "anna KEY",
        "anna,ben KEY",
        "a*a KEY",
        "an?? KEY",
        "an? KEY",
        "*,!anna KEY",
        "!anna,* KEY",
        "!ben KEY",
        "\"anna\" KEY",
        "Anna KEY",
        "anna namespaces=\"git\" KEY",
        "anna namespaces=\"file\" KEY",
        "anna namespaces=\"file,git\" KEY",
        "anna namespaces=\"g*\" KEY",
        "anna namespaces=\"*,!git\" KEY",
        "anna namespaces=git KEY",
        "anna something KEY",
        "anna cert-authority KEY",
        "anna OTHER",
        "anna OTHER\n# comment\n\nanna KEY",
        "ben KEY\nanna namespaces=\"git\" KEY",
        "anna",
    ] {
        let text = line.replace("KEY", &public).replace("OTHER", &other) + "\n";
        let signers = sshsig::read_signers(&text);
        let ours = signers.iter().filter_map(|line| line.signer.as_ref().ok());
        let ours = ours
            .filter(|signer| signer.key() == &key.public())
            .any(|signer| signer.allows(Some("anna"), "git"));
        let theirs = ssh_verifies_for("anna", &text, "git", &signature, "hello\n");
        assert_eq!(ours, theirs, "{line}");
        yes += usize::from(ours);
        no += usize::from(!ours);
    }
    assert!(yes >= 8 && no >= 8, "{yes}, {no}");
}

#[test]
fn openssl_checks_the_pem_of_every_kind() {
    for kind in KeyKind::ALL {
        let (dir, key) = (TempDir::new().unwrap(), key_of(kind));
        let private = write(&dir, "key.pem", &key.to_pem().unwrap());
        let public = key.public().to_pem().unwrap();
        assert_eq!(
            openssl(&["pkey", "-pubout", "-in"], &private),
            public,
            "{}",
            kind.name()
        );
        let said = openssl(&["pkey", "-check", "-noout", "-in"], &private);
        assert!(said.contains("valid"), "{}: {said}", kind.name());
        let public = write(&dir, "key.pub.pem", &public);
        openssl(&["pkey", "-pubin", "-pubcheck", "-noout", "-in"], &public);
    }
}

/// The paper's generator makes keys, too; n may be shorter.
#[test]
fn openssl_checks_a_key_of_the_published_generator() {
    let dir = TempDir::new().unwrap();
    let key = thenar_key::rsa::published::generate_as_published(&[5; 32]).unwrap();
    let private = write(&dir, "key.pem", &key.to_pem().unwrap());
    assert!(openssl(&["pkey", "-check", "-noout", "-in"], &private).contains("valid"));
}

#[test]
fn openssl_reads_both_pem_forms() {
    let dir = TempDir::new().unwrap();
    let private = write(&dir, "key.pem", &key().to_pem().unwrap());
    let public = key().public().to_pem().unwrap();
    assert_eq!(openssl(&["pkey", "-pubout", "-in"], &private), public);
    let public = write(&dir, "key.pub.pem", &public);
    let text = openssl(&["pkey", "-pubin", "-noout", "-text", "-in"], &public);
    let hex: Vec<String> = key()
        .public()
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let shown: String = text.split_whitespace().skip(3).collect();
    assert!(shown.contains(&hex.join(":")), "{text}");
}

#[test]
fn openssl_verifies_our_signature() {
    let dir = TempDir::new().unwrap();
    let public = write(&dir, "key.pub.pem", &key().public().to_pem().unwrap());
    let message = write(&dir, "message", "hello\n");
    let signature = dir.path().join("signature");
    std::fs::write(&signature, key().sign(b"hello\n").unwrap()).unwrap();
    let mut command = Command::new("openssl");
    command
        .args(["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey"])
        .arg(&public);
    command
        .arg("-sigfile")
        .arg(&signature)
        .arg("-in")
        .arg(&message);
    run("openssl", &mut command);
}
