//! The keyring's text, versions 1 and 2.
//!
//! ```text
//! thenar-keyring 1
//! collection-token <64 hex digits>
//! store-key <epoch> <64 hex digits>
//! previous-store-key <epoch> <64 hex digits>     only while a rotation is under way
//! own-token <64 hex digits>                      one line for each renewed subject
//! checksum <64 hex digits>
//! ```
//!
//! Where a store key is kept outside of the keyring, its line has `outside <16 hex digits>`, the key's public name, in place
//! of the digits of the key. Such a keyring has version 2, and every other one version 1.
//!
//! Lines end in one line feed, stand in this order and have single spaces; hex digits are small; own tokens stand in the
//! order of their public names. So there is exactly one text for each keyring. The checksum is the SHA-256 of all lines
//! before it, and finds damage; it is no protection against a forger, who could as well replace the keys.

use std::collections::BTreeMap;
use std::path::Path;
use std::str::Lines;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Epoch, Kept, KeyringError};
use crate::{KeyId, StoreKey, Token, TokenId};

/// The longest keyring: room for more than ten thousand own tokens.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The first lines of version 1 and of version 2.
const FIRST_LINES: [&str; 2] = ["thenar-keyring 1", "thenar-keyring 2"];
/// Stands before the name of a key that is not in the file.
const OUTSIDE: &str = "outside ";

/// What the file holds.
pub(super) struct Contents {
    pub collection: Token,
    pub current: Epoch,
    pub previous: Option<Epoch>,
    pub own: BTreeMap<TokenId, Token>,
}

/// What is wrong with a text, and in which line (from 1).
#[derive(Debug, PartialEq)]
pub(super) enum Problem {
    Line(usize, String),
    Checksum,
}

impl Problem {
    pub(super) fn at(self, path: &Path) -> KeyringError {
        let path = path.to_owned();
        match self {
            Self::Line(line, problem) => KeyringError::Format {
                path,
                line,
                problem,
            },
            Self::Checksum => KeyringError::Damaged { path },
        }
    }
}

impl Contents {
    pub(super) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        // Enough from the start: a vector that grows would leave copies of the secrets behind.
        let mut text = Zeroizing::new(Vec::with_capacity(512 + 80 * self.own.len()));
        text.extend_from_slice(FIRST_LINES[usize::from(self.has_outside())].as_bytes());
        push_line(&mut text, "\ncollection-token ", self.collection.as_bytes());
        push_epoch(&mut text, "store-key", &self.current);
        if let Some(previous) = &self.previous {
            push_epoch(&mut text, "previous-store-key", previous);
        }
        for token in self.own.values() {
            push_line(&mut text, "own-token ", token.as_bytes());
        }
        let sum: [u8; 32] = Sha256::digest(&*text).into();
        push_line(&mut text, "checksum ", &sum);
        text
    }

    /// Whether a store key is kept outside.
    fn has_outside(&self) -> bool {
        let mut epochs = std::iter::once(&self.current).chain(&self.previous);
        epochs.any(|epoch| matches!(epoch.kept, Kept::Outside(_)))
    }

    pub(super) fn parse(text: &[u8]) -> Result<Self, Problem> {
        let text =
            std::str::from_utf8(text).map_err(|_| Problem::Line(1, "it is not text".into()))?;
        let first = text.lines().next().unwrap_or_default();
        if !FIRST_LINES.contains(&first) {
            let [old, new] = FIRST_LINES;
            return Err(Problem::Line(
                1,
                format!("it does not begin with '{old}' or '{new}'"),
            ));
        }
        check_sum(text)?;
        let mut reader = Reader {
            lines: text.lines(),
            number: 0,
        };
        reader.next();
        let line = reader.next();
        let collection = Token::from_bytes(*reader.secret("collection-token ", line)?);
        let line = reader.next();
        let current = reader.epoch("store-key ", line)?;
        let mut line = reader.next();
        let mut previous = None;
        if line.is_some_and(|l| l.starts_with("previous-store-key ")) {
            previous = Some(reader.epoch("previous-store-key ", line)?);
            line = reader.next();
        }
        let mut own = BTreeMap::new();
        while line.is_some_and(|l| l.starts_with("own-token ")) {
            let token = Token::from_bytes(*reader.secret("own-token ", line)?);
            if own
                .last_key_value()
                .is_some_and(|(last, _)| *last >= token.id())
            {
                return Err(reader.wrong("an own token stands twice or out of order"));
            }
            own.insert(token.id(), token);
            line = reader.next();
        }
        if !line.is_some_and(|l| l.starts_with("checksum ")) || reader.next().is_some() {
            return Err(reader.wrong("expected the checksum and nothing after it"));
        }
        let read = Self {
            collection,
            current,
            previous,
            own,
        };
        // One text for each keyring.
        match first == FIRST_LINES[usize::from(read.has_outside())] {
            true => Ok(read),
            false => Err(Problem::Line(
                1,
                "version 2 is for store keys that are kept outside, version 1 for all others"
                    .into(),
            )),
        }
    }
}

