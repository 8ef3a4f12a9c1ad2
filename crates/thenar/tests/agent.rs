//! The SSH agent before the real `ssh-add`, `ssh-keygen`, `ssh` with `sshd`, and `git`. A missing program is a failure, not a skip.

#![cfg(unix)]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Place, program, said};

/// A place with a key in it.
struct Desk {
    place: Place,
    palm: String,
    good: String,
}

/// An agent that is killed when the test is done with it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Desk {
    fn new(kind: &str) -> Self {
        let (place, palm, good) = Place::for_keys();
        let new = format!("key new work {palm} --kind {kind} --passphrase-file {good}");
        let public = place.run(&new).code(0).stdout;
        fs::write(place.path("public"), &public).unwrap();
        fs::write(place.path("allowed"), format!("anna@example.com {public}")).unwrap();
        fs::write(place.path("letter"), "Dear Anna,\n").unwrap();
        Self { place, palm, good }
    }

    fn args(&self, minutes: &str) -> String {
        let (palm, good) = (&self.palm, &self.good);
        format!("ssh-agent work {palm} --passphrase-file {good} --socket agent --minutes {minutes}")
    }

    /// Starts an agent, and waits until it says that it listens.
    fn start(&self, minutes: &str) -> Running {
        let args = self.args(minutes);
        let args: Vec<&str> = args.split(' ').collect();
        let mut child = self
            .place
            .command(&args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        let running = Running(child);
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let socket = self.place.path("agent").display().to_string();
        assert_eq!(
            line,
            format!("SSH_AUTH_SOCK='{socket}'; export SSH_AUTH_SOCK;\n")
        );
        running
    }

    /// A program that asks the agent.
    fn ask(&self, name: &str, args: &str) -> Output {
        let mut command = program(&self.place, name, args);
        command.env("SSH_AUTH_SOCK", self.place.path("agent"));
        command.output().unwrap()
    }
}

#[test]
fn ssh_lists_the_key_and_signs_with_it() {
    for kind in ["ed25519", "p256", "rsa-2048"] {
        let desk = Desk::new(kind);
        let _agent = desk.start("10");
        let mode = fs::metadata(desk.place.path("agent"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        let listed = desk.ask("ssh-add", "-L");
        let public = fs::read(desk.place.path("public")).unwrap();
        assert_eq!(listed.stdout, public, "{listed:?}");
        // For RSA some versions of it ask for SHA-1, with which the agent does not sign.
        if kind != "rsa-2048" {
            let tried = desk.ask("ssh-add", "-T public");
            assert!(tried.status.success(), "{kind}: {tried:?}");
        }

        let signed = desk.ask("ssh-keygen", "-Y sign -U -f public -n git letter");
        assert!(signed.status.success(), "{kind}: {signed:?}");
        let verify = "verify-signature -f letter -n git --key work";
        desk.place.run(verify).code(0);
        let args = "-Y verify -f allowed -I anna@example.com -n git -s letter.sig";
        let letter = fs::File::open(desk.place.path("letter")).unwrap();
        let verified = program(&desk.place, "ssh-keygen", args)
            .stdin(letter)
            .output()
            .unwrap();
        assert!(verified.status.success(), "{kind}: {verified:?}");
        // What it does not do: take keys, give itself up, sign with others.
        said(&desk.place, "ssh-keygen", "-q -t ed25519 -N  -f other");
        assert!(!desk.ask("ssh-add", "-q other").status.success());
        assert!(!desk.ask("ssh-add", "-T other.pub").status.success());
    }
}

/// A login into a server of our own, which `ssh` starts for the one connection: no port, no service.
#[test]
fn ssh_logs_in_through_it() {
    let desk = Desk::new("ed25519");
    let _agent = desk.start("10");
    said(&desk.place, "ssh-keygen", "-q -t ed25519 -N  -f host");
    let folder = desk.place.path("").display().to_string();
    let settings = format!(
        "HostKey {folder}/host\nAuthorizedKeysFile {folder}/public\nStrictModes no\nUsePAM no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nPidFile none\n"
    );
    fs::write(desk.place.path("sshd_config"), settings).unwrap();
    let user = said(&desk.place, "id", "-un");
    let login = |identity: &str| {
        let mut command = program(&desk.place, "ssh", "-F none -o BatchMode=yes");
        command
            .env("SSH_AUTH_SOCK", desk.place.path("agent"))
            .args(["-o", "IdentitiesOnly=yes", "-i", identity])
            .args([
                "-o",
                "StrictHostKeyChecking=no",
                "-o",
                "UserKnownHostsFile=known",
            ])
            .arg("-o")
            .arg(format!(
                "ProxyCommand=/usr/sbin/sshd -i -e -f {folder}/sshd_config"
            ))
            .args(["-l", user.trim(), "palm", "echo", "logged in"]);
        command.output().unwrap()
    };
    let ran = login("public");
    assert_eq!(
        String::from_utf8_lossy(&ran.stdout),
        "logged in\n",
        "{ran:?}"
    );
    said(&desk.place, "ssh-keygen", "-q -t ed25519 -N  -f stranger");
    assert!(!login("stranger").status.success());
}

#[test]
fn git_signs_commits_through_it() {
    let desk = Desk::new("ed25519");
    let _agent = desk.start("10");
    let git = |args: &str| {
        let settings = "-c gpg.format=ssh -c user.signingkey=../public -c user.name=anna \
                        -c user.email=anna@example.com -c gpg.ssh.allowedSignersFile=../allowed";
        let said = desk.ask("git", &format!("-C repository {settings} {args}"));
        assert!(said.status.success(), "git {args}: {said:?}");
        String::from_utf8(said.stderr).unwrap()
    };
    fs::create_dir(desk.place.path("repository")).unwrap();
    git("init -q");
    git("commit -q -S --allow-empty -m first");
    let verified = git("verify-commit HEAD");
    assert!(
        verified.contains("Good \"git\" signature for anna@example.com"),
        "{verified}"
    );
}

#[test]
fn the_key_is_gone_after_its_time_and_a_killed_agent_leaves_no_trouble() {
    let desk = Desk::new("ed25519");
    let socket = desk.place.path("agent");
    let first = desk.start("10");
    // Nobody takes the place of an agent that lives.
    desk.place.run(&desk.args("1")).code(2);
    drop(first);
    assert!(socket.exists() && !desk.ask("ssh-add", "-L").status.success());

    let begun = Instant::now();
    let mut agent = desk.start("0.05");
    // Nonsense on the line is no reason to fall over.
    let mut client = UnixStream::connect(&socket).unwrap();
    client.write_all(&[0xff; 64]).unwrap();
    assert!(agent.0.wait().unwrap().success());
    assert!(begun.elapsed() >= Duration::from_secs(3) && !socket.exists());
    assert!(!desk.ask("ssh-add", "-L").status.success());
}

#[test]
fn another_palm_opens_no_agent() {
    let desk = Desk::new("ed25519");
    let other = desk.place.roi(2);
    let args = desk.args("1").replace(&desk.palm, &other);
    let refused = desk.place.run(&args).code(1);
    assert!(refused.stdout.contains("not recovered"), "{refused:?}");
    assert!(!desk.place.path("agent").exists());
    fs::write(desk.place.path("agent"), "a file").unwrap();
    desk.place.run(&desk.args("1")).code(2);
    assert_eq!(fs::read(desk.place.path("agent")).unwrap(), b"a file");
}
