//! Curves of a training run, drawn from its log: losses, learning rate and examinations over steps.
//!
//! # Deviations
//! A curve shows at most [`POINTS`] points: more are averaged over equal stretches of the log.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;

use crate::checkpoint::write_atomically;
use crate::error::TrainError;
use crate::log;

mod picture;

/// Points of a curve in a picture: more than it can show.
pub const POINTS: usize = 400;
/// Largest log that is read: millions of entries.
const LARGEST_LOG: u64 = 1 << 30;
/// What stands among the losses in a log without being one.
const NO_LOSS: &str = "accuracy";

/// A named series: steps and values.
type Series = BTreeMap<String, Vec<(u64, f64)>>;

/// What a log says about a run.
#[derive(Debug, Default, PartialEq)]
pub struct Curves {
    /// The loss and its parts.
    losses: Series,
    /// The learning rate.
    rate: Series,
    /// Equal error rates, 0–1.
    eer: Series,
    /// Distance of key points from the truth, pixels.
    distance: Series,
    /// Where an error rate of zero is drawn: half an error among the impostors.
    floor: Option<f64>,
}

/// A line of the log of any training run.
#[derive(Deserialize)]
struct Entry {
    step: u64,
    loss: Option<BTreeMap<String, f64>>,
    rate: Option<f64>,
    scores: Option<Scores>,
}

/// What an examination found; each network has its own.
#[derive(Deserialize)]
struct Scores {
    eer: Option<f64>,
    impostor: Option<u64>,
    whole: Option<View>,
    upright: Option<View>,
}

#[derive(Deserialize)]
struct View {
    error: f64,
}

impl Curves {
    /// Reads a log. Of a run that went on from a checkpoint, the later entries count. An unfinished last line is left
    /// out: the run may be writing it.
    ///
    /// # Errors
    /// When the file cannot be read or a line is not an entry of a log.
    pub fn read(log: &Path) -> Result<Self, TrainError> {
        let failed = |e| TrainError::file(log, e);
        let file = File::open(log).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        if length > LARGEST_LOG {
            let reason = format!("{length} bytes, more than {LARGEST_LOG}");
            return Err(failed(io::Error::other(reason)));
        }
        let mut lines = BufReader::new(file.take(length));
        let mut curves = Self::default();
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            lines.read_until(b'\n', &mut line).map_err(failed)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let entry = serde_json::from_slice(&line).map_err(|e| TrainError::Line {
                path: log.to_path_buf(),
                line: number,
                reason: format!("is not an entry of a training log: {e}"),
            })?;
            curves.add(entry);
        }
        Ok(curves)
    }

    /// Whether there is nothing to draw yet.
    pub fn is_empty(&self) -> bool {
        self.all().iter().all(|series| series.is_empty())
    }

    fn all(&self) -> [&Series; 4] {
        [&self.losses, &self.rate, &self.eer, &self.distance]
    }

    fn add(&mut self, entry: Entry) {
        let step = entry.step;
        // A run that was stopped goes on from its checkpoint and repeats what came after that.
        for series in [
            &mut self.losses,
            &mut self.rate,
            &mut self.eer,
            &mut self.distance,
        ] {
            for points in series.values_mut() {
                points.truncate(points.partition_point(|(at, _)| *at <= step));
            }
        }
        for (name, value) in entry.loss.unwrap_or_default() {
            if name != NO_LOSS {
                push(&mut self.losses, &name, step, value);
            }
        }
        if let Some(rate) = entry.rate {
            push(&mut self.rate, "learning rate", step, rate);
        }
        let Some(scores) = entry.scores else { return };
        if let Some(eer) = scores.eer {
            push(&mut self.eer, "EER", step, eer);
            let half = 0.5 / scores.impostor.unwrap_or(1).max(1) as f64;
            self.floor = Some(self.floor.map_or(half, |floor| floor.min(half)));
        }
        let views = [("whole photo", scores.whole), ("upright", scores.upright)];
        for (name, view) in views {
            if let Some(view) = view {
                push(&mut self.distance, name, step, view.error);
            }
        }
    }
}

