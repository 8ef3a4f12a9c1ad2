//! `thenar key identity NAME`

use serde_json::json;
use thenar_key::KeyKind;

use super::super::Verdict;
use super::super::age_plugin::Identity;
use super::super::args::KeyName;
use super::super::error::CliError;
use super::super::session::Session;
use super::{form, unlock};

pub(super) fn run(session: &Session, args: &KeyName) -> Result<Verdict, CliError> {
    let name = &args.name;
    let record = unlock::record(session, name)?;
    if record.kind() != KeyKind::X25519 {
        return Err(CliError::Usage(format!(
            "key '{name}' is of kind {}; age decrypts with keys of kind x25519 only",
            form::kind_name(record.kind())
        )));
    }
    let store = session.store_path();
    let identity = Identity {
        store: store
            .canonicalize()
            .map_err(CliError::file(store, "find the store"))?,
        name: name.clone(),
        input: session.input,
    };
    let text = identity
        .to_text()
        .map_err(|reason| CliError::Usage(format!("{}: {reason}", store.display())))?;
    let recipient = record.public_key().to_age_recipient()?;
    session.out.result(
        &format!(
            "# Key '{name}' of {}: palm and passphrase are asked for, this is no secret.\n# public key: {recipient}\n{text}",
            identity.store.display()
        ),
        &json!({ "name": name, "recipient": recipient, "identity": text }),
    );
    Ok(Verdict::Yes)
}
