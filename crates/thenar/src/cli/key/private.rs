//! Where the private key goes: nowhere, a new file of mode 0600, or stdout.

use std::io::Write;
use std::path::Path;

use super::super::args::Written;
use super::super::error::CliError;
use super::super::files;
use super::super::session::Session;

/// Refuses what cannot be written, before any work is done.
pub(super) fn check(session: &Session, written: &Written) -> Result<(), CliError> {
    match written.out_private.as_deref() {
        None => Ok(()),
        Some(path) if files::is_stdio(path) => {
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

/// Writes the private key, with a warning; true when that was to stdout.
pub(super) fn write(session: &Session, path: &Path, text: &str) -> Result<bool, CliError> {
    if files::is_stdio(path) {
        warn(session, "on stdout", "keep it out of files");
        std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(CliError::file(path, "write the private key"))?;
        return Ok(true);
    }
    files::write_private(path, text.as_bytes())?;
    let place = format!("in {}", path.display());
    warn(session, &place, "delete it after use");
    Ok(false)
}

fn warn(session: &Session, place: &str, advice: &str) {
    session.out.note(&format!(
        "warning: the private key is {place} in the clear; whoever reads it has the key, without palm or passphrase; {advice}"
    ));
}
