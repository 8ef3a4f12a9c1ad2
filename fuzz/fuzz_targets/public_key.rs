//! Raw public keys of every kind: `thenar_key::keys`. The first byte is the kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_key::{KeyKind, PublicKey};

fuzz_target!(|bytes: &[u8]| {
    let Some((&id, bytes)) = bytes.split_first() else {
        return;
    };
    let Ok(kind) = KeyKind::from_id(id) else {
        return;
    };
    let Ok(key) = PublicKey::from_bytes(kind, bytes) else {
        return;
    };
    assert_eq!((key.kind(), key.as_bytes()), (kind, bytes));
    // A key that is read can be written, and tried on a signature.
    key.to_pem().unwrap();
    assert_eq!(key.to_openssh("palm").is_ok(), kind != KeyKind::X25519);
    assert_eq!(key.to_age_recipient().is_ok(), kind == KeyKind::X25519);
    assert!(!key.verifies(b"message", &[1; 64]));
});
