//! pyeer's score files: one file of genuine scores, one of impostor scores.
//!
//! The score is the last field of a line; what stands before it (names of the samples) is skipped. pyeer takes
//! similarities, or distances with its option `-ds`, so the polarity is declared by the caller.
//!
//! In the histogram form (`-ht`) the impostor file holds counts: its line i, from 0, says how many impostor comparisons
//! have the score i. Scores are whole numbers then. The genuine file is a list of scores in both forms.
//!
//! # Deviations
//!
//! pyeer 0.5.6 with `-ht -ds` accepts genuine distances ≤ t but impostor distances < t, so its FMR at t is ours at
//! t − 1. For similarities both rules are one.

use std::path::Path;

use super::lines;
use crate::metrics::ScoreHistogram;
use crate::{EvalError, Kind, Polarity, ScoreSet};

/// Whole numbers a 32-bit float holds exactly.
const MAX_SCORE: usize = (1 << 24) - 1;

/// Reads a pair of files of scores.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a line that does not end with a score, [`EvalError::File`] for a file
/// without scores.
pub fn read(genuine: &Path, impostor: &Path, polarity: Polarity) -> Result<ScoreSet, EvalError> {
    Ok(ScoreSet {
        genuine: scores(genuine)?,
        impostor: scores(impostor)?,
        polarity,
    })
}

/// Reads a list of genuine scores and a histogram of impostor scores, all whole numbers from 0.
///
/// # Errors
/// As [`read`]; a score or count that is not a whole number, or a score of 2²⁴ or more, is an error too.
pub fn read_histogram(
    genuine: &Path,
    impostor: &Path,
    polarity: Polarity,
) -> Result<ScoreHistogram, EvalError> {
    let counts = counts(impostor)?;
    let scores = whole_scores(genuine)?;
    // The counts decide how far scores reach, unless a genuine score goes beyond them.
    let last_count = counts.len().saturating_sub(1) as u32;
    let highest = scores.iter().flatten().copied().fold(last_count, u32::max);
    let mut histogram = ScoreHistogram::whole_numbers(polarity, highest)?;
    for score in scores {
        let score = score.map_or(f32::NAN, |s| s as f32);
        histogram.push(Kind::Genuine, score)?;
    }
    for (score, count) in counts.into_iter().enumerate() {
        histogram.push_many(Kind::Impostor, score as f32, count)?;
    }
    Ok(histogram)
}

fn last(line: &str) -> &str {
    line.rsplit(char::is_whitespace).next().unwrap_or(line)
}

fn scores(path: &Path) -> Result<Vec<f32>, EvalError> {
    let mut found = Vec::new();
    lines::for_each(path, |_, line| {
        found.push(lines::score(last(line))?);
        Ok(())
    })?;
    if found.is_empty() {
        return Err(lines::none_found(path, "… score"));
    }
    Ok(found)
}

/// Genuine scores of the histogram form; `None` for nan.
fn whole_scores(path: &Path) -> Result<Vec<Option<u32>>, EvalError> {
    let mut found = Vec::new();
    lines::for_each(path, |_, line| {
        let score = lines::score(last(line))?;
        let whole = score.fract() == 0.0 && (0.0..=MAX_SCORE as f32).contains(&score);
        if !whole && !score.is_nan() {
            return Err(format!(
                "score {score}, expected a whole number from 0 to {MAX_SCORE}"
            ));
        }
        found.push((!score.is_nan()).then_some(score as u32));
        Ok(())
    })?;
    if found.is_empty() {
        return Err(lines::none_found(path, "… score"));
    }
    Ok(found)
}

fn counts(path: &Path) -> Result<Vec<u64>, EvalError> {
    let mut found: Vec<u64> = Vec::new();
    lines::for_each(path, |line, text| {
        // A blank line would move every count after it to another score.
        if line != found.len() + 1 {
            return Err(
                "a blank line stands before this one, expected a count on every line".into(),
            );
        }
        if found.len() > MAX_SCORE {
            return Err(format!("more than {} counts", MAX_SCORE + 1));
        }
        let text = last(text);
        // pyeer reads floats, so its files may say `12.0`.
        let number = text.parse::<f64>().ok();
        let count = number.filter(|n| n.fract() == 0.0 && (0.0..=9e15).contains(n));
        let count = count.ok_or_else(|| format!("count {text:?}, expected a whole number"))?;
        found.push(count as u64);
        Ok(())
    })?;
    if found.is_empty() {
        return Err(lines::none_found(path, "count"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(genuine: &str, impostor: &str) -> (tempfile::TempDir, [std::path::PathBuf; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["genuine.txt", "impostor.txt"].map(|name| folder.path().join(name));
        std::fs::write(&paths[0], genuine).unwrap();
        std::fs::write(&paths[1], impostor).unwrap();
        (folder, paths)
    }

    #[test]
    fn the_score_is_the_last_field() {
        let (_folder, [g, i]) = files("a.bmp b.bmp 0.5\n0.75\n", "x y 0.1\r\nnan\n");
        let found = read(&g, &i, Polarity::Similarity).unwrap();
        assert_eq!((found.genuine, found.impostor[0]), (vec![0.5, 0.75], 0.1));
        assert!(found.impostor[1].is_nan());
    }

    #[test]
    fn histograms_are_the_scores_they_count() {
        let (_folder, [g, i]) = files("3\n2\n9\n", "5\n0\n1.0\n2\n");
        let found = read_histogram(&g, &i, Polarity::Similarity)
            .unwrap()
            .curve()
            .unwrap();
        let impostor: Vec<f32> = found.impostor_scores().collect();
        assert_eq!(impostor, [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 3.0, 3.0]);
        assert_eq!(
            found.genuine_scores().collect::<Vec<f32>>(),
            [2.0, 3.0, 9.0]
        );
    }

    #[test]
    fn malformed_lines_are_named() {
        let problem = |genuine: &str, impostor: &str, histogram: bool| {
            let (folder, [g, i]) = files(genuine, impostor);
            let message = if histogram {
                read_histogram(&g, &i, Polarity::Distance)
                    .unwrap_err()
                    .to_string()
            } else {
                read(&g, &i, Polarity::Distance).unwrap_err().to_string()
            };
            message.replace(&format!("{}/", folder.path().display()), "")
        };
        assert_eq!(
            problem("1\n", "1\nx\n", false),
            "impostor.txt:2: score \"x\", expected a finite number or nan"
        );
        assert_eq!(
            problem("", "1\n", false),
            "genuine.txt: holds no score, expected lines of `… score`"
        );
        assert_eq!(
            problem("1\n", "1\n-2\n", true),
            "impostor.txt:2: count \"-2\", expected a whole number"
        );
        assert!(problem("1\n", "1\n\n3\n", true).starts_with("impostor.txt:3: a blank line"));
        assert_eq!(
            problem("1.5\n", "1\n", true),
            "genuine.txt:1: score 1.5, expected a whole number from 0 to 16777215"
        );
        assert!(problem("1e9\n", "1\n", true).starts_with("genuine.txt:1: score 1000000000"));
    }
}
