//! `age-plugin-thenar` before the real `age` (and `rage`, where it is installed), and before a client that looks at each message.
//! A missing `age` is a failure, not a skip.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use age_core::format::Stanza;
use age_core::plugin::{Connection, IDENTITY_V1};
use common::{PASSPHRASE, Place, Ran, program, said};

const PLUGIN: &str = env!("CARGO_BIN_EXE_age-plugin-thenar");

/// A place with a key for letters in it, and a letter.
struct Desk {
    place: Place,
    palm: String,
    good: String,
}

impl Desk {
    fn new() -> Self {
        let (place, palm, good) = Place::for_keys();
        fs::write(place.path("letter"), "Dear Anna,\n").unwrap();
        let desk = Self { place, palm, good };
        let recipient = desk.key("letters", "x25519").code(0).stdout;
        let encrypt = format!("-e -r {} -o letter.age letter", recipient.trim());
        said(&desk.place, "age", &encrypt);
        let identity = desk.place.run("key identity letters").code(0).stdout;
        fs::write(desk.place.path("identity"), &identity).unwrap();
        desk
    }

    fn key(&self, name: &str, kind: &str) -> Ran {
        let (palm, good) = (&self.palm, &self.good);
        self.place.run(&format!(
            "key new {name} {palm} --kind {kind} --passphrase-file {good}"
        ))
    }

    /// The identity of a key in this folder's store, without the comment above it.
    fn identity(&self, file: &str) -> String {
        let text = fs::read_to_string(self.place.path(file)).unwrap();
        text.lines().last().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> String {
        self.place.path(name).display().to_string()
    }

    /// `age -d` or another program that takes its arguments, with the plugin on the path and nobody to be asked.
    fn decrypt(&self, client: &str, photos: &str, passphrase: &str, rest: &str) -> Output {
        let folder = Path::new(PLUGIN).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(PathBuf::from(folder)).chain(std::env::split_paths(&path));
        program(&self.place, client, &format!("-d {rest}"))
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("THENAR_PHOTOS", photos)
            .env("THENAR_PASSPHRASE_FILE", self.path(passphrase))
            .output()
            .unwrap_or_else(|error| panic!("{client}: {error}; it must be installed"))
    }
}

/// `age`, which must be there, and `rage` if it is.
fn clients() -> Vec<&'static str> {
    let rage = Command::new("rage").arg("--version").output().is_ok();
    if rage {
        vec!["age", "rage"]
    } else {
        vec!["age"]
    }
}

#[test]
fn age_decrypts_with_a_palm() {
    let desk = Desk::new();
    let palm = desk.path(&desk.palm);
    let other = desk.path(&desk.place.roi(2));
    desk.place.passphrase("bad", "gulls under the harbour");
    for client in clients() {
        let read = desk.decrypt(client, &palm, "good", "-i identity letter.age");
        assert!(read.status.success(), "{client}: {read:?}");
        assert_eq!(read.stdout, b"Dear Anna,\n", "{client}");
        // A second photo helps; it need not.
        let two = format!("{palm}:{palm}");
        let read = desk.decrypt(client, &two, "good", "-i identity letter.age");
        assert_eq!(read.stdout, b"Dear Anna,\n", "{client}: {read:?}");
        for (photos, passphrase) in [(&other, "good"), (&palm, "bad")] {
            let refused = desk.decrypt(client, photos, passphrase, "-i identity letter.age");
            let text = String::from_utf8_lossy(&refused.stderr);
            assert!(
                !refused.status.success() && refused.stdout.is_empty(),
                "{client}"
            );
            assert!(
                text.contains("letters: not recovered: the palm or the passphrase"),
                "{text}"
            );
        }
    }
}