fn push_epoch(text: &mut Vec<u8>, name: &str, epoch: &Epoch) {
    match &epoch.kept {
        Kept::Here(key) => push_line(text, &format!("{name} {} ", epoch.number), key.as_bytes()),
        Kept::Outside(id) => {
            let line = format!("{name} {} {OUTSIDE}{id}\n", epoch.number);
            text.extend_from_slice(line.as_bytes());
        }
    }
}

fn push_line(text: &mut Vec<u8>, name: &str, bytes: &[u8; 32]) {
    let mut digits = Zeroizing::new([0; 64]);
    hex::encode_to_slice(bytes, digits.as_mut()).expect("64 digits are 32 bytes");
    text.extend_from_slice(name.as_bytes());
    text.extend_from_slice(digits.as_ref());
    text.push(b'\n');
}

/// Whether the last line is `checksum`, once, and the right one.
fn check_sum(text: &str) -> Result<(), Problem> {
    let (before, sum) = text.rsplit_once("checksum ").ok_or(Problem::Checksum)?;
    let expected = format!("{}\n", hex::encode(Sha256::digest(before)));
    if sum == expected && before.ends_with('\n') {
        Ok(())
    } else {
        Err(Problem::Checksum)
    }
}

struct Reader<'a> {
    lines: Lines<'a>,
    number: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        self.lines.next()
    }

    fn wrong(&self, problem: &str) -> Problem {
        Problem::Line(self.number, problem.into())
    }

    fn secret(&self, name: &str, line: Option<&str>) -> Result<Zeroizing<[u8; 32]>, Problem> {
        let digits = line.and_then(|l| l.strip_prefix(name));
        let digits =
            digits.ok_or_else(|| self.wrong(&format!("expected '{}'", name.trim_end())))?;
        self.bytes(digits)
    }

    fn epoch(&self, name: &str, line: Option<&str>) -> Result<Epoch, Problem> {
        let rest = line
            .and_then(|l| l.strip_prefix(name))
            .and_then(|l| l.split_once(' '));
        let (number, digits) =
            rest.ok_or_else(|| self.wrong(&format!("expected '{name}<epoch> <key>'")))?;
        let parsed = number
            .parse::<u32>()
            .ok()
            .filter(|n| n.to_string() == number);
        let number =
            parsed.ok_or_else(|| self.wrong("the epoch is not a whole number below 2^32"))?;
        let kept = match digits.strip_prefix(OUTSIDE) {
            Some(name) => Kept::Outside(KeyId(*self.bytes(name)?)),
            None => Kept::Here(StoreKey::from_bytes(*self.bytes(digits)?)),
        };
        Ok(Epoch { number, kept })
    }

    fn bytes<const N: usize>(&self, digits: &str) -> Result<Zeroizing<[u8; N]>, Problem>
    where
        [u8; N]: zeroize::Zeroize,
    {
        let mut bytes = Zeroizing::new([0; N]);
        let small = !digits.bytes().any(|d| d.is_ascii_uppercase());
        match hex::decode_to_slice(digits, bytes.as_mut()) {
            Ok(()) if small => Ok(bytes),
            _ => Err(self.wrong(&format!("expected {} small hex digits", 2 * N))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn contents(own: &[[u8; 32]], rotating: bool) -> Contents {
        let own = own
            .iter()
            .map(|&bytes| Token::from_bytes(bytes))
            .map(|token| (token.id(), token))
            .collect();
        let epoch = |number, byte| Epoch {
            number,
            kept: Kept::Here(StoreKey::from_bytes([byte; 32])),
        };
        Contents {
            collection: Token::from_bytes([1; 32]),
            current: epoch(8, 2),
            previous: rotating.then(|| epoch(7, 3)),
            own,
        }
    }

    /// Version 1 as it was first written. The file never changes; new versions get new files.
    #[test]
    fn version_1_is_still_read() {
        let golden = include_bytes!("../../tests/data/keyring-v1.txt");
        assert_eq!(
            *contents(&[[4; 32], [5; 32]], true).to_text(),
            golden,
            "the writer has changed"
        );
        let read = Contents::parse(golden).unwrap();
        assert_eq!((read.current.number, read.own.len()), (8, 2));
        assert!(
            read.previous.is_some_and(
                |p| p.number == 7 && p.kept == Kept::Here(StoreKey::from_bytes([3; 32]))
            )
        );
    }

    /// Rotating from a key in the keyring to one outside.
    fn outside() -> Contents {
        let mut contents = contents(&[[4; 32]], true);
        contents.current.kept = Kept::Outside(StoreKey::from_bytes([9; 32]).id());
        contents
    }

    /// Version 2 as it was first written.
    #[test]
    fn version_2_is_still_read() {
        let golden = include_bytes!("../../tests/data/keyring-v2.txt");
        assert_eq!(*outside().to_text(), golden, "the writer has changed");
        let read = Contents::parse(golden).unwrap();
        assert_eq!(read.current.kept, outside().current.kept);
        assert_eq!(*read.to_text(), golden);
    }

    /// One text for each keyring, so a version stands only where it is needed.
    #[test]
    fn versions_are_not_exchanged() {
        for (contents, from, to) in [
            (outside(), "keyring 2", "keyring 1"),
            (contents(&[], false), "keyring 1", "keyring 2"),
        ] {
            let text = String::from_utf8(contents.to_text().to_vec()).unwrap();
            let body = text.split("checksum ").next().unwrap().replace(from, to);
            let text = format!("{body}checksum {}\n", hex::encode(Sha256::digest(&body)));
            let problem = Contents::parse(text.as_bytes()).err();
            assert!(matches!(problem, Some(Problem::Line(1, _))), "{problem:?}");
        }
    }

    #[test]
    fn every_truncation_and_every_flipped_bit_is_refused() {
        for text in [contents(&[[4; 32]], true).to_text(), outside().to_text()] {
            for len in 0..text.len() {
                assert!(Contents::parse(&text[..len]).is_err(), "first {len} bytes");
            }
            for at in 0..text.len() {
                for bit in 0..8 {
                    let mut changed = text.clone();
                    changed[at] ^= 1 << bit;
                    assert!(Contents::parse(&changed).is_err(), "byte {at}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn errors_name_the_line() {
        let problem = |body: &str| {
            let body = format!("thenar-keyring 1\n{body}");
            let text = format!("{body}checksum {}\n", hex::encode(Sha256::digest(&body)));
            Contents::parse(text.as_bytes()).err()
        };
        let key = "ab".repeat(32);
        let token = format!("collection-token {key}\n");
        let line = |n, what: &str| Some(Problem::Line(n, what.into()));
        assert_eq!(problem(""), line(2, "expected 'collection-token'"));
        assert_eq!(
            problem("collection-token 12\n"),
            line(2, "expected 64 small hex digits")
        );
        assert_eq!(
            problem(&token),
            line(3, "expected 'store-key <epoch> <key>'")
        );
        let store = |epoch: &str| problem(&format!("{token}store-key {epoch} {key}\n"));
        assert_eq!(
            store("07"),
            line(3, "the epoch is not a whole number below 2^32")
        );
        assert_eq!(store("7"), None);
        assert_eq!(store("7 outside"), line(3, "expected 16 small hex digits"));
        assert_eq!(
            problem(&format!(
                "{token}store-key 7 {key}\nown-token {key}\nown-token {key}\n"
            )),
            line(5, "an own token stands twice or out of order")
        );
        assert_eq!(
            problem(&format!("{token}store-key 7 {key}\nnonsense\n")),
            line(4, "expected the checksum and nothing after it")
        );
    }

    proptest! {
        #[test]
        fn texts_round_trip(own in proptest::collection::vec(any::<[u8; 32]>(), 0..5), rotating in any::<bool>()) {
            let text = contents(&own, rotating).to_text();
            prop_assert_eq!(Contents::parse(&text).unwrap().to_text(), text);
        }

        /// Lines of a keyring in any order and number, with a right checksum: read back as they were, or refused.
        #[test]
        fn any_lines_are_read_or_refused(choice in proptest::collection::vec(0_usize..7, 0..8), version in 1..3) {
            let key = "01".repeat(32);
            let lines = [
                format!("collection-token {key}\n"), format!("store-key 1 {key}\n"), format!("previous-store-key 0 {key}\n"),
                format!("own-token {key}\n"), "\n".to_string(), "checksum ".to_string(),
                "store-key 2 outside 0123456789abcdef\n".to_string(),
            ];
            let body: String = std::iter::once(format!("thenar-keyring {version}\n").as_str()).chain(choice.iter().map(|&i| lines[i].as_str())).collect();
            let text = format!("{body}checksum {}\n", hex::encode(Sha256::digest(&body)));
            if let Ok(read) = Contents::parse(text.as_bytes()) {
                prop_assert_eq!(&*read.to_text(), text.as_bytes());
            }
        }
    }
}
