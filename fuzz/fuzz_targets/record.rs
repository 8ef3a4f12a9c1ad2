//! The sealed record: `thenar_protect::record`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_fuzz::with_record_checksum;
use thenar_protect::{RECORD_OVERHEAD, SealedRecord, StoreKey};

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    if let Some(repaired) = with_record_checksum(bytes) {
        check(&repaired);
    }
});

fn check(bytes: &[u8]) {
    let Ok(record) = SealedRecord::from_bytes(bytes) else {
        return;
    };
    assert_eq!(record.to_bytes(), bytes);
    assert_eq!(
        record.ciphertext().len(),
        bytes.len() - RECORD_OVERHEAD,
        "the ciphertext is all but the overhead"
    );
    // The seeds open under this key; nothing else does, but trying must be harmless.
    let key = StoreKey::from_bytes([2; 32]);
    if let Ok(template) = record.open(&key, record.contract(), "anna") {
        assert_eq!(template.len(), record.bits());
    }
}
