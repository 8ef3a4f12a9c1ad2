//! Training a published palm network on labelled images, drawn palms or both.
//!
//! # Deviations
//! Both views go through the network together, so that batch normalisation (CO3Net) sees them as one batch; the public
//! code runs them one after the other. Adam's second moment forgets faster (0.99 instead of 0.999), as everywhere in
//! this crate. The public code keeps the weights with the best accuracy on the training set; here the last ones, or
//! their moving average, are kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::ahead::Ahead;
use super::augment::Augmentation;
use super::feed::{Batch, Feed, Source};
use super::list::Album;
use super::loss::{Losses, Mixture, loss};
use super::schedule::Schedule;
use super::start::start;
use super::teacher::Teacher;
use super::validate::{Examination, Scores};
use super::{Extractor, Learner, PalmNet};
use crate::backend::Backend;
use crate::checkpoint::{State, write_atomically};
use crate::curves;
use crate::engine::gradient;
use crate::error::TrainError;
use crate::graph::Network;
use crate::log::Log;
use crate::onnx::{Form, Storage, export_as};
use crate::optim::{Adam, clip};
use crate::pace::Pace;
use crate::params::Params;
use crate::progress;

/// Steps between lines in the log.
const LOG_EVERY: u64 = 20;

/// Most palms in a step: their two views are 8 GB.
const LARGEST_BATCH: usize = 65_536;
/// Most drawn identities.
const MOST_DRAWN: usize = 1_000_000;

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// List of training images.
    pub data: Option<PathBuf>,
    /// Identities that are drawn while training.
    pub drawn: usize,
    /// Share of palms in a step that are drawn, where there are both.
    pub drawn_share: f64,
    /// How views of listed images differ from them.
    pub augmentation: Augmentation,
    /// Threads that prepare batches.
    pub threads: usize,
    /// Lists of gallery and probe to examine on.
    pub examine_on: Option<[PathBuf; 2]>,
    /// What paths in lists are relative to.
    pub root: PathBuf,
    /// Epochs; in each, as many first views as there are images.
    pub epochs: u64,
    /// End after so many minutes, if the epochs take longer.
    pub minutes: Option<f64>,
    /// Palms in a step, two views of each.
    pub batch: usize,
    /// Highest learning rate.
    pub rate: f32,
    /// How it falls.
    pub schedule: Schedule,
    /// What is learnt from.
    pub mixture: Mixture,
    /// An ONNX file whose similarities the contrastive loss asks for, instead of those of equal labels.
    pub teacher: Option<PathBuf>,
    /// Memory of the averaged weights that are examined and exported; 0 takes the last ones, as published.
    pub average: f32,
    /// Seed of everything drawn.
    pub seed: u64,
    /// Folder of checkpoint, log and model.
    pub out: PathBuf,
    /// Begin with linear layers in closed form ([`super::start`]) instead of random ones.
    pub whitened: bool,
    /// Go on from the checkpoint in `out`.
    pub resume: bool,
    /// Epochs between examinations.
    pub examine_every: u64,
    /// Time between checkpoints.
    pub save_every: Duration,
    /// What computes gradients.
    pub backend: Backend,
}

#[derive(Serialize)]
struct StepEntry {
    step: u64,
    epoch: u64,
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
    epoch: u64,
    minutes: f64,
    scores: Scores,
}

/// What a run ended with.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Outcome {
    /// Steps in all.
    pub steps: u64,
    /// Minutes in all.
    pub minutes: f64,
    /// The last examination, when there are lists for one.
    pub scores: Option<Scores>,
}

/// Trains `net`; writes checkpoint, log and ONNX file to the folder.
///
/// # Errors
/// When an argument is out of range, files cannot be read or written, or the loss is no longer a number.
pub fn run<N: PalmNet>(net: &N, options: &Options) -> Result<Outcome, TrainError> {
    check(options)?;
    let feed = Arc::new(Feed::new(
        Source::open(options)?,
        options.seed,
        options.batch,
    ));
    let examination = match &options.examine_on {
        Some([gallery, probe]) => {
            let read = |list| Album::read(list, &options.root);
            let examination = Examination::new(read(gallery)?, read(probe)?);
            Some(examination.map_err(|e| {
                let (gallery, probe) = (gallery.display(), probe.display());
                TrainError::Argument(format!("{gallery} and {probe}: {e}"))
            })?)
        }
        None => None,
    };
    let teacher = options.teacher.as_deref().map(Teacher::open).transpose()?;
    fs::create_dir_all(&options.out).map_err(|e| TrainError::file(&options.out, e))?;
    let learner = Learner {
        net: net.clone(),
        classes: feed.classes(),
        plain: options.mixture.tanh,
    };
    let mut state = begin(&learner, options)?;
    if options.whitened && !options.resume {
        start(&learner, &mut state.params, options.backend, &feed)?;
        state.adam = Adam::new(state.params.values());
    }
    let log = Log::append(&options.out.join(crate::log::NAME))?;
    let first = state.adam.step;
    let batches = Ahead::start(Arc::clone(&feed), teacher, first, options.threads)?;
    Run {
        learner,
        options,
        examination,
        state,
        log,
    }
    .go(feed.steps_per_epoch(), batches)
}

