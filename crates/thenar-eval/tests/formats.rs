//! Readers of score files: any bytes give scores or an error, never a panic; written files come back.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use thenar_eval::formats::{Format, Scores, Source, bob_csv, nist, read};
use thenar_eval::{Comparisons, List, Polarity};

fn truth() -> nist::Truth {
    nist::Truth::new(&List::parse(b"a 1\nb 2\nc 1\n", Path::new("truth.txt")).unwrap())
}

/// Reads `bytes` as every format that takes one or two files.
fn read_all(bytes: &[u8]) -> Vec<(Format, Result<Scores, String>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scores.csv");
    std::fs::write(&path, bytes).unwrap();
    let truth = truth();
    let one = |format: Format| {
        let files: Vec<PathBuf> = match format {
            Format::Pyeer | Format::PyeerHistogram | Format::Npy => {
                vec![path.clone(), path.clone()]
            }
            _ => vec![path.clone()],
        };
        let polarity = format.polarity().unwrap_or(Polarity::Distance);
        let source = Source {
            files: &files,
            polarity: Some(polarity),
            probes: Some(&truth),
            gallery: Some(&truth),
        };
        (format, read(format, &source).map_err(|e| e.to_string()))
    };
    Format::ALL.into_iter().map(one).collect()
}

/// Lines made of the words the formats know, so that parsing gets past the first field.
fn near_lines() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("a"),
        Just("b"),
        Just("1"),
        Just("-1"),
        Just("0"),
        Just("0.5"),
        Just("nan"),
        Just("inf"),
        Just("1e40"),
        Just("16777217"),
        Just("99999999999999999999"),
        Just("\"a,b\""),
        Just("\""),
        Just("é"),
        Just("")
    ];
    let line = (
        proptest::collection::vec(word, 0..8),
        prop_oneof![Just(" "), Just(",")],
    )
        .prop_map(|(words, between)| words.join(between));
    let header = prop_oneof![
        Just(""),
        Just("enrollTempl verifTempl simScore returnCode\n"),
        Just("searchId candidateRank searchRetCode isAssigned templateId score decision\n"),
        Just("probe_subject_id,bio_ref_subject_id,score\n"),
        Just("score,probe_subject_id,x,bio_ref_subject_id\n"),
    ];
    (header, proptest::collection::vec(line, 0..6))
        .prop_map(|(header, lines)| format!("{header}{}", lines.join("\n")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_give_scores_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, result) in read_all(&bytes) {
            if let Err(problem) = result {
                prop_assert!(problem.contains("scores.csv"), "{problem}");
            }
        }
    }

    #[test]
    fn lines_that_are_nearly_right_give_scores_or_an_error(text in near_lines()) {
        for (format, result) in read_all(text.as_bytes()) {
            match result {
                Err(problem) => prop_assert!(problem.contains("scores.csv"), "{}: {problem}", format.name()),
                // Whatever was read can be measured or says why not.
                Ok(scores) => {
                    if let Ok(curve) = scores.curve() {
                        let eer = curve.eer();
                        prop_assert!(0.0 <= eer.low && eer.low <= eer.high && eer.high <= 1.0);
                    }
                }
            }
        }
    }

    #[test]
    fn a_csv_that_is_written_is_read(
        rows in proptest::collection::vec(("[a-zé ,\"]{1,6}[a-z]", "[a-z]{1,3}", -1e6f32..1e6), 1..20),
    ) {
        let mut all = Comparisons::new(Polarity::Similarity);
        for (reference, probe, score) in &rows {
            // Space around a field belongs to the file, not to the name.
            all.push((reference.trim(), None), (probe, Some("p")), *score);
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        bob_csv::write(&path, &all).unwrap();
        prop_assert_eq!(bob_csv::read(&path).unwrap(), all);
    }
}

#[test]
fn some_bytes_are_scores() {
    // The property tests above would hold for readers that refuse everything.
    let good = [
        (Format::Labelled, "0.5 1\n0.1 -1\n"),
        (Format::Bob4, "1 1 p 0.5\n1 2 q 0.1\n"),
        (Format::Bob5, "1 m 1 p 0.5\n1 m 2 q 0.1\n"),
        (
            Format::BobCsv,
            "probe_subject_id,bio_ref_subject_id,score\n1,1,0.5\n1,2,0.1\n",
        ),
        (Format::Pyeer, "x 0.5\ny 0.1\n"),
        (Format::PyeerHistogram, "5\n1\n"),
        (
            Format::Nist11,
            "enrollTempl verifTempl simScore returnCode\na c 0.5 0\na b 0.1 0\n",
        ),
    ];
    for (wanted, text) in good {
        let (_, result) = read_all(text.as_bytes())
            .into_iter()
            .find(|(format, _)| *format == wanted)
            .unwrap();
        let curve = result
            .unwrap_or_else(|problem| panic!("{}: {problem}", wanted.name()))
            .curve()
            .unwrap();
        assert!(
            curve.genuine() >= 1 && curve.impostor() >= 1,
            "{}",
            wanted.name()
        );
    }
}
