//! Decoding: what is accepted, how it is converted, and what each refusal says.

use std::io::Cursor;

use thenar_image::image::{
    DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage, Rgba, RgbaImage,
};
use thenar_image::{ImageError, Limits, Photo};

/// A picture without symmetry and with detail everywhere, so that a cut file loses something.
fn picture(width: u32, height: u32) -> RgbImage {
    let noise = |x: u32, y: u32| ((x * 7919 + y * 104_729) ^ (x * y * 31)) % 97;
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([
            (x * 255 / width) as u8,
            (y * 255 / height) as u8,
            (60 + noise(x, y)) as u8,
        ])
    })
}

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn refusal(bytes: &[u8]) -> String {
    Photo::decode(bytes, "hand.jpg").unwrap_err().to_string()
}

/// A JPEG file with an EXIF block that holds nothing but the orientation.
fn jpeg_turned(image: RgbImage, orientation: u8) -> Vec<u8> {
    let plain = encode(image, ImageFormat::Jpeg);
    let tiff = [
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(),
        &[orientation, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let length = (2 + 6 + tiff.len()) as u16;
    [
        &plain[..2],
        &[0xFF, 0xE1],
        &length.to_be_bytes(),
        b"Exif\0\0",
        &tiff,
        &plain[2..],
    ]
    .concat()
}

/// A PNG chunk with its checksum.
fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), data].concat();
    let crc = body.iter().fold(!0u32, |crc, &b| {
        (0..8).fold(crc ^ u32::from(b), |c, _| {
            (c >> 1) ^ (0xEDB8_8320 & (c & 1).wrapping_neg())
        })
    });
    [
        &(data.len() as u32).to_be_bytes(),
        body.as_slice(),
        &(!crc).to_be_bytes(),
    ]
    .concat()
}

/// A PNG file that consists of a header stating `width`×`height` RGB pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let header = [
        &width.to_be_bytes()[..],
        &height.to_be_bytes(),
        &[8, 2, 0, 0, 0],
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n",
        &png_chunk(b"IHDR", &header)[..],
        &png_chunk(b"IEND", &[]),
    ]
    .concat()
}

#[test]
fn lossless_formats_give_the_pixels_back() {
    let picture = picture(37, 23);
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP] {
        let photo = Photo::decode(&encode(picture.clone(), format), "hand").unwrap();
        assert_eq!(photo.rgb(), &picture, "{format:?}");
    }
}

#[test]
fn jpeg_gives_nearly_the_pixels_back() {
    let smooth = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, 100]));
    let photo = Photo::decode(&encode(smooth.clone(), ImageFormat::Jpeg), "hand").unwrap();
    assert_eq!(photo.rgb().dimensions(), (64, 48));
    let error: f64 = photo
        .rgb()
        .as_raw()
        .iter()
        .zip(smooth.as_raw())
        .map(|(a, b)| f64::from(a.abs_diff(*b)))
        .sum();
    assert!(error / f64::from(64 * 48 * 3) < 4.0, "{error}");
}

#[test]
fn grey_and_sixteen_bit_images_become_rgb() {
    let grey = GrayImage::from_fn(9, 5, |x, y| Luma([(x * 20 + y) as u8]));
    let photo = Photo::decode(&encode(grey.clone(), ImageFormat::Png), "hand").unwrap();
    assert!(
        photo
            .rgb()
            .pixels()
            .zip(grey.pixels())
            .all(|(rgb, l)| rgb.0 == [l.0[0]; 3])
    );

    let deep =
        DynamicImage::ImageLuma16(thenar_image::image::ImageBuffer::from_fn(4, 4, |x, _| {
            Luma([x as u16 * 257 * 60])
        }));
    let photo = Photo::decode(&encode(deep, ImageFormat::Png), "hand").unwrap();
    assert_eq!(photo.rgb().get_pixel(3, 0).0, [180; 3]);
}

#[test]
fn transparent_pixels_are_laid_over_white() {
    let mut image = RgbaImage::from_pixel(3, 1, Rgba([10, 20, 30, 255]));
    image.put_pixel(1, 0, Rgba([10, 20, 30, 0]));
    image.put_pixel(2, 0, Rgba([0, 100, 255, 51]));
    let photo = Photo::decode(&encode(image, ImageFormat::Png), "hand").unwrap();
    let pixels: Vec<_> = photo.rgb().pixels().map(|p| p.0).collect();
    assert_eq!(pixels, [[10, 20, 30], [255, 255, 255], [204, 224, 255]]);
}

