//! One crease: a curve with a width and a depth, stamped onto a plane.

use thenar_image::{Plane, Point};

/// A crease, wrinkle or vein.
#[derive(Clone, Debug)]
pub struct Crease {
    /// The curve, palm units, at least two points.
    pub points: Vec<Point>,
    /// Half width (standard deviation of the Gaussian cross-section), palm units.
    pub width: f32,
    /// Optical depth at the middle of the line: reflectance falls by `exp(-depth)`.
    pub depth: f32,
    /// Depth along the curve, relative to `depth`, one value per point.
    pub profile: Vec<f32>,
    /// 0 for principal creases, 1 for folds that a change of pressure makes or removes.
    pub fickle: f32,
}

impl Crease {
    /// Position `t` (0–1, by point index) along the curve.
    pub fn point_at(&self, t: f32) -> Point {
        let at = t.clamp(0.0, 1.0) * (self.points.len() - 1) as f32;
        let i = (at as usize).min(self.points.len() - 2);
        self.points[i].lerp(self.points[i + 1], at - i as f32)
    }

    /// Unit direction of the curve at `t`.
    pub fn direction_at(&self, t: f32) -> Point {
        let (a, b) = (self.point_at(t - 0.05), self.point_at(t + 0.05));
        let length = a.distance(b).max(1e-6);
        Point::new((b.x - a.x) / length, (b.y - a.y) / length)
    }
}

/// How far a Gaussian stamp reaches, in standard deviations.
const REACH: f32 = 2.8;

/// Adds the crease to `plane` as optical depth: Gaussian stamps along `path` (pixels), each `sigma` pixels
/// wide, spaced so that their sum along a straight line is `depth · profile`.
pub(super) fn stamp(plane: &mut Plane, path: &[Point], profile: &[f32], sigma: f32, depth: f32) {
    // Below about half a pixel the line no longer gets narrower, only fainter, as in a camera.
    let drawn = sigma.max(0.45);
    let depth = depth * sigma / drawn;
    let step = 0.8 * drawn;
    // A row of unit stamps at distance `step` sums to σ√(2π)/step across the line.
    let scale = depth * step / (drawn * (2.0 * std::f32::consts::PI).sqrt());
    let mut carry = 0.0;
    for i in 1..path.len() {
        let (a, b) = (path[i - 1], path[i]);
        let length = a.distance(b);
        let mut at = carry;
        while at < length {
            let t = at / length;
            let weight = scale * (profile[i - 1] + (profile[i] - profile[i - 1]) * t);
            add_stamp(plane, a.lerp(b, t), drawn, weight);
            at += step;
        }
        carry = at - length;
    }
}

fn add_stamp(plane: &mut Plane, centre: Point, sigma: f32, weight: f32) {
    let (width, height) = (plane.width() as i32, plane.height() as i32);
    let reach = REACH * sigma;
    let (x0, x1) = (
        ((centre.x - reach).ceil() as i32).max(0),
        ((centre.x + reach).floor() as i32).min(width - 1),
    );
    let (y0, y1) = (
        ((centre.y - reach).ceil() as i32).max(0),
        ((centre.y + reach).floor() as i32).min(height - 1),
    );
    if x0 > x1 || y0 > y1 || weight <= 0.0 {
        return;
    }
    let k = -0.5 / (sigma * sigma);
    let mut across = [0.0f32; 64];
    let across = &mut across[..((x1 - x0 + 1) as usize).min(64)];
    for (i, value) in across.iter_mut().enumerate() {
        let d = (x0 + i as i32) as f32 - centre.x;
        *value = (k * d * d).exp();
    }
    for y in y0..=y1 {
        let d = y as f32 - centre.y;
        let row_weight = weight * (k * d * d).exp();
        let start = y as usize * width as usize + x0 as usize;
        let row = &mut plane.data_mut()[start..start + across.len()];
        for (pixel, value) in row.iter_mut().zip(across.iter()) {
            *pixel += row_weight * value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_has_the_asked_depth() {
        let mut plane = Plane::filled(64, 32, 0.0);
        stamp(
            &mut plane,
            &[Point::new(-20.0, 15.0), Point::new(90.0, 15.0)],
            &[1.0, 1.0],
            1.5,
            0.4,
        );
        for x in 5..60 {
            assert!((plane.at(x, 15) - 0.4).abs() < 0.02, "{}", plane.at(x, 15));
        }
        assert!(plane.at(30, 25) < 1e-3);
    }
}
