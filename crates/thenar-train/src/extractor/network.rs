//! The network: local contrast, competition of Gabor filters, frequencies of a lattice of cells, whitening.
//!
//! The competition is computed once and read in several [`views`](super::views), each of which gives a feature.
//!
//! Palms have no preferred place for what is not a principal line, so the second moments of the cells are nearly those
//! of a stationary pattern, and a cosine transform nearly makes them independent. What is left to whiten are the
//! orientations within each frequency, with a small matrix for each instead of one large matrix for all cells, and the
//! few patterns that all palms share.
//!
//! Blurs, shifts, changes of size and cosine transforms are linear along rows and columns: each is a matrix, and those
//! that follow each other are one.

use super::filters::{Bank, Matrix, blur, double};
use super::shared::Shared;
use super::views::Views;
use crate::error::TrainError;
use crate::onnx::{GraphBuilder, Storage};

/// Side of the ROI in pixels.
pub const ROI: usize = 128;
/// Orientations of each filter bank.
const ORIENTATIONS: usize = 9;
/// Channels of the competition map: both banks.
pub const CHANNELS: usize = 2 * ORIENTATIONS;
/// Directions that are kept of the channels of a frequency. Orientations of a bank compete for a whole, so one
/// direction of each bank says next to nothing.
pub const KEPT: usize = CHANNELS - 2;
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

/// What is learnt.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The lowest frequencies, how many.
    pub frequencies: usize,
    /// What whitens each: `[frequencies, CHANNELS, KEPT]`, row-major.
    pub matrices: Vec<f32>,
    /// What is taken of the whole.
    pub shared: Shared,
}

/// What is whitened: input `roi` `[N, 1, 128, 128]` grey 0–1, output `spectrum` `[N, frequencies, CHANNELS]` of the
/// centred view.
///
/// # Errors
/// When the filters cannot be decomposed.
pub fn competition(frequencies: usize) -> Result<Vec<u8>, TrainError> {
    let mut graph = GraphBuilder::new();
    let map = competition_map(&mut graph)?;
    let spectrum = Views::CENTRE.spectrum(&mut graph, &map, frequencies);
    let spectrum = graph.transpose(&spectrum, &[1, 0, 2]);
    let shape = [frequencies, CHANNELS];
    let output = ("spectrum", spectrum.as_str(), shape.as_slice());
    Ok(graph.finish("thenar-competition", ("roi", &[1, ROI, ROI]), output, &[]))
}

/// The extractor: input `roi` `[N, 1, 128, 128]` grey 0–1, output `feature` `[N, views, frequencies · KEPT]`, not
/// normalised.
///
/// # Errors
/// When the filters cannot be decomposed.
pub fn extractor(
    projection: &Projection,
    views: &Views,
    storage: Storage,
    notes: &[(&str, String)],
) -> Result<Vec<u8>, TrainError> {
    let count = projection.frequencies;
    let mut graph = GraphBuilder::new();
    let map = competition_map(&mut graph)?;
    let spectrum = views.spectrum(&mut graph, &map, count);
    let shape = [count, CHANNELS, KEPT];
    let matrices = graph.weights(&shape, &projection.matrices, storage);
    let whitened = graph.binary("MatMul", &spectrum, &matrices);
    let by_view = graph.transpose(&whitened, &[1, 0, 2]);
    let shape = [views.list().len(), count * KEPT];
    let whole = graph.reshape(&by_view, &[-1, shape[1] as i64]);
    let shared = &projection.shared;
    let down = graph.weights(&[shape[1], shared.count], &shared.directions, storage);
    let up = graph.weights(&[shared.count, shape[1]], &shared.taken, storage);
    let found = graph.binary("MatMul", &whole, &down);
    let taken = graph.binary("MatMul", &found, &up);
    let left = graph.binary("Sub", &whole, &taken);
    let feature = graph.reshape(&left, &[-1, shape[0] as i64, shape[1] as i64]);
    let output = ("feature", feature.as_str(), shape.as_slice());
    Ok(graph.finish("thenar-extractor", ("roi", &[1, ROI, ROI]), output, notes))
}

/// `[N, 18, 64, 64]`: for each place and bank, the share that each orientation wins.
fn competition_map(graph: &mut GraphBuilder) -> Result<String, TrainError> {
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
