//! The network: local contrast, competition of Gabor filters, frequencies of a lattice of cells, whitening.
//!
//! The [competition](super::competition) is computed once and read in several [`views`](super::views), each of which gives a feature.
//!
//! Palms have no preferred place for what is not a principal line, so the second moments of the cells are nearly those
//! of a stationary pattern, and a cosine transform nearly makes them independent. What is left to whiten are the
//! orientations within each frequency, with a small matrix for each instead of one large matrix for all cells, and the
//! few patterns that all palms share.

use super::competition::{CHANNELS, ROI, competition_map};
use super::shared::Shared;
use super::views::Views;
use crate::error::TrainError;
use crate::onnx::{GraphBuilder, Storage};

/// Directions that are kept of the channels of a frequency. Orientations of a bank compete for a whole, so one
/// direction of each bank says next to nothing.
pub const KEPT: usize = CHANNELS - 2;

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
