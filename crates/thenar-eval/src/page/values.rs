//! Every figure of a report, with counts and interval.

use maud::{Markup, html};

use super::tables::table;
use super::text::{given, interval, power, rounded, score};
use super::{Page, System};
use crate::Report;
use crate::report::{OperatingPoint, ScoreStatistics};
use crate::table::{grouped, percent};

/// One line of the table; what is not known is empty.
#[derive(Default)]
struct Line {
    name: Markup,
    value: Markup,
    range: Option<[f64; 2]>,
    counts: String,
    threshold: Option<f32>,
}

impl Line {
    fn new(name: Markup, value: Markup) -> Self {
        Self {
            name,
            value,
            ..Self::default()
        }
    }

    fn rate(name: Markup, rate: f64) -> Self {
        Self::new(name, html! { (percent(rate)) })
    }

    fn cells(self) -> Vec<Markup> {
        vec![
            self.name,
            self.value,
            html! { @if let Some(range) = self.range { (interval(range)) } },
            html! { (self.counts) },
            html! { @if let Some(t) = self.threshold { (score(t)) } },
        ]
    }
}

pub(super) fn section(page: &Page<'_>) -> Markup {
    html! {
        section #values {
            h2 { "All figures" }
            @for system in &page.systems { (of_system(system, page.systems.len() > 1)) }
        }
    }
}

fn of_system(system: &System<'_>, with_heading: bool) -> Markup {
    let report = system.report;
    let mut lines = comparisons(report);
    lines.extend(equal_error(report));
    lines.extend(points(report));
    lines.extend(identification(report));
    lines.extend(distributions(report));
    if let Some(found) = system.unlinkability {
        let values = [
            ("D_sys", found.d_sys),
            ("Maximal linkability, bits", found.maximal),
        ];
        lines.extend(values.map(|(name, v)| plain(name, format!("{v:.4}"))));
    }
    let heads = ["Figure", "Value", "95 % interval", "Counts", "Threshold"];
    let heads = heads.map(|head| html! { (head) });
    let rows: Vec<Vec<Markup>> = lines.into_iter().map(Line::cells).collect();
    let name = format!("All figures {}", system.name);
    html! {
        @if with_heading { h3 { (given(system.name)) } }
        (table(name.trim(), &heads, &rows, &[false, true, true, false, true]))
    }
}

fn plain(name: &str, value: String) -> Line {
    Line::new(html! { (name) }, html! { (value) })
}

fn of_all(part: u64, all: u64) -> String {
    format!("{}/{}", grouped(part), grouped(all))
}

fn comparisons(report: &Report) -> Vec<Line> {
    let kinds = [
        ("Genuine comparisons", report.genuine, report.genuine_failed),
        (
            "Impostor comparisons",
            report.impostor,
            report.impostor_failed,
        ),
    ];
    let line = |(name, usable, failed): (&str, u64, u64)| Line {
        counts: format!("and {} that failed to acquire", grouped(failed)),
        ..plain(name, grouped(usable))
    };
    let mut lines: Vec<Line> = kinds.map(line).into();
    if let (Some(failed), Some(samples @ 1..)) = (report.fta, report.samples) {
        lines.push(Line {
            range: Some(crate::metrics::clopper_pearson(failed, samples, 0.95).into()),
            counts: format!("{} samples", of_all(failed, samples)),
            ..Line::rate(
                html! { "Failure to acquire" },
                failed as f64 / samples as f64,
            )
        });
    }
    lines
}

fn equal_error(report: &Report) -> Vec<Line> {
    let at = &report.eer_point;
    let steps = [report.eer_low, report.eer_high];
    let mut lines = vec![
        Line {
            range: Some(report.eer_interval_95),
            threshold: Some(at.threshold),
            ..Line::rate(html! { "EER (FVC2000)" }, report.eer)
        },
        Line {
            counts: "between FMR and FNMR at its threshold".into(),
            ..Line::new(html! { "EER, step" }, interval(steps))
        },
        fmr_line(html! { "FMR at the EER" }, at, report),
        fnmr_line(html! { "FNMR at the EER" }, at, report),
        Line::rate(html! { "EER, interpolated" }, report.eer_interpolated),
    ];
    if let Some(rate) = report.eer_min_difference {
        lines.push(Line::rate(html! { "EER, least difference" }, rate));
    }
    if let Some(b) = &report.bootstrap {
        let (subjects, replicates) = (grouped(b.subjects), grouped(b.replicates));
        let confidence = (b.confidence * 1e4).round() / 100.0;
        lines.push(Line {
            range: Some(b.eer_interval),
            counts: format!("{subjects} subjects, {replicates} replicates, {confidence} %"),
            ..Line::rate(html! { "EER, interval over subjects" }, report.eer)
        });
    }
    lines
}

