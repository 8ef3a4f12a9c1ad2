//! The bit template: `thenar_protect::BitTemplate`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_protect::{BitTemplate, MAX_BITS};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(template) = BitTemplate::from_bytes(bytes) {
        assert!((1..=MAX_BITS).contains(&template.len()));
        assert_eq!(&*template.to_bytes(), bytes);
        assert_eq!(template.hamming(&template), 0);
    }
});
