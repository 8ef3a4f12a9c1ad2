//! Training a published network from end to end on toy regions, with the backend that builds anywhere.

use std::fs;
use std::path::Path;
use std::time::Duration;

use image::{GrayImage, Luma};
use thenar_train::backend::Backend;
use thenar_train::checkpoint::State;
use thenar_train::palmnets::augment::Augmentation;
use thenar_train::palmnets::feed::{Feed, Source};
use thenar_train::palmnets::loss::Mixture;
use thenar_train::palmnets::schedule::Schedule;
use thenar_train::palmnets::train::{Options, begin, run, step};
use thenar_train::palmnets::{Co3Net, CompNet, Learner, PalmNet};

/// Stripes whose direction and width belong to a palm, with noise that belongs to a capture.
fn toy(palm: u32, capture: u32) -> GrayImage {
    let (sin, cos) = (palm as f32 * 0.7).sin_cos();
    let wave = 0.15 + 0.05 * (palm % 3) as f32;
    GrayImage::from_fn(128, 128, |x, y| {
        let phase = wave * (x as f32 * cos + y as f32 * sin) + 0.3 * capture as f32;
        let noise = (x * 7919 + y * 104_729 + capture * 31) % 23;
        Luma([(120.0 + 60.0 * phase.sin()) as u8 + noise as u8])
    })
}

/// Writes toy regions of palms and a list of them.
fn list(dir: &Path, name: &str, palms: std::ops::Range<u32>, captures: std::ops::Range<u32>) {
    let mut text = String::new();
    for palm in palms {
        for capture in captures.clone() {
            let file = format!("{palm}_{capture}.png");
            toy(palm, capture).save(dir.join(&file)).unwrap();
            text += &format!("{file} {palm}\n");
        }
    }
    fs::write(dir.join(name), text).unwrap();
}

fn options(dir: &Path) -> Options {
    Options {
        data: Some(dir.join("train.txt")),
        drawn: 0,
        drawn_share: 0.5,
        augmentation: Augmentation::One,
        threads: 1,
        examine_on: Some([dir.join("gallery.txt"), dir.join("probe.txt")]),
        root: dir.to_path_buf(),
        epochs: 1,
        minutes: None,
        batch: 3,
        rate: 1e-3,
        schedule: Schedule::Cosine,
        mixture: Mixture {
            weight: 0.8,
            tanh: false,
        },
        teacher: None,
        average: 0.0,
        seed: 3,
        out: dir.join("out"),
        whitened: false,
        resume: false,
        examine_every: 1,
        save_every: Duration::ZERO,
        backend: Backend::Flex,
    }
}

fn toys(dir: &Path) {
    list(dir, "train.txt", 0..4, 0..3);
    list(dir, "gallery.txt", 4..7, 0..1);
    list(dir, "probe.txt", 4..7, 1..2);
}

/// Batches of `size` palms from the list.
fn feed(options: &Options, size: usize) -> Feed {
    Feed::new(Source::open(options).unwrap(), options.seed, size)
}

const NET: CompNet = CompNet { feature: 16 };

#[test]
fn a_run_learns_examines_and_writes_its_files() {
    let dir = tempfile::tempdir().unwrap();
    toys(dir.path());
    let mut options = options(dir.path());
    options.epochs = 2;
    let outcome = run(&NET, &options).unwrap();
    assert_eq!(outcome.steps, 8);
    let scores = outcome.scores.unwrap();
    assert_eq!((scores.genuine, scores.impostor), (3, 6));
    for file in [
        "compnet.checkpoint",
        "compnet.onnx",
        "log.jsonl",
        "curves.svg",
    ] {
        assert!(options.out.join(file).exists(), "{file}");
    }
    let log = fs::read_to_string(options.out.join("log.jsonl")).unwrap();
    assert_eq!(log.lines().filter(|l| l.contains("\"eer\"")).count(), 2);

    let error = run(&NET, &options).unwrap_err().to_string();
    assert!(error.contains("--resume"), "{error}");
    options.resume = true;
    options.epochs = 3;
    assert_eq!(run(&NET, &options).unwrap().steps, 12);
    options.seed = 4;
    let error = run(&NET, &options).unwrap_err().to_string();
    assert!(error.contains("--seed 3, not 4"), "{error}");
}

