//! The three principal creases, from the distribution of hand-labelled palms in `principal.json`.

use std::sync::LazyLock;

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Deserialize;
use thenar_image::Point;

use super::crease::Crease;

#[derive(Deserialize)]
struct Statistics {
    points: usize,
    mean: Vec<f32>,
    components: Vec<Vec<f32>>,
}

static STATISTICS: LazyLock<Statistics> = LazyLock::new(|| {
    serde_json::from_str(include_str!("principal.json")).expect("the embedded file is valid")
});

/// Life, head and heart crease of one palm.
pub(super) fn draw(rng: &mut impl Rng) -> Vec<Crease> {
    let statistics = &*STATISTICS;
    let mut coordinates = statistics.mean.clone();
    for component in &statistics.components {
        let z: f32 = StandardNormal.sample(rng);
        let z = z.clamp(-2.5, 2.5);
        for (c, v) in coordinates.iter_mut().zip(component) {
            *c += z * v;
        }
    }
    let base_width = rng.random_range(0.0075..0.0150);
    let base_depth = rng.random_range(0.16..0.45);
    coordinates
        .chunks_exact(2 * statistics.points)
        .map(|line| {
            let points = line
                .chunks_exact(2)
                .map(|p| Point::new(p[0], p[1]))
                .collect();
            let points = extend(
                points,
                rng.random_range(0.0..0.12),
                rng.random_range(0.0..0.25),
            );
            let points = wander(points, rng);
            Crease {
                width: base_width * rng.random_range(0.8..1.25),
                depth: base_depth * rng.random_range(0.7..1.3),
                profile: profile(points.len(), rng),
                points,
                fickle: 0.0,
            }
        })
        .collect()
}

/// Labelled lines end inside the ROI; real ones run on and fade.
fn extend(mut points: Vec<Point>, before: f32, after: f32) -> Vec<Point> {
    let beyond = |a: Point, b: Point, by: f32| {
        let length = a.distance(b).max(1e-6);
        Point::new(
            b.x + (b.x - a.x) / length * by,
            b.y + (b.y - a.y) / length * by,
        )
    };
    let n = points.len();
    let (head, tail) = (
        beyond(points[1], points[0], before),
        beyond(points[n - 2], points[n - 1], after),
    );
    points.insert(0, head);
    points.push(tail);
    points
}

/// Twelve labelled points are smooth; skin is not. Subdivides the curve and lets it wander a little.
fn wander(points: Vec<Point>, rng: &mut impl Rng) -> Vec<Point> {
    const PER_SEGMENT: usize = 4;
    let mut out = Vec::with_capacity(points.len() * PER_SEGMENT);
    let amplitude = rng.random_range(0.001..0.004);
    for i in 1..points.len() {
        let before = points[i.saturating_sub(2)];
        let after = points[(i + 1).min(points.len() - 1)];
        for k in 0..PER_SEGMENT {
            let t = k as f32 / PER_SEGMENT as f32;
            let p = catmull_rom(before, points[i - 1], points[i], after, t);
            let (dx, dy): (f32, f32) = (StandardNormal.sample(rng), StandardNormal.sample(rng));
            out.push(Point::new(p.x + amplitude * dx, p.y + amplitude * dy));
        }
    }
    out.push(*points.last().expect("a line has points"));
    out
}

fn catmull_rom(a: Point, b: Point, c: Point, d: Point, t: f32) -> Point {
    let spline = |a: f32, b: f32, c: f32, d: f32| {
        0.5 * (2.0 * b
            + (c - a) * t
            + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
            + (3.0 * b - a - 3.0 * c + d) * t * t * t)
    };
    Point::new(spline(a.x, b.x, c.x, d.x), spline(a.y, b.y, c.y, d.y))
}

/// Depth along a principal crease: slow waves, fading at both ends.
pub(super) fn profile(points: usize, rng: &mut impl Rng) -> Vec<f32> {
    let (f1, f2) = (rng.random_range(1.0..4.0), rng.random_range(4.0..12.0));
    let (p1, p2): (f32, f32) = (rng.random_range(0.0..6.3), rng.random_range(0.0..6.3));
    let (a1, a2) = (rng.random_range(0.0..0.35), rng.random_range(0.0..0.25));
    let fade = rng.random_range(0.05..0.25);
    (0..points)
        .map(|i| {
            let t = i as f32 / (points - 1) as f32;
            let ends = (t / (0.4 * fade)).min((1.0 - t) / fade).clamp(0.0, 1.0);
            let waves = 1.0 + a1 * (f1 * 6.3 * t + p1).sin() + a2 * (f2 * 6.3 * t + p2).sin();
            (ends * waves).max(0.0)
        })
        .collect()
}
