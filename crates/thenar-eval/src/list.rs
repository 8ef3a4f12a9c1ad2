//! `path label` lists, as the palmprint papers publish them (`train_Tongji.txt`, `test_Tongji.txt`).
//!
//! One sample per line: the path of an image, then white space, then the label of its palm.
//!
//! * The label is the last field, so a path may hold spaces. A label may not.
//! * Space around a line is dropped; blank lines and lines whose first character is `#` are skipped.
//! * UTF-8, with or without a byte order mark; lines end with LF or CRLF.
//! * A path may stand in a list only once: twice would weigh its palm twice, and with two labels it is an error of data.
//! * At most 1 GiB, 10 million samples and 4,096 bytes in a line.
//!
//! Labels are compared as text: `7` and `007` are two palms.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::{EvalError, atomic};

const MAX_FILE: u64 = 1 << 30;
const MAX_SAMPLES: usize = 10_000_000;
const MAX_LINE: usize = 4096;

/// A parsed list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Where it was read from.
    pub path: PathBuf,
    /// Its samples in the order of the file, at least one.
    pub entries: Vec<ListEntry>,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub digest: String,
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListEntry {
    /// Path of the image as written, usually relative to a root given elsewhere.
    pub path: String,
    /// Label of the palm.
    pub label: String,
    /// Line number in the file, from 1.
    pub line: usize,
}

impl List {
    /// Reads a list.
    ///
    /// # Errors
    /// [`EvalError::Read`] when the file cannot be read, [`EvalError::File`] when it is too large or holds no sample,
    /// [`EvalError::Line`] for a line that is not `path label`.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        let file = File::open(path).map_err(EvalError::read(path))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(EvalError::read(path))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(EvalError::file(
                path,
                format!("larger than {MAX_FILE} bytes, the limit for a list"),
            ));
        }
        Self::parse(&bytes, path)
    }

    /// Parses the content of a list; `path` is what errors name.
    ///
    /// # Errors
    /// As [`List::read`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, EvalError> {
        let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut entries: Vec<ListEntry> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (index, raw) in text.split(|&b| b == b'\n').enumerate() {
            let line = index + 1;
            let Some(entry) =
                parse_line(raw, line).map_err(|problem| EvalError::line(path, line, problem))?
            else {
                continue;
            };
            match seen.entry(entry.path.clone()) {
                Entry::Occupied(first) => {
                    let problem = format!(
                        "{:?} is listed twice, first on line {}",
                        entry.path,
                        first.get()
                    );
                    return Err(EvalError::line(path, line, problem));
                }
                Entry::Vacant(free) => free.insert(line),
            };
            if entries.len() == MAX_SAMPLES {
                return Err(EvalError::line(
                    path,
                    line,
                    format!("more than {MAX_SAMPLES} samples"),
                ));
            }
            entries.push(entry);
        }
        if entries.is_empty() {
            return Err(EvalError::file(
                path,
                "holds no sample, expected lines of `path label`",
            ));
        }
        let digest = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            path: path.to_owned(),
            entries,
            digest,
        })
    }

    /// The list of these paths and labels, with the digest and the line numbers it has once written; `path` is its
    /// name, and what errors name.
    ///
    /// # Errors
    /// As [`List::parse`]; [`EvalError::File`] too for a path or a label that a line cannot hold (a line feed, a label
    /// with a space, a path that starts with `#`).
    pub fn from_samples<'a>(
        path: &Path,
        samples: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, EvalError> {
        let mut text = String::new();
        for (image, label) in samples {
            let line = format!("{image} {label}");
            let fits = !line.contains('\n') && !line.starts_with('\u{feff}');
            let read = parse_line(line.as_bytes(), 0).ok().flatten();
            if !fits || !read.is_some_and(|e| e.path == image && e.label == label) {
                let problem = format!(
                    "{image:?} with label {label:?} cannot stand in a line of `path label`"
                );
                return Err(EvalError::file(path, problem));
            }
            text.push_str(&line);
            text.push('\n');
        }
        Self::parse(text.as_bytes(), path)
    }

    /// The list as text, one `path label` per line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line = |e: &ListEntry| format!("{} {}\n", e.path, e.label);
        self.entries.iter().map(line).collect()
    }

    /// Writes the list, whole or not at all. What is read back is the same list.
    ///
    /// # Errors
    /// [`EvalError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), EvalError> {
        atomic::write(path, |out| out.write_all(self.to_text().as_bytes()))
    }
}

