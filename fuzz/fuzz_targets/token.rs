//! The passphrase and its token: `thenar_key::token`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_key::token::{Cost, Passphrase, SALT_LEN, derive};
use unicode_normalization::UnicodeNormalization;

const CHEAPEST: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

fuzz_target!(|text: &str| {
    // What is strict enough for a new key is read again later.
    let read = Passphrase::for_recovery(text);
    let new = Passphrase::for_new_key(text);
    assert!(new.is_err() || read.is_ok());
    assert!(Passphrase::alone(text).is_err() || new.is_ok());
    let Ok(read) = read else { return };
    // Every way to type a text gives one token. Composing a normal text changes nothing, so it is read too.
    let normal: String = text.nfc().collect();
    let again = Passphrase::for_recovery(&normal).unwrap();
    let token = |passphrase| derive(passphrase, &[0; SALT_LEN], CHEAPEST).unwrap();
    assert_eq!(token(&read), token(&again));
});
