//! Image files: `thenar_image::Photo`, with limits small enough to be met often.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_image::{Limits, Photo};

const LIMITS: Limits = Limits {
    file_bytes: 1 << 20,
    pixels: 1 << 14,
    side: 512,
    decoder_bytes: 1 << 24,
};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(photo) = Photo::decode_with(bytes, "input", &LIMITS) {
        let (width, height) = photo.rgb().dimensions();
        assert!((1..=LIMITS.side).contains(&width) && (1..=LIMITS.side).contains(&height));
        assert!(u64::from(width) * u64::from(height) <= LIMITS.pixels);
    }
});
