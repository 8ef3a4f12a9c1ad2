//! How well the localizer does on photographs it has never seen.

use rayon::prelude::*;
use serde::Serialize;
use thenar_image::{HandSide, KEY_POINTS, KeyPoints, Point, RoiFrame};

use super::drawing::{Source, View, scramble};
use super::feed::inputs;
use super::loss::{HandLabel, to_pixels};
use super::network::{CELLS, LocalizerNet};
use super::sample::{Sample, view};
use crate::backend::Backend;
use crate::engine::infer;
use crate::error::TrainError;
use crate::params::Weights;

/// Drawings with these numbers are never trained on.
const FIRST: u64 = 1 << 40;
/// Photographs run at a time.
const BATCH: usize = 16;
/// Overlap from which a region of interest counts as found.
pub const ENOUGH: f32 = 0.85;
/// Half the width in cells of the window around the highest cell whose mean is the key point.
const REACH: usize = 3;

/// What was measured.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Scores {
    /// Views of whole photos.
    pub whole: ViewScores,
    /// Upright crops.
    pub upright: ViewScores,
    /// Fraction of pictures in which presence was told right.
    pub presence: f32,
    /// Fraction of hands whose side was told right.
    pub side: f32,
}

/// What was measured on one kind of view.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct ViewScores {
    /// Number of hands with both valleys that span the ROI in sight.
    pub hands: usize,
    /// Mean distance of visible key points from the truth, input pixels.
    pub error: f32,
    /// Mean distance of the two valleys that span the ROI, input pixels.
    pub valleys: f32,
    /// Fraction of hands whose ROI overlaps the true one by at least 0.85.
    pub roi: f32,
}

/// What the network says about one view.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Key points in input pixels.
    pub points: KeyPoints,
    /// Whether there is a palm.
    pub present: bool,
    /// Which hand.
    pub side: HandSide,
}

/// A fixed set of views.
#[derive(Debug)]
pub struct Examination {
    samples: Vec<Sample>,
}

/// Sums over hands of one kind of view.
#[derive(Default)]
struct Tally {
    points: f64,
    distance: f64,
    valleys: f64,
    hands: usize,
    found: usize,
}

impl Examination {
    /// `count` views of unseen drawings of `source`.
    pub fn draw(source: &impl Source, count: usize) -> Self {
        let samples = (FIRST..FIRST + count as u64)
            .into_par_iter()
            .map(|i| view(&source.draw(i), scramble(i)))
            .collect();
        Self { samples }
    }

    /// The views.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// What the network with `weights` says about every view.
    ///
    /// # Errors
    /// When the framework fails.
    pub fn read(&self, backend: Backend, weights: &[Weights]) -> Result<Vec<Reading>, TrainError> {
        let mut readings = Vec::with_capacity(self.samples.len());
        for samples in self.samples.chunks(BATCH) {
            let pictures: Vec<_> = samples.iter().map(|s| &s.rgb).collect();
            let outputs = infer(backend, &LocalizerNet, weights, &inputs(&pictures))?;
            let maps = outputs[0].data.chunks_exact(KEY_POINTS * CELLS * CELLS);
            readings.extend(maps.zip(&outputs[2].data).zip(&outputs[3].data).map(
                |((maps, &presence), &side)| {
                    let side = if side > 0.0 {
                        HandSide::Right
                    } else {
                        HandSide::Left
                    };
                    Reading {
                        points: decode(maps),
                        present: presence > 0.0,
                        side,
                    }
                },
            ));
        }
        Ok(readings)
    }

    /// Compares what the network with `weights` says about every view with the truth.
    ///
    /// # Errors
    /// When the framework fails.
    pub fn grade(&self, backend: Backend, weights: &[Weights]) -> Result<Scores, TrainError> {
        let mut tallies = [Tally::default(), Tally::default()];
        let (mut present_right, mut side_right, mut hands) = (0, 0, 0);
        for (sample, reading) in self.samples.iter().zip(self.read(backend, weights)?) {
            present_right += usize::from(reading.present == sample.label.hand.is_some());
            let Some(hand) = &sample.label.hand else {
                continue;
            };
            hands += 1;
            side_right += usize::from(reading.side == hand.side);
            tallies[usize::from(sample.view == View::Upright)].add(hand, &reading.points);
        }
        let [whole, upright] = &tallies;
        Ok(Scores {
            whole: whole.scores(),
            upright: upright.scores(),
            presence: present_right as f32 / self.samples.len().max(1) as f32,
            side: side_right as f32 / hands.max(1) as f32,
        })
    }
}

impl Tally {
    fn add(&mut self, hand: &HandLabel, points: &KeyPoints) {
        for ((got, want), weight) in points.iter().zip(&hand.points).zip(hand.weights) {
            if weight == 1.0 {
                self.points += 1.0;
                self.distance += f64::from(got.distance(*want));
            }
        }
        if hand.weights[1] < 1.0 || hand.weights[3] < 1.0 {
            return;
        }
        self.hands += 1;
        self.valleys +=
            f64::from(points[1].distance(hand.points[1]) + points[3].distance(hand.points[3]))
                / 2.0;
        self.found += usize::from(overlap(hand, points) >= ENOUGH);
    }

    fn scores(&self) -> ViewScores {
        let hands = self.hands.max(1) as f64;
        ViewScores {
            hands: self.hands,
            error: (self.distance / self.points.max(1.0)) as f32,
            valleys: (self.valleys / hands) as f32,
            roi: (self.found as f64 / hands) as f32,
        }
    }
}

/// Overlap of the region of interest spanned by `points` with the true one, 0–1.
pub fn overlap(hand: &HandLabel, points: &KeyPoints) -> f32 {
    match (
        RoiFrame::from_key_points(points),
        RoiFrame::from_key_points(&hand.points),
    ) {
        (Ok(got), Ok(want)) => got.iou(&want),
        _ => 0.0,
    }
}

/// Key points in input pixels from nine heat maps of logits: the mean of the softmax over a window around its peak.
pub fn decode(heatmaps: &[f32]) -> KeyPoints {
    let mut points = [Point::default(); KEY_POINTS];
    for (point, map) in points.iter_mut().zip(heatmaps.chunks_exact(CELLS * CELLS)) {
        let peak = (0..map.len())
            .max_by(|&a, &b| map[a].total_cmp(&map[b]))
            .unwrap_or(0);
        let (px, py) = (peak % CELLS, peak / CELLS);
        let (mut sum, mut mean) = (0.0, [0.0; 2]);
        for y in py.saturating_sub(REACH)..=(py + REACH).min(CELLS - 1) {
            for x in px.saturating_sub(REACH)..=(px + REACH).min(CELLS - 1) {
                let p = (map[y * CELLS + x] - map[peak]).exp();
                sum += p;
                mean[0] += p * x as f32;
                mean[1] += p * y as f32;
            }
        }
        *point = Point::new(to_pixels(mean[0] / sum), to_pixels(mean[1] / sum));
    }
    points
}

#[cfg(test)]
mod tests {
    use super::super::loss::to_cells;
    use super::*;

    #[test]
    fn a_bell_is_found_where_it_stands() {
        let want = Point::new(101.3, 57.8);
        let (cx, cy) = (to_cells(want.x), to_cells(want.y));
        let map: Vec<f32> = (0..CELLS * CELLS)
            .map(|i| -0.5 * (((i % CELLS) as f32 - cx).powi(2) + ((i / CELLS) as f32 - cy).powi(2)))
            .collect();
        let points = decode(&map.repeat(KEY_POINTS));
        assert!(points.iter().all(|p| p.distance(want) < 0.2), "{points:?}");
    }
}
