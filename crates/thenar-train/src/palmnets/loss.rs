//! The losses that the published networks learn from, with their gradients.

use faer::{Mat, MatRef};

use crate::graph::{Array, UNIT_FLOOR};

/// How much a cosine counts as a logit (ArcFace's s).
pub const SCALE: f32 = 30.0;
/// Angle added to that of the true identity, radians (ArcFace's m).
pub const MARGIN: f32 = 0.5;
/// Temperature of the contrastive loss (τ).
pub const TEMPERATURE: f32 = 0.07;
/// Keeps the slope of the angle finite where the cosine is 1.
const SMALLEST_SINE: f32 = 1e-4;

/// A loss and its gradient by what it was computed from, in the same shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The loss.
    pub value: f32,
    /// The gradient, row-major.
    pub gradient: Vec<f32>,
}

/// Mean cross-entropy of the softmax of rows of `logits` (`classes` each) against `labels`.
///
/// # Panics
/// When there is not one label per row.
pub fn cross_entropy(logits: &[f32], classes: usize, labels: &[usize]) -> Loss {
    assert_eq!(logits.len(), classes * labels.len(), "one label per row");
    let share = 1.0 / labels.len() as f32;
    let mut value = 0.0;
    let mut gradient = Vec::with_capacity(logits.len());
    for (row, &label) in logits.chunks_exact(classes).zip(labels) {
        let largest = row.iter().copied().fold(f32::MIN, f32::max);
        let total: f32 = row.iter().map(|v| (v - largest).exp()).sum();
        value -= share * (row[label] - largest - total.ln());
        let at = gradient.len() + label;
        gradient.extend(row.iter().map(|v| share * (v - largest).exp() / total));
        gradient[at] -= share;
    }
    Loss { value, gradient }
}

/// ArcFace (Deng et al. 2019, eq. 3): cross-entropy of `scale` times the cosines, where the angle to the true identity
/// is made larger by `margin`. Beyond π - `margin`, where the cosine would turn, it falls in a straight line, as in
/// the published code.
///
/// # Panics
/// When there is not one label per row.
pub fn arcface(
    cosines: &[f32],
    classes: usize,
    labels: &[usize],
    [scale, margin]: [f32; 2],
) -> Loss {
    let mut logits: Vec<f32> = cosines.iter().map(|c| scale * c).collect();
    let mut slopes = Vec::with_capacity(labels.len());
    for (row, &label) in logits.chunks_exact_mut(classes).zip(labels) {
        let cosine = (row[label] / scale).clamp(-1.0, 1.0);
        let (moved, slope) = with_margin(cosine, margin);
        row[label] = scale * moved;
        slopes.push(slope);
    }
    let mut loss = cross_entropy(&logits, classes, labels);
    let rows = loss.gradient.chunks_exact_mut(classes);
    for ((row, &label), slope) in rows.zip(labels).zip(slopes) {
        row.iter_mut().for_each(|g| *g *= scale);
        row[label] *= slope;
    }
    loss
}

/// The cosine of an angle made larger by `margin`, and its slope by the cosine.
fn with_margin(cosine: f32, margin: f32) -> (f32, f32) {
    let (sin, cos) = margin.sin_cos();
    if cosine <= -cos {
        return (cosine - sin * margin, 1.0);
    }
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let slope = cos + cosine / sine.max(SMALLEST_SINE) * sin;
    (cosine * cos - sine * sin, slope)
}

/// What the supervised contrastive loss wants to be near each vector: all others of the same label alike, `[N, N]`. Rows add
/// up to 1, or to 0 where a label stands alone.
pub fn same_label(labels: &[usize]) -> Vec<f32> {
    let row = |(i, label): (usize, &usize)| {
        let positive = |&j: &usize| j != i && labels[j] == *label;
        let share = 1.0 / (0..labels.len()).filter(positive).count().max(1) as f32;
        let aim = move |j: usize| if positive(&j) { share } else { 0.0 };
        (0..labels.len()).map(aim).collect::<Vec<f32>>()
    };
    labels.iter().enumerate().flat_map(row).collect()
}

