//! The two kinds of attention in the published networks.

use crate::graph::{Axis, Ops};
use crate::layers::{Conv, Norm};

/// Squeeze and excitation (Hu et al. 2018) without reduction: every channel is weighed by what all channels are on
/// average.
///
/// # Shapes
/// `[channels, h, w]` → the same.
pub(super) fn squeeze<O: Ops>(ops: &mut O, x: &O::Value, name: &str, channels: usize) -> O::Value {
    let linear = |i: usize| Conv::published(format!("{name}.fc.{i}"), channels, channels, 1);
    let mean = ops.mean(x);
    let inner = ops.conv(&mean, linear(0).unbiased());
    let inner = ops.relu(&inner);
    let outer = ops.conv(&inner, linear(2).unbiased());
    let weight = ops.sigmoid(&outer);
    ops.mul(x, &weight)
}

/// Coordinate attention (Hou et al. 2021) without reduction: rows and columns are weighed by what they are on average.
/// `side` is height and width of the map.
///
/// # Shapes
/// `[channels, side, side]` → the same; inside, row and column means lie below each other, `[channels, 2·side, 1]`.
pub(super) fn coordinates<O: Ops>(
    ops: &mut O,
    x: &O::Value,
    name: &str,
    [channels, side]: [usize; 2],
) -> O::Value {
    let middle = channels.max(8);
    let part = |part: &str| format!("{name}.{part}");
    let rows = ops.mean_along(x, Axis::Width);
    let columns = ops.mean_along(x, Axis::Height);
    let columns = ops.transpose(&columns);
    let both = ops.concat(&[&rows, &columns], Axis::Height);
    let mixed = ops.conv(&both, Conv::published(part("conv1"), channels, middle, 1));
    let norm = Norm {
        name: part("bn1"),
        channels: middle,
    };
    let mixed = ops.norm(&mixed, norm);
    let mixed = ops.hard_swish(&mixed);
    let rows = ops.slice(&mixed, Axis::Height, 0, side);
    let columns = ops.slice(&mixed, Axis::Height, side, side);
    let columns = ops.transpose(&columns);
    let rows = ops.conv(&rows, Conv::published(part("conv_h"), middle, channels, 1));
    let columns = ops.conv(
        &columns,
        Conv::published(part("conv_w"), middle, channels, 1),
    );
    let (rows, columns) = (ops.sigmoid(&rows), ops.sigmoid(&columns));
    let weighed = ops.mul(x, &columns);
    ops.mul(&weighed, &rows)
}
