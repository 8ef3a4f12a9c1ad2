//! The keyring's text, read as the program reads it, from a file: `thenar_protect::Keyring`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_fuzz::{with_file, with_keyring_checksum};
use thenar_protect::{Keyring, StoreKey};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&with_keyring_checksum(bytes));
});

fn check(bytes: &[u8]) {
    with_file(bytes, |path| {
        // The key that a seed has outside.
        let key = StoreKey::from_bytes([2; 32]);
        let Ok(mut keyring) = Keyring::load_with(path, &[key]) else {
            return;
        };
        keyring.save().unwrap();
        // There is exactly one text for each keyring.
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    });
}
