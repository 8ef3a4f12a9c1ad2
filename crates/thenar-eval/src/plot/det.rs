//! The detection error trade-off curve on probit axes (Martin et al., Eurospeech 1997).

use std::fmt::Write;

use plotters::prelude::*;

use super::failed;
use crate::EvalError;
use crate::metrics::{ErrorCurve, probit};

/// Points on the curve: more than the picture can show.
const STEPS: usize = 400;
/// Ticks of both axes, as fractions.
const TICKS: [f64; 9] = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.4];
/// The axes end at 50 %: beyond, FMR and FNMR change places.
const HIGHEST: f64 = 0.5;

/// The points of the curve: `threshold,fmr,fnmr,false_matches,false_non_matches`.
#[must_use]
pub fn det_csv(curve: &ErrorCurve) -> String {
    let mut text = String::from("threshold,fmr,fnmr,false_matches,false_non_matches\n");
    for p in curve.thinned(STEPS) {
        let _ = writeln!(
            text,
            "{},{},{},{},{}",
            p.threshold,
            p.fmr(),
            p.fnmr(),
            p.false_matches,
            p.false_non_matches
        );
    }
    text
}

/// The curve as SVG: FMR to the right, FNMR upwards, the line of equal error dotted.
///
/// # Errors
/// [`EvalError::Plot`].
pub fn det_svg(title: &str, curve: &ErrorCurve) -> Result<String, EvalError> {
    let mut svg = String::new();
    draw(&mut svg, title, curve).map_err(failed("the DET curve"))?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    title: &str,
    curve: &ErrorCurve,
) -> Result<(), Box<dyn std::error::Error>> {
    // A rate below one error in all trials cannot be seen: the axes start at half an error, zero is drawn there.
    let (lowest_fmr, lowest_fnmr) = (floor(curve.impostor()), floor(curve.genuine()));
    let root = SVGBackend::with_string(svg, (760, 720)).into_drawing_area();
    root.fill(&WHITE)?;
    let x_range = probit(lowest_fmr)..probit(HIGHEST);
    let y_range = probit(lowest_fnmr)..probit(HIGHEST);
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(ProbitAxis(x_range.clone()), ProbitAxis(y_range.clone()))?;
    chart
        .configure_mesh()
        .x_desc("False match rate")
        .y_desc("False non-match rate")
        .x_label_formatter(&|x| percent(*x))
        .y_label_formatter(&|y| percent(*y))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    let start = x_range.start.max(y_range.start);
    let equal = (0..=60).map(|k| start + (0.0 - start) * f64::from(k) / 60.0);
    chart.draw_series(
        equal
            .step_by(2)
            .map(|v| Circle::new((v, v), 1, BLACK.mix(0.5).filled())),
    )?;
    let clamped = |rate: f64, lowest: f64| probit(rate.clamp(lowest, HIGHEST));
    let points = curve.thinned(STEPS);
    let visible = points
        .iter()
        .filter(|p| p.fmr() <= HIGHEST && p.fnmr() <= HIGHEST);
    let line: Vec<(f64, f64)> = visible
        .map(|p| (clamped(p.fmr(), lowest_fmr), clamped(p.fnmr(), lowest_fnmr)))
        .collect();
    chart.draw_series(LineSeries::new(line, super::GENUINE.stroke_width(2)))?;
    root.present()?;
    Ok(())
}

/// Half an error, between 1e-7 and 10 %.
fn floor(trials: u64) -> f64 {
    (0.5 / trials as f64).clamp(1e-7, 0.1)
}

/// An axis in probit units with ticks at round rates.
struct ProbitAxis(std::ops::Range<f64>);

impl Ranged for ProbitAxis {
    type ValueType = f64;
    type FormatOption = plotters::coord::ranged1d::NoDefaultFormatting;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.0.start) / (self.0.end - self.0.start);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<H: plotters::coord::ranged1d::KeyPointHint>(&self, _hint: H) -> Vec<f64> {
        TICKS
            .iter()
            .map(|&t| probit(t))
            .filter(|t| self.0.contains(t))
            .collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.0.clone()
    }
}

impl plotters::coord::ranged1d::ValueFormatter<f64> for ProbitAxis {
    fn format(value: &f64) -> String {
        percent(*value)
    }
}

/// The rate at an axis position, in per cent.
fn percent(position: f64) -> String {
    // Rounded to one digit, as the ticks are.
    let value = crate::metrics::normal_cdf(position) * 100.0;
    let rounded = format!("{value:.0e}").parse::<f64>().unwrap_or(value);
    format!("{rounded} %")
}
