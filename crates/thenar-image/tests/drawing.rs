//! Marks on photos and contact sheets.

use thenar_image::image::{Rgb, RgbImage};
use thenar_image::{Point, contact_sheet, overlay};

const RED: Rgb<u8> = Rgb([255, 0, 0]);

fn red(image: &RgbImage) -> usize {
    image.pixels().filter(|p| p.0[0] > 127).count()
}

#[test]
fn discs_have_the_area_of_discs() {
    let mut image = RgbImage::new(60, 60);
    overlay::disc(&mut image, Point::new(30.0, 29.5), 10.0, RED);
    assert!((red(&image) as f32 - 314.0).abs() < 15.0, "{}", red(&image));
    assert_eq!(image.get_pixel(30, 30), &RED);
    assert_eq!(image.get_pixel(30, 42).0, [0; 3]);
}

#[test]
fn lines_have_their_width_and_length() {
    let mut image = RgbImage::new(60, 60);
    overlay::line(
        &mut image,
        Point::new(10.0, 10.0),
        Point::new(40.0, 50.0),
        4.0,
        RED,
    );
    // 50 long and 4 wide, with a half disc at each end.
    assert!((red(&image) as f32 - 212.0).abs() < 12.0, "{}", red(&image));
    assert_eq!(image.get_pixel(25, 30), &RED);
}

#[test]
fn polygons_are_closed() {
    let mut image = RgbImage::new(40, 40);
    let corners =
        [(5.0, 5.0), (30.0, 5.0), (30.0, 30.0), (5.0, 30.0)].map(|(x, y)| Point::new(x, y));
    overlay::polygon(&mut image, &corners, 1.0, RED);
    for (x, y) in [(17, 5), (30, 17), (17, 30), (5, 17)] {
        assert_eq!(image.get_pixel(x, y), &RED, "{x},{y}");
    }
    assert_eq!(image.get_pixel(17, 17).0, [0; 3]);
}

#[test]
fn marks_outside_of_the_image_draw_what_is_inside() {
    let mut image = RgbImage::new(20, 20);
    overlay::line(
        &mut image,
        Point::new(-1e9, 10.0),
        Point::new(1e9, 10.0),
        1.0,
        RED,
    );
    assert_eq!(red(&image), 20);
    for bad in [f32::NAN, f32::INFINITY, 1e30] {
        let mut empty = RgbImage::new(20, 20);
        overlay::disc(&mut empty, Point::new(bad, 5.0), 3.0, RED);
        overlay::line(
            &mut empty,
            Point::new(bad, bad),
            Point::new(bad, bad),
            3.0,
            RED,
        );
        assert_eq!(red(&empty), 0);
    }
    overlay::polygon(&mut image, &[], 2.0, RED);
    overlay::disc(&mut RgbImage::new(0, 0), Point::default(), 3.0, RED);
}

#[test]
fn sheets_hold_every_image_in_reading_order() {
    let colours = [
        [250, 0, 0],
        [0, 250, 0],
        [0, 0, 250],
        [250, 250, 0],
        [0, 250, 250],
    ];
    let images: Vec<_> = colours
        .iter()
        .map(|&c| RgbImage::from_pixel(30, 20, Rgb(c)))
        .collect();
    let page = contact_sheet(&images, 3, 16);
    assert_eq!(page.dimensions(), (3 * 20 + 4, 2 * 20 + 4));
    for (i, colour) in colours.iter().enumerate() {
        let (x, y) = (4 + 8 + 20 * (i as u32 % 3), 4 + 8 + 20 * (i as u32 / 3));
        assert_eq!(&page.get_pixel(x, y).0, colour, "image {i}");
        // Proportions are kept: 16 wide and 11 high, so the cell's upper rows stay empty.
        assert_ne!(&page.get_pixel(x, y - 7).0, colour, "image {i}");
    }
}

#[test]
fn odd_sheets_are_no_trouble() {
    assert_eq!(contact_sheet(&[], 4, 16).dimensions(), (0, 0));
    assert_eq!(
        contact_sheet(&[RgbImage::new(0, 0)], 0, 16).dimensions(),
        (24, 24)
    );
    assert_eq!(
        contact_sheet(&[RgbImage::new(1000, 1)], usize::MAX, 16).dimensions(),
        (24, 24)
    );
}
