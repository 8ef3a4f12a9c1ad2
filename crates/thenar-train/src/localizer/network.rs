//! The localizer's network: a small convolutional pyramid in the manner of PKLNet.
//!
//! | stride | channels | blocks |
//! |---|---|---|
//! | 2 | 16 | – |
//! | 4 | 32 | – |
//! | 8 | 32 | 1 |
//! | 16 | 64 | 2 |
//! | 32 | 96 | 2 |
//!
//! A top-down path of 32 channels brings what the deepest level knows back to stride 4, where the heat maps and the
//! edge map are read. The mean of the deepest level gives presence, side and pose, and is also added to the top of
//! the pyramid, so that every heat map knows which hand it looks at and how that is turned.
//!
//! # Deviations
//! PKLNet regresses from a heavier backbone and publishes no layer sizes; these are ours, chosen to run in a few
//! milliseconds.

use thenar_image::KEY_POINTS;

use crate::graph::{Conv, Network, Ops};

/// Side of the input in pixels.
pub const INPUT: usize = 256;
/// Side of the heat maps and of the edge map in cells.
pub const CELLS: usize = 64;
/// Input pixels per cell.
pub const STRIDE: usize = INPUT / CELLS;
/// Channels of the pyramid.
const PYRAMID: usize = 32;
/// Channels of the mean's hidden layer.
const GLOBAL: usize = 64;

/// The localizer's network; input `[N, 3, 256, 256]`, red, green, blue in 0–1.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalizerNet;

impl Network for LocalizerNet {
    const NAME: &'static str = "thenar-localizer";
    const OUTPUTS: &'static [(&'static str, bool)] = &[
        ("heatmaps", false),
        ("edges", false),
        ("presence", true),
        ("side", true),
        ("pose", true),
    ];

    fn input(&self) -> [usize; 3] {
        [3, INPUT, INPUT]
    }

    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let x = ops.normalise(&input, 0.5, 4.0);
        let s2 = conv_relu(ops, &x, Conv::new("s2", 3, 16, 3).stride(2).gain(0.6));
        let s4 = conv_relu(ops, &s2, Conv::new("s4", 16, 32, 3).stride(2));
        let s8 = level(ops, &s4, "s8", [32, 32], 1);
        let s16 = level(ops, &s8, "s16", [32, 64], 2);
        let s32 = level(ops, &s16, "s32", [64, 96], 2);

        let mean = ops.mean(&s32);
        let global = conv_relu(ops, &mean, Conv::new("global", 96, GLOBAL, 1));
        let presence = ops.conv(
            &global,
            Conv::new("presence", GLOBAL, 1, 1).plain().gain(0.1),
        );
        let side = ops.conv(&global, Conv::new("side", GLOBAL, 1, 1).plain().gain(0.1));
        let pose = ops.conv(&global, Conv::new("pose", GLOBAL, 4, 1).plain().gain(0.1));

        let hint = ops.conv(&global, Conv::new("hint", GLOBAL, PYRAMID, 1));
        let p32 = ops.conv(&s32, Conv::new("p32", 96, PYRAMID, 1));
        let p32 = ops.add(&p32, &hint);
        let p32 = ops.relu(&p32);
        let p16 = descend(ops, &p32, &s16, 64, "p16", PYRAMID);
        let p8 = descend(ops, &p16, &s8, 32, "p8", PYRAMID);
        let p4 = descend(ops, &p8, &s4, 32, "p4", PYRAMID);
        let heatmaps = ops.conv(
            &p4,
            Conv::new("heatmaps", PYRAMID, KEY_POINTS, 1)
                .plain()
                .gain(0.1),
        );
        let edges = ops.conv(&p4, Conv::new("edges", PYRAMID, 1, 1).plain().gain(0.1));
        vec![heatmaps, edges, presence, side, pose]
    }
}

fn conv_relu<O: Ops>(ops: &mut O, x: &O::Value, conv: Conv) -> O::Value {
    let y = ops.conv(x, conv);
    ops.relu(&y)
}

/// Halves the resolution and refines the result with residual blocks.
fn level<O: Ops>(
    ops: &mut O,
    x: &O::Value,
    name: &str,
    [inputs, outputs]: [usize; 2],
    blocks: usize,
) -> O::Value {
    let mut x = conv_relu(ops, x, Conv::new(name, inputs, outputs, 3).stride(2));
    for i in 0..blocks {
        let inner = conv_relu(
            ops,
            &x,
            Conv::new(format!("{name}.{i}.a"), outputs, outputs, 3),
        );
        let change = ops.conv(
            &inner,
            Conv::new(format!("{name}.{i}.b"), outputs, outputs, 3).gain(0.3),
        );
        let sum = ops.add(&x, &change);
        x = ops.relu(&sum);
    }
    x
}

/// One step down the pyramid: doubles `above`, adds the backbone's level `side` and mixes.
fn descend<O: Ops>(
    ops: &mut O,
    above: &O::Value,
    side: &O::Value,
    channels: usize,
    name: &str,
    outputs: usize,
) -> O::Value {
    let lateral = ops.conv(
        side,
        Conv::new(format!("{name}.lateral"), channels, PYRAMID, 1).gain(0.7),
    );
    let above = ops.upsample(above);
    let sum = ops.add(&lateral, &above);
    let sum = ops.relu(&sum);
    conv_relu(
        ops,
        &sum,
        Conv::new(format!("{name}.mix"), PYRAMID, outputs, 3),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_is_as_small_as_promised() {
        let survey = LocalizerNet.survey().unwrap();
        println!(
            "{} parameters, {} multiply-adds",
            survey.parameters(),
            survey.multiply_adds
        );
        assert_eq!(
            survey.outputs,
            [[9, 64, 64], [1, 64, 64], [1, 1, 1], [1, 1, 1], [4, 1, 1]]
        );
        assert!(
            survey.parameters() <= 1_000_000,
            "{} parameters",
            survey.parameters()
        );
        assert!(
            survey.multiply_adds <= 180_000_000,
            "{} multiply-adds",
            survey.multiply_adds
        );
    }
}
