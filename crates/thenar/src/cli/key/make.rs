//! `thenar key new` and `thenar key recover`.

use serde_json::{Value, json};
use thenar::{Feature, PipelineError};
use thenar_key::{CommitmentError, Factors, KeyPair, PublicKey};

use super::super::Verdict;
use super::super::args::{KeyForm, MakeKey};
use super::super::error::CliError;
use super::super::passphrase::{self, Purpose};
use super::super::session::{Acquired, Session};
use super::{comment, device, parse, private};

pub(super) fn new(session: &Session, args: &MakeKey) -> Result<Verdict, CliError> {
    private::check(session, args)?;
    if let Some(store) = session.store_if_any()?
        && store.get_key(&args.name)?.is_some()
    {
        return Err(CliError::Exists {
            what: "key",
            name: args.name.clone(),
            store: session.store_path().to_owned(),
            advice: "choose another name, or remove it first",
        });
    }
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &args.photos)?;
    let passphrase = passphrase::read(args.passphrase_file.as_deref(), Purpose::New)?;
    let device = device::read_or_new(args.device_secret.as_deref())?;
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: device.as_ref(),
    };

    let (record, pair) = pipeline
        .commit(&acquired.feature, factors)
        .map_err(CliError::Model)?;
    session
        .store_or_new()?
        .put_key(&args.name, &record.to_bytes())?;
    finish(session, args, &pair, json!({}))?;
    Ok(Verdict::Yes)
}

pub(super) fn recover(session: &Session, args: &MakeKey) -> Result<Verdict, CliError> {
    private::check(session, args)?;
    let bytes = session.store()?.get_key(&args.name)?;
    let bytes = bytes.ok_or_else(|| session.unknown("key", &args.name))?;
    let record = parse(&args.name, &bytes)?;
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &args.photos)?;
    let passphrase = passphrase::read(args.passphrase_file.as_deref(), Purpose::Recovery)?;
    let device = args
        .device_secret
        .as_deref()
        .map(device::read)
        .transpose()?;
    let factors = Factors {
        passphrase: &passphrase,
        device_secret: device.as_ref(),
    };

    match pipeline.recover(&record, tries(&acquired), factors) {
        Ok(pair) => {
            finish(session, args, &pair, json!({ "recovered": true }))?;
            Ok(Verdict::Yes)
        }
        Err(PipelineError::Commitment(refused @ CommitmentError::NotRecovered)) => {
            session.out.result(
                &format!("{}: {refused}", args.name),
                &json!({ "name": args.name, "recovered": false }),
            );
            Ok(Verdict::No)
        }
        Err(PipelineError::Commitment(source)) => Err(CliError::Commitment {
            name: args.name.clone(),
            source,
        }),
        Err(error) => Err(CliError::Model(error)),
    }
}

/// The mean feature first, then every view of each photo, as many as may be tried.
fn tries(acquired: &Acquired) -> impl Iterator<Item = &Feature> {
    let views = acquired.palms.iter().flat_map(|palm| &palm.views);
    std::iter::once(&acquired.feature)
        .chain(views)
        .take(thenar_key::commitment::MAX_CAPTURES)
}

/// Prints the public key, and writes the private one where it was asked for.
fn finish(
    session: &Session,
    args: &MakeKey,
    pair: &KeyPair,
    mut value: Value,
) -> Result<(), CliError> {
    let public = public(&pair.public(), args)?;
    let to_stdout = private::write(session, args, pair)?;
    if to_stdout {
        session.out.note(&public);
        return Ok(());
    }
    value["name"] = json!(args.name);
    value["kind"] = json!(pair.kind().name());
    value["public"] = json!(public);
    value["private_file"] = json!(args.out_private.as_ref().map(|p| p.display().to_string()));
    session.out.result(&public, &value);
    Ok(())
}

fn public(key: &PublicKey, args: &MakeKey) -> Result<String, CliError> {
    Ok(match args.format {
        KeyForm::Openssh => key.to_openssh(&comment(&args.name))?,
        KeyForm::Pem => key.to_pem()?,
    })
}
