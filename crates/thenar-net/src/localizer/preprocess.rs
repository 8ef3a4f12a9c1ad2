//! What the localizer sees: a 256×256 colour image with its contrast equalised adaptively.
//!
//! Training and running share this file, so that a network always sees what it was trained on. It is part of
//! the model: whoever changes the arithmetic here must train the localizer again. That is also why it does not
//! call the general-purpose CLAHE of `thenar-image`, which is free to change.

use image::RgbImage;

/// Width and height of the network's input, in pixels.
pub const INPUT_SIZE: usize = 256;

/// The image is cut into `TILES × TILES` tiles, each with its own histogram.
///
/// Four: a tile is then about as wide as two fingers, so that it nearly always holds skin and background.
const TILES: usize = 4;

/// No histogram bin counts for more than `CLIP` times the mean bin; this bounds how far noise is amplified.
const CLIP: f32 = 3.0;

/// Largest and smallest factor on a pixel's colours: black stays black.
const GAIN: (f32, f32) = (0.25, 4.0);

/// Brightness levels, one bin each.
const LEVELS: usize = 256;

/// For one tile: the factor on the colours of a pixel, by its luminance.
type Gains = [f32; LEVELS];

/// The network's input: planes red, green, blue, each row-major, values 0–1 (`3 · width · height` numbers).
///
/// Contrast-limited adaptive histogram equalisation (Zuiderveld 1994, Graphics Gems IV) of the luminance,
/// applied to the three colours as one gain per pixel, so that hue and saturation stay. The image is normally
/// [`INPUT_SIZE`] square; any other size works too.
pub fn input_planes(rgb: &RgbImage) -> Vec<f32> {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let luminance: Vec<u8> = rgb.pixels().map(|p| luminance(p.0)).collect();
    let gains = tile_gains(&luminance, width, height);
    let columns: Vec<_> = (0..width).map(|x| neighbours(x, width)).collect();

    let area = width * height;
    let mut planes = vec![0.0; 3 * area];
    let (red, rest) = planes.split_at_mut(area);
    let (green, blue) = rest.split_at_mut(area);
    let mut pixels = rgb.pixels();
    for y in 0..height {
        let (top, bottom, fy) = neighbours(y, height);
        let (top, bottom) = (
            &gains[top * TILES..][..TILES],
            &gains[bottom * TILES..][..TILES],
        );
        for (x, &(left, right, fx)) in columns.iter().enumerate() {
            let i = y * width + x;
            let level = usize::from(luminance[i]);
            let above = mix(top[left][level], top[right][level], fx);
            let below = mix(bottom[left][level], bottom[right][level], fx);
            let gain = mix(above, below, fy) / 255.0;
            let Some(pixel) = pixels.next() else { break };
            red[i] = (f32::from(pixel.0[0]) * gain).min(1.0);
            green[i] = (f32::from(pixel.0[1]) * gain).min(1.0);
            blue[i] = (f32::from(pixel.0[2]) * gain).min(1.0);
        }
    }
    planes
}

