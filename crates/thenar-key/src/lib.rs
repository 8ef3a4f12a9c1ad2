//! Keys from palms: BCH codes, fuzzy commitment, passphrase tokens and key formats.

#![forbid(unsafe_code)]