/// Appends a point; one of the same step is replaced.
fn push(series: &mut Series, name: &str, step: u64, value: f64) {
    let points = series.entry(name.to_owned()).or_default();
    points.truncate(points.partition_point(|(at, _)| *at < step));
    points.push((step, value));
}

/// At most [`POINTS`] points, each the mean of as many neighbours.
fn thinned(points: &[(u64, f64)]) -> Vec<(f64, f64)> {
    let together = points.len().div_ceil(POINTS).max(1);
    let mean = |part: &[(u64, f64)]| {
        let count = part.len() as f64;
        let steps = part.iter().map(|p| p.0 as f64).sum::<f64>();
        let values = part.iter().map(|p| p.1).sum::<f64>();
        (steps / count, values / count)
    };
    points.chunks(together).map(mean).collect()
}

/// Draws the log at `log` as SVG; gives whether there was something to draw.
///
/// # Errors
/// Like [`Curves::read`], and when the picture cannot be written.
pub fn draw(log: &Path, picture: &Path) -> Result<bool, TrainError> {
    let curves = Curves::read(log)?;
    if curves.is_empty() {
        return Ok(false);
    }
    let svg = picture::svg(&curves)
        .map_err(|e| TrainError::file(picture, io::Error::other(e.to_string())))?;
    write_atomically(picture, svg.as_bytes())?;
    Ok(true)
}

/// Draws the log of the run in `folder` beside it, as `curves.svg`, once there is something to draw.
///
/// # Errors
/// Like [`draw`].
pub fn draw_beside(folder: &Path) -> Result<(), TrainError> {
    draw(&folder.join(log::NAME), &folder.join("curves.svg")).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn read(text: &str) -> Result<Curves, TrainError> {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log.jsonl");
        fs::write(&log, text).unwrap();
        Curves::read(&log)
    }

    fn losses(step: u64, total: f64) -> String {
        let parts = format!("{{\"total\":{total},\"arcface\":2.0,\"accuracy\":0.5}}");
        format!("{{\"step\":{step},\"epoch\":1,\"loss\":{parts},\"rate\":0.001}}\n")
    }

    fn scores(step: u64, eer: f64) -> String {
        format!("{{\"step\":{step},\"scores\":{{\"eer\":{eer},\"rank1\":1.0,\"impostor\":100}}}}\n")
    }

    #[test]
    fn losses_rate_and_scores_are_told_apart() {
        let curves = read(&[losses(20, 9.0), losses(40, 8.0), scores(40, 0.25)].concat()).unwrap();
        let names: Vec<_> = curves.losses.keys().map(String::as_str).collect();
        assert_eq!(names, ["arcface", "total"]);
        assert_eq!(curves.losses["total"], [(20, 9.0), (40, 8.0)]);
        assert_eq!(curves.rate["learning rate"], [(20, 0.001), (40, 0.001)]);
        assert_eq!(curves.eer["EER"], [(40, 0.25)]);
        assert_eq!(curves.floor, Some(0.005));
    }

    #[test]
    fn what_a_resumed_run_repeats_counts_once() {
        let first = [
            losses(20, 9.0),
            losses(40, 8.0),
            scores(40, 0.2),
            losses(60, 7.0),
        ];
        let again = [losses(40, 6.0), scores(40, 0.1), losses(60, 5.0)];
        let both = read(&[first.concat(), again.concat()].concat()).unwrap();
        let kept = read(&[losses(20, 9.0), again.concat()].concat()).unwrap();
        assert_eq!(both, kept);
    }

    #[test]
    fn an_unfinished_line_is_left_out_and_a_wrong_one_named() {
        let whole = read(&losses(20, 9.0)).unwrap();
        assert_eq!(
            read(&(losses(20, 9.0) + "{\"step\":40,\"lo")).unwrap(),
            whole
        );
        let error = read(&(losses(20, 9.0) + "{\"stop\":40}\n")).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("log.jsonl, line 2:"), "{error}");
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn long_curves_are_averaged() {
        let points: Vec<_> = (0..4 * POINTS as u64)
            .map(|i| (i, (i % 4) as f64))
            .collect();
        let thin = thinned(&points);
        assert_eq!(thin.len(), POINTS);
        assert!(thin.iter().all(|p| p.1 == 1.5));
        assert_eq!(thin[1].0, 5.5);
    }
}
