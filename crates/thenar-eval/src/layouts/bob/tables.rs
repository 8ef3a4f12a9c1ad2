//! CSV files: `train/for_background_model.csv`, `dev/for_enrolling.csv` …

use std::path::{Path, PathBuf};

use super::{
    BobGroup, BobMatch, BobProtocol, BobSample, MAX_ROWS, nothing, subjects, without, write_files,
};
use crate::EvalError;
use crate::formats::{csv, lines};

/// Names of the files, newest first.
const TRAIN: [&str; 2] = ["train/for_background_model.csv", "norm/train_world.csv"];
const ENROLL: [&str; 2] = ["for_enrolling.csv", "for_models.csv"];
const PROBE: [&str; 2] = ["for_probing.csv", "for_probes.csv"];
const MATCHING: &str = "for_matching.csv";
/// More columns than metadata ever needs.
const MAX_COLUMNS: usize = 1_024;

/// Reads the CSV files of a protocol; `extension` is appended to every path.
///
/// # Errors
/// [`EvalError::File`] when the folder holds neither a training table nor a group, when a template is of two subjects,
/// or a comparison names a template that is not there; [`EvalError::Read`] when a group lacks a file;
/// [`EvalError::Line`] for a header without the columns, and for a row that is not like it.
pub fn read_tables(folder: &Path, extension: &str) -> Result<BobProtocol, EvalError> {
    let train = newest(folder, TRAIN);
    let mut protocol = BobProtocol::default();
    if train.is_file() {
        protocol.train = samples(&train, extension)?;
    }
    protocol.dev = group(&folder.join("dev"), extension)?;
    protocol.eval = group(&folder.join("eval"), extension)?;
    if protocol == BobProtocol::default() {
        return Err(nothing(
            folder,
            "train/for_background_model.csv, dev/for_enrolling.csv or eval/for_enrolling.csv",
        ));
    }
    Ok(protocol)
}

/// The first of the names that is there, else the newest.
fn newest(folder: &Path, names: [&str; 2]) -> PathBuf {
    let [new, old] = names.map(|name| folder.join(name));
    if old.is_file() && !new.is_file() {
        old
    } else {
        new
    }
}

fn group(folder: &Path, extension: &str) -> Result<Option<BobGroup>, EvalError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let (enroll, probe) = (newest(folder, ENROLL), newest(folder, PROBE));
    let mut group = BobGroup {
        enroll: samples(&enroll, extension)?,
        probe: samples(&probe, extension)?,
        matching: None,
    };
    let enrolled = subjects(&enroll, &group.enroll)?;
    let probes = subjects(&probe, &group.probe)?;
    let matching = folder.join(MATCHING);
    if matching.is_file() {
        let mut pairs = Vec::new();
        let names = [&["enroll_template_id"][..], &["probe_template_id"]];
        rows(&matching, names, |[template, probe]| {
            let (Some(template), Some(probe)) = (template, probe) else {
                let needed = "enroll_template_id and probe_template_id";
                return Err(format!("no columns {needed} in the header"));
            };
            for (name, known) in [(template, &enrolled), (probe, &probes)] {
                if !known.contains_key(name) {
                    return Err(format!(
                        "template {} is not in the group",
                        lines::shown(name)
                    ));
                }
            }
            pairs.push(BobMatch {
                template: template.to_owned(),
                probe: probe.to_owned(),
            });
            Ok(())
        })?;
        group.matching = Some(pairs);
    }
    Ok(Some(group))
}

/// The samples of one table.
fn samples(path: &Path, extension: &str) -> Result<Vec<BobSample>, EvalError> {
    let mut samples = Vec::new();
    let names = [&["path", "key"][..], &["subject_id"], &["template_id"]];
    rows(path, names, |[file, subject, template]| {
        let file = file.ok_or("no column path (or key) in the header")?;
        // Old tables have the subject in the column of the template; a training table has no template.
        let (subject, template) = match (subject, template) {
            (Some(subject), Some(template)) => (subject, template),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => return Err("no column subject_id in the header".to_owned()),
        };
        samples.push(BobSample {
            path: format!("{file}{extension}"),
            template: template.to_owned(),
            subject: subject.to_owned(),
        });
        Ok(())
    })?;
    Ok(samples)
}

