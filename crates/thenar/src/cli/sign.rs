//! `thenar sign NAME PHOTO… -f FILE`

use std::path::{Path, PathBuf};

use serde_json::json;
use thenar_key::sshsig::{self, RsaHash};

use super::Verdict;
use super::args::Sign;
use super::error::CliError;
use super::files;
use super::key::{signing, unlock};
use super::session::Session;

/// The longest file that is signed or verified, in bytes: it is read into memory.
pub(crate) const MAX_MESSAGE_LEN: u64 = 1 << 30;

pub(crate) fn run(session: &Session, args: &Sign) -> Result<Verdict, CliError> {
    let output = output(args)?;
    let message = files::read(&args.file, MAX_MESSAGE_LEN, "read what is to be signed")?;
    let data = sshsig::signed_data(&args.namespace, &message).map_err(CliError::signature)?;
    let record = unlock::record(session, &args.unlock.name)?;
    signing::check(record.kind(), &args.unlock.name)?;
    let Some(pair) = unlock::unlock(session, &record, &args.unlock)? else {
        return Ok(unlock::not_recovered(session, &args.unlock.name));
    };

    let raw = signing::raw(&pair, &data, RsaHash::Sha512)?;
    let signature =
        sshsig::seal(&pair.public(), &args.namespace, &raw).map_err(CliError::signature)?;
    let mut value = json!({ "name": args.unlock.name, "namespace": args.namespace });
    let Some(path) = output else {
        value["signature"] = json!(signature);
        session.out.result(&signature, &value);
        return Ok(Verdict::Yes);
    };
    files::write(&path, signature.as_bytes())?;
    value["file"] = json!(path.display().to_string());
    let text = format!("{}: signature by {}", path.display(), args.unlock.name);
    session.out.result(&text, &value);
    Ok(Verdict::Yes)
}

/// Where the signature goes, or `None` for stdout. What cannot be is refused before any work is done.
fn output(args: &Sign) -> Result<Option<PathBuf>, CliError> {
    files::not_both_from_stdin(
        ("-f", Some(&args.file)),
        ("--passphrase-file", args.unlock.passphrase_file.as_deref()),
    )?;
    let path = match &args.output {
        Some(path) if files::is_stdio(path) => return Ok(None),
        Some(path) => path.clone(),
        None if files::is_stdio(&args.file) => return Ok(None),
        None => signature_file(&args.file),
    };
    files::must_not_exist(&path)?;
    Ok(Some(path))
}

/// `FILE.sig`.
pub(crate) fn signature_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}
