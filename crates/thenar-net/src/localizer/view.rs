//! The part of a photo that the network looks at.

use super::decode::{axis, valley_distance};
use super::preprocess::INPUT_SIZE;
use image::{Rgb, RgbImage};
use std::f32::consts::{FRAC_PI_2, PI};
use thenar_image::{Affine, KeyPoints, Point};

/// Colour outside of the photo.
pub(super) const OUTSIDE: [u8; 3] = [118; 3];

/// Most photo pixels per block, each way; their sums fit into 16 bits.
const MAX_BLOCK: usize = 64;

/// How tightly the upright crop holds the hand: its side in distances of the two valleys, and the range in palm lengths
/// (valleys to wrist) that it stays in, for yaw or a closed hand shortens the distance of the valleys.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crop {
    in_valley_distances: f32,
    in_palms: (f32, f32),
}

/// The crops that are tried, best first: the palm large, which places the key points best, then the whole hand with a
/// margin, for a first pass that was far off.
pub(super) const CROPS: [Crop; 2] = [
    Crop {
        in_valley_distances: 4.2,
        in_palms: (1.5, 2.3),
    },
    Crop {
        in_valley_distances: 5.2,
        in_palms: (1.75, 2.5),
    },
];

/// The crop's middle, from the valleys (0) to the wrist (1): a little above the centre of the palm.
const CROP_MIDDLE: f32 = 0.35;

/// A square part of a photo, turned.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    /// From pixels of the view to pixels of the photo.
    pub to_photo: Affine,
    /// Width and height, in pixels.
    size: usize,
}

impl View {
    /// The whole photo, its longer side filling the network's input.
    pub fn whole(photo: &RgbImage) -> Self {
        let (width, height) = (photo.width() as f32, photo.height() as f32);
        let middle = Point::new((width - 1.0) / 2.0, (height - 1.0) / 2.0);
        Self::centred(0.0, width.max(height), middle)
    }

    /// What is looked at in turn until a hand is found: the whole photo, then the whole photo turned by quarters, and
    /// the same with a margin around it, for hands that fill the photo.
    pub fn attempts(photo: &RgbImage) -> impl Iterator<Item = Self> {
        const QUARTERS: [f32; 4] = [0.0, FRAC_PI_2, -FRAC_PI_2, PI];
        const SIZES: [f32; 2] = [1.0, 1.3];
        let whole = Self::whole(photo);
        let side = whole.to_photo.determinant().abs().sqrt() * INPUT_SIZE as f32;
        let half = (INPUT_SIZE as f32 - 1.0) / 2.0;
        let middle = whole.to_photo.apply(Point::new(half, half));
        let turned = move |size: f32| QUARTERS.map(|turn| Self::centred(turn, size * side, middle));
        SIZES.into_iter().flat_map(turned)
    }

    /// The hand described by `points` (photo pixels), fingers up and filling the input; `None` when the points are
    /// not a hand.
    pub fn upright(points: &KeyPoints, crop: Crop) -> Option<Self> {
        let (valleys, wrist) = axis(points);
        let length = valleys.distance(wrist);
        let side = crop.in_valley_distances * valley_distance(points);
        if !(length.is_finite() && side.is_finite()) || length < 2.0 || side < 8.0 {
            return None;
        }
        let side = side.clamp(crop.in_palms.0 * length, crop.in_palms.1 * length);
        let turn = (valleys.x - wrist.x).atan2(wrist.y - valleys.y);
        Some(Self::centred(turn, side, valleys.lerp(wrist, CROP_MIDDLE)))
    }

    /// A square of `side` photo pixels around `middle`, turned clockwise by `turn` radians.
    fn centred(turn: f32, side: f32, middle: Point) -> Self {
        let half = (INPUT_SIZE as f32 - 1.0) / 2.0;
        let centre = Affine::translation(Point::new(-half, -half));
        let to_photo = centre.then(&Affine::similarity(turn, side / INPUT_SIZE as f32, middle));
        Self {
            to_photo,
            size: INPUT_SIZE,
        }
    }

    /// The `size × size` pixels that `to_photo` takes from a photo.
    pub const fn of(to_photo: Affine, size: usize) -> Self {
        Self { to_photo, size }
    }

