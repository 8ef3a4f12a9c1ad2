//! `thenar revoke SUBJECT`
//!
//! The record goes first, then the subject's own token if it had one: a crash in between leaves a token nobody uses.

use serde_json::json;
use thenar_protect::TokenKind;

use super::Verdict;
use super::args::Subject;
use super::error::CliError;
use super::session::Session;

pub(crate) fn run(session: &Session, args: &Subject) -> Result<Verdict, CliError> {
    let mut store = session.store()?;
    let records = session.records(&store, &args.subject)?;
    store.revoke(&args.subject)?;

    let own: Vec<_> = records
        .iter()
        .map(|record| record.token())
        .filter(|token| token.kind == TokenKind::Own)
        .map(|token| token.id)
        .collect();
    if !own.is_empty() {
        session.forget_own_tokens(&own)?;
    }
    session.out.result(
        &format!("{}: revoked", args.subject),
        &json!({ "subject": args.subject, "revoked": true }),
    );
    Ok(Verdict::Yes)
}
