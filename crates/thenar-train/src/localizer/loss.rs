//! What the localizer is trained to do, with gradients by hand.
//!
//! | output | loss | weight |
//! |---|---|---|
//! | heat maps | cross-entropy of the spatial softmax against a Gaussian of one cell | 1 |
//! | heat maps | smooth L1 of the softmax's mean (soft-argmax; Nibali et al. 2018, DSNT) in input pixels | 0.1 |
//! | edges | binary cross-entropy per cell | 2 |
//! | presence | binary cross-entropy | 1 |
//! | side | binary cross-entropy, present hands only | 0.5 |
//! | pose | squared error, present hands only | 1 |

use rayon::prelude::*;
use serde::Serialize;
use thenar_image::{HandSide, KEY_POINTS, Point};

use super::network::{CELLS, STRIDE};
use crate::graph::Array;

const COORDINATES: f32 = 0.1;
const EDGES: f32 = 2.0;
const PRESENCE: f32 = 1.0;
const SIDE: f32 = 0.5;
const POSE: f32 = 1.0;
/// Standard deviation of the target in cells.
const SIGMA: f32 = 1.0;
/// Below this error in pixels the coordinate loss is quadratic.
const SMOOTH: f32 = 1.0;
/// How much each point counts: twice for the two valleys that span the ROI.
const IMPORTANCE: [f32; KEY_POINTS] = [1.0, 2.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Cells in one map.
const AREA: usize = CELLS * CELLS;

/// The truth about one input image.
#[derive(Clone, Debug)]
pub struct Label {
    /// The hand, if there is one.
    pub hand: Option<HandLabel>,
    /// Edge map, 64×64 row-major, 0–1.
    pub edges: Vec<f32>,
}

/// The truth about one hand.
#[derive(Clone, Debug)]
pub struct HandLabel {
    /// Key points in pixels of the 256×256 input.
    pub points: [Point; KEY_POINTS],
    /// How much each point counts: 1 visible, ½ hidden, 0 outside the frame.
    pub weights: [f32; KEY_POINTS],
    /// Which hand.
    pub side: HandSide,
    /// Sine and cosine of the in-plane angle, yaw / 45°, pitch / 45°.
    pub pose: [f32; 4],
}

/// The parts of the loss, each before its weight, and their weighted sum.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Losses {
    /// The weighted sum.
    pub total: f32,
    /// Cross-entropy of the heat maps, nats per point.
    pub heat: f32,
    /// Smooth L1 of the coordinates, pixels per point.
    pub coordinates: f32,
    /// Cross-entropy of the edges, nats per cell.
    pub edges: f32,
    /// Cross-entropy of presence, nats.
    pub presence: f32,
    /// Cross-entropy of side, nats.
    pub side: f32,
    /// Squared error of the pose, summed over its four numbers.
    pub pose: f32,
}

/// The cell coordinate of an input pixel coordinate: cell `c` is centred on pixel `4c + 1.5`.
pub fn to_cells(pixel: f32) -> f32 {
    (pixel - (STRIDE as f32 - 1.0) / 2.0) / STRIDE as f32
}

/// The input pixel coordinate of a cell coordinate.
pub fn to_pixels(cell: f32) -> f32 {
    cell * STRIDE as f32 + (STRIDE as f32 - 1.0) / 2.0
}

/// The loss of `outputs` (as [`super::network::LocalizerNet`] gives them) for a batch with the truth `labels`, and its
/// gradient with respect to every output.
///
/// # Panics
/// When the outputs do not have one entry per label.
pub fn loss(outputs: &[Array], labels: &[Label]) -> (Losses, Vec<Array>) {
    let [heat, edges, presence, side, pose] = outputs else {
        panic!("{} outputs, expected 5", outputs.len())
    };
    assert_eq!(
        heat.data.len(),
        labels.len() * KEY_POINTS * AREA,
        "one heat map per point and label"
    );
    let mut losses = Losses::default();
    let gradients = vec![
        points_loss(heat, labels, &mut losses),
        edges_loss(edges, labels, &mut losses),
        presence_loss(presence, labels, &mut losses),
        side_loss(side, labels, &mut losses),
        pose_loss(pose, labels, &mut losses),
    ];
    losses.total = losses.heat
        + COORDINATES * losses.coordinates
        + EDGES * losses.edges
        + PRESENCE * losses.presence
        + SIDE * losses.side
        + POSE * losses.pose;
    (losses, gradients)
}

