//! Times the figures of 10.8 million impostor scores (Tongji: 1,800 gallery × 6,000 probe images).
//!
//! `cargo run --release -p thenar-eval --example large -- FOLDER` also writes the score file and the pictures there.

use std::path::PathBuf;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::ErrorCurve;
use thenar_eval::{EvalError, Meta, Polarity, ScoreSet, evaluate, plot, score_file};

fn main() -> Result<(), EvalError> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut draw = |count: usize, mean: f32, sd: f32| {
        let Ok(normal) = Normal::new(mean, sd) else {
            return Vec::new();
        };
        (0..count)
            .map(|_| normal.sample(&mut rng))
            .collect::<Vec<f32>>()
    };
    let scores = ScoreSet {
        genuine: draw(18_000, 0.30, 0.05),
        impostor: draw(10_782_000, 0.50, 0.04),
        polarity: Polarity::Distance,
    };

    let start = Instant::now();
    let report = evaluate(&scores, &Meta::default())?;
    println!("evaluate: {:.2} s", start.elapsed().as_secs_f64());
    println!("{}", report.table());

    if let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) {
        let start = Instant::now();
        score_file::write(&folder.join("scores.txt"), &scores)?;
        println!("score file written: {:.2} s", start.elapsed().as_secs_f64());
        let start = Instant::now();
        let back = score_file::read(&folder.join("scores.txt"), Polarity::Distance)?;
        println!("score file read: {:.2} s", start.elapsed().as_secs_f64());
        assert_eq!(back, scores);
        let start = Instant::now();
        plot::write_all(&folder, "Gaussian scores", &ErrorCurve::new(&scores)?)?;
        println!("pictures: {:.2} s", start.elapsed().as_secs_f64());
    }
    Ok(())
}
