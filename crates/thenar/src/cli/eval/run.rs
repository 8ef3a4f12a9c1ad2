//! `thenar eval run`: every gallery image against every probe image.

use std::collections::BTreeMap;

use serde_json::Value;
use thenar::{HASH_CODE, Palm, mean_feature};
use thenar_eval::evaluate::evaluate_curve;
use thenar_eval::metrics::ErrorCurve;
use thenar_eval::{List, Meta, Polarity, Sample, compare_all, plot, score_file};

use super::super::args::{EvalRun, Input, Protect};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files, progress};
use super::acquire::{self, Regions};
use super::stated;
use super::template::{Maker, Template};

pub(super) fn run(session: &Session, args: &EvalRun) -> Result<Verdict, CliError> {
    let (gallery_list, probe_list) = (List::read(&args.gallery)?, List::read(&args.probe)?);
    let maker = Maker::new(args.method, args.protect)?;
    let regions = Regions::new(session.input)?;
    let make = |roi: &_| maker.make(roi);
    let acquired = |what, list| acquire::all(session, what, list, &args.root, &regions, make);
    let gallery = if args.together {
        let palm = |roi: &_| maker.palm(roi);
        let palms = acquire::all(
            session,
            "gallery",
            &gallery_list,
            &args.root,
            &regions,
            palm,
        )?;
        together(&maker, palms)?
    } else {
        acquired("gallery", &gallery_list)?
    };
    let probe = acquired("probe", &probe_list)?;
    regions.report(session);

    let bar = progress::bar(&session.out, "comparing", probe.len() as u64);
    let step = |done: usize| bar.set_position(done as u64);
    let outcome = compare_all(
        &gallery,
        &probe,
        Polarity::Distance,
        Template::distance,
        step,
    );
    bar.finish_and_clear();

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
        .with_outcome(&outcome);
    let curve = ErrorCurve::new(&outcome.scores)?;
    let report = evaluate_curve(&curve, &meta);

    files::make_folder(&args.output)?;
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

/// One template of all palms of a label; failures to acquire are left out, unless nothing else is there.
fn together(maker: &Maker, samples: Vec<Sample<Palm>>) -> Result<Vec<Sample<Template>>, CliError> {
    let mut by_label: BTreeMap<String, Vec<Sample<Palm>>> = BTreeMap::new();
    for sample in samples {
        by_label
            .entry(sample.label.clone())
            .or_default()
            .push(sample);
    }
    let one = |samples: Vec<Sample<Palm>>| {
        let palms: Vec<&Palm> = samples.iter().filter_map(|s| s.data.as_ref()).collect();
        let data = match palms.is_empty() {
            true => None,
            false => {
                let feature = mean_feature(palms).map_err(CliError::Model)?;
                Some(maker.template(vec![feature])?)
            }
        };
        Ok(Sample {
            path: samples[0].path.clone(),
            label: samples[0].label.clone(),
            data,
        })
    };
    by_label.into_values().map(one).collect()
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
