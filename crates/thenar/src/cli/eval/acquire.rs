//! Every image of a list, in parallel.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use thenar::{Photo, PipelineError};
use thenar_eval::{List, ListEntry, Sample};
use thenar_image::{Roi, RoiFrame};
use thenar_net::{Localizer, Problem, spread};

use super::super::args::Input;
use super::super::error::CliError;
use super::super::progress;
use super::super::session::Session;

/// From an image to its region of interest; one for all threads.
pub(super) struct Regions {
    localizer: Option<Localizer>,
    /// How many photos were not good enough, by problem.
    rejected: Mutex<BTreeMap<&'static str, u64>>,
}

impl Regions {
    pub(super) fn new(input: Input) -> Result<Self, CliError> {
        let localizer = match input {
            Input::Photo => Some(Localizer::shipped()?),
            Input::Roi => None,
        };
        Ok(Self {
            localizer,
            rejected: Mutex::default(),
        })
    }

    /// The region, or `None` when the photo is not good enough: a failure to acquire.
    fn of(&self, photo: &Photo) -> Result<Option<Roi>, PipelineError> {
        let Some(localizer) = &self.localizer else {
            return Ok(Some(Roi::from_rgb(photo.rgb())?));
        };
        let hand = localizer.locate(photo.rgb())?;
        let frame = RoiFrame::from_key_points(&hand.points);
        let problem = match (hand.problem, frame) {
            (None, Ok(frame)) => return Ok(Some(Roi::cut_photo(photo.rgb(), &frame))),
            (problem, _) => problem.unwrap_or(Problem::PalmNotPresent),
        };
        if let Ok(mut rejected) = self.rejected.lock() {
            *rejected.entry(problem.name()).or_default() += 1;
        }
        Ok(None)
    }

    /// Says on stderr why photos were not taken.
    pub(super) fn report(&self, session: &Session) {
        let Ok(rejected) = self.rejected.lock() else {
            return;
        };
        if rejected.is_empty() {
            return;
        }
        let reasons: Vec<String> = rejected
            .iter()
            .map(|(problem, count)| format!("{count} {problem}"))
            .collect();
        session
            .out
            .note(&format!("failures to acquire: {}", reasons.join(", ")));
    }
}

/// What `make` makes of the region of every image in the list; failures to acquire have no data.
pub(super) fn all<T: Send>(
    session: &Session,
    what: &'static str,
    list: &List,
    root: &Path,
    regions: &Regions,
    make: impl Fn(&Roi) -> Result<T, CliError> + Sync,
) -> Result<Vec<Sample<T>>, CliError> {
    check_files(list, root)?;
    let bar = progress::bar(&session.out, what, list.entries.len() as u64);
    let one = |entry: &ListEntry| {
        let failed = |problem: String| CliError::ListImage {
            list: list.path.clone(),
            line: entry.line,
            problem,
        };
        let photo = Photo::open(root.join(&entry.path)).map_err(|e| failed(e.to_string()))?;
        let region = regions
            .of(&photo)
            .map_err(|e| failed(format!("{}: {e}", entry.path)))?;
        let data = region.as_ref().map(&make).transpose()?;
        bar.inc(1);
        Ok(Sample::new(entry, data))
    };
    let samples: Vec<Result<Sample<T>, CliError>> = spread(&list.entries, one);
    bar.finish_and_clear();
    // The first error by line, whichever thread came first.
    samples.into_iter().collect()
}

/// Names the first image that is not there, before hours are spent on the others.
fn check_files(list: &List, root: &Path) -> Result<(), CliError> {
    for entry in &list.entries {
        let path = root.join(&entry.path);
        if !path.is_file() {
            return Err(CliError::ListImage {
                list: list.path.clone(),
                line: entry.line,
                problem: format!("{}: no such file", path.display()),
            });
        }
    }
    Ok(())
}
