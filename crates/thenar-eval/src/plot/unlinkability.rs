//! Mated and non-mated densities with D↔(s) over them, as Gomez-Barrero et al. (IEEE TIFS 13(6), 2018) draw them.

use std::fmt::Write;

use plotters::prelude::*;

use super::{GENUINE, IMPOSTOR, failed, style};
use crate::EvalError;
use crate::metrics::Unlinkability;

const WHAT: &str = "the unlinkability";
/// Room for the legend above the curves, as a multiple of the highest.
const HEADROOM: f64 = 1.32;
/// D↔(s).
const LOCAL: RGBColor = RGBColor(0, 158, 115);

/// The bins: `score,mated,non_mated,local`, densities and D↔ at the centre of each.
#[must_use]
pub fn unlinkability_csv(found: &Unlinkability) -> String {
    let mut text = String::from("score,mated,non_mated,local\n");
    for (score, mated, non_mated, local) in bins(found) {
        let _ = writeln!(text, "{score},{mated},{non_mated},{local}");
    }
    text
}

/// The densities (left axis, in steps) and D↔(s) (right axis, 0 to 1) as SVG; D_sys stands in the legend.
///
/// # Errors
/// [`EvalError::Plot`], also when there is no bin, or a value is not finite.
pub fn unlinkability_svg(title: &str, found: &Unlinkability) -> Result<String, EvalError> {
    let refused = |problem: &str| EvalError::Plot {
        what: WHAT,
        problem: problem.to_owned(),
    };
    if bins(found).next().is_none() {
        return Err(refused("there is no bin, expected at least one"));
    }
    if !bins(found).all(|(s, m, n, d)| [s, m, n, d].iter().all(|v| v.is_finite())) {
        return Err(refused("a bin is not finite, expected numbers"));
    }
    let mut svg = String::new();
    draw(&mut svg, title, found).map_err(failed(WHAT))?;
    Ok(svg)
}

/// Centre, density of mated and of non-mated scores, and D↔, bin by bin.
fn bins(found: &Unlinkability) -> impl Iterator<Item = (f64, f64, f64, f64)> + '_ {
    let densities = found.mated.iter().zip(&found.non_mated);
    let bins = found.scores.iter().zip(densities).zip(&found.local);
    bins.map(|((&score, (&mated, &non_mated)), &local)| (score, mated, non_mated, local))
}

fn draw(svg: &mut String, title: &str, found: &Unlinkability) -> style::Drawn {
    let highest = bins(found)
        .map(|(_, m, n, _)| m.max(n))
        .fold(0.0, f64::max)
        .max(f64::MIN_POSITIVE);
    let half = match found.scores[..] {
        [first, second, ..] if second > first => (second - first) / 2.0,
        _ => 0.5,
    };
    let (first, last) = (found.scores[0], found.scores[found.scores.len() - 1]);
    let x_range = first - half..last.max(first) + half;
    let root = SVGBackend::with_string(svg, (860, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .right_y_label_area_size(64)
        .build_cartesian_2d(x_range.clone(), 0.0..highest * HEADROOM)?
        .set_secondary_coord(x_range, 0.0..HEADROOM);
    chart
        .configure_mesh()
        .x_desc("Score of the linkage function")
        .y_desc("Probability density")
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    chart
        .configure_secondary_axes()
        .y_desc("D↔(s)")
        .y_label_formatter(&|d| local_text(*d))
        .label_style(("sans-serif", 13))
        .draw()?;
    let kinds = [
        (&found.mated, GENUINE, "mated"),
        (&found.non_mated, IMPOSTOR, "non-mated"),
    ];
    for (densities, colour, name) in kinds {
        let outline = steps(&found.scores, densities, half);
        let area = Polygon::new(outline.clone(), colour.mix(0.25).filled());
        chart.draw_series([area])?;
        chart
            .draw_series(LineSeries::new(outline, colour.stroke_width(1)))?
            .label(name)
            .legend(move |(x, y)| {
                Rectangle::new([(x, y - 5), (x + 16, y + 5)], colour.mix(0.4).filled())
            });
    }
    let local: Vec<(f64, f64)> = bins(found).map(|(s, _, _, d)| (s, d)).collect();
    let dot = (local.len() == 1).then(|| Circle::new(local[0], 5, LOCAL.filled()));
    chart.draw_secondary_series(dot)?;
    chart
        .draw_secondary_series(LineSeries::new(local, LOCAL.stroke_width(2)))?
        .label(format!("D↔(s), D_sys = {:.3}", found.d_sys))
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], LOCAL.stroke_width(2)));
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .margin(14)
        .legend_area_size(24)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 14))
        .draw()?;
    root.present()?;
    Ok(())
}

/// The outline of a histogram, from the base line and back to it.
fn steps(centres: &[f64], heights: &[f64], half: f64) -> Vec<(f64, f64)> {
    let mut outline = Vec::with_capacity(2 * heights.len() + 2);
    for (&centre, &height) in centres.iter().zip(heights) {
        if outline.is_empty() {
            outline.push((centre - half, 0.0));
        }
        outline.push((centre - half, height));
        outline.push((centre + half, height));
    }
    if let Some(&(end, _)) = outline.last() {
        outline.push((end, 0.0));
    }
    outline
}

/// D↔ ends at 1; the axis goes on for the legend.
fn local_text(value: f64) -> String {
    if value > 1.0 + 1e-9 {
        String::new()
    } else {
        format!("{value:.1}")
    }
}