/// Contrastive loss of unit vectors of `length` values: the cross-entropy between `aims`, how much of each vector's nearness
/// every other one should have, and the softmax of its cosines over `temperature`. With the aims of [`same_label`] that is the
/// supervised contrastive loss (Khosla et al. 2020, eq. 2), where a vector without a positive counts as zero.
///
/// # Panics
/// When there is not one aim for every two vectors.
pub fn contrastive(vectors: &[f32], length: usize, aims: &[f32], temperature: f32) -> Loss {
    let n = vectors.len() / length;
    assert_eq!(aims.len(), n * n, "one aim for every two vectors");
    let z = MatRef::from_row_major_slice(vectors, n, length);
    let similar = z * z.transpose();
    let share = 1.0 / n as f32;
    let mut value = 0.0;
    let mut slopes = Mat::<f32>::zeros(n, n);
    for (i, aims) in aims.chunks_exact(n).enumerate() {
        let all: f32 = aims.iter().sum();
        if all == 0.0 {
            continue;
        }
        let logit = |j: usize| similar[(i, j)] / temperature;
        let others = || (0..n).filter(|&j| j != i);
        let largest = others().map(logit).fold(f32::MIN, f32::max);
        let total: f32 = others().map(|j| (logit(j) - largest).exp()).sum();
        for j in others() {
            value -= share * aims[j] * (logit(j) - largest - total.ln());
            let slope = all * (logit(j) - largest).exp() / total - aims[j];
            slopes[(i, j)] = share * slope / temperature;
        }
    }
    let both = &slopes + slopes.transpose();
    let gradient = both * z;
    Loss {
        value,
        gradient: (0..n * length)
            .map(|i| gradient[(i / length, i % length)])
            .collect(),
    }
}

/// What the contrastive loss of DCPV compares: tanh of every row of `length` values, scaled to norm 1. It drives features
/// towards two values, so that little is lost when they become bits (Yang et al. 2024, eq. 3).
///
/// # Deviations
/// The paper applies tanh to the feature after the first-level token; here, as in the public code, to the feature
/// itself. The public code adds a third loss (OrthoHash) that the paper does not have; it is left out.
///
/// # Panics
/// When there is not one aim for every two rows.
pub fn contrastive_of_tanh(
    features: &[f32],
    length: usize,
    aims: &[f32],
    temperature: f32,
) -> Loss {
    let mut unit: Vec<f32> = features.iter().map(|v| v.tanh()).collect();
    let mut norms = Vec::with_capacity(features.len() / length);
    for row in unit.chunks_exact_mut(length) {
        let norm = (row.iter().map(|v| v * v).sum::<f32>() + UNIT_FLOOR).sqrt();
        row.iter_mut().for_each(|v| *v /= norm);
        norms.push(norm);
    }
    let mut loss = contrastive(&unit, length, aims, temperature);
    let rows = loss.gradient.chunks_exact_mut(length);
    for ((gradient, row), norm) in rows.zip(unit.chunks_exact(length)).zip(norms) {
        let along: f32 = gradient.iter().zip(row).map(|(g, u)| g * u).sum();
        for (g, u) in gradient.iter_mut().zip(row) {
            let squashed = u * norm;
            *g = (*g - along * u) / norm * (1.0 - squashed * squashed);
        }
    }
    loss
}

/// What is learnt from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mixture {
    /// Weight of ArcFace, 0–1; the contrastive loss has the rest.
    pub weight: f32,
    /// Whether the contrastive loss is that of [`contrastive_of_tanh`].
    pub tanh: bool,
}

/// The parts of a step's loss.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Losses {
    /// Weighted sum.
    pub total: f32,
    /// ArcFace on the first views.
    pub arcface: f32,
    /// Contrastive over both views.
    pub contrastive: f32,
    /// Share of first views whose nearest direction is that of their identity.
    pub accuracy: f32,
}

