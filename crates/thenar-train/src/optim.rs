//! Adam on a flat list of numbers, with warm-up, cosine decay, gradient clipping and a moving average.

use rayon::prelude::*;

/// Parameters that one task updates.
const CHUNK: usize = 1 << 16;
/// First-moment decay.
const BETA1: f32 = 0.9;
/// Second-moment decay.
const BETA2: f32 = 0.99;
/// Keeps the division finite.
const EPSILON: f32 = 1e-8;

/// Adam (Kingma & Ba 2015, algorithm 1) and an exponential moving average of the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Adam {
    /// Steps taken.
    pub step: u64,
    /// First moments.
    pub first: Vec<f32>,
    /// Second moments.
    pub second: Vec<f32>,
    /// Moving average of the parameters: the weights that are exported.
    pub average: Vec<f32>,
}

impl Adam {
    /// The state before the first step from `values`.
    pub fn new(values: &[f32]) -> Self {
        Self {
            step: 0,
            first: vec![0.0; values.len()],
            second: vec![0.0; values.len()],
            average: values.to_vec(),
        }
    }

    /// Moves `values` against `gradient` with learning rate `rate`.
    ///
    /// `average_decay` bounds the memory of the moving average; early on it is shorter, `(1 + t) / (10 + t)`.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn update(&mut self, values: &mut [f32], gradient: &[f32], rate: f32, average_decay: f32) {
        assert!(
            values.len() == gradient.len() && values.len() == self.first.len(),
            "one gradient per parameter"
        );
        self.step += 1;
        let t = self.step as f32;
        let (correct1, correct2) = (1.0 - BETA1.powf(t), 1.0 - BETA2.powf(t));
        let keep = average_decay.min((1.0 + t) / (10.0 + t));
        // Networks have up to 80 million parameters: spread over cores.
        let moments = self.first.par_chunks_mut(CHUNK);
        let moments = moments.zip(self.second.par_chunks_mut(CHUNK));
        let averages = self.average.par_chunks_mut(CHUNK);
        let values = values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let all = values.zip(moments).zip(averages);
        all.for_each(|(((values, gradient), (first, second)), average)| {
            for (i, (value, &g)) in values.iter_mut().zip(gradient).enumerate() {
                first[i] = BETA1 * first[i] + (1.0 - BETA1) * g;
                second[i] = BETA2 * second[i] + (1.0 - BETA2) * g * g;
                *value -= rate * (first[i] / correct1) / ((second[i] / correct2).sqrt() + EPSILON);
                average[i] = keep * average[i] + (1.0 - keep) * *value;
            }
        });
    }
}

/// Scales `gradient` down to norm `limit` when it is longer; gives the norm it had.
pub fn clip(gradient: &mut [f32], limit: f32) -> f32 {
    let norm = gradient
        .iter()
        .map(|g| f64::from(*g) * f64::from(*g))
        .sum::<f64>()
        .sqrt() as f32;
    if norm > limit {
        gradient.iter_mut().for_each(|g| *g *= limit / norm);
    }
    norm
}

/// Learning rate at `progress` (0–1) of the training: a linear rise over the first `warm_up` steps, then a half cosine
/// from `peak` down to a hundredth of it (Loshchilov & Hutter 2017).
pub fn learning_rate(peak: f32, step: u64, warm_up: u64, progress: f32) -> f32 {
    let rise = ((step + 1) as f32 / warm_up.max(1) as f32).min(1.0);
    let fall = 0.5 * (1.0 + (std::f32::consts::PI * progress.clamp(0.0, 1.0)).cos());
    peak * rise * (0.01 + 0.99 * fall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adam_finds_the_bottom_of_a_bowl() {
        let mut values = vec![3.0f32, -2.0];
        let mut adam = Adam::new(&values);
        for _ in 0..400 {
            let gradient = [2.0 * (values[0] - 1.0), 20.0 * (values[1] - 0.5)];
            adam.update(&mut values, &gradient, 0.05, 0.9);
        }
        assert!(
            (values[0] - 1.0).abs() < 0.02 && (values[1] - 0.5).abs() < 0.02,
            "{values:?}"
        );
        assert!((adam.average[0] - 1.0).abs() < 0.05, "{:?}", adam.average);
    }

    #[test]
    fn long_gradients_are_shortened() {
        let mut gradient = [3.0, 4.0];
        assert_eq!(clip(&mut gradient, 1.0), 5.0);
        assert!((gradient[0] - 0.6).abs() < 1e-6 && (gradient[1] - 0.8).abs() < 1e-6);
    }

    #[test]
    fn the_rate_rises_then_falls() {
        assert!(learning_rate(1.0, 0, 10, 0.0) < 0.11);
        assert_eq!(learning_rate(1.0, 9, 10, 0.0), 1.0);
        assert!((learning_rate(1.0, 500, 10, 1.0) - 0.01).abs() < 1e-6);
    }
}
