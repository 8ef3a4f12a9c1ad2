//! Candidate lists: whom a search found, best first. Read from 1:N logs, read and written as CSV.
//!
//! The CSV has the columns `probe,rank,label,score`, one row for each candidate, the rows of a probe together and with
//! ranks 1, 2, …; the label is that of the gallery. A search that found nobody has one row of rank 0 with an empty label
//! and score; one that failed has one row of rank 0 with the score `nan`. Scores are written as they are, so whoever
//! reads them must know what a high one means. 1:N logs are written by [`super::nist::write_candidates`].

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use super::nist::{CandidateLine, CandidateList, LONGEST_LIST, ONE_TO_MANY, header};
use super::{csv, lines};
use crate::{EvalError, atomic};

const COLUMNS: &str = "probe,rank,label,score";
/// More candidates than any file is meant for; in memory they take some gigabytes.
const MOST_CANDIDATES: usize = 20_000_000;

/// Writes candidate lists as CSV, each cut to `length` candidates; the file appears whole or not at all.
///
/// # Errors
/// [`EvalError::File`] for a probe that is there twice, a name that is empty, begins or ends with white space or holds a
/// control character, or a score that is not finite; [`EvalError::Write`].
pub fn write_csv(path: &Path, length: usize, lists: &[CandidateList]) -> Result<(), EvalError> {
    let mut probes = HashSet::new();
    for list in lists {
        check(list, length).map_err(|problem| EvalError::file(path, problem))?;
        if !probes.insert(&list.search) {
            let problem = format!("the probe {:?} is there twice", list.search);
            return Err(EvalError::file(path, problem));
        }
    }
    atomic::write(path, |out| {
        writeln!(out, "{COLUMNS}")?;
        for list in lists {
            let probe = csv::quoted(&list.search);
            match list.candidates.as_deref() {
                None => writeln!(out, "{probe},0,,nan")?,
                Some([]) => writeln!(out, "{probe},0,,")?,
                Some(_) if length == 0 => writeln!(out, "{probe},0,,")?,
                Some(found) => {
                    for (rank, (label, score)) in (1..).zip(found.iter().take(length)) {
                        writeln!(out, "{probe},{rank},{},{score}", csv::quoted(label))?;
                    }
                }
            }
        }
        Ok(())
    })
}

fn check(list: &CandidateList, length: usize) -> Result<(), String> {
    csv::check_name(&list.search)?;
    for (label, score) in list.candidates.iter().flatten().take(length) {
        csv::check_name(label)?;
        if !score.is_finite() {
            return Err(format!(
                "score {score} of {label:?}, expected a finite number"
            ));
        }
    }
    Ok(())
}

/// Reads candidate lists from CSV, in the order of the file. At most 20 million candidates, a million of a probe.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a wrong header, a malformed row, ranks that do not go 1, 2, …, or a
/// probe that comes again; [`EvalError::File`] when there is no search.
pub fn read_csv(path: &Path) -> Result<Vec<CandidateList>, EvalError> {
    let mut reader = Rows::default();
    lines::for_each(path, |_, text| reader.row(text))?;
    if reader.lists.is_empty() {
        return Err(lines::none_found(path, COLUMNS));
    }
    Ok(reader.lists)
}

#[derive(Default)]
struct Rows {
    in_body: bool,
    lists: Vec<CandidateList>,
    probes: HashSet<String>,
    candidates: usize,
}

impl Rows {
    fn row(&mut self, text: &str) -> Result<(), String> {
        if !self.in_body {
            self.in_body = true;
            return if text == COLUMNS {
                Ok(())
            } else {
                Err(format!(
                    "header {}, expected `{COLUMNS}`",
                    lines::shown(text)
                ))
            };
        }
        let fields = csv::fields(text)?;
        let [probe, rank, label, score] = fields.as_slice() else {
            return Err(format!("{} fields, expected `{COLUMNS}`", fields.len()));
        };
        csv::check_name(probe)?;
        let whole = || format!("rank {}, expected a whole number", lines::shown(rank));
        let rank: usize = rank.parse().map_err(|_| whole())?;
        if rank == 0 {
            let candidates = match (label.as_str(), score.as_str()) {
                ("", "") => Some(Vec::new()),
                ("", "nan") => None,
                _ => return Err("rank 0 has no label, and no score or nan".to_owned()),
            };
            return self.start(probe, candidates);
        }
        csv::check_name(label)?;
        let score = lines::score(score)?;
        if score.is_nan() {
            return Err("a candidate has the score nan, expected a finite number".to_owned());
        }
        if rank == 1 {
            self.start(probe, Some(Vec::new()))?;
        }
        self.add(probe, rank, (label.clone(), score))
    }

