//! Draws a contact sheet of hands: `sheet OUT.png [identities] [captures] [points|plain|edges|infrared|negative] [first seed] [size]`.

use std::time::Instant;

use image::{DynamicImage, Rgb, RgbImage, imageops};
use thenar_synth::{CaptureConfig, HandIdentity, HandPhoto};

fn main() -> Result<(), image::ImageError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let out = args.first().map_or("sheet.png", String::as_str);
    let number = |i: usize, or: u64| args.get(i).and_then(|a| a.parse().ok()).unwrap_or(or);
    let (rows, columns, first) = (number(1, 5), number(2, 8), number(4, 0));
    let kind = args.get(3).map_or("points", String::as_str);
    let size = number(5, 256) as u32;
    let config = CaptureConfig {
        size,
        infrared: kind == "infrared",
        ..CaptureConfig::default()
    };
    let mut sheet = RgbImage::new(columns as u32 * size, rows as u32 * size);
    let mut spent = 0.0;
    for y in 0..rows {
        let identity = HandIdentity::draw(y + 1 + first);
        for x in 0..columns {
            let start = Instant::now();
            let photo = if kind == "negative" {
                HandPhoto::draw_negative(y * 100 + x + first, &config)
            } else {
                HandPhoto::draw(&identity, x + first, &config)
            };
            spent += start.elapsed().as_secs_f64();
            let mut picture = match kind {
                "edges" => DynamicImage::ImageLuma8(photo.edges.clone()).into_rgb8(),
                "infrared" => photo.infrared.clone().map_or_else(
                    || photo.rgb.clone(),
                    |ir| DynamicImage::ImageLuma8(ir).into_rgb8(),
                ),
                _ => photo.rgb.clone(),
            };
            if photo.labels.presence && kind == "points" {
                mark(&mut picture, &photo);
            }
            imageops::replace(
                &mut sheet,
                &picture,
                (x * u64::from(size)) as i64,
                (y * u64::from(size)) as i64,
            );
        }
    }
    eprintln!(
        "{:.2} ms per photo",
        spent * 1000.0 / (rows * columns) as f64
    );
    sheet.save(out)
}

/// A cross on every key point: green when visible, red when not.
fn mark(picture: &mut RgbImage, photo: &HandPhoto) {
    for (p, visible) in photo.labels.key_points.iter().zip(photo.labels.visible) {
        let colour = if visible {
            Rgb([0, 255, 0])
        } else {
            Rgb([255, 0, 0])
        };
        for (dx, dy) in [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)] {
            let (x, y) = (p.x.round() as i64 + dx, p.y.round() as i64 + dy);
            if (0..i64::from(picture.width())).contains(&x)
                && (0..i64::from(picture.height())).contains(&y)
            {
                picture.put_pixel(x as u32, y as u32, colour);
            }
        }
    }
}
