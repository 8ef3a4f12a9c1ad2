//! The localizer's training run.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::drawing::Source;
use super::feed::{Batch, Feed, FeedOptions};
use super::loss::{Losses, loss};
use super::network::LocalizerNet;
use super::validate::{Examination, Scores};
use crate::backend::Backend;
use crate::checkpoint::{State, write_atomically};
use crate::curves;
use crate::engine::gradient;
use crate::error::TrainError;
use crate::graph::Network;
use crate::log::Log;
use crate::onnx::{Storage, export};
use crate::optim::{Adam, clip, learning_rate};
use crate::pace::Pace;
use crate::params::Params;
use crate::progress;

/// Memory of the averaged weights.
const AVERAGE: f32 = 0.999;
/// Gradients longer than this are shortened.
const CLIP: f32 = 3.0;
/// Steps over which the learning rate rises.
const WARM_UP: u64 = 200;
/// Steps between lines in the log.
const LOG_EVERY: u64 = 20;

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// Steps in all.
    pub steps: u64,
    /// End (with the learning rate at its lowest) after so many minutes, if the steps take longer.
    pub minutes: Option<f64>,
    /// What feeds the run.
    pub feed: FeedOptions,
    /// Highest learning rate.
    pub rate: f32,
    /// Folder of checkpoint, log and model.
    pub out: PathBuf,
    /// Go on from the checkpoint in `out`.
    pub resume: bool,
    /// Steps between examinations.
    pub examine_every: u64,
    /// Photographs in an examination.
    pub examination: usize,
    /// Time between checkpoints.
    pub save_every: Duration,
    /// What computes gradients.
    pub backend: Backend,
}

#[derive(Serialize)]
struct StepEntry {
    step: u64,
    minutes: f64,
    loss: Losses,
    rate: f32,
    gradient: f32,
    step_ms: f64,
    wait_ms: f64,
}

#[derive(Serialize)]
struct ScoreEntry {
    step: u64,
    minutes: f64,
    scores: Scores,
}

/// Trains the localizer on `source`; gives the scores at the end.
///
/// # Errors
/// When files cannot be read or written, a worker dies, or the loss is no longer a number.
pub fn run<S: Source + Clone + 'static>(
    source: S,
    options: &Options,
) -> Result<Scores, TrainError> {
    fs::create_dir_all(&options.out).map_err(|e| TrainError::file(&options.out, e))?;
    let mut state = begin(options)?;
    let mut log = Log::append(&options.out.join(crate::log::NAME))?;
    let examination = Examination::draw(&source, options.examination);
    let mut feed = Feed::start(source, options.feed, state.adam.step);
    let bar = progress::bar(options.steps);
    let start = Instant::now() - Duration::from_secs_f64(60.0 * state.minutes);
    let mut saved = Instant::now();
    let mut pace = Pace::default();
    while state.adam.step < options.steps && options.minutes.is_none_or(|m| state.minutes < m) {
        let waited = Instant::now();
        let batch = feed.next_batch()?;
        let worked = Instant::now();
        let progress = done(options, &state);
        let rate = learning_rate(options.rate, state.adam.step, WARM_UP, progress);
        let (losses, norm) = step(&mut state, &batch, rate, options.backend)?;
        pace.add(worked - waited, worked.elapsed());
        state.minutes = start.elapsed().as_secs_f64() / 60.0;
        let at = state.adam.step;
        bar.set_position(at);
        if at.is_multiple_of(LOG_EVERY) {
            let (wait_ms, step_ms) = pace.take();
            let minutes = state.minutes;
            log.write(&StepEntry {
                step: at,
                minutes,
                loss: losses,
                rate,
                gradient: norm,
                step_ms,
                wait_ms,
            })?;
            bar.set_message(format!("loss {:.3}", losses.total));
        }
        if at.is_multiple_of(options.examine_every) {
            let scores = examine(&state, &examination, options.backend, &mut log)?;
            bar.println(report(&state, progress, &scores));
        }
        if saved.elapsed() >= options.save_every {
            save(&state, &options.out)?;
            curves::draw_beside(&options.out)?;
            saved = Instant::now();
        }
    }
    save(&state, &options.out)?;
    let scores = examine(&state, &examination, options.backend, &mut log)?;
    curves::draw_beside(&options.out)?;
    bar.finish_and_clear();
    Ok(scores)
}

