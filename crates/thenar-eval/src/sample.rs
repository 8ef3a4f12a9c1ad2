//! Samples, and how many pairs two lists of them give.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::ListEntry;

/// One image and what was made of it.
#[derive(Debug, Clone)]
pub struct Sample<T> {
    /// Path of the image, as in the list.
    pub path: String,
    /// Label of its palm.
    pub label: String,
    /// Template or feature; `None` when the image failed to acquire.
    pub data: Option<T>,
}

impl<T> Sample<T> {
    /// The sample of a list entry.
    #[must_use]
    pub fn new(entry: &ListEntry, data: Option<T>) -> Self {
        Self {
            path: entry.path.clone(),
            label: entry.label.clone(),
            data,
        }
    }
}

/// How many pairs two lists give.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairCounts {
    /// Pairs of one palm.
    pub genuine: u64,
    /// Pairs of two palms.
    pub impostor: u64,
    /// Pairs left out because both are the same file: an image says nothing when compared with itself.
    pub same_file: u64,
}

/// How many samples there were, and how many failed to acquire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SampleCounts {
    /// Gallery samples.
    pub gallery: u64,
    /// Gallery samples that failed to acquire.
    pub gallery_failed: u64,
    /// Probe samples.
    pub probe: u64,
    /// Probe samples that failed to acquire.
    pub probe_failed: u64,
}

/// Path and label as numbers, so that pairs are told apart without comparing text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) path: u32,
    pub(crate) label: u32,
}

/// Counts the pairs of two lists without comparing anything.
#[must_use]
pub fn count_pairs<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> PairCounts {
    let (gallery_ids, probe_ids) = number(gallery, probe);
    let mut per_label: HashMap<u32, u64> = HashMap::new();
    let mut per_path: HashMap<u32, u64> = HashMap::new();
    let mut per_both: HashMap<(u32, u32), u64> = HashMap::new();
    for id in &gallery_ids {
        *per_label.entry(id.label).or_default() += 1;
        *per_path.entry(id.path).or_default() += 1;
        *per_both.entry((id.path, id.label)).or_default() += 1;
    }
    let mut counts = PairCounts::default();
    for id in &probe_ids {
        let mates = per_label.get(&id.label).copied().unwrap_or(0);
        let same = per_path.get(&id.path).copied().unwrap_or(0);
        let same_mates = per_both.get(&(id.path, id.label)).copied().unwrap_or(0);
        counts.same_file += same;
        counts.genuine += mates - same_mates;
        counts.impostor += (gallery_ids.len() as u64 - mates) - (same - same_mates);
    }
    counts
}

pub(crate) fn count_samples<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> SampleCounts {
    SampleCounts {
        gallery: gallery.len() as u64,
        gallery_failed: gallery.iter().filter(|s| s.data.is_none()).count() as u64,
        probe: probe.len() as u64,
        probe_failed: probe.iter().filter(|s| s.data.is_none()).count() as u64,
    }
}

/// Numbers the paths and labels of both lists alike.
pub(crate) fn number<G, P>(gallery: &[Sample<G>], probe: &[Sample<P>]) -> (Vec<Ids>, Vec<Ids>) {
    let mut paths = HashMap::new();
    let mut labels = HashMap::new();
    let mut ids = |path, label| Ids {
        path: number_of(&mut paths, path),
        label: number_of(&mut labels, label),
    };
    let gallery = gallery.iter().map(|s| ids(&s.path, &s.label)).collect();
    let probe = probe.iter().map(|s| ids(&s.path, &s.label)).collect();
    (gallery, probe)
}

fn number_of<'a>(known: &mut HashMap<&'a str, u32>, text: &'a str) -> u32 {
    // A list holds at most ten million samples, so 32 bits suffice.
    let next = known.len() as u32;
    *known.entry(text).or_insert(next)
}
