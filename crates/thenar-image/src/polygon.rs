//! Areas and overlaps of convex polygons.

use crate::Point;

/// A position in `f64`: products of pixel coordinates need more digits than `f32` has.
type Wide = (f64, f64);

/// Area of a polygon without self-crossings, in square pixels, whichever way round its corners go.
pub fn polygon_area(corners: &[Point]) -> f32 {
    signed_area(&widen(corners)).abs() as f32
}

/// Intersection over union of two convex polygons, 0–1; 0 when either has no area or is not finite.
///
/// The intersection is found by clipping one with the edges of the other (Sutherland and Hodgman, "Reentrant
/// polygon clipping", CACM 1974).
pub fn polygon_iou(a: &[Point], b: &[Point]) -> f32 {
    let (a, b) = (counter_clockwise(widen(a)), counter_clockwise(widen(b)));
    let (area_a, area_b) = (signed_area(&a), signed_area(&b));
    if !(area_a > 0.0 && area_b > 0.0 && area_a.is_finite() && area_b.is_finite()) {
        return 0.0;
    }
    let common = signed_area(&clip(a, &b)).max(0.0);
    (common / (area_a + area_b - common)).clamp(0.0, 1.0) as f32
}

fn widen(corners: &[Point]) -> Vec<Wide> {
    corners
        .iter()
        .map(|p| (f64::from(p.x), f64::from(p.y)))
        .collect()
}

/// Half the sum of the cross products of neighbours, measured from the first corner to lose fewer digits.
fn signed_area(corners: &[Wide]) -> f64 {
    let Some(&origin) = corners.first() else {
        return 0.0;
    };
    corners
        .windows(2)
        .map(|pair| cross(origin, pair[0], pair[1]))
        .sum::<f64>()
        / 2.0
}

/// Twice the signed area of the triangle `o`, `p`, `q`.
fn cross(o: Wide, p: Wide, q: Wide) -> f64 {
    (p.0 - o.0) * (q.1 - o.1) - (p.1 - o.1) * (q.0 - o.0)
}

/// The corners in the order that makes the signed area positive.
fn counter_clockwise(mut corners: Vec<Wide>) -> Vec<Wide> {
    if signed_area(&corners) < 0.0 {
        corners.reverse();
    }
    corners
}

/// The part of `subject` that lies inside of every edge of `window`; both have positive area.
fn clip(subject: Vec<Wide>, window: &[Wide]) -> Vec<Wide> {
    let edges = window.iter().zip(window.iter().cycle().skip(1));
    edges.fold(subject, |rest, (&from, &to)| clip_by_edge(&rest, from, to))
}

/// The part of `corners` to the left of the line `from`–`to`.
fn clip_by_edge(corners: &[Wide], from: Wide, to: Wide) -> Vec<Wide> {
    let mut kept = Vec::with_capacity(corners.len() + 1);
    for (&p, &q) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        let (side_p, side_q) = (cross(from, to, p), cross(from, to, q));
        if side_p >= 0.0 {
            kept.push(p);
        }
        if (side_p >= 0.0) != (side_q >= 0.0) {
            let t = side_p / (side_p - side_q);
            kept.push((p.0 + (q.0 - p.0) * t, p.1 + (q.1 - p.1) * t));
        }
    }
    kept
}

/// Which part of a convex polygon lies inside of an image of `width`×`height` pixels, 0–1.
pub fn part_inside(corners: &[Point], width: f32, height: f32) -> f32 {
    let (right, bottom) = (f64::from(width) - 0.5, f64::from(height) - 0.5);
    let image = [(-0.5, -0.5), (right, -0.5), (right, bottom), (-0.5, bottom)];
    let corners = counter_clockwise(widen(corners));
    let area = signed_area(&corners);
    if !(area > 0.0 && area.is_finite()) {
        return 0.0;
    }
    (signed_area(&clip(corners, &image)) / area).clamp(0.0, 1.0) as f32
}
