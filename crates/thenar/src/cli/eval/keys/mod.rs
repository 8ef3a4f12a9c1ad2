//! `thenar eval keys`: how often keys made of palms come back, for whom, and what work is left to a thief.
//!
//! Images become features once. For each length of code and number of copies all pairs are compared once, and the wrong bits
//! counted; every code of that length follows from the counts.

mod closely;
mod linking;
mod measured;
mod pictures;
mod plan;
mod tell;

use serde_json::json;
use thenar_eval::keys::{Attacker, best};
use thenar_eval::{List, Sample};
use zeroize::Zeroizing;

use super::super::args::{EvalKeys, Method, Protect};
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{Verdict, files};
use super::acquire::{Acquirer, Regions, check_files};
use super::cache::Cache;
use super::maker::Maker;
use closely::Closely;
use measured::Length;
use plan::Plan;

/// The rate that tables are made for when none is asked for: the bar of this project.
const USUAL_RATE: f64 = 0.95;

/// What an enrolled palm gives: the whole numbers that keys are made of.
type Numbers = Zeroizing<Vec<i32>>;

pub(super) fn run(session: &Session, args: &EvalKeys) -> Result<Verdict, CliError> {
    let images = &args.images;
    let (gallery_list, probe_list) = (List::read(&images.gallery)?, List::read(&images.probe)?);
    check_files(&gallery_list, &images.root)?;
    check_files(&probe_list, &images.root)?;
    let maker = Maker::new(
        Method::Compact,
        Protect::Hash,
        images.extractor.as_deref(),
        None,
    )?;
    let numbers = maker.feature_len().unwrap_or_default();
    let plan = Plan::new(args, numbers)?;
    let regions = Regions::new(session.input)?;
    if let Some(folder) = &args.output {
        files::make_folder(folder)?;
    }
    let cache = Cache::asked(&args.keeping, args.output.as_deref())?;
    let acquirer = Acquirer::new(session, &images.root, &regions, &maker, cache.as_ref());
    let gallery = enrolled(&acquirer, &maker, &gallery_list, images.together)?;
    let probes = acquirer.probes(&probe_list)?;

    let wanted = args.recommend.unwrap_or(USUAL_RATE);
    let lengths = plan.lengths.iter();
    let lengths = lengths.map(|size| Length::measure(session, &gallery, &probes, *size, wanted));
    let lengths = lengths.collect::<Result<Vec<_>, _>>()?;
    let recommended = best(lengths.iter().filter_map(|length| length.recommended));

    let attacker = Attacker {
        passphrase_bits: args.passphrase_bits,
        guesses_per_second: args.guesses_per_second,
        palms_per_second: args.palms_per_second,
    };
    let mut looked_at = plan.codes;
    if let (Some(_), Some(choice)) = (args.recommend, recommended) {
        let found = plan::Coded::of(&choice)?;
        if !looked_at.contains(&found) {
            looked_at.push(found);
        }
    }
    let mut closely = Vec::new();
    for coded in looked_at {
        let of_size = lengths.iter().find(|length| length.size == coded.size);
        if let Some(length) = of_size {
            closely.push(Closely::look(
                length,
                &coded,
                &gallery,
                &attacker,
                args.records,
            )?);
        }
    }

    let found = tell::Found {
        args,
        numbers,
        gallery: tell::Counts::of(&gallery),
        probes: tell::Counts::of(&probes),
        rejected: acquirer.rejected(),
        model: maker.model(),
        attacker,
        wanted,
        lengths: &lengths,
        closely: &closely,
        recommended,
    };
    let value = json!(found);
    if let Some(folder) = &args.output {
        pictures::write(folder, &lengths, &closely)?;
        let text = serde_json::to_string_pretty(&value).unwrap_or_default();
        files::write(&folder.join("report.json"), format!("{text}\n").as_bytes())?;
    }
    session.out.result(&found.to_string(), &value);
    Ok(Verdict::of(
        args.recommend.is_none() || recommended.is_some(),
    ))
}

/// The numbers of the gallery.
fn enrolled(
    acquirer: &Acquirer<'_>,
    maker: &Maker,
    list: &List,
    together: bool,
) -> Result<Vec<Sample<Numbers>>, CliError> {
    let features = acquirer.features(list, together)?.into_iter();
    let numbers = features.map(|sample| {
        let data = sample.data.map(|feature| maker.numbers(&feature));
        Ok(Sample {
            path: sample.path,
            label: sample.label,
            data: data.transpose()?,
        })
    });
    numbers.collect()
}

/// One enrolment of each palm, in the order of the list.
fn one_of_each(gallery: &[Sample<Numbers>]) -> Vec<&Numbers> {
    let mut seen = std::collections::HashSet::new();
    let acquired = gallery.iter().filter_map(|sample| {
        let numbers = sample.data.as_ref()?;
        seen.insert(sample.label.as_str()).then_some(numbers)
    });
    acquired.collect()
}
