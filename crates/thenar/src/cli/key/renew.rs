//! `thenar key renew NAME PHOTO…`
//!
//! A key is derived from a secret, the passphrase, a salt and the whole record together, and nothing is stored that a known key
//! could be put into. So a new passphrase means a new key; there is no other way within the record's format.

use serde_json::json;
use thenar_key::{Factors, KeyKind, PublicKey};

use super::super::Verdict;
use super::super::args::RenewKey;
use super::super::error::CliError;
use super::super::files;
use super::super::passphrase::{self, Purpose};
use super::super::session::Session;
use super::unlock::{self, Brought};
use super::{cost, form, parse};

pub(super) fn run(session: &Session, args: &RenewKey) -> Result<Verdict, CliError> {
    let name = &args.unlock.name;
    let mut store = session.store()?;
    let old_bytes = store.get_key(name)?;
    let old_bytes = old_bytes.ok_or_else(|| session.unknown("key", name))?;
    let old = parse(name, &old_bytes)?;
    check(args, old.kind())?;
    let brought = Brought::read(session, session.pipeline()?, &args.unlock)?;
    if brought.unlock(session, name, &old)?.is_none() {
        return Ok(unlock::not_recovered(session, name));
    }

    let passphrase = passphrase::read(args.new_passphrase_file.as_deref(), Purpose::New)?;
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: brought.device.as_ref(),
    };
    let made = brought.pipeline.commit(
        &brought.acquired.feature,
        factors,
        &cost::new_key(old.kind())?,
    );
    let (record, _) = made.map_err(CliError::Model)?;
    if !store.replace_key(name, &old_bytes, &record.to_bytes())? {
        return Err(CliError::Usage(format!(
            "key '{name}' was changed by another program meanwhile; nothing was renewed"
        )));
    }
    report(session, name, old.public_key(), record.public_key())?;
    Ok(Verdict::Yes)
}

/// Refuses what cannot be or would lose files, before any work is done.
fn check(args: &RenewKey, kind: KeyKind) -> Result<(), CliError> {
    files::not_both_from_stdin(
        ("--passphrase-file", args.unlock.passphrase_file.as_deref()),
        ("--new-passphrase-file", args.new_passphrase_file.as_deref()),
    )?;
    if kind == KeyKind::X25519 && !args.force {
        return Err(CliError::Usage(format!(
            "renewing makes a new key, and what was encrypted to the present key '{}' could never be read again; decrypt it \
             first and use --force, or make another key from the other hand",
            args.unlock.name
        )));
    }
    Ok(())
}

fn report(session: &Session, name: &str, old: &PublicKey, new: &PublicKey) -> Result<(), CliError> {
    let form = form::choose(new.kind(), None)?;
    let public = form::public(new, name, form)?;
    let old_public = form::public(old, name, form)?;
    session.out.result(
        &public,
        &json!({
            "name": name,
            "kind": form::kind_name(new.kind()),
            "public": public,
            "old_public": old_public,
        }),
    );
    session.out.note(&format!(
        "warning: {name} is a NEW key. The old one is gone from this store: put this public key wherever the old one is, \
         {}, and destroy copies of the store with the old record",
        old_public.trim_end()
    ));
    Ok(())
}