#[test]
fn age_finds_the_stanza_among_others_and_none_where_there_is_none() {
    let desk = Desk::new();
    let palm = desk.path(&desk.palm);
    said(&desk.place, "age-keygen", "-o stranger");
    let stranger = said(&desk.place, "age-keygen", "-y stranger");
    let own = desk.place.run("key public letters").stdout;
    let (stranger, own) = (stranger.trim(), own.trim());
    let both = format!("-e -r {stranger} -r {own} -o both.age letter");
    said(&desk.place, "age", &both);
    let foreign = format!("-e -r {stranger} -o foreign.age letter");
    said(&desk.place, "age", &foreign);
    for client in clients() {
        let read = desk.decrypt(client, &palm, "good", "-i identity both.age");
        assert_eq!(read.stdout, b"Dear Anna,\n", "{client}: {read:?}");
        // What age has in a file of its own opens it too.
        let with_both = "-i identity -i stranger foreign.age";
        let read = desk.decrypt(client, &palm, "good", with_both);
        assert_eq!(read.stdout, b"Dear Anna,\n", "{client}: {read:?}");
        let refused = desk.decrypt(client, &palm, "good", "-i identity foreign.age");
        assert!(!refused.status.success() && refused.stdout.is_empty());
    }
}

/// What the plugin said and asked, one message a line, and the file keys it gave.
#[derive(Debug, Default, PartialEq)]
struct Talk {
    said: Vec<String>,
    keys: BTreeMap<String, Vec<u8>>,
}

/// Talks to the plugin as a client does, and answers its questions: the passphrase to secret ones, the photos to others.
fn talk(identities: &[&str], files: &[Vec<Stanza>], photos: &str, passphrase: &str) -> Talk {
    let mut line = Connection::open(Path::new(PLUGIN), IDENTITY_V1).unwrap();
    line.unidir_send(|mut phase| {
        for identity in identities {
            phase.send("add-identity", &[identity], &[])?;
        }
        for (file, stanzas) in files.iter().enumerate() {
            for stanza in stanzas {
                phase.send_stanza("recipient-stanza", &[&file.to_string()], stanza)?;
            }
        }
        Ok(())
    })
    .unwrap();
    let mut talk = Talk::default();
    let known = ["request-public", "request-secret", "error", "file-key"];
    line.bidir_receive(&known, |command, reply| {
        let text = String::from_utf8_lossy(&command.body).into_owned();
        let words = [std::slice::from_ref(&command.tag), &command.args].concat();
        match command.tag.as_str() {
            "file-key" => {
                talk.keys.insert(command.args[0].clone(), command.body);
                return reply.ok(None);
            }
            _ => talk.said.push(format!("{}: {text}", words.join(" "))),
        }
        let answer = match command.tag.as_str() {
            "request-public" => photos,
            "request-secret" => passphrase,
            _ => return reply.ok(None),
        };
        if answer.is_empty() {
            reply.fail()
        } else {
            reply.ok(Some(answer.as_bytes()))
        }
    })
    .unwrap();
    talk
}

/// The stanzas of a file, as a client hands them over.
fn stanzas(place: &Place, file: &str) -> Vec<Stanza> {
    let bytes = fs::read(place.path(file)).unwrap();
    let end = bytes.windows(5).position(|w| w == b"\n--- ").unwrap();
    let header = std::str::from_utf8(&bytes[..=end]).unwrap();
    let (_, rest) = header.split_once('\n').unwrap();
    // age writes bodies of 32 bytes, one line each.
    let lines: Vec<&str> = rest.lines().collect();
    lines
        .chunks_exact(2)
        .map(|pair| stanza(pair[0], pair[1]))
        .collect()
}

fn stanza(head: &str, body: &str) -> Stanza {
    use base64::Engine;
    let engine = base64::prelude::BASE64_STANDARD_NO_PAD;
    let mut words = head
        .strip_prefix("-> ")
        .unwrap()
        .split(' ')
        .map(String::from);
    Stanza {
        tag: words.next().unwrap(),
        args: words.collect(),
        body: engine.decode(body).unwrap(),
    }
}

const ASK_PHOTOS: &str =
    "request-public: Photos of the palm for key 'letters' (absolute paths, ':' between them):";
const ASK_PASSPHRASE: &str = "request-secret: Passphrase for key 'letters'";

