//! `thenar verify-signature -f FILE --signers FILE`

use std::path::{Path, PathBuf};

use serde_json::json;
use thenar_key::sshsig::{Signer, Sshsig, SshsigError, read_signers};

use super::Verdict;
use super::args::VerifySignature;
use super::error::CliError;
use super::files;
use super::key::{kind_name, unlock};
use super::session::Session;
use super::sign::{MAX_MESSAGE_LEN, signature_file};

/// The longest file of signers, in bytes.
const MAX_SIGNERS_LEN: u64 = 1 << 20;

/// A signature that is good.
struct Good {
    /// The patterns of those whose key it is, or the name of a key of the store.
    signer: Option<String>,
}

pub(crate) fn run(session: &Session, args: &VerifySignature) -> Result<Verdict, CliError> {
    let path = signature_path(args)?;
    let text = files::read(
        &path,
        thenar_key::sshsig::MAX_LEN as u64,
        "read the signature",
    )?;
    let signature = Sshsig::from_pem(&text).map_err(|source| CliError::Signature {
        what: format!("{}: ", path.display()),
        source,
    })?;
    let message = files::read(&args.file, MAX_MESSAGE_LEN, "read what was signed")?;
    let judged = judge(session, args, &signature, &message)?;

    let key = signature.public_key();
    let fingerprint = key.fingerprint()?;
    let mut value = json!({
        "file": args.file.display().to_string(),
        "valid": judged.is_ok(),
        "namespace": signature.namespace(),
        "kind": kind_name(key.kind()),
        "fingerprint": fingerprint,
    });
    let file = args.file.display();
    let text = match &judged {
        Ok(good) => {
            value["signer"] = json!(good.signer);
            let by = match &good.signer {
                Some(signer) => format!("by {signer} "),
                None => String::new(),
            };
            format!(
                "{file}: good signature {by}with {fingerprint} for {}",
                args.namespace
            )
        }
        Err(reason) => {
            value["reason"] = json!(reason);
            format!("{file}: no good signature: {reason}")
        }
    };
    session.out.result(&text, &value);
    Ok(Verdict::of(judged.is_ok()))
}

/// Whether somebody signed whose signatures count, or why not.
fn judge(
    session: &Session,
    args: &VerifySignature,
    signature: &Sshsig,
    message: &[u8],
) -> Result<Result<Good, String>, CliError> {
    // The namespace first: what is not one is an error, whoever signed.
    let verified = signature.verify(signature.public_key(), &args.namespace, message);
    match verified {
        Ok(()) => {}
        Err(
            reason @ (SshsigError::OtherNamespace { .. }
            | SshsigError::OtherKey
            | SshsigError::Wrong),
        ) => return Ok(Err(reason.to_string())),
        Err(other) => return Err(CliError::signature(other)),
    }
    if let Some(name) = &args.key {
        let record = unlock::record(session, name)?;
        let same = record.public_key() == signature.public_key();
        return Ok(same
            .then(|| Good {
                signer: Some(name.clone()),
            })
            .ok_or_else(|| SshsigError::OtherKey.to_string()));
    }
    let Some(path) = &args.signers else {
        return Err(CliError::Usage(
            "name the signer with --signers or --key".into(),
        ));
    };
    let signers = signers(session, path)?;
    let of_key = |signer: &&Signer| signer.key() == signature.public_key();
    let allowed = |signer: &&Signer| signer.allows(args.identity.as_deref(), &args.namespace);
    if let Some(signer) = signers.iter().filter(of_key).find(allowed) {
        let signer = signer.principals().map(str::to_owned);
        return Ok(Ok(Good { signer }));
    }
    let reason = match signers.iter().any(|signer| of_key(&signer)) {
        true => "its key may not sign for this identity or namespace".to_owned(),
        false => format!("its key is not in {}", path.display()),
    };
    Ok(Err(reason))
}

/// The signers of a file. Lines that count for nothing are named on stderr.
fn signers(session: &Session, path: &Path) -> Result<Vec<Signer>, CliError> {
    let failed = CliError::file(path, "read the signers");
    let bytes = files::read(path, MAX_SIGNERS_LEN, "read the signers")?;
    let text = String::from_utf8(bytes)
        .map_err(|_| failed(std::io::Error::other("it is not UTF-8 text")))?;
    let mut signers = Vec::new();
    for line in read_signers(&text) {
        match line.signer {
            Ok(signer) => signers.push(signer),
            Err(reason) => {
                let place = format!("{}:{}", path.display(), line.line);
                session.out.note(&format!("{place}: left out: {reason}"));
            }
        }
    }
    if signers.is_empty() {
        let reason = "it has no public key and no line of allowed_signers that is known here";
        return Err(failed(std::io::Error::other(reason)));
    }
    Ok(signers)
}

/// The signature's file.
fn signature_path(args: &VerifySignature) -> Result<PathBuf, CliError> {
    match &args.signature {
        Some(path) => Ok(path.clone()),
        None if files::is_stdio(&args.file) => Err(CliError::Usage(
            "with -f - the signature must be named with --signature".into(),
        )),
        None => Ok(signature_file(&args.file)),
    }
}
