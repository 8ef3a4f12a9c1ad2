//! `thenar enroll SUBJECT PHOTO…`
//!
//! The token is written first, into the keyring or the subject's file, then the subject in one transaction: a crash in
//! between leaves at most a token that nobody uses.

use serde_json::{Value, json};
use thenar_protect::{Keyring, SealedRecord, Token, TokenKind, TokenRef, os_rng};

use super::Verdict;
use super::args::Enroll;
use super::error::CliError;
use super::held_token;
use super::output::count;
use super::passphrase::Purpose;
use super::session::{Acquired, Session};

pub(crate) fn run(session: &Session, args: &Enroll) -> Result<Verdict, CliError> {
    let known = session.store_if_any()?;
    if let Some(store) = &known
        && store.get(&args.subject)?.is_some()
    {
        return Err(CliError::Exists {
            what: "subject",
            name: args.subject.clone(),
            store: session.store_path().to_owned(),
            advice: "use renew for a new template, or revoke first",
        });
    }
    let pipeline = session.pipeline()?;
    let acquired = session.acquire_all(&pipeline, &args.photos)?;

    let mut keyring = session.keyring_or_new(known.as_ref())?;
    let held = held_token::read(&args.held, &keyring, &args.subject, Purpose::New)?;
    let token = match &held {
        Some(held) => TokenRef::held(held),
        None if args.own_token => own_token(&mut keyring)?,
        None => TokenRef::collection(keyring.collection_token()),
    };
    let record = seal(
        session,
        &pipeline,
        (&keyring, held.as_ref()),
        &args.subject,
        token,
        &acquired,
    )?;
    let stored = session
        .store_or_new()
        .and_then(|mut store| Ok(store.enroll(&args.subject, &[record])?));
    if stored.is_err() && args.own_token {
        keyring.remove_own_token(token.id);
        keyring.save()?;
    }
    stored?;
    report(
        session,
        "enrolled",
        &args.subject,
        token,
        &pipeline,
        &acquired,
    );
    Ok(Verdict::Yes)
}

/// A new token for one subject, kept in the keyring before it is used.
pub(crate) fn own_token(keyring: &mut Keyring) -> Result<TokenRef, CliError> {
    let token = keyring.add_own_token(Token::random(&mut os_rng()));
    keyring.save()?;
    Ok(token)
}

/// feature ─► bits ─► record, under a token of the keyring or one that the subject holds.
pub(crate) fn seal(
    session: &Session,
    pipeline: &thenar::Pipeline,
    (keyring, held): (&Keyring, Option<&Token>),
    subject: &str,
    token: TokenRef,
    acquired: &Acquired,
) -> Result<SealedRecord, CliError> {
    let k1 = session.token(keyring, held, token, subject)?;
    let bits = pipeline
        .bits(&acquired.feature, k1, &mut ())
        .map_err(CliError::Model)?;
    Ok(match held {
        Some(held) => pipeline.seal_split(&bits, held, keyring, subject, &mut ()),
        None => pipeline.seal(&bits, token, keyring, subject, &mut ()),
    })
}

/// What was stored.
pub(crate) fn report(
    session: &Session,
    done: &str,
    subject: &str,
    token: TokenRef,
    pipeline: &thenar::Pipeline,
    acquired: &Acquired,
) {
    let photos = acquired.palms.len();
    let (token, remark) = match token.kind {
        TokenKind::Collection => ("collection", ""),
        TokenKind::Own => ("own", "; found by verify, not by identify"),
        TokenKind::Held => ("held", "; found by verify with the token, not by identify"),
    };
    let quality: Vec<Value> = acquired
        .palms
        .iter()
        .map(|palm| json!(palm.quality))
        .collect();
    session.out.result(
        &format!("{subject}: {done} from {}{remark}", count(photos, "photo")),
        &json!({
            "subject": subject,
            "photos": photos,
            "quality": quality,
            "token": token,
            "contract": pipeline.contract().to_string(),
        }),
    );
}
