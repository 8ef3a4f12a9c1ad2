//! Pictures of intermediates.

use image::imageops::{self, FilterType};
use image::{GrayImage, Luma, Rgb, RgbImage};
use thenar_image::resize_rgb;
use thenar_net::localizer::preprocess::{INPUT_SIZE, input_planes};

use super::super::output::hex;

/// Longest side of a photo on the page, in pixels.
const LONGEST: u32 = 800;
/// What the localizer sees beside the photo.
const OUTSIDE: Rgb<u8> = Rgb([118; 3]);
/// Side of one bit on the page, in pixels.
const CELL: u32 = 10;

/// The photo, fitted onto the page.
pub(super) fn small(photo: &RgbImage) -> RgbImage {
    fitted(photo, LONGEST)
}

fn fitted(photo: &RgbImage, longest: u32) -> RgbImage {
    let side = photo.width().max(photo.height()).max(1);
    let scaled = |v: u32| (u64::from(v) * u64::from(longest) / u64::from(side)).max(1) as u32;
    resize_rgb(photo, scaled(photo.width()), scaled(photo.height()))
}

/// What the localizer's first pass sees: letterboxed, with its contrast equalised.
pub(super) fn network_input(photo: &RgbImage) -> RgbImage {
    let size = INPUT_SIZE as u32;
    let inner = fitted(photo, size);
    let mut boxed = RgbImage::from_pixel(size, size, OUTSIDE);
    let middle = |v: u32| i64::from((size - v.min(size)) / 2);
    imageops::replace(
        &mut boxed,
        &inner,
        middle(inner.width()),
        middle(inner.height()),
    );
    let planes = input_planes(&boxed);
    let area = INPUT_SIZE * INPUT_SIZE;
    RgbImage::from_fn(size, size, |x, y| {
        let i = y as usize * INPUT_SIZE + x as usize;
        Rgb([0, 1, 2].map(|c| (planes[c * area + i] * 255.0).round() as u8))
    })
}

/// Each pixel as a square of `times` pixels.
pub(super) fn enlarged(image: &GrayImage, times: u32) -> GrayImage {
    imageops::resize(
        image,
        image.width() * times,
        image.height() * times,
        FilterType::Nearest,
    )
}

/// One bar per number, up for positive and down for negative ones, the longest filling the height.
pub(super) fn bars(feature: &[f32]) -> GrayImage {
    const HALF: f32 = 80.0;
    const WIDTH: u32 = 3;
    let longest = feature.iter().fold(1e-12f32, |m, v| m.max(v.abs()));
    GrayImage::from_fn(feature.len() as u32 * WIDTH, 2 * HALF as u32 + 1, |x, y| {
        let bar = feature[(x / WIDTH) as usize] / longest * HALF;
        let up = HALF - y as f32;
        let inside =
            (bar >= 0.0 && (0.0..=bar).contains(&up)) || (bar < 0.0 && (bar..=0.0).contains(&up));
        Luma([if inside { 30 } else { 255 }])
    })
}

/// The bits in rows, ones black.
pub(super) fn grid(bits: &[bool]) -> GrayImage {
    let columns = (bits.len() as f64).sqrt().ceil() as u32 * 2;
    let rows = (bits.len() as u32).div_ceil(columns);
    GrayImage::from_fn(columns * CELL, rows * CELL, |x, y| {
        let line = x % CELL == 0 || y % CELL == 0;
        Luma([match bits.get((y / CELL * columns + x / CELL) as usize) {
            _ if line => 200,
            Some(true) => 0,
            Some(false) => 255,
            None => 200,
        }])
    })
}

/// Bytes as lines of 32 in hexadecimal.
pub(super) fn hex_lines(bytes: &[u8]) -> String {
    bytes.chunks(32).map(|line| hex(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_are_black() {
        let bits = [true, false, false, true];
        let picture = grid(&bits);
        assert_eq!(picture.dimensions(), (40, 10));
        let centre = |i: u32| picture.get_pixel(i * CELL + CELL / 2, CELL / 2).0[0];
        assert_eq!([0, 1, 2, 3].map(centre), [0, 255, 255, 0]);
    }

    #[test]
    fn bars_point_where_the_numbers_do() {
        let picture = bars(&[1.0, -0.5]);
        let dark = |x: u32, y: u32| picture.get_pixel(x, y).0[0] < 128;
        assert!(dark(1, 2) && !dark(1, 120));
        assert!(dark(4, 100) && !dark(4, 40) && !dark(4, 150));
    }

    #[test]
    fn bytes_become_lines_of_hex() {
        assert_eq!(hex_lines(&[0xab; 33]), format!("{}\nab\n", "ab".repeat(32)));
    }
}