/// One line without its line feed; `None` for a blank line or a comment.
fn parse_line(raw: &[u8], line: usize) -> Result<Option<ListEntry>, String> {
    if raw.len() > MAX_LINE {
        return Err(format!(
            "{} bytes long, expected at most {MAX_LINE}",
            raw.len()
        ));
    }
    let text = std::str::from_utf8(raw)
        .map_err(|_| "not UTF-8 text".to_owned())?
        .trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    if let Some(control) = text.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(format!("holds the control character {control:?}"));
    }
    let Some((path, label)) = text.rsplit_once([' ', '\t']) else {
        return Err(format!("{text:?} has one field, expected `path label`"));
    };
    Ok(Some(ListEntry {
        path: path.trim_end().to_owned(),
        label: label.to_owned(),
        line,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<List, EvalError> {
        List::parse(text.as_bytes(), Path::new("probe.txt"))
    }

    #[test]
    fn reads_what_the_papers_write() {
        let list = parse(
            "\u{feff}# session 2\r\nval/00001.bmp 0\r\n\r\n  my hand\tleft 1.png \t 7a \nlast 0",
        )
        .unwrap();
        let got: Vec<_> = list
            .entries
            .iter()
            .map(|e| (e.path.as_str(), e.label.as_str(), e.line))
            .collect();
        assert_eq!(
            got,
            [
                ("val/00001.bmp", "0", 2),
                ("my hand\tleft 1.png", "7a", 4),
                ("last", "0", 5)
            ]
        );
    }

    #[test]
    fn digest_is_of_the_file() {
        // printf 'a 0\n' | sha256sum
        assert_eq!(
            parse("a 0\n").unwrap().digest,
            "32a52d142787b2e750b0742213fc0076703e5d4bee6f63cb3bf8bdfcffeb50c0"
        );
    }

    #[test]
    fn errors_name_file_line_and_value() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            message("a 0\nalone\n"),
            "probe.txt:2: \"alone\" has one field, expected `path label`"
        );
        assert_eq!(
            message("a 0\nb 1\n\na 0"),
            "probe.txt:4: \"a\" is listed twice, first on line 1"
        );
        assert_eq!(
            message("a 0\nb\u{0}c 1"),
            "probe.txt:2: holds the control character '\\0'"
        );
        assert_eq!(
            message("# nothing\n\n"),
            "probe.txt: holds no sample, expected lines of `path label`"
        );
        assert_eq!(
            message(&format!("{} 1", "x".repeat(5000))),
            "probe.txt:1: 5002 bytes long, expected at most 4096"
        );
        let latin1 = List::parse(b"a 0\nstra\xdfe 1\n", Path::new("probe.txt")).unwrap_err();
        assert_eq!(latin1.to_string(), "probe.txt:2: not UTF-8 text");
        let missing = List::read(Path::new("no/such/list.txt"))
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("no/such/list.txt: cannot be read: "),
            "{missing}"
        );
    }

    #[test]
    fn what_a_line_cannot_hold_is_refused() {
        let of = |samples: &[(&str, &str)]| {
            List::from_samples(Path::new("made.txt"), samples.iter().copied())
        };
        let list = of(&[("a b.png", "0"), ("c.png", "1")]).unwrap();
        assert_eq!(list.to_text(), "a b.png 0\nc.png 1\n");
        assert_eq!(
            list,
            List::parse(list.to_text().as_bytes(), Path::new("made.txt")).unwrap()
        );
        let refused: [&[(&str, &str)]; 9] = [
            &[("#a", "0"), ("b", "1")],
            &[("b", "1"), ("#a", "0")],
            &[("a 1\nb", "0")],
            &[("a", "0 1")],
            &[("\u{feff}a", "0")],
            &[("a ", "0")],
            &[("a", "")],
            &[("", "0")],
            &[],
        ];
        for samples in refused {
            assert!(of(samples).is_err(), "{samples:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(list) = List::parse(&bytes, Path::new("x")) {
                prop_assert!(!list.entries.is_empty());
                prop_assert!(list.entries.iter().all(|e| !e.path.is_empty() && !e.label.is_empty()));
            }
        }

        #[test]
        fn what_is_written_is_read(paths in proptest::collection::hash_set("[a-z/]([a-z /.]{0,20}[a-z])?", 1..20)) {
            let lines: String = paths.iter().enumerate().map(|(k, p)| format!("{p} {k}\n")).collect();
            let list = parse(&lines).unwrap();
            let got: Vec<_> = list.entries.iter().map(|e| (e.path.clone(), e.label.clone())).collect();
            let expected: Vec<_> = paths.iter().enumerate().map(|(k, p)| (p.clone(), k.to_string())).collect();
            prop_assert_eq!(got, expected);
        }
    }
}
