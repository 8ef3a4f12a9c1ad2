//! The key files against the real programs. A missing program is a failure, not a skip.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;
use thenar_key::{KeyKind, KeyPair};

fn key() -> KeyPair {
    KeyPair::from_seed(KeyKind::Ed25519, &core::array::from_fn(|i| i as u8))
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
    std::fs::write(&signature, key().sign(b"hello\n")).unwrap();
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
