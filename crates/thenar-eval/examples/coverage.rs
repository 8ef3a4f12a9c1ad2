//! How often does the 95 % subject bootstrap interval of the EER hold the true EER?
//!
//! Scores are normal with unit deviation, genuine ones d′ apart from impostor ones, so that the true EER is Φ(−d′/2).
//! Part `share` of the variance of a genuine score belongs to its subject: 0 is independent scores, 0.5 is subjects of
//! whom some are always hard. Beside the bootstrap stands the interval that takes comparisons as independent.
//!
//! `cargo run --release -p thenar-eval --example coverage -- DRAWS REPLICATES` (1,000 and 1,000 unless given).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use thenar_eval::metrics::{
    BootstrapPlan, ErrorCurve, bootstrap_subjects, clopper_pearson, normal_cdf,
};
use thenar_eval::{EvalError, Polarity, SubjectComparison, SubjectScores};

const SUBJECTS: u32 = 100;
const GENUINE: usize = 4;

/// Four genuine scores of each subject, and one impostor score of each pair of subjects.
fn draw(seed: u64, separation: f64, share: f64) -> SubjectScores {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut comparisons = Vec::new();
    for subject in 0..SUBJECTS {
        let own = normal();
        for _ in 0..GENUINE {
            let score = separation + share.sqrt() * own + (1.0 - share).sqrt() * normal();
            comparisons.push((subject, subject, score));
        }
        for other in 0..subject {
            comparisons.push((subject, other, normal()));
        }
    }
    let comparison = |(reference, probe, score): (u32, u32, f64)| SubjectComparison {
        reference,
        probe,
        score: score as f32,
    };
    SubjectScores {
        polarity: Polarity::Similarity,
        comparisons: comparisons.into_iter().map(comparison).collect(),
    }
}

fn main() -> Result<(), EvalError> {
    let mut arguments = std::env::args()
        .skip(1)
        .map(|a| a.parse::<u64>().unwrap_or(1_000));
    let (draws, replicates) = (
        arguments.next().unwrap_or(1_000),
        arguments.next().unwrap_or(1_000),
    );
    println!(
        "{SUBJECTS} subjects, {GENUINE} genuine scores each, {draws} draws, {replicates} replicates"
    );
    for (separation, share) in [(2.0, 0.0), (3.0, 0.0), (2.0, 0.5)] {
        let truth = normal_cdf(-separation / 2.0);
        let hits: Result<Vec<[bool; 3]>, EvalError> = (0..draws)
            .into_par_iter()
            .map(|seed| {
                let scores = draw(seed, separation, share);
                let plan = BootstrapPlan {
                    replicates: replicates as usize,
                    seed,
                    ..BootstrapPlan::default()
                };
                let found = bootstrap_subjects(&scores, &[], &plan)?;
                let independent = ErrorCurve::new(&scores.score_set())?.eer_interval(0.95);
                let holds = |low: f64, high: f64| low <= truth && truth <= high;
                Ok([
                    holds(found.eer_interpolated.low, found.eer_interpolated.high),
                    holds(found.eer.low, found.eer.high),
                    holds(independent.0, independent.1),
                ])
            })
            .collect();
        let hits = hits?;
        println!(
            "d' {separation}, share of the subject {share}, true EER {:.3} %",
            truth * 100.0
        );
        for (index, name) in ["bootstrap, interpolated", "bootstrap, FVC", "independent"]
            .into_iter()
            .enumerate()
        {
            let count = hits.iter().filter(|h| h[index]).count() as u64;
            let (low, high) = clopper_pearson(count, draws, 0.95);
            let rate = count as f64 / draws as f64 * 100.0;
            println!(
                "  {name:24} holds it in {rate:.1} % [{:.1} .. {:.1}]",
                low * 100.0,
                high * 100.0
            );
        }
    }
    Ok(())
}