fn fmr_line(name: Markup, at: &OperatingPoint, report: &Report) -> Line {
    Line {
        range: Some(at.fmr_interval_95),
        counts: of_all(at.false_matches, report.impostor),
        threshold: Some(at.threshold),
        ..Line::rate(name, at.fmr)
    }
}

fn fnmr_line(name: Markup, at: &OperatingPoint, report: &Report) -> Line {
    Line {
        range: Some(at.fnmr_interval_95),
        counts: of_all(at.false_non_matches, report.genuine),
        threshold: Some(at.threshold),
        ..Line::rate(name, at.fnmr)
    }
}

/// FNMR, FMR and GAR at each false match rate, and at none.
fn points(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    for (name, point) in &report.points_at_fmr {
        let named = |what: &str| html! { (what) " at FMR " (power(name)) };
        let Some(at) = point else {
            lines.push(Line {
                counts: "fewer than 3/FMR impostor comparisons".into(),
                ..Line::new(named("FNMR"), html! { "not measurable" })
            });
            continue;
        };
        lines.push(fnmr_line(named("FNMR"), at, report));
        lines.push(fmr_line(
            html! { "FMR reached, at most " (power(name)) },
            at,
            report,
        ));
        let [low, high] = at.fnmr_interval_95;
        lines.push(Line {
            range: Some([1.0 - high, 1.0 - low]),
            counts: of_all(
                report.genuine.saturating_sub(at.false_non_matches),
                report.genuine,
            ),
            ..Line::rate(named("GAR"), 1.0 - at.fnmr)
        });
        let subjects = report.bootstrap.as_ref();
        let subjects = subjects.and_then(|b| b.fnmr_at_fmr_interval.get(name).copied().flatten());
        if let Some(range) = subjects {
            lines.push(Line {
                range: Some(range),
                ..Line::rate(
                    html! { (named("FNMR")) ", interval over subjects" },
                    at.fnmr,
                )
            });
        }
    }
    lines.push(fnmr_line(
        html! { "FNMR at zero FMR" },
        &report.zero_fmr,
        report,
    ));
    lines.push(fmr_line(
        html! { "FMR at zero FNMR" },
        &report.zero_fnmr,
        report,
    ));
    lines
}

fn identification(report: &Report) -> Vec<Line> {
    let mut lines = Vec::new();
    if let (Some(rate), Some(correct), Some(searches)) =
        (report.rank1, report.rank1_correct, report.rank1_searches)
    {
        lines.push(Line {
            range: report.rank1_interval_95,
            counts: format!("{} searches", of_all(correct, searches)),
            ..Line::rate(html! { "Rank-1" }, rate)
        });
    }
    let Some(found) = &report.identification else {
        return lines;
    };
    for rank in [5usize, 10] {
        let Some(&rate) = found.cmc.get(rank - 1) else {
            continue;
        };
        // The curve is a share of the mated searches.
        let hits = (rate * found.mated as f64).round() as u64;
        lines.push(Line {
            range: Some(crate::metrics::clopper_pearson(hits, found.mated, 0.95).into()),
            counts: format!("{} searches", of_all(hits, found.mated)),
            ..Line::rate(html! { "Rank-" (rank) }, rate)
        });
    }
    for (name, fnir) in &found.fnir_at_fpir {
        let name = html! { "FNIR at FPIR " (power(name)) };
        let searches = format!(
            "N {}, {} mated, {} non-mated searches",
            grouped(found.enrolled),
            grouped(found.mated),
            grouped(found.non_mated)
        );
        let value = fnir.map_or_else(|| "not measurable".to_owned(), percent);
        lines.push(Line {
            counts: searches,
            ..Line::new(name, html! { (value) })
        });
    }
    lines
}

fn distributions(report: &Report) -> Vec<Line> {
    let d_prime = report.d_prime.map_or_else(
        || "not defined (no spread)".to_owned(),
        |d| format!("{d:.3}"),
    );
    let mut lines = vec![
        plain("AUC", format!("{:.6}", report.auc)),
        plain("d′", d_prime),
    ];
    if let Some(degrees) = report.degrees_of_freedom {
        lines.push(plain("Degrees of freedom", format!("{degrees:.1}")));
    }
    let scores = [
        ("Genuine scores", &report.genuine_scores),
        ("Impostor scores", &report.impostor_scores),
    ];
    lines.extend(scores.map(|(name, s)| Line {
        counts: spread(s),
        ..plain(name, format!("mean {}", rounded(s.mean)))
    }));
    lines
}

fn spread(s: &ScoreStatistics) -> String {
    format!("sd {}, {} .. {}", rounded(s.sd), score(s.min), score(s.max))
}
