//! `thenar verify SUBJECT PHOTO`

use serde_json::json;
use thenar::{Feature, Pipeline, Score};
use thenar_protect::{Keyring, SealedRecord, SplitMask, Token, TokenKind};

use super::Verdict;
use super::args::Verify;
use super::error::CliError;
use super::held_token;
use super::output::{decision, with_score};
use super::passphrase::Purpose;
use super::session::Session;

pub(crate) fn run(session: &Session, args: &Verify) -> Result<Verdict, CliError> {
    let records = session.records(&session.store()?, &args.subject)?;
    let keyring = session.keyring()?;
    let pipeline = session.pipeline()?;
    let threshold = session.reachable(&pipeline, args.threshold.fmr)?;
    let held = held_token::read(&args.held, &keyring, &args.subject, Purpose::Recovery)?;
    let palm = session.acquire(&pipeline, &args.photo, &mut ())?;

    let score = best_score(
        session,
        &pipeline,
        (&keyring, held.as_ref()),
        &args.subject,
        &records,
        &palm.views,
    )?;
    let matches = score.matches(threshold);
    let value = json!({ "subject": args.subject, "match": matches, "threshold_fmr": threshold });
    session.out.result(
        &format!("{}: {}", args.subject, decision(&score, threshold)),
        &with_score(value, &score),
    );
    Ok(Verdict::of(matches))
}

/// The score of the nearest of a subject's records.
pub(crate) fn best_score(
    session: &Session,
    pipeline: &Pipeline,
    (keyring, held): (&Keyring, Option<&Token>),
    subject: &str,
    records: &[SealedRecord],
    views: &[Feature],
) -> Result<Score, CliError> {
    let mut best: Option<Score> = None;
    for record in records {
        let template = keyring
            .open(record, pipeline.contract(), subject)
            .map_err(|source| CliError::Record {
                what: format!("subject '{subject}'"),
                source,
            })?;
        let k1 = session.token(keyring, held, record.token(), subject)?;
        let mut probe = pipeline.probe(views, k1).map_err(CliError::Model)?;
        if record.token().kind == TokenKind::Held {
            // The template came masked, and the holder of the token masks the probe.
            let mask = SplitMask::new(k1, record.id(), template.len())?;
            let masked = probe.iter().map(|view| mask.probe(view));
            probe = masked.collect::<Result<_, _>>()?;
        }
        let score = pipeline.score(&probe, &template);
        if best.is_none_or(|best| score.distance < best.distance) {
            best = Some(score);
        }
    }
    best.ok_or_else(|| session.unknown("subject", subject))
}