fn points_loss(heat: &Array, labels: &[Label], losses: &mut Losses) -> Array {
    let total: f32 = labels
        .iter()
        .flat_map(|l| &l.hand)
        .flat_map(importance)
        .sum::<f32>()
        .max(1.0);
    let mut gradient = Array::zeros(&heat.shape);
    let maps = gradient
        .data
        .par_chunks_exact_mut(AREA)
        .zip(heat.data.par_chunks_exact(AREA));
    let (cross, coordinates) = maps
        .enumerate()
        .map(|(i, (gradient, logits))| {
            let Some(hand) = &labels[i / KEY_POINTS].hand else {
                return (0.0, 0.0);
            };
            let weight = importance(hand)[i % KEY_POINTS] / total;
            if weight == 0.0 {
                return (0.0, 0.0);
            }
            let (cross, distance) =
                point_loss(logits, hand.points[i % KEY_POINTS], weight, gradient);
            (weight * cross, weight * distance)
        })
        .reduce(|| (0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
    losses.heat = cross;
    losses.coordinates = coordinates;
    gradient
}

/// How much each point of a hand counts.
fn importance(hand: &HandLabel) -> [f32; KEY_POINTS] {
    std::array::from_fn(|k| hand.weights[k] * IMPORTANCE[k])
}

/// Cross-entropy and coordinate loss of one heat map; adds `weight` times the gradient of their weighted sum.
fn point_loss(logits: &[f32], truth: Point, weight: f32, gradient: &mut [f32]) -> (f32, f32) {
    let (tx, ty) = (to_cells(truth.x), to_cells(truth.y));
    let target = [bell(tx), bell(ty)];
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (p, &z) in gradient.iter_mut().zip(logits) {
        *p = (z - top).exp();
        sum += *p;
    }
    let log_sum = sum.ln() + top;
    let (mut cross, mut mean) = (0.0, [0.0f32; 2]);
    for (y, (row, logits)) in gradient
        .chunks_exact_mut(CELLS)
        .zip(logits.chunks_exact(CELLS))
        .enumerate()
    {
        for (x, (p, &z)) in row.iter_mut().zip(logits).enumerate() {
            *p /= sum;
            mean[0] += *p * x as f32;
            mean[1] += *p * y as f32;
            cross -= target[0][x] * target[1][y] * (z - log_sum);
        }
    }
    let error = [
        (mean[0] - tx) * STRIDE as f32,
        (mean[1] - ty) * STRIDE as f32,
    ];
    let pull = error.map(|e| COORDINATES * STRIDE as f32 * smooth_l1(e).1);
    for (y, row) in gradient.chunks_exact_mut(CELLS).enumerate() {
        for (x, p) in row.iter_mut().enumerate() {
            let away = pull[0] * (x as f32 - mean[0]) + pull[1] * (y as f32 - mean[1]);
            *p = weight * (*p - target[0][x] * target[1][y] + *p * away);
        }
    }
    (cross, smooth_l1(error[0]).0 + smooth_l1(error[1]).0)
}

/// A Gaussian over the cells of one axis, of sum 1.
fn bell(centre: f32) -> [f32; CELLS] {
    let mut bell = [0.0; CELLS];
    for (i, b) in bell.iter_mut().enumerate() {
        let t = (i as f32 - centre) / SIGMA;
        *b = (-0.5 * t * t).exp();
    }
    let sum: f32 = bell.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    bell.map(|b| b / sum)
}

/// Smooth L1 of `e` and its slope.
fn smooth_l1(e: f32) -> (f32, f32) {
    if e.abs() < SMOOTH {
        (0.5 * e * e / SMOOTH, e / SMOOTH)
    } else {
        (e.abs() - 0.5 * SMOOTH, e.signum())
    }
}

fn edges_loss(edges: &Array, labels: &[Label], losses: &mut Losses) -> Array {
    let mut gradient = Array::zeros(&edges.shape);
    let count = edges.data.len() as f32;
    let truth = labels.iter().flat_map(|l| &l.edges);
    for ((g, &z), &t) in gradient.data.iter_mut().zip(&edges.data).zip(truth) {
        losses.edges += cross_entropy(z, t) / count;
        *g = EDGES * (sigmoid(z) - t) / count;
    }
    gradient
}

fn presence_loss(presence: &Array, labels: &[Label], losses: &mut Losses) -> Array {
    let mut gradient = Array::zeros(&presence.shape);
    let count = labels.len() as f32;
    for ((g, &z), label) in gradient.data.iter_mut().zip(&presence.data).zip(labels) {
        let t = f32::from(u8::from(label.hand.is_some()));
        losses.presence += cross_entropy(z, t) / count;
        *g = PRESENCE * (sigmoid(z) - t) / count;
    }
    gradient
}

fn side_loss(side: &Array, labels: &[Label], losses: &mut Losses) -> Array {
    let mut gradient = Array::zeros(&side.shape);
    let count = hands(labels);
    for ((g, &z), label) in gradient.data.iter_mut().zip(&side.data).zip(labels) {
        let Some(hand) = &label.hand else { continue };
        let t = if hand.side == HandSide::Right {
            1.0
        } else {
            0.0
        };
        losses.side += cross_entropy(z, t) / count;
        *g = SIDE * (sigmoid(z) - t) / count;
    }
    gradient
}

fn pose_loss(pose: &Array, labels: &[Label], losses: &mut Losses) -> Array {
    let mut gradient = Array::zeros(&pose.shape);
    let count = hands(labels);
    for ((g, z), label) in gradient
        .data
        .chunks_exact_mut(4)
        .zip(pose.data.chunks_exact(4))
        .zip(labels)
    {
        let Some(hand) = &label.hand else { continue };
        for i in 0..4 {
            let error = z[i] - hand.pose[i];
            losses.pose += error * error / count;
            g[i] = POSE * 2.0 * error / count;
        }
    }
    gradient
}

/// Number of hands, at least 1.
fn hands(labels: &[Label]) -> f32 {
    labels.iter().filter(|l| l.hand.is_some()).count().max(1) as f32
}

/// Binary cross-entropy of the logit `z` against `t`, without overflow.
fn cross_entropy(z: f32, t: f32) -> f32 {
    z.max(0.0) - z * t + (-z.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-z))`.
pub fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> Vec<Label> {
        let points =
            std::array::from_fn(|i| Point::new(20.0 + 25.0 * i as f32, 200.3 - 17.0 * i as f32));
        let mut weights = [1.0; KEY_POINTS];
        weights[3] = 0.5;
        weights[5] = 0.0;
        let pose = [0.6, 0.8, -0.2, 0.3];
        let hand = HandLabel {
            points,
            weights,
            side: HandSide::Right,
            pose,
        };
        let edges = (0..AREA).map(|i| f32::from(u8::from(i % 7 == 0))).collect();
        vec![
            Label {
                hand: Some(hand),
                edges,
            },
            Label {
                hand: None,
                edges: vec![0.0; AREA],
            },
        ]
    }

    fn outputs() -> Vec<Array> {
        let shapes = [
            [2, KEY_POINTS, CELLS, CELLS],
            [2, 1, CELLS, CELLS],
            [2, 1, 1, 1],
            [2, 1, 1, 1],
            [2, 4, 1, 1],
        ];
        let wave = |i: usize, s: &[usize]| {
            let n = s.iter().product();
            Array::new(
                s,
                (0..n).map(|j| (j as f32 * 0.37 + i as f32).sin()).collect(),
            )
        };
        shapes.iter().enumerate().map(|(i, s)| wave(i, s)).collect()
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let (labels, outputs) = (labels(), outputs());
        let (_, gradients) = loss(&outputs, &labels);
        // A move along the gradient changes the loss by the squared norm; measured per output.
        for (k, gradient) in gradients.iter().enumerate() {
            let norm: f64 = gradient.data.iter().map(|&g| f64::from(g).powi(2)).sum();
            let step = 2e-2 / norm.sqrt();
            let value = |sign: f64| {
                let mut moved = outputs.clone();
                for (z, &g) in moved[k].data.iter_mut().zip(&gradient.data) {
                    *z += (sign * step * f64::from(g)) as f32;
                }
                f64::from(loss(&moved, &labels).0.total)
            };
            let got = (value(1.0) - value(-1.0)) / (2.0 * step);
            assert!(
                (got / norm - 1.0).abs() < 2e-2,
                "output {k}: {got} instead of {norm}"
            );
        }
    }

    #[test]
    fn a_perfect_answer_costs_only_the_entropy_of_the_target() {
        let labels = labels();
        let mut outputs = outputs();
        for (i, map) in outputs[0].data.chunks_exact_mut(AREA).enumerate() {
            let Some(hand) = &labels[i / KEY_POINTS].hand else {
                continue;
            };
            let point = hand.points[i % KEY_POINTS];
            let (gx, gy) = (bell(to_cells(point.x)), bell(to_cells(point.y)));
            for (j, z) in map.iter_mut().enumerate() {
                *z = (gx[j % CELLS] * gy[j / CELLS]).max(1e-30).ln();
            }
        }
        let losses = loss(&outputs, &labels).0;
        let entropy = (std::f32::consts::TAU * std::f32::consts::E).ln();
        assert!((losses.heat - entropy).abs() < 0.05, "{losses:?}");
        assert!(losses.coordinates < 0.05, "{losses:?}");
    }

    #[test]
    fn points_outside_the_frame_and_absent_hands_do_not_pull() {
        let (_, gradients) = loss(&outputs(), &labels());
        assert!(
            gradients[0].data[5 * AREA..6 * AREA]
                .iter()
                .all(|&g| g == 0.0)
        );
        assert!(
            gradients[0].data[KEY_POINTS * AREA..]
                .iter()
                .all(|&g| g == 0.0)
        );
        assert_eq!(gradients[3].data[1], 0.0);
    }
}
