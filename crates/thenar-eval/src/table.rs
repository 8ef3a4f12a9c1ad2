//! A report as plain text. Counts stand in brackets beside every rate, as bob prints them.

use std::fmt::Write;

use crate::report::{ListInfo, OperatingPoint, Report};
use crate::report_parts::{IdentificationFigures, SubjectBootstrap};

pub(crate) fn render(report: &Report) -> String {
    let (mut rows, none): (Vec<(String, String)>, _) = (Vec::new(), String::new());
    let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
    for (name, value) in [
        ("Method", &report.method),
        ("Protection", &report.protect),
        ("Tokens", report.tokens.as_ref().unwrap_or(&none)),
        ("Input", &report.input),
    ] {
        if !value.is_empty() {
            row(name, value.clone());
        }
    }
    for (name, list) in [("Gallery", &report.gallery), ("Probe", &report.probe)] {
        if let Some(list) = list {
            row(name, list_text(list));
        }
    }
    row(
        "Comparisons",
        format!(
            "{} genuine, {} impostor",
            grouped(report.genuine),
            grouped(report.impostor)
        ),
    );
    row("Failure to acquire", failure_text(report));
    row("EER", eer_text(report));
    row("EER, interpolated", percent(report.eer_interpolated));
    if let Some(b) = &report.bootstrap {
        row("EER over subjects", bootstrap_text(b));
    }
    row("Rank-1", rank_text(report));
    if let Some(i) = &report.identification {
        row("Identification", identification_text(i));
    }
    for (name, point) in &report.points_at_fmr {
        row(
            &format!("FNMR at FMR {name}"),
            fnmr_text(point.as_ref(), report.genuine),
        );
    }
    row(
        "FNMR at zero FMR",
        fnmr_text(Some(&report.zero_fmr), report.genuine),
    );
    row("AUC", format!("{:.6}", report.auc));
    row(
        "d'",
        report.d_prime.map_or_else(
            || "not defined (no spread)".to_owned(),
            |d| format!("{d:.3}"),
        ),
    );
    row("Genuine scores", statistics(&report.genuine_scores));
    row("Impostor scores", statistics(&report.impostor_scores));
    draw(&rows)
}

/// Two columns between rules.
fn draw(rows: &[(String, String)]) -> String {
    let width = |of: fn(&(String, String)) -> &String| {
        rows.iter()
            .map(|r| of(r).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (left, right) = (width(|r| &r.0), width(|r| &r.1));
    let rule = format!("{}  {}\n", "=".repeat(left), "=".repeat(right));
    let mut text = rule.clone();
    for (name, value) in rows {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name:left$}  {value}");
    }
    text + &rule
}

/// Columns between rules, below their names.
pub(crate) fn draw_columns<const N: usize>(head: &[String; N], rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|k| {
        let cells = rows.iter().chain([head]).map(|row| row[k].chars().count());
        cells.max().unwrap_or(0)
    });
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    let rule = line(&widths.map(|width| "=".repeat(width)));
    let body: String = rows.iter().map(line).collect();
    format!("{rule}{}{rule}{body}{rule}", line(head))
}

fn list_text(list: &ListInfo) -> String {
    let digest: String = list.sha256.chars().take(12).collect();
    format!(
        "{} ({} samples, sha256 {digest})",
        list.path,
        grouped(list.samples)
    )
}

fn failure_text(report: &Report) -> String {
    let comparisons = report.genuine_failed + report.impostor_failed;
    match (report.fta, report.samples) {
        (Some(failed), Some(samples)) => {
            let rate = if samples > 0 {
                failed as f64 / samples as f64
            } else {
                0.0
            };
            format!(
                "{} ({}/{} samples)",
                percent(rate),
                grouped(failed),
                grouped(samples)
            )
        }
        _ => {
            let all = report.genuine + report.impostor + comparisons;
            format!(
                "{} ({}/{} comparisons)",
                percent(comparisons as f64 / all as f64),
                grouped(comparisons),
                grouped(all)
            )
        }
    }
}

fn eer_text(report: &Report) -> String {
    let at = &report.eer_point;
    format!(
        "{} [{} .. {}] (FMR {}/{}, FNMR {}/{} at {} {})",
        percent(report.eer),
        percent(report.eer_interval_95[0]),
        percent(report.eer_interval_95[1]),
        grouped(at.false_matches),
        grouped(report.impostor),
        grouped(at.false_non_matches),
        grouped(report.genuine),
        report.polarity.name(),
        at.threshold,
    )
}

fn rank_text(report: &Report) -> String {
    match (
        report.rank1,
        report.rank1_correct,
        report.rank1_searches,
        report.rank1_interval_95,
    ) {
        (Some(rate), Some(correct), Some(searches), Some([from, to])) => {
            format!(
                "{} [{} .. {}] ({}/{})",
                percent(rate),
                percent(from),
                percent(to),
                grouped(correct),
                grouped(searches)
            )
        }
        _ => "not measured".to_owned(),
    }
}

fn bootstrap_text(b: &SubjectBootstrap) -> String {
    let [from, to] = b.eer_interval;
    format!(
        "[{} .. {}] ({} subjects, {} replicates, {} %)",
        percent(from),
        percent(to),
        grouped(b.subjects),
        grouped(b.replicates),
        b.confidence * 100.0
    )
}

fn identification_text(i: &IdentificationFigures) -> String {
    let rank = |k: usize| {
        let rate = i.cmc.get(k - 1).copied();
        rate.map_or_else(|| "-".to_owned(), percent)
    };
    let fnir = i.fnir_at_fpir.get("1e-2").copied().flatten();
    format!(
        "rank 5 {}, rank 10 {}, FNIR at FPIR 1e-2 {} (N {}, {} mated, {} non-mated searches)",
        rank(5),
        rank(10),
        fnir.map_or_else(|| "not measurable".to_owned(), percent),
        grouped(i.enrolled),
        grouped(i.mated),
        grouped(i.non_mated)
    )
}

fn fnmr_text(point: Option<&OperatingPoint>, genuine: u64) -> String {
    point.map_or_else(
        || "not measurable (fewer than 3/FMR impostor comparisons)".to_owned(),
        |p| {
            let [from, to] = p.fnmr_interval_95;
            let counts = format!("{}/{}", grouped(p.false_non_matches), grouped(genuine));
            format!(
                "{} [{} .. {}] ({counts} at {})",
                percent(p.fnmr),
                percent(from),
                percent(to),
                p.threshold
            )
        },
    )
}

fn statistics(s: &crate::report::ScoreStatistics) -> String {
    format!(
        "mean {:.4}, sd {:.4}, {:.4} .. {:.4}",
        s.mean, s.sd, s.min, s.max
    )
}

/// A fraction in per cent with enough digits to tell small rates apart.
pub(crate) fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    if value == 0.0 || value >= 10.0 {
        format!("{value:.2} %")
    } else if value >= 0.1 {
        format!("{value:.3} %")
    } else {
        format!("{value:.5} %")
    }
}

/// A count with a comma between thousands.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands() {
        let got = [0, 999, 1_000, 10_795_200].map(grouped);
        assert_eq!(got, ["0", "999", "1,000", "10,795,200"]);
    }

    #[test]
    fn small_rates_keep_their_digits() {
        let got = [0.0, 1.0, 0.015_91, 0.000_018].map(percent);
        assert_eq!(got, ["0.00 %", "100.00 %", "1.591 %", "0.00180 %"]);
    }
}
