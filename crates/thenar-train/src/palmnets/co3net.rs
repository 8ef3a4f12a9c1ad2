//! CO3Net: Z. Yang, W. Xia, Y. Qiao, Z. Lu, B. Zhang, L. Leng, Y. Zhang, "CO3Net: Coordinate-aware contrastive
//! competitive neural network for palmprint recognition", IEEE Transactions on Instrumentation and Measurement 72,
//! 2023.
//!
//! CompNet's scales with a second Gabor layer, coordinate attention after each, and a contrastive loss.

use super::attention::coordinates;
use super::parts::{Scale, compete_and_read, two_steps};
use super::{Feature, PalmNet};
use crate::graph::{Axis, Ops};

/// The three scales.
const SCALES: [Scale; 3] = [
    Scale {
        name: "cb1",
        orientations: 9,
        kernel: 35,
        ratio: 1.0,
        outputs: 12,
    },
    Scale {
        name: "cb2",
        orientations: 36,
        kernel: 17,
        ratio: 0.5,
        outputs: 24,
    },
    Scale {
        name: "cb3",
        orientations: 9,
        kernel: 7,
        ratio: 0.25,
        outputs: 12,
    },
];
/// Side of the maps of Gabor responses.
const MAP: usize = 43;
/// Values that the scales give together: 4332 + 8664 + 4332.
const READ: usize = 17_328;

/// CO3Net.
#[derive(Clone, Copy, Debug)]
pub struct Co3Net {
    /// Length of the layer before the feature; 4096 as published.
    pub hidden: usize,
    /// Length of the feature; 2048 as published.
    pub feature: usize,
}

impl PalmNet for Co3Net {
    const NAME: &'static str = "co3net";
    const HEAD: &'static str = "arclayer";
    const DROPOUT: f32 = 0.5;

    fn published() -> Self {
        Self {
            hidden: 4096,
            feature: 2048,
        }
    }

    fn of_widths(width: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        Some(Self {
            hidden: width("fc")?,
            feature: width("fc1")?,
        })
    }

    fn length(&self) -> usize {
        self.feature
    }

    /// # Shapes
    /// `[1, 128, 128]` → Gabor responses of both orders `[9, 43, 43]`, `[36, 43, 43]`, `[9, 43, 43]` → read
    /// `[12, 19, 19]`, `[24, 19, 19]`, `[12, 19, 19]` → joined `[17328]`.
    fn read<O: Ops>(&self, ops: &mut O, image: &O::Value) -> O::Value {
        let blocks = SCALES.map(|scale| block(ops, image, &scale));
        ops.concat(&blocks.each_ref(), Axis::Channel)
    }

    /// # Shapes
    /// `[17328]` → hidden `[4096]` → feature `[2048]`.
    fn project<O: Ops>(&self, ops: &mut O, read: &O::Value) -> Feature<O::Value> {
        two_steps(ops, read, READ, [self.hidden, self.feature])
    }
}

/// One scale.
///
/// # Shapes
/// `[1, 128, 128]` → `[outputs · 19², 1, 1]`.
fn block<O: Ops>(ops: &mut O, image: &O::Value, scale: &Scale) -> O::Value {
    let (n, padding) = (scale.orientations, scale.kernel / 2);
    let attended = |ops: &mut O, x: &O::Value, name: &str| {
        coordinates(ops, x, &format!("{}.{name}", scale.name), [n, MAP])
    };
    let first = ops.gabor(image, scale.gabor("gabor_conv2d", 1, [3, padding]));
    let first = attended(ops, &first, "cooratt1");
    let second = ops.gabor(&first, scale.gabor("gabor_conv2d2", n, [1, padding]));
    let second = attended(ops, &second, "cooratt2");
    compete_and_read(ops, &second, scale)
}
