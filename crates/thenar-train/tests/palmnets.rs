//! The published networks against PyTorch (`golden/palmnets.py`), and their ONNX files against themselves.

mod drawn;

use std::collections::BTreeMap;

use drawn::Bare;
use rten::{Model, ValueOrView};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Deserialize;
use thenar_train::backend::Backend;
use thenar_train::engine::{gradient, infer};
use thenar_train::graph::{Array, Network};
use thenar_train::layers::Layer;
use thenar_train::onnx::{Form, Storage, export_as};
use thenar_train::palmnets::augment::normalise;
use thenar_train::palmnets::{CcNet, Co3Net, CompNet, Extractor, PalmNet};
use thenar_train::params::{Params, Weights};

/// Largest relative error against PyTorch.
const TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
struct Golden {
    hidden: usize,
    feature: usize,
    outputs: Vec<f32>,
    learning: Vec<f32>,
    gradients: BTreeMap<String, Gradient>,
    statistics: BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct Gradient {
    norm: f32,
    samples: Vec<f32>,
}

fn golden<N: PalmNet>() -> (N, Golden) {
    let path = format!(
        "{}/tests/golden/{}.json",
        env!("CARGO_MANIFEST_DIR"),
        N::NAME
    );
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let widths = BTreeMap::from([("fc", golden.hidden), ("fc1", golden.feature)]);
    let net = N::of_widths(|layer| match N::NAME {
        "compnet" => Some(golden.feature),
        _ => widths.get(layer).copied(),
    });
    (net.unwrap(), golden)
}

/// Two drawn images.
fn images() -> Array {
    let values = drawn::draw("image", 2 * 128 * 128);
    let weak = values.iter().map(|&v| (0.01 * f64::from(v)) as f32);
    Array::new(&[2, 1, 128, 128], weak.collect())
}

fn backends() -> Vec<Backend> {
    vec![
        Backend::Flex,
        #[cfg(feature = "libtorch")]
        Backend::Libtorch,
    ]
}

/// Largest difference relative to the largest value, with a floor for what is zero but for rounding.
fn relative_error(got: &[f32], want: &[f32], floor: f32) -> f32 {
    assert_eq!(got.len(), want.len());
    let scale = want.iter().fold(floor, |m, v| m.max(v.abs()));
    let off = got.iter().zip(want).map(|(a, b)| (a - b).abs());
    off.fold(0.0, f32::max) / scale
}

/// The numbers that the script keeps of a long list.
fn sampled(values: &[f32]) -> Vec<f32> {
    let step = (values.len() / 24).max(1);
    values.iter().step_by(step).take(24).copied().collect()
}

/// A network's parameters or gradients by name.
fn by_name(params: &Params, values: &[f32]) -> BTreeMap<String, Vec<f32>> {
    let mut rest = values;
    let mut all = BTreeMap::new();
    for layer in params.layers() {
        for tensor in layer.parameters() {
            let (head, tail) = rest.split_at(tensor.count());
            rest = tail;
            all.insert(format!("{}.{}", layer.name(), tensor.name), head.to_vec());
        }
    }
    all
}

fn matches_pytorch<N: PalmNet>() {
    let (net, golden) = golden::<N>();
    let params = drawn::params(&net);
    let net = Bare(net);
    for backend in backends() {
        let out = infer(backend, &net, &params.weights(), &images()).unwrap();
        let error = relative_error(&out[0].data, &golden.outputs, 0.0);
        assert!(error < TOLERANCE, "{backend:?}: outputs {error}");

        let mut learning = Vec::new();
        let gradients = gradient(backend, &net, &params.weights(), &images(), 0, |out| {
            learning = out[0].data.clone();
            let slopes = drawn::draw("loss", learning.len());
            vec![Array::new(&out[0].shape, slopes)]
        })
        .unwrap();
        let error = relative_error(&learning, &golden.learning, 0.0);
        assert!(error < TOLERANCE, "{backend:?}: learning {error}");

        let got = by_name(&params, &params.pull_back(&gradients));
        assert_eq!(got.len(), golden.gradients.len() + golden.statistics.len());
        for (name, want) in &golden.gradients {
            let got = &got[name];
            let error = relative_error(&sampled(got), &want.samples, 1e-2);
            assert!(error < TOLERANCE, "{backend:?}: gradient of {name} {error}");
            let norm = got.iter().map(|v| v * v).sum::<f32>().sqrt();
            let error = relative_error(&[norm], &[want.norm], 1e-2);
            assert!(error < TOLERANCE, "{backend:?}: norm of {name} {error}");
        }
        let mut moved = params.clone();
        moved.observe(&gradients);
        let moved = by_name(&moved, moved.values());
        for (name, want) in &golden.statistics {
            let error = relative_error(&sampled(&moved[name]), want, 0.0);
            assert!(error < TOLERANCE, "{backend:?}: {name} {error}");
        }
    }
}

#[test]
fn ccnet_matches_pytorch() {
    matches_pytorch::<CcNet>();
}

#[test]
fn co3net_matches_pytorch() {
    matches_pytorch::<Co3Net>();
}

#[test]
fn compnet_matches_pytorch() {
    matches_pytorch::<CompNet>();
}

#[test]
fn sizes_are_the_published_ones() {
    let size = |survey: thenar_train::graph::Survey| (survey.parameters(), survey.multiply_adds);
    let ccnet = size(Extractor(CcNet::published()).survey().unwrap());
    assert_eq!(ccnet.0, 62_314_490);
    assert!(ccnet.1.abs_diff(664_700_000) < 200_000, "{ccnet:?}");
    let co3net = Extractor(Co3Net::published()).survey().unwrap();
    let connected = |layer: &Layer| matches!(layer, Layer::Dense(_));
    let ends = co3net.layers.iter().filter(|l| connected(l));
    let ends: usize = ends.flat_map(Layer::parameters).map(|t| t.count()).sum();
    assert_eq!(ends, 79_370_240);
    let compnet = size(Extractor(CompNet::published()).survey().unwrap());
    assert!(compnet.0.abs_diff(4_990_000) < 10_000, "{compnet:?}");
    assert!(compnet.1.abs_diff(44_900_000) < 100_000, "{compnet:?}");
}

fn run_onnx(bytes: Vec<u8>, name: &str, input: &Array) -> Vec<f32> {
    let model = Model::load(bytes).unwrap();
    let [n, c, h, w] = input.shape[..] else {
        panic!("four axes")
    };
    let image = NdTensor::from_data([n, c, h, w], input.data.clone());
    let inputs = vec![(
        model.node_id(name).unwrap(),
        ValueOrView::from(image.view()),
    )];
    let output = model.node_id("feature").unwrap();
    let [out] = model.run_n(inputs, [output], None).unwrap();
    out.into_tensor::<f32>().unwrap().to_vec()
}

fn onnx_files_compute_the_same<N: PalmNet>() {
    let (net, golden) = golden::<N>();
    let weights = drawn::params(&net).weights();
    let mut sizes = Vec::new();
    for form in [Form::Published, Form::Folded] {
        let bytes = export_as(form, &Bare(net.clone()), &weights, Storage::F32, &[]).unwrap();
        sizes.push(bytes.len());
        let error = relative_error(&run_onnx(bytes, "image", &images()), &golden.outputs, 0.0);
        assert!(error < TOLERANCE, "{form:?}: {error}");
    }
    // Folded Gabor layers have one kernel instead of one per channel.
    assert!(N::NAME == "compnet" || sizes[1] < sizes[0], "{sizes:?}");
    let bare = Bare(net.clone());
    let bytes = export_as(Form::Folded, &bare, &weights, Storage::Int8, &[]).unwrap();
    let error = relative_error(&run_onnx(bytes, "image", &images()), &golden.outputs, 0.0);
    assert!(error > 0.0 && error < 0.2, "int8: {error}");
    standardises_itself(net, &weights);
}

/// What is exported for use takes grey levels and standardises them as training does; black pixels stay out.
fn standardises_itself<N: PalmNet>(net: N, weights: &[Weights]) {
    let drawn = drawn::draw("grey", 2 * 128 * 128).into_iter();
    let grey: Vec<f32> = drawn.map(|v| (0.4 + 0.5 * v).max(0.0)).collect();
    let mut standardised: Vec<f32> = grey.iter().map(|v| 255.0 * v).collect();
    standardised.chunks_exact_mut(128 * 128).for_each(normalise);
    let standardised = Array::new(&[2, 1, 128, 128], standardised);
    let grey = Array::new(&[2, 1, 128, 128], grey);
    let in_use = Extractor(net.clone());
    let bytes = export_as(Form::Folded, &in_use, weights, Storage::F32, &[]).unwrap();
    let exported = run_onnx(bytes, "roi", &grey);
    for backend in backends() {
        let want = infer(backend, &Bare(net.clone()), weights, &standardised).unwrap();
        let got = infer(backend, &in_use, weights, &grey).unwrap();
        for got in [&got[0].data, &exported] {
            let error = relative_error(got, &want[0].data, 0.0);
            assert!(error < TOLERANCE, "{backend:?}: {error}");
        }
    }
}

#[test]
fn onnx_of_ccnet_computes_the_same() {
    onnx_files_compute_the_same::<CcNet>();
}

#[test]
fn onnx_of_co3net_computes_the_same() {
    onnx_files_compute_the_same::<Co3Net>();
}

#[test]
fn onnx_of_compnet_computes_the_same() {
    onnx_files_compute_the_same::<CompNet>();
}
