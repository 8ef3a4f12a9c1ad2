//! The detection error trade-off curve on probit axes (Martin et al., Eurospeech 1997).

use plotters::prelude::*;

use super::band;
use super::style::{self, STEPS};
use crate::EvalError;
use crate::metrics::{ErrorCurve, Errors, probit};

const WHAT: &str = "the DET curve";
const NO_BAND: &[(f64, f64, f64)] = &[];
const COLUMNS: &str = "threshold,fmr,fnmr,false_matches,false_non_matches";

/// A name, a curve, and a band around it: FMR (ascending), lowest and highest FNMR there, as fractions. The band may be
/// empty.
pub type Banded<'a> = (&'a str, &'a ErrorCurve, &'a [(f64, f64, f64)]);

/// Ticks of both axes, as fractions.
const TICKS: [f64; 9] = [1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.05, 0.1, 0.2, 0.4];
/// The axes end at 50 %: beyond, FMR and FNMR change places.
const HIGHEST: f64 = 0.5;

/// The points of the curve: `threshold,fmr,fnmr,false_matches,false_non_matches`.
#[must_use]
pub fn det_csv(curve: &ErrorCurve) -> String {
    style::curve_csv(COLUMNS, curve, row)
}

/// The points of several curves, system by system: `system,threshold,fmr,fnmr,false_matches,false_non_matches`.
#[must_use]
pub fn det_systems_csv(systems: &[(&str, &ErrorCurve)]) -> String {
    style::systems_csv(COLUMNS, systems, row)
}

fn row(p: &Errors) -> String {
    format!(
        "{},{},{},{},{}",
        p.threshold,
        p.fmr(),
        p.fnmr(),
        p.false_matches,
        p.false_non_matches
    )
}

/// The curve as SVG: FMR to the right, FNMR upwards, the line of equal error dotted.
///
/// # Errors
/// [`EvalError::Plot`].
pub fn det_svg(title: &str, curve: &ErrorCurve) -> Result<String, EvalError> {
    det_systems_svg(title, &[("", curve)])
}

/// The curves of several systems in one picture, with their names in the legend.
///
/// # Errors
/// [`EvalError::Plot`], also when there is no system.
pub fn det_systems_svg(title: &str, systems: &[(&str, &ErrorCurve)]) -> Result<String, EvalError> {
    let bare = systems.iter().map(|&(name, curve)| (name, curve, NO_BAND));
    let systems: Vec<Banded<'_>> = bare.collect();
    det_systems_bands_svg(title, &systems)
}

/// The curve with a shaded band of confidence: at each FMR, ascending, the lowest and the highest FNMR.
///
/// # Errors
/// [`EvalError::Plot`], also for a band that is no band: a rate outside 0..=1, a lowest FNMR above the highest, or FMRs
/// that do not ascend.
pub fn det_bands_svg(
    title: &str,
    curve: &ErrorCurve,
    bands: &[(f64, f64, f64)],
) -> Result<String, EvalError> {
    det_systems_bands_svg(title, &[("", curve, bands)])
}

