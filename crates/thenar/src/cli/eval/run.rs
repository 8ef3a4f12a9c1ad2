//! `thenar eval run`: every gallery image against every probe image.

use serde_json::json;
use thenar_eval::formats::{bob_csv, candidates, npz};
use thenar_eval::metrics::ErrorCurve;
use thenar_eval::page::{Extremes, Table};
use thenar_eval::{
    Compared, List, Meta, Nearest, Outcome, PalmLinks, Polarity, Sample, ScoreSet, SubjectScores,
    compare, score_file,
};
use thenar_key::CommitParams;

use super::super::args::{EvalRun, Method, Protect, ScoresAs, Tokens, value_name};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files, progress};
use super::acquire::{Acquirer, Regions, check_files};
use super::cache::Cache;
use super::maker::Maker;
use super::matcher::Fastest;
use super::results::{Measured, Results, Section};
use super::template::{Enrolled, Probe};
use super::{named, pictures, stated, tokens};

/// Pairs that are remembered for the page, so that enough are left when each image may be shown once.
const REMEMBERED: usize = 200;

/// What takes the scores of a run: all of them, the pairs to look at, and what was asked for besides.
type Taken = ((ScoreSet, Extremes), Asked);
type Asked = (
    (Option<SubjectScores>, Option<PalmLinks>),
    (Option<Vec<Compared>>, Option<Nearest>),
);

pub(super) fn run(session: &Session, args: &EvalRun) -> Result<Verdict, CliError> {
    tokens::check(args.protect, args.tokens)?;
    let (gallery_list, probe_list) = (
        List::read(&args.images.gallery)?,
        List::read(&args.images.probe)?,
    );
    if args.images.together && args.method == Method::Compcode {
        let message = "compcode makes one code per image; --together needs features";
        return Err(CliError::Usage(message.into()));
    }
    check_files(&gallery_list, &args.images.root)?;
    check_files(&probe_list, &args.images.root)?;
    let extractor = args.images.extractor.as_deref();
    let maker = Maker::new(args.method, args.protect, extractor, args.bits)?;
    let maker = maker.with_tokens(args.tokens)?;
    let regions = Regions::new(session.input)?;
    files::make_folder(&args.output)?;
    let cache = Cache::asked(&args.keeping, Some(&args.output))?;
    let acquirer = Acquirer::new(session, &args.images.root, &regions, &maker, cache.as_ref());
    let gallery = acquirer.gallery(&gallery_list, args.images.together)?;
    let probe = acquirer.probes(&probe_list)?;
    let outcome = compared(session, args, &gallery, &probe)?;
    let meta = Meta {
        method: method(args),
        protect: value_name(&args.protect),
        tokens: args.protect.has_token().then(|| value_name(&args.tokens)),
        input: value_name(&session.input),
        command_line: std::env::args().collect::<Vec<_>>().join(" "),
        model_contract: maker.contract(),
        ..Meta::default()
    };
    let meta = meta
        .with_lists(&gallery_list, &probe_list)
        .with_samples(outcome.samples);
    let ((scores, extremes), ((subjects, links), (all, nearest))) = outcome.scores;
    let (curve, searches) = (ErrorCurve::new(&scores)?, Some(outcome.searches));
    let system = Measured::new(&meta, curve, searches, subjects.as_ref(), &args.figures)?;
    let (linked, densities) = tokens::linked(links.as_ref())?;
    let system = system.named(tokens::title(args)).with_links(densities);
    let mut results = Results {
        title: format!("{}, protection {}", meta.method, meta.protect),
        introduction: introduction(args),
        sections: sections(args, &maker, &acquirer, &system, linked),
        systems: vec![system],
        pairs: pictures::pairs(&extremes, &gallery, &probe, &args.images.root, &regions)?,
    };
    if let Some(older) = &args.figures.baseline {
        results.compare_with(older)?;
    }
    results.write(&args.output)?;
    write_scores(args, &scores, all.as_deref(), (&gallery, &probe))?;
    if let (Some(nearest), Some(most)) = (&nearest, args.candidates) {
        let lists = named::candidates(nearest, (&gallery, &probe));
        candidates::write_csv(&args.output.join("candidates.csv"), most, &lists)?;
    }
    results.print(session);
    Ok(Verdict::Yes)
}

/// What made the features, by name.
pub(super) fn method(args: &EvalRun) -> String {
    match &args.images.extractor {
        Some(path) => path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into(),
        None => value_name(&args.method),
    }
}

/// What was compared with what, in a sentence.
fn introduction(args: &EvalRun) -> String {
    let together = match args.images.together {
        true => ", the images of a palm enrolled together",
        false => "",
    };
    format!(
        "Every image of {} against every image of {}{together}.{}",
        args.images.gallery.display(),
        args.images.probe.display(),
        tokens::sentence(args)
    )
}

