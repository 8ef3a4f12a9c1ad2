//! A region of interest as a contactless camera and an imperfect localizer would give it: 128×128 grey,
//! drawn straight from the palm, fast enough to train on the fly.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, StandardNormal};
use thenar_image::image::{GrayImage, Luma};
use thenar_image::{Affine, Plane, Point, ROI_SIZE};

use crate::palm::{Palm, PalmCapture, SkinChange};

/// How much two captures of one palm differ, as standard deviations or greatest values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoiVariation {
    /// Misplacement of the ROI, palm units (standard deviation per axis).
    pub shift: f32,
    /// Misrotation, degrees (standard deviation).
    pub rotation: f32,
    /// Wrong size, relative (standard deviation).
    pub scale: f32,
    /// Shear and perspective of a tilted hand (standard deviation).
    pub tilt: f32,
    /// The skin itself.
    pub skin: SkinChange,
    /// Greatest blur, pixels (standard deviation of the Gaussian).
    pub blur: f32,
    /// Greatest noise, grey levels 0–1.
    pub noise: f32,
    /// Strength of light gradients and shading (1 = as drawn from looking at contactless captures).
    pub light: f32,
}

impl Default for RoiVariation {
    fn default() -> Self {
        Self {
            shift: 0.028,
            rotation: 3.2,
            scale: 0.04,
            tilt: 0.03,
            skin: SkinChange::default(),
            blur: 1.3,
            noise: 0.02,
            light: 1.0,
        }
    }
}

impl RoiVariation {
    /// Harder than training ever sees, for validation.
    pub fn hard() -> Self {
        let usual = Self::default();
        Self {
            shift: 1.3 * usual.shift,
            rotation: 1.3 * usual.rotation,
            scale: 1.3 * usual.scale,
            tilt: 1.5 * usual.tilt,
            skin: SkinChange {
                stretch: 1.3 * usual.skin.stretch,
                depth: 0.6,
                vanish: 0.5,
                folds: 20,
            },
            blur: 1.6,
            noise: 0.03,
            light: 1.4,
        }
    }
}

/// Draws capture `seed` of `palm`.
pub fn draw(palm: &Palm, seed: u64, variation: &RoiVariation) -> GrayImage {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let capture = PalmCapture::draw_with(&variation.skin, &mut rng);
    let place = placement(variation, &mut rng);
    let depth = palm.crease_depth(&capture, &place, ROI_SIZE, ROI_SIZE);
    let mottle = palm.mottle(&capture, &place, ROI_SIZE, ROI_SIZE);
    let light = Light::draw(variation.light, &mut rng);
    let shading = light.shading(palm, &place);
    let lit = Plane::from_fn(ROI_SIZE, ROI_SIZE, |x, y| {
        let relief = light.relief(&depth, x, y);
        (-depth.at(x, y)).exp() * (1.0 + mottle.at(x, y)) * (1.0 + relief) * shading.at(x, y)
    });
    let seen = blur(&lit, rng.random_range(0.0..=variation.blur));
    develop(&seen, variation, &mut rng)
}

/// Palm coordinates to ROI pixels, with the localizer's error.
fn placement(variation: &RoiVariation, rng: &mut impl Rng) -> Affine {
    let mut normal = |sd: f32| Normal::new(0.0, sd).expect("a finite spread").sample(rng);
    let angle = normal(variation.rotation).to_radians();
    let scale = normal(variation.scale).exp();
    let (shear_x, shear_y) = (normal(variation.tilt), normal(variation.tilt));
    let stretch = normal(variation.tilt).exp();
    let (dx, dy) = (normal(variation.shift), normal(variation.shift));
    let size = ROI_SIZE as f32;
    let centre = Affine::translation(Point::new(-0.5, -0.5));
    let tilt = Affine {
        m: [stretch, shear_x, 0.0, shear_y, 1.0 / stretch, 0.0],
    };
    let turn = Affine::similarity(
        angle,
        scale * size,
        Point::new((0.5 + dx) * size - 0.5, (0.5 + dy) * size - 0.5),
    );
    centre.then(&tilt).then(&turn)
}

/// Light on the palm: a direction, a gradient and sometimes the soft edge of a shadow.
struct Light {
    direction: Point,
    mounds: f32,
    emboss: f32,
    gradient: Point,
    vignette: f32,
    shadow: Option<(Point, Point, f32, f32)>,
}

impl Light {
    fn draw(strength: f32, rng: &mut impl Rng) -> Self {
        let angle: f32 = rng.random_range(0.0..std::f32::consts::TAU);
        let gradient_angle: f32 = rng.random_range(0.0..std::f32::consts::TAU);
        let gradient = strength * rng.random_range(0.0..0.35);
        let shadow = rng.random_bool(0.15).then(|| {
            let a: f32 = rng.random_range(0.0..std::f32::consts::TAU);
            let at = Point::new(rng.random_range(0.0..1.0), rng.random_range(0.0..1.0));
            (
                at,
                Point::new(a.cos(), a.sin()),
                rng.random_range(0.1..0.45) * strength,
                rng.random_range(0.02..0.3),
            )
        });
        Self {
            direction: Point::new(angle.cos(), angle.sin()),
            mounds: strength * rng.random_range(0.0..1.1),
            emboss: strength * rng.random_range(0.0..0.5),
            gradient: Point::new(
                gradient * gradient_angle.cos(),
                gradient * gradient_angle.sin(),
            ),
            vignette: strength * rng.random_range(-0.1..0.35),
            shadow,
        }
    }

