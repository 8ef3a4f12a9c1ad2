//! Every image of a list, in parallel: from the file to what is enrolled, or to what is compared with it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};
use thenar::{Feature, Photo, ROI_PREPROCESSING};
use thenar_eval::{List, ListEntry, Sample};
use thenar_image::{Roi, RoiFrame};
use thenar_net::{Localizer, Problem, models, spread};

use super::super::args::Input;
use super::super::error::CliError;
use super::super::output::hex;
use super::super::progress;
use super::super::session::Session;
use super::cache::{Cache, Entry, Kept, Key, key};
use super::maker::{Maker, Role};
use super::protection::Protection;
use super::template::{Enrolled, Probe};

/// From an image to its region of interest; one for all threads.
pub(super) struct Regions {
    localizer: Option<Localizer>,
}

impl Regions {
    pub(super) fn new(input: Input) -> Result<Self, CliError> {
        let localizer = match input {
            Input::Photo => Some(Localizer::shipped()?),
            Input::Roi => None,
        };
        Ok(Self { localizer })
    }

    /// The region, or what is wrong with the photo: a failure to acquire.
    pub(super) fn of(&self, photo: &Photo) -> Result<Result<Roi, Problem>, CliError> {
        let Some(localizer) = &self.localizer else {
            let region = Roi::from_rgb(photo.rgb());
            return Ok(Ok(region
                .map_err(thenar::PipelineError::from)
                .map_err(CliError::Model)?));
        };
        let hand = localizer.locate(photo.rgb())?;
        Ok(
            match (hand.problem, RoiFrame::from_key_points(&hand.points)) {
                (None, Ok(frame)) => Ok(Roi::cut_photo(photo.rgb(), &frame)),
                (problem, _) => Err(problem.unwrap_or(Problem::PalmNotPresent)),
            },
        )
    }

    /// Names what a region depends on.
    fn stage(&self) -> String {
        match self.localizer {
            Some(_) => {
                let digest = Sha256::digest(models::LOCALIZER);
                let digest = hex(&digest);
                format!("photo {ROI_PREPROCESSING} {digest}")
            }
            None => format!("roi {ROI_PREPROCESSING}"),
        }
    }
}

/// Makes samples of lists.
pub(super) struct Acquirer<'a> {
    session: &'a Session,
    root: &'a Path,
    regions: &'a Regions,
    maker: &'a Maker,
    cache: Option<&'a Cache>,
    /// How many photos were not good enough, by problem.
    rejected: Mutex<BTreeMap<String, u64>>,
}

/// Images of one palm that become one sample, and the list they stand in.
struct Unit<'a> {
    list: &'a List,
    entries: Vec<&'a ListEntry>,
}

impl Unit<'_> {
    fn label(&self) -> &str {
        &self.entries[0].label
    }
}

/// How units of one token become samples.
struct Making {
    role: Role,
    stage: String,
    under: Arc<Protection>,
}

impl<'a> Acquirer<'a> {
    pub(super) fn new(
        session: &'a Session,
        root: &'a Path,
        regions: &'a Regions,
        maker: &'a Maker,
        cache: Option<&'a Cache>,
    ) -> Self {
        Self {
            session,
            root,
            regions,
            maker,
            cache,
            rejected: Mutex::default(),
        }
    }

    /// The gallery: each image enrolled alone, or all images of a label together.
    pub(super) fn gallery(
        &self,
        list: &List,
        together: bool,
    ) -> Result<Vec<Sample<Enrolled>>, CliError> {
        let (role, units) = enrolments(list, together);
        self.samples("gallery", role, &units, |kept, under| {
            self.maker.enrolled(kept, under)
        })
    }

    /// The features that the gallery is made of, before anything is made of them.
    pub(super) fn features(
        &self,
        list: &List,
        together: bool,
    ) -> Result<Vec<Sample<Feature>>, CliError> {
        let (role, units) = enrolments(list, together);
        self.samples("gallery", role, &units, |kept, _| {
            Ok(self.maker.feature(kept))
        })
    }

    /// The probes, each image alone.
    pub(super) fn probes(&self, list: &List) -> Result<Vec<Sample<Probe>>, CliError> {
        let units = one_by_one(list);
        self.samples("probe", Role::Probe, &units, |kept, under| {
            Ok(self.maker.probed(kept, under))
        })
    }

    /// How many photos were not good enough, by problem.
    pub(super) fn rejected(&self) -> BTreeMap<String, u64> {
        self.rejected
            .lock()
            .unwrap_or_else(|e| e.into_inner())
            .clone()
    }