/// `weight` · ArcFace of the first half of the batch + (1 - `weight`) · contrastive of all of it, and the gradients by
/// the two outputs of [`super::Learner`]. Image `i` and image `i + half` show the same palm; `aims` as for [`contrastive`].
///
/// # Panics
/// When there is not one label per image and one aim for every two.
pub fn loss(
    outputs: &[Array],
    labels: &[usize],
    aims: &[f32],
    mixture: Mixture,
) -> (Losses, Vec<Array>) {
    let Mixture { weight, tanh } = mixture;
    let [cosines, contrast] = outputs else {
        return (Losses::default(), Vec::new());
    };
    let (classes, length) = (cosines.shape[1], contrast.shape[1]);
    let half = labels.len() / 2;
    let first = &cosines.data[..half * classes];
    let arc = arcface(first, classes, &labels[..half], [SCALE, MARGIN]);
    let mut by_cosines = Array::zeros(&cosines.shape);
    for (to, from) in by_cosines.data.iter_mut().zip(&arc.gradient) {
        *to = weight * from;
    }
    let mut by_contrast = Array::zeros(&contrast.shape);
    let mut value = 0.0;
    // Nothing is computed for networks that learn without it.
    if weight < 1.0 {
        let contrastive = if tanh {
            contrastive_of_tanh
        } else {
            contrastive
        };
        let loss = contrastive(&contrast.data, length, aims, TEMPERATURE);
        value = loss.value;
        for (to, from) in by_contrast.data.iter_mut().zip(&loss.gradient) {
            *to = (1.0 - weight) * from;
        }
    }
    let right = first
        .chunks_exact(classes)
        .zip(labels)
        .filter(|(row, label)| row.iter().all(|v| *v <= row[**label]))
        .count();
    let losses = Losses {
        total: weight * arc.value + (1.0 - weight) * value,
        arcface: arc.value,
        contrastive: value,
        accuracy: right as f32 / half.max(1) as f32,
    };
    (losses, vec![by_cosines, by_contrast])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers in -1 to 1 without pattern.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count)
            .map(|i| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0)
            .collect()
    }

    fn unit_rows(count: usize, length: usize) -> Vec<f32> {
        let mut rows = numbers(count * length);
        for row in rows.chunks_exact_mut(length) {
            let norm = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            row.iter_mut().for_each(|v| *v /= norm);
        }
        rows
    }

    fn check_gradient(x: &[f32], loss: impl Fn(&[f32]) -> Loss, slow: impl Fn(&[f32]) -> f64) {
        let got = loss(x);
        let want = slow(x);
        assert!((f64::from(got.value) - want).abs() < 1e-5 * (1.0 + want.abs()));
        for i in 0..x.len() {
            let step = 1e-3;
            let (mut low, mut high) = (x.to_vec(), x.to_vec());
            low[i] -= step;
            high[i] += step;
            let want = (slow(&high) - slow(&low)) / f64::from(high[i] - low[i]);
            let error = (f64::from(got.gradient[i]) - want).abs();
            assert!(
                error < 2e-3 * (1.0 + want.abs()),
                "{i}: {} {want}",
                got.gradient[i]
            );
        }
    }

    /// Cross-entropy as it is written in books.
    fn slow_entropy(logits: &[f64], classes: usize, labels: &[usize]) -> f64 {
        let rows = logits.chunks(classes).zip(labels);
        let terms = rows.map(|(row, &label)| {
            let total: f64 = row.iter().map(|v| v.exp()).sum();
            -(row[label].exp() / total).ln()
        });
        terms.sum::<f64>() / labels.len() as f64
    }

    #[test]
    fn cross_entropy_agrees_with_its_definition() {
        let labels = [2, 0, 3];
        check_gradient(
            &numbers(12),
            |x| cross_entropy(x, 4, &labels),
            |x| {
                let x: Vec<f64> = x.iter().map(|&v| f64::from(v)).collect();
                slow_entropy(&x, 4, &labels)
            },
        );
    }

    #[test]
    fn arcface_adds_to_the_angle_of_the_true_identity() {
        let labels = [2, 0, 3, 1];
        let mut cosines: Vec<f32> = numbers(16).iter().map(|v| 0.8 * v).collect();
        // The last one lies where the margin would pass π.
        cosines[13] = -0.95;
        let (scale, margin) = (3.0, 0.5f64);
        check_gradient(
            &cosines,
            |x| arcface(x, 4, &labels, [scale, margin as f32]),
            |x| {
                let mut logits: Vec<f64> = x.iter().map(|&v| 3.0 * f64::from(v)).collect();
                for (i, label) in labels.iter().enumerate() {
                    let angle = (logits[4 * i + label] / 3.0).acos();
                    logits[4 * i + label] = 3.0
                        * if angle + margin < std::f64::consts::PI {
                            (angle + margin).cos()
                        } else {
                            angle.cos() - margin * margin.sin()
                        };
                }
                slow_entropy(&logits, 4, &labels)
            },
        );
    }

    /// The labels of seven vectors, and their supervised contrastive loss as its paper writes it.
    const SEVEN: [usize; 7] = [0, 1, 2, 0, 1, 0, 3];

    fn slow_contrastive(z: &[Vec<f64>]) -> f64 {
        let e = |i: usize, j: usize| {
            let dot: f64 = z[i].iter().zip(&z[j]).map(|(a, b)| a * b).sum();
            (dot / 0.5).exp()
        };
        let mut sum = 0.0;
        for (i, label) in SEVEN.iter().enumerate() {
            let total: f64 = (0..7).filter(|&a| a != i).map(|a| e(i, a)).sum();
            let positives: Vec<_> = (0..7).filter(|&p| p != i && SEVEN[p] == *label).collect();
            for &p in &positives {
                sum -= (e(i, p) / total).ln() / positives.len() as f64;
            }
        }
        sum / 7.0
    }

    fn rows_of_five(x: &[f32]) -> Vec<Vec<f64>> {
        let row = |r: &[f32]| r.iter().map(|&v| f64::from(v)).collect();
        x.chunks(5).map(row).collect()
    }

    #[test]
    fn contrastive_agrees_with_its_definition() {
        check_gradient(
            &unit_rows(7, 5),
            |x| contrastive(x, 5, &same_label(&SEVEN), 0.5),
            |x| slow_contrastive(&rows_of_five(x)),
        );
    }

    #[test]
    fn contrastive_agrees_with_cross_entropy_for_any_aims() {
        let mut aims = numbers(49).iter().map(|v| v * v).collect::<Vec<f32>>();
        (0..7).for_each(|i| aims[8 * i] = 0.0);
        check_gradient(
            &unit_rows(7, 5),
            |x| contrastive(x, 5, &aims, 0.5),
            |x| {
                let z = rows_of_five(x);
                let logit = |i: usize, j: usize| {
                    let dot: f64 = z[i].iter().zip(&z[j]).map(|(a, b)| a * b).sum();
                    dot / 0.5
                };
                let mut sum = 0.0;
                for i in 0..7 {
                    let others = || (0..7).filter(move |&j| j != i);
                    let total: f64 = others().map(|j| logit(i, j).exp()).sum();
                    for j in others() {
                        sum -= f64::from(aims[7 * i + j]) * (logit(i, j).exp() / total).ln();
                    }
                }
                sum / 7.0
            },
        );
    }

    #[test]
    fn contrastive_of_tanh_agrees_with_its_definition() {
        let features: Vec<f32> = numbers(35).iter().map(|v| 2.0 * v).collect();
        check_gradient(
            &features,
            |x| contrastive_of_tanh(x, 5, &same_label(&SEVEN), 0.5),
            |x| {
                let mut rows = rows_of_five(x);
                for row in &mut rows {
                    row.iter_mut().for_each(|v| *v = v.tanh());
                    let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
                    row.iter_mut().for_each(|v| *v /= norm);
                }
                slow_contrastive(&rows)
            },
        );
        // A feature of nothing but zeros has no direction; it must not become one that is not a number.
        let zero = contrastive_of_tanh(&[0.0; 10], 5, &same_label(&[0, 0]), 0.5);
        assert!(zero.gradient.iter().all(|g| g.is_finite()));
    }

    #[test]
    fn the_sum_is_weighted_and_only_first_views_are_classified() {
        let labels = [0, 1, 0, 1];
        let aims = same_label(&labels);
        let outputs = [
            Array::new(&[4, 2, 1, 1], numbers(8).iter().map(|v| v * 0.9).collect()),
            Array::new(&[4, 3, 1, 1], unit_rows(4, 3)),
        ];
        let mixture = |weight, tanh| Mixture { weight, tanh };
        let (losses, gradients) = loss(&outputs, &labels, &aims, mixture(0.8, false));
        assert!((losses.total - 0.8 * losses.arcface - 0.2 * losses.contrastive).abs() < 1e-5);
        assert!(gradients[0].data[..4].iter().all(|&g| g != 0.0));
        assert!(gradients[0].data[4..].iter().all(|&g| g == 0.0));
        assert!(gradients[1].data.iter().any(|&g| g != 0.0));
        let labels = [0, 0, 1, 1];
        let aims = same_label(&labels);
        let (plain, _) = loss(&outputs, &labels, &aims, mixture(0.8, false));
        let (squashed, _) = loss(&outputs, &labels, &aims, mixture(0.8, true));
        let want = contrastive_of_tanh(&outputs[1].data, 3, &aims, TEMPERATURE);
        assert_eq!(squashed.contrastive, want.value);
        assert!((squashed.contrastive - plain.contrastive).abs() > 1e-3);
        let (alone, gradients) = loss(&outputs, &labels, &aims, mixture(1.0, false));
        assert_eq!(alone.total, plain.arcface);
        assert!(gradients[1].data.iter().all(|&g| g == 0.0));
    }
}