/// The curves of several systems in one picture, each with its band of confidence in its colour.
///
/// # Errors
/// As [`det_bands_svg`], also when there is no system.
pub fn det_systems_bands_svg(title: &str, systems: &[Banded<'_>]) -> Result<String, EvalError> {
    systems
        .iter()
        .try_for_each(|(.., bands)| band::check(bands))?;
    style::picture(WHAT, systems, |svg| draw(svg, title, systems))
}

/// The numbers of a band: `fmr,fnmr_low,fnmr_high`.
#[must_use]
pub fn det_bands_csv(bands: &[(f64, f64, f64)]) -> String {
    let row = |(fmr, low, high): &(f64, f64, f64)| format!("{fmr},{low},{high}\n");
    let rows: String = bands.iter().map(row).collect();
    format!("fmr,fnmr_low,fnmr_high\n{rows}")
}

fn draw(svg: &mut String, title: &str, systems: &[Banded<'_>]) -> style::Drawn {
    // A rate below one error in all trials cannot be seen: the axes start at half an error, zero is drawn there.
    let lowest = |trials: fn(&ErrorCurve) -> u64| {
        let all = systems.iter().map(|(_, curve, _)| floor(trials(curve)));
        all.fold(HIGHEST, f64::min)
    };
    let (lowest_fmr, lowest_fnmr) = (lowest(ErrorCurve::impostor), lowest(ErrorCurve::genuine));
    let names = systems.iter().map(|(name, ..)| *name);
    let names: Vec<(usize, &str)> = names.enumerate().collect();
    let root = style::canvas(svg, (760, 720), &names)?;
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
    // All bands lie below all curves.
    for (number, (.., bands)) in systems.iter().enumerate() {
        let outline = band::outline(bands, HIGHEST);
        let at = |(fmr, fnmr)| (clamped(fmr, lowest_fmr), clamped(fnmr, lowest_fnmr));
        style::draw_band(&mut chart, number, outline.into_iter().map(at).collect())?;
    }
    let mut drawn = false;
    for (number, (_, curve, _)) in systems.iter().enumerate() {
        let line: Vec<(f64, f64)> = visible(&curve.for_picture(STEPS))
            .into_iter()
            .map(|(fmr, fnmr)| (clamped(fmr, lowest_fmr), clamped(fnmr, lowest_fnmr)))
            .collect();
        drawn |= !line.is_empty();
        style::draw_system(&mut chart, number, line)?;
    }
    if !drawn {
        style::say(&root, "At no threshold are both rates 50 % or less.")?;
    }
    root.present()?;
    Ok(())
}

/// The part of the curve where both rates are at most [`HIGHEST`], cut at that border.
///
/// Between two neighbours the curve is straight in the rates: any point there is reached by tossing a coin.
fn visible(points: &[Errors]) -> Vec<(f64, f64)> {
    let rates: Vec<(f64, f64)> = points.iter().map(|p| (p.fmr(), p.fnmr())).collect();
    let mut all: Vec<(f64, f64)> = rates.iter().take(1).copied().collect();
    for pair in rates.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let at = |share: f64| (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1));
        if a.0 > HIGHEST && b.0 < HIGHEST {
            all.push((HIGHEST, at((a.0 - HIGHEST) / (a.0 - b.0)).1));
        }
        if a.1 < HIGHEST && b.1 > HIGHEST {
            all.push((at((HIGHEST - a.1) / (b.1 - a.1)).0, HIGHEST));
        }
        all.push(b);
    }
    all.retain(|(fmr, fnmr)| *fmr <= HIGHEST && *fnmr <= HIGHEST);
    all
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

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(false_matches: u64, false_non_matches: u64) -> Errors {
        Errors {
            threshold: 0.0,
            false_matches,
            false_non_matches,
            impostor: 4,
            genuine: 4,
        }
    }

    #[test]
    fn curves_are_cut_at_the_border() {
        // Everything ties: the straight line from (1, 0) to (0, 1) touches the picture in its corner.
        let line = visible(&[errors(4, 0), errors(0, 4)]);
        assert_eq!(line, [(0.5, 0.5), (0.5, 0.5)]);
        // Everything apart: along both axes.
        let line = visible(&[errors(4, 0), errors(0, 0), errors(0, 4)]);
        assert_eq!(line, [(0.5, 0.0), (0.0, 0.0), (0.0, 0.5)]);
        let line = visible(&[errors(4, 0), errors(3, 1), errors(1, 1), errors(0, 4)]);
        assert_eq!(line[..2], [(0.5, 0.25), (0.25, 0.25)]);
        assert_eq!((line.len(), line[2].1), (3, 0.5));
        // Worse than chance: nothing to see.
        assert_eq!(visible(&[errors(4, 0), errors(4, 4), errors(0, 4)]), []);
    }
}
