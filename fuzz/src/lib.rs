//! What the targets share, and how to run them.
//!
//! Each file of `fuzz_targets` feeds one reader of bytes that others wrote. A target fails when the reader panics, and when
//! what was read is not written again as it was. Seeds, small valid examples, lie in `seeds/TARGET`. From the repository root:
//!
//! ```sh
//! cargo install --locked cargo-fuzz
//! export CARGO_TARGET_DIR=target/fuzz TMPDIR=/dev/shm
//! cargo +nightly fuzz run record fuzz/corpus/record fuzz/seeds/record -- -max_total_time=600
//! cargo +nightly fuzz run --features eval list fuzz/corpus/list fuzz/seeds/list -- -max_total_time=600
//! ```
//!
//! What the fuzzer finds new goes to `corpus`, its findings to `artifacts`; neither is kept. `-runs=0` in place of
//! `-max_total_time` runs the seeds only. Seeds are made again, byte for byte, by
//! `cargo run --release --manifest-path fuzz/Cargo.toml --example write_seeds --features image`.

use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// Calls `read` with a file of these bytes that only the owner may open.
pub fn with_file<T>(bytes: &[u8], read: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    let mut file = tempfile::NamedTempFile::new_in(&folder).unwrap();
    file.write_all(bytes).unwrap();
    file.persist(&path).unwrap();
    read(&path)
}

/// The bytes with their last four replaced by the beginning of the SHA-256 of the others: a fuzzer cannot guess a checksum.
pub fn with_record_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let (content, _) = bytes.split_last_chunk::<4>()?;
    Some([content, &Sha256::digest(content)[..4]].concat())
}

/// The bytes up to their checksum line, with the right one.
pub fn with_keyring_checksum(bytes: &[u8]) -> Vec<u8> {
    let name = b"checksum ";
    let end = bytes.windows(name.len()).rposition(|window| window == name);
    let content = &bytes[..end.unwrap_or(bytes.len())];
    let sum = hex::encode(Sha256::digest(content));
    [content, name, sum.as_bytes(), b"\n"].concat()
}

/// The bytes between the two lines of a PEM armor, 70 characters in a line.
pub fn armored(label: &str, bytes: &[u8]) -> Vec<u8> {
    let text = BASE64_STANDARD.encode(bytes);
    let lines: Vec<&[u8]> = text.as_bytes().chunks(70).collect();
    let begin = format!("-----BEGIN {label}-----\n");
    let end = format!("\n-----END {label}-----\n");
    [begin.as_bytes(), &lines.join(&b'\n'), end.as_bytes()].concat()
}
