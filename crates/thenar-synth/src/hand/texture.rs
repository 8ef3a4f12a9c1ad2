//! Skin of the fingers: joint creases, fine lines, finger tips; nails and knuckles on the back.

use rand::Rng;

use super::identity::HandIdentity;
use super::pose::THUMB;
use crate::raster::smoothstep;
use crate::seed::{normal, stream};

/// A crease across a finger.
#[derive(Clone, Debug)]
struct Line {
    at: f32,
    inverse_width: f32,
    depth: f32,
    slant: f32,
    bow: f32,
}

/// The skin of one finger.
#[derive(Clone, Debug)]
pub(crate) struct FingerSkin {
    lines: Vec<Line>,
    tip: f32,
    nail: Option<f32>,
}

impl FingerSkin {
    /// Reflectance around 1 and pinkness around 0 at `along` (in `d` from the web) and `across` (−1 to 1).
    #[inline]
    pub(crate) fn at(&self, along: f32, across: f32) -> (f32, f32) {
        let mut v = 1.0;
        for line in &self.lines {
            let x = (along - line.at - line.slant * across - line.bow * across * across)
                * line.inverse_width;
            let k = 1.0 / (1.0 + x * x);
            v -= line.depth * k * k;
        }
        if let Some(nail) = self.nail {
            let inside = smoothstep(nail - 0.02, nail + 0.02, along)
                * (1.0 - smoothstep(0.55, 0.68, across.abs()));
            return (v * (1.0 + 0.35 * inside), -0.2 + 0.5 * inside);
        }
        (
            v.max(0.3),
            0.15 + 0.75 * smoothstep(self.tip - 0.45, self.tip, along),
        )
    }
}

/// The skins of index to little finger and thumb.
pub(crate) fn finger_skins(id: &HandIdentity, back: bool) -> [FingerSkin; 5] {
    std::array::from_fn(|f| {
        let rng = &mut stream(id.seed, 0x666c_0000 + f as u64);
        let [first, second, third] = if f == THUMB {
            [0.0, id.thumb_bones[1], id.thumb_bones[2]]
        } else {
            id.fingers[f].phalanges
        };
        let joints = if f == THUMB {
            vec![0.02, second]
        } else {
            vec![0.03, first, first + second]
        };
        let tip = first + second + third;
        let mut lines = Vec::new();
        let mut line = |rng: &mut rand_chacha::ChaCha8Rng, at: f32, width: f32, depth: f32| {
            lines.push(Line {
                at,
                inverse_width: 1.0 / width.max(0.006),
                depth,
                slant: normal(rng, 0.0, 0.012),
                bow: normal(rng, 0.0, 0.015),
            });
        };
        for (k, &at) in joints.iter().enumerate() {
            let depth = if back {
                0.10
            } else {
                normal(rng, 0.2, 0.05) * if k == 0 { 0.8 } else { 1.0 }
            };
            let width = normal(rng, 0.022, 0.004) * if back { 1.4 } else { 1.0 };
            line(rng, at, width, depth);
            // Most joints fold twice, the outermost once.
            if back || k == 1 || rng.random_bool(0.45) {
                let beside = normal(rng, 0.075, 0.015);
                line(rng, at + beside, width * 0.8, depth * 0.7);
                if back {
                    line(rng, at - beside, width, depth);
                }
            }
            // The fold bulges: a soft dark band.
            line(rng, at, 0.12, 0.05);
        }
        if !back {
            for _ in 0..5 {
                let at = rng.random_range(0.0..tip);
                let depth = rng.random_range(0.02..0.08);
                line(rng, at, 0.010, depth);
            }
        }
        let radius = if f == THUMB {
            id.thumb_radii[3]
        } else {
            id.fingers[f].radii[3]
        };
        FingerSkin {
            lines,
            tip,
            nail: back.then_some(tip - 1.55 * radius),
        }
    })
}
