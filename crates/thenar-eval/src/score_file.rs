//! Labelled score files: the `scores.txt` of the palmprint papers (CompNet, CO3Net, CCNet).
//!
//! One comparison per line, `score label`, where the label is `1` for genuine and `-1` for impostor. There is no
//! header, so that the tools of those papers read our files; the polarity is therefore *not* in the file and must be
//! declared by the reader (`report.json` beside it says which). `nan` is a failure to acquire.
//!
//! The reader skips blank lines and lines that start with `#`.
//!
//! Scores are 32-bit floats, written with the fewest digits that give the same float back. A file of somebody else
//! with more digits is rounded to the nearest 32-bit float.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

use crate::formats::lines;
use crate::{EvalError, Kind, Polarity, ScoreSet, atomic};

/// A line longer than this is not a score.
const MAX_LINE: u64 = 256;

/// Writes a labelled score file, genuine scores first; it appears whole or not at all.
///
/// # Errors
/// [`EvalError::Write`].
pub fn write(path: &Path, scores: &ScoreSet) -> Result<(), EvalError> {
    atomic::write(path, |out| {
        for (values, label) in [(&scores.genuine, "1"), (&scores.impostor, "-1")] {
            for score in values {
                if score.is_nan() {
                    writeln!(out, "nan {label}")?;
                } else {
                    writeln!(out, "{score} {label}")?;
                }
            }
        }
        Ok(())
    })
}

/// Reads a labelled score file, line by line; `polarity` says what a high score means in it.
///
/// # Errors
/// [`EvalError::Read`] when the file cannot be read, [`EvalError::Line`] for a line that is not `score label`,
/// [`EvalError::File`] when there is no score.
pub fn read(path: &Path, polarity: Polarity) -> Result<ScoreSet, EvalError> {
    let file = File::open(path).map_err(EvalError::read(path))?;
    read_from(BufReader::with_capacity(1 << 20, file), path, polarity)
}

fn read_from(
    mut input: impl BufRead,
    path: &Path,
    polarity: Polarity,
) -> Result<ScoreSet, EvalError> {
    let mut scores = ScoreSet::new(polarity);
    let mut raw = Vec::new();
    for line in 1.. {
        raw.clear();
        let got = input
            .by_ref()
            .take(MAX_LINE)
            .read_until(b'\n', &mut raw)
            .map_err(EvalError::read(path))?;
        if got == 0 {
            break;
        }
        let parsed = parse_line(&raw).map_err(|problem| EvalError::line(path, line, problem))?;
        if let Some((score, kind)) = parsed {
            scores.push(kind, score);
        }
    }
    if scores.genuine.is_empty() && scores.impostor.is_empty() {
        return Err(lines::none_found(path, "score label"));
    }
    Ok(scores)
}

/// One line; `None` when it is blank or a comment.
fn parse_line(raw: &[u8]) -> Result<Option<(f32, Kind)>, String> {
    if raw.len() as u64 == MAX_LINE && raw.last() != Some(&b'\n') {
        return Err(format!(
            "longer than {} bytes, expected `score label`",
            MAX_LINE - 1
        ));
    }
    let text = std::str::from_utf8(raw)
        .map_err(|_| "not UTF-8 text".to_owned())?
        .trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let mut fields = text.split_ascii_whitespace();
    let (Some(score), Some(label), None) = (fields.next(), fields.next(), fields.next()) else {
        return Err(format!(
            "{text:?} is not two fields, expected `score label`"
        ));
    };
    let kind = match label {
        "1" => Kind::Genuine,
        "-1" => Kind::Impostor,
        _ => {
            return Err(format!(
                "label {label:?}, expected 1 (genuine) or -1 (impostor)"
            ));
        }
    };
    Ok(Some((lines::score(score)?, kind)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<ScoreSet, EvalError> {
        read_from(text.as_bytes(), Path::new("scores.txt"), Polarity::Distance)
    }

    #[test]
    fn reads_what_the_papers_write() {
        let scores = parse("# th\n0.25 1\n\n4.5e-1 -1\r\nnan -1\n0.5\t-1").unwrap();
        assert_eq!(scores.genuine, [0.25]);
        assert_eq!((scores.impostor[0], scores.impostor[2]), (0.45, 0.5));
        assert!(scores.impostor[1].is_nan());
    }

    #[test]
    fn errors_name_file_line_and_value() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert_eq!(
            message("0.1 1\n0.2 0\n"),
            "scores.txt:2: label \"0\", expected 1 (genuine) or -1 (impostor)"
        );
        assert_eq!(
            message("0.1 1\n0,2 1\n"),
            "scores.txt:2: score \"0,2\", expected a finite number or nan"
        );
        assert_eq!(
            message("inf 1"),
            "scores.txt:1: score \"inf\", expected a finite number or nan"
        );
        assert_eq!(
            message("1e99 1"),
            "scores.txt:1: score \"1e99\", expected a finite number or nan"
        );
        assert_eq!(
            message("0.1"),
            "scores.txt:1: \"0.1\" is not two fields, expected `score label`"
        );
        assert_eq!(
            message("0.1 1 7"),
            "scores.txt:1: \"0.1 1 7\" is not two fields, expected `score label`"
        );
        assert_eq!(
            message("\n"),
            "scores.txt: holds no score, expected lines of `score label`"
        );
        let long = "0".repeat(1000);
        assert_eq!(
            message(&long),
            "scores.txt:1: longer than 255 bytes, expected `score label`"
        );
    }

    #[test]
    fn an_endless_line_is_not_swallowed() {
        let mut zeros = std::io::repeat(b'0').take(u64::MAX);
        let refused = read_from(
            BufReader::new(&mut zeros),
            Path::new("x"),
            Polarity::Distance,
        );
        assert!(refused.is_err());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            genuine in proptest::collection::vec(any::<f32>(), 1..50),
            impostor in proptest::collection::vec(any::<f32>(), 0..50),
        ) {
            let finite = |v: Vec<f32>| v.into_iter().map(|s| if s.is_infinite() { f32::NAN } else { s }).collect();
            let set = ScoreSet { genuine: finite(genuine), impostor: finite(impostor), polarity: Polarity::Similarity };
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("scores.txt");
            write(&path, &set).unwrap();
            let back = read(&path, Polarity::Similarity).unwrap();
            let bits = |v: &[f32]| v.iter().map(|s| if s.is_nan() { None } else { Some(s.to_bits()) }).collect::<Vec<_>>();
            prop_assert_eq!(bits(&back.genuine), bits(&set.genuine));
            prop_assert_eq!(bits(&back.impostor), bits(&set.impostor));
        }
    }
}
