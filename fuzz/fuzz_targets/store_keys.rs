//! Store keys from outside the keyring: `thenar_protect::parse_store_keys`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_protect::parse_store_keys;

fuzz_target!(|bytes: &[u8]| {
    let Ok(keys) = parse_store_keys(bytes) else {
        return;
    };
    assert!((1..=2).contains(&keys.len()));
    let words: Vec<String> = keys.iter().map(|key| hex::encode(key.as_bytes())).collect();
    assert_eq!(parse_store_keys(words.join(" ").as_bytes()), Ok(keys));
});
