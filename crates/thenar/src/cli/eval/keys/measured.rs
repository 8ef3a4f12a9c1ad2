//! One length of code: all pairs compared, and what follows.

use std::fmt;

use rayon::prelude::*;
use serde::Serialize;
use thenar::PipelineError;
use thenar_eval::keys::{Bias, Choice, Code, Distances, WrongBits, as_published, bias, choose};
use thenar_eval::{Polarity, Sample, compare};
use thenar_key::{CodeParams, CommitParams, PalmHash};

use super::super::super::error::CliError;
use super::super::super::progress;
use super::super::super::session::Session;
use super::super::matcher::Fastest;
use super::super::template::{Enrolled, Probe};
use super::plan::Size;
use super::{Numbers, one_of_each};

/// What was measured at one length.
#[derive(Serialize)]
pub(super) struct Length {
    #[serde(flatten, serialize_with = "size")]
    pub size: Size,
    /// Genuine and impostor comparisons that failed to acquire.
    pub failed: [u64; 2],
    pub wrong_bits: Distances,
    /// What palms have in common; null for too few.
    pub bias: Option<Bias>,
    /// The code by the paper's rule.
    pub published_rule: Option<Code>,
    /// The code that leaves most work at the wanted rate.
    pub recommended: Option<Choice>,
    #[serde(skip)]
    pub wrong: WrongBits,
}

fn size<S: serde::Serializer>(size: &Size, to: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeStruct;
    let mut fields = to.serialize_struct("Size", 2)?;
    fields.serialize_field("bits", &size.bits)?;
    fields.serialize_field("copies", &size.copies)?;
    fields.end()
}

impl Length {
    /// Compares every enrolled palm with every probe.
    pub(super) fn measure(
        session: &Session,
        gallery: &[Sample<Numbers>],
        probes: &[Sample<Probe>],
        size: Size,
        wanted: f64,
    ) -> Result<Self, CliError> {
        let hashed: Result<Vec<_>, CliError> = gallery
            .par_iter()
            .map(|sample| {
                let hash = sample.data.as_ref().map(|numbers| hash(numbers, size));
                Ok(Sample {
                    path: sample.path.clone(),
                    label: sample.label.clone(),
                    data: hash.transpose()?.map(Enrolled::Hash),
                })
            })
            .collect();
        let hashed = hashed?;
        let bar = progress::bar(&session.out, "comparing", probes.len() as u64);
        let matcher = Fastest::new(&hashed, probes);
        let tally = WrongBits::new(size.bits.into());
        let step = |done: usize| bar.inc(done as u64);
        let outcome = compare(&hashed, probes, Polarity::Distance, &matcher, &tally, step)?;
        bar.finish_and_clear();

        let wrong = outcome.scores;
        let wrong_bits = wrong.distances()?;
        let bias = common(gallery, size)?;
        let (codes, told) = (size.codes(), bias.map_or(0.0, |bias| bias.told));
        Ok(Self {
            size,
            failed: wrong.failed(),
            published_rule: as_published(&codes, size.bits.into(), &wrong_bits),
            recommended: choose(&codes, &wrong, (size.copies.into(), told), wanted),
            wrong_bits,
            bias,
            wrong,
        })
    }
}

/// numbers ─► palm hash, as a key with codewords of this size makes it.
fn hash(numbers: &[i32], size: Size) -> Result<PalmHash, CliError> {
    // Of the code only its length matters.
    let code = CodeParams {
        n: size.bits,
        ..CodeParams::DEFAULT
    };
    let params = CommitParams {
        code,
        copies: size.copies,
        ..CommitParams::default()
    };
    PalmHash::new(numbers, &params).map_err(|error| CliError::Model(PipelineError::from(error)))
}

/// What the palms of the gallery have in common, by one enrolment of each.
fn common(gallery: &[Sample<Numbers>], size: Size) -> Result<Option<Bias>, CliError> {
    let palms = one_of_each(gallery);
    let numbers = palms.first().map_or(0, |numbers| numbers.len());
    let chosen = palms.iter().map(|numbers| {
        let hash = hash(numbers, size)?;
        Ok(hash.chosen().collect())
    });
    let chosen: Result<Vec<_>, CliError> = chosen.collect();
    Ok(bias(&chosen?, numbers, size.copies.into()))
}

impl fmt::Display for Size {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{}x{}", self.bits, self.copies)
    }
}