    /// Smooth shading by the palm's pads, the gradient, fall-off and shadow; computed coarsely.
    fn shading(&self, palm: &Palm, place: &Affine) -> Plane {
        const COARSE: usize = 17;
        let back = place.inverse().unwrap_or(Affine::IDENTITY);
        let step = ROI_SIZE as f32 / (COARSE - 1) as f32;
        let coarse = Plane::from_fn(COARSE, COARSE, |x, y| {
            let p = back.apply(Point::new(x as f32 * step, y as f32 * step));
            let e = 0.02;
            let slope_x = (palm.height(p.x + e, p.y) - palm.height(p.x - e, p.y)) / (2.0 * e);
            let slope_y = (palm.height(p.x, p.y + e) - palm.height(p.x, p.y - e)) / (2.0 * e);
            let mounds = self.mounds * (slope_x * self.direction.x + slope_y * self.direction.y);
            let (u, v) = (p.x - 0.5, p.y - 0.5);
            let gradient = self.gradient.x * u + self.gradient.y * v;
            let far = -self.vignette * (u * u + v * v);
            let shadow = self.shadow.map_or(0.0, |(at, n, depth, soft)| {
                let d = ((p.x - at.x) * n.x + (p.y - at.y) * n.y) / soft;
                -depth / (1.0 + (-4.0 * d).exp())
            });
            (1.0 + mounds + gradient + far + shadow).max(0.15)
        });
        Plane::from_fn(ROI_SIZE, ROI_SIZE, |x, y| {
            coarse.sample(x as f32 / step, y as f32 / step)
        })
    }

    /// The lit flank of a crease is brighter, the other darker.
    fn relief(&self, depth: &Plane, x: usize, y: usize) -> f32 {
        let last = ROI_SIZE - 1;
        let dx = depth.at((x + 1).min(last), y) - depth.at(x.saturating_sub(1), y);
        let dy = depth.at(x, (y + 1).min(last)) - depth.at(x, y.saturating_sub(1));
        (self.emboss * (dx * self.direction.x + dy * self.direction.y)).clamp(-0.3, 0.3)
    }
}

/// Separable Gaussian blur; the same taps for every pixel, edges repeated.
fn blur(plane: &Plane, sigma: f32) -> Plane {
    if sigma < 0.25 {
        return plane.clone();
    }
    let reach = (2.5 * sigma).ceil() as usize;
    let mut taps: Vec<f32> = (0..=reach)
        .map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp())
        .collect();
    let sum = taps[0] + 2.0 * taps[1..].iter().sum::<f32>();
    taps.iter_mut().for_each(|t| *t /= sum);
    let (width, height) = (plane.width(), plane.height());
    let mut rows = Plane::filled(width, height, 0.0);
    let mut padded = vec![0.0f32; width + 2 * reach];
    for y in 0..height {
        for (i, value) in padded.iter_mut().enumerate() {
            *value = plane.at(i.saturating_sub(reach).min(width - 1), y);
        }
        let row = &mut rows.data_mut()[y * width..(y + 1) * width];
        for (x, out) in row.iter_mut().enumerate() {
            let c = x + reach;
            *out = taps[0] * padded[c]
                + (1..=reach)
                    .map(|i| taps[i] * (padded[c - i] + padded[c + i]))
                    .sum::<f32>();
        }
    }
    let mut out = Plane::filled(width, height, 0.0);
    for y in 0..height {
        let target = &mut out.data_mut()[y * width..(y + 1) * width];
        for (i, tap) in taps.iter().enumerate() {
            for source in if i == 0 {
                vec![y]
            } else {
                vec![y.saturating_sub(i), (y + i).min(height - 1)]
            } {
                let from = &rows.data()[source * width..(source + 1) * width];
                target.iter_mut().zip(from).for_each(|(t, f)| *t += tap * f);
            }
        }
    }
    out
}

/// Exposure, contrast, gamma, noise and eight bits.
fn develop(plane: &Plane, variation: &RoiVariation, rng: &mut impl Rng) -> GrayImage {
    let exposure = rng.random_range(0.22..0.85);
    let gamma = rng.random_range(0.75..1.3f32);
    let noise = variation.noise * rng.random::<f32>().powi(2);
    // Two octaves of noise: single pixels, and the soft grain a decoder leaves.
    let grain = Plane::from_fn(33, 33, |_, _| StandardNormal.sample(rng));
    let grain_strength = noise * rng.random_range(0.0..0.7);
    GrayImage::from_fn(ROI_SIZE as u32, ROI_SIZE as u32, |x, y| {
        let value = (plane.at(x as usize, y as usize).max(0.0)).powf(gamma) * exposure;
        let z: f32 = StandardNormal.sample(rng);
        let soft = grain_strength * grain.sample(x as f32 / 4.0, y as f32 / 4.0);
        Luma([((value + noise * z + soft) * 255.0)
            .round()
            .clamp(0.0, 255.0) as u8])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seeds_draw_the_same_bytes() {
        let palm = Palm::draw(3);
        let variation = RoiVariation::default();
        assert_eq!(draw(&palm, 9, &variation), draw(&palm, 9, &variation));
        assert_ne!(draw(&palm, 9, &variation), draw(&palm, 10, &variation));
    }

    #[test]
    fn blur_keeps_the_mean_and_matches_the_plain_sum() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let plane = Plane::from_fn(20, 16, |_, _| rng.random());
        let sigma = 1.2f32;
        let out = blur(&plane, sigma);
        let weight = |i: i32| (-0.5 * (i as f32 / sigma).powi(2)).exp();
        let (mut sum, mut total) = (0.0, 0.0);
        for dy in -3..=3i32 {
            for dx in -3..=3i32 {
                sum += weight(dx) * weight(dy) * plane.at((10 + dx) as usize, (8 + dy) as usize);
                total += weight(dx) * weight(dy);
            }
        }
        assert!((out.at(10, 8) - sum / total).abs() < 1e-4);
    }
}
