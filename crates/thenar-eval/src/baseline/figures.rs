//! The figures of a report, each with its interval and which way is better.

use std::collections::BTreeMap;

use super::{Change, Over, Verdict};
use crate::Report;
use crate::metrics::clopper_pearson;
use crate::report_parts::SubjectBootstrap;

/// The ranks of a CMC that are compared, beside rank 1.
const RANKS: [usize; 2] = [5, 10];

/// Which way is better.
#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    Low,
    High,
    Neither,
}

/// One figure of one report.
struct Figure {
    value: Option<f64>,
    interval: Option<[f64; 2]>,
    /// The interval over subjects at 95 %, where there is one.
    subjects: Option<[f64; 2]>,
    wanted: Wanted,
}

/// The figures of a report by their names, in the order they are printed.
type Figures = Vec<(String, Figure)>;

pub(super) fn changes(old: &Report, new: &Report) -> Vec<Change> {
    let (old, new) = (figures(old), figures(new));
    // A name that only the newer report has comes last.
    let only_new = new.iter().filter(|(name, _)| find(&old, name).is_none());
    let names = old.iter().chain(only_new).map(|(name, _)| name);
    names
        .filter_map(|name| change(name, find(&old, name), find(&new, name)))
        .collect()
}

fn find<'a>(figures: &'a Figures, name: &str) -> Option<&'a Figure> {
    figures.iter().find(|(n, _)| n == name).map(|(_, f)| f)
}

/// `None` where neither report has a value.
fn change(name: &str, old: Option<&Figure>, new: Option<&Figure>) -> Option<Change> {
    let value = |f: Option<&Figure>| f.and_then(|f| f.value).filter(|v| v.is_finite());
    let (a, b) = (value(old), value(new));
    if a.is_none() && b.is_none() {
        return None;
    }
    let interval = |f: Option<&Figure>| f.and_then(|f| f.interval);
    let subjects = |f: Option<&Figure>| f.and_then(|f| f.subjects);
    let over_subjects = subjects(old).is_some() && subjects(new).is_some();
    let (from, to, over) = if over_subjects {
        (subjects(old), subjects(new), Over::Subjects)
    } else {
        (interval(old), interval(new), Over::Comparisons)
    };
    let difference = a.zip(b).map(|(a, b)| b - a);
    let wanted = old.or(new).map_or(Wanted::Neither, |f| f.wanted);
    Some(Change {
        figure: name.to_owned(),
        old: a,
        new: b,
        change: difference,
        relative: a
            .zip(difference)
            .filter(|(a, _)| *a != 0.0)
            .map(|(a, d)| d / a.abs()),
        old_interval: from,
        new_interval: to,
        over: from.or(to).map(|_| over),
        better: difference.and_then(|d| better(d, wanted)),
        verdict: verdict(difference, from.zip(to)),
    })
}

fn better(difference: f64, wanted: Wanted) -> Option<bool> {
    match wanted {
        Wanted::Low if difference != 0.0 => Some(difference < 0.0),
        Wanted::High if difference != 0.0 => Some(difference > 0.0),
        _ => None,
    }
}

fn verdict(difference: Option<f64>, intervals: Option<([f64; 2], [f64; 2])>) -> Verdict {
    match (difference, intervals) {
        (None, _) => Verdict::NotComparable,
        (Some(0.0), _) => Verdict::Unchanged,
        (Some(_), None) => Verdict::NoInterval,
        (Some(_), Some((a, b))) if a[1] < b[0] || b[1] < a[0] => Verdict::Clear,
        (Some(_), Some(_)) => Verdict::WithinDoubt,
    }
}