/// What a run tells beyond its scores.
fn sections(
    args: &EvalRun,
    maker: &Maker,
    acquirer: &Acquirer<'_>,
    system: &Measured,
    linked: Option<Section>,
) -> Vec<Section> {
    let mut sections: Vec<Section> = linked.into_iter().collect();
    if let Some(calibration) = maker.calibration() {
        sections.push(stated::section(calibration, &system.curve));
    }
    if args.protect == Protect::Hash {
        sections.push(recoveries(&system.curve));
    }
    let rejected = acquirer.rejected();
    if !rejected.is_empty() {
        let rows = rejected
            .iter()
            .map(|(problem, n)| vec![problem.clone(), n.to_string()]);
        let reasons: Vec<String> = rejected.iter().map(|(p, n)| format!("{n} {p}")).collect();
        sections.push(Section {
            key: "rejected",
            value: serde_json::to_value(&rejected).unwrap_or_default(),
            text: format!("photos not good enough: {}", reasons.join(", ")),
            table: Table {
                title: "Photos not good enough".into(),
                note: String::new(),
                columns: vec!["Reason".into(), "Photos".into()],
                rows: rows.collect(),
            },
        });
    }
    sections
}

/// The scores, as asked for.
fn write_scores(
    args: &EvalRun,
    scores: &ScoreSet,
    all: Option<&[Compared]>,
    samples: (&[Sample<Enrolled>], &[Sample<Probe>]),
) -> Result<(), CliError> {
    let path = |name| args.output.join(name);
    match args.scores {
        ScoresAs::Npz => {
            let arrays: [(&str, &[f32]); 2] =
                [("genuine", &scores.genuine), ("impostor", &scores.impostor)];
            npz::write(&path("scores.npz"), &arrays)?;
        }
        ScoresAs::Labelled => score_file::write(&path("scores.txt"), scores)?,
        ScoresAs::BobCsv => {
            let comparisons = named::similarities(all.unwrap_or_default(), samples);
            bob_csv::write(&path("scores.csv"), &comparisons)?;
        }
        ScoresAs::None => {}
    }
    Ok(())
}

/// Every gallery sample against every probe.
fn compared(
    session: &Session,
    args: &EvalRun,
    gallery: &[Sample<Enrolled>],
    probe: &[Sample<Probe>],
) -> Result<Outcome<Taken>, CliError> {
    let bar = progress::bar(&session.out, "comparing", probe.len() as u64);
    let matcher = Fastest::new(gallery, probe);
    let polarity = Polarity::Distance;
    let subjects = args.figures.bootstrap.map(|_| SubjectScores {
        polarity,
        comparisons: Vec::new(),
    });
    let all = (args.scores == ScoresAs::BobCsv).then(Vec::new);
    let extremes = Extremes::new(polarity, REMEMBERED, 1);
    let nearest = args.candidates.map(|most| Nearest::new(polarity, most));
    let links = (args.tokens == Tokens::Other).then(|| tokens::links(gallery, probe));
    let tally: Taken = (
        (ScoreSet::new(polarity), extremes),
        ((subjects, links), (all, nearest)),
    );
    let step = |done: usize| bar.inc(done as u64);
    let outcome = compare(gallery, probe, polarity, &matcher, &tally, step)?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// How many keys would come back if the passphrase were known: palm hashes within what the code corrects.
fn recoveries(curve: &ErrorCurve) -> Section {
    let code = CommitParams::default().code;
    let corrected = f32::from(code.t) / f32::from(code.n);
    let at = curve.at(corrected);
    let back = at.genuine - at.false_non_matches;
    let title = format!("Keys, up to {} of {} bits wrong", code.t, code.n);
    Section {
        key: "keys",
        value: json!({
            "bits": code.n,
            "corrected": code.t,
            "recovered": back,
            "genuine": at.genuine,
            "false_recoveries": at.false_matches,
            "impostor": at.impostor,
        }),
        text: format!(
            "{title}: recovered in {back} of {} genuine comparisons, in {} of {} impostor ones",
            at.genuine, at.false_matches, at.impostor
        ),
        table: Table {
            title,
            note: "If the passphrase is known.".into(),
            columns: ["Pairs", "Compared", "Keys recovered"]
                .map(Into::into)
                .into(),
            rows: vec![
                vec!["Genuine".into(), at.genuine.to_string(), back.to_string()],
                vec![
                    "Impostor".into(),
                    at.impostor.to_string(),
                    at.false_matches.to_string(),
                ],
            ],
        },
    }
}
