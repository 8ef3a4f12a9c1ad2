//! The network: local contrast, soft competition of Gabor filters, a lattice of pooled cells, whitening.
//!
//! A ROI can lie some pixels off. Instead of making the projection tolerate that (it would have to throw detail away),
//! the network reads its cells at several lattices and gives one feature per *view*: view 0 is centred, the others are
//! shifted. An enrolment keeps view 0; a probe is compared with all of its views, and the nearest one counts. The
//! competition is computed once for all views.

use crate::onnx::GraphBuilder;

/// Side of the ROI in pixels.
pub const ROI: usize = 128;
/// Orientations of each filter bank.
pub const ORIENTATIONS: usize = 9;
/// Cells of the lattice per axis.
pub const LATTICE: usize = 12;
/// Pixels of the competition map between cells.
const CELL: usize = 5;
/// Side of the competition map: half the ROI.
const MAP: usize = ROI / 2;
/// First cell centre of the centred view.
const FIRST: usize = 4;
/// Values per view before the whitening.
pub const CELLS: usize = 2 * ORIENTATIONS * LATTICE * LATTICE;

/// Standard deviation of the window of local contrast, pixels.
const CONTRAST_SIGMA: f32 = 5.0;
/// Keeps flat skin flat: added to the local standard deviation, grey levels 0–1.
const CONTRAST_FLOOR: f32 = 0.01;
/// Side of the Gabor kernels in pixels of their map.
const GABOR_SIDE: usize = 17;
/// Sharpness of the competition: softmax of this times the response over its root mean square.
const SHARPNESS: f32 = 6.0;
/// Blur of the competition map before its cells are read, map pixels.
const CELL_BLUR: f32 = 1.6;
/// Steps between shifted views, map pixels (two ROI pixels each).
const VIEW_STEP: i64 = 2;

/// One bank of real Gabor filters, dark lines positive.
struct Bank {
    sigma: f32,
    wavelength: f32,
    aspect: f32,
}

/// Fine lines at full resolution, broad ones at half.
const BANKS: [Bank; 2] = [
    Bank {
        sigma: 2.2,
        wavelength: 7.0,
        aspect: 2.0,
    },
    Bank {
        sigma: 2.25,
        wavelength: 7.0,
        aspect: 1.8,
    },
];

/// The views a model gives, as shifts of the lattice in ROI pixels: the centre first, then a square of
/// `(2·reach + 1)²` shifts without it.
pub fn views(reach: i64) -> Vec<(i64, i64)> {
    let step = 2 * VIEW_STEP;
    let around = (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x * step, y * step)));
    std::iter::once((0, 0))
        .chain(around.filter(|&v| v != (0, 0)))
        .collect()
}

/// The competition only: input `roi` `[N, 1, 128, 128]` grey 0–1, output `cells` `[N, 1, CELLS]`, centred view.
pub fn competition() -> Vec<u8> {
    let mut graph = GraphBuilder::new();
    let map = competition_map(&mut graph);
    let cells = view(&mut graph, &map, (0, 0));
    graph.finish(
        "thenar-competition",
        ("roi", &[1, ROI, ROI]),
        ("cells", &cells, &[1, CELLS]),
        &[],
    )
}

/// The extractor: input `roi` `[N, 1, 128, 128]` grey 0–1, output `feature` `[N, views, outputs]`, not normalised.
/// `projection` is row-major `[CELLS, outputs]`; it is kept, and multiplied, as one byte per weight.
pub fn extractor(
    projection: &[f32],
    outputs: usize,
    reach: i64,
    notes: &[(&str, String)],
) -> Vec<u8> {
    let mut graph = GraphBuilder::new();
    let map = competition_map(&mut graph);
    let rows: Vec<String> = views(reach)
        .into_iter()
        .map(|shift| view(&mut graph, &map, shift))
        .collect();
    let cells = graph.concat(&rows, 1);
    let feature = graph.int8_product(&cells, CELLS, outputs, projection);
    let shape = [rows.len(), outputs];
    graph.finish(
        "thenar-extractor",
        ("roi", &[1, ROI, ROI]),
        ("feature", &feature, &shape),
        notes,
    )
}

/// `[N, 18, 64, 64]`: for each place and bank, how strongly each orientation wins, blurred to cells.
fn competition_map(graph: &mut GraphBuilder) -> String {
    let contrast = local_contrast(graph, "roi");
    let half = graph.halve(&contrast);
    let banks: Vec<String> = [(contrast, 2), (half, 1)]
        .iter()
        .zip(&BANKS)
        .map(|((input, stride), bank)| compete(graph, input, *stride, bank))
        .collect();
    let both = graph.concat(&banks, 1);
    let kernel = convolve(&gaussian(CELL_BLUR), &[1.0 / CELL as f32; CELL]);
    separable(graph, &both, &kernel, 2 * ORIENTATIONS)
}

/// `(x - local mean) / (local standard deviation + floor)`, Gaussian windows.
fn local_contrast(graph: &mut GraphBuilder, roi: &str) -> String {
    let window = gaussian(CONTRAST_SIGMA);
    let mean = separable(graph, roi, &window, 1);
    let centred = graph.binary("Sub", roi, &mean);
    let square = graph.binary("Mul", &centred, &centred);
    let variance = separable(graph, &square, &window, 1);
    let deviation = graph.sqrt(&variance);
    let deviation = graph.with_number("Add", &deviation, CONTRAST_FLOOR);
    graph.binary("Div", &centred, &deviation)
}

