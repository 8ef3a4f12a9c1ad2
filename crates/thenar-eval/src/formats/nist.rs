//! Logs of NIST's evaluations (FRVT, FRTE): 1:1 scores and 1:N candidate lists.
//!
//! | log | line, below a header of the same names |
//! |---|---|
//! | 1:1 | `enrollTempl verifTempl simScore returnCode` |
//! | 1:N | `searchId candidateRank searchRetCode isAssigned templateId score [decision]` |
//!
//! Scores are similarities: the format says so. A return code other than 0 is a failure, whatever the score; in 1:N it
//! is a search without candidates. Which sample is of which subject stands in no log: it comes as a [`Truth`].

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use super::lines;
use crate::metrics::{Candidate, Identification, SearchOutcome};
use crate::{Comparisons, EvalError, List, Polarity, atomic};

const ONE_TO_ONE: &str = "enrollTempl verifTempl simScore returnCode";
pub(super) const ONE_TO_MANY: &str =
    "searchId candidateRank searchRetCode isAssigned templateId score";
/// More candidates than any search gives.
pub(super) const LONGEST_LIST: usize = 1_000_000;

/// Which sample or template is of which subject.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth(HashMap<String, String>);

impl Truth {
    /// From a `path label` list: the path is the name of the template or image, the label its subject.
    #[must_use]
    pub fn new(list: &List) -> Self {
        let entries = list.entries.iter();
        Self(entries.map(|e| (e.path.clone(), e.label.clone())).collect())
    }

    fn subject(&self, sample: &str) -> Result<&str, String> {
        let found = self.0.get(sample).map(String::as_str);
        found.ok_or_else(|| format!("{} is in no list of subjects", lines::shown(sample)))
    }
}

/// Reads a 1:1 log; `truth` knows both kinds of template.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a wrong header, a malformed line or a template of unknown subject,
/// [`EvalError::File`] when there is no score.
pub fn read_verification(path: &Path, truth: &Truth) -> Result<Comparisons, EvalError> {
    let mut found = Comparisons::new(Polarity::Similarity);
    lines::for_each(path, |line, text| {
        if line == 1 {
            return header(text, ONE_TO_ONE);
        }
        let [enrolled, verified, score, code] = super::bob::fields(text, ONE_TO_ONE)?;
        let score = if return_code(code)? == 0 {
            lines::score(score)?
        } else {
            f32::NAN
        };
        found.push(
            (truth.subject(enrolled)?, Some(enrolled)),
            (truth.subject(verified)?, Some(verified)),
            score,
        );
        Ok(())
    })?;
    if found.rows.is_empty() {
        return Err(lines::none_found(path, ONE_TO_ONE));
    }
    Ok(found)
}

/// One search while its lines are read.
struct Search {
    mate: Option<u32>,
    ranks: HashSet<usize>,
    candidates: Vec<Candidate>,
}

/// Reads a 1:N log; `probes` knows the searches, `gallery` the enrolled templates.
///
/// Enrolled are all subjects of `gallery`. A probe of another subject is a search without a mate. Ranks are counted
/// anew from the scores, ties against the probe; those in the log are only checked to be different.
///
/// # Errors
/// As [`read_verification`].
pub fn read_identification(
    path: &Path,
    probes: &Truth,
    gallery: &Truth,
) -> Result<Identification, EvalError> {
    let mut subjects: HashMap<&str, u32> = HashMap::new();
    for subject in gallery.0.values() {
        let next = u32::try_from(subjects.len()).unwrap_or(u32::MAX);
        subjects.entry(subject).or_insert(next);
    }
    let mut searches: HashMap<String, Search> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    lines::for_each(path, |line, text| {
        if line == 1 {
            // Older logs have a last column `decision`, newer ones end with the score.
            return header(text.strip_suffix(" decision").unwrap_or(text), ONE_TO_MANY);
        }
        let entry = CandidateLine::parse(text)?;
        if !searches.contains_key(entry.search) {
            let mate = subjects.get(probes.subject(entry.search)?).copied();
            order.push(entry.search.to_owned());
            let empty = Search {
                mate,
                ranks: HashSet::new(),
                candidates: Vec::new(),
            };
            searches.insert(entry.search.to_owned(), empty);
        }
        let Some(search) = searches.get_mut(entry.search) else {
            return Ok(());
        };
        if !search.ranks.insert(entry.rank) {
            return Err(format!(
                "rank {} of search {:?} is there twice",
                entry.rank, entry.search
            ));
        }
        if let Some((template, score)) = entry.candidate {
            let subject = subjects.get(gallery.subject(template)?).copied();
            search
                .candidates
                .extend(subject.map(|subject| Candidate { subject, score }));
        }
        Ok(())
    })?;
    if order.is_empty() {
        return Err(lines::none_found(path, ONE_TO_MANY));
    }
    let outcomes = order.iter().filter_map(|name| searches.remove(name));
    let outcomes = outcomes.map(|s| SearchOutcome::new(Polarity::Similarity, s.mate, s.candidates));
    Ok(Identification::new(
        Polarity::Similarity,
        subjects.len(),
        outcomes.collect(),
    ))
}

