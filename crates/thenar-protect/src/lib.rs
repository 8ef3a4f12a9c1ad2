//! Cancelable templates: level 1, level 2, records, keyring and revocation.

#![forbid(unsafe_code)]
