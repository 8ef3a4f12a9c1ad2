//! Every fast path beside a slow, plain reference, on random planes.

use proptest::collection::vec;
use proptest::prelude::*;
use thenar_image::image::RgbImage;
use thenar_image::{
    Affine, Plane, Point, clahe, gaussian_blur, quality, resize_area, resize_rgb, warp,
};

fn planes(most: usize) -> impl Strategy<Value = Plane> {
    (1..=most, 1..=most).prop_flat_map(|(w, h)| {
        vec(0.0f32..=1.0, w * h).prop_map(move |data| Plane::from_vec(w, h, data))
    })
}

fn largest_difference(a: &Plane, b: &Plane) -> f32 {
    assert_eq!((a.width(), a.height()), (b.width(), b.height()));
    a.data()
        .iter()
        .zip(b.data())
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, f32::max)
}

/// The pixel nearest to `(x, y)`.
fn clamped(plane: &Plane, x: i64, y: i64) -> f64 {
    let (right, bottom) = (plane.width() as i64 - 1, plane.height() as i64 - 1);
    f64::from(plane.at(x.clamp(0, right) as usize, y.clamp(0, bottom) as usize))
}

/// Weight of source pixel `j` in target pixel `i` along one axis, straight from the definition.
fn axis_weight(i: usize, j: usize, source: usize, target: usize) -> f64 {
    let ratio = source as f64 / target as f64;
    let (i, j) = (i as f64, j as f64);
    if ratio > 1.0 {
        let overlap = ((i + 1.0) * ratio).min(j + 1.0) - (i * ratio).max(j);
        overlap.max(0.0) / ratio
    } else {
        let centre = ((i + 0.5) * ratio - 0.5).clamp(0.0, source as f64 - 1.0);
        (1.0 - (centre - j).abs()).max(0.0)
    }
}

fn slow_resize(plane: &Plane, width: usize, height: usize) -> Plane {
    Plane::from_fn(width, height, |x, y| {
        let mut sum = 0.0;
        for v in 0..plane.height() {
            for u in 0..plane.width() {
                let weight = axis_weight(x, u, plane.width(), width)
                    * axis_weight(y, v, plane.height(), height);
                sum += weight * f64::from(plane.at(u, v));
            }
        }
        sum as f32
    })
}

fn slow_blur(plane: &Plane, sigma: f32) -> Plane {
    let radius = (3.0 * sigma).ceil() as i64;
    let bell =
        |i: i64, j: i64| (-((i * i + j * j) as f64) / (2.0 * f64::from(sigma).powi(2))).exp();
    Plane::from_fn(plane.width(), plane.height(), |x, y| {
        let (mut sum, mut total) = (0.0, 0.0);
        for j in -radius..=radius {
            for i in -radius..=radius {
                sum += bell(i, j) * clamped(plane, x as i64 + i, y as i64 + j);
                total += bell(i, j);
            }
        }
        (sum / total) as f32
    })
}

/// What tile `(i, j)` makes of `level`: counts its pixels one by one.
fn slow_equalised(
    plane: &Plane,
    tiles: (usize, usize),
    (i, j): (usize, usize),
    level: u32,
    clip: f64,
) -> f64 {
    let mut bins = vec![0.0f64; 256];
    let mut area = 0.0;
    for y in 0..plane.height() {
        for x in 0..plane.width() {
            let inside = x >= i * plane.width() / tiles.0
                && x < (i + 1) * plane.width() / tiles.0
                && y >= j * plane.height() / tiles.1
                && y < (j + 1) * plane.height() / tiles.1;
            if inside {
                bins[(plane.at(x, y) * 255.0).round() as usize] += 1.0;
                area += 1.0;
            }
        }
    }
    let most = f64::max(clip * area / 256.0, 1.0);
    let cut: f64 = bins.iter().map(|n| f64::max(n - most, 0.0)).sum();
    bins[..=level as usize]
        .iter()
        .map(|n| n.min(most) + cut / 256.0)
        .sum::<f64>()
        / area
}