#[test]
fn exif_orientation_turns_the_photo() {
    // A dark block in the stored image's upper left corner, and where each orientation moves it (EXIF 2.32, 4.6.4).
    let stored = RgbImage::from_fn(48, 32, |x, y| {
        Rgb([if x < 16 && y < 8 { 0 } else { 255 }; 3])
    });
    let (left, top, right, bottom) = (2, 2, -3, -3);
    let places = [
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
    ];
    for (orientation, (x, y)) in (1u8..).zip(places) {
        let photo = Photo::decode(&jpeg_turned(stored.clone(), orientation), "hand").unwrap();
        let size = if orientation < 5 { (48, 32) } else { (32, 48) };
        assert_eq!(photo.rgb().dimensions(), size, "orientation {orientation}");
        let at = |v: i32, length: u32| v.rem_euclid(length as i32) as u32;
        for (dx, dy) in [(left, top), (right, top), (left, bottom), (right, bottom)] {
            let value = photo.rgb().get_pixel(at(dx, size.0), at(dy, size.1)).0[0];
            assert_eq!(
                value < 128,
                (dx, dy) == (x, y),
                "orientation {orientation}, corner {dx},{dy}: {value}"
            );
        }
        // The block is wider than high as stored; the transposing orientations stand it up.
        let (long, short) = if orientation < 5 { (12, 3) } else { (3, 12) };
        let inside = |v: i32, by: i32| if v > 0 { by } else { -1 - by };
        let value = photo
            .rgb()
            .get_pixel(at(inside(x, long), size.0), at(inside(y, short), size.1))
            .0[0];
        assert!(value < 128, "orientation {orientation}: {value}");
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_truncated() {
    let whole = jpeg_turned(picture(80, 60), 6);
    assert!(Photo::decode(&whole, "hand.jpg").is_ok());
    for length in (3..whole.len())
        .step_by(7)
        .chain([whole.len() - 2, whole.len() - 1])
    {
        let error = Photo::decode(&whole[..length], "hand.jpg").unwrap_err();
        assert!(
            matches!(error, ImageError::Truncated { .. }),
            "{length} of {}: {error}",
            whole.len()
        );
    }
    assert_eq!(
        refusal(&whole[..whole.len() / 2]),
        "hand.jpg: the JPEG image is truncated, the file ends before the image does"
    );
}

#[test]
fn a_jpeg_whose_tail_was_never_written_is_truncated() {
    let mut bytes = encode(picture(80, 60), ImageFormat::Jpeg);
    let half = bytes.len() / 2;
    bytes[half..].fill(0);
    assert!(matches!(
        Photo::decode(&bytes, "x").unwrap_err(),
        ImageError::Truncated { .. }
    ));
}

#[test]
fn an_end_marker_inside_of_a_thumbnail_does_not_count() {
    let whole = encode(picture(80, 60), ImageFormat::Jpeg);
    let thumbnail = encode(picture(8, 8), ImageFormat::Jpeg);
    let length = (thumbnail.len() + 2) as u16;
    let nested = [
        &whole[..2],
        &[0xFF, 0xE2],
        &length.to_be_bytes(),
        &thumbnail,
        &whole[2..],
    ]
    .concat();
    assert_eq!(
        Photo::decode(&nested, "x").unwrap().rgb().dimensions(),
        (80, 60)
    );
    assert!(matches!(
        Photo::decode(&nested[..nested.len() - 40], "x").unwrap_err(),
        ImageError::Truncated { .. }
    ));
    // What follows the image, such as a motion photo's film, is ignored.
    assert!(Photo::decode(&[&nested[..], b"film"].concat(), "x").is_ok());
}

#[test]
fn other_formats_cut_anywhere_are_refused() {
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP] {
        let whole = encode(picture(40, 30), format);
        for length in (12..whole.len()).step_by(13).chain([whole.len() - 1]) {
            let error = Photo::decode(&whole[..length], "x").unwrap_err();
            assert!(
                matches!(error, ImageError::Truncated { .. }),
                "{format:?} {length} of {}: {error}",
                whole.len()
            );
        }
    }
}

#[test]
fn damaged_content_is_refused() {
    let mut bytes = encode(picture(40, 30), ImageFormat::Png);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    let error = Photo::decode(&bytes, "x.png").unwrap_err().to_string();
    assert!(
        error.starts_with("x.png: the PNG image is damaged: "),
        "{error}"
    );
}

#[test]
fn huge_headers_are_refused_before_pixels() {
    let message = "hand.jpg: the image is too large: 60000×60000 pixels, at most 16384 per side and 100000000 in all";
    assert_eq!(refusal(&png_header(60_000, 60_000)), message);

    let mut jpeg = encode(picture(16, 16), ImageFormat::Jpeg);
    let frame = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&60_000u16.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&60_000u16.to_be_bytes());
    assert_eq!(refusal(&jpeg), message);
    // Also when nothing follows the header.
    assert_eq!(refusal(&jpeg[..frame + 20]), message);

    let mut bmp = encode(picture(16, 16), ImageFormat::Bmp);
    bmp[18..22].copy_from_slice(&60_000u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000u32.to_le_bytes());
    assert_eq!(refusal(&bmp), message);

    assert!(matches!(
        Photo::decode(&png_header(16_385, 1), "x").unwrap_err(),
        ImageError::TooLarge { .. }
    ));
    assert!(matches!(
        Photo::decode(&png_header(16_384, 16_384), "x").unwrap_err(),
        ImageError::TooLarge { .. }
    ));
    let just_right = Photo::decode(&png_header(10_000, 10_000), "x").unwrap_err();
    assert!(
        !matches!(just_right, ImageError::TooLarge { .. }),
        "{just_right}"
    );
}

