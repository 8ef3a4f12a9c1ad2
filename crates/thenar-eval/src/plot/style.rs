//! What all curves share: colours, a line with its name, the legend, rates as text.

use std::fmt::Write;

use plotters::prelude::*;
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::failed;
use crate::EvalError;
use crate::metrics::{ErrorCurve, Errors};

/// Points on a curve: more than a picture can show.
pub(super) const STEPS: usize = 400;

/// A drawing area of an SVG.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
/// What the drawing library returns.
pub(super) type Drawn = Result<(), Box<dyn std::error::Error>>;

/// Seven colours, apart also for the colour-blind (Okabe, Ito 2008); yellow is too light on white.
const COLOURS: [RGBColor; 7] = [
    super::GENUINE,
    super::IMPOSTOR,
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];
/// Width of the strip with the names, and where its first line stands; height of a line; letters of a name. In pixels.
const LEGEND: u32 = 240;
const TOP: i32 = 60;
const LINE: i32 = 24;
const LONGEST_NAME: usize = 26;
/// Length and gap of a dash, in pixels: the eighth system has the first colour again, dashed.
const DASH: (i32, i32) = (8, 5);

/// The curve of system `number`, from 0.
///
/// A curve that is one point is drawn as a dot: a line of no length cannot be seen.
pub(super) fn draw_system<'a, DB, X, Y>(
    chart: &mut ChartContext<'a, DB, Cartesian2d<X, Y>>,
    number: usize,
    line: Vec<(f64, f64)>,
) -> Drawn
where
    DB: DrawingBackend + 'a,
    DB::ErrorType: 'static,
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let (colour, dashed) = look(number);
    let style = colour.stroke_width(2);
    let is_dot = line
        .first()
        .is_some_and(|first| line.iter().all(|p| p == first));
    if is_dot {
        let dot = Circle::new(line[0], 5, colour.filled());
        chart.draw_series(std::iter::once(dot))?;
    } else if dashed {
        chart.draw_series(DashedLineSeries::new(line, DASH.0, DASH.1, style))?;
    } else {
        chart.draw_series(LineSeries::new(line, style))?;
    }
    Ok(())
}

/// A shaded area in the colour of system `number`; nothing for fewer than three corners.
pub(super) fn draw_band<'a, DB, X, Y>(
    chart: &mut ChartContext<'a, DB, Cartesian2d<X, Y>>,
    number: usize,
    outline: Vec<(f64, f64)>,
) -> Drawn
where
    DB: DrawingBackend + 'a,
    DB::ErrorType: 'static,
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    if outline.len() < 3 {
        return Ok(());
    }
    let area = Polygon::new(outline, look(number).0.mix(0.18).filled());
    chart.draw_series([area])?;
    Ok(())
}

/// A picture whose chart is so wide and high; systems, each with its number and name, get a strip to its right, where they hide no curve.
pub(super) fn canvas<'a>(
    svg: &'a mut String,
    (width, height): (u32, u32),
    names: &[(usize, &str)],
) -> Result<Area<'a>, Box<dyn std::error::Error>> {
    let named = names.iter().any(|(_, name)| !name.is_empty());
    let strip = if named { LEGEND } else { 0 };
    // Very many systems make the picture higher rather than run out of it.
    let needed = TOP + LINE * names.len() as i32;
    let height = height.max(u32::try_from(needed).unwrap_or(height));
    let root = SVGBackend::with_string(svg, (width + strip, height)).into_drawing_area();
    root.fill(&WHITE)?;
    if !named {
        return Ok(root);
    }
    let (chart, legend) = root.split_horizontally(width);
    for (line, &(number, name)) in names.iter().enumerate() {
        let y = TOP + LINE * line as i32;
        let (colour, dashed) = look(number);
        let style = colour.stroke_width(2);
        // A gap in the middle is the dash.
        let ends = if dashed {
            [0, 8, 14, 22]
        } else {
            [0, 11, 11, 22]
        };
        for part in [[ends[0], ends[1]], [ends[2], ends[3]]] {
            legend.draw(&PathElement::new(part.map(|x| (x, y)), style))?;
        }
        let font = ("sans-serif", 14).into_font().color(&BLACK);
        let middle = font.pos(Pos::new(HPos::Left, VPos::Center));
        legend.draw(&Text::new(shortened(name), (30, y), middle))?;
    }
    Ok(chart)
}

/// Where curves of no system can be seen: words instead of an empty picture.
pub(super) fn say(area: &Area<'_>, words: &str) -> Drawn {
    let (width, height) = area.dim_in_pixel();
    let font = ("sans-serif", 16).into_font().color(&BLACK);
    let middle = font.pos(Pos::new(HPos::Center, VPos::Center));
    // Above the middle, where the line of equal error is.
    let at = (width as i32 / 2, height as i32 / 3);
    area.draw(&Text::new(words.to_owned(), at, middle))?;
    Ok(())
}

