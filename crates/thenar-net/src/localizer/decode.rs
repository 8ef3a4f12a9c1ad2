//! From what the network says to points, side and pose, in pixels of its input.

use std::cmp::Ordering;
use thenar_image::{HandSide, KEY_POINTS, KeyPoint, KeyPoints, Point};

/// Cells per row and column of the heat maps.
pub(super) const CELLS: usize = 64;

/// A point is the mean over the cells at most this far from the peak, each way: three standard deviations of the
/// Gaussian that heat maps are trained to show.
const WINDOW: usize = 3;

/// What one pass of the network found.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Key points in input pixels.
    pub points: KeyPoints,
    /// Per point, the share of the heat map's mass around its peak, 0–1.
    pub confidence: [f32; KEY_POINTS],
    /// Probability that there is a palm, 0–1.
    pub presence: f32,
    /// Probability that it is a right hand, 0–1.
    pub right: f32,
    /// Clockwise turn of the fingers away from straight up, radians.
    pub in_plane: f32,
    /// Turn about the hand's long axis, degrees.
    pub yaw: f32,
    /// Turn about the hand's cross axis, degrees.
    pub pitch: f32,
    /// Edge probabilities, `CELLS × CELLS`.
    pub edges: Vec<f32>,
}

impl Reading {
    /// Reads `heatmaps`, `edges`, `presence`, `side` and `pose`, in this order; `None` when lengths are wrong.
    pub fn new(outputs: &[Vec<f32>]) -> Option<Self> {
        let [heatmaps, edges, presence, side, pose] = outputs else {
            return None;
        };
        let (&[presence], &[side], &[sin, cos, yaw, pitch]) = (&presence[..], &side[..], &pose[..])
        else {
            return None;
        };
        if heatmaps.len() != KEY_POINTS * CELLS * CELLS || edges.len() != CELLS * CELLS {
            return None;
        }
        let mut points = [Point::default(); KEY_POINTS];
        let mut confidence = [0.0; KEY_POINTS];
        for (i, map) in heatmaps.chunks_exact(CELLS * CELLS).enumerate() {
            (points[i], confidence[i]) = peak(map);
        }
        Some(Self {
            points,
            confidence,
            presence: sigmoid(presence),
            right: sigmoid(side),
            in_plane: sin.atan2(cos),
            yaw: (yaw * 45.0).clamp(-90.0, 90.0),
            pitch: (pitch * 45.0).clamp(-90.0, 90.0),
            edges: edges.iter().map(|&v| sigmoid(v)).collect(),
        })
    }
}

/// The sub-pixel position of a heat map's peak in input pixels, and the share of the softmax's mass around it.
fn peak(logits: &[f32]) -> (Point, f32) {
    let by_value =
        |a: &(usize, &f32), b: &(usize, &f32)| a.1.partial_cmp(b.1).unwrap_or(Ordering::Equal);
    let Some((at, &top)) = logits.iter().enumerate().max_by(by_value) else {
        return (Point::default(), 0.0);
    };
    let around = |i: usize| i.saturating_sub(WINDOW)..(i + WINDOW + 1).min(CELLS);
    let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
    for row in around(at / CELLS) {
        for column in around(at % CELLS) {
            let weight = (logits[row * CELLS + column] - top).exp();
            mass += weight;
            x += weight * column as f32;
            y += weight * row as f32;
        }
    }
    let total: f32 = logits.iter().map(|v| (v - top).exp()).sum();
    (
        Point::new(to_pixels(x / mass), to_pixels(y / mass)),
        mass / total,
    )
}

/// Cell `c` is centred on input pixel `4c + 1.5`.
fn to_pixels(cell: f32) -> f32 {
    4.0 * cell + 1.5
}

/// The logistic function.
pub(super) fn sigmoid(v: f32) -> f32 {
    1.0 / (1.0 + (-v).exp())
}

