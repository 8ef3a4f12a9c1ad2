//! What a reader in a hurry takes away.

use maud::{Markup, html};

use super::tables::table;
use super::text::{given, interval, power};
use super::{Page, System};
use crate::Report;
use crate::report::OperatingPoint;
use crate::table::{grouped, percent};

/// The false match rates the summary gives the FNMR at.
const POINTS: [&str; 3] = ["1e-3", "1e-4", "1e-5"];

pub(super) fn section(page: &Page<'_>) -> Markup {
    html! {
        section #summary {
            h2 { "Summary" }
            @if alike(&page.systems) { p { (compared(page.systems[0].report)) } }
            @match page.single() {
                Some(system) => (cards(system.report)),
                None => (systems(&page.systems)),
            }
        }
    }
}

/// Were all systems shown the same samples?
fn alike(systems: &[System<'_>]) -> bool {
    let shown = |s: &System<'_>| {
        let r = s.report;
        (r.gallery.clone(), r.probe.clone(), r.genuine, r.impostor)
    };
    let mut all = systems.iter().map(shown);
    let first = all.next();
    all.all(|other| Some(other) == first)
}

/// What was compared with what.
fn compared(report: &Report) -> Markup {
    html! {
        @if let (Some(gallery), Some(probe)) = (&report.gallery, &report.probe) {
            (grouped(gallery.samples)) " gallery samples (" span.file { (given(&gallery.path)) } ") against "
            (grouped(probe.samples)) " probe samples (" span.file { (given(&probe.path)) } "): "
        }
        (grouped(report.genuine)) " genuine and " (grouped(report.impostor)) " impostor comparisons."
    }
}

fn cards(report: &Report) -> Markup {
    html! {
        dl.cards {
            (card(&html! { "EER" }, Some(report.eer), Some(report.eer_interval_95), &eer_counts(report)))
            (card(&html! { "Rank-1" }, report.rank1, report.rank1_interval_95, &rank_counts(report)))
            @for name in POINTS {
                @let point = point(report, name);
                (card(
                    &html! { "FNMR at FMR " (power(name)) },
                    point.map(|p| p.fnmr),
                    point.map(|p| p.fnmr_interval_95),
                    &point_counts(report, point),
                ))
            }
        }
    }
}

/// A figure, large, over its interval and its counts.
fn card(name: &Markup, value: Option<f64>, range: Option<[f64; 2]>, counts: &str) -> Markup {
    html! {
        div.card {
            dt { (name) }
            dd {
                @match value {
                    Some(value) => span.value { (percent(value)) },
                    None => span.value.none { "—" },
                }
                @if let Some(range) = range { span.range { (interval(range)) } }
                span.counts { (counts) }
            }
        }
    }
}

fn eer_counts(report: &Report) -> String {
    let at = &report.eer_point;
    format!(
        "FMR {}/{}, FNMR {}/{}",
        grouped(at.false_matches),
        grouped(report.impostor),
        grouped(at.false_non_matches),
        grouped(report.genuine)
    )
}

fn rank_counts(report: &Report) -> String {
    match (report.rank1, report.rank1_correct, report.rank1_searches) {
        (Some(_), Some(correct), Some(searches)) => {
            format!("{}/{} searches", grouped(correct), grouped(searches))
        }
        _ => "not measured".to_owned(),
    }
}

fn point<'a>(report: &'a Report, name: &str) -> Option<&'a OperatingPoint> {
    report.points_at_fmr.get(name).and_then(Option::as_ref)
}

fn point_counts(report: &Report, point: Option<&OperatingPoint>) -> String {
    point.map_or_else(
        || "not measurable: too few impostor comparisons".to_owned(),
        |p| {
            let errors = grouped(p.false_non_matches);
            format!("{errors}/{} genuine", grouped(report.genuine))
        },
    )
}

/// A row for each system.
fn systems(systems: &[System<'_>]) -> Markup {
    let mut heads = vec![html! { "System" }, html! { "EER" }, html! { "Rank-1" }];
    heads.extend(POINTS.map(|name| html! { "FNMR at FMR " (power(name)) }));
    heads.push(html! { "Comparisons" });
    let rows: Vec<Vec<Markup>> = systems.iter().map(row).collect();
    let mut numbers = vec![true; heads.len()];
    numbers[0] = false;
    html! {
        (table("The systems and their figures", &heads, &rows, &numbers))
        p.quiet { "— : not measured, or not measurable with so few comparisons." }
    }
}

fn row(system: &System<'_>) -> Vec<Markup> {
    let report = system.report;
    let cell = |value: Option<f64>, range: Option<[f64; 2]>| {
        html! {
            @match value {
                Some(value) => strong { (percent(value)) },
                None => span.quiet { "—" },
            }
            @if let Some(range) = range { br; span.range { (interval(range)) } }
        }
    };
    let mut cells = vec![
        given(system.name),
        cell(Some(report.eer), Some(report.eer_interval_95)),
        cell(report.rank1, report.rank1_interval_95),
    ];
    cells.extend(POINTS.map(|name| {
        let point = point(report, name);
        cell(point.map(|p| p.fnmr), point.map(|p| p.fnmr_interval_95))
    }));
    cells.push(html! {
        (grouped(report.genuine)) " genuine" br;
        (grouped(report.impostor)) " impostor"
    });
    cells
}
