//! Candidate lists as CSV: `thenar_eval::formats::candidates`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_eval::formats::candidates::{read_csv, read_log, write_csv};
use thenar_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    with_file(bytes, |path| {
        let _ = read_log(path);
        let Ok(lists) = read_csv(path) else { return };
        write_csv(path, usize::MAX, &lists).unwrap();
        assert_eq!(read_csv(path).unwrap(), lists);
    });
});
