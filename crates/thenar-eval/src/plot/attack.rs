//! What an attacker's effort, or the operator's threshold, is worth: how often attacks are accepted.

use std::fmt::Write;

use plotters::coord::combinators::LogCoord;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::style;
use crate::EvalError;

const WHAT: &str = "the attack curve";
/// Up to so many points, each is marked by a dot.
const MARKED: usize = 30;
/// The acceptance axis is at least so high: 1 in 10,000.
const LOWEST_TOP: f64 = 1e-4;
/// A band must not hide what lies below it.
const BAND: f64 = 0.15;

/// What stands to the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttackAxis<'a> {
    /// The attacker's effort, such as queries, above 0, in decades; the text names it with its unit.
    Effort(&'a str),
    /// The operator's threshold, evenly; the text says which way it is strict.
    Threshold(&'a str),
}

/// One point of an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackPoint {
    /// Effort or threshold.
    pub at: f64,
    /// Share of attacked records that accept, 0..=1.
    pub rate: f64,
    /// Lower limit of the share.
    pub low: f64,
    /// Upper limit of the share.
    pub high: f64,
}

/// One attack: a line with its band.
#[derive(Debug, Clone, PartialEq)]
pub struct AttackCurve {
    /// Name in the legend; empty for one attack alone.
    pub name: String,
    /// Points in ascending order of `at`.
    pub points: Vec<AttackPoint>,
}

/// The points: `attack,effort,rate,low,high`, or `threshold` in the place of `effort`.
#[must_use]
pub fn attack_csv(axis: AttackAxis<'_>, attacks: &[AttackCurve]) -> String {
    let at = match axis {
        AttackAxis::Effort(_) => "effort",
        AttackAxis::Threshold(_) => "threshold",
    };
    let mut text = format!("attack,{at},rate,low,high\n");
    for attack in attacks {
        let name = style::csv_field(&attack.name);
        for p in &attack.points {
            let _ = writeln!(text, "{name},{},{},{},{}", p.at, p.rate, p.low, p.high);
        }
    }
    text
}

/// The attacks in one picture: effort or threshold to the right, acceptance rate upwards, each with its band.
///
/// The acceptance axis ends above the highest limit, so that rates below 1 % can be seen too.
///
/// # Errors
/// [`EvalError::Plot`] without attack, for an attack without points, a point that is not a number, an effort that is not
/// above 0, a rate outside 0..=1 or outside its limits, or points that do not ascend.
pub fn attack_svg(
    title: &str,
    axis: AttackAxis<'_>,
    attacks: &[AttackCurve],
) -> Result<String, EvalError> {
    for attack in attacks {
        check(axis, attack).map_err(|problem| EvalError::Plot {
            what: WHAT,
            problem: format!("attack {:?}: {problem}", attack.name),
        })?;
    }
    style::picture(WHAT, attacks, |svg| {
        let (from, to) = ends(axis, attacks);
        match axis {
            AttackAxis::Effort(label) => {
                let range: LogCoord<f64> = (from..to).log_scale().into();
                draw(svg, (title, label), range, attacks)
            }
            AttackAxis::Threshold(label) => {
                let range: RangedCoordf64 = (from..to).into();
                draw(svg, (title, label), range, attacks)
            }
        }
    })
}

fn check(axis: AttackAxis<'_>, attack: &AttackCurve) -> Result<(), String> {
    if attack.points.is_empty() {
        return Err("no point, expected at least one".to_owned());
    }
    for p in &attack.points {
        let rates = 0.0 <= p.low && p.low <= p.rate && p.rate <= p.high && p.high <= 1.0;
        if !rates {
            return Err(format!(
                "rate {} with limits {} and {}, expected 0 ≤ low ≤ rate ≤ high ≤ 1",
                p.rate, p.low, p.high
            ));
        }
        let positive = p.at > 0.0 || matches!(axis, AttackAxis::Threshold(_));
        if !p.at.is_finite() || !positive {
            return Err(format!(
                "a point at {}, expected a number above 0 or a threshold",
                p.at
            ));
        }
    }
    match attack.points.windows(2).find(|w| w[0].at >= w[1].at) {
        Some(pair) => Err(format!("{} comes after {}", pair[1].at, pair[0].at)),
        None => Ok(()),
    }
}

/// Where the axis begins and ends; a single place gets room on both sides.
fn ends(axis: AttackAxis<'_>, attacks: &[AttackCurve]) -> (f64, f64) {
    let places = || attacks.iter().flat_map(|a| &a.points).map(|p| p.at);
    let (low, high) = (
        places().fold(f64::INFINITY, f64::min),
        places().fold(f64::NEG_INFINITY, f64::max),
    );
    match axis {
        _ if low < high => (low, high),
        AttackAxis::Effort(_) => (low / 10.0, high * 10.0),
        AttackAxis::Threshold(_) => {
            let room = low.abs().max(1.0) / 10.0;
            (low - room, high + room)
        }
    }
}

/// The lowest of 1, 0.5, 0.2, 0.1, 0.05 … that leaves every band on the axis.
fn top(attacks: &[AttackCurve]) -> f64 {
    let highest = attacks.iter().flat_map(|a| &a.points).map(|p| p.high);
    let highest = highest.fold(LOWEST_TOP, f64::max);
    let mut top = 1.0;
    for decade in 1..=4 {
        let unit = 10f64.powi(-decade);
        for step in [5.0, 2.0, 1.0] {
            if step * unit >= highest * (1.0 - 1e-12) {
                top = step * unit;
            }
        }
    }
    top
}

