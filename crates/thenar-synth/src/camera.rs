//! The camera: exposure, colour, blur, noise, quantisation, JPEG.

use std::io::Cursor;

use image::codecs::jpeg::{JpegDecoder, JpegEncoder};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, RgbImage};
use rand::Rng;

use crate::raster::{Canvas, box_blur};
use crate::seed::PixelNoise;

/// How the camera takes one picture.
#[derive(Clone, Debug)]
pub(crate) struct Camera {
    /// Brightness factor.
    pub exposure: f32,
    /// White balance.
    pub gains: [f32; 3],
    /// Contrast curve exponent over the standard one.
    pub gamma: f32,
    /// Defocus radius in pixels of a 256-pixel picture.
    pub defocus: f32,
    /// Motion: direction (radians), length in the same unit.
    pub motion: (f32, f32),
    /// Shot noise and read noise, at full scale 1.
    pub noise: (f32, f32),
    /// JPEG quality, or none.
    pub jpeg: Option<u8>,
    /// Darkening of the corners, 0–1.
    pub vignette: f32,
    /// Hard shadow edge: direction, position (fraction of the side), strength.
    pub shadow: Option<(f32, f32, f32)>,
    /// Factor on colour saturation.
    pub saturation: f32,
}

impl Camera {
    /// A random camera and exposure.
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        let warm = rng.random_range(-0.22..0.22f32);
        let tint = rng.random_range(-0.07..0.07f32);
        let jitter = |rng: &mut dyn rand::RngCore, p: f64, top: f32| {
            if rng.random_bool(p) {
                top * rng.random::<f32>().powi(2)
            } else {
                0.0
            }
        };
        Self {
            exposure: 2f32.powf(rng.random_range(-0.9..0.8)),
            gains: [1.0 + warm, 1.0 + tint, 1.0 - warm],
            gamma: rng.random_range(0.85..1.2),
            defocus: jitter(rng, 0.5, 2.2),
            motion: (
                rng.random_range(0.0..std::f32::consts::PI),
                jitter(rng, 0.25, 5.0),
            ),
            noise: (
                rng.random_range(0.0..0.012f32),
                rng.random_range(0.0..0.012f32),
            ),
            jpeg: rng.random_bool(0.5).then(|| rng.random_range(35..95)),
            vignette: jitter(rng, 0.4, 0.5),
            shadow: rng.random_bool(0.12).then(|| {
                (
                    rng.random_range(0.0..std::f32::consts::TAU),
                    rng.random_range(-0.3..0.3),
                    rng.random_range(0.25..0.75),
                )
            }),
            saturation: rng.random_range(0.65..1.4),
        }
    }

    /// The same camera in the hands of somebody who takes care: exposure, blur, noise, compression and shadow fall to
    /// the share `harshness` (0–1) of what they were.
    pub(crate) fn softened(self, harshness: f32) -> Self {
        let jpeg = |quality: u8| 95 - (harshness * f32::from(95 - quality.min(95))) as u8;
        Self {
            exposure: self.exposure.powf(harshness),
            defocus: harshness * self.defocus,
            motion: (self.motion.0, harshness * self.motion.1),
            noise: (harshness * self.noise.0, harshness * self.noise.1),
            jpeg: self.jpeg.map(jpeg),
            vignette: harshness * self.vignette,
            shadow: self
                .shadow
                .map(|(angle, at, strength)| (angle, at, harshness * strength)),
            ..self
        }
    }

    /// The picture of `scene`, which holds linear light.
    pub(crate) fn take(&self, mut scene: Canvas, noise: &mut PixelNoise) -> RgbImage {
        let (w, h) = (scene.w, scene.h);
        self.shadow(&mut scene);
        for plane in &mut scene.planes {
            self.blur(plane, w, h);
        }
        let table = self.table();
        let mut bytes = vec![0u8; w * h * 3];
        let [r, g, b] = &scene.planes;
        let gains = self.gains.map(|g| g * self.exposure);
        let (shot, read) = self.noise;
        for (i, out) in bytes.chunks_exact_mut(3).enumerate() {
            let v = [r[i] * gains[0], g[i] * gains[1], b[i] * gains[2]];
            let grey = 0.3 * v[0] + 0.6 * v[1] + 0.1 * v[2];
            // One deviation for the pixel: shot noise grows with the square root of the light.
            let deviation = read * 0.3 + shot * grey.max(0.0).sqrt();
            for (o, c) in out.iter_mut().zip(v) {
                let c = grey + (c - grey) * self.saturation + deviation * noise.normal();
                *o = table[(c.clamp(0.0, 1.0) * 4095.0) as usize];
            }
        }
        let image = RgbImage::from_raw(w as u32, h as u32, bytes).unwrap_or_default();
        match self.jpeg {
            Some(quality) => through_jpeg(&image, quality),
            None => image,
        }
    }

    /// The infrared picture of the same moment.
    pub(crate) fn take_infrared(
        &self,
        mut scene: Vec<f32>,
        w: usize,
        h: usize,
        noise: &mut PixelNoise,
    ) -> GrayImage {
        self.blur(&mut scene, w, h);
        let table = self.table();
        let exposure = self.exposure.clamp(0.7, 1.3);
        let bytes = scene
            .iter()
            .map(|v| {
                let v = v * exposure + (self.noise.1 * 0.5 + 0.003) * noise.normal();
                table[(v.clamp(0.0, 1.0) * 4095.0) as usize]
            })
            .collect();
        GrayImage::from_raw(w as u32, h as u32, bytes).unwrap_or_default()
    }

    fn shadow(&self, scene: &mut Canvas) {
        if self.vignette <= 0.0 && self.shadow.is_none() {
            return;
        }
        let (w, h) = (scene.w, scene.h);
        for y in 0..h {
            for x in 0..w {
                let (u, v) = (x as f32 / w as f32 - 0.5, y as f32 / h as f32 - 0.5);
                let mut factor = 1.0 - self.vignette * 2.0 * (u * u + v * v);
                if let Some((angle, at, strength)) = self.shadow {
                    let d = (u * angle.cos() + v * angle.sin() - at) * w as f32 / 3.0;
                    factor *= 1.0 - strength * (0.5 + d).clamp(0.0, 1.0);
                }
                for plane in &mut scene.planes {
                    plane[y * w + x] *= factor;
                }
            }
        }
    }

    fn blur(&self, plane: &mut [f32], w: usize, h: usize) {
        let unit = w as f32 / 256.0;
        let radius = (self.defocus * unit).round() as usize;
        box_blur(plane, w, h, radius);
        if radius > 1 {
            box_blur(plane, w, h, radius / 2);
        }
        let taps = (self.motion.1 * unit).round() as isize;
        if taps >= 2 {
            let (dx, dy) = (self.motion.0.cos(), self.motion.0.sin());
            let source = plane.to_vec();
            let scale = 1.0 / taps as f32;
            plane.fill(0.0);
            for k in 0..taps {
                let t = k as f32 - 0.5 * (taps - 1) as f32;
                let (ox, oy) = ((dx * t).round() as isize, (dy * t).round() as isize);
                for y in 0..h {
                    let sy = (y as isize + oy).clamp(0, h as isize - 1) as usize;
                    for x in 0..w {
                        let sx = (x as isize + ox).clamp(0, w as isize - 1) as usize;
                        plane[y * w + x] += source[sy * w + sx] * scale;
                    }
                }
            }
        }
    }

    /// Linear light (12 bits) to bytes: the sRGB curve (IEC 61966-2-1), then the camera's contrast.
    fn table(&self) -> Vec<u8> {
        (0..4096)
            .map(|i| {
                let v = i as f32 / 4095.0;
                let s = if v <= 0.003_130_8 {
                    12.92 * v
                } else {
                    1.055 * v.powf(1.0 / 2.4) - 0.055
                };
                (s.powf(self.gamma) * 255.0).round() as u8
            })
            .collect()
    }
}

/// `image` after JPEG compression at `quality`.
fn through_jpeg(image: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Vec::new();
    let encoded = JpegEncoder::new_with_quality(&mut bytes, quality).write_image(
        image.as_raw(),
        image.width(),
        image.height(),
        ExtendedColorType::Rgb8,
    );
    let decoded = encoded
        .and_then(|()| JpegDecoder::new(Cursor::new(bytes)))
        .and_then(DynamicImage::from_decoder);
    // Encoding into memory cannot fail; should it ever, the picture simply stays uncompressed.
    decoded.map_or_else(|_| image.clone(), DynamicImage::into_rgb8)
}
