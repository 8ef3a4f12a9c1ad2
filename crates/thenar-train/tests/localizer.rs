//! The localizer from end to end on toy pictures, with the backend that builds anywhere.

use rten::{Model, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use thenar_train::backend::Backend;
use thenar_train::checkpoint::State;
use thenar_train::engine::infer;
use thenar_train::graph::{Array, Network};
use thenar_train::localizer::drawing::Source;
use thenar_train::localizer::feed::{Batch, batch};
use thenar_train::localizer::network::LocalizerNet;
use thenar_train::localizer::sample::view;
use thenar_train::localizer::toy::Toys;
use thenar_train::localizer::train::step;
use thenar_train::onnx::{Storage, export};
use thenar_train::optim::Adam;
use thenar_train::params::Params;

const BACKEND: Backend = Backend::Flex;

fn toys(first: u64) -> Batch {
    batch((first..first + 2).map(|i| view(&Toys { seed: 4 }.draw(i), i)))
}

fn begin() -> State {
    let params = Params::random(&LocalizerNet.survey().unwrap(), 7);
    let adam = Adam::new(params.values());
    State {
        params,
        adam,
        seed: 7,
        minutes: 0.0,
    }
}

#[test]
fn training_on_one_batch_lowers_its_loss() {
    let (mut state, batch) = (begin(), toys(0));
    let losses: Vec<_> = (0..5)
        .map(|_| step(&mut state, &batch, 1e-3, BACKEND).unwrap().0.total)
        .collect();
    assert!(losses[4] < losses[0] - 0.2, "{losses:?}");
}

#[test]
fn a_resumed_run_goes_on_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state");
    let mut straight = begin();
    step(&mut straight, &toys(0), 1e-3, BACKEND).unwrap();
    straight.save(LocalizerNet::NAME, &path).unwrap();
    let mut resumed = State::load(LocalizerNet::NAME, &begin().params, &path).unwrap();
    step(&mut straight, &toys(2), 1e-3, BACKEND).unwrap();
    step(&mut resumed, &toys(2), 1e-3, BACKEND).unwrap();
    assert!(straight == resumed);
}

/// The outputs of the ONNX file `bytes` in rten.
fn run_onnx(bytes: Vec<u8>, input: &Array) -> Vec<Vec<f32>> {
    let model = Model::load(bytes).unwrap();
    let shape = [
        input.shape[0],
        input.shape[1],
        input.shape[2],
        input.shape[3],
    ];
    let image = NdTensor::from_data(shape, input.data.clone());
    let ids: Vec<_> = LocalizerNet::OUTPUTS
        .iter()
        .map(|(name, _)| model.node_id(name).unwrap())
        .collect();
    let inputs = vec![(
        model.node_id("image").unwrap(),
        ValueOrView::from(image.view()),
    )];
    let values = model.run(inputs, &ids, None).unwrap();
    values
        .into_iter()
        .map(|v| v.into_tensor::<f32>().unwrap().to_vec())
        .collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn the_exported_file_computes_what_was_trained() {
    let weights = begin().params.weights();
    let batch = toys(0);
    let want = infer(BACKEND, &LocalizerNet, &weights, &batch.input).unwrap();
    let exact = run_onnx(
        export(&LocalizerNet, &weights, Storage::F32, &[]).unwrap(),
        &batch.input,
    );
    let short = run_onnx(
        export(&LocalizerNet, &weights, Storage::Int8, &[]).unwrap(),
        &batch.input,
    );
    for (((want, exact), short), (name, _)) in want
        .iter()
        .zip(&exact)
        .zip(&short)
        .zip(LocalizerNet::OUTPUTS)
    {
        let spread = want.data.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert!(spread > 1e-3, "{name} is all but zero");
        assert!(largest_difference(&want.data, exact) < 1e-4, "{name}");
        let off = largest_difference(&want.data, short);
        assert!(
            off > 0.0 && off < 0.1 * spread + 0.01,
            "{name} with int8 weights is off by {off} of {spread}"
        );
    }
}
