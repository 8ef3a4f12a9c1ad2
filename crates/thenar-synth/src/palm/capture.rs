//! What differs between two captures of the same skin: stretch, pressure, dryness, passing folds.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};
use thenar_image::Point;

/// How much captures of one palm differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkinChange {
    /// Displacement by local stretch, palm units (standard deviation).
    pub stretch: f32,
    /// Spread of each crease's depth between captures (standard deviation of the logarithm, fickle creases).
    pub depth: f32,
    /// Greatest share of fickle creases that vanish.
    pub vanish: f32,
    /// Greatest number of passing folds that belong to the capture only.
    pub folds: usize,
}

impl Default for SkinChange {
    fn default() -> Self {
        Self {
            stretch: 0.009,
            depth: 0.45,
            vanish: 0.35,
            folds: 14,
        }
    }
}

/// One capture of a palm's skin.
#[derive(Clone, Debug)]
pub struct PalmCapture {
    waves: [Wave; 4],
    pub(super) width_gain: f32,
    pub(super) depth_gain: f32,
    pub(super) fine_gain: f32,
    pub(super) mottle_gain: f32,
    pub(super) depth_spread: f32,
    pub(super) vanish: f32,
    pub(super) folds: usize,
    pub(super) seed: u64,
}

#[derive(Clone, Copy, Debug)]
struct Wave {
    frequency: Point,
    phase: f32,
    amplitude: Point,
}

impl PalmCapture {
    /// A capture with the usual amount of change.
    pub fn draw(rng: &mut impl Rng) -> Self {
        Self::draw_with(&SkinChange::default(), rng)
    }

    /// A capture whose skin changes by `change`.
    pub fn draw_with(change: &SkinChange, rng: &mut impl Rng) -> Self {
        let normal = Normal::new(0.0, 1.0).expect("valid");
        let waves = std::array::from_fn(|i| {
            let scale = 2.0 + 2.5 * i as f32;
            let amplitude = change.stretch / (1.0 + 0.7 * i as f32);
            Wave {
                frequency: Point::new(scale * normal.sample(rng), scale * normal.sample(rng)),
                phase: rng.random_range(0.0..6.3),
                amplitude: Point::new(
                    amplitude * normal.sample(rng),
                    amplitude * normal.sample(rng),
                ),
            }
        });
        Self {
            waves,
            width_gain: rng.random_range(0.8..1.3),
            depth_gain: rng.random_range(0.55..1.35),
            fine_gain: rng.random_range(0.25..1.4),
            mottle_gain: rng.random_range(0.2..1.3),
            depth_spread: change.depth,
            vanish: rng.random_range(0.0..=change.vanish),
            folds: rng.random_range(0..=change.folds),
            seed: rng.random(),
        }
    }

    /// Where stretch moves palm position `p`.
    pub fn stretched(&self, p: Point) -> Point {
        let mut out = p;
        for wave in &self.waves {
            let s = (wave.frequency.x * p.x + wave.frequency.y * p.y + wave.phase).sin();
            out.x += wave.amplitude.x * s;
            out.y += wave.amplitude.y * s;
        }
        out
    }

    /// Factor on the depth of crease number `index` with the given fickleness.
    pub(super) fn crease_gain(&self, index: usize, fickle: f32) -> f32 {
        let mut rng = ChaCha8Rng::seed_from_u64(
            self.seed ^ (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        if rng.random::<f32>() < self.vanish * fickle {
            return 0.0;
        }
        let spread = self.depth_spread * (0.35 + 0.65 * fickle);
        let z: f32 = Normal::new(0.0, spread)
            .expect("spread is finite")
            .sample(&mut rng);
        let fine = 1.0 + (self.fine_gain - 1.0) * fickle;
        self.depth_gain * fine * z.exp()
    }
}
