//! The lines of an export, one after another, with a digest over what was read.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use thenar_protect::SealedRecord;
use thenar_store::{Entry, Transferred};

use super::super::error::CliError;
use super::super::output::hex;
use super::{Line, MAX_LINE, VERSION};

/// Reads the entries of an export. After the first error there are no more.
pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    digest: Sha256,
    found: Transferred,
    /// The line that was read last, from 1.
    line: usize,
    bytes: u64,
    ended: bool,
}

impl Reader {
    /// Opens a file and reads its first line.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        let file = File::open(path).map_err(CliError::file(path, "open"))?;
        let mut reader = Self {
            path: path.to_owned(),
            input: BufReader::with_capacity(1 << 16, file),
            digest: Sha256::new(),
            found: Transferred::default(),
            line: 0,
            bytes: 0,
            ended: false,
        };
        match reader.next_line()? {
            Line::ThenarExport { version: VERSION } => Ok(reader),
            Line::ThenarExport { version } => {
                Err(reader.wrong(format!("version {version}, expected {VERSION}")))
            }
            _ => Err(reader.wrong("expected the first line of an export".into())),
        }
    }

    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// An error in the line that was read last.
    pub(super) fn wrong(&self, problem: String) -> CliError {
        CliError::ImportLine {
            file: self.path.clone(),
            line: self.line,
            problem,
        }
    }

    fn next_line(&mut self) -> Result<Line, CliError> {
        let (text, before) = self.next_text()?;
        let line: Line = serde_json::from_slice(&text)
            .map_err(|error| self.wrong(format!("not a line of an export: {error}")))?;
        if let Line::End {
            subjects,
            records,
            keys,
            sha256,
        } = &line
        {
            let found = Transferred {
                subjects: *subjects,
                records: *records,
                keys: *keys,
            };
            if found != self.found || *sha256 != hex(&before) {
                let problem =
                    "the file is damaged: what stands before its last line does not fit it";
                return Err(self.wrong(problem.into()));
            }
        }
        Ok(line)
    }

    /// The next line without its end, and the digest of all before it.
    fn next_text(&mut self) -> Result<(Vec<u8>, [u8; 32]), CliError> {
        self.line += 1;
        let before = self.digest.clone().finalize().into();
        let mut text = Vec::new();
        self.input
            .by_ref()
            .take(MAX_LINE as u64)
            .read_until(b'\n', &mut text)
            .map_err(CliError::file(&self.path, "read"))?;
        self.digest.update(&text);
        self.bytes += text.len() as u64;
        match text.pop() {
            Some(b'\n') => Ok((text, before)),
            None => Err(self.wrong("the file ends here, expected its last line".into())),
            Some(_) if text.len() + 1 == MAX_LINE => {
                Err(self.wrong(format!("the line is longer than {MAX_LINE} bytes")))
            }
            Some(_) => Err(self.wrong("the file ends within this line".into())),
        }
    }

    fn next_entry(&mut self) -> Result<Option<Entry>, CliError> {
        let entry = match self.next_line()? {
            Line::ThenarExport { .. } => {
                return Err(self.wrong("the first line of an export stands here again".into()));
            }
            Line::End { .. } => {
                let rest = self
                    .input
                    .fill_buf()
                    .map_err(CliError::file(&self.path, "read"))?;
                return match rest.is_empty() {
                    true => Ok(None),
                    false => Err(self.wrong("something follows the last line".into())),
                };
            }
            Line::Subject {
                name,
                enrolled_at,
                records,
            } => {
                let records = (1..).zip(&records).map(|(number, text)| {
                    self.record(text)
                        .map_err(|problem| self.wrong(format!("record {number}: {problem}")))
                });
                Entry::Subject {
                    records: records.collect::<Result<_, _>>()?,
                    name,
                    enrolled_at,
                }
            }
            Line::Key { name, helper } => Entry::Key {
                name,
                helper: self
                    .base64(&helper)
                    .map_err(|problem| self.wrong(problem))?,
            },
        };
        self.found.count(&entry);
        Ok(Some(entry))
    }

    fn record(&self, text: &str) -> Result<SealedRecord, String> {
        SealedRecord::from_bytes(&self.base64(text)?).map_err(|error| error.to_string())
    }

    fn base64(&self, text: &str) -> Result<Vec<u8>, String> {
        BASE64_STANDARD
            .decode(text)
            .map_err(|error| format!("not base64: {error}"))
    }
}

impl Iterator for Reader {
    type Item = Result<Entry, CliError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self.next_entry().transpose();
        self.ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}
