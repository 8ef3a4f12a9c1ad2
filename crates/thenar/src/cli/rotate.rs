//! `thenar rotate`
//!
//! The new store key goes into the keyring beside the old one, then every record is sealed anew in one transaction, then
//! the old key is forgotten. A rotation that was interrupted is finished by the next one.
//!
//! Where store keys are kept outside, the new one is given before the old one, and the keyring gets only its name.

use serde_json::json;
use thenar_protect::{OsRngAhead, os_rng};

use super::Verdict;
use super::args::Rotate;
use super::error::CliError;
use super::output::count;
use super::progress;
use super::session::Session;
use super::store_key;

pub(crate) fn run(session: &Session, args: &Rotate) -> Result<Verdict, CliError> {
    let mut store = session.store()?;
    let given = store_key::given()?;
    let mut keyring = session.keyring_or_new_with(Some(&store), &given)?;
    if keyring.is_rotating() {
        session
            .out
            .note("finishing a rotation that was interrupted");
    } else {
        match given.first() {
            Some(newest) if !args.into_keyring => keyring
                .begin_rotation_to(newest.clone())
                .map_err(CliError::keyring)?,
            _ => keyring.begin_rotation(&mut os_rng())?,
        }
        keyring.save()?;
    }
    let bar = progress::bar(&session.out, "records", store.record_count()?);
    let rng = &mut OsRngAhead::new();
    let records = store.rotate(|subject, record| {
        bar.inc(1);
        keyring.reseal(record, subject, rng)
    })?;
    bar.finish_and_clear();
    keyring.end_rotation();
    keyring.save()?;
    let epoch = keyring.epoch();
    let outside = keyring.store_key_is_outside();
    let place = if outside { ", kept outside" } else { "" };
    session.out.result(
        &format!(
            "{} sealed anew, store key {epoch}{place}",
            count(records, "record")
        ),
        &json!({ "records": records, "epoch": epoch, "outside": outside }),
    );
    Ok(Verdict::Yes)
}
