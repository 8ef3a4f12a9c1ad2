//! The pictures of [`plot`](crate::plot), inside the page.

use maud::{Markup, PreEscaped, html};

use super::text::{clean, given};
use super::{Page, System};
use crate::metrics::{ErrorCurve, Identification};
use crate::table::percent;
use crate::{EvalError, plot};

/// Bins of a score histogram, as in the files beside a report.
const BINS: usize = 100;
/// Ranks of the CMC.
const RANKS: usize = 20;

pub(super) fn section(page: &Page<'_>) -> Result<Markup, EvalError> {
    let mut figures = vec![det(page)?, roc(page)?];
    for system in &page.systems {
        figures.push(scores(page, system)?);
    }
    figures.extend(cmc(page)?);
    for system in &page.systems {
        figures.extend(unlinkability(page, system)?);
    }
    Ok(html! {
        section #figures {
            h2 { "Figures" }
            div.figures { @for figure in figures { (figure) } }
        }
    })
}

/// A picture and what it shows, in words too for whoever cannot see it.
fn figure(svg: String, caption: &Markup, alternative: &str) -> Markup {
    html! {
        figure {
            // The files are made by this crate, and whatever text is in them is escaped there.
            div.plot role="img" aria-label=(clean(alternative)) { (PreEscaped(svg)) }
            figcaption { (caption) }
        }
    }
}

/// The name for a legend: none for the only system, so that no room is given to it.
fn legend<'a>(page: &Page<'_>, system: &System<'a>) -> std::borrow::Cow<'a, str> {
    match page.single() {
        Some(_) => "".into(),
        None => clean(system.name),
    }
}

/// `: NAME` where there are several systems.
fn of(page: &Page<'_>, system: &System<'_>) -> Markup {
    html! { @if page.single().is_none() { ": " (given(system.name)) } }
}

/// The equal error rates in words.
fn equal_errors(page: &Page<'_>) -> String {
    let mut words = String::from("Equal error rate");
    for (number, system) in page.systems.iter().enumerate() {
        words += if number > 0 { ", " } else { " " };
        if page.single().is_none() {
            words += system.name;
            words += " ";
        }
        words += &percent(system.report.eer);
    }
    words + "."
}

fn det(page: &Page<'_>) -> Result<Markup, EvalError> {
    let names: Vec<_> = page.systems.iter().map(|s| legend(page, s)).collect();
    let systems: Vec<plot::Banded<'_>> = names
        .iter()
        .zip(&page.systems)
        .map(|(name, s)| (name.as_ref(), s.curve, s.bands))
        .collect();
    let svg = plot::det_systems_bands_svg("Detection error trade-off", &systems)?;
    let caption = html! {
        "DET: false match rate against false non-match rate, on probit axes. The dotted line is FMR = FNMR."
        @if page.systems.iter().any(|s| !s.bands.is_empty()) { " Shaded: confidence interval of the FNMR at each FMR." }
    };
    let words = format!("DET curve. {}", equal_errors(page));
    Ok(figure(svg, &caption, &words))
}

fn roc(page: &Page<'_>) -> Result<Markup, EvalError> {
    let names: Vec<_> = page.systems.iter().map(|s| legend(page, s)).collect();
    let systems: Vec<(&str, &ErrorCurve)> = names
        .iter()
        .zip(&page.systems)
        .map(|(name, s)| (name.as_ref(), s.curve))
        .collect();
    let svg = plot::roc_systems_svg("Receiver operating characteristic", &systems)?;
    let caption = html! { "ROC: true match rate at each false match rate, in decades." };
    let words = format!("ROC curve. {}", equal_errors(page));
    Ok(figure(svg, &caption, &words))
}

fn scores(page: &Page<'_>, system: &System<'_>) -> Result<Markup, EvalError> {
    let histogram = plot::Histogram::new(system.curve, BINS);
    let svg = plot::histogram_svg("Scores", &histogram)?;
    let caption = html! {
        "Scores of genuine and impostor comparisons" (of(page, system))
        ". Each kind is scaled to its own number."
    };
    let report = system.report;
    let words = format!(
        "Histogram of scores {}: genuine mean {:.4}, impostor mean {:.4}.",
        system.name, report.genuine_scores.mean, report.impostor_scores.mean
    );
    Ok(figure(svg, &caption, &words))
}

/// Of the systems whose searches are known, in the colours that they have in the other figures.
fn cmc(page: &Page<'_>) -> Result<Option<Markup>, EvalError> {
    let names: Vec<_> = page.systems.iter().map(|s| legend(page, s)).collect();
    let systems: Vec<(usize, (&str, &Identification))> = names
        .iter()
        .zip(&page.systems)
        .enumerate()
        .filter_map(|(number, (name, s))| Some((number, (name.as_ref(), s.searches?))))
        .filter(|(_, (_, found))| found.mated() > 0)
        .collect();
    if systems.is_empty() {
        return Ok(None);
    }
    let svg = plot::cmc_numbered_svg("Cumulative match characteristic", &systems, RANKS)?;
    let caption = html! { "CMC: share of searches with the mate among the first k." };
    let rates = systems.iter().filter_map(|(_, (name, found))| {
        let (correct, all) = found.rank(1)?;
        Some(format!(
            "{name} rank-1 {}",
            percent(correct as f64 / all as f64)
        ))
    });
    let words = format!("CMC: {}.", rates.collect::<Vec<_>>().join(", "));
    Ok(Some(figure(svg, &caption, &words)))
}

fn unlinkability(page: &Page<'_>, system: &System<'_>) -> Result<Option<Markup>, EvalError> {
    let Some(found) = system.unlinkability else {
        return Ok(None);
    };
    let svg = plot::unlinkability_svg("Unlinkability", found)?;
    let caption = html! {
        "Records of one palm (mated) and of two (non-mated) under two keys" (of(page, system))
        ". D↔ is 0 where a score links nothing."
    };
    let words = format!("Unlinkability {}: D_sys {:.3}.", system.name, found.d_sys);
    Ok(Some(figure(svg, &caption, &words)))
}