fn look(number: usize) -> (RGBColor, bool) {
    let dashed = (number / COLOURS.len()) % 2 == 1;
    (COLOURS[number % COLOURS.len()], dashed)
}

/// The colour of system `number`.
pub(super) fn colour(number: usize) -> RGBColor {
    look(number).0
}

/// A name that fits beside the chart.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST_NAME {
        return name.to_owned();
    }
    let start: String = name.chars().take(LONGEST_NAME - 1).collect();
    format!("{start}…")
}

/// A dot at each point of system `number`.
pub(super) fn draw_dots<'a, DB, X, Y>(
    chart: &mut ChartContext<'a, DB, Cartesian2d<X, Y>>,
    number: usize,
    points: &[(f64, f64)],
) -> Drawn
where
    DB: DrawingBackend + 'a,
    DB::ErrorType: 'static,
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let (colour, _) = look(number);
    let dots = points.iter().map(|&p| Circle::new(p, 3, colour.filled()));
    chart.draw_series(dots)?;
    Ok(())
}

/// The points of a curve as CSV under `columns`, each as `row` writes it.
pub(super) fn curve_csv(
    columns: &str,
    curve: &ErrorCurve,
    row: impl Fn(&Errors) -> String,
) -> String {
    let mut text = format!("{columns}\n");
    for p in curve.for_picture(STEPS) {
        let _ = writeln!(text, "{}", row(&p));
    }
    text
}

/// The same of several curves, with the name of the system before each point.
pub(super) fn systems_csv(
    columns: &str,
    systems: &[(&str, &ErrorCurve)],
    row: impl Fn(&Errors) -> String,
) -> String {
    let mut text = format!("system,{columns}\n");
    for (name, curve) in systems {
        let name = csv_field(name);
        for p in curve.for_picture(STEPS) {
            let _ = writeln!(text, "{name},{}", row(&p));
        }
    }
    text
}

/// The SVG that `draw` makes of at least one system.
pub(super) fn picture<T>(
    what: &'static str,
    systems: &[T],
    draw: impl FnOnce(&mut String) -> Drawn,
) -> Result<String, EvalError> {
    some(systems, what)?;
    let mut svg = String::new();
    draw(&mut svg).map_err(failed(what))?;
    Ok(svg)
}

/// A chart without a curve says nothing: refused.
pub(super) fn some<T>(systems: &[T], what: &'static str) -> Result<(), EvalError> {
    if systems.is_empty() {
        let problem = "no system was given, expected at least one".to_owned();
        return Err(EvalError::Plot { what, problem });
    }
    Ok(())
}

/// Where an axis of rates that ends at 1 begins: the highest round number that leaves `lowest` on it.
pub(super) fn round_start(lowest: f64) -> f64 {
    let starts = [0.999, 0.99, 0.98, 0.95, 0.9, 0.8, 0.5];
    let fits = |start: &f64| *start < lowest;
    starts.into_iter().find(fits).unwrap_or(0.0)
}

/// The axis of rates from `start` to 1, with room for a line at 1.
pub(super) fn rates_from(start: f64) -> std::ops::Range<f64> {
    start..1.0 + (1.0 - start) * 0.04
}

/// A rate in per cent with the digits that an axis of rates from `start` needs; nothing beyond 100 %.
pub(super) fn rate_text(rate: f64, start: f64) -> String {
    if rate > 1.0 + 1e-9 {
        return String::new();
    }
    let digits = match 1.0 - start {
        span if span < 0.005 => 2,
        span if span < 0.06 => 1,
        _ => 0,
    };
    format!("{:.digits$} %", rate * 100.0)
}

/// A field of CSV: in quotes where it holds a comma, a quote or a line break (RFC 4180).
pub(super) fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_begin_at_round_rates() {
        for (lowest, start) in [
            (1.0, 0.999),
            (0.9985, 0.99),
            (0.8, 0.5),
            (0.3, 0.0),
            (0.0, 0.0),
        ] {
            assert_eq!(round_start(lowest), start, "{lowest}");
        }
        assert_eq!(rate_text(0.9995, 0.999), "99.95 %");
        assert_eq!(rate_text(0.5, 0.0), "50 %");
        assert_eq!(rate_text(1.02, 0.5), "");
    }

    #[test]
    fn long_names_are_cut_between_letters() {
        assert_eq!(shortened("掌紋"), "掌紋");
        let cut = shortened(&"掌".repeat(100));
        assert_eq!(cut.chars().count(), LONGEST_NAME);
        assert!(cut.ends_with('…'));
    }

    #[test]
    fn names_with_commas_are_quoted() {
        assert_eq!(csv_field("plain name"), "plain name");
        assert_eq!(csv_field("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
