//! Batches, drawn and prepared on worker threads; the batch of a step depends on nothing but seed and step.
//!
//! Drawing a hand costs more than showing it, so every drawing is shown several times, each time from another side:
//! sample `i` shows a random one of the `WINDOW` drawings before number `i / shows`.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use image::RgbImage;
use thenar_net::localizer::preprocess::input_planes;

use super::drawing::{Drawing, Source, scramble};
use super::loss::Label;
use super::network::INPUT;
use super::sample::{Sample, view};
use crate::error::TrainError;
use crate::graph::Array;

/// Drawings among which a sample is chosen.
const WINDOW: u64 = 1024;
/// Drawings among which the first samples are chosen.
const FIRST: u64 = 192;

/// What one step learns from.
#[derive(Debug)]
pub struct Batch {
    /// Inputs, `[N, 3, 256, 256]`.
    pub input: Array,
    /// The truth, one per input.
    pub labels: Vec<Label>,
}

/// What to feed.
#[derive(Clone, Copy, Debug)]
pub struct FeedOptions {
    /// Seed of the views.
    pub seed: u64,
    /// Samples per batch.
    pub batch: usize,
    /// How often each drawing is shown on average.
    pub shows: u64,
    /// Worker threads.
    pub threads: usize,
}

/// Batches in order of their steps.
#[derive(Debug)]
pub struct Feed {
    lanes: Vec<Receiver<Batch>>,
    workers: Vec<JoinHandle<()>>,
    next: u64,
}

/// A drawing that is made when first asked for.
type Slot = Arc<OnceLock<Drawing>>;

/// The drawings in the window.
struct Album<S> {
    source: S,
    options: FeedOptions,
    slots: Mutex<BTreeMap<u64, Slot>>,
}

impl Feed {
    /// Starts drawing for step `first` and those after it.
    pub fn start(source: impl Source + 'static, options: FeedOptions, first: u64) -> Self {
        let album = Arc::new(Album {
            source,
            options,
            slots: Mutex::default(),
        });
        let threads = options.threads.max(1);
        let (mut lanes, mut workers) = (Vec::new(), Vec::new());
        for lane in 0..threads as u64 {
            let (sender, receiver) = sync_channel(2);
            let album = Arc::clone(&album);
            workers.push(std::thread::spawn(move || {
                let mine = (first..).filter(|step| step % threads as u64 == lane);
                for step in mine {
                    if sender.send(album.batch(step)).is_err() {
                        break;
                    }
                }
            }));
            lanes.push(receiver);
        }
        Self {
            lanes,
            workers,
            next: first,
        }
    }

    /// The batch of the next step.
    ///
    /// # Errors
    /// When a worker has died.
    pub fn next_batch(&mut self) -> Result<Batch, TrainError> {
        let lane = (self.next % self.lanes.len() as u64) as usize;
        self.next += 1;
        self.lanes[lane]
            .recv()
            .map_err(|_| TrainError::Argument("a drawing thread stopped; see above".into()))
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.lanes.clear();
        for worker in self.workers.drain(..) {
            // A worker's panic has been printed; there is nothing to add.
            let _ = worker.join();
        }
    }
}

impl<S: Source> Album<S> {
    fn batch(&self, step: u64) -> Batch {
        let size = self.options.batch as u64;
        batch((step * size..(step + 1) * size).map(|i| self.sample(i)))
    }

    fn sample(&self, i: u64) -> Sample {
        let newest = i / self.options.shows.max(1) + FIRST;
        let oldest = newest.saturating_sub(WINDOW);
        let seed = scramble(self.options.seed ^ scramble(i));
        let chosen = oldest + scramble(seed) % (newest - oldest);
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            // Other workers may be a few batches behind: forget with a margin.
            *slots = slots.split_off(&oldest.saturating_sub(self.options.batch as u64 * 8));
            Arc::clone(slots.entry(chosen).or_default())
        };
        view(slot.get_or_init(|| self.source.draw(chosen)), seed)
    }
}

/// Prepares samples for the network.
pub fn batch(samples: impl Iterator<Item = Sample>) -> Batch {
    let (mut data, mut labels) = (Vec::new(), Vec::new());
    for sample in samples {
        data.extend(input_planes(&sample.rgb));
        labels.push(sample.label);
    }
    Batch {
        input: Array::new(&[labels.len(), 3, INPUT, INPUT], data),
        labels,
    }
}

/// Prepares pictures for the network.
pub fn inputs(pictures: &[&RgbImage]) -> Array {
    let data = pictures.iter().flat_map(|p| input_planes(p)).collect();
    Array::new(&[pictures.len(), 3, INPUT, INPUT], data)
}

#[cfg(test)]
mod tests {
    use super::super::toy::Toys;
    use super::*;

    fn feed(threads: usize, first: u64) -> Feed {
        Feed::start(
            Toys { seed: 1 },
            FeedOptions {
                seed: 2,
                batch: 2,
                shows: 3,
                threads,
            },
            first,
        )
    }

    #[test]
    fn batches_do_not_depend_on_threads_or_on_where_the_run_began() {
        let mut one = feed(1, 0);
        let all: Vec<_> = (0..5).map(|_| one.next_batch().unwrap().input).collect();
        let mut three = feed(3, 2);
        for want in &all[2..] {
            assert!(*want == three.next_batch().unwrap().input);
        }
        assert!(all[0] != all[1]);
    }
}
