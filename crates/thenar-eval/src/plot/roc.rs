//! The receiver operating characteristic: what share of genuine comparisons is accepted at what FMR.

use plotters::prelude::*;

use super::style::{self, STEPS};
use crate::EvalError;
use crate::metrics::{ErrorCurve, Errors};

/// At least two decades are drawn.
const HIGHEST_FLOOR: f64 = 0.01;
/// Neighbours farther apart than this factor are joined in steps of it.
const STRIDE: f64 = 1.15;
const COLUMNS: &str = "threshold,fmr,tmr";

/// The points of the curve: `threshold,fmr,tmr`, with TMR = 1 − FNMR, from accepting to rejecting everything.
#[must_use]
pub fn roc_csv(curve: &ErrorCurve) -> String {
    style::curve_csv(COLUMNS, curve, row)
}

/// The points of several curves, system by system: `system,threshold,fmr,tmr`.
#[must_use]
pub fn roc_systems_csv(systems: &[(&str, &ErrorCurve)]) -> String {
    style::systems_csv(COLUMNS, systems, row)
}

fn row(p: &Errors) -> String {
    format!("{},{},{}", p.threshold, p.fmr(), tmr(p))
}

/// The curve as SVG: FMR to the right in decades, true match rate upwards, chance dotted.
///
/// FMR 0 is drawn at half an error, where its best true match rate stands; the fall to 0 % there is left out.
///
/// # Errors
/// [`EvalError::Plot`].
pub fn roc_svg(title: &str, curve: &ErrorCurve) -> Result<String, EvalError> {
    roc_systems_svg(title, &[("", curve)])
}

/// The curves of several systems in one picture, with their names in the legend.
///
/// # Errors
/// [`EvalError::Plot`], also when there is no system.
pub fn roc_systems_svg(title: &str, systems: &[(&str, &ErrorCurve)]) -> Result<String, EvalError> {
    style::picture("the ROC curve", systems, |svg| draw(svg, title, systems))
}

fn draw(svg: &mut String, title: &str, systems: &[(&str, &ErrorCurve)]) -> style::Drawn {
    let floors = systems.iter().map(|(_, curve)| floor(curve.impostor()));
    let lowest = floors.fold(HIGHEST_FLOOR, f64::min);
    let lines: Vec<Vec<(f64, f64)>> = systems.iter().map(|(_, c)| line(c, lowest)).collect();
    let worst = lines.iter().flatten().map(|p| p.1).fold(1.0, f64::min);
    let start = style::round_start(worst);
    let names = systems.iter().map(|(name, _)| *name);
    let names: Vec<(usize, &str)> = names.enumerate().collect();
    let root = style::canvas(svg, (760, 560), &names)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .margin_right(32)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d((lowest..1.0).log_scale(), style::rates_from(start))?;
    chart
        .configure_mesh()
        .x_desc("False match rate")
        .y_desc("True match rate (1 − FNMR)")
        .x_label_formatter(&|x| format!("{} %", round(*x * 100.0)))
        .y_label_formatter(&|y| style::rate_text(*y, start))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    let chance = (0..=80).map(|k| lowest.powf(f64::from(k) / 80.0));
    let dots = chance
        .filter(|rate| *rate >= start)
        .map(|rate| Circle::new((rate, rate), 1, BLACK.mix(0.5).filled()));
    chart.draw_series(dots)?;
    for (number, line) in lines.into_iter().enumerate() {
        style::draw_system(&mut chart, number, line)?;
    }
    root.present()?;
    Ok(())
}

/// From FMR 1 down to the best true match rate without a false match, which is drawn at `lowest`.
///
/// Between two neighbours the curve is straight in the rates (any point there is reached by tossing a coin), so on an
/// axis of decades it is bent.
fn line(curve: &ErrorCurve, lowest: f64) -> Vec<(f64, f64)> {
    let points = curve.for_picture(STEPS);
    let erring = points.iter().take_while(|p| p.false_matches > 0);
    let mut rates: Vec<(f64, f64)> = erring.map(|p| (p.fmr(), tmr(p))).collect();
    rates.push((0.0, tmr(&curve.zero_fmr())));
    let mut line: Vec<(f64, f64)> = rates.iter().take(1).copied().collect();
    for pair in rates.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let end = to.0.max(lowest);
        let mut fmr = from.0 / STRIDE;
        while fmr > end {
            let share = (from.0 - fmr) / (from.0 - to.0);
            line.push((fmr, from.1 + share * (to.1 - from.1)));
            fmr /= STRIDE;
        }
        line.push((end, to.1));
    }
    line
}

fn tmr(p: &Errors) -> f64 {
    1.0 - p.fnmr()
}

/// Half an error, between 1e-9 and 1 %.
fn floor(trials: u64) -> f64 {
    (0.5 / trials as f64).clamp(1e-9, HIGHEST_FLOOR)
}

/// Two digits: ticks are powers of ten, and rounding must not show.
fn round(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Polarity, ScoreSet};

    #[test]
    fn where_all_scores_tie_the_curve_is_chance() {
        let scores = ScoreSet {
            genuine: vec![0.5; 3],
            impostor: vec![0.5; 9],
            polarity: Polarity::Distance,
        };
        let line = line(&ErrorCurve::new(&scores).unwrap(), 0.01);
        assert!(line.len() > 10);
        assert_eq!((line[0], line[line.len() - 1]), ((1.0, 1.0), (0.01, 0.0)));
        let bent = &line[..line.len() - 1];
        assert!(bent.iter().all(|(fmr, tmr)| (fmr - tmr).abs() < 1e-12));
        assert!(bent.windows(2).all(|w| w[1].0 < w[0].0));
    }
}
