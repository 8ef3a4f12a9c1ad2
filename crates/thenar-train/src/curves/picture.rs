//! The picture: one chart below the other, in the colours and sizes of `thenar-eval`.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::RGBColor;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Curves, Series, thinned};

type Drawn<T> = Result<T, Box<dyn std::error::Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Seven colours, apart also for the colour-blind (Okabe, Ito 2008); yellow is too light on white.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(0, 0, 0),
    RGBColor(86, 180, 233),
    RGBColor(230, 159, 0),
];
/// Width and height of a chart, width of the strip with the names; pixels.
const WIDTH: u32 = 760;
const HEIGHT: u32 = 280;
const LEGEND: u32 = 180;
/// Where a value of zero is drawn on an axis of decades.
const LOWEST: f64 = 1e-6;
/// Where the first name stands, and the height of a line; pixels.
const TOP: i32 = 30;
const LINE: i32 = 24;

/// One chart: values over steps.
struct Chart<'a> {
    unit: &'a str,
    series: &'a Series,
    kind: Kind,
}

/// What the values are.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// On an axis of decades.
    Loss,
    /// On an even axis.
    Rate,
    /// Each a measurement that gets a dot, on an axis of decades; of rates, where zero is drawn.
    Examination(Option<f64>),
}

/// All charts that have something to show.
pub(super) fn svg(curves: &Curves) -> Drawn<String> {
    let zero = curves.floor.unwrap_or(LOWEST);
    let charts = [
        ("Loss", &curves.losses, Kind::Loss),
        ("Learning rate", &curves.rate, Kind::Rate),
        (
            "Equal error rate",
            &curves.eer,
            Kind::Examination(Some(zero)),
        ),
        (
            "Key point error, px",
            &curves.distance,
            Kind::Examination(None),
        ),
    ];
    let charts = charts.map(|(unit, series, kind)| Chart { unit, series, kind });
    let shown: Vec<&Chart> = charts.iter().filter(|c| !c.series.is_empty()).collect();
    let all = curves.all().into_iter().flat_map(Series::values).flatten();
    let last = all.map(|p| p.0).max().unwrap_or(0).max(1) as f64;
    let mut svg = String::new();
    let size = (WIDTH + LEGEND, HEIGHT * shown.len() as u32);
    let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    for (chart, area) in shown.iter().zip(root.split_evenly((shown.len(), 1))) {
        let (area, legend) = area.split_horizontally(WIDTH);
        chart.draw(&area, last)?;
        chart.name(&legend)?;
    }
    root.present()?;
    drop(root);
    Ok(svg)
}

