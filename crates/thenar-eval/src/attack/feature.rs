//! Features reconstructed from bits and the token k1, and where they are accepted.
//!
//! `û = M⊥ᵀ s` with `s` the bits as ±1. The rows of `M⊥` are orthonormal, so this is the least-squares solution of
//! `M⊥ u = s` too. For a feature of independent values its cosine with the truth is √(2 m_p / (π m_f)), since the mean of
//! the size of a normal number is √(2/π). Whoever knows how a network's features are distributed does better.

use thenar_protect::{BitTemplate, Level1};

use super::palms::{Palms, cosine, normalised};
use super::report::{Acceptance, Mean, Reconstruction};
use super::system::{Setup, System};
use super::{Options, Reading, accepted, plain_reading, search};
use crate::EvalError;

/// `M⊥`, column by column, read off the transform by projecting unit vectors.
pub(super) struct Inverse {
    columns: Vec<f32>,
    bits: usize,
}

impl Inverse {
    /// Of the transform that a leaked token chooses.
    pub(super) fn of(level1: &Level1) -> Result<Self, EvalError> {
        let (inputs, bits) = (level1.params().feature_len(), level1.params().bits());
        let mut columns = Vec::with_capacity(inputs * bits);
        let mut unit = vec![0.0; inputs];
        for input in 0..inputs {
            unit[input] = 1.0;
            let column = level1.project(&unit).map_err(EvalError::attack)?;
            columns.extend(column.iter().map(|&value| value as f32));
            unit[input] = 0.0;
        }
        Ok(Self { columns, bits })
    }

    /// The feature that bits speak for.
    pub(super) fn feature(&self, bits: &BitTemplate) -> Vec<f32> {
        let signs: Vec<f32> = bits.signs().collect();
        let columns = self.columns.chunks_exact(self.bits);
        let value = |column: &[f32]| -> f64 {
            let products = column.iter().zip(&signs).map(|(a, b)| a * b);
            f64::from(products.sum::<f32>())
        };
        normalised(columns.map(value).collect())
    }
}

/// The best bits that the attacker has of the first palms.
pub(super) fn best_bits(system: &System<'_>, palms: usize) -> Result<Reading, EvalError> {
    if !system.options.leak.has_k2()
        && let Some((recovery, bits)) = search::believed(system, palms)?
    {
        return Ok(Reading {
            name: "belief propagation",
            bits,
            theory: recovery.theory,
        });
    }
    let mut reading = plain_reading(system)?;
    reading.bits.truncate(palms);
    Ok(reading)
}

/// Reconstructs features for templates of half as many bits as values, and of as many. Nothing where k1 has not leaked.
pub(super) fn reconstruct(
    options: &Options,
    palms: &Palms,
) -> Result<Vec<Reconstruction>, EvalError> {
    if !options.leak.has_k1() {
        return Ok(Vec::new());
    }
    let half = from_ratio(options, palms, palms.feature_len() / 2)?;
    // As many bits as values: drawn features are made shorter, and given ones make longer templates.
    let whole = match palms.correlation() {
        Some(correlation) => {
            let length = palms.feature_len() / 2;
            let shorter = Palms::drawn(palms.count(), length, correlation, options.seed);
            from_ratio(options, &shorter, length)?
        }
        None => from_ratio(options, palms, palms.feature_len())?,
    };
    Ok(vec![half, whole])
}

fn from_ratio(options: &Options, palms: &Palms, bits: usize) -> Result<Reconstruction, EvalError> {
    let setup = |bits, capture, number| Setup {
        bits,
        capture,
        records: 1,
        number,
        thresholds: true,
    };
    // For the leaked system the first capture, for the others a new one.
    let leaked = System::new(options, palms, setup(bits, 0, 10))?;
    let attacked = options.searched.min(palms.count());
    let guesses = best_bits(&leaked, attacked)?;
    let inverse = Inverse::of(&leaked.level1)?;
    let features: Vec<Vec<f32>> = guesses.bits.iter().map(|b| inverse.feature(b)).collect();
    let cosines: Vec<f64> = features
        .iter()
        .enumerate()
        .map(|(palm, feature)| cosine(feature, palms.capture(palm, 0)))
        .collect();
    let mut accepted = ask(&leaked, "same record", &features)?;
    let renewed = System::new(options, palms, setup(bits, 2, 11))?;
    accepted.extend(ask(&renewed, "after renewal", &features)?);
    // Sized as a product would be, whatever the system that leaked.
    let other = System::new(options, palms, setup(palms.feature_len() / 2, 2, 12))?;
    accepted.extend(ask(&other, "another system", &features)?);
    let (m_p, m_f) = (bits as f64, palms.feature_len() as f64);
    Ok(Reconstruction {
        bits,
        feature_len: palms.feature_len(),
        from: guesses.name.to_owned(),
        cosine: Mean::of(&cosines),
        theory: (2.0 * m_p / (std::f64::consts::PI * m_f)).sqrt(),
        accepted,
    })
}

/// Presents features to a system that makes probes of them under its own token.
fn ask(
    system: &System<'_>,
    target: &str,
    features: &[Vec<f32>],
) -> Result<Vec<Acceptance>, EvalError> {
    let distances = features
        .iter()
        .zip(&system.enrolled)
        .map(|(feature, palm)| palm.records[0].distance(&system.probe(feature)?))
        .collect::<Result<Vec<f64>, _>>()?;
    Ok(accepted(
        system,
        "reconstructed feature",
        target,
        &distances,
    ))
}

#[cfg(test)]
mod tests {
    use thenar_protect::{Level1Params, Token};

    use super::*;

    fn level1(values: usize, bits: usize) -> Level1 {
        let params = Level1Params::for_comparison(values, bits).unwrap();
        Level1::new(params, &Token::from_bytes([3; 32])).unwrap()
    }

    /// Orthonormal rows, so projecting back is the solution of least squares.
    #[test]
    fn the_projection_read_off_has_orthonormal_rows() {
        let inverse = Inverse::of(&level1(128, 32)).unwrap();
        for a in 0..32 {
            for b in 0..32 {
                let columns = inverse.columns.chunks_exact(32);
                let dot: f32 = columns.map(|column| column[a] * column[b]).sum();
                let expected = f32::from(u8::from(a == b));
                assert!((dot - expected).abs() < 1e-5, "{a} {b}: {dot}");
            }
        }
    }

    #[test]
    fn cosines_are_those_of_theory() {
        for (bits, expected) in [(512, 0.798), (256, 0.564), (128, 0.399)] {
            let palms = Palms::drawn(60, 512, 0.8, 4);
            let level1 = level1(512, bits);
            let inverse = Inverse::of(&level1).unwrap();
            let cosines: Vec<f64> = (0..60)
                .map(|palm| {
                    let feature = palms.capture(palm, 0);
                    cosine(&inverse.feature(&level1.bits(feature).unwrap()), feature)
                })
                .collect();
            let mean = Mean::of(&cosines).mean;
            assert!((mean - expected).abs() < 0.01, "{bits}: {mean}");
        }
    }
}
