//! The distributions of genuine and impostor scores.

use std::fmt::Write;

use plotters::prelude::*;

use super::{GENUINE, IMPOSTOR, failed};
use crate::metrics::ErrorCurve;
use crate::{EvalError, Kind};

/// Room for the legend above the bars, as a multiple of the highest.
const HEADROOM: f64 = 1.2;

/// A step is not a round number in binary, so a score a little below an edge, in widths of a bin, is on it.
const ROUNDING: f64 = 1e-6;

/// Counts of genuine and impostor scores in equal bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Left end of the first bin, in the caller's scores.
    pub start: f64,
    /// Width of a bin.
    pub width: f64,
    /// Genuine scores per bin.
    pub genuine: Vec<u64>,
    /// Impostor scores per bin.
    pub impostor: Vec<u64>,
}

impl Histogram {
    /// About `bins` equal bins (at least one) over the range of all scores; the last one holds its right end too.
    ///
    /// Where scores come in steps, such as whole numbers, a bin is as wide as a whole number of steps: else some bins
    /// would hold one step more than their neighbours, and look like teeth.
    #[must_use]
    pub fn new(curve: &ErrorCurve, bins: usize) -> Self {
        let bins = bins.max(1);
        let (g, i) = curve.distributions();
        let start = f64::from(g.min.min(i.min));
        let end = f64::from(g.max.max(i.max));
        let even = (end - start) / bins as f64;
        let (width, bins) = match step(curve) {
            _ if end <= start => (1.0, bins),
            None => (even, bins),
            Some(step) => {
                let width = step * (even / step).ceil();
                // The right end begins a bin of its own.
                (width, ((end - start) / width + ROUNDING) as usize + 1)
            }
        };
        let count = |kind: Kind| {
            let mut counts = vec![0u64; bins];
            for (score, times) in curve.runs(kind) {
                let bin = ((f64::from(score) - start) / width + ROUNDING) as usize;
                counts[bin.min(bins - 1)] += times;
            }
            counts
        };
        let (genuine, impostor) = (count(Kind::Genuine), count(Kind::Impostor));
        Self {
            start,
            width,
            genuine,
            impostor,
        }
    }
}

/// The step of all scores of a curve, see [`common_step`].
fn step(curve: &ErrorCurve) -> Option<f64> {
    let runs = curve.runs(Kind::Genuine).chain(curve.runs(Kind::Impostor));
    common_step(runs.map(|(score, _)| f64::from(score)))
}

/// The step that all scores are a multiple of apart, where there are few enough steps for it to show. Equal scores may
/// come several times, but not many times as often as there are steps.
pub(crate) fn common_step(all: impl Iterator<Item = f64>) -> Option<f64> {
    const MOST_STEPS: usize = 20_000;
    let mut scores: Vec<f64> = Vec::new();
    for score in all {
        scores.push(score);
        if scores.len() > MOST_STEPS {
            return None;
        }
    }
    scores.sort_by(f64::total_cmp);
    scores.dedup();
    let apart = scores.windows(2).map(|w| w[1] - w[0]);
    let least = apart.clone().fold(f64::INFINITY, f64::min);
    // The least is one that rounding made a little too small; over all of them rounding does not matter.
    let steps: f64 = apart.clone().map(|gap| (gap / least).round()).sum();
    let step = apart.clone().sum::<f64>() / steps;
    let is_whole = |gap: f64| (gap / step - (gap / step).round()).abs() < 5e-3;
    (step.is_finite() && apart.clone().all(is_whole)).then_some(step)
}

/// The bins: `from,to,genuine,impostor`.
#[must_use]
pub fn histogram_csv(histogram: &Histogram) -> String {
    let mut text = String::from("from,to,genuine,impostor\n");
    for (bin, (genuine, impostor)) in histogram
        .genuine
        .iter()
        .zip(&histogram.impostor)
        .enumerate()
    {
        let from = histogram.start + bin as f64 * histogram.width;
        let _ = writeln!(
            text,
            "{from},{},{genuine},{impostor}",
            from + histogram.width
        );
    }
    text
}

