//! `thenar list`

use serde_json::{Value, json};

use super::Verdict;
use super::date::{seconds, utc};
use super::error::CliError;
use super::session::Session;

pub(crate) fn run(session: &Session) -> Result<Verdict, CliError> {
    let subjects = session.store()?.list()?;
    let width = subjects
        .iter()
        .map(|s| s.name.chars().count())
        .max()
        .unwrap_or(0);
    let lines: Vec<String> = subjects
        .iter()
        .map(|s| {
            format!(
                "{:width$}  enrolled {}",
                s.name,
                utc(seconds(s.enrolled_at))
            )
        })
        .collect();
    let values: Vec<Value> = subjects
        .iter()
        .map(|s| {
            json!({ "subject": s.name, "records": s.records, "enrolled_at": seconds(s.enrolled_at) })
        })
        .collect();
    let text = if lines.is_empty() {
        "nobody is enrolled".to_owned()
    } else {
        lines.join("\n")
    };
    session.out.result(&text, &json!({ "subjects": values }));
    Ok(Verdict::Yes)
}
