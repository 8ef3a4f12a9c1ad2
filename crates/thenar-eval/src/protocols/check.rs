//! Finds what makes the figures of a protocol worthless, before a week of computing shows it, or does not.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::{Check, Finding, FindingKind, ListSize, Role, Setting, Subjects, plain_path};
use crate::sample::{PairCounts, count_pairs};
use crate::{List, ListEntry, Sample};

/// The lists of a protocol, as far as they are there.
///
/// For one test list that is compared with itself, give it as gallery and as probe: every pair is then counted in both
/// directions, and no file with itself.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// May the people of the training be tested?
    pub setting: Setting,
    /// What the extractor learns from; `None` where its weights are from elsewhere.
    pub train: Option<&'a List>,
    /// Enrolled.
    pub gallery: Option<&'a List>,
    /// Compared with the gallery.
    pub probe: Option<&'a List>,
}

impl<'a> Lists<'a> {
    fn given(&self) -> impl Iterator<Item = (Role, &'a List)> {
        [
            (Role::Train, self.train),
            (Role::Gallery, self.gallery),
            (Role::Probe, self.probe),
        ]
        .into_iter()
        .filter_map(|(role, list)| Some((role, list?)))
    }
}

/// Checks the lists of a protocol against each other; opens no image.
///
/// Files are the same when their paths are, however they are spelled (`./a//b`, `a\b`); people are told by `subjects`.
/// Takes time and memory in proportion to the lists.
#[must_use]
pub fn check(lists: &Lists<'_>, subjects: &Subjects) -> Check {
    let files = Files::new(lists);
    let labels = Labels::new(lists);
    let pairs = pairs(lists);
    let mut findings: Vec<Finding> = [
        labels.leaked_people(lists.setting, subjects),
        files.leaked(lists.setting),
        files.compared_with_themselves(),
        files.two_labels(),
        files.duplicates(),
        files.shared(),
        labels.single(&files),
        labels.without_mate(lists),
        labels.untrained(lists),
        labels.alike(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if lists.gallery.is_some() && lists.probe.is_some() {
        let none = |count, kind| (count == 0).then(|| Finding::whole(kind));
        findings.extend(none(pairs.genuine, FindingKind::NoGenuinePair));
        findings.extend(none(pairs.impostor, FindingKind::NoImpostorPair));
    }
    findings.sort_by_key(|finding| (finding.kind.severity(), finding.kind));
    Check {
        setting: lists.setting,
        lists: lists
            .given()
            .map(|(role, list)| ListSize::of(role, list, subjects))
            .collect(),
        pairs,
        findings,
    }
}

fn pairs(lists: &Lists<'_>) -> PairCounts {
    let (Some(gallery), Some(probe)) = (lists.gallery, lists.probe) else {
        return PairCounts::default();
    };
    let samples = |list: &List| -> Vec<Sample<()>> {
        let sample = |entry| Sample::new(entry, None);
        list.entries.iter().map(sample).collect()
    };
    count_pairs(&samples(gallery), &samples(probe))
}

/// One line of one list.
type Place<'a> = (Role, &'a ListEntry);

fn text((role, entry): &Place<'_>) -> String {
    format!(
        "{} line {}: {} {}",
        role.name(),
        entry.line,
        entry.path,
        entry.label
    )
}

fn texts<'p, 'a: 'p>(places: impl IntoIterator<Item = &'p Place<'a>>) -> String {
    let all: Vec<String> = places.into_iter().map(text).collect();
    all.join("; ")
}

/// Where each file stands, in the order of the lists.
struct Files<'a>(Vec<Vec<Place<'a>>>);

impl<'a> Files<'a> {
    fn new(lists: &Lists<'a>) -> Self {
        let mut number: HashMap<String, usize> = HashMap::new();
        let mut files: Vec<Vec<Place<'a>>> = Vec::new();
        for (role, list) in lists.given() {
            for entry in &list.entries {
                match number.entry(plain_path(&entry.path)) {
                    Entry::Occupied(known) => files[*known.get()].push((role, entry)),
                    Entry::Vacant(free) => {
                        free.insert(files.len());
                        files.push(vec![(role, entry)]);
                    }
                }
            }
        }
        Self(files)
    }

