//! bob's CSV scores (`bob.bio.base` from version 5 on), read and written.
//!
//! The header names the columns, in any order. Needed are `probe_subject_id`, `bio_ref_subject_id` and the column of
//! the score (`score` unless another is named). Used where they are there: the probe sample `probe_template_id` (older
//! names `probe_key`, `key`) and the template `bio_ref_template_id`. Other columns are metadata and skipped.
//!
//! A high score is a match. `nan`, and an empty score, are failures to acquire.

use std::io::Write;
use std::path::Path;

use super::{csv, lines};
use crate::{Comparisons, EvalError, Polarity, atomic};

const EXPECTED: &str = "probe_subject_id,bio_ref_subject_id,score";
/// Names of the probe sample, newest first.
const PROBE_SAMPLE: [&str; 3] = ["probe_template_id", "probe_key", "key"];
/// More columns than metadata ever needs.
const MAX_COLUMNS: usize = 1_024;

/// Where the columns stand.
struct Columns {
    all: usize,
    probe_subject: usize,
    reference_subject: usize,
    score: usize,
    probe: Option<usize>,
    reference: Option<usize>,
}

impl Columns {
    fn of(header: &[String], score_column: &str) -> Result<Self, String> {
        if header.len() > MAX_COLUMNS {
            return Err(format!(
                "{} columns, expected at most {MAX_COLUMNS}",
                header.len()
            ));
        }
        let find = |name: &str| header.iter().position(|h| h.trim() == name);
        let need = |name: &str| {
            find(name)
                .ok_or_else(|| format!("no column {name:?} in the header, expected `{EXPECTED}`"))
        };
        for (index, name) in header.iter().enumerate() {
            if header[..index].contains(name) {
                return Err(format!("column {name:?} stands twice in the header"));
            }
        }
        Ok(Self {
            all: header.len(),
            probe_subject: need("probe_subject_id")?,
            reference_subject: need("bio_ref_subject_id")?,
            score: need(score_column)?,
            probe: PROBE_SAMPLE.into_iter().find_map(find),
            reference: find("bio_ref_template_id"),
        })
    }

    fn row(&self, fields: &[String], into: &mut Comparisons) -> Result<(), String> {
        if fields.len() != self.all {
            return Err(format!(
                "{} fields, expected {} as in the header",
                fields.len(),
                self.all
            ));
        }
        let field = |index: usize| fields[index].trim();
        let name = |index: usize, what: &str| match field(index) {
            "" => Err(format!("{what} is empty")),
            name => Ok(name),
        };
        let probe = name(self.probe_subject, "probe_subject_id")?;
        let reference = name(self.reference_subject, "bio_ref_subject_id")?;
        let score = match field(self.score) {
            "" => f32::NAN,
            text => lines::score(text)?,
        };
        let sample = |index: Option<usize>| index.map(field).filter(|name| !name.is_empty());
        into.push(
            (reference, sample(self.reference)),
            (probe, sample(self.probe)),
            score,
        );
        Ok(())
    }
}

/// Reads a CSV file of scores whose column is called `score`.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::Line`] for a header without the needed columns or a row that does not fit it,
/// [`EvalError::File`] when there is no score.
pub fn read(path: &Path) -> Result<Comparisons, EvalError> {
    read_column(path, "score")
}

/// As [`read`], with the name of the column that holds the score.
///
/// # Errors
/// As [`read`].
pub fn read_column(path: &Path, score_column: &str) -> Result<Comparisons, EvalError> {
    let mut reader = Reader::new(score_column);
    lines::for_each(path, |_, line| reader.line(line))?;
    reader.finish(path)
}

struct Reader<'a> {
    score_column: &'a str,
    columns: Option<Columns>,
    found: Comparisons,
}

