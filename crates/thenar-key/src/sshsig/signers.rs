//! Whose signatures count: `allowed_signers` files (ssh-keygen(1), ALLOWED SIGNERS) and plain public keys.
//!
//! ```text
//! anna@example.com,ben@example.com ssh-ed25519 AAAA… comment
//! *@example.com namespaces="git,file" ecdsa-sha2-nistp256 AAAA…
//! ssh-ed25519 AAAA…                                      (a plain key: belongs to nobody in particular)
//! ```
//!
//! # Deviations
//! Certificates (`cert-authority`) and dates (`valid-after`, `valid-before`) are not known here: such lines count for nothing,
//! and say so. A line with a kind of key that is not known here does likewise, as in OpenSSH.

use crate::keys::PublicKey;

/// Somebody whose signatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    key: PublicKey,
    principals: Option<String>,
    namespaces: Option<String>,
}

/// What one line of a file of signers says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerLine {
    /// Number of the line, from 1.
    pub line: usize,
    /// The signer, or why the line counts for nothing.
    pub signer: Result<Signer, String>,
}

/// Reads a file of signers: a PEM public key, or lines of `allowed_signers` or plain OpenSSH keys. Empty lines and those that
/// begin with `#` are left out. The caller limits the length.
pub fn read_signers(text: &str) -> Vec<SignerLine> {
    if text.trim_start().starts_with("-----BEGIN") {
        let signer = PublicKey::from_pem(text).map(Signer::plain);
        return vec![SignerLine {
            line: 1,
            signer: signer.map_err(|e| e.to_string()),
        }];
    }
    let lines = text.lines().enumerate();
    let lines = lines.map(|(i, line)| (i + 1, line.trim()));
    lines
        .filter(|(_, text)| !text.is_empty() && !text.starts_with('#'))
        .map(|(line, text)| SignerLine {
            line,
            signer: parse(text),
        })
        .collect()
}

impl Signer {
    /// The key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The patterns of those the key belongs to; none for a plain key.
    pub fn principals(&self) -> Option<&str> {
        self.principals.as_deref()
    }

    /// Whether a signature by this key counts in a namespace, and if an identity is asked for, as that of this identity. A plain
    /// key is nobody's identity.
    pub fn allows(&self, identity: Option<&str>, namespace: &str) -> bool {
        let identified = match (identity, self.principals()) {
            (None, _) => true,
            (Some(identity), Some(principals)) => in_list(principals, identity),
            (Some(_), None) => false,
        };
        let namespaces = self.namespaces.as_deref();
        identified && namespaces.is_none_or(|list| in_list(list, namespace))
    }

    fn plain(key: PublicKey) -> Self {
        Self {
            key,
            principals: None,
            namespaces: None,
        }
    }
}

fn parse(line: &str) -> Result<Signer, String> {
    let read_key = |text: &str| PublicKey::from_openssh(text).map_err(|e| e.to_string());
    if begins_with_key(line) {
        return read_key(line).map(Signer::plain);
    }
    let (principals, rest) = match line.strip_prefix('"') {
        Some(quoted) => quoted
            .split_once('"')
            .ok_or("a quotation mark is not closed")?,
        None => line
            .split_once(|c: char| c.is_ascii_whitespace())
            .ok_or("a principal and a key were expected")?,
    };
    let rest = rest.trim_start();
    let (namespaces, rest) = if begins_with_key(rest) {
        (None, rest)
    } else {
        let (options, rest) = split_options(rest).ok_or("a key was expected")?;
        (namespaces(options)?, rest)
    };
    Ok(Signer {
        principals: Some(principals.to_owned()),
        namespaces,
        ..Signer::plain(read_key(rest.trim_start())?)
    })
}

/// Whether the first word names a type of key.
fn begins_with_key(text: &str) -> bool {
    let word = text.split_ascii_whitespace().next().unwrap_or_default();
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"]
        .iter()
        .any(|start| word.starts_with(start))
}

/// The options, up to the first space outside of quotation marks, and the rest.
fn split_options(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c.is_ascii_whitespace() && !quoted
    })?;
    Some(text.split_at(end))
}

