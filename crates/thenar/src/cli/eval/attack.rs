//! `thenar eval attack` and `thenar eval unlink`: what a leak gives, by attacks on drawn palms.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};
use thenar_eval::attack::{
    Leak, LinkScores, Options, Scheme, UnlinkReport, run as attack, table, unlink,
};
use thenar_eval::plot::unlinkability_svg;

use super::super::args::{Drawn, EvalAttack, EvalUnlink};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files, progress};

pub(super) fn run(session: &Session, args: &EvalAttack) -> Result<Verdict, CliError> {
    let pairs = args
        .scheme
        .iter()
        .flat_map(|&s| args.leak.iter().map(move |&l| (s, l)));
    let pairs: Vec<(Scheme, Leak)> = pairs.collect();
    let bar = progress::bar(&session.out, "attacking", pairs.len() as u64);
    let mut reports = Vec::new();
    for (scheme, leak) in pairs {
        let found = attack(&Options {
            searched: args.searched,
            queries: args.queries,
            ..options(&args.drawn, scheme, leak)
        })?;
        bar.inc(1);
        bar.suspend(|| {
            if !session.out.is_json() {
                session.out.text(&format!("{}\n", found.table()));
            }
        });
        reports.push(found);
    }
    bar.finish_and_clear();
    if session.out.is_json() || reports.len() > 1 {
        session.out.result(&table(&reports), &one_or_all(&reports));
    }
    Ok(Verdict::Yes)
}

/// `thenar eval unlink`
pub(super) fn run_unlink(session: &Session, args: &EvalUnlink) -> Result<Verdict, CliError> {
    let mut found: Vec<UnlinkReport> = Vec::new();
    let mut text = String::new();
    for &scheme in &args.scheme {
        let (report, scores) = unlink(&options(&args.drawn, scheme, args.leak))?;
        if let Some(folder) = &args.output {
            files::make_folder(folder)?;
            for (k, scores) in scores.iter().enumerate() {
                let name = format!("{scheme}-{}-{}.svg", args.leak, k + 1);
                let svg = unlinkability_svg(&title(scheme, scores), &scores.unlinkability()?)?;
                files::write(&folder.join(name), svg.as_bytes())?;
            }
        }
        describe(&mut text, &report);
        found.push(report);
    }
    session.out.result(&text, &one_or_all(&found));
    Ok(Verdict::Yes)
}

/// A single report as it is, several as a list.
fn one_or_all(reports: &[impl Serialize]) -> Value {
    match reports {
        [one] => json!(one),
        all => json!(all),
    }
}

fn options(drawn: &Drawn, scheme: Scheme, leak: Leak) -> Options {
    Options {
        bits: drawn.bits,
        records: drawn.records,
        seed: drawn.seed,
        ..Options::new(scheme, leak)
    }
}

fn title(scheme: Scheme, scores: &LinkScores) -> String {
    format!("{scheme}, fresh {}: {}", scores.fresh, scores.score)
}

/// A table of all scores of a scheme.
fn describe(text: &mut String, report: &UnlinkReport) {
    let (scheme, leak) = (report.scheme, report.leak);
    let (palms, bits) = (report.records, report.bits);
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{scheme}, {leak}: two records each of {palms} drawn palms, {bits} bits"
    );
    let _ = writeln!(
        text,
        "  {:42} {:9} {:>6} {:>6} {:>6}  {:>7} {:>6}",
        "score", "fresh", "D_sys", "floor", "95 %", "maximal", "floor"
    );
    for s in &report.scores {
        let _ = writeln!(
            text,
            "  {:42} {:9} {:6.3} {:6.3} {:6.3}  {:7.3} {:6.3}",
            s.score, s.fresh, s.d_sys, s.d_sys_floor, s.d_sys_floor_95, s.maximal, s.maximal_floor
        );
    }
}
