//! `thenar key …`: keys that are stored nowhere.

mod check;
mod cost;
mod form;
mod identity;
mod make;
mod private;
mod renew;
pub(crate) mod signing;
pub(crate) mod unlock;

pub(crate) use form::{comment, kind_name};

use serde_json::{Value, json};
use thenar_key::Commitment;

use super::Verdict;
use super::args::{Key, KeyName, PublicKeyOf};
use super::error::CliError;
use super::session::Session;

pub(crate) fn run(session: &Session, command: &Key) -> Result<Verdict, CliError> {
    match command {
        Key::New(args) => make::new(session, args),
        Key::Recover(args) => make::recover(session, args),
        Key::Public(args) => public(session, args),
        Key::Identity(args) => identity::run(session, args),
        Key::Check(args) => check::run(session, args),
        Key::Renew(args) => renew::run(session, args),
        Key::List => list(session),
        Key::Remove(args) => remove(session, args),
    }
}

fn public(session: &Session, args: &PublicKeyOf) -> Result<Verdict, CliError> {
    let record = unlock::record(session, &args.name)?;
    let form = form::choose(record.kind(), args.format)?;
    let public = form::public(record.public_key(), &args.name, form)?;
    session.out.result(
        &public,
        &json!({ "name": args.name, "kind": form::kind_name(record.kind()), "public": public }),
    );
    Ok(Verdict::Yes)
}

fn list(session: &Session) -> Result<Verdict, CliError> {
    let store = session.store()?;
    let (mut lines, mut values): (Vec<String>, Vec<Value>) = (Vec::new(), Vec::new());
    for name in store.list_keys()? {
        let Some(bytes) = store.get_key(&name)? else {
            continue;
        };
        let record = parse(&name, &bytes)?;
        let form = form::choose(record.kind(), None)?;
        values.push(json!({
            "name": name,
            "kind": form::kind_name(record.kind()),
            "public": form::public(record.public_key(), &name, form)?,
            "device_secret": record.needs_device_secret(),
        }));
        lines.push(form::line(record.public_key(), &name)?);
    }
    if lines.is_empty() {
        lines.push("there are no keys".into());
    }
    session
        .out
        .result(&lines.join("\n"), &json!({ "keys": values }));
    Ok(Verdict::Yes)
}

fn remove(session: &Session, args: &KeyName) -> Result<Verdict, CliError> {
    if !session.store()?.remove_key(&args.name)? {
        return Err(session.unknown("key", &args.name));
    }
    session.out.result(
        &format!("{}: removed; it can never come back", args.name),
        &json!({ "name": args.name, "removed": true }),
    );
    Ok(Verdict::Yes)
}

/// Reads a stored commitment.
fn parse(name: &str, bytes: &[u8]) -> Result<Commitment, CliError> {
    Commitment::from_bytes(bytes).map_err(|source| CliError::Commitment {
        name: name.into(),
        source,
    })
}
