//! Scores from numpy arrays.
//!
//! | form | arrays |
//! |---|---|
//! | pair | `genuine` and `impostor`, of any shape |
//! | labelled | `scores` of one dimension and `labels` as long: 1 or true genuine, 0, -1 or false impostor |
//! | matrix | `scores` of two dimensions, a row per probe and a column per gallery sample; `probe_labels` and `gallery_labels` |
//!
//! In a `.npz` file the names say which form it is; other arrays in it are skipped. Numbers are rounded to 32-bit
//! floats; NaN is a failure to acquire. Nothing says what a high score means, so the polarity is declared.

use std::collections::BTreeMap;
use std::path::Path;

use super::npy::{self, Array, Values};
use super::{Scores, npz};
use crate::{Comparisons, EvalError, Kind, Polarity, ScoreSet};

/// Comparisons of a matrix with labels: 28 bytes each, 3.5 GiB. Larger ones are better given as a pair.
const MAX_MATRIX: usize = 1 << 27;

/// Reads a pair of `.npy` files.
///
/// # Errors
/// Those of [`npy::read`]; [`EvalError::File`] for an array that is not of numbers, or an infinite score.
pub fn read_pair(
    genuine: &Path,
    impostor: &Path,
    polarity: Polarity,
) -> Result<ScoreSet, EvalError> {
    let numbers = |path: &Path| {
        let array = npy::read(path)?;
        numbers(&array).map_err(|problem| EvalError::file(path, problem))
    };
    Ok(ScoreSet {
        genuine: numbers(genuine)?,
        impostor: numbers(impostor)?,
        polarity,
    })
}

/// Reads a matrix of scores and the labels of its rows (probes) and columns (gallery), three `.npy` files.
///
/// # Errors
/// As [`read_pair`]; also when the lengths do not fit, or there are more than 2²⁷ scores.
pub fn read_matrix(
    scores: &Path,
    probe_labels: &Path,
    gallery_labels: &Path,
    polarity: Polarity,
) -> Result<Comparisons, EvalError> {
    let arrays = (
        npy::read(scores)?,
        npy::read(probe_labels)?,
        npy::read(gallery_labels)?,
    );
    matrix(&arrays.0, &arrays.1, &arrays.2, polarity)
        .map_err(|problem| EvalError::file(scores, problem))
}

/// Reads a `.npz` file of any of the three forms.
///
/// # Errors
/// Those of [`npz::read`]; [`EvalError::File`] when its arrays are of no form, or do not fit together.
pub fn read_archive(path: &Path, polarity: Polarity) -> Result<Scores, EvalError> {
    let arrays = npz::read(path)?;
    from_archive(&arrays, polarity).map_err(|problem| EvalError::file(path, problem))
}

fn from_archive(arrays: &BTreeMap<String, Array>, polarity: Polarity) -> Result<Scores, String> {
    let get = |name: &str| arrays.get(name);
    if let (Some(genuine), Some(impostor)) = (get("genuine"), get("impostor")) {
        let (genuine, impostor) = (numbers(genuine)?, numbers(impostor)?);
        return Ok(Scores::Set(ScoreSet {
            genuine,
            impostor,
            polarity,
        }));
    }
    if let (Some(scores), Some(labels)) = (get("scores"), get("labels")) {
        return labelled(scores, labels, polarity).map(Scores::Set);
    }
    if let (Some(scores), Some(probe), Some(gallery)) =
        (get("scores"), get("probe_labels"), get("gallery_labels"))
    {
        return matrix(scores, probe, gallery, polarity).map(Scores::Named);
    }
    let names: Vec<&str> = arrays.keys().map(String::as_str).collect();
    Err(format!(
        "holds the arrays {names:?}, expected genuine and impostor, or scores and labels, or scores, probe_labels and gallery_labels"
    ))
}

/// The numbers of an array as scores.
fn numbers(array: &Array) -> Result<Vec<f32>, String> {
    let single = |(index, value): (usize, f64)| {
        let score = value as f32;
        if score.is_infinite() {
            return Err(format!(
                "score number {index} is {value}, expected a finite number or nan"
            ));
        }
        Ok(score)
    };
    match &array.values {
        Values::Floats(values) => values.iter().copied().enumerate().map(single).collect(),
        Values::Integers(values) => Ok(values.iter().map(|&v| v as f32).collect()),
        Values::Texts(_) => Err("an array of texts, expected numbers".to_owned()),
    }
}

fn labelled(scores: &Array, labels: &Array, polarity: Polarity) -> Result<ScoreSet, String> {
    if scores.shape.len() != 1 || scores.shape != labels.shape {
        return Err(format!(
            "scores of shape {:?} with labels of shape {:?}, expected one dimension and equal lengths",
            scores.shape, labels.shape
        ));
    }
    let mut set = ScoreSet::new(polarity);
    for (index, (score, label)) in numbers(scores)?
        .into_iter()
        .zip(numbers(labels)?)
        .enumerate()
    {
        let kind = match label {
            1.0 => Kind::Genuine,
            0.0 | -1.0 => Kind::Impostor,
            _ => {
                return Err(format!(
                    "label number {index} is {label}, expected 1, 0 or -1"
                ));
            }
        };
        set.push(kind, score);
    }
    Ok(set)
}

