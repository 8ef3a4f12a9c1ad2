//! The record of a key: `thenar_key::commitment::record`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_key::Commitment;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Commitment::from_bytes(bytes) {
        assert_eq!(record.to_bytes(), bytes);
        // What `key list` shows of a record.
        let _ = record.public_key().to_pem();
        let _ = record.public_key().to_openssh("palm");
        assert_eq!(record.marks().count(), record.numbers().div_ceil(8));
    }
});