/// The list of `namespaces="…"`, if that option stands there. Other options are not known here.
fn namespaces(options: &str) -> Result<Option<String>, String> {
    let mut list = None;
    let mut rest = options;
    while !rest.is_empty() {
        let name_end = rest.find(['=', ',']).unwrap_or(rest.len());
        let (name, value) = rest.split_at(name_end);
        if !name.eq_ignore_ascii_case("namespaces") {
            return Err(format!("the option {name} is not supported here"));
        }
        let value = value.strip_prefix("=\"").and_then(|v| v.split_once('"'));
        let (value, after) = value.ok_or("namespaces=\"…\" was expected")?;
        if value.is_empty() || list.replace(value.to_owned()).is_some() {
            return Err("namespaces=\"…\" was expected once, with a list in it".into());
        }
        rest = match after.strip_prefix(',') {
            Some(more) if !more.is_empty() => more,
            None if after.is_empty() => "",
            _ => return Err("a comma between options was expected".into()),
        };
    }
    Ok(list)
}

/// Whether a list of patterns, between commas, holds a text: one must match and none with `!` may (ssh_config(5), PATTERNS).
fn in_list(list: &str, text: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(not) if matches(not.as_bytes(), text.as_bytes()) => return false,
            None => found |= matches(pattern.as_bytes(), text.as_bytes()),
            _ => {}
        }
    }
    found
}

/// `*` stands for any bytes, `?` for one.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how much it has taken.
    let mut star = None;
    while let Some(byte) = text.get(t) {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, t));
                p += 1;
            }
            (Some(c), _) if *c == b'?' || c == byte => {
                p += 1;
                t += 1;
            }
            (_, Some((at, taken))) => {
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(p).all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeyKind, KeyPair};
    use proptest::prelude::*;

    fn line() -> String {
        let key = KeyPair::from_seed(KeyKind::Ed25519, &[6; 32]).unwrap();
        key.public().to_openssh("a comment").unwrap()
    }

    fn one(text: &str) -> Result<Signer, String> {
        let mut lines = read_signers(text);
        assert_eq!(lines.len(), 1, "{lines:?}");
        lines.remove(0).signer
    }

    #[test]
    fn lines_allow_what_they_say() {
        let key = line();
        let signer = one(&format!("anna@x.org,*@y.org,!ben@y.org {key}")).unwrap();
        for (who, allowed) in [
            ("anna@x.org", true),
            ("carl@y.org", true),
            ("ben@y.org", false),
            ("ben@x.org", false),
            ("", false),
        ] {
            assert_eq!(signer.allows(Some(who), "git"), allowed, "{who}");
        }
        let signer = one(&format!("\"anna b\" NAMESPACES=\"git,file\" {key}")).unwrap();
        assert_eq!(signer.principals(), Some("anna b"));
        assert!(signer.allows(None, "git") && signer.allows(Some("anna b"), "file"));
        assert!(!signer.allows(None, "mail"));
        let plain = one(&key).unwrap();
        assert!(plain.allows(None, "git") && !plain.allows(Some("anna"), "git"));
        let pem = plain.key().to_pem().unwrap();
        assert_eq!(one(&pem).unwrap(), plain);
    }

    #[test]
    fn lines_that_are_not_understood_count_for_nothing() {
        let key = line();
        for (text, reason) in [
            (
                format!("* cert-authority {key}"),
                "the option cert-authority",
            ),
            (
                format!("* valid-before=\"2020\" {key}"),
                "the option valid-before",
            ),
            (format!("* namespaces=\"git\",x {key}"), "the option x"),
            (format!("* namespaces=\"git\"x {key}"), "a comma"),
            (format!("* namespaces=git {key}"), "namespaces="),
            (format!("* namespaces=\"\" {key}"), "once"),
            (format!("\"anna {key}"), "not closed"),
            ("anna".into(), "a principal and a key"),
            ("anna ben".into(), "a key was expected"),
            ("anna ssh-ed25519 AAAA".into(), "not an OpenSSH public key"),
            ("ssh-dss AAAA".into(), "not an OpenSSH public key"),
            ("-----BEGIN PUBLIC KEY-----".into(), "not a PEM public key"),
        ] {
            let said = one(&text).unwrap_err();
            assert!(said.contains(reason), "{text}: {said}");
        }
        let lines = read_signers(&format!("# none\n\n  {key}\nwhat\n"));
        assert_eq!(lines.iter().map(|l| l.line).collect::<Vec<_>>(), [3, 4]);
        assert!(lines[0].signer.is_ok() && lines[1].signer.is_err());
    }

    /// Slow and plain: a star takes nothing, or one byte and stays.
    fn slow(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), next) => {
                slow(rest, text) || next.is_some_and(|(_, text)| slow(pattern, text))
            }
            (Some((c, rest)), Some((byte, text))) => (*c == b'?' || c == byte) && slow(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_the_plain_reference(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), slow(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "(\\PC|\n|\"| ssh-ed25519 |namespaces=|,){0,40}") {
            for line in read_signers(&text) {
                prop_assert!(line.signer.is_err());
            }
        }
    }
}
