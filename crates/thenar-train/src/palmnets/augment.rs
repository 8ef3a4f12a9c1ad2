//! The augmentations of CompNet, CO3Net and CCNet: exactly one of four, each as likely as the others; or several of
//! them together.
//!
//! # Deviations
//! The public code turns with bicubic interpolation; here everything is bilinear. [`Augmentation::Several`] is ours: a palm that is
//! held again is turned, nearer and tilted at once, and short runs have no time to meet each of them alone.

use clap::ValueEnum;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::ROI;

/// Side of the region.
const SIDE: f32 = ROI as f32;
/// Largest change of contrast.
const CONTRAST: f32 = 0.05;
/// Smallest share of the area that is kept by a crop.
const CROP: f32 = 0.8;
/// How far corners move inwards, as a share of half the side.
const PERSPECTIVE: f32 = 0.15;
/// Largest turn, degrees.
const TURN: f32 = 10.0;

/// A projective map of the plane, row by row.
type Homography = [[f32; 3]; 3];

/// The map that leaves everything where it is.
const SAME: Homography = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];

/// How many things change between an image and a view of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Augmentation {
    /// One of contrast, crop, perspective and turn, as published.
    #[default]
    One,
    /// Contrast, and each of crop, perspective and turn in every second view.
    Several,
}

/// A view of `image` (128×128 grey levels) as a camera might have taken it; grey levels 0–255, black where there is
/// nothing.
pub fn view(image: &[u8], augmentation: Augmentation, rng: &mut ChaCha8Rng) -> Vec<f32> {
    match augmentation {
        Augmentation::One => match rng.random_range(0..4u8) {
            0 => contrast(image, some_contrast(rng)),
            1 => warp(image, &crop(rng)),
            2 => warp(image, &perspective(rng)),
            _ => warp(image, &turn(rng)),
        },
        Augmentation::Several => {
            let mut map = SAME;
            for change in [crop, perspective, turn] {
                if rng.random() {
                    map = after(&map, &change(rng));
                }
            }
            // Contrast first: black around the palm is no part of its mean.
            let bytes = contrast(image, some_contrast(rng));
            let bytes: Vec<u8> = bytes.iter().map(|v| v.round() as u8).collect();
            warp(&bytes, &map)
        }
    }
}

/// A factor for [`contrast`].
fn some_contrast(rng: &mut ChaCha8Rng) -> f32 {
    1.0 + rng.random_range(-CONTRAST..=CONTRAST)
}

/// The map that takes a point through `first` and then through `second`.
fn after(second: &Homography, first: &Homography) -> Homography {
    let sum = |r: usize, c: usize| (0..3).map(|k| second[r][k] * first[k][c]).sum();
    [0, 1, 2].map(|r| [0, 1, 2].map(|c| sum(r, c)))
}

/// Moves the pixels that are not black to mean 0 and standard deviation 1; black ones become 0.
pub fn normalise(image: &mut [f32]) {
    let lit = || image.iter().filter(|&&v| v > 0.0).map(|&v| f64::from(v));
    let count = lit().count() as f64;
    let mean = lit().sum::<f64>() / count.max(1.0);
    let spread = lit().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    // Grey levels are 0–255 here and 0–1 in the public code, which adds 1e-6.
    let deviation = spread.sqrt() + 255e-6;
    for value in image.iter_mut().filter(|v| **v > 0.0) {
        *value = ((f64::from(*value) - mean) / deviation) as f32;
    }
}

/// Spreads grey levels about their mean.
fn contrast(image: &[u8], factor: f32) -> Vec<f32> {
    let mean = image.iter().map(|&v| f32::from(v)).sum::<f32>() / image.len() as f32;
    let moved = |&v: &u8| (mean + factor * (f32::from(v) - mean)).clamp(0.0, 255.0);
    image.iter().map(moved).collect()
}