/// A run in progress.
struct Run<'a, N> {
    learner: Learner<N>,
    options: &'a Options,
    examination: Option<Examination>,
    state: State,
    log: Log,
}

impl<N: PalmNet> Run<'_, N> {
    fn go(mut self, per_epoch: u64, mut batches: Ahead) -> Result<Outcome, TrainError> {
        let options = self.options;
        let steps = per_epoch * options.epochs;
        let bar = progress::bar(steps);
        bar.set_position(self.state.adam.step);
        bar.reset_eta();
        let start = Instant::now() - Duration::from_secs_f64(60.0 * self.state.minutes);
        let mut saved = Instant::now();
        let mut scores = None;
        let mut pace = Pace::default();
        while self.state.adam.step < steps && options.minutes.is_none_or(|m| self.state.minutes < m)
        {
            let waited = Instant::now();
            let batch = batches.next_batch()?;
            let worked = Instant::now();
            let at = self.state.adam.step;
            let share = at as f32 / steps as f32;
            let done = options
                .minutes
                .map_or(share, |m| share.max((self.state.minutes / m) as f32));
            let rate = options.schedule.rate(options.rate, at / per_epoch, done);
            let (losses, norm) = step(&self.learner, &mut self.state, &batch, rate, options)?;
            pace.add(worked - waited, worked.elapsed());
            self.state.minutes = start.elapsed().as_secs_f64() / 60.0;
            let at = self.state.adam.step;
            bar.set_position(at);
            if at.is_multiple_of(LOG_EVERY) {
                let (wait_ms, step_ms) = pace.take();
                self.log.write(&StepEntry {
                    step: at,
                    epoch: at / per_epoch,
                    minutes: self.state.minutes,
                    loss: losses,
                    rate,
                    gradient: norm,
                    step_ms,
                    wait_ms,
                })?;
                bar.set_message(format!(
                    "loss {:.3}, right {:.0} %, waited {wait_ms:.0} ms",
                    losses.total,
                    100.0 * losses.accuracy
                ));
            }
            if at.is_multiple_of(per_epoch * options.examine_every) && at < steps {
                scores = self.examine(at / per_epoch)?;
                bar.println(report(at / per_epoch, scores));
            }
            if saved.elapsed() >= options.save_every {
                self.save()?;
                saved = Instant::now();
            }
        }
        self.save()?;
        scores = self.examine(self.state.adam.step / per_epoch)?.or(scores);
        bar.finish_and_clear();
        Ok(Outcome {
            steps: self.state.adam.step,
            minutes: self.state.minutes,
            scores,
        })
    }

    fn examine(&mut self, epoch: u64) -> Result<Option<Scores>, TrainError> {
        let Some(examination) = &self.examination else {
            return Ok(None);
        };
        let weights = averaged(&self.state).weights();
        let scores = examination.grade(self.options.backend, &self.learner.net, &weights)?;
        self.log.write(&ScoreEntry {
            step: self.state.adam.step,
            epoch,
            minutes: self.state.minutes,
            scores,
        })?;
        curves::draw_beside(&self.options.out)?;
        Ok(Some(scores))
    }

    /// Writes the checkpoint, the curves and the model.
    fn save(&self) -> Result<(), TrainError> {
        curves::draw_beside(&self.options.out)?;
        let path = checkpoint::<N>(&self.options.out);
        self.state.save(N::NAME, &path)?;
        let notes = [
            ("seed", self.state.seed.to_string()),
            ("steps", self.state.adam.step.to_string()),
        ];
        let weights = averaged(&self.state).weights();
        let network = Extractor(self.learner.net.clone());
        let onnx = export_as(Form::Folded, &network, &weights, Storage::F32, &notes)?;
        write_atomically(&self.options.out.join(format!("{}.onnx", N::NAME)), &onnx)
    }
}

