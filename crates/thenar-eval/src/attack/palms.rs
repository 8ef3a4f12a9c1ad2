//! Features of palms: drawn, or given by the caller.

use rand::Rng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::StandardNormal;

use crate::EvalError;

/// Captures that are drawn of each palm: enrolment, query, and another day's enrolment under other keys.
const CAPTURES: usize = 3;

/// Features of several captures of each palm, all of one length and of L2 norm 1.
#[derive(Clone, PartialEq)]
pub struct Palms {
    /// Palm, capture, value.
    features: Vec<Vec<Vec<f32>>>,
    correlation: Option<f64>,
}

impl Palms {
    /// Draws palms whose values are independent and normal. Two captures of one palm have the cosine `correlation` on
    /// average.
    ///
    /// Features of a network are not independent: they hold fewer degrees of freedom, and whoever knows their
    /// distribution reconstructs them better than these.
    #[must_use]
    pub fn drawn(palms: usize, feature_len: usize, correlation: f64, seed: u64) -> Self {
        let rng = &mut stream(seed, 1);
        let draw = |_| draw_palm(CAPTURES, feature_len, correlation, rng);
        Self {
            features: (0..palms).map(draw).collect(),
            correlation: Some(correlation),
        }
    }

    /// Takes features: for each palm its captures, at least two, of which the first is enrolled and the second is a query.
    ///
    /// # Errors
    /// [`EvalError::Attack`] with fewer than two palms, fewer than two captures of a palm, features of different lengths,
    /// or a norm more than 0.01 off 1.
    pub fn given(features: Vec<Vec<Vec<f32>>>) -> Result<Self, EvalError> {
        if features.len() < 2 {
            let count = features.len();
            return Err(EvalError::attack(format!(
                "features of {count} palms, expected two or more"
            )));
        }
        let length = features[0].first().map_or(0, Vec::len);
        for (palm, captures) in features.iter().enumerate() {
            if captures.len() < 2 {
                let count = captures.len();
                return Err(EvalError::attack(format!(
                    "palm {palm} has {count} captures, expected two or more"
                )));
            }
            for (number, feature) in captures.iter().enumerate() {
                let norm = norm(feature);
                // No range holds what is not a number.
                if feature.len() != length || !(0.99..=1.01).contains(&norm) {
                    let found = feature.len();
                    return Err(EvalError::attack(format!(
                        "capture {number} of palm {palm} has {found} values of norm {norm:.4}, expected {length} of norm 1"
                    )));
                }
            }
        }
        Ok(Self {
            features,
            correlation: None,
        })
    }

    /// How many palms there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.features.len()
    }

    /// Values of a feature.
    #[must_use]
    pub fn feature_len(&self) -> usize {
        self.features
            .first()
            .and_then(|captures| captures.first())
            .map_or(0, Vec::len)
    }

    /// The cosine they were drawn with; `None` for given features.
    #[must_use]
    pub fn correlation(&self) -> Option<f64> {
        self.correlation
    }

    /// One capture of a palm, or its last where there are not so many.
    pub(super) fn capture(&self, palm: usize, number: usize) -> &[f32] {
        let captures = &self.features[palm];
        &captures[number.min(captures.len() - 1)]
    }

    /// At most so many palms.
    pub(super) fn first(mut self, palms: usize) -> Self {
        self.features.truncate(palms);
        self
    }
}

impl std::fmt::Debug for Palms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (palms, values) = (self.count(), self.feature_len());
        write!(f, "Palms({palms} palms of {values} values)")
    }
}

/// One stranger's feature.
pub(super) fn stranger(feature_len: usize, rng: &mut ChaCha20Rng) -> Vec<f32> {
    normalised(
        (0..feature_len)
            .map(|_| rng.sample(StandardNormal))
            .collect(),
    )
}

fn draw_palm(
    captures: usize,
    feature_len: usize,
    correlation: f64,
    rng: &mut ChaCha20Rng,
) -> Vec<Vec<f32>> {
    let normal = |rng: &mut ChaCha20Rng| -> f64 { rng.sample(StandardNormal) };
    let own: Vec<f64> = (0..feature_len).map(|_| normal(rng)).collect();
    let (same, other) = (correlation.sqrt(), (1.0 - correlation).sqrt());
    let mut capture = || {
        let values = own.iter().map(|&value| same * value + other * normal(rng));
        normalised(values.collect())
    };
    (0..captures).map(|_| capture()).collect()
}

/// Scales to an L2 norm of 1. Zeros stay zeros.
pub(super) fn normalised(values: Vec<f64>) -> Vec<f32> {
    let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    values.iter().map(|v| (v * scale) as f32).collect()
}

fn norm(feature: &[f32]) -> f64 {
    let squares = feature.iter().map(|&v| f64::from(v) * f64::from(v));
    squares.sum::<f64>().sqrt()
}

/// The cosine between two features; 0 when either is all zeros.
pub(super) fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b));
    let lengths = norm(a) * norm(b);
    if lengths > 0.0 {
        products.sum::<f64>() / lengths
    } else {
        0.0
    }
}

/// Independent random numbers for each purpose, so that one more draw here changes nothing there.
pub(super) fn stream(seed: u64, purpose: u64) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream(purpose);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captures_of_one_palm_have_the_stated_cosine_and_strangers_none() {
        let palms = Palms::drawn(50, 512, 0.7, 1);
        let mean = |score: &dyn Fn(usize) -> f64| (0..50).map(score).sum::<f64>() / 50.0;
        let genuine = mean(&|i| cosine(palms.capture(i, 0), palms.capture(i, 1)));
        let impostor = mean(&|i| cosine(palms.capture(i, 0), palms.capture((i + 1) % 50, 0)));
        // Standard deviations 0.003 and 0.006.
        assert!((genuine - 0.7).abs() < 0.015, "{genuine}");
        assert!(impostor.abs() < 0.03, "{impostor}");
        assert_eq!(palms, Palms::drawn(50, 512, 0.7, 1));
        assert_ne!(palms, Palms::drawn(50, 512, 0.7, 2));
    }

    #[test]
    fn given_features_are_checked() {
        let unit = |at: usize| {
            let mut values = vec![0.0f32; 4];
            values[at] = 1.0;
            values
        };
        let good = vec![vec![unit(0), unit(1)], vec![unit(2), unit(3)]];
        let palms = Palms::given(good.clone()).unwrap();
        assert_eq!((palms.count(), palms.feature_len()), (2, 4));
        // The last capture stands for those that are not there.
        assert_eq!(palms.capture(1, 7), unit(3));
        let problem = |features| Palms::given(features).unwrap_err().to_string();
        assert!(problem(good[..1].to_vec()).contains("1 palms"));
        let mut bad = good.clone();
        bad[1].pop();
        assert!(problem(bad).contains("palm 1 has 1 captures"));
        for value in [0.5, f32::NAN] {
            let mut bad = good.clone();
            bad[1][0][2] = value;
            assert!(problem(bad).contains("capture 0 of palm 1"));
        }
    }
}