/// The middle of the two valleys that span the ROI, and the middle of the wrist.
pub(super) fn axis(points: &KeyPoints) -> (Point, Point) {
    let p = |k: KeyPoint| points[k as usize];
    let valleys = p(KeyPoint::IndexMiddleValley).lerp(p(KeyPoint::RingLittleValley), 0.5);
    (
        valleys,
        p(KeyPoint::WristThumbSide).lerp(p(KeyPoint::WristLittleSide), 0.5),
    )
}

/// Distance of the two valleys that span the ROI.
pub(super) fn valley_distance(points: &KeyPoints) -> f32 {
    points[KeyPoint::IndexMiddleValley as usize]
        .distance(points[KeyPoint::RingLittleValley as usize])
}

/// Which hand the points describe: seen from the wrist, a right hand's index finger lies right of the little one.
///
/// The ROI must lie on the palm, so it is this side that spans its frame, and the network's own opinion tells how
/// far to trust it.
pub(super) fn side_of(points: &KeyPoints) -> HandSide {
    let p = |k: KeyPoint| points[k as usize];
    let (index, little) = (
        p(KeyPoint::IndexMiddleValley),
        p(KeyPoint::RingLittleValley),
    );
    let wrist = axis(points).1;
    let cross =
        (index.x - little.x) * (wrist.y - little.y) - (index.y - little.y) * (wrist.x - little.x);
    if cross > 0.0 {
        HandSide::Right
    } else {
        HandSide::Left
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Logits whose softmax is a Gaussian of one cell around `point` (input pixels).
    pub fn bump(point: Point) -> Vec<f32> {
        let (cx, cy) = ((point.x - 1.5) / 4.0, (point.y - 1.5) / 4.0);
        let value = |i: usize| {
            let (x, y) = ((i % CELLS) as f32, (i / CELLS) as f32);
            -0.5 * ((x - cx).powi(2) + (y - cy).powi(2))
        };
        (0..CELLS * CELLS).map(value).collect()
    }

    #[test]
    fn a_bump_is_found_to_a_tenth_of_a_pixel() {
        for (x, y) in [(100.0, 50.0), (101.3, 77.9), (20.2, 240.8), (128.0, 127.5)] {
            let (found, confidence) = peak(&bump(Point::new(x, y)));
            assert!(
                found.distance(Point::new(x, y)) < 0.1,
                "{found:?} instead of ({x}, {y})"
            );
            assert!(confidence > 0.98);
        }
    }

    #[test]
    fn a_flat_map_and_two_peaks_are_not_trusted() {
        assert!(peak(&[0.0; CELLS * CELLS]).1 < 0.02);
        let (a, b) = (bump(Point::new(60.0, 60.0)), bump(Point::new(200.0, 200.0)));
        let both: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a.max(*b)).collect();
        let confidence = peak(&both).1;
        assert!((0.4..0.6).contains(&confidence), "{confidence}");
    }

    #[test]
    fn wrong_lengths_are_refused() {
        let mut outputs = vec![
            vec![0.0; 9 * 4096],
            vec![0.0; 4096],
            vec![0.0],
            vec![0.0],
            vec![0.0; 4],
        ];
        assert!(Reading::new(&outputs).is_some());
        outputs[0].pop();
        assert!(Reading::new(&outputs).is_none());
        assert!(Reading::new(&outputs[..4]).is_none());
    }

    #[test]
    fn the_side_follows_from_the_points() {
        let mut points = [Point::default(); KEY_POINTS];
        points[KeyPoint::IndexMiddleValley as usize] = Point::new(60.0, 20.0);
        points[KeyPoint::RingLittleValley as usize] = Point::new(20.0, 20.0);
        points[KeyPoint::WristThumbSide as usize] = Point::new(55.0, 120.0);
        points[KeyPoint::WristLittleSide as usize] = Point::new(25.0, 120.0);
        assert_eq!(side_of(&points), HandSide::Right);
        let mirrored = points.map(|p| Point::new(100.0 - p.x, p.y));
        assert_eq!(side_of(&mirrored), HandSide::Left);
        let upside_down = points.map(|p| Point::new(100.0 - p.x, 140.0 - p.y));
        assert_eq!(side_of(&upside_down), HandSide::Right);
    }
}
