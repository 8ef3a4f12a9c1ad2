//! The published palm networks.
//!
//! A [`PalmNet`] describes a network up to its feature. [`Extractor`] is what runs in use: the feature with norm 1.
//! [`Learner`] is what is trained: cosines between the feature and one direction per identity, and the vector that the
//! contrastive loss compares. Layers carry the names of the published PyTorch modules, so that checkpoints can be read.

pub mod ahead;
mod attention;
pub mod augment;
mod ccnet;
mod co3net;
mod compnet;
pub mod drawn;
pub mod feed;
pub mod list;
pub mod loss;
mod parts;
pub mod schedule;
pub mod settings;
pub mod start;
pub mod teacher;
pub mod train;
pub mod validate;

pub use ccnet::CcNet;
pub use co3net::Co3Net;
pub use compnet::CompNet;

use crate::graph::{Axis, Network, Ops};
use crate::layers::Dense;

/// Side of the region of interest in pixels.
pub const ROI: usize = 128;

/// Values that a palm network gives for one image.
pub struct Feature<V> {
    /// `[feature, 1, 1]`, not normalised.
    pub feature: V,
    /// What is joined in front of it for the contrastive loss, if anything.
    pub hidden: Option<V>,
}

/// A palm network up to its feature.
pub trait PalmNet: Clone + Send + Sync {
    /// Its name in checkpoints and ONNX files.
    const NAME: &'static str;
    /// Name of its layer of class directions in published checkpoints.
    const HEAD: &'static str;
    /// Share of the feature set to zero while learning.
    const DROPOUT: f32;

    /// As published.
    fn published() -> Self;
    /// With the widths of fully connected layers that `width` tells by name; `None` when it does not know one.
    fn of_widths(width: impl Fn(&str) -> Option<usize>) -> Option<Self>;
    /// Length of the feature.
    fn length(&self) -> usize;
    /// What the convolutions read from the image `[1, 128, 128]`, as one vector.
    fn read<O: Ops>(&self, ops: &mut O, image: &O::Value) -> O::Value;
    /// From what was read to the feature.
    fn project<O: Ops>(&self, ops: &mut O, read: &O::Value) -> Feature<O::Value>;
}

/// A palm network up to what its convolutions read.
#[derive(Clone, Debug)]
struct Reader<N>(N);

impl<N: PalmNet> Network for Reader<N> {
    const NAME: &'static str = N::NAME;
    const OUTPUTS: &'static [(&'static str, bool)] = &[("read", true)];

    fn input(&self) -> [usize; 3] {
        [1, ROI, ROI]
    }

    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let image = ops.standardise(&input);
        vec![self.0.read(ops, &image)]
    }
}

/// A palm network in use.
#[derive(Clone, Debug)]
pub struct Extractor<N>(
    /// The network.
    pub N,
);

impl<N: PalmNet> Network for Extractor<N> {
    const NAME: &'static str = N::NAME;
    const INPUT: &'static str = "roi";
    const OUTPUTS: &'static [(&'static str, bool)] = &[("feature", true)];

    fn input(&self) -> [usize; 3] {
        [1, ROI, ROI]
    }

    /// # Shapes
    /// `[N, 1, 128, 128]`, grey 0–1 → `[N, length]`, norm 1.
    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let image = ops.standardise(&input);
        let read = self.0.read(ops, &image);
        let out = self.0.project(ops, &read);
        vec![ops.unit(&out.feature)]
    }
}

/// A palm network that learns to tell `classes` identities apart.
#[derive(Clone, Debug)]
pub struct Learner<N> {
    /// The network.
    pub net: N,
    /// Identities.
    pub classes: usize,
    /// Gives the plain feature as `contrast`, for [`loss::contrastive_of_tanh`].
    pub plain: bool,
}

impl<N: PalmNet> Network for Learner<N> {
    const NAME: &'static str = N::NAME;
    const OUTPUTS: &'static [(&'static str, bool)] = &[("cosines", true), ("contrast", true)];

    fn input(&self) -> [usize; 3] {
        [1, ROI, ROI]
    }

    /// # Shapes
    /// `[N, 1, 128, 128]`, standardised ([`augment::normalise`]) → cosines `[N, classes]`; contrast
    /// `[N, length (+ hidden)]`, norm 1, or plain `[N, length]`.
    fn build<O: Ops>(&self, ops: &mut O, input: O::Value) -> Vec<O::Value> {
        let read = self.net.read(ops, &input);
        let out = self.net.project(ops, &read);
        let dropped = ops.dropout(&out.feature, N::DROPOUT);
        let unit = ops.unit(&dropped);
        let head = Dense::cosines(N::HEAD, self.net.length(), self.classes);
        let cosines = ops.dense(&unit, head);
        if self.plain {
            return vec![cosines, out.feature];
        }
        let joined = match &out.hidden {
            Some(hidden) => ops.concat(&[hidden, &out.feature], Axis::Channel),
            None => out.feature,
        };
        vec![cosines, ops.unit(&joined)]
    }
}