impl<'a> Reader<'a> {
    fn new(score_column: &'a str) -> Self {
        Self {
            score_column,
            columns: None,
            found: Comparisons::new(Polarity::Similarity),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let fields = csv::fields(line)?;
        match &self.columns {
            Some(columns) => columns.row(&fields, &mut self.found)?,
            None => self.columns = Some(Columns::of(&fields, self.score_column)?),
        }
        Ok(())
    }

    fn finish(self, path: &Path) -> Result<Comparisons, EvalError> {
        if self.found.rows.is_empty() {
            return Err(lines::none_found(path, EXPECTED));
        }
        Ok(self.found)
    }
}

/// Writes a CSV file that bob reads: its name must hold `.csv`, or bob takes it for another format.
///
/// bob has similarities only, so distances are written with their sign turned; reading gives similarities back. The
/// file appears whole or not at all.
///
/// # Errors
/// [`EvalError::File`] when the name does not hold `.csv`, or a name is empty, begins or ends with white space or
/// holds a control character, [`EvalError::Write`].
pub fn write(path: &Path, comparisons: &Comparisons) -> Result<(), EvalError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if !name.contains(".csv") {
        return Err(EvalError::file(
            path,
            "the name of a bob CSV file must hold .csv",
        ));
    }
    let names = [&comparisons.subjects, &comparisons.samples];
    for names in names {
        for text in (0..names.len() as u32).map(|k| names.text(k)) {
            csv::check_name(text).map_err(|problem| EvalError::file(path, problem))?;
        }
    }
    atomic::write(path, |out| {
        writeln!(
            out,
            "probe_template_id,probe_subject_id,bio_ref_template_id,bio_ref_subject_id,score"
        )?;
        let sample = |number: Option<u32>| number.map_or("", |n| comparisons.samples.text(n));
        for row in &comparisons.rows {
            let fields = [
                sample(row.probe),
                comparisons.subjects.text(row.probe_subject),
                sample(row.reference),
                comparisons.subjects.text(row.reference_subject),
            ];
            for field in fields {
                write!(out, "{},", csv::quoted(field))?;
            }
            if row.score.is_nan() {
                writeln!(out, "nan")?;
            } else {
                writeln!(out, "{}", comparisons.polarity.oriented(row.score))?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Comparisons, String> {
        let mut reader = Reader::new("score");
        lines::for_each_of(text.as_bytes(), Path::new("s.csv"), |_, l| reader.line(l))
            .and_then(|()| reader.finish(Path::new("s.csv")))
            .map_err(|e| e.to_string())
    }

    #[test]
    fn reads_columns_in_any_order_with_metadata() {
        let found = parse(
            "sex,score,bio_ref_subject_id,probe_key,probe_subject_id\nf,0.5,a,s1,a\n\"m, old\",nan,b,s1,a\nm,,b,s2,b\n",
        )
        .unwrap();
        let scores = found.score_set();
        assert_eq!(
            (
                scores.genuine[0],
                scores.genuine.len(),
                scores.impostor.len()
            ),
            (0.5, 2, 1)
        );
        assert!(scores.genuine[1].is_nan() && scores.impostor[0].is_nan());
        assert_eq!(found.samples.len(), 2);
    }

    #[test]
    fn malformed_files_are_named() {
        assert_eq!(
            parse("probe_subject_id,score\n1,0.5\n").unwrap_err(),
            "s.csv:1: no column \"bio_ref_subject_id\" in the header, expected `probe_subject_id,bio_ref_subject_id,score`"
        );
        let head = "probe_subject_id,bio_ref_subject_id,score\n";
        assert_eq!(
            parse(&format!("{head}1,1,0.5\n1,1\n")).unwrap_err(),
            "s.csv:3: 2 fields, expected 3 as in the header"
        );
        assert_eq!(
            parse(&format!("{head}1,1,high\n")).unwrap_err(),
            "s.csv:2: score \"high\", expected a finite number or nan"
        );
        assert_eq!(
            parse(&format!("{head},1,1\n")).unwrap_err(),
            "s.csv:2: probe_subject_id is empty"
        );
        assert!(parse("score,score\n").unwrap_err().contains("stands twice"));
        assert!(
            parse(head)
                .unwrap_err()
                .starts_with("s.csv: holds no score")
        );
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scores.csv");
        let mut all = Comparisons::new(Polarity::Similarity);
        all.push(("a, b", Some("t \"1\"")), ("a, b", Some("p1")), 0.1);
        all.push(("c", None), ("a, b", Some("p1")), f32::NAN);
        write(&path, &all).unwrap();
        let back = read(&path).unwrap();
        assert_eq!(
            (&back.subjects, &back.samples),
            (&all.subjects, &all.samples)
        );
        // Text, since NaN is not equal to itself.
        assert_eq!(format!("{:?}", back.rows), format!("{:?}", all.rows));
        all.polarity = Polarity::Distance;
        write(&path, &all).unwrap();
        assert_eq!(read(&path).unwrap().rows[0].score, -0.1);
        assert!(write(&folder.path().join("scores.txt"), &all).is_err());
        all.push(("line\nbreak", None), ("x", None), 0.0);
        assert!(
            write(&path, &all)
                .unwrap_err()
                .to_string()
                .contains("control character")
        );
    }

    fn name() -> &'static str {
        "[a-zé0,\"/]([a-z ,\"]{0,5}[a-z,\"])?"
    }

    proptest! {
        #[test]
        fn any_comparisons_come_back(
            rows in proptest::collection::vec(
                ((name(), proptest::option::of(name())), (name(), proptest::option::of(name())), any::<f32>()),
                1..30,
            ),
        ) {
            let mut all = Comparisons::new(Polarity::Similarity);
            for ((reference, template), (probe, sample), score) in &rows {
                let score = if score.is_infinite() { f32::NAN } else { *score };
                all.push((reference, template.as_deref()), (probe, sample.as_deref()), score);
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("scores.csv");
            write(&path, &all).unwrap();
            let back = read(&path).unwrap();
            prop_assert_eq!(back.rows.len(), rows.len());
            for (a, b) in all.rows.iter().zip(&back.rows) {
                let names = |all: &Comparisons, row: &crate::NamedComparison| {
                    let subjects = [row.reference_subject, row.probe_subject];
                    let samples = [row.reference, row.probe];
                    (
                        subjects.map(|n| all.subjects.text(n).to_owned()),
                        samples.map(|n| n.map(|n| all.samples.text(n).to_owned())),
                    )
                };
                prop_assert_eq!(names(&all, a), names(&back, b));
                prop_assert!(a.score == b.score || a.score.is_nan() && b.score.is_nan());
            }
        }
    }
}
