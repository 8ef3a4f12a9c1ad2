//! Resampling a plane through an affine map.

use crate::{Affine, Plane, Point};

/// Most samples along one axis of a target pixel; reached when shrinking 64 times.
const MOST_SAMPLES: f32 = 64.0;

/// The `width`×`height` plane whose pixel `p` shows `source` at `to_source.apply(p)`; outside of the source its
/// nearest edge pixel counts.
///
/// Values are bilinear. Where the map shrinks, a target pixel is the mean of evenly spread samples not more than
/// one source pixel apart (a box filter), so that fine lines fade instead of aliasing.
/// An empty source gives zeros.
pub fn warp(source: &Plane, to_source: &Affine, width: usize, height: usize) -> Plane {
    if source.data().is_empty() {
        return Plane::filled(width, height, 0.0);
    }
    let offsets = sample_offsets(to_source);
    let share = 1.0 / offsets.len() as f32;
    Plane::from_fn(width, height, |x, y| {
        let p = to_source.apply(Point::new(x as f32, y as f32));
        offsets
            .iter()
            .map(|o| source.sample(p.x + o.x, p.y + o.y))
            .sum::<f32>()
            * share
    })
}

/// Where the samples of a target pixel lie around its centre, in source pixels.
fn sample_offsets(to_source: &Affine) -> Vec<Point> {
    let [a, b, _, d, e, _] = to_source.m;
    // A step along the target's x moves by (a, d) in the source, one along y by (b, e).
    let (across, down) = (samples(a.hypot(d)), samples(b.hypot(e)));
    let centred = |i: usize, n: usize| (i as f32 + 0.5) / n as f32 - 0.5;
    let offset = |(u, v): (f32, f32)| Point::new(a * u + b * v, d * u + e * v);
    (0..down)
        .flat_map(|j| (0..across).map(move |i| (centred(i, across), centred(j, down))))
        .map(offset)
        .collect()
}

/// How many samples a step of `length` source pixels needs.
fn samples(length: f32) -> usize {
    // The tolerance keeps a pure rotation, whose step is 1 up to rounding, at a single sample.
    (length - 1e-3).ceil().clamp(1.0, MOST_SAMPLES) as usize
}
