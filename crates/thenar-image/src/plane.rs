//! A single-channel image of `f32`, the working form of every stage.

use image::{GrayImage, Luma, RgbImage};

/// A grey image, row-major, nominal range 0–1.
#[derive(Clone, Debug, PartialEq)]
pub struct Plane {
    width: usize,
    height: usize,
    data: Vec<f32>,
}

impl Plane {
    /// A plane filled with `value`.
    pub fn filled(width: usize, height: usize, value: f32) -> Self {
        Self {
            width,
            height,
            data: vec![value; width * height],
        }
    }

    /// A plane from its pixels, row by row.
    ///
    /// # Panics
    /// When `data` does not hold `width * height` values.
    pub fn from_vec(width: usize, height: usize, data: Vec<f32>) -> Self {
        assert_eq!(data.len(), width * height, "a {width}×{height} plane");
        Self {
            width,
            height,
            data,
        }
    }

    /// A plane whose pixel `(x, y)` is `f(x, y)`.
    pub fn from_fn(width: usize, height: usize, mut f: impl FnMut(usize, usize) -> f32) -> Self {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                data.push(f(x, y));
            }
        }
        Self {
            width,
            height,
            data,
        }
    }

    /// Bytes 0–255 become 0–1.
    pub fn from_gray(image: &GrayImage) -> Self {
        let data = image
            .as_raw()
            .iter()
            .map(|&v| f32::from(v) / 255.0)
            .collect();
        Self {
            width: image.width() as usize,
            height: image.height() as usize,
            data,
        }
    }

    /// The luminance of a photo, 0–1: 0.299·R + 0.587·G + 0.114·B (ITU-R BT.601), on the stored, gamma-coded
    /// values.
    pub fn luminance(photo: &RgbImage) -> Self {
        let grey = |p: &[u8]| {
            (299 * u32::from(p[0]) + 587 * u32::from(p[1]) + 114 * u32::from(p[2])) as f32 / 255e3
        };
        let data = photo.as_raw().chunks_exact(3).map(grey).collect();
        Self {
            width: photo.width() as usize,
            height: photo.height() as usize,
            data,
        }
    }

    /// The part of the plane that starts at column `left` of row `top`; what reaches over the edges is left out.
    pub fn crop(&self, left: usize, top: usize, width: usize, height: usize) -> Self {
        let (left, top) = (left.min(self.width), top.min(self.height));
        let (width, height) = (width.min(self.width - left), height.min(self.height - top));
        Self::from_fn(width, height, |x, y| self.at(left + x, top + y))
    }

    /// 0–1 becomes bytes 0–255, clamped and rounded.
    pub fn to_gray(&self) -> GrayImage {
        GrayImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            Luma([(self.at(x as usize, y as usize) * 255.0)
                .round()
                .clamp(0.0, 255.0) as u8])
        })
    }

    /// Number of columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The pixels, row by row.
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// The pixels, row by row, to be changed.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// Pixel in column `x` of row `y`.
    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[y * self.width + x]
    }

    /// Bilinear value at `(x, y)`; outside, the nearest edge pixel counts.
    #[inline]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let top = self.at(x0, y0) * (1.0 - fx) + self.at(x1, y0) * fx;
        let bottom = self.at(x0, y1) * (1.0 - fx) + self.at(x1, y1) * fx;
        top * (1.0 - fy) + bottom * fy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_between_pixels_is_bilinear() {
        let plane = Plane::from_fn(3, 2, |x, y| x as f32 + 10.0 * y as f32);
        assert_eq!(plane.sample(1.5, 0.5), 6.5);
        assert_eq!(plane.sample(-4.0, 9.0), 10.0);
    }
}
