//! The extractor with networks whose answer is known.

mod onnx;

use image::{GrayImage, Luma};
use onnx::{Graph, for_each_damaged};
use thenar_image::{Roi, image};
use thenar_net::{Extractor, NetError};

/// A network whose feature is the 4×4 block means of the ROI.
fn block_means(input: &str, shape: &[i64], output: &str, features: &[i64]) -> Vec<u8> {
    Graph::default()
        .input(input, shape)
        .output(output, features)
        .node(
            "AveragePool",
            &[input],
            "pooled",
            &[("kernel_shape", &[32, 32]), ("strides", &[32, 32])],
        )
        .node("Flatten", &["pooled"], output, &[])
        .file()
}

fn roi(seed: u8) -> Roi {
    let pixel = |x: u32, y: u32| Luma([(x * 3 + y * 5 / 2) as u8 ^ seed]);
    Roi::from_gray(GrayImage::from_fn(128, 128, pixel)).unwrap()
}

#[test]
fn the_feature_is_the_networks_answer_with_norm_one() {
    for features in [[1, 16], [1, -1]] {
        let extractor =
            Extractor::from_onnx(block_means("roi", &[1, 1, 128, 128], "feature", &features))
                .unwrap();
        assert_eq!(extractor.feature_len(), 16);
        let rois = [roi(0), roi(77)];
        for (roi, feature) in rois.iter().zip(extractor.features(&rois).unwrap()) {
            let plane = roi.plane();
            let mean = |block: usize| {
                let pixel = |i: usize| plane.at(block % 4 * 32 + i % 32, block / 4 * 32 + i / 32);
                (0..1024).map(pixel).sum::<f32>() / 1024.0
            };
            let means: Vec<f32> = (0..16).map(mean).collect();
            let norm = means.iter().map(|v| v * v).sum::<f32>().sqrt();
            for (got, want) in feature.iter().zip(&means) {
                assert!((got - want / norm).abs() < 1e-5);
            }
            assert_eq!(extractor.feature(roi).unwrap(), feature);
        }
    }
}

#[test]
fn the_digest_is_that_of_the_file() {
    let file = block_means("roi", &[1, 1, 128, 128], "feature", &[1, 16]);
    let extractor = Extractor::from_onnx(file.clone()).unwrap();
    assert_eq!(
        extractor.digest(),
        Extractor::from_onnx(file).unwrap().digest()
    );
    let other = block_means("roi", &[-1, 1, 128, 128], "feature", &[-1, 16]);
    assert_ne!(
        extractor.digest(),
        Extractor::from_onnx(other).unwrap().digest()
    );
}

#[test]
fn models_of_another_kind_are_refused_by_name() {
    let refuse = |file: Vec<u8>, words: &str| {
        let Err(error) = Extractor::from_onnx(file) else {
            panic!("accepted, expected {words:?}")
        };
        assert!(matches!(error, NetError::Contract { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refuse(
        block_means("image", &[1, 1, 128, 128], "feature", &[1, 16]),
        "no input \"roi\", it has \"image\"",
    );
    refuse(
        block_means("roi", &[1, 1, 128, 128], "code", &[1, 16]),
        "no output \"feature\", it has \"code\"",
    );
    refuse(
        block_means("roi", &[1, 3, 128, 128], "feature", &[1, 48]),
        "expected [1, 1, 128, 128]",
    );
    refuse(
        block_means("roi", &[1, 128, 128], "feature", &[1, 16]),
        "expected [1, 1, 128, 128]",
    );
}

#[test]
fn a_feature_without_direction_is_an_error() {
    let extractor =
        Extractor::from_onnx(block_means("roi", &[1, 1, 128, 128], "feature", &[1, 16])).unwrap();
    let black = Roi::from_gray(GrayImage::new(128, 128)).unwrap();
    assert!(matches!(
        extractor.feature(&black),
        Err(NetError::Run { .. })
    ));
}

#[test]
fn numbers_that_are_not_finite_are_an_error() {
    let file = Graph::default()
        .input("roi", &[1, 1, 128, 128])
        .output("feature", &[1, 16_384])
        .node("Log", &["roi"], "log", &[])
        .node("Flatten", &["log"], "feature", &[])
        .file();
    let black = Roi::from_gray(GrayImage::new(128, 128)).unwrap();
    let error = Extractor::from_onnx(file)
        .unwrap()
        .feature(&black)
        .unwrap_err()
        .to_string();
    assert!(error.contains("not finite"), "{error}");
}

#[test]
fn damaged_files_are_errors_or_still_run() {
    let file = block_means("roi", &[1, 1, 128, 128], "feature", &[1, 16]);
    let mut refused = 0;
    for_each_damaged(&file, |damaged| match Extractor::from_onnx(damaged) {
        Ok(extractor) => drop(extractor.feature(&roi(1))),
        Err(_) => refused += 1,
    });
    assert!(refused > 50, "only {refused} refused");
}

#[test]
fn the_shipped_model_loads_and_runs() {
    let extractor = Extractor::shipped().unwrap();
    let feature = extractor.feature(&roi(9)).unwrap();
    assert_eq!(feature.len(), extractor.feature_len());
    assert!((feature.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-4);
}
