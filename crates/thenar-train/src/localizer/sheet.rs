//! A page of training views with their labels, to be looked at before training.

use image::{Rgb, RgbImage};
use thenar_image::{HandSide, Point, contact_sheet, overlay};

use super::network::{CELLS, STRIDE};
use super::sample::Sample;
use super::validate::{Reading, overlap};

/// Side of a cell on the page in pixels.
const CELL: u32 = 256;
/// Colours of the nine key points: the two valleys that span the ROI are yellow.
const COLOURS: [[u8; 3]; 9] = [
    [255, 80, 80],
    [255, 255, 0],
    [80, 255, 80],
    [255, 255, 0],
    [80, 160, 255],
    [255, 80, 255],
    [0, 255, 255],
    [255, 160, 0],
    [255, 255, 255],
];

/// The views in rows of eight: key points (small when hidden), edges in green, the fingers' direction as a line that
/// is red for right hands and blue for left ones.
pub fn sheet(samples: &[Sample]) -> RgbImage {
    let pictures: Vec<_> = samples.iter().map(marked).collect();
    contact_sheet(&pictures, 8, CELL)
}

/// The same, worst first, with a white line from every key point to where the network sees it.
pub fn worst(samples: &[Sample], readings: &[Reading], count: usize) -> RgbImage {
    let mut order: Vec<_> = samples.iter().zip(readings).collect();
    order.sort_by(|a, b| quality(a.0, a.1).total_cmp(&quality(b.0, b.1)));
    let pictures: Vec<_> = order
        .into_iter()
        .take(count)
        .map(|(sample, reading)| compared(sample, reading))
        .collect();
    contact_sheet(&pictures, 8, CELL)
}

/// Overlap of the ROI; −1 when presence was told wrong, 2 when its absence was told right.
fn quality(sample: &Sample, reading: &Reading) -> f32 {
    match &sample.label.hand {
        hand if hand.is_some() != reading.present => -1.0,
        Some(hand) => overlap(hand, &reading.points),
        None => 2.0,
    }
}

fn compared(sample: &Sample, reading: &Reading) -> RgbImage {
    let mut picture = marked(sample);
    if let Some(hand) = &sample.label.hand {
        for (truth, seen) in hand.points.iter().zip(&reading.points) {
            overlay::line(&mut picture, *truth, *seen, 1.5, Rgb([255; 3]));
        }
    }
    picture
}

fn marked(sample: &Sample) -> RgbImage {
    let mut picture = sample.rgb.clone();
    for (cell, &edge) in sample.label.edges.iter().enumerate() {
        if edge > 0.5 {
            let at = |cell: usize| (cell * STRIDE + STRIDE / 2) as u32;
            picture.put_pixel(at(cell % CELLS), at(cell / CELLS), Rgb([0, 255, 0]));
        }
    }
    if let Some(hand) = &sample.label.hand {
        let centre = hand.points[8];
        let up = Point::new(
            centre.x + 60.0 * hand.pose[0],
            centre.y - 60.0 * hand.pose[1],
        );
        let colour = if hand.side == HandSide::Right {
            [255, 0, 0]
        } else {
            [0, 0, 255]
        };
        overlay::line(&mut picture, centre, up, 2.0, Rgb(colour));
        for ((&point, weight), colour) in hand.points.iter().zip(hand.weights).zip(COLOURS) {
            overlay::disc(&mut picture, point, 1.0 + 3.0 * weight, Rgb(colour));
        }
    }
    picture
}
