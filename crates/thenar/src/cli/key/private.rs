//! Where the private key goes: nowhere, a new file of mode 0600, or stdout.

use std::io::Write;
use std::path::Path;

use thenar_key::KeyPair;

use super::super::args::{KeyForm, MakeKey};
use super::super::error::CliError;
use super::super::files;
use super::super::session::Session;
use super::comment;

/// Refuses what cannot be written, before any work is done.
pub(super) fn check(session: &Session, args: &MakeKey) -> Result<(), CliError> {
    match args.out_private.as_deref() {
        None => Ok(()),
        Some(path) if path == Path::new("-") => {
            if session.out.is_json() {
                let message =
                    "--out-private - and --json both want stdout; write the private key to a file";
                return Err(CliError::Usage(message.into()));
            }
            Ok(())
        }
        Some(path) => files::must_not_exist(path),
    }
}

/// Writes the private key where it was asked for; true when that was stdout.
pub(super) fn write(session: &Session, args: &MakeKey, pair: &KeyPair) -> Result<bool, CliError> {
    let Some(path) = args.out_private.as_deref() else {
        return Ok(false);
    };
    let text = match args.format {
        KeyForm::Openssh => pair.to_openssh(&comment(&args.name))?,
        KeyForm::Pem => pair.to_pem()?,
    };
    if path == Path::new("-") {
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(CliError::file(path, "write the private key"))?;
        return Ok(true);
    }
    files::write_private(path, text.as_bytes())?;
    session.out.note(&format!(
        "the private key is in {}; delete it after use",
        path.display()
    ));
    Ok(false)
}