fn lowers_its_loss(tanh: bool) {
    let dir = tempfile::tempdir().unwrap();
    toys(dir.path());
    let mut options = options(dir.path());
    options.mixture.tanh = tanh;
    let learner = Learner {
        net: NET,
        classes: 4,
        plain: options.mixture.tanh,
    };
    let mut state = begin(&learner, &options).unwrap();
    let batch = feed(&options, 4).batch(0);
    let losses: Vec<f32> = (0..8)
        .map(|_| {
            step(&learner, &mut state, &batch, 1e-3, &options)
                .unwrap()
                .0
                .total
        })
        .collect();
    assert!(losses[7] < 0.7 * losses[0], "{losses:?}");
}

#[test]
fn a_few_steps_on_one_batch_lower_its_loss() {
    lowers_its_loss(false);
}

#[test]
fn so_they_do_with_tanh_before_the_contrastive_loss() {
    lowers_its_loss(true);
}

#[test]
fn drawn_palms_are_learnt_from_without_a_list() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    (options.data, options.examine_on) = (None, None);
    (options.drawn, options.batch) = (2, 1);
    assert_eq!(run(&NET, &options).unwrap().steps, 20);
    let log = fs::read_to_string(options.out.join("log.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&log).unwrap();
    assert!(line["wait_ms"].as_f64().unwrap() >= 0.0, "{line}");
    assert!(line["step_ms"].as_f64().unwrap() > 0.0, "{line}");

    options.resume = true;
    options.drawn = 3;
    let error = run(&NET, &options).unwrap_err().to_string();
    assert!(
        error.contains("expected arclayer of shape [3, 16, 1, 1]"),
        "{error}"
    );
}

#[test]
fn a_teacher_takes_the_place_of_labels() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    (options.data, options.examine_on) = (None, None);
    (options.drawn, options.batch, options.mixture.weight) = (4, 4, 0.0);
    let learner = Learner {
        net: NET,
        classes: 4,
        plain: false,
    };
    let mut train = |out: &str, teacher: Option<&str>| {
        options.out = dir.path().join(out);
        options.teacher = teacher.map(Into::into);
        options.resume = false;
        run(&NET, &options)?;
        options.resume = true;
        begin(&learner, &options)
    };
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/extractor.onnx");
    let labelled = train("labelled", None).unwrap();
    let taught = train("taught", Some(shipped)).unwrap();
    assert_eq!(labelled.adam.step, taught.adam.step);
    assert!(labelled.params != taught.params);

    let error = train("absent", Some("absent.onnx"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("absent.onnx"), "{error}");
    options.mixture.weight = 1.0;
    options.teacher = Some(shipped.into());
    let error = run(&NET, &options).unwrap_err().to_string();
    assert!(error.contains("--weight below 1"), "{error}");
}

#[test]
fn a_resumed_run_on_listed_and_drawn_palms_goes_on_exactly() {
    let dir = tempfile::tempdir().unwrap();
    list(dir.path(), "train.txt", 0..2, 0..2);
    let mut options = options(dir.path());
    options.examine_on = None;
    options.schedule = Schedule::Step {
        epochs: 1,
        factor: 0.5,
    };
    (options.drawn, options.batch) = (3, 4);
    let mut train = |out: &str, epochs, resume, threads| {
        options.out = dir.path().join(out);
        (options.epochs, options.resume, options.threads) = (epochs, resume, threads);
        let steps = run(&NET, &options).unwrap().steps;
        let learner = Learner {
            net: NET,
            classes: 5,
            plain: false,
        };
        options.resume = true;
        let state = begin(&learner, &options).unwrap();
        (steps, state.params, state.adam)
    };
    let straight = train("straight", 2, false, 1);
    assert_eq!(train("resumed", 1, false, 1).0, 2);
    let resumed = train("resumed", 2, true, 2);
    assert_eq!(straight.0, 4);
    assert!(straight == resumed);
}

/// CO3Net has everything that a checkpoint must carry: running statistics and dropout.
#[test]
fn a_resumed_run_goes_on_exactly() {
    let dir = tempfile::tempdir().unwrap();
    toys(dir.path());
    let options = options(dir.path());
    let net = Co3Net {
        hidden: 8,
        feature: 8,
    };
    let learner = Learner {
        net,
        classes: 4,
        plain: false,
    };
    let feed = feed(&options, 1);
    let mut straight = begin(&learner, &options).unwrap();
    let path = dir.path().join("state");
    step(&learner, &mut straight, &feed.batch(0), 1e-3, &options).unwrap();
    straight.save(Co3Net::NAME, &path).unwrap();
    let mut resumed = State::load(Co3Net::NAME, &straight.params, &path).unwrap();
    step(&learner, &mut straight, &feed.batch(1), 1e-3, &options).unwrap();
    step(&learner, &mut resumed, &feed.batch(1), 1e-3, &options).unwrap();
    assert!(straight == resumed);
}

#[test]
fn faults_are_named() {
    let dir = tempfile::tempdir().unwrap();
    toys(dir.path());
    let fault = |options: &Options| run(&NET, options).unwrap_err().to_string();
    let with_list = |text: &str| {
        let mut options = options(dir.path());
        let list = dir.path().join("other.txt");
        fs::write(&list, text).unwrap();
        options.data = Some(list);
        fault(&options)
    };
    let error = with_list("0_0.png 0\n0_1.png 0\nalone\n");
    assert!(
        error.contains("other.txt, line 3: expected `path label`"),
        "{error}"
    );
    let error = with_list("0_0.png 0\nmissing.png 0\n");
    assert!(
        error.contains("line 2") && error.contains("missing.png"),
        "{error}"
    );
    let error = with_list("0_0.png 0\n0_1.png 0\n1_0.png 1\n");
    assert!(
        error.contains("other.txt, line 3: label 1 has one image"),
        "{error}"
    );
    let error = with_list("0_0.png 0\n0_1.png 0\n");
    assert!(error.contains("one label"), "{error}");
    let mut options = options(dir.path());
    options.mixture.weight = 1.5;
    assert!(fault(&options).contains("--weight"));
    options.mixture.weight = 1.0;
    (options.drawn, options.drawn_share) = (2, 1.0);
    assert!(fault(&options).contains("--drawn-share"));
    options.data = None;
    options.drawn = 1;
    assert!(fault(&options).contains("nothing to tell apart"));
    options.drawn = 0;
    assert!(fault(&options).contains("nothing to learn from"));
    options.data = Some(dir.path().join("train.txt"));
    options.root = dir.path().join("elsewhere");
    let error = fault(&options);
    assert!(
        error.contains("train.txt, line 1") && error.contains("elsewhere"),
        "{error}"
    );
    options.root = dir.path().to_path_buf();
    options.examine_on = Some([dir.path().join("gallery.txt"), dir.path().join("train.txt")]);
    let error = fault(&options);
    assert!(
        error.contains("train.txt") && error.contains("label in common"),
        "{error}"
    );
    fs::write(dir.path().join("other.txt"), "4_0.png 4\n4_9.png 4\n").unwrap();
    options.examine_on = Some([dir.path().join("gallery.txt"), dir.path().join("other.txt")]);
    let error = fault(&options);
    assert!(
        error.contains("other.txt, line 2") && error.contains("4_9.png"),
        "{error}"
    );
}
