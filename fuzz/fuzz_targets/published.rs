//! The record of the published commitment: `thenar_key::published`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_key::published::PublishedRecord;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = PublishedRecord::from_bytes(bytes) {
        assert_eq!(record.to_bytes().unwrap(), bytes);
        let code = record.code().build().unwrap();
        assert!(record.helper_word(&code).is_ok());
    }
});