/// Maps the region to a square of at least [`CROP`] of its area.
fn crop(rng: &mut ChaCha8Rng) -> Homography {
    let scale = rng.random_range(CROP..=1.0f32).sqrt();
    let room = SIDE * (1.0 - scale);
    let (x, y) = (rng.random_range(0.0..=room), rng.random_range(0.0..=room));
    // Pixel centres: the edge of the region is half a pixel outside of them.
    let shift = 0.5 * scale - 0.5;
    [
        [scale, 0.0, x + shift],
        [0.0, scale, y + shift],
        [0.0, 0.0, 1.0],
    ]
}

/// Maps a quadrilateral with corners inside the region to the whole region, so that the region appears as it.
fn perspective(rng: &mut ChaCha8Rng) -> Homography {
    let mut inward = || rng.random_range(0.0..=PERSPECTIVE * SIDE / 2.0);
    let far = SIDE - 1.0;
    let corners = [
        [inward(), inward()],
        [far - inward(), inward()],
        [far - inward(), far - inward()],
        [inward(), far - inward()],
    ];
    let unit = inverse(&square_to(corners));
    let scale = |row: [f32; 3], by: f32| row.map(|v| v * by);
    [scale(unit[0], far), scale(unit[1], far), unit[2]]
}

/// Turns about the middle of the upper or left edge.
fn turn(rng: &mut ChaCha8Rng) -> Homography {
    let (sin, cos) = rng.random_range(-TURN..=TURN).to_radians().sin_cos();
    let (x, y) = if rng.random() {
        (SIDE / 2.0, 0.0)
    } else {
        (0.0, SIDE / 2.0)
    };
    [
        [cos, -sin, x - cos * x + sin * y],
        [sin, cos, y - sin * x - cos * y],
        [0.0, 0.0, 1.0],
    ]
}

/// The map of the unit square's corners (0,0), (1,0), (1,1), (0,1) to four others (Heckbert 1989, section 2.2.3).
fn square_to([a, b, c, d]: [[f32; 2]; 4]) -> Homography {
    let sum = [0, 1].map(|i| a[i] - b[i] + c[i] - d[i]);
    let (p, q) = ([b[0] - c[0], b[1] - c[1]], [d[0] - c[0], d[1] - c[1]]);
    let base = p[0] * q[1] - q[0] * p[1];
    let g = (sum[0] * q[1] - q[0] * sum[1]) / base;
    let h = (p[0] * sum[1] - sum[0] * p[1]) / base;
    [
        [b[0] - a[0] + g * b[0], d[0] - a[0] + h * d[0], a[0]],
        [b[1] - a[1] + g * b[1], d[1] - a[1] + h * d[1], a[1]],
        [g, h, 1.0],
    ]
}

/// The inverse map (the adjugate: a factor does not matter).
fn inverse(m: &Homography) -> Homography {
    let minor = |r: usize, c: usize| {
        let (r1, r2, c1, c2) = ((r + 1) % 3, (r + 2) % 3, (c + 1) % 3, (c + 2) % 3);
        m[r1][c1] * m[r2][c2] - m[r1][c2] * m[r2][c1]
    };
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(column, row)))
}

