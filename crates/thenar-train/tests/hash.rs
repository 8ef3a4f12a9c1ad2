//! Training the mapping network of the palm-hash key paper on drawn palms, with the backend that builds anywhere.

use std::fs;
use std::ops::Range;
use std::path::Path;

use image::GrayImage;
use thenar_net::models;
use thenar_synth::palm::Palm;
use thenar_synth::roi::{RoiVariation, draw};
use thenar_train::backend::Backend;
use thenar_train::hashnet::train::{FIGURES, Options, run};

/// Writes drawn regions of palms and a list of them.
fn list(dir: &Path, name: &str, palms: Range<u64>, captures: Range<u64>) {
    let mut text = String::new();
    for palm in palms {
        for capture in captures.clone() {
            let file = format!("{palm}_{capture}.png");
            let region: GrayImage = draw(
                &Palm::draw(palm + 1),
                100 * palm + capture,
                &RoiVariation::hard(),
            );
            region.save(dir.join(&file)).unwrap();
            text += &format!("{file} {palm}\n");
        }
    }
    fs::write(dir.join(name), text).unwrap();
}

fn options(dir: &Path) -> Options {
    Options {
        data: dir.join("train.txt"),
        gallery: None,
        test: dir.join("test.txt"),
        root: dir.to_path_buf(),
        extractor: dir.join("extractor.onnx"),
        bits: vec![12],
        epochs: 30,
        minutes: None,
        batch: 8,
        rate: 2e-3,
        hidden: 32,
        min_distance: None,
        seed: 3,
        backend: Backend::Flex,
        out: dir.join("out"),
    }
}

fn palms(dir: &Path) {
    list(dir, "train.txt", 0..6, 0..2);
    list(dir, "test.txt", 0..6, 2..3);
    fs::write(dir.join("extractor.onnx"), models::EXTRACTOR).unwrap();
}

#[test]
fn hashes_of_drawn_palms_are_learnt() {
    let dir = tempfile::tempdir().unwrap();
    palms(dir.path());
    let options = options(dir.path());
    let figures = run(&options).unwrap();
    let [figures] = &figures[..] else {
        panic!("{figures:?}");
    };
    assert_eq!((figures.bits, figures.palms, figures.epochs), (12, 6, 30));
    let (before, after) = (&figures.untrained, &figures.trained);
    assert!(before.eer > 0.0, "{before:?}");
    assert!(after.eer < before.eer, "{before:?} {after:?}");
    assert!(after.genuine.mean < before.genuine.mean);
    assert_eq!((after.genuine.pairs, after.impostor.pairs), (6, 60));
    let test = &figures.test;
    assert_eq!((test.genuine.pairs, test.impostor.pairs), (12, 60));
    assert!(test.genuine.mean < test.impostor.mean);
    assert!(test.genuine.mean <= figures.test_one_view.genuine.mean);
    let log = fs::read_to_string(options.out.join("log.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 30);
    let written = fs::read(options.out.join(FIGURES)).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&written).unwrap();
    assert_eq!(written[0]["test"]["genuine"]["pairs"], 12);
    let files = fs::read_dir(&options.out).unwrap().count();
    assert_eq!(files, 2, "no weights are written");
    let again = run(&options).unwrap_err().to_string();
    assert!(again.contains("log.jsonl: exists already"), "{again}");
}

#[test]
fn palms_that_were_not_trained_on_can_be_enrolled() {
    let dir = tempfile::tempdir().unwrap();
    palms(dir.path());
    list(dir.path(), "gallery.txt", 6..11, 0..2);
    list(dir.path(), "test.txt", 6..11, 2..3);
    let options = Options {
        gallery: Some(dir.path().join("gallery.txt")),
        ..options(dir.path())
    };
    let figures = run(&options).unwrap().remove(0);
    assert_eq!((figures.palms, figures.enrolled), (6, Some(5)));
    assert_eq!(figures.trained.genuine.pairs, 6);
    let test = &figures.test;
    assert_eq!((test.genuine.pairs, test.impostor.pairs), (10, 40));
    // Nothing of these palms was learnt, but what is near stays near.
    assert!(test.genuine.mean < test.impostor.mean, "{test:?}");
    fs::write(dir.path().join("test.txt"), "0_0.png 0\n").unwrap();
    let out = dir.path().join("other");
    let error = run(&Options { out, ..options }).unwrap_err().to_string();
    let want = "test.txt, line 1: label 0 is not in --gallery";
    assert!(error.contains(want), "{error}");
}

/// What makes options wrong.
type Change<'a> = &'a dyn Fn(&mut Options);

#[test]
fn wrong_arguments_say_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    palms(dir.path());
    let fault = |change: Change| {
        let mut options = options(dir.path());
        change(&mut options);
        let error = run(&options).unwrap_err().to_string();
        assert!(!options.out.exists(), "{error}");
        error
    };
    let cases: [(&str, Change); 9] = [
        ("--bits [57, 0]", &|o| o.bits = vec![57, 0]),
        ("--hidden 0", &|o| o.hidden = 0),
        ("--batch 100000", &|o| o.batch = 100_000),
        ("--epochs", &|o| o.epochs = 0),
        ("--minutes", &|o| o.minutes = Some(f64::NAN)),
        ("--lr -1", &|o| o.rate = -1.0),
        ("no 6 codes of 12 bits", &|o| o.min_distance = Some(12)),
        ("missing.onnx", &|o| o.extractor = "missing.onnx".into()),
        ("train.txt: extractor model", &|o| {
            o.extractor = o.data.clone()
        }),
    ];
    for (want, change) in cases {
        let error = fault(change);
        assert!(error.contains(want), "{want}: {error}");
    }
    fs::write(dir.path().join("test.txt"), "0_0.png 0\n0_1.png other\n").unwrap();
    let error = fault(&|_| ());
    assert!(
        error.contains("test.txt, line 2: label other is not in --data"),
        "{error}"
    );
    fs::write(dir.path().join("test.txt"), "0_0.png 0\n").unwrap();
    fs::write(dir.path().join("train.txt"), "0_0.png 0\n1_0.png 1\n").unwrap();
    let error = fault(&|_| ());
    assert!(error.contains("needs two labels"), "{error}");
}
