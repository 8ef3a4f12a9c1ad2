//! How much of a data set is there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::{DataSet, Hand, LayoutSample, Size, Spectrum};

/// Examples kept of what is missing.
const EXAMPLES: usize = 10;

/// A data set in numbers, beside what it should hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name of the layout.
    pub layout: &'static str,
    /// What the data set is called in papers.
    pub title: &'static str,
    /// Images that are there.
    pub images: u64,
    /// Palms with at least one image.
    pub palms: u64,
    /// People, as far as the labels tell.
    pub people: u64,
    /// Left palms and right palms; `None` where the data set does not tell.
    pub hands: Option<(u64, u64)>,
    /// Images of each session.
    pub sessions: BTreeMap<u32, u64>,
    /// Images in each light; empty where there is only one.
    pub spectra: BTreeMap<Spectrum, u64>,
    /// Images of which the data set notes something unusual.
    pub unusual: u64,
    /// Files that are no samples.
    pub skipped: u64,
    /// The whole data set, as its authors publish it.
    pub whole: Size,
    /// What is missing, or more than there should be; empty for a whole copy.
    pub gaps: Vec<String>,
}

impl DataSet {
    /// Counts what is there and what is missing. Nothing missing is an error: a part of a data set is of use too.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let about = self.layout.about();
        let palms: BTreeSet<&str> = self.samples.iter().map(|s| s.label.as_str()).collect();
        let people: BTreeSet<_> = palms.iter().map(|label| about.subjects.of(label)).collect();
        let of_hand = |hand| {
            let samples = self.samples.iter().filter(|s| s.hand == Some(hand));
            let palms: BTreeSet<&str> = samples.map(|s| s.label.as_str()).collect();
            palms.len() as u64
        };
        let mut summary = Summary {
            layout: self.layout.name(),
            title: about.title,
            images: self.samples.len() as u64,
            palms: palms.len() as u64,
            people: people.len() as u64,
            hands: self
                .samples
                .iter()
                .any(|s| s.hand.is_some())
                .then(|| (of_hand(Hand::Left), of_hand(Hand::Right))),
            sessions: counts(self.samples.iter().map(|s| s.session)),
            spectra: counts(self.samples.iter().filter_map(|s| s.spectrum)),
            unusual: self.samples.iter().filter(|s| !s.plain).count() as u64,
            skipped: self.skipped,
            whole: about.size,
            gaps: Vec::new(),
        };
        summary.gaps = self.gaps(&summary);
        summary
    }

    fn gaps(&self, found: &Summary) -> Vec<String> {
        let whole = found.whole;
        let mut gaps: Vec<String> = [
            difference("palms", found.palms, whole.palms),
            difference("people", found.people, whole.people),
            whole
                .images
                .and_then(|images| difference("images", found.images, images)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if let Some(expected) = whole.of_each_palm {
            let short = short_palms(&self.samples, expected);
            gaps.extend(with_examples("palms without all their images", &short));
        }
        gaps.extend(with_examples("images of its table missing", &self.missing));
        gaps
    }
}

fn counts<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u64> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

fn difference(what: &str, found: u64, whole: u64) -> Option<String> {
    match (whole.checked_sub(found), found.checked_sub(whole)) {
        (Some(missing @ 1..), _) => Some(format!("{missing} of {whole} {what} missing")),
        (_, Some(more @ 1..)) => Some(format!("{more} {what} more than the {whole} published")),
        _ => None,
    }
}

/// The palms that have images in a session and light, but not all of them.
fn short_palms(samples: &[LayoutSample], expected: u64) -> Vec<String> {
    let mut found: Vec<(&LayoutSample, u64)> = Vec::new();
    let mut place = BTreeMap::new();
    for sample in samples {
        let key = (sample.label.as_str(), sample.session, sample.spectrum);
        let at = *place.entry(key).or_insert_with(|| {
            found.push((sample, 0));
            found.len() - 1
        });
        found[at].1 += 1;
    }
    let short = found.into_iter().filter(|(_, count)| *count < expected);
    short
        .map(|(sample, count)| {
            let light = sample.spectrum.map(|s| format!(" in {}", s.name()));
            format!(
                "palm {} has {count} of {expected} in session {}{}",
                sample.label,
                sample.session,
                light.unwrap_or_default()
            )
        })
        .collect()
}

fn with_examples(what: &str, cases: &[String]) -> Option<String> {
    let shown = cases.iter().take(EXAMPLES).map(String::as_str);
    let shown: Vec<&str> = shown.collect();
    let more = if cases.len() > EXAMPLES { ", …" } else { "" };
    (!cases.is_empty()).then(|| format!("{what}: {} ({}{more})", cases.len(), shown.join(", ")))
}

/// For people.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})", self.title, self.layout)?;
        writeln!(
            f,
            "{} images of {} palms of {} people",
            self.images, self.palms, self.people
        )?;
        if let Some((left, right)) = self.hands {
            writeln!(f, "hands    {left} left, {right} right")?;
        }
        for (session, images) in &self.sessions {
            writeln!(f, "session {session:<3} {images} images")?;
        }
        for (spectrum, images) in &self.spectra {
            writeln!(f, "{:<11} {images} images", spectrum.name())?;
        }
        if self.unusual > 0 {
            writeln!(f, "unusual  {} images, as the data set notes", self.unusual)?;
        }
        if self.skipped > 0 {
            writeln!(f, "skipped  {} files that are no palms", self.skipped)?;
        }
        for gap in &self.gaps {
            writeln!(f, "gap      {gap}")?;
        }
        Ok(())
    }
}
