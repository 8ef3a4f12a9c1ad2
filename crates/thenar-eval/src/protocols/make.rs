//! Closed set, open set and cross-set protocols from one list or two sessions.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::split::file_name;
use super::{Role, Setting, Split, Subjects, plain_path};
use crate::{EvalError, List, ListEntry};

/// The streams of random numbers, so that one choice does not change the other.
const PEOPLE: u64 = 0;
const SAMPLES: u64 = 1;

/// The samples of a data set, and which of them are enrolled.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// One list: the first samples of each label are the gallery, the rest are probes.
    One {
        /// All samples.
        list: &'a List,
        /// Gallery samples of a label, at least 1. A label with no more than these has no probe.
        enrolled: usize,
    },
    /// Two sessions: the first is the gallery, the second the probes. Labels mean the same in both.
    Sessions {
        /// Session of the gallery.
        gallery: &'a List,
        /// Session of the probes.
        probe: &'a List,
    },
}

/// Who is a person, and in which order people and samples are taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Which labels are one person. An open split never parts the palms of one person.
    pub subjects: Subjects,
    /// `None`: the order of the lists. Otherwise people, and the samples of a label, are taken in an order drawn from
    /// this seed; the same on every platform.
    pub seed: Option<u64>,
}

/// Gallery and probes of one data set; the extractor learns from the gallery (the protocol of most palmprint papers).
///
/// # Errors
/// [`EvalError::Protocol`] when a file is listed twice, `enrolled` is 0, or no probe is left.
pub fn closed_set(source: &Source<'_>, order: &Order) -> Result<Split, EvalError> {
    let samples = roles(source, order)?;
    split(Setting::Closed, None, &samples)
}

/// Some people for training, the others for the test.
///
/// The training takes all samples of round(`train_share` × people) people, but at least of one, and leaves at least
/// one: the first in the order of the lists (first session first), or drawn where [`Order::seed`] says so.
///
/// # Errors
/// As [`closed_set`], and when `train_share` is not inside 0..1 or there are fewer than two people.
pub fn open_set(source: &Source<'_>, train_share: f64, order: &Order) -> Result<Split, EvalError> {
    if !(train_share > 0.0 && train_share < 1.0) {
        return Err(problem(format!(
            "training share {train_share}, expected more than 0 and less than 1"
        )));
    }
    let mut samples = roles(source, order)?;
    let mut seen = HashSet::new();
    let mut people: Vec<_> = samples
        .iter()
        .map(|sample| order.subjects.of(&sample.entry.label))
        .filter(|person| seen.insert(person.clone()))
        .collect();
    if people.len() < 2 {
        let found = people.len();
        return Err(problem(format!(
            "{found} people in the lists, an open set needs at least 2"
        )));
    }
    if let Some(mut rng) = order.random(PEOPLE) {
        people.shuffle(&mut rng);
    }
    let wanted = (train_share * people.len() as f64).round() as usize;
    let trained: HashSet<_> = people.drain(..wanted.clamp(1, people.len() - 1)).collect();
    for sample in &mut samples {
        if trained.contains(&order.subjects.of(&sample.entry.label)) {
            sample.role = Role::Train;
        }
    }
    let of_train = samples.iter().filter(|s| s.role == Role::Train);
    let train = of_train.map(|s| (s.entry.path.as_str(), s.entry.label.as_str()));
    let train = list(Role::Train, train)?;
    split(Setting::Open, Some(train), &samples)
}

/// Training on one data set, test on another.
///
/// Both sets count their palms from 0, and their files too. So each set has a name, under which its paths and labels
/// stand in the lists: palm `7` of `tongji` becomes `tongji:7`, its file `a.png` becomes `tongji/a.png`.
///
/// # Errors
/// As [`closed_set`]; also when the names are equal, empty, or hold anything but letters, digits, `-` and `_`, when
/// [`Subjects::Before`] would cut a name, and [`EvalError::Line`] for a path that starts at the root.
pub fn cross_set(
    train: (&str, &List),
    test: (&str, &Source<'_>),
    order: &Order,
) -> Result<Split, EvalError> {
    check_names(train.0, test.0, &order.subjects)?;
    let trained = renamed(train.0, train.1)?;
    let of_train = trained.entries.iter();
    let of_train = list(
        Role::Train,
        of_train.map(|e| (e.path.as_str(), e.label.as_str())),
    )?;
    let tested = |source: &Source<'_>, lists: &[&List]| {
        once_each(lists)?;
        split(Setting::Open, Some(of_train), &roles(source, order)?)
    };
    match *test.1 {
        Source::One { list, enrolled } => {
            let list = &renamed(test.0, list)?;
            tested(&Source::One { list, enrolled }, &[&trained, list])
        }
        Source::Sessions { gallery, probe } => {
            let gallery = &renamed(test.0, gallery)?;
            let probe = &renamed(test.0, probe)?;
            let source = Source::Sessions { gallery, probe };
            tested(&source, &[&trained, gallery, probe])
        }
    }
}