impl Chart<'_> {
    /// The series, the whole loss before its parts, without parts that are zero throughout.
    fn lines(&self) -> Vec<(&str, Vec<(f64, f64)>)> {
        let used = |points: &[(u64, f64)]| {
            self.kind != Kind::Loss || points.iter().any(|point| point.1 > 0.0)
        };
        let used = self.series.iter().filter(|(_, points)| used(points));
        let mut lines: Vec<_> = used
            .map(|(name, points)| (name.as_str(), thinned(points)))
            .collect();
        lines.sort_by_key(|(name, _)| *name != "total");
        let floor = match self.kind {
            Kind::Examination(Some(zero)) => zero,
            _ => LOWEST,
        };
        for (_, value) in lines.iter_mut().flat_map(|(_, points)| points) {
            *value = value.max(floor);
        }
        lines
    }

    fn draw(&self, area: &Area, last: f64) -> Drawn<()> {
        let lines = self.lines();
        let values = || lines.iter().flat_map(|(_, points)| points).map(|p| p.1);
        let mut builder = ChartBuilder::on(area);
        builder.margin(16).margin_right(32);
        builder.x_label_area_size(48).y_label_area_size(96);
        if self.kind == Kind::Rate {
            let highest = values().fold(LOWEST, f64::max);
            let chart = builder.build_cartesian_2d(0.0..last, 0.0..1.05 * highest)?;
            self.fill(chart, lines)
        } else {
            let axis = decades(values()).log_scale();
            let chart = builder.build_cartesian_2d(0.0..last, axis)?;
            self.fill(chart, lines)
        }
    }

    /// Draws axes and lines.
    fn fill<Y>(
        &self,
        mut chart: ChartContext<'_, SVGBackend<'_>, Cartesian2d<RangedCoordf64, Y>>,
        lines: Vec<(&str, Vec<(f64, f64)>)>,
    ) -> Drawn<()>
    where
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        chart
            .configure_mesh()
            .x_desc("Step")
            .y_desc(self.unit)
            .y_labels(7)
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| self.text(*y))
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 13))
            .draw()?;
        for (number, (_, points)) in lines.into_iter().enumerate() {
            let colour = COLOURS[number % COLOURS.len()];
            if points.len() == 1 || matches!(self.kind, Kind::Examination(_)) {
                let dots = points.iter().map(|&p| Circle::new(p, 3, colour.filled()));
                chart.draw_series(dots)?;
            }
            chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
        }
        Ok(())
    }

    /// A tick of the axis of values.
    fn text(&self, value: f64) -> String {
        match self.kind {
            Kind::Examination(Some(_)) => format!("{} %", round(value * 100.0)),
            _ => round(value).to_string(),
        }
    }

    /// The names of the lines, when there are several.
    fn name(&self, legend: &Area) -> Drawn<()> {
        let lines = self.lines();
        if lines.len() < 2 {
            return Ok(());
        }
        for (number, (name, _)) in lines.into_iter().enumerate() {
            let y = TOP + LINE * number as i32;
            let style = COLOURS[number % COLOURS.len()].stroke_width(2);
            legend.draw(&PathElement::new([(0, y), (22, y)], style))?;
            let font = ("sans-serif", 14).into_font().color(&BLACK);
            let middle = font.pos(Pos::new(HPos::Left, VPos::Center));
            legend.draw(&Text::new(name.to_owned(), (30, y), middle))?;
        }
        Ok(())
    }
}

/// The decades that hold `values`, which are more than zero.
fn decades(values: impl Iterator<Item = f64>) -> Range<f64> {
    let none = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.fold(none, |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return 0.0999..1.0;
    }
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    // A little below, or rounding can take away the lowest tick.
    0.999 * 10f64.powi(first)..10f64.powi(last.max(first + 1))
}

/// Two digits: ticks are round, and rounding must not show.
fn round(value: f64) -> f64 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_whole_decades() {
        let near = |values: &[f64], want: Range<f64>| {
            let got = decades(values.iter().copied());
            let off = (got.start / want.start - 0.999).abs() + (got.end / want.end - 1.0).abs();
            assert!(off < 1e-9, "{got:?}");
        };
        near(&[0.03, 4.0], 0.01..10.0);
        near(&[1.0], 1.0..10.0);
        near(&[], 0.1..1.0);
        assert_eq!((round(1e-3), round(1e-4 * 100.0)), (0.001, 0.01));
    }

    #[test]
    fn each_kind_of_figure_gets_a_chart() {
        let mut curves = Curves::default();
        let series = |names: &[&str], value: f64| -> Series {
            let points = |name: &&str| (name.to_string(), vec![(20, value), (40, value / 2.0)]);
            names.iter().map(points).collect()
        };
        curves.losses = series(&["contrastive", "total"], 3.0);
        curves.losses.insert("arcface".into(), vec![(20, 0.0)]);
        let two = svg(&Curves {
            rate: series(&["learning rate"], 1e-3),
            ..curves
        })
        .unwrap();
        assert!(two.contains("height=\"560\""), "{two:.200}");
        assert!(two.find("total").unwrap() < two.find("contrastive").unwrap());
        assert!(!two.contains("arcface") && !two.contains("Equal error rate"));
        let eer = Curves {
            eer: series(&["EER"], 0.0),
            floor: Some(0.005),
            ..Curves::default()
        };
        let one = svg(&eer).unwrap();
        assert!(one.contains("Equal error rate") && one.contains("0.1 %"));
    }
}
