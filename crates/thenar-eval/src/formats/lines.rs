//! Lines of a text file, with limits, for all text formats.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use crate::EvalError;

/// A line longer than this holds no scores.
pub(super) const MAX_LINE: usize = 64 << 10;
/// More lines than any file of scores: at 20 bytes each it would be 80 GB.
const MAX_LINES: usize = u32::MAX as usize;

/// Calls `each` with the number (from 1) and text of every line that is not blank; space at both ends is dropped.
///
/// Lines end with LF or CRLF; a byte order mark is skipped. Only one line is in memory.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a line that is too long, not UTF-8, or that `each` refuses.
pub(crate) fn for_each(
    path: &Path,
    each: impl FnMut(usize, &str) -> Result<(), String>,
) -> Result<(), EvalError> {
    let file = File::open(path).map_err(EvalError::read(path))?;
    for_each_of(BufReader::with_capacity(1 << 20, file), path, each)
}

pub(super) fn for_each_of(
    mut input: impl BufRead,
    path: &Path,
    mut each: impl FnMut(usize, &str) -> Result<(), String>,
) -> Result<(), EvalError> {
    let mut raw = Vec::new();
    for line in 1.. {
        raw.clear();
        let got = input
            .by_ref()
            .take(MAX_LINE as u64 + 1)
            .read_until(b'\n', &mut raw)
            .map_err(EvalError::read(path))?;
        if got == 0 {
            break;
        }
        let text = text_of(&raw, line).map_err(|problem| EvalError::line(path, line, problem))?;
        if !text.is_empty() {
            each(line, text).map_err(|problem| EvalError::line(path, line, problem))?;
        }
    }
    Ok(())
}

fn text_of(raw: &[u8], line: usize) -> Result<&str, String> {
    if raw.len() > MAX_LINE {
        return Err(format!("longer than {MAX_LINE} bytes"));
    }
    if line > MAX_LINES {
        return Err(format!("more than {MAX_LINES} lines"));
    }
    let raw = if line == 1 {
        raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw)
    } else {
        raw
    };
    let text = std::str::from_utf8(raw).map_err(|_| "not UTF-8 text".to_owned())?;
    Ok(text.trim())
}

/// A score: a finite number, or `nan` (any case) for a failure to acquire. Rounded to the nearest 32-bit float.
pub(crate) fn score(text: &str) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(value) if !value.is_infinite() => Ok(value),
        _ => Err(format!("score {text:?}, expected a finite number or nan")),
    }
}

/// An error for a file in which not one score was found.
pub(crate) fn none_found(path: &Path, expected: &str) -> EvalError {
    EvalError::file(
        path,
        format!("holds no score, expected lines of `{expected}`"),
    )
}

/// A text for an error message, cut short.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        format!("{short:?}…")
    } else {
        format!("{short:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Result<Vec<(usize, String)>, String> {
        let mut found = Vec::new();
        let result = for_each_of(bytes, Path::new("s"), |line, text| {
            found.push((line, text.to_owned()));
            Ok(())
        });
        result.map(|()| found).map_err(|e| e.to_string())
    }

    #[test]
    fn blank_lines_are_counted_and_skipped() {
        let found = lines(b"\xEF\xBB\xBFa\r\n\n  b c \n\r\nd").unwrap();
        let expected = [(1, "a"), (3, "b c"), (5, "d")].map(|(n, t)| (n, t.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn long_and_foreign_lines_are_refused() {
        let long = [b"a\n".to_vec(), vec![b'x'; MAX_LINE + 1]].concat();
        assert_eq!(lines(&long).unwrap_err(), "s:2: longer than 65536 bytes");
        assert_eq!(lines(b"a\n\xff\n").unwrap_err(), "s:2: not UTF-8 text");
        assert_eq!(lines(&vec![b'x'; MAX_LINE]).unwrap().len(), 1);
    }

    #[test]
    fn scores_are_finite_or_failures() {
        assert_eq!(score("-1.5e-3"), Ok(-0.0015));
        assert!(score("NaN").unwrap().is_nan() && score("nan").unwrap().is_nan());
        for bad in ["inf", "-inf", "1e99", "", "0,5", "0x1"] {
            assert!(score(bad).is_err(), "{bad}");
        }
    }
}