    /// The files where `holds`, with all their places.
    fn find(&self, kind: FindingKind, holds: impl Fn(&[Place<'a>]) -> bool) -> Option<Finding> {
        let found = self.0.iter().filter(|places| holds(places));
        Finding::of(kind, found.map(|places| texts(places.iter())))
    }

    fn leaked(&self, setting: Setting) -> Option<Finding> {
        let tested = |role: Role| match setting {
            // The papers train on the gallery.
            Setting::Closed => role == Role::Probe,
            Setting::Open => role != Role::Train,
        };
        self.find(FindingKind::FileLeak, |places| {
            has(places, Role::Train) && places.iter().any(|(role, _)| tested(*role))
        })
    }

    fn compared_with_themselves(&self) -> Option<Finding> {
        self.find(FindingKind::SelfComparison, |places| {
            let paths = |of: Role| {
                let entries = places.iter().filter(move |(role, _)| *role == of);
                entries.map(|(_, entry)| entry.path.as_str())
            };
            paths(Role::Gallery).any(|g| paths(Role::Probe).any(|p| p != g))
        })
    }

    fn shared(&self) -> Option<Finding> {
        self.find(FindingKind::SharedFile, |places| {
            has(places, Role::Gallery) && has(places, Role::Probe)
        })
    }

    fn two_labels(&self) -> Option<Finding> {
        self.find(FindingKind::TwoLabels, |places| {
            places.windows(2).any(|w| w[0].1.label != w[1].1.label)
        })
    }

    fn duplicates(&self) -> Option<Finding> {
        self.find(FindingKind::DuplicatePath, |places| {
            // Places are in the order of the lists, so two of one list are neighbours.
            places.windows(2).any(|w| w[0].0 == w[1].0)
        })
    }
}

fn has(places: &[Place<'_>], role: Role) -> bool {
    places.iter().any(|(of, _)| *of == role)
}

/// The first place of each label in each list.
struct Labels<'a> {
    /// In the order of the lists.
    order: Vec<Place<'a>>,
    known: HashSet<(Role, &'a str)>,
}

impl<'a> Labels<'a> {
    fn new(lists: &Lists<'a>) -> Self {
        let mut known = HashSet::new();
        let places = lists
            .given()
            .flat_map(|(role, list)| list.entries.iter().map(move |entry| (role, entry)));
        let order = places
            .filter(|(role, entry)| known.insert((*role, entry.label.as_str())))
            .collect();
        Self { order, known }
    }

    fn of(&self, wanted: Role) -> impl Iterator<Item = &Place<'a>> {
        self.order.iter().filter(move |(role, _)| *role == wanted)
    }

    fn leaked_people(&self, setting: Setting, subjects: &Subjects) -> Option<Finding> {
        if setting == Setting::Closed {
            return None;
        }
        let mut trained = HashMap::new();
        for place in self.of(Role::Train) {
            trained
                .entry(subjects.of(&place.1.label))
                .or_insert((place, None));
        }
        for place in self.order.iter().filter(|(role, _)| *role != Role::Train) {
            if let Some((_, tested)) = trained.get_mut(&subjects.of(&place.1.label)) {
                tested.get_or_insert(place);
            }
        }
        // In the order of the training list, once per person.
        let cases = self.of(Role::Train).filter_map(|place| {
            let (first, tested) = trained.get(&subjects.of(&place.1.label))?;
            let tested = tested.filter(|_| std::ptr::eq(*first, place))?;
            Some(texts([place, tested]))
        });
        Finding::of(FindingKind::IdentityLeak, cases)
    }

    fn single(&self, files: &Files<'_>) -> Option<Finding> {
        let mut samples: HashMap<&str, u64> = HashMap::new();
        for places in &files.0 {
            if let Some((_, entry)) = places.iter().find(|(role, _)| *role != Role::Train) {
                *samples.entry(entry.label.as_str()).or_default() += 1;
            }
        }
        let tested = self.order.iter().filter(|(role, _)| *role != Role::Train);
        let alone = tested.filter(|(_, entry)| samples.get(entry.label.as_str()) == Some(&1));
        let mut told = HashSet::new();
        let once = alone.filter(|(_, entry)| told.insert(entry.label.as_str()));
        Finding::of(FindingKind::SingleSample, once.map(text))
    }

    fn without_mate(&self, lists: &Lists<'_>) -> Option<Finding> {
        lists.gallery?;
        self.probes_not_in(Role::Gallery, FindingKind::ProbeWithoutMate)
    }

    fn untrained(&self, lists: &Lists<'_>) -> Option<Finding> {
        lists.train?;
        match lists.setting {
            Setting::Closed => self.probes_not_in(Role::Train, FindingKind::UntrainedLabel),
            Setting::Open => None,
        }
    }

    fn probes_not_in(&self, role: Role, kind: FindingKind) -> Option<Finding> {
        let missing = self
            .of(Role::Probe)
            .filter(|(_, entry)| !self.known.contains(&(role, entry.label.as_str())));
        Finding::of(kind, missing.map(text))
    }

    fn alike(&self) -> Option<Finding> {
        let mut spellings: HashMap<String, &Place<'_>> = HashMap::new();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut cases = Vec::new();
        for place in &self.order {
            if !seen.insert(place.1.label.as_str()) {
                continue;
            }
            match spellings.entry(plain_label(&place.1.label)) {
                Entry::Vacant(free) => {
                    free.insert(place);
                }
                Entry::Occupied(first) => cases.push(texts([*first.get(), place])),
            }
        }
        Finding::of(FindingKind::LikeLabels, cases)
    }
}

/// The label in small letters, each number in it without the zeros in front.
fn plain_label(label: &str) -> String {
    let mut plain = String::with_capacity(label.len());
    let mut in_number = false;
    let mut letters = label.chars().flat_map(char::to_lowercase).peekable();
    while let Some(letter) = letters.next() {
        let leads = letter == '0' && !in_number && letters.peek().is_some_and(char::is_ascii_digit);
        if !leads {
            plain.push(letter);
            in_number = letter.is_ascii_digit();
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_compared_without_leading_zeros_and_capitals() {
        assert_eq!(plain_label("007_L"), plain_label("7_l"));
        assert_eq!(plain_label("000"), "0");
        assert_eq!(plain_label("100"), "100");
        assert_eq!(plain_label("a0b05"), "a0b5");
    }
}
