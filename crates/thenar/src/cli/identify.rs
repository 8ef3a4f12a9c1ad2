//! `thenar identify PHOTO`
//!
//! The search looks at every template under the collection's token. A stranger who is compared with N templates finds
//! somebody with the probability FPIR = 1 − (1 − FMR)^N ≈ N·FMR; both rates are printed.

use serde_json::{Value, json};
use thenar::{Pipeline, Score};
use thenar_net::calibration::describe;
use thenar_protect::{BitTemplate, Keyring, ProbeBits, RecordError, TokenKind};
use thenar_store::{Gallery, Store};

use super::Verdict;
use super::args::Identify;
use super::error::CliError;
use super::output::{count, with_score};
use super::session::Session;

/// The opened templates, and how many could not take part.
struct Searchable {
    gallery: Gallery,
    own_token: usize,
    other_contract: usize,
}

pub(crate) fn run(session: &Session, args: &Identify) -> Result<Verdict, CliError> {
    let store = session.store()?;
    let keyring = session.keyring()?;
    let pipeline = session.pipeline()?;
    let palm = session.acquire(&pipeline, &args.photo, &mut ())?;
    let probe = pipeline
        .probe(&palm.views, keyring.collection_token())
        .map_err(CliError::Model)?;

    let searchable = open_all(&store, &keyring, &pipeline)?;
    let searched = searchable.gallery.len();
    let threshold = match args.fpir {
        Some(fpir) => fpir / searched.max(1) as f64,
        None => args.threshold.fmr,
    };
    let threshold = session.reachable(&pipeline, threshold)?;
    let candidates = search(
        &pipeline,
        &searchable.gallery,
        &probe,
        threshold,
        args.limit,
    )?;
    report(session, &searchable, &candidates, threshold);
    Ok(Verdict::of(!candidates.is_empty()))
}

/// Opens every record that can be compared with a probe under the collection's token.
fn open_all(store: &Store, keyring: &Keyring, pipeline: &Pipeline) -> Result<Searchable, CliError> {
    let mut templates: Vec<(String, BitTemplate)> = Vec::new();
    let (mut own_token, mut other_contract) = (0, 0);
    store.for_each_record::<CliError>(|subject, record| {
        if record.token().kind != TokenKind::Collection {
            own_token += 1;
            return Ok(());
        }
        match keyring.open(&record, pipeline.contract(), subject) {
            Ok(template) => templates.push((subject.to_owned(), template)),
            Err(RecordError::Contract { .. }) => other_contract += 1,
            Err(source) => {
                let what = format!("subject '{subject}'");
                return Err(CliError::Record { what, source });
            }
        }
        Ok(())
    })?;
    Ok(Searchable {
        gallery: Gallery::build(templates)?,
        own_token,
        other_contract,
    })
}

/// The subjects near enough, nearest first, each with its score.
fn search(
    pipeline: &Pipeline,
    gallery: &Gallery,
    probe: &[ProbeBits],
    threshold: f64,
    limit: usize,
) -> Result<Vec<(String, Score)>, CliError> {
    let total = probe.first().map_or(0, ProbeBits::total);
    let near = |differing: &u32| pipeline.score_of(*differing, total).matches(threshold);
    let Some(radius) = (0..=total).take_while(near).last() else {
        return Ok(Vec::new());
    };
    let hits = gallery.within(probe, radius, limit)?;
    let named = hits.into_iter().filter_map(|hit| {
        let subject = gallery.subject(hit.subject)?.to_owned();
        Some((subject, pipeline.score_of(hit.distance, total)))
    });
    Ok(named.collect())
}

/// False-positive identification rate of a search among `searched` templates.
fn fpir(fmr: f64, searched: usize) -> f64 {
    -(searched as f64 * (-fmr).ln_1p()).exp_m1()
}

fn report(
    session: &Session,
    searchable: &Searchable,
    candidates: &[(String, Score)],
    threshold: f64,
) {
    let searched = searchable.gallery.len();
    if searchable.own_token > 0 {
        session.out.note(&format!(
            "{} with a token of its own not searched; use verify",
            count(searchable.own_token, "record")
        ));
    }
    if searchable.other_contract > 0 {
        session.out.note(&format!(
            "{} of another model not searched; enrol again",
            count(searchable.other_contract, "record")
        ));
    }
    let lines: Vec<String> = candidates
        .iter()
        .map(|(subject, score)| {
            let by_chance = describe(fpir(score.fmr, searched));
            format!("{subject}: match at {score}; a stranger finds somebody this near among {searched} with FPIR {by_chance}")
        })
        .collect();
    let values: Vec<Value> = candidates
        .iter()
        .map(|(subject, score)| {
            let value = json!({ "subject": subject, "fpir": fpir(score.fmr, searched) });
            with_score(value, score)
        })
        .collect();
    let text = if lines.is_empty() {
        format!(
            "no match among {searched} (a match needs FMR {})",
            describe(threshold)
        )
    } else {
        lines.join("\n")
    };
    session.out.result(
        &text,
        &json!({
            "candidates": values,
            "searched": searched,
            "skipped_own_token": searchable.own_token,
            "skipped_contract": searchable.other_contract,
            "threshold_fmr": threshold,
            "threshold_fpir": fpir(threshold, searched),
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::fpir;

    #[test]
    fn the_search_rate_is_about_n_times_the_comparison_rate() {
        assert_eq!(fpir(1e-5, 0), 0.0);
        assert!((fpir(1e-7, 1000) / 1e-4 - 1.0).abs() < 1e-3);
        assert!((fpir(0.5, 2) - 0.75).abs() < 1e-12);
        assert!(fpir(1e-3, 1_000_000) <= 1.0);
    }
}