fn figures(r: &Report) -> Figures {
    let mut all = Figures::new();
    let mut add = |name: &str, value, interval, subjects, wanted| {
        let figure = Figure {
            value,
            interval,
            subjects,
            wanted,
        };
        all.push((name.to_owned(), figure));
    };
    let b = r
        .bootstrap
        .as_ref()
        .filter(|b| (b.confidence - 0.95).abs() < 1e-9);
    let over = |of: fn(&SubjectBootstrap) -> [f64; 2]| b.map(of);
    let fta = r.fta.zip(r.samples).filter(|(_, samples)| *samples > 0);
    let fta_rate = fta.map(|(failed, samples)| failed as f64 / samples as f64);
    let fta_interval = fta.map(|(failed, samples)| clopper_pearson(failed, samples, 0.95).into());
    add("fta_rate", fta_rate, fta_interval, None, Wanted::Low);
    let eer = over(|b| b.eer_interval);
    add(
        "eer",
        Some(r.eer),
        Some(r.eer_interval_95),
        eer,
        Wanted::Low,
    );
    let interpolated = over(|b| b.eer_interpolated_interval);
    add(
        "eer_interpolated",
        Some(r.eer_interpolated),
        None,
        interpolated,
        Wanted::Low,
    );
    add(
        "eer_min_difference",
        r.eer_min_difference,
        None,
        None,
        Wanted::Low,
    );
    for (name, fnmr) in &r.fnmr_at_fmr {
        let point = r.points_at_fmr.get(name).and_then(Option::as_ref);
        let interval = point.map(|p| p.fnmr_interval_95);
        let subjects = b.and_then(|b| b.fnmr_at_fmr_interval.get(name).copied().flatten());
        add(
            &format!("fnmr_at_fmr.{name}"),
            *fnmr,
            interval,
            subjects,
            Wanted::Low,
        );
    }
    for (name, gar) in &r.gar_at_fmr {
        let point = r.points_at_fmr.get(name).and_then(Option::as_ref);
        let interval = point.map(|p| turned(p.fnmr_interval_95));
        let subjects = b.and_then(|b| b.fnmr_at_fmr_interval.get(name).copied().flatten());
        let subjects = subjects.map(turned);
        add(
            &format!("gar_at_fmr.{name}"),
            *gar,
            interval,
            subjects,
            Wanted::High,
        );
    }
    let (fmr, fnmr) = (&r.zero_fnmr, &r.zero_fmr);
    add(
        "zero_fmr.fnmr",
        Some(fnmr.fnmr),
        Some(fnmr.fnmr_interval_95),
        None,
        Wanted::Low,
    );
    add(
        "zero_fnmr.fmr",
        Some(fmr.fmr),
        Some(fmr.fmr_interval_95),
        None,
        Wanted::Low,
    );
    add("auc", Some(r.auc), None, None, Wanted::High);
    add("d_prime", r.d_prime, None, None, Wanted::High);
    add(
        "degrees_of_freedom",
        r.degrees_of_freedom,
        None,
        None,
        Wanted::High,
    );
    add("rank1", r.rank1, r.rank1_interval_95, None, Wanted::High);
    let identification = identification(r);
    all.extend(identification);
    all.extend(scores(r));
    all
}

/// The interval of 1 − rate.
fn turned([low, high]: [f64; 2]) -> [f64; 2] {
    [1.0 - high, 1.0 - low]
}

fn identification(r: &Report) -> Figures {
    let Some(i) = &r.identification else {
        return Figures::new();
    };
    // The counts behind the rates: these are whole numbers of mated searches.
    let figure = |value: Option<f64>, wanted| {
        let count = value.map(|rate| (rate * i.mated as f64).round() as u64);
        Figure {
            value,
            interval: count.map(|count| clopper_pearson(count, i.mated, 0.95).into()),
            subjects: None,
            wanted,
        }
    };
    let rank = |k: usize| {
        let rate = i.cmc.get(k - 1).copied();
        (
            format!("identification.rank{k}"),
            figure(rate, Wanted::High),
        )
    };
    let fnir = i.fnir_at_fpir.iter().map(|(name, rate)| {
        let name = format!("identification.fnir_at_fpir.{name}");
        (name, figure(*rate, Wanted::Low))
    });
    RANKS.into_iter().map(rank).chain(fnir).collect()
}

/// What is neither good nor bad: where the scores lie, and the thresholds on them.
fn scores(r: &Report) -> Figures {
    let mut values: BTreeMap<String, Option<f64>> = BTreeMap::new();
    for (name, s) in [
        ("genuine_scores", &r.genuine_scores),
        ("impostor_scores", &r.impostor_scores),
    ] {
        values.insert(format!("{name}.mean"), Some(s.mean));
        values.insert(format!("{name}.sd"), Some(s.sd));
    }
    for (name, point) in &r.points_at_fmr {
        let threshold = point.as_ref().map(|p| f64::from(p.threshold));
        values.insert(format!("points_at_fmr.{name}.threshold"), threshold);
    }
    let figure = |value| Figure {
        value,
        interval: None,
        subjects: None,
        wanted: Wanted::Neither,
    };
    values
        .into_iter()
        .map(|(name, value)| (name, figure(value)))
        .collect()
}
