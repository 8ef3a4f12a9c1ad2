//! `thenar export -o FILE`
//!
//! The file is for its owner only, appears whole or not at all, and replaces nothing.

use std::io::{BufWriter, Error, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use thenar_store::{Entry, Store, Transferred};

use super::super::Verdict;
use super::super::args::Export;
use super::super::error::CliError;
use super::super::output::hex;
use super::super::session::Session;
use super::super::{files, progress};
use super::{Line, MAX_LINE, VERSION, counted};

pub(crate) fn run(session: &Session, args: &Export) -> Result<Verdict, CliError> {
    files::must_not_exist(&args.output)?;
    let store = session.store()?;
    let subjects = store.list()?.len() + store.list_keys()?.len();
    let bar = progress::bar(&session.out, "exporting", subjects as u64);
    let file = files::private_beside(&args.output)?;
    let mut lines = Lines {
        path: &args.output,
        out: BufWriter::new(file),
        digest: Sha256::new(),
    };
    let done = write(&store, &mut lines, || bar.inc(1))?;
    let failed = CliError::file(&args.output, "write");
    let file = lines.out.into_inner().map_err(|e| failed(e.into_error()))?;
    file.as_file().sync_all().map_err(&failed)?;
    file.persist_noclobber(&args.output)
        .map_err(|refused| failed(refused.error))?;
    session.out.result(
        &format!("{} written to {}", counted(&done), args.output.display()),
        &json!({
            "file": args.output.display().to_string(),
            "subjects": done.subjects,
            "records": done.records,
            "keys": done.keys,
        }),
    );
    Ok(Verdict::Yes)
}

/// Lines on their way to a file, with their digest.
struct Lines<'a, W: Write> {
    path: &'a Path,
    out: W,
    digest: Sha256,
}

impl<W: Write> Lines<'_, W> {
    fn push(&mut self, line: &Line) -> Result<(), CliError> {
        let failed = CliError::file(self.path, "write");
        let mut text = serde_json::to_string(line).map_err(|e| failed(e.into()))?;
        if text.len() >= MAX_LINE {
            // It could not be read again.
            let problem = format!(
                "a line of {} bytes, expected less than {MAX_LINE}",
                text.len()
            );
            return Err(failed(Error::other(problem)));
        }
        text.push('\n');
        self.digest.update(&text);
        self.out.write_all(text.as_bytes()).map_err(failed)
    }
}

fn write(
    store: &Store,
    lines: &mut Lines<'_, impl Write>,
    step: impl Fn(),
) -> Result<Transferred, CliError> {
    let mut done = Transferred::default();
    lines.push(&Line::ThenarExport { version: VERSION })?;
    store.for_each_entry::<CliError>(|entry| {
        done.count(&entry);
        step();
        lines.push(&match entry {
            Entry::Subject {
                name,
                enrolled_at,
                records,
            } => Line::Subject {
                name,
                enrolled_at,
                records: records
                    .iter()
                    .map(|record| BASE64_STANDARD.encode(record.to_bytes()))
                    .collect(),
            },
            Entry::Key { name, helper } => Line::Key {
                name,
                helper: BASE64_STANDARD.encode(helper),
            },
        })
    })?;
    let sha256 = hex(&lines.digest.clone().finalize());
    lines.push(&Line::End {
        subjects: done.subjects,
        records: done.records,
        keys: done.keys,
        sha256,
    })?;
    Ok(done)
}
