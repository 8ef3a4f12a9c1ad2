//! CCNet: Z. Yang, H. Huangfu, L. Leng, B. Zhang, A. B. J. Teoh, Y. Zhang, "Comprehensive competition mechanism in
//! palmprint recognition", IEEE Transactions on Information Forensics and Security 18, 2023.
//!
//! Orientations compete with each other and places with places of their row and column, for Gabor responses of first
//! and second order; 62.3 million parameters, 665 million multiply-adds as written, 123 million folded
//! ([`crate::onnx::Form::Folded`]).

use super::attention::squeeze;
use super::parts::{Scale, two_steps};
use super::{Feature, PalmNet};
use crate::graph::{Axis, Ops};
use crate::layers::Conv;

/// The three scales.
const SCALES: [Scale; 3] = [
    Scale {
        name: "cb1",
        orientations: 9,
        kernel: 35,
        ratio: 1.0,
        outputs: READERS,
    },
    Scale {
        name: "cb2",
        orientations: 36,
        kernel: 17,
        ratio: 0.5,
        outputs: READERS,
    },
    Scale {
        name: "cb3",
        orientations: 9,
        kernel: 7,
        ratio: 0.25,
        outputs: READERS,
    },
];
/// Channels that read a competition.
const READERS: usize = 16;
/// Weight of the competition between orientations; rows and columns share the rest.
const AMONG_ORIENTATIONS: f32 = 0.8;
/// Values that the scales give together: 3 · (3600 + 784).
const READ: usize = 13_152;

/// CCNet.
#[derive(Clone, Copy, Debug)]
pub struct CcNet {
    /// Length of the layer before the feature; 4096 as published.
    pub hidden: usize,
    /// Length of the feature; 2048 as published.
    pub feature: usize,
}

impl PalmNet for CcNet {
    const NAME: &'static str = "ccnet";
    const HEAD: &'static str = "arclayer_";
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
    /// `[1, 128, 128]` → per scale `[4384]` → joined `[13152]`.
    fn read<O: Ops>(&self, ops: &mut O, image: &O::Value) -> O::Value {
        let blocks = SCALES.map(|scale| block(ops, image, &scale));
        ops.concat(&blocks.each_ref(), Axis::Channel)
    }

    /// # Shapes
    /// `[13152]` → hidden `[4096]` → feature `[2048]`.
    fn project<O: Ops>(&self, ops: &mut O, read: &O::Value) -> Feature<O::Value> {
        two_steps(ops, read, READ, [self.hidden, self.feature])
    }
}

/// One scale.
///
/// # Shapes
/// `[1, 128, 128]` → first order `[n, 64, 64]` → `[16, 15, 15]`; second order, from the raw first, `[n, 32, 32]` →
/// `[16, 7, 7]`; joined `[4384, 1, 1]`.
fn block<O: Ops>(ops: &mut O, image: &O::Value, scale: &Scale) -> O::Value {
    let (n, window) = (scale.orientations, [2, scale.kernel / 2]);
    let first = ops.gabor(image, scale.gabor("gabor_conv2d", 1, window));
    let low = read(ops, &first, scale, ["se1", "conv1_1"]);
    let second = ops.gabor(&first, scale.gabor("gabor_conv2d2", n, window));
    let high = read(ops, &second, scale, ["se2", "conv2_1"]);
    ops.concat(&[&low, &high], Axis::Channel)
}

/// Competition, attention and the convolution that reads them.
///
/// # Shapes
/// `[n, s, s]` → `[16 · t², 1, 1]`, `t = (s - 3) / 4` rounded down.
fn read<O: Ops>(ops: &mut O, x: &O::Value, scale: &Scale, [se, conv]: [&str; 2]) -> O::Value {
    let winners = compete(ops, x, scale.orientations);
    let name = |part: &str| format!("{}.{part}", scale.name);
    let attended = squeeze(ops, &winners, &name(se), scale.orientations);
    let reader = Conv::published(name(conv), scale.orientations, scale.outputs, 5).stride(2);
    let read = ops.conv(&attended, reader);
    let pooled = ops.max_pool(&read);
    ops.flatten(&pooled)
}

/// The comprehensive competition: between orientations, and between places along rows and columns.
///
/// # Shapes
/// `[n, s, s]` → the same.
fn compete<O: Ops>(ops: &mut O, x: &O::Value, channels: usize) -> O::Value {
    let orientations = ops.compete(x, channels);
    let rows = ops.softmax(x, Axis::Height);
    let columns = ops.softmax(x, Axis::Width);
    let places = ops.add(&rows, &columns);
    let places = ops.scale(&places, (1.0 - AMONG_ORIENTATIONS) / 2.0);
    let orientations = ops.scale(&orientations, AMONG_ORIENTATIONS);
    ops.add(&orientations, &places)
}
