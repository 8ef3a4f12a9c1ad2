//! Score files of every format: `thenar_eval::formats`. The first byte chooses the format.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use thenar_eval::formats::nist::Truth;
use thenar_eval::formats::{Format, Scores, Source, bob_csv, read};
use thenar_eval::list::List;
use thenar_eval::{Polarity, score_file};
use thenar_fuzz::with_file;

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, bytes)) = bytes.split_first() else {
        return;
    };
    let format = Format::ALL[usize::from(first) % Format::ALL.len()];
    with_file(bytes, |path| {
        let list = List::parse(b"a 1\nb 1\nc 2\n", Path::new("truth")).unwrap();
        let truth = Truth::new(&list);
        let source = Source {
            files: &vec![path.to_owned(); format.files().unwrap_or(2)],
            polarity: Some(Polarity::Similarity),
            probes: Some(&truth),
            gallery: Some(&truth),
        };
        let Ok(scores) = read(format, &source) else {
            return;
        };
        let _ = scores.curve();
        write_again(path, format, &scores);
    });
});

/// What has a writer comes back as it was. Debug output, because a failure to acquire is a NaN.
fn write_again(path: &Path, format: Format, scores: &Scores) {
    let again = match (format, scores) {
        (Format::Labelled, Scores::Set(set)) => {
            score_file::write(path, set).unwrap();
            Scores::Set(score_file::read(path, set.polarity).unwrap())
        }
        (Format::BobCsv, Scores::Named(comparisons)) => {
            if bob_csv::write(path, comparisons).is_err() {
                return;
            }
            Scores::Named(bob_csv::read(path).unwrap())
        }
        _ => return,
    };
    assert_eq!(format!("{scores:?}"), format!("{again:?}"));
}