/// The names of two data sets must tell their palms, files and people apart.
fn check_names(train: &str, test: &str, subjects: &Subjects) -> Result<(), EvalError> {
    for name in [train, test] {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if name.is_empty() || !name.chars().all(plain) {
            return Err(problem(format!(
                "name {name:?} of a data set, expected letters, digits, - and _"
            )));
        }
        if let Subjects::Before(end) = subjects
            && (name.contains(*end) || *end == ':')
        {
            return Err(problem(format!(
                "{end:?} ends the name of a person, so it cannot stand in {name:?}, the name of a data set"
            )));
        }
    }
    if train == test {
        return Err(problem(format!(
            "both data sets are called {train:?}, expected two names"
        )));
    }
    Ok(())
}

impl Order {
    fn random(&self, stream: u64) -> Option<ChaCha8Rng> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed?);
        rng.set_stream(stream);
        Some(rng)
    }
}

/// A sample and what it is for.
struct Placed<'a> {
    role: Role,
    entry: &'a ListEntry,
}

/// Gallery and probes of a source, in the order of its lists.
fn roles<'a>(source: &Source<'a>, order: &Order) -> Result<Vec<Placed<'a>>, EvalError> {
    match *source {
        Source::Sessions { gallery, probe } => {
            once_each(&[gallery, probe])?;
            let of = |role, list: &'a List| {
                let placed = move |entry| Placed { role, entry };
                list.entries.iter().map(placed)
            };
            Ok(of(Role::Gallery, gallery)
                .chain(of(Role::Probe, probe))
                .collect())
        }
        Source::One { list, enrolled } => {
            once_each(&[list])?;
            if enrolled == 0 {
                return Err(problem(
                    "0 gallery samples of a label, expected at least 1".into(),
                ));
            }
            Ok(first_of_each(list, enrolled, order))
        }
    }
}

/// The first `enrolled` samples of each label are the gallery.
fn first_of_each<'a>(list: &'a List, enrolled: usize, order: &Order) -> Vec<Placed<'a>> {
    let probe = |entry| Placed {
        role: Role::Probe,
        entry,
    };
    let mut samples: Vec<Placed<'a>> = list.entries.iter().map(probe).collect();
    let mut turns: Vec<usize> = (0..samples.len()).collect();
    if let Some(mut rng) = order.random(SAMPLES) {
        turns.shuffle(&mut rng);
    }
    let mut taken: HashMap<&str, usize> = HashMap::new();
    for turn in turns {
        let taken = taken.entry(&samples[turn].entry.label).or_default();
        if *taken < enrolled {
            samples[turn].role = Role::Gallery;
            *taken += 1;
        }
    }
    samples
}

/// A file that is listed twice would stand in two roles, or under two labels.
fn once_each(lists: &[&List]) -> Result<(), EvalError> {
    let mut seen: HashMap<String, (&Path, usize)> = HashMap::new();
    for list in lists {
        for entry in &list.entries {
            let here = (list.path.as_path(), entry.line);
            if let Some((first, line)) = seen.insert(plain_path(&entry.path), here) {
                return Err(problem(format!(
                    "{:?} is listed twice, {} line {line} and {} line {}",
                    entry.path,
                    first.display(),
                    list.path.display(),
                    entry.line
                )));
            }
        }
    }
    Ok(())
}

/// The list with the name of its data set before each path and label.
fn renamed(set: &str, list: &List) -> Result<List, EvalError> {
    if let Some(entry) = list
        .entries
        .iter()
        .find(|e| e.path.starts_with(['/', '\\']))
    {
        return Err(EvalError::line(
            &list.path,
            entry.line,
            format!(
                "{:?} starts at the root, expected a path inside the folder of {set}",
                entry.path
            ),
        ));
    }
    let samples: Vec<(String, String)> = list
        .entries
        .iter()
        .map(|e| (format!("{set}/{}", e.path), format!("{set}:{}", e.label)))
        .collect();
    let mut named = List::from_samples(
        &list.path,
        samples.iter().map(|(p, l)| (p.as_str(), l.as_str())),
    )?;
    // Errors are to name the lines of the file that was given.
    for (entry, source) in named.entries.iter_mut().zip(&list.entries) {
        entry.line = source.line;
    }
    Ok(named)
}

fn split(
    setting: Setting,
    train: Option<List>,
    samples: &[Placed<'_>],
) -> Result<Split, EvalError> {
    let of = |role: Role| {
        let samples = samples.iter().filter(move |s| s.role == role);
        list(
            role,
            samples.map(|s| (s.entry.path.as_str(), s.entry.label.as_str())),
        )
    };
    Ok(Split {
        setting,
        train,
        gallery: of(Role::Gallery)?,
        probe: of(Role::Probe)?,
    })
}

fn list<'a>(
    role: Role,
    samples: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<List, EvalError> {
    let mut samples = samples.peekable();
    if samples.peek().is_none() {
        return Err(problem(format!(
            "no sample is left for the {} list",
            role.name()
        )));
    }
    List::from_samples(Path::new(&file_name(role)), samples)
}

fn problem(problem: String) -> EvalError {
    EvalError::Protocol { problem }
}
