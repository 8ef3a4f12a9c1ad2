//! A start in closed form for the linear layers of a palm network.
//!
//! The competition tells palms apart before anything is learnt; random linear layers throw most of that away, and
//! the first thousands of steps get it back. This start takes one look at the training images instead: the first
//! linear layer whitens what the untrained convolutions read, a second one passes its strongest directions on, and
//! the class directions are the mean features of the identities. Everything is learnt from there.
//!
//! # Deviations
//! The papers begin with random numbers and train for thousands of epochs. This is for machines that cannot.

use faer::{Mat, MatRef, Side};

use super::feed::{Feed, inputs};
use super::{Learner, PalmNet, Reader};
use crate::backend::Backend;
use crate::engine::infer;
use crate::error::TrainError;
use crate::graph::Network;
use crate::layers::{Dense, Layer};
use crate::params::Params;

/// Images that go through the network together.
const TOGETHER: usize = 50;
/// Most images that are looked at: the work grows with the cube of their number.
const MOST: usize = 6000;
/// Share of the mean moment that is added to every direction before it is whitened.
const RIDGE: f64 = 0.3;

/// Sets the linear layers of `params` from images of `feed`.
///
/// # Errors
/// When the framework fails or the images span fewer directions than two.
pub fn start<N: PalmNet>(
    learner: &Learner<N>,
    params: &mut Params,
    backend: Backend,
    feed: &Feed,
) -> Result<(), TrainError> {
    start_with(learner, params, backend, feed.plain(MOST))
}

fn start_with<N: PalmNet>(
    learner: &Learner<N>,
    params: &mut Params,
    backend: Backend,
    images: Vec<(usize, Vec<u8>)>,
) -> Result<(), TrainError> {
    let (labels, images): (Vec<usize>, Vec<Vec<u8>>) = images.into_iter().unzip();
    let read = read(&learner.net, params, backend, &images)?;
    let layers = learner.survey()?.layers.into_iter();
    let dense: Vec<Dense> = layers
        .filter_map(|layer| match layer {
            Layer::Dense(dense) => Some(dense),
            _ => None,
        })
        .collect();
    let [first, middle @ .., head] = dense.as_slice() else {
        return Ok(());
    };
    let length = first.inputs;
    let x = MatRef::from_row_major_slice(&read, images.len(), length);
    let rows = whitening(x, first.outputs)?;
    // As large as random weights would be, so that published learning rates fit.
    let power = rows.squared_norm_l2() / (rows.nrows() * length) as f32;
    let scale = 1.0 / (3.0 * length as f32 * power).sqrt();
    let weights = params.tensor_mut(&first.name, 0)?;
    weights.fill(0.0);
    for (k, row) in weights
        .chunks_exact_mut(length)
        .take(rows.nrows())
        .enumerate()
    {
        for (j, value) in row.iter_mut().enumerate() {
            *value = scale * rows[(k, j)];
        }
    }
    params.tensor_mut(&first.name, 1)?.fill(0.0);
    for layer in middle {
        let weights = params.tensor_mut(&layer.name, 0)?;
        weights.fill(0.0);
        let rows = weights.chunks_exact_mut(layer.inputs).take(layer.inputs);
        rows.enumerate().for_each(|(k, row)| row[k] = 1.0);
        params.tensor_mut(&layer.name, 1)?.fill(0.0);
    }
    let kept = head.inputs.min(rows.nrows());
    let features = x * rows.get(..kept, ..).transpose();
    class_means(features.as_ref(), &labels, head, params)
}

/// What the untrained convolutions read from the images, row by row.
fn read<N: PalmNet>(
    net: &N,
    params: &Params,
    backend: Backend,
    images: &[Vec<u8>],
) -> Result<Vec<f32>, TrainError> {
    let reader = Reader(net.clone());
    let weights = params.weights();
    let mut rows = Vec::new();
    for part in images.chunks(TOGETHER) {
        let outputs = infer(backend, &reader, &weights, &inputs(part))?;
        rows.extend_from_slice(&outputs[0].data);
    }
    Ok(rows)
}

/// Up to `count` directions of the largest second moment of the rows of `x`, each divided by the root of its moment
/// plus a ridge, as rows.
///
/// There are fewer images than values, so the directions come from the products between images: with
/// `x xᵀ u = λ u` the direction is `xᵀ u / √λ` and its moment `λ / n`.
fn whitening(x: MatRef<'_, f32>, count: usize) -> Result<Mat<f32>, TrainError> {
    let n = x.nrows();
    let products = x * x.transpose();
    let eigen = products
        .self_adjoint_eigen(Side::Lower)
        .map_err(|e| TrainError::Backend {
            backend: "eigenvalues",
            reason: format!("{e:?}"),
        })?;
    // The decomposition sorts upwards.
    let values: Vec<f64> = (0..n)
        .rev()
        .map(|i| f64::from(eigen.S().column_vector()[i]).max(0.0))
        .collect();
    let ridge = RIDGE * values.iter().sum::<f64>() / n as f64;
    let significant = values.iter().filter(|&&v| v > 1e-6 * values[0]).count();
    let count = count.min(significant);
    let vectors = eigen.U();
    let scaled = Mat::from_fn(count, n, |k, i| {
        let factor = 1.0 / (values[k] * (values[k] + ridge)).sqrt();
        vectors[(i, n - 1 - k)] * factor as f32
    });
    Ok(scaled * x)
}

/// Sets the directions of the identities to the mean of their features of norm 1.
fn class_means(
    features: MatRef<'_, f32>,
    labels: &[usize],
    head: &Dense,
    params: &mut Params,
) -> Result<(), TrainError> {
    let directions = params.tensor_mut(&head.name, 0)?;
    directions.fill(0.0);
    for (i, label) in labels.iter().enumerate() {
        let row = features.row(i);
        let norm = row.norm_l2().max(f32::MIN_POSITIVE);
        let direction = &mut directions[label * head.inputs..][..head.inputs];
        for (value, k) in direction.iter_mut().zip(0..row.ncols()) {
            *value += row[k] / norm;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::palmnets::augment::normalise;
    use crate::palmnets::drawn::Palms;
    use crate::palmnets::feed::Source;
    use crate::palmnets::{CompNet, ROI};

    #[test]
    fn every_image_is_nearest_to_its_own_direction() {
        let learner = Learner {
            net: CompNet { feature: 16 },
            classes: 3,
            plain: false,
        };
        let palms = Source::Drawn(Palms::new(3, 5));
        let feed = Feed::new(palms, 5, 1);
        let survey = learner.survey().unwrap();
        let mut params = Params::random(&survey, 5);
        start_with(&learner, &mut params, Backend::Flex, feed.plain(9)).unwrap();
        let (labels, images): (Vec<_>, Vec<_>) = feed.plain(9).into_iter().unzip();
        let mut values: Vec<f32> = images.iter().flatten().map(|&v| f32::from(v)).collect();
        values.chunks_exact_mut(ROI * ROI).for_each(normalise);
        let input = crate::graph::Array::new(&[9, 1, ROI, ROI], values);
        let outputs = infer(Backend::Flex, &learner, &params.weights(), &input).unwrap();
        for (cosines, label) in outputs[0].data.chunks_exact(3).zip(labels) {
            assert!(
                cosines.iter().all(|&c| c <= cosines[label]),
                "{cosines:?} {label}"
            );
            assert!(cosines[label] > 0.3, "{cosines:?} {label}");
        }
    }
}
