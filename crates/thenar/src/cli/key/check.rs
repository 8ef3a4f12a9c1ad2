//! `thenar key check NAME [PHOTO…]`

use serde_json::{Value, json};
use thenar::Pipeline;
use thenar_key::{Commitment, CommitmentError};

use super::super::Verdict;
use super::super::args::{CheckKey, Unlock};
use super::super::error::CliError;
use super::super::output::hex;
use super::super::session::Session;
use super::form;
use super::unlock::{self, Brought};

pub(super) fn run(session: &Session, args: &CheckKey) -> Result<Verdict, CliError> {
    let name = &args.name;
    let record = unlock::record(session, name)?;
    let code = record.code().build();
    let code = code.map_err(|source| CliError::Commitment {
        name: name.clone(),
        source: source.into(),
    })?;
    let form = form::choose(record.kind(), None)?;
    let pipeline = session.pipeline()?;
    let mut about = About {
        name,
        k: code.k(),
        public: form::public(record.public_key(), name, form)?,
        ours: record.contract() == &pipeline.key_contract().0,
        failures: session.store()?.failures(name)?.unwrap_or(0),
        recovered: None,
        record: &record,
    };
    // What another version made cannot come back here, whatever is shown.
    if about.ours && !args.photos.is_empty() {
        about.recovered = Some(comes_back(session, pipeline, args, &record)?);
    }
    session.out.result(&about.text(), &about.json());
    Ok(Verdict::of(about.ours && about.recovered != Some(false)))
}

/// Whether palm and passphrase bring the key back, which is an attempt like any other.
fn comes_back(
    session: &Session,
    pipeline: Pipeline,
    args: &CheckKey,
    record: &Commitment,
) -> Result<bool, CliError> {
    let unlock = Unlock {
        name: args.name.clone(),
        photos: args.photos.clone(),
        passphrase_file: args.passphrase_file.clone(),
        device_secret: args.device_secret.clone(),
    };
    let brought = Brought::read(session, pipeline, &unlock)?;
    Ok(brought.unlock(session, &args.name, record)?.is_some())
}

/// What is known of a key.
struct About<'a> {
    name: &'a str,
    record: &'a Commitment,
    /// Bits of the secret.
    k: usize,
    public: String,
    /// Whether this program can bring it back, by its contract.
    ours: bool,
    /// Before this check.
    failures: u32,
    /// `None` when it was not tried.
    recovered: Option<bool>,
}

impl About<'_> {
    fn text(&self) -> String {
        let (record, code, cost) = (self.record, self.record.code(), self.record.cost());
        let mut lines = vec![
            format!(
                "{}: a record of version {}, kind {}",
                self.name,
                record.version(),
                form::kind_name(record.kind())
            ),
            format!("public key: {}", self.public.trim_end()),
            self.contract(),
            format!(
                "code: {} bits of palm in {}, up to {} wrong ones are corrected; each kept in {} of {} numbers",
                self.k,
                code.n,
                code.t,
                record.copies(),
                record.numbers()
            ),
            format!(
                "passphrase: Argon2id with {} KiB, passes: {}, lanes: {}",
                cost.memory_kib, cost.passes, cost.lanes
            ),
            format!(
                "device secret: {}",
                if record.needs_device_secret() {
                    "needed"
                } else {
                    "none"
                }
            ),
            format!("failed attempts in a row: {}", self.failures),
        ];
        match self.recovered {
            Some(true) => lines.push("it comes back".into()),
            Some(false) => lines.push(CommitmentError::NotRecovered.to_string()),
            None => {}
        }
        lines.join("\n")
    }

    fn contract(&self) -> String {
        let short = hex(&self.record.contract()[..8]);
        if self.ours {
            return format!("contract: {short}, as this program's");
        }
        format!(
            "contract: {short}, another than this program's: the key comes back with the version that made it, from photos \
             of the kind it was made from (--input)"
        )
    }

    fn json(&self) -> Value {
        let (record, code, cost) = (self.record, self.record.code(), self.record.cost());
        json!({
            "name": self.name,
            "version": record.version(),
            "kind": form::kind_name(record.kind()),
            "public": self.public,
            "contract": hex(record.contract()),
            "of_this_program": self.ours,
            "code": { "n": code.n, "k": self.k, "t": code.t },
            "copies": record.copies(),
            "cost": { "memory_kib": cost.memory_kib, "passes": cost.passes, "lanes": cost.lanes },
            "device_secret": record.needs_device_secret(),
            "failures": self.failures,
            "recovered": self.recovered,
        })
    }
}
