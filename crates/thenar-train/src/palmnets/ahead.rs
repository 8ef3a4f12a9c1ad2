//! Batches prepared while the step before them is at work.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use rayon::ThreadPoolBuilder;

use super::feed::{Batch, Feed};
use super::teacher::Teacher;
use crate::error::TrainError;

/// Batches that lie ready: what one step takes longer than usual, another makes up for.
const READY: usize = 2;

/// Batches in order of their steps, from threads of their own: those that compute gradients do not wait for them.
#[derive(Debug)]
pub struct Ahead {
    batches: Option<Receiver<Result<Batch, TrainError>>>,
    worker: Option<JoinHandle<()>>,
}

impl Ahead {
    /// Starts to prepare the batch of step `first` and those after it on `threads` threads. A teacher gives the aims instead
    /// of labels.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(
        feed: Arc<Feed>,
        teacher: Option<Teacher>,
        first: u64,
        threads: usize,
    ) -> Result<Self, TrainError> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.max(1))
            .thread_name(|i| format!("batch {i}"))
            .build()
            .map_err(|e| TrainError::Argument(format!("--threads {threads}: {e}")))?;
        let (sender, batches) = sync_channel(READY);
        let worker = std::thread::spawn(move || {
            for step in first.. {
                let mut batch = pool.install(|| feed.batch(step));
                // Outside of the pool, whose threads the teacher's network must not wait for.
                let taught = teacher.as_ref().map(|t| t.aims(&batch.images)).transpose();
                let batch = taught.map(|aims| {
                    batch.aims = aims.unwrap_or(batch.aims);
                    batch
                });
                if sender.send(batch).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            batches: Some(batches),
            worker: Some(worker),
        })
    }

    /// The batch of the next step.
    ///
    /// # Errors
    /// When a thread has died or the teacher fails.
    pub fn next_batch(&mut self) -> Result<Batch, TrainError> {
        let next = self.batches.as_ref().and_then(|b| b.recv().ok());
        let stopped = "a thread that prepares batches stopped; see above";
        next.ok_or_else(|| TrainError::Argument(stopped.into()))?
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        // Without a receiver the worker ends with the batch it is at.
        self.batches = None;
        if let Some(worker) = self.worker.take() {
            // Its panic has been printed; there is nothing to add.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawn::Palms;
    use super::super::feed::Source;
    use super::*;

    #[test]
    fn batches_do_not_depend_on_threads_or_on_where_the_run_began() {
        let feed = Arc::new(Feed::new(Source::Drawn(Palms::new(3, 1)), 1, 2));
        let ahead = |first, threads| Ahead::start(Arc::clone(&feed), None, first, threads).unwrap();
        let mut one = ahead(0, 1);
        let all: Vec<Batch> = (0..5).map(|_| one.next_batch().unwrap()).collect();
        let mut three = ahead(2, 3);
        for want in &all[2..] {
            assert!(*want == three.next_batch().unwrap());
        }
        assert!(all[0] != all[1]);
    }
}
