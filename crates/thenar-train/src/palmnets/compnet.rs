//! CompNet: X. Liang, J. Yang, G. Lu, D. Zhang, "CompNet: Competitive neural network for palmprint recognition using
//! learnable Gabor kernels", IEEE Signal Processing Letters 28, 2021.
//!
//! Three scales of learnable Gabor filters compete side by side; 4.99 million parameters, 45 million multiply-adds.

use super::parts::{Scale, compete_and_read};
use super::{Feature, PalmNet};
use crate::graph::{Axis, Ops};
use crate::layers::Dense;

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
        orientations: 9,
        kernel: 17,
        ratio: 0.5,
        outputs: 12,
    },
    Scale {
        name: "cb3",
        orientations: 9,
        kernel: 7,
        ratio: 0.25,
        outputs: 12,
    },
];
/// Values that the scales give together: 2352 + 3468 + 3888.
const READ: usize = 9708;

/// CompNet.
#[derive(Clone, Copy, Debug)]
pub struct CompNet {
    /// Length of the feature; 512 as published.
    pub feature: usize,
}

impl PalmNet for CompNet {
    const NAME: &'static str = "compnet";
    const HEAD: &'static str = "arclayer";
    const DROPOUT: f32 = 0.25;

    fn published() -> Self {
        Self { feature: 512 }
    }

    fn of_widths(width: impl Fn(&str) -> Option<usize>) -> Option<Self> {
        Some(Self {
            feature: width("fc")?,
        })
    }

    fn length(&self) -> usize {
        self.feature
    }

    /// # Shapes
    /// `[1, 128, 128]` → Gabor responses `[9, 32, 32]`, `[9, 38, 38]`, `[9, 41, 41]` → read `[12, 14, 14]`,
    /// `[12, 17, 17]`, `[12, 18, 18]` → joined `[9708]`.
    fn read<O: Ops>(&self, ops: &mut O, image: &O::Value) -> O::Value {
        let blocks = SCALES.map(|scale| {
            let responses = ops.gabor(image, scale.gabor("gabor_conv2d", 1, [3, 0]));
            compete_and_read(ops, &responses, &scale)
        });
        ops.concat(&blocks.each_ref(), Axis::Channel)
    }

    /// # Shapes
    /// `[9708]` → feature `[512]`.
    fn project<O: Ops>(&self, ops: &mut O, read: &O::Value) -> Feature<O::Value> {
        Feature {
            feature: ops.dense(read, Dense::new("fc", READ, self.feature)),
            hidden: None,
        }
    }
}
