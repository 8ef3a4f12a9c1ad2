//! `path label` lists: `thenar_eval::list`.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use thenar_eval::list::List;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("input");
    let Ok(list) = List::parse(bytes, path) else {
        return;
    };
    let samples = || list.entries.iter().map(|e| (&*e.path, &*e.label));
    // The writer refuses some names that the reader takes (a path that holds a mark of byte order, for one).
    if let Ok(again) = List::from_samples(path, samples()) {
        let written = again.entries.iter().map(|e| (&*e.path, &*e.label));
        assert!(samples().eq(written));
    }
});
