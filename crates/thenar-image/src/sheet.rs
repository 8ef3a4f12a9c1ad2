//! Contact sheets: many images on one page.

use image::{Rgb, RgbImage, imageops};

use crate::resize_rgb;

/// Pixels between cells.
const GAP: u32 = 4;
/// What shows where no image is.
const PAPER: Rgb<u8> = Rgb([32, 32, 32]);

/// A page with `images` in rows of `columns` (at least 1), each fitted into a square cell of `cell` pixels with
/// its proportions kept, in reading order. No images give a page without pixels.
pub fn contact_sheet(images: &[RgbImage], columns: usize, cell: u32) -> RgbImage {
    let columns = columns.clamp(1, images.len().max(1));
    let rows = images.len().div_ceil(columns);
    let pitch = cell + GAP;
    if rows == 0 || cell == 0 {
        return RgbImage::new(0, 0);
    }
    let mut page = RgbImage::from_pixel(
        columns as u32 * pitch + GAP,
        rows as u32 * pitch + GAP,
        PAPER,
    );
    for (i, image) in images.iter().enumerate() {
        let fitted = fit(image, cell);
        let left = GAP + (i % columns) as u32 * pitch + (cell - fitted.width()) / 2;
        let top = GAP + (i / columns) as u32 * pitch + (cell - fitted.height()) / 2;
        imageops::replace(&mut page, &fitted, i64::from(left), i64::from(top));
    }
    page
}

/// `image` resized so that its longer side is `cell`.
fn fit(image: &RgbImage, cell: u32) -> RgbImage {
    let (width, height) = image.dimensions();
    let longer = u64::from(width.max(height).max(1));
    let scaled = |side: u32| {
        ((u64::from(side) * u64::from(cell) + longer / 2) / longer).clamp(1, u64::from(cell)) as u32
    };
    resize_rgb(image, scaled(width), scaled(height))
}