    fn start(&mut self, probe: &str, candidates: Option<Vec<(String, f32)>>) -> Result<(), String> {
        if !self.probes.insert(probe.to_owned()) {
            return Err(format!("the probe {} comes again", lines::shown(probe)));
        }
        let search = probe.to_owned();
        self.lists.push(CandidateList { search, candidates });
        Ok(())
    }

    fn add(&mut self, probe: &str, rank: usize, candidate: (String, f32)) -> Result<(), String> {
        let last = self.lists.last_mut().filter(|list| list.search == probe);
        let Some(found) = last.and_then(|list| list.candidates.as_mut()) else {
            return Err(format!(
                "rank {rank} of {} without rank 1",
                lines::shown(probe)
            ));
        };
        if found.len() + 1 != rank {
            return Err(format!("rank {rank}, expected {}", found.len() + 1));
        }
        self.candidates += 1;
        within_limits(rank, self.candidates)?;
        found.push(candidate);
        Ok(())
    }
}

fn within_limits(of_probe: usize, all: usize) -> Result<(), String> {
    if of_probe > LONGEST_LIST {
        return Err(format!("more than {LONGEST_LIST} candidates of one probe"));
    }
    if all > MOST_CANDIDATES {
        return Err(format!("more than {MOST_CANDIDATES} candidates"));
    }
    Ok(())
}

/// One search of a log while its lines are read.
#[derive(Default)]
struct Search {
    failed: bool,
    /// Rank, template and score; `None` for a null entry.
    entries: Vec<(usize, Option<(String, f32)>)>,
}

/// Reads the candidate lists of a 1:N log as they are, in the order of the file; candidates in the order of their ranks.
/// [`super::nist::read_identification`] judges them. Scores are similarities. Limits as in [`read_csv`].
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a wrong header, a malformed line, a rank that is there twice, or a
/// search that failed in one line and not in another; [`EvalError::File`] when there is no search.
pub fn read_log(path: &Path) -> Result<Vec<CandidateList>, EvalError> {
    let mut searches: HashMap<String, Search> = HashMap::new();
    let mut order: Vec<String> = Vec::new();
    let mut count = 0;
    lines::for_each(path, |line, text| {
        if line == 1 {
            return header(text.strip_suffix(" decision").unwrap_or(text), ONE_TO_MANY);
        }
        let entry = CandidateLine::parse(text)?;
        if !searches.contains_key(entry.search) {
            order.push(entry.search.to_owned());
        }
        let search = searches.entry(entry.search.to_owned()).or_default();
        if !search.entries.is_empty() && search.failed != entry.failed {
            let name = lines::shown(entry.search);
            return Err(format!(
                "search {name} failed in one line and not in another"
            ));
        }
        search.failed = entry.failed;
        count += 1;
        within_limits(search.entries.len() + 1, count)?;
        let candidate = entry
            .candidate
            .map(|(name, score)| (name.to_owned(), score));
        search.entries.push((entry.rank, candidate));
        Ok(())
    })?;
    if order.is_empty() {
        return Err(lines::none_found(path, ONE_TO_MANY));
    }
    let list = |name: String| {
        let found = searches.remove(&name).unwrap_or_default();
        in_order(name, found).map_err(|problem| EvalError::file(path, problem))
    };
    order.into_iter().map(list).collect()
}

