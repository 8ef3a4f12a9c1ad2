//! The command about the mapping network of the palm-hash key paper.

use std::path::PathBuf;

use clap::Args;
use thenar_train::backend::Backend;
use thenar_train::error::TrainError;
use thenar_train::hashnet::distances::Scores;
use thenar_train::hashnet::train::{Figures, Options, run};

/// `thenar-train hash`
#[derive(Args)]
pub struct HashArgs {
    /// Labelled regions of interest to train on, one `path label` per line.
    #[arg(long, value_name = "LIST")]
    data: PathBuf,
    /// Labelled regions to enrol, of palms that need not have been trained on; without it those of --data.
    #[arg(long, value_name = "LIST")]
    gallery: Option<PathBuf>,
    /// Labelled regions of the enrolled palms to measure on.
    #[arg(long, value_name = "LIST")]
    test: PathBuf,
    /// What paths in the lists are relative to.
    #[arg(long, default_value = "")]
    root: PathBuf,
    /// The extractor, an ONNX file.
    #[arg(long, value_name = "ONNX")]
    extractor: PathBuf,
    /// Length of the hash; several lengths make several networks.
    #[arg(long, value_delimiter = ',', default_value = "57")]
    bits: Vec<usize>,
    /// Epochs: every image once in each, a random view of it.
    #[arg(long, default_value_t = 500)]
    epochs: u64,
    /// End each training after so many minutes if the epochs take longer.
    #[arg(long)]
    minutes: Option<f64>,
    /// Images in a step.
    #[arg(long, default_value_t = 256)]
    batch: usize,
    /// Learning rate.
    #[arg(long, default_value_t = 1e-3)]
    lr: f32,
    /// Width of the hidden layers.
    #[arg(long, default_value_t = 1024)]
    hidden: usize,
    /// Bits in which the codes of two palms differ at least (the paper's T); as many as can be found quickly without it.
    #[arg(long, value_name = "T")]
    min_distance: Option<usize>,
    /// Seed of codes, weights and batches.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What computes gradients.
    #[arg(long, value_enum, default_value_t = Backend::default())]
    backend: Backend,
    /// Folder for log.jsonl and figures.json.
    #[arg(long, short)]
    out: PathBuf,
}

/// Trains, measures and prints; all counts are in the folder's figures.json.
pub fn train(args: HashArgs) -> Result<(), TrainError> {
    let figures = run(&Options {
        data: args.data,
        gallery: args.gallery,
        test: args.test,
        root: args.root,
        extractor: args.extractor,
        bits: args.bits,
        epochs: args.epochs,
        minutes: args.minutes,
        batch: args.batch,
        rate: args.lr,
        hidden: args.hidden,
        min_distance: args.min_distance,
        seed: args.seed,
        backend: args.backend,
        out: args.out,
    })?;
    figures.iter().for_each(show);
    Ok(())
}

fn show(figures: &Figures) {
    let enrolled = figures.enrolled;
    let others = enrolled.map_or_else(String::new, |n| format!(", {n} other palms enrolled"));
    println!(
        "{} bits, width {}: {} palms{others}, codes at least {} bits apart, {} epochs in {:.1} minutes, loss {:.3}",
        figures.bits,
        figures.hidden,
        figures.palms,
        figures.min_distance,
        figures.epochs,
        figures.minutes,
        figures.loss
    );
    println!("                        wrong bits (fewest, mean, most)");
    println!(
        "images                  genuine             impostor            EER (missed; let in)"
    );
    for (images, scores) in [
        ("training, before it", &figures.untrained),
        ("training", &figures.trained),
        ("test, nearest view", &figures.test),
        ("test, one view", &figures.test_one_view),
    ] {
        println!("{}", line(images, scores));
    }
}

fn line(images: &str, scores: &Scores) -> String {
    let [genuine, impostor] = [&scores.genuine, &scores.impostor]
        .map(|s| format!("{}, {:.1}, {}", s.fewest, s.mean, s.most));
    format!(
        "{images:<24}{genuine:<20}{impostor:<20}{:.3} % at {} ({} of {}; {} of {})",
        100.0 * scores.eer,
        scores.threshold,
        scores.missed,
        scores.genuine.pairs,
        scores.let_in,
        scores.impostor.pairs
    )
}