/// One step: gradient, clipping, Adam. Gives the losses and the gradient's norm.
///
/// # Errors
/// When the framework fails or the loss is no longer a number.
pub fn step(
    state: &mut State,
    batch: &Batch,
    rate: f32,
    backend: Backend,
) -> Result<(Losses, f32), TrainError> {
    let mut losses = Losses::default();
    let gradients = gradient(
        backend,
        &LocalizerNet,
        &state.params.weights(),
        &batch.input,
        state.adam.step,
        |outputs| {
            let (parts, gradients) = loss(outputs, &batch.labels);
            losses = parts;
            gradients
        },
    )?;
    let mut gradient = state.params.pull_back(&gradients);
    let norm = clip(&mut gradient, CLIP);
    if !losses.total.is_finite() || !norm.is_finite() {
        return Err(TrainError::Diverged {
            step: state.adam.step,
            loss: losses.total,
        });
    }
    state
        .adam
        .update(state.params.values_mut(), &gradient, rate, AVERAGE);
    Ok((losses, norm))
}

/// A new state, or with `resume` the one in the checkpoint.
///
/// # Errors
/// When the checkpoint is missing, damaged or of another run, or one is in the way of a new run.
pub fn begin(options: &Options) -> Result<State, TrainError> {
    let params = Params::random(&LocalizerNet.survey()?, options.feed.seed);
    let path = checkpoint(&options.out);
    if options.resume {
        let state = State::load(LocalizerNet::NAME, &params, &path)?;
        if state.seed != options.feed.seed {
            let reason = format!(
                "was begun with --seed {}, not {}",
                state.seed, options.feed.seed
            );
            return Err(TrainError::Checkpoint { path, reason });
        }
        return Ok(state);
    }
    if path.exists() {
        let reason = "exists already: use --resume to go on or another --out".to_string();
        return Err(TrainError::Checkpoint { path, reason });
    }
    let adam = Adam::new(params.values());
    Ok(State {
        params,
        adam,
        seed: options.feed.seed,
        minutes: 0.0,
    })
}

/// How much of the run is over, 0–1.
fn done(options: &Options, state: &State) -> f32 {
    let steps = state.adam.step as f32 / options.steps as f32;
    options
        .minutes
        .map_or(steps, |m| steps.max((state.minutes / m) as f32))
}

fn checkpoint(out: &Path) -> PathBuf {
    out.join("localizer.checkpoint")
}

/// Writes the checkpoint and the model with the averaged weights.
fn save(state: &State, out: &Path) -> Result<(), TrainError> {
    state.save(LocalizerNet::NAME, &checkpoint(out))?;
    write_atomically(&out.join("localizer.onnx"), &model(state, Storage::F32)?)
}

/// The ONNX file of a state's averaged weights.
///
/// # Errors
/// When the network is put together wrongly.
pub fn model(state: &State, storage: Storage) -> Result<Vec<u8>, TrainError> {
    let notes = [
        ("seed", state.seed.to_string()),
        ("steps", state.adam.step.to_string()),
    ];
    export(&LocalizerNet, &averaged(state).weights(), storage, &notes)
}

/// The averaged parameters of a state.
pub fn averaged(state: &State) -> Params {
    state
        .params
        .with_values(state.adam.average.clone())
        .unwrap_or_else(|| state.params.clone())
}

fn examine(
    state: &State,
    examination: &Examination,
    backend: Backend,
    log: &mut Log,
) -> Result<Scores, TrainError> {
    let scores = examination.grade(backend, &averaged(state).weights())?;
    log.write(&ScoreEntry {
        step: state.adam.step,
        minutes: state.minutes,
        scores,
    })?;
    Ok(scores)
}

fn report(state: &State, progress: f32, scores: &Scores) -> String {
    let (whole, upright) = (&scores.whole, &scores.upright);
    let left = state.minutes * f64::from((1.0 - progress) / progress.max(1e-6));
    format!(
        "step {}: whole {:.2} px, ROI {:.1} %; upright {:.2} px, ROI {:.1} %; presence {:.1} %, side {:.1} %; {left:.0} min left",
        state.adam.step,
        whole.error,
        100.0 * whole.roi,
        upright.error,
        100.0 * upright.roi,
        100.0 * scores.presence,
        100.0 * scores.side,
    )
}