/// Reads `image` at the places to which `map` takes the pixels, bilinearly; outside it is black.
fn warp(image: &[u8], map: &Homography) -> Vec<f32> {
    let at = |x: i32, y: i32| {
        let inside = (0..ROI as i32).contains(&x) && (0..ROI as i32).contains(&y);
        if inside {
            f32::from(image[y as usize * ROI + x as usize])
        } else {
            0.0
        }
    };
    let sample = |i: usize| {
        let (x, y) = ((i % ROI) as f32, (i / ROI) as f32);
        let [u, v, w] = [0, 1, 2].map(|r: usize| map[r][0] * x + map[r][1] * y + map[r][2]);
        let (u, v) = (u / w, v / w);
        let (left, top) = (u.floor(), v.floor());
        let (fx, fy) = (u - left, v - top);
        let (left, top) = (left as i32, top as i32);
        let upper = at(left, top) * (1.0 - fx) + at(left + 1, top) * fx;
        let lower = at(left, top + 1) * (1.0 - fx) + at(left + 1, top + 1) * fx;
        upper * (1.0 - fy) + lower * fy
    };
    (0..ROI * ROI).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The image as it is.
    fn plain(image: &[u8]) -> Vec<f32> {
        image.iter().map(|&v| f32::from(v)).collect()
    }
    use rand::SeedableRng;

    fn apply(map: &Homography, x: f32, y: f32) -> [f32; 2] {
        let [u, v, w] = [0, 1, 2].map(|r: usize| map[r][0] * x + map[r][1] * y + map[r][2]);
        [u / w, v / w]
    }

    fn ramp() -> Vec<u8> {
        (0..ROI * ROI).map(|i| (60 + i % ROI) as u8).collect()
    }

    #[test]
    fn a_square_goes_to_four_corners_and_back() {
        let corners = [[1.0, 2.0], [9.0, 1.0], [8.0, 7.0], [2.0, 9.0]];
        let map = square_to(corners);
        let back = inverse(&map);
        for (at, want) in [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
            .into_iter()
            .zip(corners)
        {
            let got = apply(&map, at[0], at[1]);
            assert!((got[0] - want[0]).abs() < 1e-4 && (got[1] - want[1]).abs() < 1e-4);
            let home = apply(&back, want[0], want[1]);
            assert!((home[0] - at[0]).abs() < 1e-4 && (home[1] - at[1]).abs() < 1e-4);
        }
    }

    #[test]
    fn the_identity_changes_nothing() {
        assert_eq!(warp(&ramp(), &SAME), plain(&ramp()));
    }

    #[test]
    fn maps_follow_each_other() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let (first, second) = (perspective(&mut rng), turn(&mut rng));
        let both = after(&second, &first);
        for [x, y] in [[0.0, 0.0], [20.0, 90.0], [127.0, 60.0]] {
            let [u, v] = apply(&first, x, y);
            let (want, got) = (apply(&second, u, v), apply(&both, x, y));
            assert!((got[0] - want[0]).abs() < 1e-3 && (got[1] - want[1]).abs() < 1e-3);
        }
    }

    #[test]
    fn turns_keep_their_centre_and_perspectives_shrink() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..20 {
            let map = turn(&mut rng);
            let upper = apply(&map, 64.0, 0.0);
            let left = apply(&map, 0.0, 64.0);
            let near = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]) < 1e-3;
            assert!(near(upper, [64.0, 0.0]) || near(left, [0.0, 64.0]));
            let map = perspective(&mut rng);
            let corner = apply(&map, 0.0, 0.0);
            assert!(corner[0] <= 1e-3 && corner[1] <= 1e-3, "{corner:?}");
            let middle = apply(&map, 63.5, 63.5);
            assert!(near(middle, [63.5, 63.5]) || (middle[0] - 63.5).abs() < 15.0);
        }
    }

    #[test]
    fn lit_pixels_are_standardised_and_black_ones_stay() {
        let mut image = plain(&ramp());
        image[0] = 0.0;
        normalise(&mut image);
        let lit = &image[1..];
        let mean = lit.iter().sum::<f32>() / lit.len() as f32;
        let spread = lit.iter().map(|v| v * v).sum::<f32>() / lit.len() as f32;
        assert!(image[0] == 0.0 && mean.abs() < 1e-4 && (spread - 1.0).abs() < 1e-3);
    }

    #[test]
    fn views_differ_but_stay_the_same_palm() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let plain = plain(&ramp());
        // Where several things change, more of the palm moves far or out of sight.
        for (kind, kept, unchanged) in
            [(Augmentation::One, 0.5, 0), (Augmentation::Several, 0.3, 2)]
        {
            let mut same = 0;
            for _ in 0..40 {
                let view = view(&ramp(), kind, &mut rng);
                let close = |(a, b): &(&f32, &f32)| (*a - *b).abs() < 40.0;
                let close = view.iter().zip(&plain).filter(close).count();
                assert!(
                    close as f32 > kept * (ROI * ROI) as f32,
                    "{kind:?}: {close}"
                );
                assert!(view.iter().all(|v| (0.0..=255.0).contains(v)));
                same += usize::from(view == plain);
            }
            // Of several, a change of contrast can come alone and be less than a grey level.
            assert!(same <= unchanged, "{kind:?}: {same}");
        }
    }
}
