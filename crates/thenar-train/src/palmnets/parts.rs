//! Parts that several networks share.

use super::Feature;
use crate::graph::Ops;
use crate::layers::{Affine, Conv, Dense, Gabor};

/// One scale of a network: how many orientations compete, and under what filters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Name of the block.
    pub name: &'static str,
    /// Orientations.
    pub orientations: usize,
    /// Side of the Gabor kernels in pixels.
    pub kernel: usize,
    /// Scale of the initial Gabor values.
    pub ratio: f32,
    /// Channels that the block ends with (CompNet and CO3Net).
    pub outputs: usize,
}

impl Scale {
    /// The block's Gabor layer `name` on `inputs` channels.
    pub fn gabor(&self, name: &str, inputs: usize, [stride, padding]: [usize; 2]) -> Gabor {
        Gabor {
            name: format!("{}.{name}", self.name),
            inputs,
            orientations: self.orientations,
            kernel: self.kernel,
            stride,
            padding,
            ratio: self.ratio,
        }
    }
}

/// Projects what was read, `length` values, in two linear steps: the end of CCNet and CO3Net.
///
/// # Shapes
/// `[length]` → hidden `[hidden]` → feature `[feature]`.
pub(super) fn two_steps<O: Ops>(
    ops: &mut O,
    read: &O::Value,
    length: usize,
    [hidden, feature]: [usize; 2],
) -> Feature<O::Value> {
    let middle = ops.dense(read, Dense::new("fc", length, hidden));
    Feature {
        feature: ops.dense(&middle, Dense::new("fc1", hidden, feature)),
        hidden: Some(middle),
    }
}

/// Channels between the two convolutions after a competition.
const MIDDLE: usize = 32;

/// Soft competition between orientations and the two convolutions that read it: the end of a block of CompNet and
/// CO3Net (Liang et al. 2021, section II).
///
/// # Shapes
/// `[orientations, s, s]` → `[outputs · t², 1, 1]` with `t = (s - 4) / 2`, rounded down.
pub(super) fn compete_and_read<O: Ops>(ops: &mut O, x: &O::Value, scale: &Scale) -> O::Value {
    let name = scale.name;
    let sharpened = ops.affine(x, Affine { name: name.into() });
    let winners = ops.compete(&sharpened, scale.orientations);
    let first = Conv::published(format!("{name}.conv1"), scale.orientations, MIDDLE, 5);
    let read = ops.conv(&winners, first);
    let pooled = ops.max_pool(&read);
    let second = Conv::published(format!("{name}.conv2"), MIDDLE, scale.outputs, 1);
    let out = ops.conv(&pooled, second);
    ops.flatten(&out)
}