/// One line of a 1:N log.
pub(super) struct CandidateLine<'a> {
    pub(super) search: &'a str,
    pub(super) rank: usize,
    /// Does the return code say that the search failed?
    pub(super) failed: bool,
    /// Template and score; `None` for a null entry or a search that failed.
    pub(super) candidate: Option<(&'a str, f32)>,
}

impl<'a> CandidateLine<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let wrong = || format!("{} is not `{ONE_TO_MANY}`", lines::shown(text));
        let fields: Vec<&str> = text.split_ascii_whitespace().take(8).collect();
        let [search, rank, code, assigned, rest @ ..] = fields.as_slice() else {
            return Err(wrong());
        };
        let rank = rank.parse::<usize>().ok().filter(|&r| r < LONGEST_LIST);
        let rank =
            rank.ok_or_else(|| format!("{}: rank is not a whole number", lines::shown(text)))?;
        let failed = return_code(code)? != 0;
        let candidate = match *assigned {
            "1" => match rest {
                [template, score] | [template, score, _] => Some((*template, lines::score(score)?)),
                _ => return Err(wrong()),
            },
            // Null entries may have an empty template name, so their fields are not counted.
            "0" if rest.len() <= 3 => None,
            _ => return Err(wrong()),
        };
        Ok(Self {
            search,
            rank,
            failed,
            candidate: candidate.filter(|_| !failed),
        })
    }
}

pub(super) fn header(text: &str, expected: &str) -> Result<(), String> {
    if text.split_ascii_whitespace().eq(expected.split(' ')) {
        return Ok(());
    }
    Err(format!(
        "header {}, expected `{expected}`",
        lines::shown(text)
    ))
}

fn return_code(text: &str) -> Result<i32, String> {
    text.parse()
        .map_err(|_| format!("return code {text:?}, expected a whole number"))
}

/// The candidates of one search, to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateList {
    /// Name of the probe.
    pub search: String,
    /// Template names and scores, the best first; `None` where the search failed.
    pub candidates: Option<Vec<(String, f32)>>,
}

