//! Gaussian blur.

use crate::Plane;

/// `plane` blurred by a Gaussian of standard deviation `sigma` pixels, cut off at 3σ; beyond the edges the edge
/// pixel repeats. A `sigma` that is not positive and finite changes nothing.
pub fn gaussian_blur(plane: &Plane, sigma: f32) -> Plane {
    if !(sigma.is_finite() && sigma > 0.0) || plane.data().is_empty() {
        return plane.clone();
    }
    let kernel = gaussian_kernel(sigma);
    blur_columns(&blur_rows(plane, &kernel), &kernel)
}

/// The weights at −r…r, r = ⌈3σ⌉, with sum 1.
fn gaussian_kernel(sigma: f32) -> Vec<f32> {
    let radius = (3.0 * sigma).ceil() as i32;
    let weight = |i: i32| (-0.5 * (i as f32 / sigma).powi(2)).exp();
    let total: f32 = (-radius..=radius).map(weight).sum();
    (-radius..=radius).map(|i| weight(i) / total).collect()
}

fn blur_rows(plane: &Plane, kernel: &[f32]) -> Plane {
    let (width, radius) = (plane.width(), kernel.len() / 2);
    let mut out = Vec::with_capacity(plane.data().len());
    let mut padded = vec![0.0; width + 2 * radius];
    for row in plane.data().chunks_exact(width) {
        padded[..radius].fill(row[0]);
        padded[radius..radius + width].copy_from_slice(row);
        padded[radius + width..].fill(row[width - 1]);
        let blurred = padded
            .windows(kernel.len())
            .map(|w| w.iter().zip(kernel).map(|(v, k)| v * k).sum::<f32>());
        out.extend(blurred);
    }
    Plane::from_vec(width, plane.height(), out)
}

fn blur_columns(plane: &Plane, kernel: &[f32]) -> Plane {
    let (width, height, radius) = (plane.width(), plane.height(), kernel.len() / 2);
    let mut out = Plane::filled(width, height, 0.0);
    for (y, sums) in out.data_mut().chunks_exact_mut(width).enumerate() {
        for (i, weight) in kernel.iter().enumerate() {
            let source = (y + i).saturating_sub(radius).min(height - 1);
            for (sum, value) in sums.iter_mut().zip(&plane.data()[source * width..]) {
                *sum += weight * value;
            }
        }
    }
    out
}
