//! The competition map: local contrast, then Gabor filters of two sizes that compete for every place.
//!
//! Blurs, shifts, changes of size and cosine transforms are linear along rows and columns: each is a matrix, and those
//! that follow each other are one.

use super::filters::{Bank, Matrix, blur, double};
use crate::error::TrainError;
use crate::onnx::GraphBuilder;

/// Side of the ROI in pixels.
pub const ROI: usize = 128;
/// Orientations of each filter bank.
const ORIENTATIONS: usize = 9;
/// Channels of the competition map: both banks.
pub const CHANNELS: usize = 2 * ORIENTATIONS;
/// Side of the competition map: half the ROI.
pub(super) const MAP: usize = ROI / 2;

/// Standard deviation of the window of local contrast, pixels of half the ROI.
const CONTRAST_SIGMA: f64 = 2.5;
/// Keeps flat skin flat: added to the local standard deviation, grey levels 0–1.
const CONTRAST_FLOOR: f32 = 0.01;
/// Side of the Gabor kernels in pixels of their map.
const GABOR_SIDE: usize = 17;
/// Products of a row and a column that a Gabor filter is made of.
const GABOR_RANK: usize = 4;
/// What a place holds back from all orientations, as a squared response: where nothing answers, nothing wins.
const NOBODY: f32 = 0.02;

/// Fine lines at full resolution, broad ones at half.
const BANKS: [Bank; 2] = [
    Bank {
        orientations: ORIENTATIONS,
        side: GABOR_SIDE,
        sigma: 2.2,
        wavelength: 7.0,
        aspect: 2.0,
    },
    Bank {
        orientations: ORIENTATIONS,
        side: GABOR_SIDE,
        sigma: 2.25,
        wavelength: 7.0,
        aspect: 1.8,
    },
];

/// `[N, 18, 64, 64]`: for each place and bank, the share that each orientation wins.
pub(super) fn competition_map(graph: &mut GraphBuilder) -> Result<String, TrainError> {
    let contrast = local_contrast(graph, "roi");
    let half = graph.halve(&contrast);
    let mut banks = Vec::new();
    for ((input, stride), bank) in [(contrast, 2), (half, 1)].iter().zip(&BANKS) {
        banks.push(compete(graph, input, *stride, bank)?);
    }
    Ok(graph.concat(&banks, 1))
}

/// `(x - local mean) / (local standard deviation + floor)`, Gaussian windows at half the resolution.
fn local_contrast(graph: &mut GraphBuilder, roi: &str) -> String {
    let window = double(MAP).after(&blur(MAP, CONTRAST_SIGMA));
    let half = graph.halve(roi);
    let mean = along_both(graph, &window, &half);
    let centred = graph.binary("Sub", roi, &mean);
    let square = graph.binary("Mul", &centred, &centred);
    let power = graph.halve(&square);
    let variance = along_both(graph, &window, &power);
    let deviation = graph.sqrt(&variance);
    let deviation = graph.with_number("Add", &deviation, CONTRAST_FLOOR);
    graph.binary("Div", &centred, &deviation)
}

/// Squares of the positive responses, relative to the sum of all orientations and what nobody wins.
///
/// # Deviations
/// Competitive networks take a softmax. Squares cost a third of it and separate palms better.
fn compete(
    graph: &mut GraphBuilder,
    x: &str,
    stride: usize,
    bank: &Bank,
) -> Result<String, TrainError> {
    let parts = bank.separable(GABOR_RANK)?;
    let reach = GABOR_SIDE / 2;
    let along = [GABOR_RANK, 1, 1, GABOR_SIDE];
    let rows = graph.conv(x, along, &parts.rows, [1, stride], [0, reach]);
    let down = [ORIENTATIONS, GABOR_RANK, GABOR_SIDE, 1];
    let response = graph.conv(&rows, down, &parts.columns, [stride, 1], [reach, 0]);
    let positive = graph.relu(&response);
    let square = graph.binary("Mul", &positive, &positive);
    // A sum over channels: as a convolution it is ten times faster than as a reduction.
    let all = graph.conv(
        &square,
        [1, ORIENTATIONS, 1, 1],
        &[1.0; ORIENTATIONS],
        [1, 1],
        [0, 0],
    );
    let whole = graph.with_number("Add", &all, NOBODY);
    Ok(graph.binary("Div", &square, &whole))
}

/// A matrix along columns and along rows of every map.
pub(super) fn along_both(graph: &mut GraphBuilder, matrix: &Matrix, x: &str) -> String {
    let constant =
        |graph: &mut GraphBuilder, m: &Matrix| graph.constant(&[m.rows, m.columns], &m.values);
    let left = constant(graph, matrix);
    let right = constant(graph, &matrix.transposed());
    let columns = graph.binary("MatMul", &left, x);
    graph.binary("MatMul", &columns, &right)
}
