//! Comparisons with the names of subjects and samples, as the score formats of laboratories hold them.

use std::collections::HashMap;

use crate::metrics::{Candidate, Identification, SearchOutcome};
use crate::{EvalError, Kind, Polarity, ScoreSet, SubjectComparison, SubjectScores};

/// Distinct texts, each with a number. A million comparisons repeat a few thousand names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Names {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    /// The number of a text, a new one where it was not there.
    pub fn number(&mut self, text: &str) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        // A file of four billion different names exceeds every limit of the readers.
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.texts.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The text of a number; empty for a number that was never given out.
    #[must_use]
    pub fn text(&self, number: u32) -> &str {
        self.texts.get(number as usize).map_or("", String::as_str)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// One comparison; the numbers are those of [`Comparisons::subjects`] and [`Comparisons::samples`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NamedComparison {
    /// Subject of the reference (gallery, claimed identity).
    pub reference_subject: u32,
    /// Subject of the probe (real identity).
    pub probe_subject: u32,
    /// The reference template, where the format has one.
    pub reference: Option<u32>,
    /// The probe sample, where the format has one.
    pub probe: Option<u32>,
    /// The score; NaN is a failure to acquire.
    pub score: f32,
}

/// A file of comparisons.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparisons {
    /// What a high score means.
    pub polarity: Polarity,
    /// Names of subjects.
    pub subjects: Names,
    /// Names of samples and templates.
    pub samples: Names,
    /// The comparisons, in the order of the file.
    pub rows: Vec<NamedComparison>,
}

impl Comparisons {
    /// Without comparisons.
    #[must_use]
    pub fn new(polarity: Polarity) -> Self {
        Self {
            polarity,
            subjects: Names::default(),
            samples: Names::default(),
            rows: Vec::new(),
        }
    }

    /// Adds one comparison by its names: subject and, where known, sample of the reference and of the probe.
    pub fn push(
        &mut self,
        reference: (&str, Option<&str>),
        probe: (&str, Option<&str>),
        score: f32,
    ) {
        let row = NamedComparison {
            reference_subject: self.subjects.number(reference.0),
            probe_subject: self.subjects.number(probe.0),
            reference: reference.1.map(|name| self.samples.number(name)),
            probe: probe.1.map(|name| self.samples.number(name)),
            score,
        };
        self.rows.push(row);
    }

    /// Genuine and impostor scores.
    #[must_use]
    pub fn score_set(&self) -> ScoreSet {
        let mut scores = ScoreSet::new(self.polarity);
        for row in &self.rows {
            let kind = Kind::of(row.reference_subject, row.probe_subject);
            scores.push(kind, row.score);
        }
        scores
    }

    /// Scores with their subjects, for intervals over subjects.
    #[must_use]
    pub fn subject_scores(&self) -> SubjectScores {
        let comparison = |row: &NamedComparison| SubjectComparison {
            reference: row.reference_subject,
            probe: row.probe_subject,
            score: row.score,
        };
        SubjectScores {
            polarity: self.polarity,
            comparisons: self.rows.iter().map(comparison).collect(),
        }
    }

    /// The comparisons as searches, one for each probe sample: is its subject the best of those it was compared with?
    ///
    /// Enrolled are all subjects that stand as a reference anywhere. A probe whose subject is among them is a mated
    /// search, also where its own comparison is missing.
    ///
    /// # Errors
    /// [`EvalError::Figure`] when a comparison does not say which probe sample it is of.
    pub fn identification(&self) -> Result<Identification, EvalError> {
        let mut enrolled: Vec<u32> = self.rows.iter().map(|r| r.reference_subject).collect();
        enrolled.sort_unstable();
        enrolled.dedup();
        let mut searches: HashMap<u32, (u32, Vec<Candidate>)> = HashMap::new();
        let mut order = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let Some(probe) = row.probe else {
                return Err(EvalError::Figure {
                    figure: "CMC",
                    problem: format!("comparison {index} names no probe sample, expected one"),
                });
            };
            let search = searches.entry(probe).or_insert_with(|| {
                order.push(probe);
                (row.probe_subject, Vec::new())
            });
            if search.0 != row.probe_subject {
                return Err(EvalError::Figure {
                    figure: "CMC",
                    problem: format!(
                        "probe sample {:?} is of the subjects {:?} and {:?}, expected one",
                        self.samples.text(probe),
                        self.subjects.text(search.0),
                        self.subjects.text(row.probe_subject)
                    ),
                });
            }
            search.1.push(Candidate {
                subject: row.reference_subject,
                score: row.score,
            });
        }
        let outcomes = order.iter().filter_map(|probe| {
            let (subject, candidates) = searches.remove(probe)?;
            let mate = enrolled.binary_search(&subject).is_ok().then_some(subject);
            Some(SearchOutcome::new(self.polarity, mate, candidates))
        });
        let outcomes = outcomes.collect();
        Ok(Identification::new(self.polarity, enrolled.len(), outcomes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_found_again() {
        let mut names = Names::default();
        let numbers = ["7", "007", "7", ""].map(|text| names.number(text));
        assert_eq!(numbers, [0, 1, 0, 2]);
        assert_eq!((names.text(1), names.text(9), names.len()), ("007", "", 3));
    }

    #[test]
    fn rows_become_scores_and_searches() {
        let mut all = Comparisons::new(Polarity::Similarity);
        for (reference, probe, sample, score) in [
            ("a", "a", "a1", 0.9),
            ("b", "a", "a1", 0.4),
            ("a", "b", "b1", 0.6),
            ("b", "b", "b1", 0.5),
            ("a", "c", "c1", 0.3),
        ] {
            all.push((reference, None), (probe, Some(sample)), score);
        }
        assert_eq!(all.score_set().genuine, [0.9, 0.5]);
        let searches = all.identification().unwrap();
        assert_eq!(
            (searches.mated(), searches.non_mated(), searches.enrolled()),
            (2, 1, 2)
        );
        assert_eq!(searches.cmc(2), Some(vec![0.5, 1.0]));
        assert_eq!(searches.fpir(0.3), Some(1.0));
    }

    #[test]
    fn searches_need_the_names_of_their_probes() {
        let mut all = Comparisons::new(Polarity::Similarity);
        all.push(("a", None), ("a", None), 1.0);
        assert!(
            all.identification()
                .unwrap_err()
                .to_string()
                .contains("names no probe sample")
        );
        let mut two = Comparisons::new(Polarity::Similarity);
        two.push(("a", None), ("a", Some("x")), 1.0);
        two.push(("a", None), ("b", Some("x")), 1.0);
        let problem = two.identification().unwrap_err().to_string();
        assert!(
            problem.contains("\"x\" is of the subjects \"a\" and \"b\""),
            "{problem}"
        );
    }
}
