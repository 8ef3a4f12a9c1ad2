//! `thenar eval scores`: anybody's scores into the figures of a report.

use serde_json::Value;
use thenar_eval::evaluate::{FMR_POINTS, evaluate_curve};
use thenar_eval::formats::{Format, Scores, Source, nist, read};
use thenar_eval::metrics::{BootstrapPlan, bootstrap_subjects};
use thenar_eval::{List, Meta, Polarity, Report, plot};

use super::super::args::EvalScores;
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};

pub(super) fn run(session: &Session, args: &EvalScores) -> Result<Verdict, CliError> {
    let format = format(&args.format)?;
    let polarity = args.polarity.map(Polarity::from);
    let truth = |path: Option<&std::path::PathBuf>| -> Result<Option<nist::Truth>, CliError> {
        path.map(|path| Ok(nist::Truth::new(&List::read(path)?)))
            .transpose()
    };
    let (probes, gallery) = (truth(args.probe.as_ref())?, truth(args.gallery.as_ref())?);
    let scores = read(
        format,
        &Source {
            files: &args.files,
            polarity,
            probes: probes.as_ref(),
            gallery: gallery.as_ref(),
        },
    )?;
    let curve = scores.curve()?;
    let meta = Meta {
        method: args.name.clone(),
        command_line: std::env::args().collect::<Vec<_>>().join(" "),
        ..Meta::default()
    };
    let mut report = evaluate_curve(&curve, &meta);
    if let Some(replicates) = args.bootstrap {
        report = with_bootstrap(report, &scores, replicates, args.seed)?;
    }
    if let Some(folder) = &args.output {
        files::make_folder(folder)?;
        plot::write_all(folder, &args.name, &curve)?;
        report.write(&folder.join("report.json"))?;
    }
    let value: Value = serde_json::from_str(&report.to_json()).unwrap_or_default();
    session.out.result(&report.table(), &value);
    Ok(Verdict::Yes)
}

/// The format of that name, or which there are.
fn format(name: &str) -> Result<Format, CliError> {
    Format::from_name(name).ok_or_else(|| {
        let known = Format::ALL.map(Format::name).join(", ");
        CliError::Usage(format!("unknown format '{name}', expected one of {known}"))
    })
}

fn with_bootstrap(
    report: Report,
    scores: &Scores,
    replicates: usize,
    seed: u64,
) -> Result<Report, CliError> {
    let Scores::Named(comparisons) = scores else {
        let message = "--bootstrap draws subjects again, and this format does not name them";
        return Err(CliError::Usage(message.into()));
    };
    let plan = BootstrapPlan {
        replicates,
        seed,
        ..BootstrapPlan::default()
    };
    let points = FMR_POINTS.map(|(_, fmr)| fmr);
    let found = bootstrap_subjects(&comparisons.subject_scores(), &points, &plan)?;
    Ok(report.with_bootstrap(&found, &plan, &FMR_POINTS))
}
