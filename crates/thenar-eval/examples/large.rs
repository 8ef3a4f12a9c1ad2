//! Times the figures and the subject bootstrap of 10.8 million impostor scores (Tongji: 1,800 gallery × 6,000 probe images).
//!
//! `cargo run --release -p thenar-eval --example large -- FOLDER` also writes the score file and the pictures there.

use std::path::PathBuf;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::{BootstrapPlan, ErrorCurve, bootstrap_subjects};
use thenar_eval::{
    EvalError, Meta, Polarity, ScoreSet, SubjectComparison, SubjectScores, evaluate, plot,
    score_file,
};

/// Gives the scores to 600 subjects: 30 comparisons of each with itself and with every other.
fn with_subjects(scores: &ScoreSet) -> SubjectScores {
    let (mut genuine, mut impostor) = (scores.genuine.iter(), scores.impostor.iter());
    let mut comparisons = Vec::new();
    for (reference, probe) in (0..600).flat_map(|a| (0..600).map(move |b| (a, b))) {
        let scores = if reference == probe {
            &mut genuine
        } else {
            &mut impostor
        };
        comparisons.extend(scores.take(30).map(|&score| SubjectComparison {
            reference,
            probe,
            score,
        }));
    }
    SubjectScores {
        polarity: scores.polarity,
        comparisons,
    }
}

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

    let subjects = with_subjects(&scores);
    let start = Instant::now();
    let found = bootstrap_subjects(&subjects, &[1e-3], &BootstrapPlan::default())?;
    println!(
        "EER over subjects: {:.3} % .. {:.3} %, 1,000 replicates: {:.2} s",
        found.eer.low * 100.0,
        found.eer.high * 100.0,
        start.elapsed().as_secs_f64()
    );

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
