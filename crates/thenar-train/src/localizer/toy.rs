//! A toy in place of drawn hands: bright polygons with nine corners. For tests and for measuring speed.

use image::{GrayImage, Luma, Rgb, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thenar_image::{Affine, HandSide, KEY_POINTS, Point};

use super::drawing::{Drawing, DrawnHand, Source, View, scramble};

/// Side of a toy photograph in pixels.
const SIZE: u32 = 256;
/// A lopsided star in units of its size: no two corners look alike.
const SHAPE: [(f32, f32); KEY_POINTS] = [
    (0.9, 0.1),
    (0.25, -0.5),
    (0.0, -0.62),
    (-0.25, -0.5),
    (0.5, -0.3),
    (-0.5, -0.35),
    (0.35, 0.8),
    (-0.3, 0.9),
    (0.0, 0.0),
];
/// Order in which the shape's corners are joined.
const OUTLINE: [usize; 8] = [0, 4, 1, 2, 3, 5, 7, 6];

/// Draws toys; every eighth photograph is empty.
#[derive(Clone, Copy, Debug)]
pub struct Toys {
    /// Seed of the series.
    pub seed: u64,
}

impl Source for Toys {
    fn draw(&self, index: u64) -> Drawing {
        let mut rng = ChaCha8Rng::seed_from_u64(scramble(self.seed ^ scramble(index)));
        let side = if rng.random() {
            HandSide::Right
        } else {
            HandSide::Left
        };
        let in_plane: f32 = rng.random_range(-180.0..180.0);
        let place = Point::new(
            rng.random_range(100.0..156.0),
            rng.random_range(100.0..156.0),
        );
        let map = Affine::similarity(in_plane.to_radians(), rng.random_range(60.0..100.0), place);
        let mirror = if side == HandSide::Right { 1.0 } else { -1.0 };
        let points = SHAPE.map(|(x, y)| map.apply(Point::new(mirror * x, y)));
        let empty = rng.random_range(0..8) == 0;
        let (dark, bright): (u8, u8) = (rng.random_range(10..70), rng.random_range(150..250));
        let polygon = OUTLINE.map(|i| points[i]);
        let covered = |x: u32, y: u32| !empty && inside(&polygon, Point::new(x as f32, y as f32));
        let rgb = RgbImage::from_fn(SIZE, SIZE, |x, y| {
            let value = if covered(x, y) { bright } else { dark } - rng.random_range(0..10);
            Rgb([value, value - value / 8, value - value / 4])
        });
        let edges = GrayImage::from_fn(SIZE, SIZE, |x, y| {
            let here = covered(x, y);
            let edge = here != covered(x + 1, y) || here != covered(x, y + 1);
            Luma([if edge { 255 } else { 0 }])
        });
        let hand = DrawnHand {
            palm: true,
            points,
            visible: [true; KEY_POINTS],
            side,
            in_plane,
            yaw: 0.0,
            pitch: 0.0,
        };
        Drawing {
            rgb,
            hand: (!empty).then_some(hand),
            edges,
            view: View::Whole,
        }
    }
}

/// Whether `p` lies inside the polygon (even–odd rule).
fn inside(polygon: &[Point], p: Point) -> bool {
    let mut inside = false;
    for (i, a) in polygon.iter().enumerate() {
        let b = polygon[(i + 1) % polygon.len()];
        if (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x) {
            inside = !inside;
        }
    }
    inside
}