fn matrix(
    scores: &Array,
    probe: &Array,
    gallery: &Array,
    polarity: Polarity,
) -> Result<Comparisons, String> {
    let (probes, galleries) = (texts(probe), texts(gallery));
    if scores.shape != [probes.len(), galleries.len()] {
        return Err(format!(
            "scores of shape {:?} with {} probe and {} gallery labels, expected a row per probe and a column per gallery sample",
            scores.shape,
            probes.len(),
            galleries.len()
        ));
    }
    let values = numbers(scores)?;
    if values.len() > MAX_MATRIX {
        return Err(format!(
            "{} scores with labels, expected at most {MAX_MATRIX}",
            values.len()
        ));
    }
    let mut found = Comparisons::new(polarity);
    for (row, (probe, scores)) in probes
        .iter()
        .zip(values.chunks_exact(galleries.len()))
        .enumerate()
    {
        let sample = format!("row {row}");
        for (gallery, &score) in galleries.iter().zip(scores) {
            found.push((gallery, None), (probe, Some(&sample)), score);
        }
    }
    Ok(found)
}

/// The labels of samples as text.
fn texts(array: &Array) -> Vec<String> {
    match &array.values {
        Values::Floats(values) => values.iter().map(f64::to_string).collect(),
        Values::Integers(values) => values.iter().map(i64::to_string).collect(),
        Values::Texts(values) => values.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(shape: &[usize], values: &[f64]) -> Array {
        Array {
            shape: shape.to_vec(),
            values: Values::Floats(values.to_vec()),
        }
    }

    fn integers(values: &[i64]) -> Array {
        Array {
            shape: vec![values.len()],
            values: Values::Integers(values.to_vec()),
        }
    }

    fn read(arrays: &[(&str, Array)]) -> Result<Scores, String> {
        let named = arrays
            .iter()
            .map(|(name, array)| ((*name).to_owned(), array.clone()))
            .collect();
        from_archive(&named, Polarity::Distance)
    }

    #[test]
    fn three_forms() {
        let scores = || ("scores", floats(&[4], &[0.1, 0.2, 0.3, f64::NAN]));
        let Ok(Scores::Set(set)) = read(&[scores(), ("labels", integers(&[1, 0, -1, 1]))]) else {
            panic!("labelled")
        };
        assert_eq!((set.genuine[0], set.impostor), (0.1, vec![0.2, 0.3]));
        let pair = [
            ("genuine", floats(&[2], &[0.1, 0.2])),
            ("impostor", integers(&[3])),
            scores(),
        ];
        let Ok(Scores::Set(set)) = read(&pair) else {
            panic!("pair")
        };
        assert_eq!((set.genuine, set.impostor), (vec![0.1, 0.2], vec![3.0]));
        let labels = |values: &[&str]| Array {
            shape: vec![values.len()],
            values: Values::Texts(values.iter().map(|&v| v.to_owned()).collect()),
        };
        let form = [
            ("scores", floats(&[1, 2], &[0.1, 0.2])),
            ("probe_labels", labels(&["7"])),
            ("gallery_labels", integers(&[7, 8])),
        ];
        let Ok(Scores::Named(named)) = read(&form) else {
            panic!("matrix")
        };
        assert_eq!(
            (named.score_set().genuine, named.score_set().impostor),
            (vec![0.1], vec![0.2])
        );
        assert_eq!(named.identification().unwrap().cmc(1), Some(vec![1.0]));
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let scores = ("scores", floats(&[2], &[0.1, 0.2]));
        for (arrays, message) in [
            (
                vec![scores.clone()],
                "holds the arrays [\"scores\"], expected genuine and impostor",
            ),
            (
                vec![scores.clone(), ("labels", integers(&[1]))],
                "shape [2] with labels of shape [1]",
            ),
            (
                vec![scores.clone(), ("labels", integers(&[1, 2]))],
                "label number 1 is 2, expected 1, 0 or -1",
            ),
            (
                vec![
                    ("genuine", floats(&[1], &[1e99])),
                    ("impostor", integers(&[1])),
                ],
                "score number 0 is 1",
            ),
            (
                vec![
                    scores,
                    ("probe_labels", integers(&[1])),
                    ("gallery_labels", integers(&[1, 2])),
                ],
                "scores of shape [2] with 1 probe and 2 gallery labels",
            ),
        ] {
            let problem = match read(&arrays) {
                Err(problem) => problem,
                Ok(_) => panic!("{message}"),
            };
            assert!(problem.contains(message), "{problem}");
        }
    }
}
