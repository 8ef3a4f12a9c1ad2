//! Opened templates in memory, and the exact search among them.

use std::collections::HashMap;

use thenar_protect::{BitTemplate, PackedTemplates, ProbeBits};

/// What can be wrong with a gallery or a probe.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum GalleryError {
    /// Templates of different lengths have no distance.
    #[error("a template has {found} bits, expected {expected} as the others in the gallery")]
    Length {
        /// The length found.
        found: usize,
        /// The gallery's length.
        expected: usize,
    },
}

/// A subject within the distance asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The subject's number in the gallery, for [`Gallery::subject`].
    pub subject: usize,
    /// The smallest weight of differing bits among the subject's templates.
    pub distance: u32,
}

/// Templates of many subjects, packed one behind the other. They are unsealed, and wiped when the gallery is dropped.
pub struct Gallery {
    subjects: Vec<String>,
    /// The subject's number of each template.
    owners: Vec<usize>,
    templates: PackedTemplates,
    /// Bits of each template; 0 when there is none.
    bits: usize,
}

impl Gallery {
    /// Packs templates, each with the name of its subject. A subject may have several; subjects are numbered as they come.
    ///
    /// # Errors
    /// [`GalleryError::Length`] when the templates are not all of one length.
    pub fn build<S: AsRef<str>>(
        templates: impl IntoIterator<Item = (S, BitTemplate)>,
    ) -> Result<Self, GalleryError> {
        let (mut subjects, mut owners, mut all) = (vec![], vec![], vec![]);
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for (subject, template) in templates {
            let next = subjects.len();
            let number = *numbers.entry(subject.as_ref().to_owned()).or_insert(next);
            if number == next {
                subjects.push(subject.as_ref().to_owned());
            }
            owners.push(number);
            all.push(template);
        }
        let bits = all.first().map_or(0, BitTemplate::len);
        let all: Vec<&BitTemplate> = all.iter().collect();
        if let Some(other) = all.iter().find(|template| template.len() != bits) {
            return Err(wrong_length(other.len(), bits));
        }
        let templates = PackedTemplates::new(&all).map_err(|_| wrong_length(0, bits))?;
        Ok(Self {
            subjects,
            owners,
            templates,
            bits,
        })
    }

    /// The number of templates.
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether there are no templates.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The names of all subjects; a hit's number is a place in this list.
    pub fn subjects(&self) -> &[String] {
        &self.subjects
    }

    /// The name of a subject by its number.
    pub fn subject(&self, number: usize) -> Option<&str> {
        self.subjects.get(number).map(String::as_str)
    }

    /// All subjects with a template at most `max_distance` from the nearest view of the probe ([`ProbeBits::distance`]), nearest
    /// first and then by number, at most `limit` of them; nobody without views. The search is exact: it looks at every
    /// template.
    ///
    /// # Errors
    /// [`GalleryError::Length`] when a view has another length than the gallery's templates.
    pub fn within(
        &self,
        views: &[ProbeBits],
        max_distance: u32,
        limit: usize,
    ) -> Result<Vec<Hit>, GalleryError> {
        if self.is_empty() || views.is_empty() {
            return Ok(vec![]);
        }
        let mut distances = vec![0; self.len()];
        let filled = self.templates.nearest(views, &mut distances);
        filled.map_err(|_| {
            let other = views.iter().find(|view| view.len() != self.bits);
            wrong_length(other.map_or(self.bits, ProbeBits::len), self.bits)
        })?;
        let mut nearest: HashMap<usize, u32> = HashMap::new();
        let near = distances.into_iter().map(u32::from).zip(&self.owners);
        for (distance, &subject) in near.filter(|&(distance, _)| distance <= max_distance) {
            nearest
                .entry(subject)
                .and_modify(|d| *d = distance.min(*d))
                .or_insert(distance);
        }
        let mut hits: Vec<Hit> = nearest
            .into_iter()
            .map(|(subject, distance)| Hit { subject, distance })
            .collect();
        hits.sort_unstable_by_key(|hit| (hit.distance, hit.subject));
        hits.truncate(limit);
        Ok(hits)
    }
}

fn wrong_length(found: usize, expected: usize) -> GalleryError {
    GalleryError::Length { found, expected }
}

impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Gallery({} subjects, {} templates, secret)",
            self.subjects.len(),
            self.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn template(bits: &[bool]) -> BitTemplate {
        BitTemplate::from_bools(bits).unwrap()
    }

    /// Bit by bit over all templates, subject by subject.
    fn plain_within(
        gallery: &[(String, Vec<bool>)],
        views: &[ProbeBits],
        max: u32,
        limit: usize,
    ) -> Vec<(String, u32)> {
        let mut names: Vec<&String> = Vec::new();
        for (name, _) in gallery {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let from = |view: &ProbeBits, bits: &[bool]| {
            let differ = |i: &usize| view.bits().bit(*i) != Some(bits[*i]);
            (0..bits.len())
                .filter(differ)
                .filter_map(|i| view.weight(i))
                .sum::<u32>()
        };
        let distance = |bits: &[bool]| views.iter().map(|view| from(view, bits)).min().unwrap();
        let best = |name: &String| {
            gallery
                .iter()
                .filter(|(n, _)| n == name)
                .map(|(_, b)| distance(b))
                .min()
                .unwrap()
        };
        let mut hits: Vec<(String, u32)> = names
            .iter()
            .map(|&name| (name.clone(), best(name)))
            .collect();
        hits.retain(|&(_, d)| d <= max);
        // Stable: equal distances stay in the order of the subjects.
        hits.sort_by_key(|&(_, d)| d);
        hits.truncate(limit);
        hits
    }

    proptest! {
        #[test]
        fn the_packed_search_is_the_plain_one(
            bits in proptest::collection::vec((0_u8..8, proptest::collection::vec(any::<bool>(), 70)), 0..30),
            views in proptest::collection::vec(proptest::collection::vec(-1.0..1.0, 70), 1..4), max in 60_u32..130, limit in 0_usize..9,
        ) {
            let named: Vec<(String, Vec<bool>)> = bits.into_iter().map(|(n, b)| (format!("s{n}"), b)).collect();
            let gallery = Gallery::build(named.iter().map(|(n, b)| (n, template(b)))).unwrap();
            let probe: Vec<ProbeBits> = views.iter().map(|view| ProbeBits::new(view).unwrap()).collect();
            let hits = gallery.within(&probe, max, limit).unwrap();
            let found: Vec<(String, u32)> =
                hits.iter().map(|h| (gallery.subject(h.subject).unwrap().to_string(), h.distance)).collect();
            prop_assert_eq!(found, plain_within(&named, &probe, max, limit));
        }
    }

    #[test]
    fn lengths_must_agree() {
        let mixed = [("a", template(&[true; 64])), ("b", template(&[true; 65]))];
        let wrong = GalleryError::Length {
            found: 65,
            expected: 64,
        };
        assert_eq!(Gallery::build(mixed).err(), Some(wrong));
        let gallery = Gallery::build([("a", template(&[true; 64]))]).unwrap();
        let probe = [64, 65].map(|bits| ProbeBits::new(&vec![0.0; bits]).unwrap());
        assert_eq!(
            gallery.within(&probe, 9, 9).err(),
            Some(wrong_length(65, 64))
        );
        assert_eq!(gallery.within(&[], u32::MAX, 9), Ok(vec![]));
        let empty = Gallery::build(Vec::<(String, BitTemplate)>::new()).unwrap();
        assert_eq!(empty.within(&probe, 9, 9), Ok(vec![]));
    }
}
