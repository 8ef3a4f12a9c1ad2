//! Drawing simple marks on a photo, to show what was found.

use image::{Rgb, RgbImage};

use crate::Point;

/// Draws the line `from`–`to`, `width` pixels wide, with round ends and soft edges.
pub fn line(image: &mut RgbImage, from: Point, to: Point, width: f32, colour: Rgb<u8>) {
    // In f64, so that a line that ends far outside of the image still passes through its right pixels.
    let wide = |p: Point| (f64::from(p.x), f64::from(p.y));
    let (start, end) = (wide(from), wide(to));
    let (dx, dy) = (end.0 - start.0, end.1 - start.1);
    let length2 = dx * dx + dy * dy;
    let distance = |p: Point| {
        let (x, y) = (f64::from(p.x) - start.0, f64::from(p.y) - start.1);
        let t = if length2 > 0.0 {
            ((x * dx + y * dy) / length2).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (x - t * dx).hypot(y - t * dy) as f32
    };
    let low = Point::new(from.x.min(to.x), from.y.min(to.y));
    let high = Point::new(from.x.max(to.x), from.y.max(to.y));
    fill_near(image, low, high, width / 2.0, distance, colour);
}

/// Draws a filled disc of `radius` pixels.
pub fn disc(image: &mut RgbImage, centre: Point, radius: f32, colour: Rgb<u8>) {
    fill_near(
        image,
        centre,
        centre,
        radius,
        |p| p.distance(centre),
        colour,
    );
}

/// Draws the outline of a polygon, closing it from the last corner to the first.
pub fn polygon(image: &mut RgbImage, corners: &[Point], width: f32, colour: Rgb<u8>) {
    for (&from, &to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        line(image, from, to, width, colour);
    }
}

/// Colours every pixel whose `distance` is at most `reach`, looking only at the box `low`–`high` widened by
/// `reach`. What is not finite is not drawn.
fn fill_near(
    image: &mut RgbImage,
    low: Point,
    high: Point,
    reach: f32,
    distance: impl Fn(Point) -> f32,
    colour: Rgb<u8>,
) {
    if ![low.x, low.y, high.x, high.y, reach]
        .iter()
        .all(|v| v.is_finite())
        || reach <= 0.0
    {
        return;
    }
    // Half a pixel more for the soft edge. Casts saturate, so far-off marks stay far off.
    let margin = reach + 0.5;
    let first = |v: f32| (v - margin).floor().max(0.0) as u32;
    let end = |v: f32, size: u32| ((v + margin).floor() + 1.0).max(0.0).min(size as f32) as u32;
    for y in first(low.y)..end(high.y, image.height()) {
        for x in first(low.x)..end(high.x, image.width()) {
            let cover = (reach + 0.5 - distance(Point::new(x as f32, y as f32))).clamp(0.0, 1.0);
            if cover > 0.0 {
                blend(image.get_pixel_mut(x, y), colour, cover);
            }
        }
    }
}

fn blend(pixel: &mut Rgb<u8>, colour: Rgb<u8>, cover: f32) {
    for (old, new) in pixel.0.iter_mut().zip(colour.0) {
        *old = (f32::from(*old) + (f32::from(new) - f32::from(*old)) * cover).round() as u8;
    }
}