#[test]
fn what_is_not_set_is_asked_for_and_one_attempt_opens_all_files() {
    let desk = Desk::new();
    let identity = desk.identity("identity");
    let own = desk.place.run("key public letters").stdout;
    let again = format!("-e -r {} -o again.age letter", own.trim());
    said(&desk.place, "age", &again);
    let unknown = stanza("-> piv-p256 abc def", "AAAA");
    let files = [
        stanzas(&desk.place, "letter.age"),
        vec![unknown],
        stanzas(&desk.place, "again.age"),
    ];
    let palm = desk.path(&desk.palm);
    let done = talk(&[&identity], &files, &palm, PASSPHRASE);
    assert_eq!(done.said, [ASK_PHOTOS, ASK_PASSPHRASE]);
    let keys: Vec<_> = done
        .keys
        .iter()
        .map(|(file, key)| (file.as_str(), key.len()))
        .collect();
    assert_eq!(keys, [("0", 16), ("2", 16)]);
    assert_ne!(done.keys["0"], done.keys["2"]);
    // Nothing for this plugin: nobody is asked.
    let done = talk(&[&identity], &files[1..2], "", "");
    assert_eq!(done, Talk::default());
    // Nobody answers.
    let done = talk(&[&identity], &files, "", "");
    let expected = format!(
        "error identity 0: THENAR_PHOTOS is not set, and nothing was answered to \"{}\"",
        ASK_PHOTOS.split_once(": ").unwrap().1
    );
    assert_eq!(done.said, [ASK_PHOTOS, expected.as_str()]);
    let done = talk(&[&identity], &files, &palm, "");
    let expected = "error identity 0: no passphrase was given";
    assert_eq!(done.said, [ASK_PHOTOS, ASK_PASSPHRASE, expected]);
    assert!(done.keys.is_empty());
}

#[test]
fn wrong_palm_and_wrong_passphrase_look_alike_and_are_slowed() {
    let desk = Desk::new();
    let identity = desk.identity("identity");
    let files = [stanzas(&desk.place, "letter.age")];
    let (palm, other) = (desk.path(&desk.palm), desk.path(&desk.place.roi(2)));
    let (right, wrong) = (PASSPHRASE, "gulls under the harbour");
    let bad_palm = talk(&[&identity], &files, &other, right);
    assert_eq!(
        bad_palm.said[2],
        "error identity 0: letters: not recovered: the palm or the passphrase is not the one this key was made with"
    );
    assert_eq!(bad_palm, talk(&[&identity], &files, &palm, wrong));
    talk(&[&identity], &files, &other, wrong);
    // Attempts of the plugin and of the program are counted together.
    let failures = |number: &str| {
        let store = rusqlite::Connection::open(desk.place.path("thenar.db")).unwrap();
        let old = store.query_row("SELECT failures FROM key", [], |row| row.get::<_, u32>(0));
        store
            .execute(&format!("UPDATE key SET failures = {number}"), [])
            .unwrap();
        old.unwrap()
    };
    assert_eq!(failures("2"), 3);
    assert_eq!(talk(&[&identity], &files, &palm, right).keys.len(), 1);
    assert_eq!(failures("10"), 0);
    let refused = talk(&[&identity], &files, &palm, right);
    assert!(
        refused.said[2].starts_with(
            "error identity 0: key 'letters': 10 attempts in a row have failed; try again in "
        ),
        "{refused:?}"
    );
    assert!(refused.keys.is_empty());
}

