//! The cumulative match characteristic: how often the mate is among the first k (ISO/IEC 19795-1).

use std::fmt::Write;

use plotters::prelude::*;

use super::{failed, style};
use crate::EvalError;
use crate::metrics::Identification;

const WHAT: &str = "the CMC";
/// Up to so many ranks, each is marked by a dot.
const MARKED: usize = 30;
/// No picture shows more.
const MOST_RANKS: usize = 100_000;

/// The rates: `system,rank,rate,found,searches`. A system without mated searches has no row.
///
/// `max_rank` is cut to the largest number of enrolled subjects: beyond it no rate changes.
#[must_use]
pub fn cmc_csv(systems: &[(&str, &Identification)], max_rank: usize) -> String {
    let ranks = ranks(systems.iter().map(|(_, s)| *s), max_rank);
    let mut text = String::from("system,rank,rate,found,searches\n");
    for (name, searches) in systems {
        let name = style::csv_field(name);
        let mated = searches.mated();
        for (rank, rate) in (1..).zip(searches.cmc(ranks).unwrap_or_default()) {
            let found = (rate * mated as f64).round();
            let _ = writeln!(text, "{name},{rank},{rate},{found},{mated}");
        }
    }
    text
}

/// The curves of one or more systems as SVG; names stand in the legend, an empty one alone in none. `max_rank` as in [`cmc_csv`].
///
/// # Errors
/// [`EvalError::Plot`], also when there is no system, or one has no mated search.
pub fn cmc_svg(
    title: &str,
    systems: &[(&str, &Identification)],
    max_rank: usize,
) -> Result<String, EvalError> {
    let numbers = 0..;
    let systems = numbers.zip(systems.iter().copied());
    cmc_numbered_svg(title, &systems.collect::<Vec<_>>(), max_rank)
}

/// The same of some systems out of many: each keeps its number, and so the colour it has in other pictures.
pub(crate) fn cmc_numbered_svg(
    title: &str,
    systems: &[(usize, (&str, &Identification))],
    max_rank: usize,
) -> Result<String, EvalError> {
    style::some(systems, WHAT)?;
    let ranks = ranks(systems.iter().map(|(_, (_, s))| *s), max_rank);
    let mut curves = Vec::new();
    for (number, (name, searches)) in systems {
        let Some(rates) = searches.cmc(ranks) else {
            let problem =
                format!("system {name:?} has no search with a mate, expected at least one");
            return Err(EvalError::Plot {
                what: WHAT,
                problem,
            });
        };
        curves.push((*number, *name, rates));
    }
    let mut svg = String::new();
    draw(&mut svg, title, &curves, ranks).map_err(failed(WHAT))?;
    Ok(svg)
}

fn ranks<'a>(systems: impl Iterator<Item = &'a Identification>, max_rank: usize) -> usize {
    let enrolled = systems.map(Identification::enrolled).max();
    let most = enrolled.unwrap_or(1).clamp(1, MOST_RANKS);
    max_rank.clamp(1, most)
}

fn draw(
    svg: &mut String,
    title: &str,
    curves: &[(usize, &str, Vec<f64>)],
    ranks: usize,
) -> style::Drawn {
    let worst = curves.iter().flat_map(|(.., r)| r).copied();
    let start = style::round_start(worst.fold(1.0, f64::min));
    let names: Vec<(usize, &str)> = curves
        .iter()
        .map(|(number, name, _)| (*number, *name))
        .collect();
    let root = style::canvas(svg, (760, 520), &names)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..ranks as f64 + 1.0, style::rates_from(start))?;
    chart
        .configure_mesh()
        .x_desc("Rank")
        .y_desc("Identification rate")
        .x_labels(ranks.min(10) + 2)
        .x_label_formatter(&|x| rank_text(*x, ranks))
        .y_label_formatter(&|y| style::rate_text(*y, start))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    for (number, _, rates) in curves {
        let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(rates.iter().copied()).collect();
        if ranks <= MARKED {
            style::draw_dots(&mut chart, *number, &points)?;
        }
        style::draw_system(&mut chart, *number, points)?;
    }
    root.present()?;
    Ok(())
}

/// Ranks are whole, and there is none beside the curve.
fn rank_text(position: f64, ranks: usize) -> String {
    let is_rank = position.fract() == 0.0 && (1.0..=ranks as f64).contains(&position);
    if is_rank {
        position.to_string()
    } else {
        String::new()
    }
}