fn slow_clahe(plane: &Plane, tiles: usize, clip: f32) -> Plane {
    let tiles = (tiles.min(plane.width()), tiles.min(plane.height()));
    Plane::from_fn(plane.width(), plane.height(), |x, y| {
        let level = (plane.at(x, y) * 255.0).round() as u32;
        let place =
            |p: usize, length: usize, n: usize| (p as f64 + 0.5) / (length as f64 / n as f64) - 0.5;
        let (px, py) = (
            place(x, plane.width(), tiles.0),
            place(y, plane.height(), tiles.1),
        );
        let mut sum = 0.0;
        for j in 0..tiles.1 {
            for i in 0..tiles.0 {
                // A hat around each tile's centre; the outermost hats stay high towards the edge.
                let hat = |p: f64, i: usize, n: usize| {
                    (1.0 - (p.clamp(0.0, n as f64 - 1.0) - i as f64).abs()).max(0.0)
                };
                let weight = hat(px, i, tiles.0) * hat(py, j, tiles.1);
                if weight > 0.0 {
                    sum += weight * slow_equalised(plane, tiles, (i, j), level, f64::from(clip));
                }
            }
        }
        sum as f32
    })
}

/// Box filter over the target pixel's footprint, with far more samples than `warp` takes.
fn slow_warp(plane: &Plane, map: &Affine, width: usize, height: usize) -> Plane {
    const SAMPLES: usize = 40;
    Plane::from_fn(width, height, |x, y| {
        let mut sum = 0.0;
        for j in 0..SAMPLES {
            for i in 0..SAMPLES {
                let part = |k: usize| (k as f32 + 0.5) / SAMPLES as f32 - 0.5;
                let p = map.apply(Point::new(x as f32 + part(i), y as f32 + part(j)));
                sum += f64::from(plane.sample(p.x, p.y));
            }
        }
        (sum / (SAMPLES * SAMPLES) as f64) as f32
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resize_equals_its_definition(plane in planes(17), width in 1usize..24, height in 1usize..24) {
        let (fast, slow) = (resize_area(&plane, width, height), slow_resize(&plane, width, height));
        prop_assert!(largest_difference(&fast, &slow) < 1e-5);
    }

    #[test]
    fn resizing_photos_equals_resizing_their_channels(bytes in vec(0u8.., 13 * 9 * 3), width in 1u32..20, height in 1u32..20) {
        let photo = RgbImage::from_raw(13, 9, bytes).unwrap();
        let resized = resize_rgb(&photo, width, height);
        for channel in 0..3 {
            let plane = Plane::from_fn(13, 9, |x, y| f32::from(photo.get_pixel(x as u32, y as u32).0[channel]));
            let want = slow_resize(&plane, width as usize, height as usize);
            for (x, y, pixel) in resized.enumerate_pixels() {
                let error = f32::from(pixel.0[channel]) - want.at(x as usize, y as usize);
                prop_assert!(error.abs() <= 0.501, "{error}");
            }
        }
    }

    #[test]
    fn blur_equals_its_definition(plane in planes(14), sigma in 0.3f32..4.0) {
        prop_assert!(largest_difference(&gaussian_blur(&plane, sigma), &slow_blur(&plane, sigma)) < 1e-5);
    }

    #[test]
    fn clahe_equals_its_definition(plane in planes(20), tiles in 1usize..6, clip in 1.0f32..40.0) {
        prop_assert!(largest_difference(&clahe(&plane, tiles, clip), &slow_clahe(&plane, tiles, clip)) < 1e-4);
    }

    #[test]
    fn sharpness_equals_its_definition(plane in planes(12)) {
        let mut values = Vec::new();
        for y in 1..plane.height().saturating_sub(1) as i64 {
            for x in 1..plane.width().saturating_sub(1) as i64 {
                let at = |dx: i64, dy: i64| clamped(&plane, x + dx, y + dy);
                values.push(at(-1, 0) + at(1, 0) + at(0, -1) + at(0, 1) - 4.0 * at(0, 0));
            }
        }
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let want = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        prop_assert!((f64::from(quality::sharpness(&plane)) - want).abs() < 1e-5);
    }

    /// Smooth planes under shrinking, growing, turning and mirroring maps.
    #[test]
    fn warp_is_near_the_mean_over_the_footprint(
        plane in planes(24), angle in -3.2f32..3.2, scale in 0.3f32..5.0, x in -4.0f32..20.0, mirror: bool,
    ) {
        let plane = gaussian_blur(&plane, 1.5);
        let mut map = Affine::similarity(angle, scale, Point::new(x, 20.0 - x));
        if mirror {
            (map.m[0], map.m[3]) = (-map.m[0], -map.m[3]);
        }
        let difference = largest_difference(&warp(&plane, &map, 9, 7), &slow_warp(&plane, &map, 9, 7));
        prop_assert!(difference < 0.06, "{difference}");
    }
}

#[test]
fn shrinking_by_warp_does_not_alias() {
    // Stripes of one pixel: point sampling would give black or white, the mean is grey.
    let stripes = Plane::from_fn(240, 240, |x, _| (x % 2) as f32);
    for angle in [0.0, 0.3, 1.2] {
        let map = Affine::similarity(angle, 6.0, Point::new(120.0, 20.0));
        let centre = warp(&stripes, &map, 20, 20).at(10, 8);
        assert!((centre - 0.5).abs() < 0.05, "angle {angle}: {centre}");
    }
}

#[test]
fn luminance_weighs_the_channels_by_rec_601() {
    let photo =
        RgbImage::from_raw(4, 1, vec![255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]).unwrap();
    for (got, want) in Plane::luminance(&photo)
        .data()
        .iter()
        .zip([0.299, 0.587, 0.114, 1.0])
    {
        assert!((got - want).abs() < 1e-6, "{got} {want}");
    }
}

#[test]
fn clahe_raises_low_contrast_and_its_clip_limits_that() {
    let faint = Plane::from_fn(128, 128, |x, y| {
        0.5 + 0.04 * ((x as f32 * 0.2).sin() * (y as f32 * 0.13).cos())
    });
    let before = quality::contrast(&faint);
    let (gentle, strong) = (
        quality::contrast(&clahe(&faint, 4, 2.0)),
        quality::contrast(&clahe(&faint, 4, 8.0)),
    );
    assert!(
        before * 1.5 < gentle && gentle * 1.5 < strong,
        "{before} {gentle} {strong}"
    );
}

#[test]
fn quality_measures_see_what_they_are_named_after() {
    let plane = Plane::from_fn(40, 10, |x, _| {
        if x < 10 {
            0.0
        } else if x < 30 {
            0.5
        } else {
            1.0
        }
    });
    assert_eq!(quality::brightness(&plane), 0.5);
    assert_eq!(
        quality::clipped(&plane),
        quality::Clipped {
            dark: 0.25,
            bright: 0.25
        }
    );
    assert!(quality::sharpness(&gaussian_blur(&plane, 2.0)) < 0.2 * quality::sharpness(&plane));
    let empty = Plane::filled(0, 0, 0.0);
    assert_eq!(
        (
            quality::brightness(&empty),
            quality::sharpness(&empty),
            quality::contrast(&empty)
        ),
        (0.0, 0.0, 0.0)
    );
}

#[test]
fn empty_planes_are_no_trouble() {
    let empty = Plane::filled(0, 0, 0.0);
    assert_eq!(gaussian_blur(&empty, 2.0), empty);
    assert_eq!(clahe(&empty, 8, 2.0), empty);
    assert_eq!(resize_area(&empty, 2, 2), Plane::filled(2, 2, 0.0));
    assert_eq!(
        warp(&empty, &Affine::IDENTITY, 2, 2),
        Plane::filled(2, 2, 0.0)
    );
    assert_eq!(resize_rgb(&RgbImage::new(0, 0), 2, 2).as_raw(), &[0; 12]);
}
