//! How well a network tells palms apart that it has not been trained on.

use faer::MatRef;
use serde::Serialize;

use super::feed::inputs;
use super::list::Album;
use super::{Extractor, PalmNet};
use crate::backend::Backend;
use crate::eer::equal_error_rate;
use crate::engine::infer;
use crate::error::TrainError;
use crate::params::Weights;

/// Images that go through the network together.
const TOGETHER: usize = 50;

/// Enrolled palms and probes.
#[derive(Debug)]
pub struct Examination {
    gallery: Album,
    probe: Album,
}

/// What an examination gave; every probe is compared with every image of the gallery.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scores {
    /// Equal error rate, 0–1.
    pub eer: f64,
    /// Share of probes whose nearest gallery image is of the same palm.
    pub rank1: f64,
    /// Comparisons of the same palm.
    pub genuine: usize,
    /// Comparisons of different palms.
    pub impostor: usize,
}

impl Examination {
    /// Compares `probe` with `gallery`; labels mean the same palm in both.
    ///
    /// # Errors
    /// When no palm is in both, or no two palms differ.
    pub fn new(gallery: Album, probe: Album) -> Result<Self, TrainError> {
        let shared = probe.names.iter().any(|n| gallery.names.contains(n));
        let differ = gallery.names.len() > 1 || probe.names.iter().any(|n| *n != gallery.names[0]);
        if !(shared && differ) {
            let needed = "gallery and probe need a label in common and one that differs";
            return Err(TrainError::Argument(needed.into()));
        }
        Ok(Self { gallery, probe })
    }

    /// Grades a network whose weights begin with those of `net`.
    ///
    /// # Errors
    /// When the framework fails.
    pub fn grade<N: PalmNet>(
        &self,
        backend: Backend,
        net: &N,
        weights: &[Weights],
    ) -> Result<Scores, TrainError> {
        let length = net.length();
        let gallery = features(backend, net, weights, &self.gallery.images)?;
        let probe = features(backend, net, weights, &self.probe.images)?;
        let gallery_matrix =
            MatRef::from_row_major_slice(&gallery, self.gallery.labels.len(), length);
        let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
        let mut right = 0;
        // A block of probes at a time: all scores of 6000 × 6000 images are 144 MB, their matrix as much again.
        for (rows, block) in probe.chunks(TOGETHER * length).enumerate() {
            let probes = MatRef::from_row_major_slice(block, block.len() / length, length);
            let scores = probes * gallery_matrix.transpose();
            for i in 0..scores.nrows() {
                let label = self.probe.labels[rows * TOGETHER + i];
                let name = &self.probe.names[label];
                let same = self.gallery.names.iter().position(|n| n == name);
                let mut best = (f32::MIN, false);
                for (j, &other) in self.gallery.labels.iter().enumerate() {
                    let mated = Some(other) == same;
                    let score = scores[(i, j)];
                    if mated { &mut genuine } else { &mut impostor }.push(score);
                    if score > best.0 {
                        best = (score, mated);
                    }
                }
                right += usize::from(best.1);
            }
        }
        let counts = (genuine.len(), impostor.len());
        Ok(Scores {
            eer: equal_error_rate(genuine, impostor),
            rank1: right as f64 / self.probe.labels.len() as f64,
            genuine: counts.0,
            impostor: counts.1,
        })
    }
}

/// Features of norm 1, one row per image.
fn features<N: PalmNet>(
    backend: Backend,
    net: &N,
    weights: &[Weights],
    images: &[Vec<u8>],
) -> Result<Vec<f32>, TrainError> {
    let network = Extractor(net.clone());
    let mut rows = Vec::with_capacity(images.len() * net.length());
    for images in images.chunks(TOGETHER) {
        let outputs = infer(backend, &network, weights, &inputs(images))?;
        rows.extend_from_slice(&outputs[0].data);
    }
    Ok(rows)
}