#[test]
fn what_is_no_image_is_said_so() {
    assert_eq!(
        refusal(b""),
        "hand.jpg: the file is empty (0 bytes), expected an image"
    );
    let text = "hand.jpg: not an image (expected JPEG, PNG, BMP or WebP; the name's ending does not count)";
    assert_eq!(refusal(b"this is a shopping list\n"), text);
    assert_eq!(refusal(&[0]), text);
    assert_eq!(
        refusal(b"GIF89a\x01\0\x01\0"),
        "hand.jpg: GIF images are not supported, convert to JPEG, PNG, BMP or WebP"
    );
    assert_eq!(
        refusal(b"\0\0\0\x18ftypheic\0\0\0\0"),
        "hand.jpg: HEIC images are not supported, convert to JPEG, PNG, BMP or WebP"
    );
    assert!(matches!(
        Photo::decode(&png_header(0, 7), "x").unwrap_err(),
        ImageError::NoPixels { .. }
    ));
}

#[test]
fn names_cannot_steer_the_terminal() {
    let error = Photo::decode(b"", "palm\u{1b}[2J\n.jpg")
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("palm\\u{1b}[2J\\n.jpg: "), "{error}");
    assert!(
        Photo::decode(b"", "Händ.jpg")
            .unwrap_err()
            .to_string()
            .starts_with("Händ.jpg: ")
    );
}

#[test]
fn files_are_opened_and_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Photo::open(&path).map_err(|e| {
            e.to_string()
                .replace(&format!("{}/", folder.path().display()), "")
        })
    };
    // The name's ending does not count.
    let picture = picture(21, 34);
    assert_eq!(
        open("palm.jpg", &encode(picture.clone(), ImageFormat::Png))
            .unwrap()
            .rgb(),
        &picture
    );
    assert!(
        open("empty.png", b"")
            .unwrap_err()
            .starts_with("empty.png: the file is empty")
    );
    assert!(
        open("text.png", b"hello")
            .unwrap_err()
            .starts_with("text.png: not an image")
    );

    let missing = Photo::open(folder.path().join("nowhere.jpg")).unwrap_err();
    assert!(matches!(missing, ImageError::NotFound { .. }));
    assert!(
        missing.to_string().ends_with("nowhere.jpg: no such file"),
        "{missing}"
    );
    assert!(matches!(
        Photo::open(folder.path()).unwrap_err(),
        ImageError::IsDirectory { .. }
    ));
}

#[test]
fn files_that_are_too_long_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.png");
    // A sparse file: 64 MiB and one byte, which takes no room.
    std::fs::File::create(&path)
        .unwrap()
        .set_len(Limits::FILE_BYTES + 1)
        .unwrap();
    let error = Photo::open(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("long.png: the file is too large, at most 67108864 bytes are read"),
        "{error}"
    );

    let limits = Limits {
        file_bytes: 100,
        ..Limits::default()
    };
    let bytes = encode(picture(40, 30), ImageFormat::Png);
    assert!(matches!(
        Photo::decode_with(&bytes, "x", &limits).unwrap_err(),
        ImageError::FileTooLarge { .. }
    ));
    let limits = Limits {
        pixels: 1199,
        ..Limits::default()
    };
    assert!(matches!(
        Photo::decode_with(&bytes, "x", &limits).unwrap_err(),
        ImageError::TooLarge { .. }
    ));
    let limits = Limits {
        pixels: 1200,
        side: 40,
        ..Limits::default()
    };
    assert!(Photo::decode_with(&bytes, "x", &limits).is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever the bytes, there is an answer and no panic.
    #[test]
    fn random_damage_never_panics(at in proptest::collection::vec((0usize..4000, 0u8..), 1..20), kind in 0usize..4) {
        let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP];
        let mut bytes = encode(picture(24, 18), formats[kind]);
        for (place, value) in at {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        let limits = Limits { pixels: 1_000_000, ..Limits::default() };
        let _ = Photo::decode_with(&bytes, "x", &limits);
    }
}
