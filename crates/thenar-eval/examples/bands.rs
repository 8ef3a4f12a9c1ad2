//! How often does the 95 % band of a DET curve hold the true FNMR, and the BCa interval the true EER?
//!
//! Scores are normal with unit deviation, genuine ones 2 apart from impostor ones: at the FMR x the true FNMR is
//! Φ(−Φ⁻¹(x) − 2), and the true EER is Φ(−1). Part `share` of the variance of a genuine score belongs to its subject.
//!
//! `cargo run --release -p thenar-eval --example bands -- DRAWS REPLICATES` (300 and 500 unless given).

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use thenar_eval::metrics::{
    BandPoint, BootstrapPlan, ErrorCurve, bootstrap_bands, bootstrap_subjects_bca,
    independent_bands, normal_cdf, probit,
};
use thenar_eval::{EvalError, Polarity, SubjectComparison, SubjectScores};

const SUBJECTS: u32 = 100;
const GENUINE: usize = 4;
const POINTS: usize = 12;
const SEPARATION: f64 = 2.0;

/// Four genuine scores of each subject, and one impostor score of each pair of subjects.
fn draw(seed: u64, share: f64) -> SubjectScores {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
    let mut comparisons = Vec::new();
    for reference in 0..SUBJECTS {
        let own = normal();
        let mut push = |probe, score: f64| {
            comparisons.push(SubjectComparison {
                reference,
                probe,
                score: score as f32,
            });
        };
        for _ in 0..GENUINE {
            let score = SEPARATION + share.sqrt() * own + (1.0 - share).sqrt() * normal();
            push(reference, score);
        }
        for other in 0..reference {
            push(other, normal());
        }
    }
    SubjectScores {
        polarity: Polarity::Similarity,
        comparisons,
    }
}

fn main() -> Result<(), EvalError> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse::<u64>().ok());
    let draws = arguments.next().unwrap_or(300);
    let replicates = arguments.next().unwrap_or(500) as usize;
    println!(
        "{SUBJECTS} subjects, {GENUINE} genuine scores each, {draws} draws, {replicates} replicates"
    );
    for share in [0.0, 0.5] {
        let mut held = [[0u64; POINTS]; 2];
        let (mut fmrs, mut eer_held) = ([0.0; POINTS], 0u64);
        for seed in 0..draws {
            let scores = draw(seed, share);
            let plan = BootstrapPlan {
                replicates,
                seed,
                ..BootstrapPlan::default()
            };
            let curve = ErrorCurve::new(&scores.score_set())?;
            let bands = [
                bootstrap_bands(&scores, POINTS, &plan)?,
                independent_bands(&curve, POINTS, 0.95),
            ];
            for (held, band) in held.iter_mut().zip(&bands) {
                for (count, point) in held.iter_mut().zip(band) {
                    *count += u64::from(holds(point));
                }
            }
            fmrs.iter_mut()
                .zip(&bands[0])
                .for_each(|(to, p)| *to = p.fmr);
            let eer = bootstrap_subjects_bca(&scores, &plan)?.eer_interpolated;
            let truth = normal_cdf(-SEPARATION / 2.0);
            eer_held += u64::from(eer.low <= truth && truth <= eer.high);
        }
        println!("share of the subject {share}");
        println!("       FMR  over subjects  independent");
        let percent = |count: u64, of: u64| count as f64 / of as f64 * 100.0;
        for (k, fmr) in fmrs.iter().enumerate() {
            let [subjects, independent] = [0, 1].map(|kind: usize| percent(held[kind][k], draws));
            println!("{fmr:10.5} {subjects:12.1} % {independent:10.1} %");
        }
        let mean = |kind: usize| percent(held[kind].iter().sum(), draws * POINTS as u64);
        println!("      mean {:12.1} % {:10.1} %", mean(0), mean(1));
        println!(
            "BCa interval of the interpolated EER: {:.1} %",
            percent(eer_held, draws)
        );
    }
    Ok(())
}

fn holds(point: &BandPoint) -> bool {
    let truth = normal_cdf(-probit(point.fmr) - SEPARATION);
    point.low <= truth && truth <= point.high
}