/// The two distributions as SVG, each scaled to its own number of scores.
///
/// # Errors
/// [`EvalError::Plot`].
pub fn histogram_svg(title: &str, histogram: &Histogram) -> Result<String, EvalError> {
    marked_histogram_svg(title, histogram, "Score", &[])
}

/// The same with a name for the scores, and with lines at some of them, each with its name.
///
/// # Errors
/// [`EvalError::Plot`].
pub fn marked_histogram_svg(
    title: &str,
    histogram: &Histogram,
    scores: &str,
    marks: &[(f64, String)],
) -> Result<String, EvalError> {
    let mut svg = String::new();
    draw(&mut svg, title, histogram, (scores, marks)).map_err(failed("the score histogram"))?;
    Ok(svg)
}

fn draw(
    svg: &mut String,
    title: &str,
    histogram: &Histogram,
    (scores, marks): (&str, &[(f64, String)]),
) -> Result<(), Box<dyn std::error::Error>> {
    let kinds = [
        (&histogram.genuine, GENUINE, "genuine"),
        (&histogram.impostor, IMPOSTOR, "impostor"),
    ]
    .map(|(counts, colour, name)| (shares(counts), colour, name));
    let highest = kinds
        .iter()
        .flat_map(|(shares, ..)| shares)
        .copied()
        .fold(0.0, f64::max);
    let end = histogram.start + histogram.width * histogram.genuine.len() as f64;
    let root = SVGBackend::with_string(svg, (860, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption(title, ("sans-serif", 20))
        .x_label_area_size(48)
        .y_label_area_size(72)
        .build_cartesian_2d(histogram.start..end, 0.0..highest * HEADROOM)?;
    chart
        .configure_mesh()
        .x_desc(scores)
        .y_desc("Share of the scores of its kind")
        .y_label_formatter(&|share| format!("{:.1} %", share * 100.0))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 13))
        .draw()?;
    for (shares, colour, name) in kinds {
        let bars = shares
            .iter()
            .enumerate()
            .filter(|(_, share)| **share > 0.0)
            .map(|(bin, &share)| {
                let from = histogram.start + bin as f64 * histogram.width;
                Rectangle::new(
                    [(from, 0.0), (from + histogram.width, share)],
                    colour.mix(0.55).filled(),
                )
            });
        chart.draw_series(bars)?.label(name).legend(move |(x, y)| {
            Rectangle::new([(x, y - 5), (x + 14, y + 5)], colour.mix(0.55).filled())
        });
    }
    for (number, (at, name)) in marks.iter().enumerate() {
        // One name below the other and each line no higher than its name, so that near lines cross no name.
        let height = highest * (HEADROOM - 0.04 - 0.06 * number as f64);
        let line = [(*at, 0.0), (*at, height)];
        chart.draw_series(LineSeries::new(line, BLACK.stroke_width(1)))?;
        let beside = at + (end - histogram.start) / 150.0;
        let text = Text::new(name.clone(), (beside, height), ("sans-serif", 14));
        chart.draw_series([text])?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE)
        .label_font(("sans-serif", 14))
        .draw()?;
    root.present()?;
    Ok(())
}

fn shares(counts: &[u64]) -> Vec<f64> {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    counts.iter().map(|&count| count as f64 / all).collect()
}

#[cfg(test)]
mod tests {
    use super::common_step;

    #[test]
    fn steps_are_found_through_the_rounding_of_scores() {
        // Shares of 13,001, as a probe's weights give them, with gaps in the tails.
        let shares = (0..3000u16).filter(|n| n % 7 != 0 || (500..2500).contains(n));
        let scores = shares.map(|n| f64::from((f32::from(n) + 5000.0) / 13_001.0));
        let step = common_step(scores).unwrap();
        assert!((step * 13_001.0 - 1.0).abs() < 1e-5, "{step}");
        let smooth = (0..3000).map(|n| (f64::from(n) * 0.37).sin());
        assert!(common_step(smooth).is_none());
        assert!(common_step(std::iter::repeat_n(0.5, 9)).is_none());
        assert!(common_step(std::iter::empty()).is_none());
    }
}
