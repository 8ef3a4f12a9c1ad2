//! `thenar rotate`
//!
//! The new store key goes into the keyring beside the old one, then every record is sealed anew in one transaction, then
//! the old key is forgotten. A rotation that was interrupted is finished by the next one.

use serde_json::json;
use thenar_protect::os_rng;

use super::Verdict;
use super::error::CliError;
use super::output::count;
use super::session::Session;

pub(crate) fn run(session: &Session) -> Result<Verdict, CliError> {
    let mut store = session.store()?;
    let mut keyring = session.keyring_or_new(Some(&store))?;
    if keyring.is_rotating() {
        session
            .out
            .note("finishing a rotation that was interrupted");
    } else {
        keyring.begin_rotation(&mut os_rng())?;
        keyring.save()?;
    }
    let records = store.rotate(|subject, record| keyring.reseal(record, subject, &mut os_rng()))?;
    keyring.end_rotation();
    keyring.save()?;
    let epoch = keyring.epoch();
    session.out.result(
        &format!(
            "{} sealed anew, store key {epoch}",
            count(records, "record")
        ),
        &json!({ "records": records, "epoch": epoch }),
    );
    Ok(Verdict::Yes)
}
