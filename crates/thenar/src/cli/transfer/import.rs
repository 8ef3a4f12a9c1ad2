//! `thenar import FILE`
//!
//! The file is read twice. First every line is checked: its form, the contract of each record and key, and that each record
//! opens with the keyring under its subject's name. Then the same is done while the lines go into the store, in one
//! transaction: a file that was changed meanwhile, or a name that is there already, leaves the store as it was.

use std::fs;

use serde_json::json;
use thenar::Pipeline;
use thenar_key::{Commitment, CommitmentError};
use thenar_protect::{ContractId, Keyring, RecordError, SealedRecord, TokenKind};
use thenar_store::Entry;

use super::super::Verdict;
use super::super::args::Import;
use super::super::error::CliError;
use super::super::progress;
use super::super::session::Session;
use super::counted;
use super::reader::Reader;

pub(crate) fn run(session: &Session, args: &Import) -> Result<Verdict, CliError> {
    let known = session.store_if_any()?;
    let mut checker = Checker {
        session,
        args,
        known: known.as_ref(),
        contracts: Contracts::of_this_program()?,
        keyring: None,
    };
    let about = fs::metadata(&args.file).map_err(CliError::file(&args.file, "open"))?;
    let bar = progress::bar(&session.out, "bytes", 2 * about.len());
    let mut reader = Reader::open(&args.file)?;
    while let Some(entry) = reader.next() {
        checker.check(&reader, &entry?)?;
        bar.set_position(reader.bytes());
    }

    let mut reader = Reader::open(&args.file)?;
    let entries = std::iter::from_fn(|| {
        let entry = reader.next()?;
        bar.set_position(about.len() + reader.bytes());
        Some(entry.and_then(|entry| checker.check(&reader, &entry).map(|()| entry)))
    });
    let done = session.store_or_new()?.import(entries)?;
    session.out.result(
        &format!("{} imported", counted(&done)),
        &json!({ "subjects": done.subjects, "records": done.records, "keys": done.keys }),
    );
    Ok(Verdict::Yes)
}

/// The contracts this program works with: for photos, and for regions that are cut already.
struct Contracts {
    records: [ContractId; 2],
    keys: [ContractId; 2],
}

impl Contracts {
    fn of_this_program() -> Result<Self, CliError> {
        let photos = Pipeline::shipped().map_err(CliError::Model)?;
        let rois = Pipeline::shipped_for_rois().map_err(CliError::Model)?;
        Ok(Self {
            records: [*photos.contract(), *rois.contract()],
            keys: [*photos.key_contract(), *rois.key_contract()],
        })
    }
}

/// What stands between a file and the store.
struct Checker<'a> {
    session: &'a Session,
    args: &'a Import,
    known: Option<&'a thenar_store::Store>,
    contracts: Contracts,
    /// Opened when the first record needs it: keys need none.
    keyring: Option<Keyring>,
}

impl Checker<'_> {
    fn check(&mut self, reader: &Reader, entry: &Entry) -> Result<(), CliError> {
        let problem = match entry {
            Entry::Key { name, helper } => self
                .check_key(helper)
                .map_err(|error| format!("key '{name}': {error}")),
            Entry::Subject { name, records, .. } => {
                let keyring = match self.keyring.take() {
                    Some(keyring) => keyring,
                    None => self.session.keyring_of(&self.args.file, self.known)?,
                };
                let keyring = self.keyring.insert(keyring);
                let check = |record| check_record(keyring, &self.contracts.records, name, record);
                records
                    .iter()
                    .try_for_each(check)
                    .map_err(|error| format!("subject '{name}': {error}"))
            }
        };
        problem.map_err(|problem| reader.wrong(problem))
    }

    fn check_key(&self, helper: &[u8]) -> Result<(), CommitmentError> {
        let record = Commitment::from_bytes(helper)?;
        let found = ContractId(*record.contract());
        let [expected, _] = self.contracts.keys;
        match self.contracts.keys.contains(&found) {
            true => Ok(()),
            false => Err(CommitmentError::Contract {
                stored: found.to_string(),
                wanted: expected.to_string(),
            }),
        }
    }
}

/// Whether a record can be compared, has its token in the keyring, and opens.
fn check_record(
    keyring: &Keyring,
    contracts: &[ContractId; 2],
    subject: &str,
    record: &SealedRecord,
) -> Result<(), String> {
    let [expected, _] = *contracts;
    if !contracts.contains(record.contract()) {
        let found = *record.contract();
        return Err(RecordError::Contract { found, expected }.to_string());
    }
    let whose = match record.token().kind {
        TokenKind::Collection => Some("the collection's"),
        TokenKind::Own => Some("its own"),
        // Not in any keyring.
        TokenKind::Held => None,
    };
    if let Some(whose) = whose
        && keyring.token(record.token()).is_none()
    {
        let path = keyring.path().display();
        return Err(format!(
            "it was enrolled with {whose} token, which {path} does not hold"
        ));
    }
    let opened = keyring.open(record, record.contract(), subject);
    opened.map(|_| ()).map_err(|error| error.to_string())
}