/// Calls `each` with the named columns of every row, `None` for a column that is not there. Columns are found by the
/// first of their names, capitals or not.
fn rows<const N: usize>(
    path: &Path,
    names: [&[&str]; N],
    mut each: impl FnMut([Option<&str>; N]) -> Result<(), String>,
) -> Result<(), EvalError> {
    let mut header: Option<(usize, [Option<usize>; N])> = None;
    let mut count = 0;
    lines::for_each(path, |_, line| {
        let fields = csv::fields(line)?;
        let Some((all, columns)) = &header else {
            if fields.len() > MAX_COLUMNS {
                let found = fields.len();
                return Err(format!("{found} columns, expected at most {MAX_COLUMNS}"));
            }
            let find = |name: &&str| {
                let mut headers = fields.iter().map(|h| h.trim());
                headers.position(|h| h.eq_ignore_ascii_case(name))
            };
            header = Some((fields.len(), names.map(|of| of.iter().find_map(find))));
            return Ok(());
        };
        if fields.len() != *all {
            let found = fields.len();
            return Err(format!("{found} fields, expected {all} as in the header"));
        }
        let row = columns.map(|column| column.map(|at| fields[at].trim()));
        if row.contains(&Some("")) {
            return Err("an empty field, expected a path and names".to_owned());
        }
        if count == MAX_ROWS {
            return Err(format!("more than {MAX_ROWS} rows"));
        }
        count += 1;
        each(row)
    })?;
    match count {
        0 => Err(EvalError::file(
            path,
            "holds no row below a header, expected at least one",
        )),
        _ => Ok(()),
    }
}

/// Writes the CSV files of a protocol into a folder that is there, each whole or not at all; `extension` is cut off
/// every path.
///
/// # Errors
/// [`EvalError::File`] when the folder holds a protocol already, for a path without the extension, for a field
/// with a line break, and for a group without rows; [`EvalError::Write`].
pub fn write_tables(
    protocol: &BobProtocol,
    folder: &Path,
    extension: &str,
) -> Result<(), EvalError> {
    // All is made before anything is written.
    let mut files: Vec<(String, String)> = Vec::new();
    if !protocol.train.is_empty() {
        let path = folder.join(TRAIN[0]);
        files.push((
            TRAIN[0].to_owned(),
            table(&path, &protocol.train, extension, false)?,
        ));
    }
    for (name, group) in protocol.groups() {
        for (file, samples) in [(ENROLL[0], &group.enroll), (PROBE[0], &group.probe)] {
            let file = format!("{name}/{file}");
            let path = folder.join(&file);
            subjects(&path, samples)?;
            files.push((file, table(&path, samples, extension, true)?));
        }
        if let Some(matching) = &group.matching {
            let file = format!("{name}/{MATCHING}");
            let path = folder.join(&file);
            let mut text = "enroll_template_id,probe_template_id\n".to_owned();
            for pair in matching {
                text.push_str(&row(&path, &[&pair.template, &pair.probe])?);
            }
            files.push((file, text));
        }
    }
    write_files(folder, &files)
}

fn table(
    file: &Path,
    samples: &[BobSample],
    extension: &str,
    templates: bool,
) -> Result<String, EvalError> {
    if samples.is_empty() {
        return Err(EvalError::file(
            file,
            "would hold no row, expected at least one",
        ));
    }
    let mut text = match templates {
        true => "path,subject_id,template_id\n".to_owned(),
        false => "path,subject_id\n".to_owned(),
    };
    for sample in samples {
        let fields = [
            without(file, &sample.path, extension)?,
            &sample.subject,
            &sample.template,
        ];
        text.push_str(&row(file, &fields[..2 + usize::from(templates)])?);
    }
    Ok(text)
}

fn row(file: &Path, fields: &[&str]) -> Result<String, EvalError> {
    let mut written = Vec::with_capacity(fields.len());
    for field in fields {
        if field.trim().is_empty() || *field != field.trim() || field.contains(['\n', '\r']) {
            let problem = format!(
                "{field:?} cannot stand in a row, expected text without line breaks or space around"
            );
            return Err(EvalError::file(file, problem));
        }
        written.push(csv::quoted(field));
    }
    Ok(format!("{}\n", written.join(",")))
}
