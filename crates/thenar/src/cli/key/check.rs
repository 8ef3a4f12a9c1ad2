//! `thenar key check NAME [PHOTO…]`

use serde_json::{Value, json};
use thenar_key::{Commitment, CommitmentError};

use super::super::Verdict;
use super::super::args::{CheckKey, Unlock};
use super::super::error::CliError;
use super::super::output::hex;
use super::super::session::Session;
use super::{form, unlock};

pub(super) fn run(session: &Session, args: &CheckKey) -> Result<Verdict, CliError> {
    let name = &args.name;
    let record = unlock::record(session, name)?;
    let failures = session.store()?.failures(name)?.unwrap_or(0);
    let ours = record.contract() == &session.pipeline()?.key_contract().0;
    let code = record.code();
    let k = code.build().map_err(|e| of_key(name, e.into()))?.k();
    let cost = record.cost();
    let public = form::public(
        record.public_key(),
        name,
        form::choose(record.kind(), None)?,
    )?;
    let kind = form::kind_name(record.kind());
    let contract = hex(record.contract());

    let mut lines = vec![
        format!(
            "{name}: a record of version {}, kind {kind}",
            record.version()
        ),
        format!("public key: {}", public.trim_end()),
        contract_line(&contract, ours),
        format!(
            "code: {k} bits of palm in {}, up to {} wrong ones are corrected; each kept in {} of {} numbers",
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
        format!("failed attempts in a row: {failures}"),
    ];
    // What another program made cannot come back here, whatever is shown.
    let recovered = match (args.photos.as_slice(), ours) {
        ([], _) | (_, false) => None,
        _ => Some(comes_back(session, args, &record)?),
    };
    match recovered {
        Some(true) => lines.push("it comes back".into()),
        Some(false) => lines.push(CommitmentError::NotRecovered.to_string()),
        None => {}
    }
    let value: Value = json!({
        "name": name,
        "version": record.version(),
        "kind": kind,
        "public": public,
        "contract": contract,
        "of_this_program": ours,
        "code": { "n": code.n, "k": k, "t": code.t },
        "copies": record.copies(),
        "cost": { "memory_kib": cost.memory_kib, "passes": cost.passes, "lanes": cost.lanes },
        "device_secret": record.needs_device_secret(),
        "failures": failures,
        "recovered": recovered,
    });
    session.out.result(&lines.join("\n"), &value);
    Ok(Verdict::of(ours && recovered != Some(false)))
}

fn contract_line(contract: &str, ours: bool) -> String {
    let short = &contract[..16];
    if ours {
        return format!("contract: {short}, as this program's");
    }
    format!(
        "contract: {short}, another than this program's: the key comes back with the version that made it, from photos of \
         the kind it was made from (--input)"
    )
}

/// Whether palm and passphrase bring the key back, which is an attempt like any other.
fn comes_back(session: &Session, args: &CheckKey, record: &Commitment) -> Result<bool, CliError> {
    let unlock = Unlock {
        name: args.name.clone(),
        photos: args.photos.clone(),
        passphrase_file: args.passphrase_file.clone(),
        device_secret: args.device_secret.clone(),
    };
    Ok(unlock::unlock(session, record, &unlock)?.is_some())
}

fn of_key(name: &str, source: CommitmentError) -> CliError {
    CliError::Commitment {
        name: name.into(),
        source,
    }
}
