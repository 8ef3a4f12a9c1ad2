//! Where intermediates go, for those who want to see them.

use thenar_image::{Photo, Roi};
use thenar_key::PalmHash;
use thenar_net::Hand;
use thenar_protect::{BitTemplate, SealedRecord};

use crate::pipeline::Feature;

/// Receives each intermediate of a [`Pipeline`](crate::Pipeline).
///
/// The keys are `photo`, `hand`, `roi`, `feature`, `bits`, `record` and `hash`: the names of the stages. What arrives
/// here is biometric data in clear; keep it no longer than it is looked at. `()` is the sink that keeps nothing.
pub trait Sink {
    /// Called once per stage, in order, also for the stages before a rejection.
    fn log(&mut self, key: &'static str, value: &dyn Intermediate) {
        let _ = (key, value);
    }
}

impl Sink for () {}

/// A value a stage gives.
#[derive(Clone, Copy)]
pub enum Stage<'a> {
    /// The decoded photo.
    Photo(&'a Photo),
    /// Where the hand is.
    Hand(&'a Hand),
    /// The region of interest.
    Roi(&'a Roi),
    /// The feature, of norm 1.
    Feature(&'a [f32]),
    /// Level-1 bits.
    Bits(&'a BitTemplate),
    /// The palm hash.
    Hash(&'a PalmHash),
    /// The sealed record.
    Record(&'a SealedRecord),
}

/// Values that can be logged to a [`Sink`].
pub trait Intermediate {
    /// The value with its type made visible.
    fn stage(&self) -> Stage<'_>;
}

impl Intermediate for Photo {
    fn stage(&self) -> Stage<'_> {
        Stage::Photo(self)
    }
}

impl Intermediate for Hand {
    fn stage(&self) -> Stage<'_> {
        Stage::Hand(self)
    }
}

impl Intermediate for Roi {
    fn stage(&self) -> Stage<'_> {
        Stage::Roi(self)
    }
}

impl Intermediate for Feature {
    fn stage(&self) -> Stage<'_> {
        Stage::Feature(self)
    }
}

impl Intermediate for BitTemplate {
    fn stage(&self) -> Stage<'_> {
        Stage::Bits(self)
    }
}

impl Intermediate for PalmHash {
    fn stage(&self) -> Stage<'_> {
        Stage::Hash(self)
    }
}

impl Intermediate for SealedRecord {
    fn stage(&self) -> Stage<'_> {
        Stage::Record(self)
    }
}
