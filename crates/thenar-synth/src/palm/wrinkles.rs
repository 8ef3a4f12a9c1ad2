//! Secondary creases, clusters of wrinkles and veins.

use std::f32::consts::PI;

use rand::Rng;
use rand_distr::{Distribution, LogNormal, Normal};
use thenar_image::Point;

use super::crease::Crease;
use super::principal::profile;

/// All creases of one palm but the principal ones.
pub(super) fn draw(principal: &[Crease], rng: &mut impl Rng) -> Vec<Crease> {
    // Palms differ more in how wrinkled they are than in anything else.
    let density = LogNormal::new(0.0f32, 0.45)
        .expect("valid")
        .sample(rng)
        .clamp(0.35, 2.5);
    let strength = rng.random_range(0.6..1.3);
    let mut out = Vec::new();
    branches(principal, density, rng, &mut out);
    long_lines(density, rng, &mut out);
    finger_base_arcs(rng, &mut out);
    clusters(density, rng, &mut out);
    scattered(density, rng, &mut out);
    for crease in &mut out {
        crease.depth *= strength;
    }
    out
}

/// Veins: wide, soft, branching from the wrist towards the fingers.
pub(super) fn draw_veins(rng: &mut impl Rng) -> Vec<Crease> {
    let mut veins = Vec::new();
    for _ in 0..rng.random_range(4..9) {
        let start = Point::new(rng.random_range(-0.2..1.2), rng.random_range(0.5..1.4));
        let angle = -PI / 2.0 + rng.random_range(-0.6..0.6);
        let trunk = curve(start, angle, rng.random_range(0.5..1.2), 0.5, 10, rng);
        let width = rng.random_range(0.012..0.028);
        let depth = rng.random_range(0.05..0.16);
        let crease = plain(trunk, width, depth, rng);
        for _ in 0..rng.random_range(1..4) {
            let t = rng.random_range(0.2..0.9);
            let direction = crease.direction_at(t);
            let turn = rng.random_range(0.3..0.9) * if rng.random() { 1.0 } else { -1.0 };
            let branch = curve(
                crease.point_at(t),
                direction.y.atan2(direction.x) + turn,
                rng.random_range(0.2..0.5),
                0.6,
                7,
                rng,
            );
            veins.push(plain(branch, width * 0.75, depth * 0.8, rng));
        }
        veins.push(crease);
    }
    veins
}

/// A gently bending curve from `start` along `angle`.
fn curve(
    start: Point,
    angle: f32,
    length: f32,
    bend: f32,
    points: usize,
    rng: &mut impl Rng,
) -> Vec<Point> {
    let normal = Normal::new(0.0, 1.0).expect("valid");
    let bend = bend * normal.sample(rng);
    let rough = rng.random_range(0.02..0.12);
    let step = length / (points - 1) as f32;
    let mut heading = angle - 0.5 * bend;
    let mut at = start;
    let mut out = vec![at];
    for _ in 1..points {
        heading += bend / points as f32 + rough * normal.sample(rng);
        at = Point::new(at.x + step * heading.cos(), at.y + step * heading.sin());
        out.push(at);
    }
    out
}

fn plain(points: Vec<Point>, width: f32, depth: f32, rng: &mut impl Rng) -> Crease {
    Crease {
        profile: profile(points.len(), rng),
        points,
        width,
        depth,
        fickle: rng.random_range(0.2..1.0),
    }
}

fn branches(principal: &[Crease], density: f32, rng: &mut impl Rng, out: &mut Vec<Crease>) {
    for line in principal {
        for _ in 0..(density * rng.random_range(1.0..6.0)) as usize {
            let t = rng.random_range(0.05..0.95);
            let direction = line.direction_at(t);
            let turn = rng.random_range(0.2..0.9) * if rng.random() { 1.0 } else { -1.0 };
            let forward = if rng.random() { 0.0 } else { PI };
            let angle = direction.y.atan2(direction.x) + turn + forward;
            let points = curve(
                line.point_at(t),
                angle,
                rng.random_range(0.08..0.4),
                0.4,
                8,
                rng,
            );
            let crease = plain(
                points,
                line.width * rng.random_range(0.35..0.8),
                line.depth * rng.random_range(0.2..0.8),
                rng,
            );
            out.push(Crease {
                fickle: rng.random_range(0.0..0.5),
                ..crease
            });
        }
    }
}

