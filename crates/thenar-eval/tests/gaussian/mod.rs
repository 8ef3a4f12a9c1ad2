//! Gaussian scores of subjects, and plans of a bootstrap.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_eval::metrics::BootstrapPlan;
use thenar_eval::{Polarity, SubjectComparison, SubjectScores};

/// `genuine` scores N(d', 1) of each subject and one impostor score N(0, 1) of each pair.
pub fn gaussian(seed: u64, subjects: u32, genuine: u32, separation: f64) -> SubjectScores {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let normal = Normal::new(0.0, 1.0).unwrap();
    let mut comparisons = Vec::new();
    for reference in 0..subjects {
        for probe in reference..subjects {
            let (count, mean) = if probe == reference {
                (genuine, separation)
            } else {
                (1, 0.0)
            };
            for _ in 0..count {
                let score = (normal.sample(&mut rng) + mean) as f32;
                comparisons.push(SubjectComparison {
                    reference,
                    probe,
                    score,
                });
            }
        }
    }
    SubjectScores {
        polarity: Polarity::Similarity,
        comparisons,
    }
}

pub fn plan(replicates: usize, seed: u64) -> BootstrapPlan {
    BootstrapPlan {
        replicates,
        seed,
        ..BootstrapPlan::default()
    }
}