#[test]
fn every_other_error_has_its_words() {
    let desk = Desk::new();
    let identity = desk.identity("identity");
    let files = [stanzas(&desk.place, "letter.age")];
    let palm = desk.path(&desk.palm);
    let right = PASSPHRASE;
    let last = |identity: &str, photos: &str| {
        let done = talk(&[identity], &files, photos, right);
        assert!(done.keys.is_empty(), "{done:?}");
        done.said.last().unwrap().clone()
    };
    let relative = last(&identity, &desk.palm);
    assert!(
        relative.contains("roi1.png: name files with their absolute path"),
        "{relative}"
    );
    let none = last(&identity, "/nowhere.png");
    assert!(
        none.starts_with("error identity 0: ") && none.contains("nowhere.png"),
        "{none}"
    );

    // Identities that are malformed, or another plugin's.
    let cut = last(&identity[..identity.len() - 1], &palm);
    assert_eq!(cut, "error identity 0: invalid Bech32 encoding");
    let encode = |prefix: &str, bytes: &[u8]| {
        let prefix = bech32::Hrp::parse(prefix).unwrap();
        bech32::encode_upper::<bech32::Bech32>(prefix, bytes).unwrap()
    };
    let version = last(&encode("age-plugin-thenar-", &[9, 0, 0, 0]), &palm);
    assert_eq!(
        version,
        "error identity 0: this is no identity of thenar: it has version 9, this program reads version 1"
    );
    let foreign = last(&encode("age-plugin-yubikey-", &[1, 0, 0, 0]), &palm);
    assert!(
        foreign.ends_with("it is for another plugin, yubikey"),
        "{foreign}"
    );

    // Keys that are not there, or of another kind.
    desk.key("work", "ed25519").code(0);
    let refused = desk.place.run("key identity work").code(2).stderr;
    assert!(
        refused.contains("key 'work' is of kind ed25519"),
        "{refused}"
    );
    let store = desk.path("thenar.db");
    let of = |store: &str, name: &str| {
        let mut bytes = vec![1, 1];
        bytes.extend((store.len() as u16).to_le_bytes());
        bytes.extend([store.as_bytes(), name.as_bytes()].concat());
        encode("age-plugin-thenar-", &bytes)
    };
    // As the program writes it, from its real path.
    let real = fs::canonicalize(&store).unwrap().display().to_string();
    assert_eq!(of(&real, "letters"), identity);
    let kind = last(&of(&store, "work"), &palm);
    assert!(
        kind.contains("key 'work' is of kind ed25519; files of age"),
        "{kind}"
    );
    let unknown = last(&of(&store, "nobody"), &palm);
    assert!(unknown.ends_with("there is no key 'nobody'"), "{unknown}");
    let lost = last(&of("/nowhere.db", "letters"), &palm);
    assert_eq!(
        lost,
        "error identity 0: /nowhere.db: there is no store here"
    );

    // The second identity opens what the first cannot; its error does not matter then.
    let done = talk(&[&of(&store, "nobody"), &identity], &files, &palm, right);
    assert!(done.keys.len() == 1 && done.said.len() == 2, "{done:?}");

    // A file that is broken, before anybody is asked.
    let broken = [vec![stanza("-> X25519 AAAA", "AAAA")]];
    let done = talk(&[&identity], &broken, &palm, right);
    assert!(done.keys.is_empty() && done.said.len() == 1, "{done:?}");
    assert!(done.said[0].starts_with("error stanza 0 0: "), "{done:?}");
}

#[test]
fn a_device_secret_is_asked_for() {
    let desk = Desk::new();
    let (palm, good) = (&desk.palm, &desk.good);
    let new =
        format!("key new two {palm} --kind x25519 --passphrase-file {good} --device-secret d");
    let recipient = desk.place.run(&new).code(0).stdout;
    said(
        &desk.place,
        "age",
        &format!("-e -r {} -o two.age letter", recipient.trim()),
    );
    let identity = desk.place.run("key identity two").code(0).stdout;
    fs::write(desk.place.path("two"), identity).unwrap();
    let folder = Path::new(PLUGIN).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let read = program(&desk.place, "age", "-d -i two two.age")
        .env("PATH", format!("{}:{path}", folder.display()))
        .env("THENAR_PHOTOS", desk.path(palm))
        .env("THENAR_PASSPHRASE_FILE", desk.path(good))
        .env("THENAR_DEVICE_SECRET", desk.path("d"))
        .output()
        .unwrap();
    assert_eq!(read.stdout, b"Dear Anna,\n", "{read:?}");
}

#[test]
fn other_uses_of_the_program_are_refused() {
    let run = |args: &[&str]| {
        let mut command = Command::new(PLUGIN);
        command.args(args).stdin(Stdio::null()).output().unwrap()
    };
    let help = run(&[]);
    assert_eq!(help.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&help.stderr).contains("THENAR_PHOTOS"));
    let recipient = run(&["--age-plugin=recipient-v1"]);
    assert_eq!(recipient.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&recipient.stderr).contains("doesn't support recipient-v1"));
    assert_eq!(run(&["--age-plugin=other-v1"]).status.code(), Some(2));
}
