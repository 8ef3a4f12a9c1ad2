//! bob's text formats: four and five columns (`bob.bio.base`, `bob.measure`).
//!
//! | columns | line |
//! |---|---|
//! | 4 | `claimed_id real_id test_label score` |
//! | 5 | `claimed_id model_label real_id test_label score` |
//!
//! A comparison is genuine iff `claimed_id` and `real_id` are the same text. A high score is a match: the format says
//! so. Fields stand apart by white space, so names hold none; `nan` is a failure to acquire.

use std::path::Path;

use super::lines;
use crate::{Comparisons, EvalError, Polarity};

const FOUR: &str = "claimed_id real_id test_label score";
const FIVE: &str = "claimed_id model_label real_id test_label score";

/// Reads a four-column file.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a line that is not four fields with a score at the end,
/// [`EvalError::File`] when there is no score.
pub fn read_four(path: &Path) -> Result<Comparisons, EvalError> {
    let mut found = Comparisons::new(Polarity::Similarity);
    lines::for_each(path, |_, line| four(line, &mut found))?;
    filled(found, path, FOUR)
}

/// Reads a five-column file.
///
/// # Errors
/// As [`read_four`], with five fields.
pub fn read_five(path: &Path) -> Result<Comparisons, EvalError> {
    let mut found = Comparisons::new(Polarity::Similarity);
    lines::for_each(path, |_, line| five(line, &mut found))?;
    filled(found, path, FIVE)
}

fn filled(found: Comparisons, path: &Path, expected: &str) -> Result<Comparisons, EvalError> {
    if found.rows.is_empty() {
        return Err(lines::none_found(path, expected));
    }
    Ok(found)
}

fn four(line: &str, into: &mut Comparisons) -> Result<(), String> {
    let [claimed, real, test, score] = fields(line, FOUR)?;
    into.push((claimed, None), (real, Some(test)), lines::score(score)?);
    Ok(())
}

fn five(line: &str, into: &mut Comparisons) -> Result<(), String> {
    let [claimed, model, real, test, score] = fields(line, FIVE)?;
    into.push(
        (claimed, Some(model)),
        (real, Some(test)),
        lines::score(score)?,
    );
    Ok(())
}

/// Exactly N fields.
pub(super) fn fields<'a, const N: usize>(
    line: &'a str,
    expected: &str,
) -> Result<[&'a str; N], String> {
    let all: Vec<&str> = line.split_ascii_whitespace().take(N + 1).collect();
    <[&str; N]>::try_from(all).map_err(|_| {
        format!(
            "{} is not {N} fields, expected `{expected}`",
            lines::shown(line)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(text: &str) -> Result<Comparisons, String> {
        let mut found = Comparisons::new(Polarity::Similarity);
        let each = if N == 4 { four } else { five };
        lines::for_each_of(text.as_bytes(), Path::new("s"), |_, l| each(l, &mut found))
            .and_then(|()| filled(found, Path::new("s"), FOUR))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn reads_both_forms() {
        let found = read::<4>("1 1 data/p1 0.9\n1 2 data/p2 -0.25\n\n2 1\tdata/p1 nan\n").unwrap();
        assert_eq!(
            (found.score_set().genuine, found.polarity),
            (vec![0.9], Polarity::Similarity)
        );
        assert_eq!(found.score_set().impostor.len(), 2);
        assert_eq!(found.samples.text(1), "data/p2");
        let found = read::<5>("1 m1 1 p1 0.9\r\n2 m2 1 p1 0.1\r\n").unwrap();
        let row = found.rows[1];
        assert_eq!(row.reference.map(|n| found.samples.text(n)), Some("m2"));
        assert_eq!(found.identification().unwrap().cmc(1), Some(vec![1.0]));
    }

    #[test]
    fn malformed_lines_are_named() {
        assert_eq!(
            read::<4>("1 1 p 0.5\n1 1 p\n").unwrap_err(),
            "s:2: \"1 1 p\" is not 4 fields, expected `claimed_id real_id test_label score`"
        );
        assert!(read::<4>("1 m 1 p 0.5\n").unwrap_err().starts_with("s:1: "));
        assert!(
            read::<5>("1 1 p 0.5\n")
                .unwrap_err()
                .contains("is not 5 fields")
        );
        assert_eq!(
            read::<4>("1 1 p x").unwrap_err(),
            "s:1: score \"x\", expected a finite number or nan"
        );
        assert!(
            read::<4>("\n\n")
                .unwrap_err()
                .starts_with("s: holds no score")
        );
    }
}
