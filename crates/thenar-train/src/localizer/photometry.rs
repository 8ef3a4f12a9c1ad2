//! Disturbances of a finished picture: light, colour, blur, noise, things in the way.

use image::{Rgb, RgbImage};
use rand::Rng;

/// Changes `rgb` at random.
pub fn disturb(rgb: &mut RgbImage, rng: &mut impl Rng) {
    if rng.random_bool(0.15) {
        blur(rgb);
    }
    if rng.random_bool(0.15) {
        cover(rgb, rng);
    }
    let grey = rng.random_bool(0.12);
    let invert_warmth = rng.random_bool(0.05);
    let tables = tones(rng);
    let noise = if rng.random_bool(0.3) {
        rng.random_range(1..14i32)
    } else {
        0
    };
    let mut state = rng.random::<u32>() | 1;
    for pixel in rgb.pixels_mut() {
        let [r, g, b] = pixel.0;
        let mut colour = if grey {
            [((77 * u32::from(r) + 150 * u32::from(g) + 29 * u32::from(b)) >> 8) as u8; 3]
        } else if invert_warmth {
            [b, g, r]
        } else {
            [r, g, b]
        };
        for (value, table) in colour.iter_mut().zip(&tables) {
            *value = table[usize::from(*value)];
            if noise > 0 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let offset = ((state >> 24) as i32 - 128) * noise / 128;
                *value = (i32::from(*value) + offset).clamp(0, 255) as u8;
            }
        }
        *pixel = Rgb(colour);
    }
}

/// One tone curve per channel: gamma, contrast and a slightly different gain for each.
fn tones(rng: &mut impl Rng) -> [[u8; 256]; 3] {
    let gamma = 2.0f32.powf(rng.random_range(-0.7..0.7));
    let contrast = rng.random_range(0.75..1.2);
    let offset = rng.random_range(-0.08..0.08);
    std::array::from_fn(|_| {
        let gain = rng.random_range(0.88..1.12f32);
        std::array::from_fn(|v| {
            let value = (v as f32 / 255.0).powf(gamma);
            (255.0 * gain * ((value - 0.5) * contrast + 0.5 + offset)).clamp(0.0, 255.0) as u8
        })
    })
}

/// Averages 3×3 pixels.
fn blur(rgb: &mut RgbImage) {
    let source = rgb.clone();
    let (width, height) = rgb.dimensions();
    for (x, y, pixel) in rgb.enumerate_pixels_mut() {
        let mut sum = [0u32; 3];
        for dy in 0..3 {
            for dx in 0..3 {
                let (sx, sy) = (
                    (x + dx).saturating_sub(1).min(width - 1),
                    (y + dy).saturating_sub(1).min(height - 1),
                );
                let near = source.get_pixel(sx, sy).0;
                for (sum, v) in sum.iter_mut().zip(near) {
                    *sum += u32::from(v);
                }
            }
        }
        *pixel = Rgb(sum.map(|v| (v / 9) as u8));
    }
}

/// Puts a plain rectangle in the way.
fn cover(rgb: &mut RgbImage, rng: &mut impl Rng) {
    let (width, height) = rgb.dimensions();
    let (w, h) = (rng.random_range(6..40u32), rng.random_range(6..40u32));
    let (x0, y0) = (rng.random_range(0..width), rng.random_range(0..height));
    let colour = Rgb(std::array::from_fn(|_| rng.random::<u8>()));
    for y in y0..(y0 + h).min(height) {
        for x in x0..(x0 + w).min(width) {
            rgb.put_pixel(x, y, colour);
        }
    }
}
