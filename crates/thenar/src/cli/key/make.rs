//! `thenar key new` and `thenar key recover`.

use serde_json::{Value, json};
use thenar_key::{DeviceSecret, Factors, KeyKind, KeyPair};

use super::super::Verdict;
use super::super::args::{KeyForm, NewKey, RecoverKey, Written};
use super::super::error::CliError;
use super::super::passphrase::{self, Purpose};
use super::super::secret_file;
use super::super::session::Session;
use super::{cost, form, private, unlock};

pub(super) fn new(session: &Session, args: &NewKey) -> Result<Verdict, CliError> {
    let (kind, name) = (KeyKind::from(args.kind), &args.unlock.name);
    let form = form::choose(kind, args.written.format)?;
    private::check(session, &args.written)?;
    if let Some(store) = session.store_if_any()?
        && store.get_key(name)?.is_some()
    {
        return Err(CliError::Exists {
            what: "key",
            name: name.clone(),
            store: session.store_path().to_owned(),
            advice: "choose another name, or remove it first",
        });
    }
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &args.unlock.photos)?;
    let passphrase = passphrase::read(args.unlock.passphrase_file.as_deref(), Purpose::New)?;
    let device = args.unlock.device_secret.as_deref();
    let device = device.map(secret_file::read_or_new).transpose()?;
    let device = device.map(|secret| DeviceSecret::from_bytes(*secret));
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: device.as_ref(),
    };

    let (record, pair) = pipeline
        .commit(&acquired.feature, factors, &cost::new_key(kind)?)
        .map_err(CliError::Model)?;
    session.store_or_new()?.put_key(name, &record.to_bytes())?;
    finish(session, name, &args.written, form, &pair, json!({}))?;
    Ok(Verdict::Yes)
}

pub(super) fn recover(session: &Session, args: &RecoverKey) -> Result<Verdict, CliError> {
    let name = &args.unlock.name;
    private::check(session, &args.written)?;
    let record = unlock::record(session, name)?;
    let form = form::choose(record.kind(), args.written.format)?;
    let Some(pair) = unlock::unlock(session, &record, &args.unlock)? else {
        return Ok(unlock::not_recovered(session, name));
    };
    let value = json!({ "recovered": true });
    finish(session, name, &args.written, form, &pair, value)?;
    Ok(Verdict::Yes)
}

/// Prints the public key, and writes the private one where it was asked for.
fn finish(
    session: &Session,
    name: &str,
    written: &Written,
    form: KeyForm,
    pair: &KeyPair,
    mut value: Value,
) -> Result<(), CliError> {
    let public = form::public(&pair.public(), name, form)?;
    if let Some(path) = &written.out_private {
        let text = form::private(pair, name, form)?;
        if private::write(session, path, &text)? {
            session.out.note(&public);
            return Ok(());
        }
    }
    value["name"] = json!(name);
    value["kind"] = json!(form::kind_name(pair.kind()));
    value["public"] = json!(public);
    value["private_file"] = json!(
        written
            .out_private
            .as_ref()
            .map(|p| p.display().to_string())
    );
    session.out.result(&public, &value);
    Ok(())
}