/// Lines of fate, sun and health: long, roughly from the wrist towards the fingers.
fn long_lines(density: f32, rng: &mut impl Rng, out: &mut Vec<Crease>) {
    for _ in 0..(density * rng.random_range(1.0..7.0)) as usize {
        let start = Point::new(rng.random_range(0.05..0.95), rng.random_range(0.45..1.25));
        let angle = -PI / 2.0 + rng.random_range(-0.7..0.7);
        let points = curve(start, angle, rng.random_range(0.3..0.95), 0.35, 12, rng);
        let crease = plain(
            points,
            rng.random_range(0.004..0.009),
            rng.random_range(0.05..0.24),
            rng,
        );
        out.push(Crease {
            fickle: rng.random_range(0.0..0.6),
            ..crease
        });
    }
}

/// Short arcs below the finger bases.
fn finger_base_arcs(rng: &mut impl Rng, out: &mut Vec<Crease>) {
    for centre in [0.15, 0.5, 0.85] {
        for _ in 0..rng.random_range(0..4) {
            let start = Point::new(
                centre + rng.random_range(-0.18..0.0),
                rng.random_range(-0.12..0.12),
            );
            let points = curve(
                start,
                rng.random_range(-0.4..0.4),
                rng.random_range(0.12..0.35),
                1.0,
                8,
                rng,
            );
            out.push(plain(
                points,
                rng.random_range(0.004..0.009),
                rng.random_range(0.05..0.2),
                rng,
            ));
        }
    }
}

/// Groups of nearly parallel fine wrinkles, anywhere, with a taste for the pads.
fn clusters(density: f32, rng: &mut impl Rng, out: &mut Vec<Crease>) {
    for _ in 0..(density * rng.random_range(3.0..12.0)) as usize {
        let centre = match rng.random_range(0..4) {
            0 => Point::new(rng.random_range(0.65..1.15), rng.random_range(0.4..1.2)),
            1 => Point::new(rng.random_range(-0.25..0.3), rng.random_range(0.2..1.2)),
            2 => Point::new(rng.random_range(-0.1..1.1), rng.random_range(-0.15..0.35)),
            _ => Point::new(rng.random_range(-0.1..1.1), rng.random_range(-0.1..1.1)),
        };
        let angle = rng.random_range(0.0..PI);
        let (along, across) = (rng.random_range(0.08..0.35), rng.random_range(0.015..0.05));
        let count = rng.random_range(3..14);
        let width = rng.random_range(0.0022..0.0058);
        let depth = rng.random_range(0.03..0.17);
        for i in 0..count {
            let offset = (i as f32 - count as f32 / 2.0) * across * rng.random_range(0.8..1.2);
            let slide = rng.random_range(-0.4..0.4) * along;
            let start = Point::new(
                centre.x - angle.sin() * offset + angle.cos() * (slide - along / 2.0),
                centre.y + angle.cos() * offset + angle.sin() * (slide - along / 2.0),
            );
            let turn = rng.random_range(-0.2..0.2);
            let points = curve(
                start,
                angle + turn,
                along * rng.random_range(0.5..1.3),
                0.25,
                6,
                rng,
            );
            out.push(plain(
                points,
                width * rng.random_range(0.7..1.4),
                depth * rng.random_range(0.5..1.5),
                rng,
            ));
        }
    }
}

/// Single fine wrinkles.
fn scattered(density: f32, rng: &mut impl Rng, out: &mut Vec<Crease>) {
    for _ in 0..(density * rng.random_range(30.0..140.0)) as usize {
        let start = Point::new(rng.random_range(-0.3..1.3), rng.random_range(-0.3..1.4));
        let points = curve(
            start,
            rng.random_range(0.0..2.0 * PI),
            rng.random_range(0.05..0.3),
            0.4,
            6,
            rng,
        );
        out.push(plain(
            points,
            rng.random_range(0.002..0.0055),
            rng.random_range(0.02..0.13),
            rng,
        ));
    }
}