    /// Clockwise turn against the photo, in radians.
    pub fn turn(&self) -> f32 {
        self.to_photo.m[3].atan2(self.to_photo.m[0])
    }

    /// The pixels. Where the view shrinks the photo, whole blocks of pixels are averaged first, so that detail does
    /// not alias; then each pixel is one bilinear sample, at most one and a half blocks from the next.
    pub fn render(&self, photo: &RgbImage) -> RgbImage {
        let shrink = self.to_photo.determinant().abs().sqrt();
        let block = (shrink.round() as usize).clamp(1, MAX_BLOCK);
        let size = self.size as u32;
        let Some(source) = Blocks::around(self, photo, block) else {
            return RgbImage::from_pixel(size, size, Rgb(OUTSIDE));
        };
        RgbImage::from_fn(size, size, |x, y| {
            let p = self.to_photo.apply(Point::new(x as f32, y as f32));
            Rgb(if inside(photo, p) {
                source.sample(p).map(|v| (v + 0.5) as u8)
            } else {
                OUTSIDE
            })
        })
    }
}

/// Whether `p` lies on a pixel of the photo.
fn inside(photo: &RgbImage, p: Point) -> bool {
    (-0.5..photo.width() as f32 - 0.5).contains(&p.x)
        && (-0.5..photo.height() as f32 - 0.5).contains(&p.y)
}

/// A rectangle of a photo, reduced by a whole factor.
struct Blocks {
    /// Photo pixels per block, each way.
    block: usize,
    /// First photo column and row.
    first: (usize, usize),
    width: usize,
    height: usize,
    pixels: Vec<[f32; 3]>,
}

impl Blocks {
    /// The blocks that `view` can touch, or `None` when it misses the photo.
    fn around(view: &View, photo: &RgbImage, block: usize) -> Option<Self> {
        let last = view.size as f32;
        let corners = [(-1.0, -1.0), (last, -1.0), (-1.0, last), (last, last)];
        let corners = corners.map(|(x, y)| view.to_photo.apply(Point::new(x, y)));
        let (left, right) = covered(corners.map(|p| p.x), photo.width() as usize, block)?;
        let (top, bottom) = covered(corners.map(|p| p.y), photo.height() as usize, block)?;
        let (width, height) = (
            (right - left).div_ceil(block),
            (bottom - top).div_ceil(block),
        );
        let mut pixels = Vec::with_capacity(width * height);
        let stride = photo.width() as usize * 3;
        let mut sums = vec![0u16; (right - left) * 3];
        for rows in (top..bottom)
            .step_by(block)
            .map(|y| y..(y + block).min(bottom))
        {
            // Down the rows first: that is where most of the additions are, and they are all alike.
            sums.fill(0);
            for y in rows.clone() {
                let row = &photo.as_raw()[y * stride + left * 3..y * stride + right * 3];
                for (sum, &value) in sums.iter_mut().zip(row) {
                    *sum += u16::from(value);
                }
            }
            pixels.extend(
                sums.chunks(3 * block)
                    .map(|columns| mean(columns, rows.len())),
            );
        }
        Some(Self {
            block,
            first: (left, top),
            width,
            height,
            pixels,
        })
    }

    /// The colour at a photo pixel, bilinear between the centres of blocks.
    fn sample(&self, p: Point) -> [f32; 3] {
        let place = |v: f32, first: usize, n: usize| {
            let at =
                ((v - first as f32 + 0.5) / self.block as f32 - 0.5).clamp(0.0, (n - 1) as f32);
            let near = at as usize;
            (near, (near + 1).min(n - 1), at - near as f32)
        };
        let (x0, x1, fx) = place(p.x, self.first.0, self.width);
        let (y0, y1, fy) = place(p.y, self.first.1, self.height);
        let at = |x: usize, y: usize| self.pixels[y * self.width + x];
        let mix =
            |a: [f32; 3], b: [f32; 3], t: f32| std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t);
        mix(
            mix(at(x0, y0), at(x1, y0), fx),
            mix(at(x0, y1), at(x1, y1), fx),
            fy,
        )
    }
}

