//! A start in closed form for the linear layers of a palm network.
//!
//! The competition tells palms apart before anything is learnt; random linear layers throw most of that away, and
//! the first thousands of steps get it back. This start takes one look at the training images instead: the first
//! linear layer whitens what the untrained convolutions read, less its mean, a second one passes its strongest directions on, and
//! the class directions are the mean features of the identities. Everything is learnt from there.
//!
//! # Deviations
//! The papers begin with random numbers and train for thousands of epochs. This is for machines that cannot.

use faer::{Mat, MatRef, Side};

use super::feed::{Feed, inputs, learning_inputs};
use super::{Learner, PalmNet, Reader};
use crate::backend::Backend;
use crate::engine::{gradient, infer};
use crate::error::TrainError;
use crate::graph::{Array, Network};
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
    see_statistics(learner, params, backend, &images)?;
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
    let mean = mean_row(x);
    let x = Mat::from_fn(images.len(), length, |i, j| x[(i, j)] - mean[j]);
    let x = x.as_ref();
    let rows = whitening(x, first.outputs)?;
    set_first(params, first, &rows, &mean)?;
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

/// Sets the first linear layer to these rows of what was read less its mean.
fn set_first(
    params: &mut Params,
    first: &Dense,
    rows: &Mat<f32>,
    mean: &[f32],
) -> Result<(), TrainError> {
    let length = first.inputs;
    // As large as random weights would be. A step of Adam moves every weight by the learning rate: one that suits random
    // weights may still be too large for what these tell apart.
    let power = rows.squared_norm_l2() / (rows.nrows() * length) as f32;
    let scale = 1.0 / (3.0 * length as f32 * power).sqrt();
    let mut weights = vec![0.0; first.outputs * length];
    let mut biases = vec![0.0; first.outputs];
    let outputs = weights.chunks_exact_mut(length).zip(&mut biases);
    for (k, (weights, bias)) in outputs.take(rows.nrows()).enumerate() {
        for (j, (weight, mean)) in weights.iter_mut().zip(mean).enumerate() {
            *weight = scale * rows[(k, j)];
            *bias -= *weight * mean;
        }
    }
    params.tensor_mut(&first.name, 0)?.copy_from_slice(&weights);
    params.tensor_mut(&first.name, 1)?.copy_from_slice(&biases);
    Ok(())
}

/// Sets the statistics of batch normalisation to those of a batch from everywhere in the training images: learning will
/// use such a batch's own, and the closed form should see what learning sees.
fn see_statistics<N: PalmNet>(
    learner: &Learner<N>,
    params: &mut Params,
    backend: Backend,
    images: &[Vec<u8>],
) -> Result<(), TrainError> {
    if !params.layers().iter().any(|l| matches!(l, Layer::Norm(_))) {
        return Ok(());
    }
    let step = images.len().div_ceil(TOGETHER);
    let batch: Vec<Vec<u8>> = images.iter().step_by(step).cloned().collect();
    let no_loss = |outputs: &[Array]| {
        let zero = |o: &Array| Array::new(&o.shape, vec![0.0; o.data.len()]);
        outputs.iter().map(zero).collect()
    };
    let input = learning_inputs(&batch);
    let seen = gradient(backend, learner, &params.weights(), &input, 0, no_loss)?;
    params.adopt_statistics(&seen);
    Ok(())
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

/// The mean of the rows.
fn mean_row(x: MatRef<'_, f32>) -> Vec<f32> {
    let mean = |j| x.col(j).iter().map(|&v| f64::from(v)).sum::<f64>() / x.nrows() as f64;
    (0..x.ncols()).map(|j| mean(j) as f32).collect()
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
    use crate::palmnets::drawn::Palms;
    use crate::palmnets::feed::Source;
    use crate::palmnets::{Co3Net, CompNet};

    fn every_image_is_nearest_to_its_own_direction<N: PalmNet>(net: N) {
        let learner = Learner {
            net,
            classes: 3,
            plain: false,
        };
        let palms = Source::Drawn(Palms::new(3, 5));
        let feed = Feed::new(palms, 5, 1);
        let survey = learner.survey().unwrap();
        let mut params = Params::random(&survey, 5);
        start_with(&learner, &mut params, Backend::Flex, feed.plain(9)).unwrap();
        let (labels, images): (Vec<_>, Vec<_>) = feed.plain(9).into_iter().unzip();
        let input = learning_inputs(&images);
        let outputs = infer(Backend::Flex, &learner, &params.weights(), &input).unwrap();
        for (cosines, label) in outputs[0].data.chunks_exact(3).zip(labels) {
            assert!(
                cosines.iter().all(|&c| c <= cosines[label]),
                "{cosines:?} {label}"
            );
            assert!(cosines[label] > 0.3, "{cosines:?} {label}");
        }
    }

    #[test]
    fn of_compnet_every_image_is_nearest_to_its_own_direction() {
        every_image_is_nearest_to_its_own_direction(CompNet { feature: 16 });
    }

    #[test]
    fn of_co3net_too_whose_statistics_are_those_of_learning() {
        let (hidden, feature) = (24, 16);
        every_image_is_nearest_to_its_own_direction(Co3Net { hidden, feature });
    }
}