fn draw<X>(
    svg: &mut String,
    (title, label): (&str, &str),
    axis: X,
    attacks: &[AttackCurve],
) -> style::Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let top = top(attacks);
    let names: Vec<(usize, &str)> = attacks
        .iter()
        .map(|a| a.name.as_str())
        .enumerate()
        .collect();
    let root = style::canvas(svg, (760, 520), &names)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .margin_right(36)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(80)
        .build_cartesian_2d(axis, 0.0..top * 1.04)?;
    chart
        .configure_mesh()
        .x_desc(label)
        .y_desc("Acceptance rate of the attack")
        .x_label_formatter(&|x| place_text(*x))
        .y_label_formatter(&|y| rate_text(*y, top))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    for (number, attack) in attacks.iter().enumerate() {
        let upper = attack.points.iter().map(|p| (p.at, p.high));
        let lower = attack.points.iter().rev().map(|p| (p.at, p.low));
        let outline: Vec<(f64, f64)> = upper.chain(lower).collect();
        let colour = style::colour(number).mix(BAND);
        chart.draw_series(std::iter::once(Polygon::new(outline, colour.filled())))?;
    }
    // Lines after all bands, so that no band lies on a line.
    for (number, attack) in attacks.iter().enumerate() {
        let line: Vec<(f64, f64)> = attack.points.iter().map(|p| (p.at, p.rate)).collect();
        if line.len() <= MARKED {
            style::draw_dots(&mut chart, number, &line)?;
        }
        style::draw_system(&mut chart, number, line)?;
    }
    root.present()?;
    Ok(())
}

/// Whole numbers with a comma between thousands, up to a million; others short.
fn place_text(value: f64) -> String {
    if (1.0..=1e6).contains(&value) && value.fract() == 0.0 {
        return crate::table::grouped(value as u64);
    }
    if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        return format!("{value:.0e}");
    }
    // Ticks are sums of steps, and their rounding must not show.
    let short: f64 = format!("{value:.3e}").parse().unwrap_or(value);
    short.to_string()
}

/// A rate in per cent with the digits that an axis up to `top` needs; nothing above it.
fn rate_text(rate: f64, top: f64) -> String {
    if rate > top * (1.0 + 1e-9) {
        return String::new();
    }
    let digits = (-(top * 10.0).log10().floor()).clamp(0.0, 5.0) as usize;
    format!("{:.digits$} %", rate * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attack(points: &[(f64, f64, f64, f64)]) -> AttackCurve {
        let point = |&(at, low, rate, high): &(f64, f64, f64, f64)| AttackPoint {
            at,
            rate,
            low,
            high,
        };
        AttackCurve {
            name: "hill, climbing".into(),
            points: points.iter().map(point).collect(),
        }
    }

    #[test]
    fn the_axis_ends_above_the_highest_limit() {
        for (high, expected) in [
            (1.0, 1.0),
            (0.51, 1.0),
            (0.5, 0.5),
            (0.03, 0.05),
            (0.0, 1e-4),
        ] {
            assert_eq!(top(&[attack(&[(1.0, 0.0, 0.0, high)])]), expected, "{high}");
        }
        assert_eq!(
            (rate_text(0.5, 1.0), rate_text(0.004, 0.005)),
            ("50 %".into(), "0.40 %".into())
        );
        assert_eq!(rate_text(1.02, 1.0), "");
        let texts = [1000.0, 0.30000000000000004, 1e9, 0.0, -0.2].map(place_text);
        assert_eq!(texts, ["1,000", "0.3", "1e9", "0", "-0.2"]);
    }

    #[test]
    fn the_table_has_every_point() {
        let csv = attack_csv(
            AttackAxis::Effort("Queries"),
            &[attack(&[(10.0, 0.1, 0.2, 0.3)])],
        );
        assert_eq!(
            csv,
            "attack,effort,rate,low,high\n\"hill, climbing\",10,0.2,0.1,0.3\n"
        );
        assert!(attack_csv(AttackAxis::Threshold(""), &[]).starts_with("attack,threshold,"));
    }

    #[test]
    fn curves_that_cannot_be_drawn_are_refused() {
        let problem = |axis, points: &[_]| {
            let refused = attack_svg("t", axis, &[attack(points)]).unwrap_err();
            refused.to_string()
        };
        let (effort, threshold) = (AttackAxis::Effort("n"), AttackAxis::Threshold("t"));
        assert!(problem(effort, &[]).contains("\"hill, climbing\": no point"));
        for at in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(problem(effort, &[(at, 0.0, 0.0, 0.1)]).contains("a point at"));
        }
        for bad in [
            (1.0, 0.2, 0.1, 0.3),
            (1.0, 0.0, 0.1, 1.3),
            (1.0, f64::NAN, 0.1, 0.2),
        ] {
            assert!(problem(threshold, &[bad]).contains("expected 0 ≤ low"));
        }
        let back = [(2.0, 0.0, 0.0, 0.1), (1.0, 0.0, 0.0, 0.1)];
        assert!(problem(threshold, &back).contains("1 comes after 2"));
        assert!(attack_svg("t", effort, &[]).is_err());
    }

    #[test]
    fn each_attack_has_a_band_and_a_line() {
        let one = attack(&[(1.0, 0.0, 0.1, 0.2), (100.0, 0.3, 0.4, 0.5)]);
        for axis in [
            AttackAxis::Effort("Queries"),
            AttackAxis::Threshold("Distance"),
        ] {
            let svg = attack_svg("Attacks", axis, &[one.clone(), one.clone()]).unwrap();
            assert_eq!(
                (
                    svg.matches("<polygon").count(),
                    svg.matches("<circle").count()
                ),
                (2, 4)
            );
            assert!(svg.contains("hill, climbing") && svg.contains("Acceptance rate"));
        }
        let alone = attack(&[(-3.0, 0.0, 0.1, 0.2)]);
        assert!(attack_svg("Attacks", AttackAxis::Threshold("t"), &[alone]).is_ok());
    }
}