/// One step. Gives the losses and the gradient's norm.
///
/// # Errors
/// When the framework fails or the loss is no longer a number.
pub fn step<N: PalmNet>(
    learner: &Learner<N>,
    state: &mut State,
    batch: &Batch,
    rate: f32,
    options: &Options,
) -> Result<(Losses, f32), TrainError> {
    let mut losses = Losses::default();
    let chance = state.seed ^ state.adam.step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let weights = state.params.weights();
    let gradients = gradient(
        options.backend,
        learner,
        &weights,
        &batch.input,
        chance,
        |outputs| {
            let (parts, gradients) = loss(outputs, &batch.labels, &batch.aims, options.mixture);
            losses = parts;
            gradients
        },
    )?;
    drop(weights);
    state.params.observe(&gradients);
    let mut gradient = state.params.pull_back(&gradients);
    drop(gradients);
    let norm = clip(&mut gradient, f32::INFINITY);
    if !losses.total.is_finite() || !norm.is_finite() {
        return Err(TrainError::Diverged {
            step: state.adam.step,
            loss: losses.total,
        });
    }
    let values = state.params.values_mut();
    state.adam.update(values, &gradient, rate, options.average);
    Ok((losses, norm))
}

/// A new state, or with `resume` the one in the checkpoint.
///
/// # Errors
/// When the checkpoint is missing, damaged or of another run, or one is in the way of a new run.
pub fn begin<N: PalmNet>(learner: &Learner<N>, options: &Options) -> Result<State, TrainError> {
    let params = Params::random(&learner.survey()?, options.seed);
    let path = checkpoint::<N>(&options.out);
    if options.resume {
        let state = State::load(N::NAME, &params, &path)?;
        if state.seed != options.seed {
            let reason = format!("was begun with --seed {}, not {}", state.seed, options.seed);
            return Err(TrainError::Checkpoint { path, reason });
        }
        return Ok(state);
    }
    if path.exists() {
        let reason = "exists already: use --resume to go on or another --out".to_string();
        return Err(TrainError::Checkpoint { path, reason });
    }
    Ok(State {
        adam: Adam::new(params.values()),
        params,
        seed: options.seed,
        minutes: 0.0,
    })
}

fn check(options: &Options) -> Result<(), TrainError> {
    let wrong = |what: &str| Err(TrainError::Argument(what.into()));
    if options.batch == 0 || options.epochs == 0 || options.examine_every == 0 {
        return wrong("--batch, --epochs and --examine-every must be at least 1");
    }
    if options.batch > LARGEST_BATCH || options.drawn > MOST_DRAWN {
        let reason = format!("--batch can be {LARGEST_BATCH} at most, --drawn {MOST_DRAWN}");
        return Err(TrainError::Argument(reason));
    }
    if !(0.0..=1.0).contains(&options.mixture.weight) || !(0.0..1.0).contains(&options.average) {
        return wrong("--weight must be 0 to 1, --average 0 to less than 1");
    }
    if options.teacher.is_some() && options.mixture.weight == 1.0 {
        return wrong(
            "--teacher teaches through the contrastive loss: it needs a --weight below 1",
        );
    }
    let mixed = options.data.is_some() && options.drawn > 0;
    if mixed && !(options.drawn_share > 0.0 && options.drawn_share < 1.0) {
        return wrong("--drawn-share must be between 0 and 1");
    }
    if !(options.rate > 0.0 && options.rate.is_finite()) {
        return wrong("--lr must be more than 0");
    }
    Ok(())
}

fn checkpoint<N: PalmNet>(out: &Path) -> PathBuf {
    out.join(format!("{}.checkpoint", N::NAME))
}

/// The averaged parameters of a state.
fn averaged(state: &State) -> Params {
    state
        .params
        .with_values(state.adam.average.clone())
        .unwrap_or_else(|| state.params.clone())
}

fn report(epoch: u64, scores: Option<Scores>) -> String {
    scores.map_or_else(String::new, |scores| {
        let (eer, rank1) = (100.0 * scores.eer, 100.0 * scores.rank1);
        format!("epoch {epoch}: EER {eer:.3} %, rank-1 {rank1:.2} %")
    })
}