/// Writes candidate lists of `length` entries each as a 1:N log. Short lists are filled with null entries, long ones
/// cut. Distances are written with their sign turned, since the format has similarities only. The file appears whole
/// or not at all.
///
/// # Errors
/// [`EvalError::File`] for a name that is empty or holds white space or control characters, [`EvalError::Write`].
pub fn write_candidates(
    path: &Path,
    polarity: Polarity,
    length: usize,
    lists: &[CandidateList],
) -> Result<(), EvalError> {
    let templates = lists
        .iter()
        .flat_map(|l| l.candidates.iter().flatten().map(|c| &c.0));
    for name in lists.iter().map(|l| &l.search).chain(templates) {
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c.is_control()) {
            let problem = format!("the name {name:?} is empty or holds white space");
            return Err(EvalError::file(path, problem));
        }
    }
    atomic::write(path, |out| {
        writeln!(out, "{ONE_TO_MANY}")?;
        for list in lists {
            let code = i32::from(list.candidates.is_none());
            for rank in 0..length {
                let candidate = list.candidates.as_ref().and_then(|c| c.get(rank));
                write!(out, "{} {rank} {code} ", list.search)?;
                match candidate.filter(|c| !c.1.is_nan()) {
                    Some((name, score)) => writeln!(out, "1 {name} {}", polarity.oriented(*score))?,
                    None => writeln!(out, "0 NA -1")?,
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(text: &str) -> Truth {
        Truth::new(&List::parse(text.as_bytes(), Path::new("truth.txt")).unwrap())
    }

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("match.log");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn verification_logs() {
        let truth = truth("e1 a\ne2 b\nv1 a\n");
        let read = |text: &str| {
            let (_folder, path) = file(text);
            read_verification(&path, &truth)
        };
        let head = "enrollTempl verifTempl simScore returnCode\n";
        let found = read(&format!("{head}e1 v1 0.9 0\ne2 v1 0.2 0\ne2 v1 -1 8\n")).unwrap();
        let scores = found.score_set();
        assert_eq!((scores.genuine, scores.impostor[0]), (vec![0.9], 0.2));
        assert!(scores.impostor[1].is_nan());
        let problem = |text: &str| {
            let message = read(text).unwrap_err().to_string();
            message
                .rsplit_once("match.log")
                .map(|(_, m)| m.to_owned())
                .unwrap()
        };
        assert!(
            problem("e1 v1 0.9 0\n")
                .starts_with(":1: header \"e1 v1 0.9 0\", expected `enrollTempl")
        );
        assert_eq!(
            problem(&format!("{head}e1 v7 0.9 0\n")),
            ":2: \"v7\" is in no list of subjects"
        );
        assert_eq!(
            problem(&format!("{head}e1 v1 0.9 ok\n")),
            ":2: return code \"ok\", expected a whole number"
        );
        assert!(problem(&format!("{head}e1 v1 0.9\n")).contains("is not 4 fields"));
        assert!(problem(head).starts_with(": holds no score"));
    }

    const LOG: &str = "searchId candidateRank searchRetCode isAssigned templateId score decision\n\
        p1 0 0 1 t1 0.9 1\np1 1 0 1 t2 0.3 1\n\
        p2 0 0 1 t1 0.8 1\np2 1 0 1 t2 0.7 1\n\
        p3 0 0 1 t2 0.4 0\np3 1 0 0  -1 0\n\
        p4 0 2 0 NA -1 0\np4 1 2 0 NA -1 0\n";

    #[test]
    fn identification_logs() {
        let (probes, gallery) = (
            truth("p1 a\np2 b\np3 z\np4 a\n"),
            truth("t1 a\nt2 b\nt3 c\n"),
        );
        let (_folder, path) = file(LOG);
        let found = read_identification(&path, &probes, &gallery).unwrap();
        assert_eq!(
            (found.mated(), found.non_mated(), found.enrolled()),
            (3, 1, 3)
        );
        // p4 failed: a miss at every rank.
        assert_eq!(found.cmc(2), Some(vec![1.0 / 3.0, 2.0 / 3.0]));
        assert_eq!((found.fpir(0.4), found.fpir(0.5)), (Some(1.0), Some(0.0)));
        // Candidates of a search that failed do not count, even where the log claims some.
        let (_folder, path) = file(&LOG.replace("p4 0 2 0 NA -1", "p4 0 2 1 t1 0.9"));
        let claimed = read_identification(&path, &probes, &gallery).unwrap();
        assert_eq!(claimed.cmc(2), found.cmc(2));
        for (text, message) in [
            (
                LOG.replace("p1 1 0", "p1 0 0"),
                ":3: rank 0 of search \"p1\" is there twice",
            ),
            (
                LOG.replace("t2 0.3", "t9 0.3"),
                ":3: \"t9\" is in no list of subjects",
            ),
            (
                LOG.replace("p1 1 0 1", "p1 1 0 7"),
                ":3: \"p1 1 0 7 t2 0.3 1\" is not `searchId",
            ),
            (
                LOG.replace("p1 1 0 1", "p1 x 0 1"),
                ":3: \"p1 x 0 1 t2 0.3 1\": rank is not",
            ),
        ] {
            let (_folder, path) = file(&text);
            let problem = read_identification(&path, &probes, &gallery)
                .unwrap_err()
                .to_string();
            assert!(problem.contains(message), "{problem}");
        }
    }

    #[test]
    fn candidate_lists_are_read_as_written() {
        let list = |search: &str, candidates: Option<&[(&str, f32)]>| CandidateList {
            search: search.into(),
            candidates: candidates.map(|c| c.iter().map(|&(n, s)| (n.into(), s)).collect()),
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("candidates.log");
        let lists = [
            list("p1", Some(&[("t1", 0.1), ("t2", 0.4)])),
            list("p2", Some(&[("t1", 0.2)])),
            list("p3", None),
        ];
        write_candidates(&path, Polarity::Distance, 2, &lists).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.ends_with("p2 1 0 0 NA -1\np3 0 1 0 NA -1\np3 1 1 0 NA -1\n"),
            "{text}"
        );
        let found =
            read_identification(&path, &truth("p1 a\np2 b\np3 a\n"), &truth("t1 a\nt2 b\n"))
                .unwrap();
        assert_eq!(found.cmc(2), Some(vec![1.0 / 3.0; 2]));
        assert_eq!(found.dir(-0.1, 1), Some(1.0 / 3.0));
        assert!(write_candidates(&path, Polarity::Distance, 2, &[list("a b", None)]).is_err());
    }
}
