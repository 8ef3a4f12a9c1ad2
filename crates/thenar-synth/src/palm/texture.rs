//! Mottle: uneven blood and pigment below the skin, smooth noise at several scales.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use thenar_image::Plane;

/// Palm units covered by the noise, on every side of the ROI.
const MARGIN: f32 = 0.75;

/// The mottle of one palm: octaves of value noise over the whole palm.
#[derive(Clone, Debug)]
pub(super) struct Mottle {
    octaves: Vec<Octave>,
}

#[derive(Clone, Debug)]
struct Octave {
    grid: Plane,
    cells_per_unit: f32,
    amplitude: f32,
}

impl Mottle {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let strength = rng.random_range(0.004..0.022);
        let roughness: f32 = rng.random_range(0.55..1.1);
        let octaves = [4.0f32, 9.0, 20.0, 42.0]
            .iter()
            .enumerate()
            .map(|(i, &cells)| {
                let size = ((1.0 + 2.0 * MARGIN) * cells).ceil() as usize + 2;
                let grid = Plane::from_fn(size, size, |_, _| StandardNormal.sample(rng));
                Octave {
                    grid,
                    cells_per_unit: cells,
                    amplitude: 1.6 * strength * roughness.powi(i as i32),
                }
            })
            .collect();
        Self { octaves }
    }

    /// Even skin.
    pub(super) fn none() -> Self {
        Self {
            octaves: Vec::new(),
        }
    }

    /// Relative reflectance change at palm position `(x, y)`.
    pub(super) fn at(&self, x: f32, y: f32) -> f32 {
        self.octaves
            .iter()
            .map(|o| {
                o.amplitude
                    * o.grid.sample(
                        (x + MARGIN) * o.cells_per_unit,
                        (y + MARGIN) * o.cells_per_unit,
                    )
            })
            .sum()
    }
}
