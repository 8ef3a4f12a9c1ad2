//! `thenar renew SUBJECT PHOTO…`
//!
//! The subject gets a new token of its own, so its new template is unrelated to the old one even for whoever knows the
//! collection's token. From then on it is verified 1:1 and no longer found by `identify`; to bring it back into the
//! search, revoke it and enrol it again.
//!
//! Order: new token into the keyring, new record into the store, old token out of the keyring. Whatever is interrupted,
//! the record in the store has its token in the keyring.

use thenar_protect::{Keyring, RecordError, SealedRecord, TokenKind};

use super::args::Renew;
use super::error::CliError;
use super::session::{Acquired, Session};
use super::{Verdict, enroll, verify};
use thenar::{Feature, Pipeline};

/// How near new photos must come to the present record. A stranger must not get into a record by renewing it, so this is
/// far stricter than the agreement of several photos at an enrolment.
const RENEWAL_FMR: f64 = 1e-3;

pub(crate) fn run(session: &Session, args: &Renew) -> Result<Verdict, CliError> {
    let mut store = session.store()?;
    let old = session.records(&store, &args.subject)?;
    if old
        .iter()
        .any(|record| record.token().kind == TokenKind::Held)
    {
        return Err(CliError::TokenHeld(args.subject.clone()));
    }
    let mut keyring = session.keyring()?;
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &args.photos)?;
    if !args.force {
        check_same_palm(session, &pipeline, &keyring, &args.subject, &old, &acquired)?;
    }

    let token = enroll::own_token(&mut keyring)?;
    let record = enroll::seal(
        session,
        &pipeline,
        (&keyring, None),
        &args.subject,
        token,
        &acquired,
    )?;
    let replaced = store.replace(&args.subject, &[record]);
    let unused = if replaced.is_ok() {
        old.iter()
            .map(SealedRecord::token)
            .filter(|t| t.kind == TokenKind::Own)
            .collect()
    } else {
        vec![token]
    };
    for token in unused {
        keyring.remove_own_token(token.id);
    }
    keyring.save()?;
    replaced?;
    enroll::report(
        session,
        "renewed",
        &args.subject,
        token,
        &pipeline,
        &acquired,
    );
    Ok(Verdict::Yes)
}

/// Refuses to replace a palm by another one, as far as the old record can still be compared.
fn check_same_palm(
    session: &Session,
    pipeline: &Pipeline,
    keyring: &Keyring,
    subject: &str,
    old: &[SealedRecord],
    acquired: &Acquired,
) -> Result<(), CliError> {
    let views: Vec<Feature> = acquired
        .palms
        .iter()
        .flat_map(|palm| palm.views.clone())
        .collect();
    match verify::best_score(session, pipeline, (keyring, None), subject, old, &views) {
        Ok(score) if !score.matches(RENEWAL_FMR) => Err(CliError::OtherPalm {
            subject: subject.into(),
            score: score.to_string(),
        }),
        // A template of an older model cannot be compared; replacing such templates is what renewing is for.
        Err(CliError::Record {
            source: RecordError::Contract { .. },
            ..
        }) => Ok(()),
        other => other.map(|_| ()),
    }
}