fn in_order(search: String, mut found: Search) -> Result<CandidateList, String> {
    found.entries.sort_by_key(|(rank, _)| *rank);
    if let Some(twice) = found.entries.windows(2).find(|w| w[0].0 == w[1].0) {
        return Err(format!(
            "rank {} of search {search:?} is there twice",
            twice[0].0
        ));
    }
    let candidates = found
        .entries
        .into_iter()
        .filter_map(|(_, candidate)| candidate);
    let candidates = (!found.failed).then(|| candidates.collect());
    Ok(CandidateList { search, candidates })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Polarity;
    use crate::formats::nist::write_candidates;

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lists.csv");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn problem(text: &str) -> String {
        let (_folder, path) = file(text);
        let message = read_csv(&path).unwrap_err().to_string();
        message
            .rsplit_once("lists.csv")
            .map(|(_, m)| m.to_owned())
            .unwrap()
    }

    #[test]
    fn malformed_rows_are_named() {
        let head = "probe,rank,label,score\n";
        for (rows, message) in [
            ("p,1,a\n", ":2: 3 fields, expected `probe,rank,label,score`"),
            ("p,one,a,0.5\n", ":2: rank \"one\", expected a whole number"),
            ("p,2,a,0.5\n", ":2: rank 2 of \"p\" without rank 1"),
            ("p,1,a,0.5\np,3,b,0.4\n", ":3: rank 3, expected 2"),
            (
                "p,1,a,0.5\nq,1,a,0.5\np,1,b,0.4\n",
                ":4: the probe \"p\" comes again",
            ),
            (
                "p,1,a,0.5\nq,2,a,0.5\n",
                ":3: rank 2 of \"q\" without rank 1",
            ),
            ("p,0,,nan\np,1,a,0.5\n", ":3: the probe \"p\" comes again"),
            (
                "p,0,,nan\np,2,a,0.5\n",
                ":3: rank 2 of \"p\" without rank 1",
            ),
            ("p,0,a,\n", ":2: rank 0 has no label, and no score or nan"),
            (
                "p,1,a,nan\n",
                ":2: a candidate has the score nan, expected a finite number",
            ),
            (
                "p,1,a,inf\n",
                ":2: score \"inf\", expected a finite number or nan",
            ),
            (",1,a,1\n", ":2: the name \"\" is empty"),
            ("", ": holds no score"),
        ] {
            let found = problem(&format!("{head}{rows}"));
            assert!(found.starts_with(message), "{found}");
        }
        assert!(problem("p,1,a,0.5\n").starts_with(":1: header \"p,1,a,0.5\", expected"));
    }

    #[test]
    fn logs_with_two_minds_are_refused() {
        let head = format!("{ONE_TO_MANY}\n");
        let read = |rows: &str| {
            let (_folder, path) = file(&format!("{head}{rows}"));
            read_log(&path).map_err(|e| e.to_string())
        };
        let lists = read("p 1 0 1 b 0.4\nq 0 0 0 NA -1\np 0 0 1 a 0.5\nr 0 3 0 NA -1\n").unwrap();
        let p = Some(vec![("a".to_owned(), 0.5), ("b".to_owned(), 0.4)]);
        let found: Vec<_> = lists.into_iter().map(|l| l.candidates).collect();
        assert_eq!(found, [p, Some(vec![]), None]);
        assert!(
            read("p 0 0 1 b 0.4\np 1 2 0 NA -1\n")
                .unwrap_err()
                .contains("failed in one line")
        );
        assert!(
            read("p 0 0 1 b 0.4\np 0 0 0 NA -1\n")
                .unwrap_err()
                .contains("rank 0 of search \"p\" is there twice")
        );
        assert!(read("").unwrap_err().contains("holds no score"));
    }

    #[test]
    fn what_cannot_be_read_back_is_not_written() {
        let (_folder, path) = file("old");
        let list = |search: &str, label: &str, score: f32| CandidateList {
            search: search.to_owned(),
            candidates: Some(vec![(label.to_owned(), score)]),
        };
        for bad in [
            list("", "a", 1.0),
            list("p", " a", 1.0),
            list("p\n", "a", 1.0),
            list("p", "a", f32::NAN),
        ] {
            assert!(write_csv(&path, 5, &[bad]).is_err());
        }
        let twice = [list("p", "a", 1.0), list("p", "b", 1.0)];
        assert!(
            write_csv(&path, 5, &twice)
                .unwrap_err()
                .to_string()
                .contains("\"p\" is there twice")
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    fn lists(name: &'static str) -> impl Strategy<Value = Vec<CandidateList>> {
        let score = any::<f32>().prop_filter("finite", |s| s.is_finite());
        let candidates = proptest::collection::vec((name, score), 0..7);
        let list = proptest::option::of(candidates);
        proptest::collection::btree_map(name, list, 1..12).prop_map(|all| {
            let list = |(search, candidates)| CandidateList { search, candidates };
            all.into_iter().map(list).collect()
        })
    }

    proptest! {
        #[test]
        fn csv_is_read_as_written(lists in lists("[a-zé,\"/]([a-z ,\"]{0,5}[a-z,\"])?"), length in 0usize..9) {
            let (_folder, path) = file("");
            write_csv(&path, length, &lists).unwrap();
            let mut cut = lists;
            cut.iter_mut().flat_map(|l| &mut l.candidates).for_each(|c| c.truncate(length));
            prop_assert_eq!(read_csv(&path).unwrap(), cut);
        }

        #[test]
        fn logs_are_read_as_written(lists in lists("[!-~é]{1,6}"), turned: bool) {
            let (_folder, path) = file("");
            let polarity = if turned { Polarity::Distance } else { Polarity::Similarity };
            write_candidates(&path, polarity, 7, &lists).unwrap();
            let mut oriented = lists;
            for (_, score) in oriented.iter_mut().flat_map(|l| &mut l.candidates).flatten() {
                *score = polarity.oriented(*score);
            }
            prop_assert_eq!(read_log(&path).unwrap(), oriented);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(probe,rank,label,score\n)?([pq],[0-3],[ab]?,[0-9nan.]{0,3}\n){0,6}.{0,20}") {
            let (_folder, path) = file(&text);
            if let Ok(lists) = read_csv(&path) {
                write_csv(&path, usize::MAX, &lists).unwrap();
                prop_assert_eq!(read_csv(&path).unwrap(), lists);
            }
        }
    }
}