/// The mean colour of interleaved column sums over `rows` rows.
fn mean(columns: &[u16], rows: usize) -> [f32; 3] {
    let pixels = columns.as_chunks::<3>().0;
    let mut total = [0u32; 3];
    for pixel in pixels {
        for (total, &value) in total.iter_mut().zip(pixel) {
            *total += u32::from(value);
        }
    }
    total.map(|v| v as f32 / (pixels.len() * rows) as f32)
}

/// The photo pixels from the least to the largest of `ends`, widened by a block and cut to `0..n`; `None` when empty.
pub(super) fn covered(ends: [f32; 4], n: usize, block: usize) -> Option<(usize, usize)> {
    let low = ends.iter().copied().fold(f32::INFINITY, f32::min) - block as f32;
    let high = ends.iter().copied().fold(f32::NEG_INFINITY, f32::max) + block as f32 + 1.0;
    if !(low.is_finite() && high.is_finite()) || low >= n as f32 || high <= 0.0 {
        return None;
    }
    Some((low.max(0.0) as usize, (high.min(n as f32)) as usize)).filter(|(low, high)| low < high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use thenar_image::{KEY_POINTS, KeyPoint, resize_rgb};

    fn photo(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let wave = ((x as f32 / 31.0).sin() * (y as f32 / 23.0).cos() * 90.0 + 128.0) as u8;
            Rgb([wave, (x * 255 / width) as u8, (y * 255 / height) as u8])
        })
    }

    #[test]
    fn the_whole_photo_is_its_area_average() {
        for size in [200, 256, 512, 700, 1100] {
            let photo = photo(size, size);
            let (view, want) = (
                View::whole(&photo).render(&photo),
                resize_rgb(&photo, 256, 256),
            );
            for (got, want) in view.as_raw().iter().zip(want.as_raw()) {
                assert!(got.abs_diff(*want) <= 4, "{size}: {got} instead of {want}");
            }
        }
    }

    #[test]
    fn a_wide_photo_is_centred() {
        let photo = RgbImage::from_pixel(400, 200, Rgb([250, 10, 10]));
        let view = View::whole(&photo).render(&photo);
        assert_eq!(view.get_pixel(128, 20).0, [118; 3]);
        assert_eq!(view.get_pixel(128, 128).0, [250, 10, 10]);
    }

    #[test]
    fn the_upright_view_puts_fingers_up_and_the_hand_in_the_middle() {
        for degrees in [0.0f32, 40.0, 170.0, -100.0] {
            let turned = Affine::similarity(degrees.to_radians(), 3.0, Point::new(500.0, 400.0));
            let mut points = [Point::default(); KEY_POINTS];
            points[KeyPoint::IndexMiddleValley as usize] = Point::new(20.0, -40.0);
            points[KeyPoint::RingLittleValley as usize] = Point::new(-20.0, -40.0);
            points[KeyPoint::WristThumbSide as usize] = Point::new(18.0, 50.0);
            points[KeyPoint::WristLittleSide as usize] = Point::new(-18.0, 50.0);
            let points = points.map(|p| turned.apply(p));
            let view = View::upright(&points, CROPS[0]).unwrap();
            let back = view.to_photo.inverse().unwrap();
            let (valleys, wrist) = axis(&points.map(|p| back.apply(p)));
            assert!(
                (valleys.x - wrist.x).abs() < 0.1 && valleys.y < wrist.y,
                "{valleys:?} {wrist:?}"
            );
            assert!(
                (valleys.x - 127.5).abs() < 0.1 && (50.0..127.0).contains(&valleys.y),
                "{valleys:?}"
            );
            assert!((view.turn().to_degrees() - degrees).abs() < 0.1);
        }
    }

    #[test]
    fn nonsense_points_make_no_view() {
        assert!(View::upright(&[Point::new(5.0, 5.0); KEY_POINTS], CROPS[0]).is_none());
        assert!(View::upright(&[Point::new(f32::NAN, 5.0); KEY_POINTS], CROPS[0]).is_none());
    }

    #[test]
    fn views_beside_the_photo_are_grey() {
        let photo = photo(50, 40);
        for shift in [-1e9, -300.0, 300.0, 1e9, f32::NAN] {
            let view = View::of(Affine::translation(Point::new(shift, 0.0)), 16);
            assert!(view.render(&photo).pixels().all(|p| p.0 == [118; 3]));
        }
    }
}
