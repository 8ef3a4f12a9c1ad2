//! age recipients: `thenar_key::keys`.
#![no_main]

use bech32::{Bech32, Hrp};
use libfuzzer_sys::fuzz_target;
use thenar_key::PublicKey;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        check(text);
    }
    // With the checksum that a fuzzer cannot guess.
    if let Ok(text) = bech32::encode_lower::<Bech32>(Hrp::parse("age").unwrap(), bytes) {
        check(&text);
    }
});

fn check(text: &str) {
    if let Ok(key) = PublicKey::from_age_recipient(text) {
        assert_eq!(key.to_age_recipient().unwrap(), text);
    }
}
