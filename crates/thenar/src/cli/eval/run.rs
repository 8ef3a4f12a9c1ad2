//! `thenar eval run`: every gallery image against every probe image.

use serde_json::Value;
use thenar::HASH_CODE;
use thenar_eval::evaluate::evaluate_curve;
use thenar_eval::metrics::ErrorCurve;
use thenar_eval::{List, Meta, Outcome, Polarity, Sample, ScoreSet, compare, plot, score_file};

use super::super::args::{EvalRun, Input, Protect};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files, progress};
use super::acquire::{Acquirer, Regions};
use super::cache::Cache;
use super::maker::Maker;
use super::matcher::Fastest;
use super::stated;
use super::template::{Enrolled, Probe};

pub(super) fn run(session: &Session, args: &EvalRun) -> Result<Verdict, CliError> {
    let (gallery_list, probe_list) = (List::read(&args.gallery)?, List::read(&args.probe)?);
    let maker = Maker::new(args.method, args.protect)?;
    let regions = Regions::new(session.input)?;
    let cache = cache(args)?;
    let acquirer = Acquirer::new(session, &args.root, &regions, &maker, cache.as_ref());
    let gallery = acquirer.gallery(&gallery_list, args.together)?;
    let probe = acquirer.probes(&probe_list)?;
    report_rejected(session, &acquirer);
    let outcome = compared(session, &gallery, &probe)?;

    let meta = Meta {
        method: args.method.name().into(),
        protect: args.protect.name().into(),
        input: match session.input {
            Input::Photo => "photo".into(),
            Input::Roi => "roi".into(),
        },
        command_line: std::env::args().collect::<Vec<_>>().join(" "),
        model_contract: maker.contract(),
        ..Meta::default()
    };
    let meta = meta
        .with_lists(&gallery_list, &probe_list)
        .with_samples(outcome.samples);
    let curve = ErrorCurve::new(&outcome.scores)?;
    let report = evaluate_curve(&curve, &meta).with_identification(&outcome.searches);

    score_file::write(&args.output.join("scores.txt"), &outcome.scores)?;
    plot::write_all(&args.output, args.method.name(), &curve)?;
    report.write(&args.output.join("report.json"))?;
    // The report's JSON is valid, or nothing of it is printed.
    let mut value: Value = serde_json::from_str(&report.to_json()).unwrap_or_default();
    let mut table = report.table();
    if let Some(calibration) = maker.calibration() {
        let stated = stated::rates(calibration, &curve);
        table = format!("{}\n{}", table.trim_end(), stated::table(&stated));
        value["stated_fmr"] = stated.iter().map(stated::Stated::to_json).collect();
    }
    session.out.result(&table, &value);
    if args.protect == Protect::Hash {
        session.out.note(&recoveries(&curve));
    }
    Ok(Verdict::Yes)
}

/// The cache asked for, or one among the results.
fn cache(args: &EvalRun) -> Result<Option<Cache>, CliError> {
    files::make_folder(&args.output)?;
    if args.no_cache {
        return Ok(None);
    }
    let path = match &args.cache {
        Some(path) => path.clone(),
        None => args.output.join("cache.db"),
    };
    Cache::open(&path).map(Some)
}

/// Says on stderr why photos were not taken.
fn report_rejected(session: &Session, acquirer: &Acquirer<'_>) {
    let rejected = acquirer.rejected();
    if rejected.is_empty() {
        return;
    }
    let reasons: Vec<String> = rejected
        .iter()
        .map(|(problem, count)| format!("{count} {problem}"))
        .collect();
    session
        .out
        .note(&format!("failures to acquire: {}", reasons.join(", ")));
}

/// Every gallery sample against every probe.
fn compared(
    session: &Session,
    gallery: &[Sample<Enrolled>],
    probe: &[Sample<Probe>],
) -> Result<Outcome<ScoreSet>, CliError> {
    let bar = progress::bar(&session.out, "comparing", probe.len() as u64);
    let matcher = Fastest::new(gallery, probe);
    let tally = ScoreSet::new(Polarity::Distance);
    let step = |done: usize| bar.inc(done as u64);
    let outcome = compare(gallery, probe, tally.polarity, &matcher, &tally, step)?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// How many keys would come back if the passphrase were known: palm hashes within what the code corrects.
fn recoveries(curve: &ErrorCurve) -> String {
    let corrected = f32::from(HASH_CODE.t) / f32::from(HASH_CODE.n);
    let at = curve.at(corrected);
    let recovered = at.genuine - at.false_non_matches;
    format!(
        "keys (up to {} of {} bits wrong): recovered in {recovered} of {} genuine comparisons, in {} of {} impostor ones",
        HASH_CODE.t, HASH_CODE.n, at.genuine, at.false_matches, at.impostor
    )
}