/// Softmax over orientations of the responses, relative to their root mean square over the image.
fn compete(graph: &mut GraphBuilder, x: &str, stride: usize, bank: &Bank) -> String {
    let reach = (GABOR_SIDE / 2) as i64;
    let padded = graph.pad_edge(x, reach, reach);
    let shape = [ORIENTATIONS, 1, GABOR_SIDE, GABOR_SIDE];
    let response = graph.conv(&padded, shape, &gabor_bank(bank), stride, 1);
    let square = graph.binary("Mul", &response, &response);
    let power = graph.mean_over(&square, &[1, 2, 3]);
    let power = graph.with_number("Add", &power, 1e-12);
    let rms = graph.sqrt(&power);
    let scaled = graph.with_number("Mul", &response, SHARPNESS);
    let relative = graph.binary("Div", &scaled, &rms);
    graph.softmax_channels(&relative)
}

fn view(graph: &mut GraphBuilder, map: &str, (x, y): (i64, i64)) -> String {
    // A shift of the ROI by `x` pixels is one of the map by half of it.
    let first = |shift: i64| {
        let at = FIRST as i64 + shift / 2;
        assert!(
            at >= 0 && at as usize + (LATTICE - 1) * CELL < MAP,
            "the view lies inside the map"
        );
        at as usize
    };
    let cells = graph.lattice(map, first(y), first(x), CELL, LATTICE);
    // How often an orientation wins over all is no identity; drawn and real palms differ in it.
    let overall = graph.mean_over(&cells, &[2, 3]);
    let cells = graph.binary("Sub", &cells, &overall);
    graph.row(&cells)
}

/// Convolves every channel with `kernel` along rows and columns, repeating edge pixels.
fn separable(graph: &mut GraphBuilder, x: &str, kernel: &[f32], channels: usize) -> String {
    let reach = (kernel.len() / 2) as i64;
    let taps: Vec<f32> = (0..channels).flat_map(|_| kernel.iter().copied()).collect();
    let wide = graph.pad_edge(x, 0, reach);
    let rows = graph.conv(&wide, [channels, 1, 1, kernel.len()], &taps, 1, channels);
    let high = graph.pad_edge(&rows, reach, 0);
    graph.conv(&high, [channels, 1, kernel.len(), 1], &taps, 1, channels)
}

fn gaussian(sigma: f32) -> Vec<f32> {
    let reach = (2.5 * sigma).ceil() as i32;
    let taps: Vec<f32> = (-reach..=reach)
        .map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp())
        .collect();
    let sum: f32 = taps.iter().sum();
    taps.into_iter().map(|t| t / sum).collect()
}

fn convolve(a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; a.len() + b.len() - 1];
    for (i, x) in a.iter().enumerate() {
        for (j, y) in b.iter().enumerate() {
            out[i + j] += x * y;
        }
    }
    out
}

/// `[ORIENTATIONS, 1, side, side]`: zero mean under its own envelope, absolute sum 1.
fn gabor_bank(bank: &Bank) -> Vec<f32> {
    let reach = (GABOR_SIDE / 2) as i32;
    let mut kernels = Vec::with_capacity(ORIENTATIONS * GABOR_SIDE * GABOR_SIDE);
    for o in 0..ORIENTATIONS {
        let (sin, cos) = (o as f64 * std::f64::consts::PI / ORIENTATIONS as f64).sin_cos();
        let (sigma, along) = (f64::from(bank.sigma), f64::from(bank.sigma * bank.aspect));
        let mut envelope = Vec::new();
        let mut wave = Vec::new();
        for y in -reach..=reach {
            for x in -reach..=reach {
                let (x, y) = (f64::from(x), f64::from(y));
                let (across, run) = (x * cos + y * sin, y * cos - x * sin);
                let e = (-0.5 * (across * across / (sigma * sigma) + run * run / (along * along)))
                    .exp();
                envelope.push(e);
                wave.push(-e * (std::f64::consts::TAU * across / f64::from(bank.wavelength)).cos());
            }
        }
        let offset = wave.iter().sum::<f64>() / envelope.iter().sum::<f64>();
        let kernel: Vec<f64> = wave
            .iter()
            .zip(&envelope)
            .map(|(w, e)| w - offset * e)
            .collect();
        let size: f64 = kernel.iter().map(|v| v.abs()).sum();
        kernels.extend(kernel.iter().map(|v| (v / size) as f32));
    }
    kernels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_do_not_see_brightness() {
        for bank in &BANKS {
            for kernel in gabor_bank(bank).chunks_exact(GABOR_SIDE * GABOR_SIDE) {
                assert!(kernel.iter().sum::<f32>().abs() < 1e-5);
                assert!((kernel.iter().map(|v| v.abs()).sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_centre_is_the_first_view() {
        assert_eq!(views(0), [(0, 0)]);
        let views = views(2);
        assert_eq!((views.len(), views[0]), (25, (0, 0)));
        assert!(views.contains(&(-8, 4)));
    }
}
