//! `thenar compare PHOTO PHOTO`

use serde_json::json;

use super::Verdict;
use super::args::Compare;
use super::error::CliError;
use super::output::{decision, with_score};
use super::session::Session;

pub(crate) fn run(session: &Session, args: &Compare) -> Result<Verdict, CliError> {
    let pipeline = session.pipeline()?;
    let threshold = session.reachable(&pipeline, args.threshold.fmr)?;
    let first = session.acquire(&pipeline, &args.first, &mut ())?;
    let second = session.acquire(&pipeline, &args.second, &mut ())?;

    let score = pipeline
        .compare(&second.views, &first.feature)
        .map_err(CliError::Model)?;
    let matches = score.matches(threshold);
    let value = json!({ "match": matches, "threshold_fmr": threshold });
    session
        .out
        .result(&decision(&score, threshold), &with_score(value, &score));
    Ok(Verdict::of(matches))
}
