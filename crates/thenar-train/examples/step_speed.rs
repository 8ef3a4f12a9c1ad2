//! Seconds that a training step of CCNet takes, beside PyTorch on the same processor: the median of some steps after
//! two to warm up. A step is one batch of two views per palm, forwards and backwards, both losses (0.8 ArcFace + 0.2
//! contrastive, 600 identities) and Adam; preparing the batch is not counted. Both programs print JSON. This one also
//! says how long one thread draws palms for a batch (`--drawn`): less than a step, or drawing needs more threads.
//!
//! ```sh
//! cargo run --release -p thenar-train --features libtorch --example step_speed -- --batch 64 --steps 10
//! python3 crates/thenar-train/tests/golden/palmnets.py step --batch 64 --steps 10
//! ```
//!
//! The quotient of the two medians is the ratio. `OMP_NUM_THREADS` sets the threads of libtorch and PyTorch alike;
//! `RAYON_NUM_THREADS` those of the backend `flex`.

use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use thenar_train::backend::Backend;
use thenar_train::graph::Array;
use thenar_train::palmnets::augment::Augmentation;
use thenar_train::palmnets::drawn::Palms;
use thenar_train::palmnets::feed::{Batch, Feed, Source};
use thenar_train::palmnets::loss::{Mixture, same_label};
use thenar_train::palmnets::schedule::Schedule;
use thenar_train::palmnets::train::{Options, begin, step};
use thenar_train::palmnets::{CcNet, Learner, PalmNet, ROI};

/// Identities, as many as Tongji has palms.
const CLASSES: usize = 600;
/// Steps that are not counted.
const WARM_UP: usize = 2;

#[derive(Parser)]
struct Args {
    /// Palms in a step, two views of each.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Steps to measure.
    #[arg(long, default_value_t = 10)]
    steps: usize,
    /// What computes gradients.
    #[arg(long, value_enum, default_value_t = Backend::default())]
    backend: Backend,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let (size, steps) = (args.batch.max(1), args.steps.max(1));
    let learner = Learner {
        net: CcNet::published(),
        classes: CLASSES,
        plain: false,
    };
    let options = options(args.backend, size);
    let mut state = begin(&learner, &options)?;
    let batch = batch(size);
    let mut seconds = Vec::with_capacity(steps);
    for number in 0..WARM_UP + steps {
        let start = Instant::now();
        step(&learner, &mut state, &batch, options.rate, &options)?;
        if number >= WARM_UP {
            seconds.push(start.elapsed().as_secs_f64());
        }
    }
    seconds.sort_by(f64::total_cmp);
    let drawing = drawing(size)?;
    let result = serde_json::json!({
        "what": "training step of ccnet",
        "backend": args.backend.to_possible_value().map(|v| v.get_name().to_owned()),
        "batch": size,
        "steps": steps,
        "median_seconds": seconds[steps / 2],
        "best_seconds": seconds[0],
        "drawing_seconds": drawing,
    });
    println!("{result}");
    Ok(())
}

/// Seconds in which one thread draws a batch of `size` palms; the median of five.
fn drawing(size: usize) -> Result<f64, Box<dyn Error>> {
    let feed = Feed::new(Source::Drawn(Palms::new(CLASSES, 1)), 1, size);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let mut seconds = Vec::new();
    for number in 0..5 {
        let start = Instant::now();
        pool.install(|| feed.batch(number));
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok(seconds[2])
}

/// Two weak views of each of `size` palms.
fn batch(size: usize) -> Batch {
    let value = |i: usize| ((i * 7919 + 13) % 1009) as f32 / 504.5 - 1.0;
    let data = (0..2 * size * ROI * ROI).map(value).collect();
    let labels: Vec<usize> = (0..size).map(|i| i % CLASSES).collect();
    Batch {
        input: Array::new(&[2 * size, 1, ROI, ROI], data),
        aims: same_label(&labels.repeat(2)),
        labels: labels.repeat(2),
        images: Vec::new(),
    }
}

fn options(backend: Backend, size: usize) -> Options {
    Options {
        data: None,
        drawn: 0,
        drawn_share: 0.5,
        augmentation: Augmentation::One,
        threads: 1,
        examine_on: None,
        root: PathBuf::new(),
        epochs: 1,
        minutes: None,
        batch: size,
        rate: 1e-3,
        schedule: Schedule::Cosine,
        mixture: Mixture {
            weight: 0.8,
            tanh: false,
        },
        teacher: None,
        average: 0.0,
        seed: 1,
        // Nothing is written: only steps are taken.
        out: std::env::temp_dir().join("thenar-step-speed"),
        whitened: false,
        resume: false,
        examine_every: 1,
        save_every: Duration::MAX,
        backend,
    }
}