    /// `finish` makes the datum of what is kept; `None` for something that was never kept for it.
    fn samples<T: Send>(
        &self,
        what: &'static str,
        role: Role,
        units: &[Unit<'_>],
        finish: impl Fn(Kept, &Protection) -> Result<Option<T>, CliError> + Sync,
    ) -> Result<Vec<Sample<T>>, CliError> {
        let bar = progress::bar(&self.session.out, what, units.len() as u64);
        // A token of its own is costly for some schemes, so it is made once, for all units of its label.
        let together = match self.maker.is_by_label() {
            true => places_by_label(units),
            false => (0..units.len()).map(|place| vec![place]).collect(),
        };
        let one = |places: &Vec<usize>| {
            let label = units[places[0]].label();
            let making = Making {
                role,
                stage: format!("{} {}", self.regions.stage(), self.maker.stage(role, label)),
                under: match self.maker.under(role, label) {
                    Ok(under) => under,
                    Err(error) => return vec![(places[0], Err(error))],
                },
            };
            let sample = |&place: &usize| {
                let unit = &units[place];
                let data = self.datum(unit, &making, &finish);
                bar.inc(1);
                (place, data.map(|data| Sample::new(unit.entries[0], data)))
            };
            places.iter().map(sample).collect::<Vec<_>>()
        };
        let mut samples: Vec<(usize, Result<Sample<T>, CliError>)> =
            spread(&together, one).into_iter().flatten().collect();
        bar.finish_and_clear();
        if let Some(cache) = self.cache {
            cache.flush()?;
        }
        // The first error by line, whichever thread came first.
        samples.sort_by_key(|(place, _)| *place);
        samples.into_iter().map(|(_, sample)| sample).collect()
    }

    fn datum<T>(
        &self,
        unit: &Unit<'_>,
        making: &Making,
        finish: impl Fn(Kept, &Protection) -> Result<Option<T>, CliError>,
    ) -> Result<Option<T>, CliError> {
        let finish = |kept| finish(kept, &making.under);
        let files = unit.entries.iter().map(|e| self.read(unit.list, e));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let digests: Vec<Key> = files.iter().map(|f| Sha256::digest(f).into()).collect();
        let images = key(&digests);
        if let Some(cache) = self.cache
            && let Some(entry) = cache.get(&making.stage, &images)?
        {
            let Some(kept) = entry.kept else {
                self.count(&entry.problems);
                return Ok(None);
            };
            if let Some(datum) = finish(kept)? {
                self.count(&entry.problems);
                return Ok(Some(datum));
            }
        }
        let entry = self.make(unit, making, &files)?;
        self.count(&entry.problems);
        if let Some(cache) = self.cache {
            cache.put(&making.stage, images, &entry)?;
        }
        Ok(entry.kept.map(finish).transpose()?.flatten())
    }

    /// files ─► photos ─► regions ─► what is kept of them.
    fn make(&self, unit: &Unit<'_>, making: &Making, files: &[Vec<u8>]) -> Result<Entry, CliError> {
        let (mut regions, mut problems) = (Vec::new(), Vec::new());
        for (entry, bytes) in unit.entries.iter().zip(files) {
            let failed = |problem: String| in_list(unit.list, entry, problem);
            let photo = Photo::decode(bytes, &entry.path).map_err(|e| failed(e.to_string()))?;
            let region = self.regions.of(&photo);
            match region.map_err(|e| failed(format!("{}: {e}", entry.path)))? {
                Ok(region) => regions.push(region),
                Err(problem) => problems.push(problem.name().to_owned()),
            }
        }
        let kept = match (&regions[..], making.role) {
            ([], _) => None,
            ([region], Role::Probe) => Some(self.maker.probe(region, &making.under)?),
            (regions, _) => Some(self.maker.enrolment(regions)?),
        };
        Ok(Entry { kept, problems })
    }

    fn read(&self, list: &List, entry: &ListEntry) -> Result<Vec<u8>, CliError> {
        Photo::read(self.root.join(&entry.path)).map_err(|e| in_list(list, entry, e))
    }

    fn count(&self, problems: &[String]) {
        let mut rejected = self.rejected.lock().unwrap_or_else(|e| e.into_inner());
        for problem in problems {
            *rejected.entry(problem.clone()).or_default() += 1;
        }
    }
}

/// An error of an image, with the line it stands in.
fn in_list(list: &List, entry: &ListEntry, problem: impl ToString) -> CliError {
    CliError::ListImage {
        list: list.path.clone(),
        line: entry.line,
        problem: problem.to_string(),
    }
}

/// What is enrolled: each image alone, or all images of a label together.
fn enrolments(list: &List, together: bool) -> (Role, Vec<Unit<'_>>) {
    match together {
        true => (Role::EnrolmentTogether, by_label(list)),
        false => (Role::Enrolment, one_by_one(list)),
    }
}

fn one_by_one(list: &List) -> Vec<Unit<'_>> {
    let unit = |entry| Unit {
        list,
        entries: vec![entry],
    };
    list.entries.iter().map(unit).collect()
}

/// Which units are of each label.
fn places_by_label(units: &[Unit<'_>]) -> Vec<Vec<usize>> {
    let mut labels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, unit) in units.iter().enumerate() {
        labels.entry(unit.label()).or_default().push(place);
    }
    labels.into_values().collect()
}

/// The entries of each label together, in the order of the labels.
fn by_label(list: &List) -> Vec<Unit<'_>> {
    let mut labels: BTreeMap<&str, Vec<&ListEntry>> = BTreeMap::new();
    for entry in &list.entries {
        labels.entry(&entry.label).or_default().push(entry);
    }
    let units = labels.into_values();
    units.map(|entries| Unit { list, entries }).collect()
}

/// Names the first image that is not there, before hours are spent on the others.
pub(super) fn check_files(list: &List, root: &Path) -> Result<(), CliError> {
    for entry in &list.entries {
        let path = root.join(&entry.path);
        if !path.is_file() {
            let problem = format!("{}: no such file", path.display());
            return Err(in_list(list, entry, problem));
        }
    }
    Ok(())
}