/// Luminance of ITU-R BT.601 in integers, 0–255.
fn luminance([r, g, b]: [u8; 3]) -> u8 {
    ((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8
}

/// `a` at `t = 0`, `b` at `t = 1`.
fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// The two tiles whose centres lie around pixel `i` of `n`, and the weight of the second.
fn neighbours(i: usize, n: usize) -> (usize, usize, f32) {
    let at = ((i as f32 + 0.5) * TILES as f32 / n as f32 - 0.5).clamp(0.0, (TILES - 1) as f32);
    let first = at as usize;
    (first, (first + 1).min(TILES - 1), at - first as f32)
}

/// The gains of every tile, row by row.
fn tile_gains(luminance: &[u8], width: usize, height: usize) -> Vec<Gains> {
    let mut histograms = vec![[0u32; LEVELS]; TILES * TILES];
    for (y, row) in luminance.chunks_exact(width.max(1)).enumerate() {
        let tiles = &mut histograms[y * TILES / height * TILES..][..TILES];
        for (tile, histogram) in tiles.iter_mut().enumerate() {
            for &level in &row[tile * width / TILES..(tile + 1) * width / TILES] {
                histogram[usize::from(level)] += 1;
            }
        }
    }
    histograms.iter().map(gains).collect()
}

/// Clips a histogram, spreads what was cut off evenly, and turns the cumulated counts into gains.
fn gains(histogram: &[u32; LEVELS]) -> Gains {
    let total: u32 = histogram.iter().sum();
    if total == 0 {
        return [1.0; LEVELS];
    }
    let limit = CLIP * total as f32 / LEVELS as f32;
    let kept: f32 = histogram
        .iter()
        .map(|&count| (count as f32).min(limit))
        .sum();
    let share = (total as f32 - kept) / LEVELS as f32;
    let mut below = 0.0;
    let mut gains = [1.0; LEVELS];
    for (level, (&count, gain)) in histogram.iter().zip(&mut gains).enumerate() {
        let bin = (count as f32).min(limit) + share;
        let equalised = (below + bin / 2.0) / total as f32 * (LEVELS - 1) as f32;
        below += bin;
        *gain = (equalised / (level as f32).max(1.0)).clamp(GAIN.0, GAIN.1);
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    /// The same, pixel by pixel and without shared tables.
    fn reference(rgb: &RgbImage) -> Vec<f32> {
        let (w, h) = (rgb.width() as usize, rgb.height() as usize);
        let histogram = |tx: usize, ty: usize| {
            let mut counts = [0u32; LEVELS];
            for y in 0..h {
                for x in 0..w {
                    let inside = (tx * w / TILES..(tx + 1) * w / TILES).contains(&x);
                    if inside && y * TILES / h == ty {
                        counts[usize::from(luminance(rgb.get_pixel(x as u32, y as u32).0))] += 1;
                    }
                }
            }
            gains(&counts)
        };
        let tables: Vec<Vec<Gains>> = (0..TILES)
            .map(|ty| (0..TILES).map(|tx| histogram(tx, ty)).collect())
            .collect();
        let mut out = vec![0.0; 3 * w * h];
        for y in 0..h {
            for x in 0..w {
                let pixel = rgb.get_pixel(x as u32, y as u32).0;
                let level = usize::from(luminance(pixel));
                let mut gain = 0.0;
                for (ty, row) in tables.iter().enumerate() {
                    for (tx, table) in row.iter().enumerate() {
                        gain += tent(x, w, tx) * tent(y, h, ty) * table[level];
                    }
                }
                for c in 0..3 {
                    out[c * w * h + y * w + x] = (f32::from(pixel[c]) * gain / 255.0).min(1.0);
                }
            }
        }
        out
    }

    /// Weight of tile `tile` at pixel `i` of `n`: a tent around the tile's centre, flat beyond the outer centres.
    fn tent(i: usize, n: usize, tile: usize) -> f32 {
        let at = (i as f32 + 0.5) * TILES as f32 / n as f32 - 0.5;
        let at = at.clamp(0.0, (TILES - 1) as f32);
        (1.0 - (at - tile as f32).abs()).max(0.0)
    }

    fn noise(width: u32, height: u32) -> RgbImage {
        let mut state = 7u32;
        RgbImage::from_fn(width, height, |x, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let v = (state >> 24) as u8 / 3 + (x * 120 / width) as u8;
            Rgb([v, v / 2 + 20, v / 3])
        })
    }

    #[test]
    fn equals_the_plain_reference() {
        for (width, height) in [(64, 64), (50, 37), (256, 9)] {
            let image = noise(width, height);
            for (got, want) in input_planes(&image).iter().zip(reference(&image)) {
                assert!(
                    (got - want).abs() < 1e-5,
                    "{width}×{height}: {got} instead of {want}"
                );
            }
        }
    }

    #[test]
    fn a_dim_image_gains_contrast_and_keeps_its_hue() {
        let dim = RgbImage::from_fn(256, 256, |x, y| {
            let v = 20 + ((x * 7 + y * 13) % 41) as u8;
            Rgb([v, v / 2, v / 4])
        });
        let planes = input_planes(&dim);
        let area = 256 * 256;
        let (low, high) = planes[..area]
            .iter()
            .fold((1.0f32, 0.0f32), |(l, h), &v| (l.min(v), h.max(v)));
        assert!(high - low > 2.0 * 40.0 / 255.0, "red from {low} to {high}");
        for i in (0..area).step_by(97) {
            let pixel = dim.get_pixel((i % 256) as u32, (i / 256) as u32).0;
            let hue = f32::from(pixel[0]) / f32::from(pixel[1]);
            assert!(
                (planes[i] / planes[area + i] - hue).abs() < 1e-3,
                "hue at {i}"
            );
        }
    }

    #[test]
    fn odd_sizes_are_no_danger() {
        for (width, height) in [(0, 0), (0, 5), (1, 1), (3, 2), (2, 300)] {
            let planes = input_planes(&RgbImage::new(width, height));
            assert_eq!(planes.len(), (3 * width * height) as usize);
            assert!(planes.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
