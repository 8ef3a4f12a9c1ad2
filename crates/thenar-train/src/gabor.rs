//! The learnable Gabor filter bank of CompNet (Liang et al. 2021, "CompNet: Competitive neural network for palmprint
//! recognition using learnable Gabor kernels", IEEE Signal Processing Letters 28).
//!
//! Three numbers shape all filters: γ (aspect), σ (size in pixels) and f (cycles per pixel). With `x` down, `y` right
//! from the kernel's centre, θ = o·π/n for the `o`-th of n orientations, `x' = x cos θ + y sin θ` and
//! `y' = y cos θ - x sin θ`:
//!
//! `g = -exp(-((γ x')² + y'²) / (16 σ²)) · cos(2π f x')`, then the mean over the kernel is subtracted.

use std::f64::consts::{PI, TAU};

use crate::layers::Gabor;

/// The value of one filter at one pixel before the mean is subtracted, and its derivatives by γ, σ and f.
struct Point {
    value: f64,
    slopes: [f64; 3],
}

/// The kernels, `[orientations, 1, kernel, kernel]`, for γ, σ, f.
pub fn kernels(bank: &Gabor, shape: [f32; 3]) -> Vec<f32> {
    banks(bank, shape, |p| p.value)
}

/// The derivatives of the kernels by γ, σ and f, one bank after the other: `[3 · orientations, 1, kernel, kernel]`.
pub fn slopes(bank: &Gabor, shape: [f32; 3]) -> Vec<f32> {
    let by = |i: usize| banks(bank, shape, |p| p.slopes[i]);
    [by(0), by(1), by(2)].concat()
}

/// `value` of every pixel of every filter, less its mean over the filter.
fn banks(bank: &Gabor, shape: [f32; 3], value: impl Fn(Point) -> f64) -> Vec<f32> {
    let mut all = Vec::with_capacity(bank.orientations * bank.area());
    for o in 0..bank.orientations {
        let values: Vec<f64> = filter(bank, o, shape).map(&value).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        all.extend(values.iter().map(|v| (v - mean) as f32));
    }
    all
}

/// The same kernels repeated for every input channel, `[orientations, inputs, kernel, kernel]`.
pub fn kernels_per_channel(bank: &Gabor, kernels: &[f32]) -> Vec<f32> {
    kernels
        .chunks_exact(bank.area())
        .flat_map(|kernel| kernel.repeat(bank.inputs))
        .collect()
}

/// The pixels of one filter, row by row.
fn filter(bank: &Gabor, orientation: usize, shape: [f32; 3]) -> impl Iterator<Item = Point> {
    let [gamma, sigma, f] = shape.map(f64::from);
    let (sin, cos) = (orientation as f64 * PI / bank.orientations as f64).sin_cos();
    let (side, reach) = (bank.kernel, (bank.kernel / 2) as f64);
    (0..side * side).map(move |i| {
        let (x, y) = ((i / side) as f64 - reach, (i % side) as f64 - reach);
        let (across, along) = (x * cos + y * sin, y * cos - x * sin);
        let spread = 8.0 * sigma * sigma;
        let distance = (gamma * across).powi(2) + along * along;
        let envelope = (-0.5 * distance / spread).exp();
        let (wave_sin, wave) = (TAU * f * across).sin_cos();
        Point {
            value: -envelope * wave,
            slopes: [
                envelope * wave * gamma * across * across / spread,
                -envelope * wave * distance / (spread * sigma),
                envelope * wave_sin * TAU * across,
            ],
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bank() -> Gabor {
        Gabor {
            name: "bank".into(),
            inputs: 1,
            orientations: 5,
            kernel: 9,
            stride: 1,
            padding: 0,
            ratio: 0.25,
        }
    }

    #[test]
    fn filters_do_not_see_brightness() {
        for kernel in kernels(&bank(), bank().initial()).chunks_exact(81) {
            assert!(kernel.iter().sum::<f32>().abs() < 1e-5);
            assert!(kernel.iter().any(|v| v.abs() > 0.1));
        }
    }

    #[test]
    fn slopes_agree_with_finite_differences() {
        let shape = [1.7f32, 2.1, 0.2];
        let got = slopes(&bank(), shape);
        for (i, got) in got.chunks_exact(5 * 81).enumerate() {
            let step = 1e-2;
            let (mut low, mut high) = (shape, shape);
            low[i] -= step * shape[i];
            high[i] += step * shape[i];
            let ends = kernels(&bank(), low)
                .into_iter()
                .zip(kernels(&bank(), high));
            for (got, (low_value, high_value)) in got.iter().zip(ends) {
                let want = (high_value - low_value) / (high[i] - low[i]);
                assert!(
                    (got - want).abs() < 1e-2 * (1.0 + want.abs()),
                    "{i}: {got} {want}"
                );
            }
        }
    }
}
