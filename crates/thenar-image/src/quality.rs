//! Simple measures of how good a grey image is.

use crate::Plane;

/// Below this value a pixel counts as crushed to black, above 1 minus it as blown to white: two of 255 levels.
pub const CLIP_MARGIN: f32 = 2.5 / 255.0;

/// Which part of the pixels carries no texture because it is clipped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clipped {
    /// Fraction of pixels crushed to black, 0–1.
    pub dark: f32,
    /// Fraction of pixels blown to white, 0–1.
    pub bright: f32,
}

/// Mean value, 0–1; 0 for an empty plane.
pub fn brightness(plane: &Plane) -> f32 {
    mean(plane.data().iter().map(|&v| f64::from(v)))
}

/// Standard deviation of the values; 0 for an empty plane.
pub fn contrast(plane: &Plane) -> f32 {
    variance(plane.data().iter().copied()).sqrt()
}

/// Variance of the Laplacian (kernel 0 1 0 / 1 −4 1 / 0 1 0, values 0–1, border pixels left out); small when blurred.
///
/// It depends on the image's size and contrast: compare only images of one size.
/// Source: Pech-Pacheco and others, "Diatom autofocusing in brightfield microscopy", ICPR 2000. Planes less than
/// 3 pixels wide or high give 0.
pub fn sharpness(plane: &Plane) -> f32 {
    let (width, height) = (plane.width(), plane.height());
    if width < 3 || height < 3 {
        return 0.0;
    }
    let laplacian = (1..height - 1)
        .flat_map(|y| (1..width - 1).map(move |x| (x, y)))
        .map(|(x, y)| {
            let around =
                plane.at(x - 1, y) + plane.at(x + 1, y) + plane.at(x, y - 1) + plane.at(x, y + 1);
            around - 4.0 * plane.at(x, y)
        });
    variance(laplacian)
}

/// Fractions of clipped pixels; 0 for an empty plane.
pub fn clipped(plane: &Plane) -> Clipped {
    let part =
        |is: &dyn Fn(f32) -> bool| mean(plane.data().iter().map(|&v| f64::from(u8::from(is(v)))));
    Clipped {
        dark: part(&|v| v < CLIP_MARGIN),
        bright: part(&|v| v > 1.0 - CLIP_MARGIN),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f32 {
    let (sum, count) = values.fold((0.0, 0u64), |(sum, count), v| (sum + v, count + 1));
    if count == 0 {
        0.0
    } else {
        (sum / count as f64) as f32
    }
}

/// Population variance, in one pass of `f64` sums.
fn variance(values: impl Iterator<Item = f32>) -> f32 {
    let (mut sum, mut squares, mut count) = (0.0f64, 0.0f64, 0u64);
    for value in values.map(f64::from) {
        (sum, squares, count) = (sum + value, squares + value * value, count + 1);
    }
    if count == 0 {
        return 0.0;
    }
    let mean = sum / count as f64;
    (squares / count as f64 - mean * mean).max(0.0) as f32
}
