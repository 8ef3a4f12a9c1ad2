//! File lists: `norm/train_world.lst`, `dev/for_models.lst` …

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;
use std::path::Path;

use super::{
    BobGroup, BobMatch, BobProtocol, BobSample, MAX_ROWS, nothing, subjects, without, write_files,
};
use crate::EvalError;
use crate::formats::lines;

const WORLD: &str = "norm/train_world.lst";

/// Reads the file lists of a protocol; `extension` is appended to every path.
///
/// # Errors
/// [`EvalError::File`] when the folder holds neither a training list nor a group, when a template is of two subjects,
/// a probe too, or a comparison names a template that is not enrolled; [`EvalError::Read`] when a group lacks a file;
/// [`EvalError::Line`] for a line with other fields, with as many as no line before it, or with a character at which
/// bob would part a field.
pub fn read_lists(folder: &Path, extension: &str) -> Result<BobProtocol, EvalError> {
    let mut protocol = BobProtocol::default();
    let world = folder.join(WORLD);
    if world.is_file() {
        let sample = |fields: &[String]| two_fields(fields, extension, true);
        protocol.train = rows(&world, 2..=2)?.iter().map(|f| sample(f)).collect();
    }
    protocol.dev = group(&folder.join("dev"), extension)?;
    protocol.eval = group(&folder.join("eval"), extension)?;
    if protocol == BobProtocol::default() {
        return Err(nothing(
            folder,
            "norm/train_world.lst, dev/for_models.lst or eval/for_models.lst",
        ));
    }
    Ok(protocol)
}

fn group(folder: &Path, extension: &str) -> Result<Option<BobGroup>, EvalError> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let models = folder.join("for_models.lst");
    let model = |fields: &Vec<String>| BobSample {
        path: format!("{}{extension}", fields[0]),
        template: fields[1].clone(),
        subject: fields.last().cloned().unwrap_or_default(),
    };
    let mut group = BobGroup {
        enroll: rows(&models, 2..=3)?.iter().map(model).collect(),
        probe: Vec::new(),
        matching: None,
    };
    let (probes, scores) = (folder.join("for_probes.lst"), folder.join("for_scores.lst"));
    if scores.is_file() && !probes.is_file() {
        read_scores(&scores, extension, &mut group)?;
    } else {
        let sample = |fields: &Vec<String>| two_fields(fields, extension, false);
        group.probe = rows(&probes, 2..=2)?.iter().map(sample).collect();
    }
    subjects(&models, &group.enroll)?;
    Ok(Some(group))
}

/// A row of `path client_id`.
fn two_fields(fields: &[String], extension: &str, train: bool) -> BobSample {
    let path = format!("{}{extension}", fields[0]);
    BobSample {
        template: if train {
            fields[1].clone()
        } else {
            path.clone()
        },
        path,
        subject: fields[1].clone(),
    }
}

/// The comparisons of `for_scores.lst`, and the probes they name.
fn read_scores(path: &Path, extension: &str, group: &mut BobGroup) -> Result<(), EvalError> {
    let known = group.subjects(path)?;
    let mut seen = HashSet::new();
    let mut probes = Vec::new();
    let mut matching = Vec::new();
    for fields in rows(path, 3..=4)? {
        let (template, client) = (&fields[1], fields.get(3).unwrap_or(&fields[1]));
        if !known.contains_key(template.as_str()) {
            let problem = format!("model {template:?} is not in for_models.lst");
            return Err(EvalError::file(path, problem));
        }
        let file = format!("{}{extension}", fields[0]);
        matching.push(BobMatch {
            template: template.clone(),
            probe: file.clone(),
        });
        // With another client the same file comes once more, and is refused below.
        if seen.insert((file.clone(), client.clone())) {
            probes.push(BobSample {
                path: file.clone(),
                template: file,
                subject: client.clone(),
            });
        }
    }
    subjects(path, &probes)?;
    group.probe = probes;
    group.matching = Some(matching);
    Ok(())
}

/// The rows of a list; all have as many fields as the first.
fn rows(path: &Path, fields: RangeInclusive<usize>) -> Result<Vec<Vec<String>>, EvalError> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    lines::for_each(path, |_, line| {
        if line.starts_with('#') {
            return Ok(());
        }
        let row: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let expected = rows.first().map_or(fields.clone(), |r| r.len()..=r.len());
        if !expected.contains(&row.len()) {
            let (least, most) = expected.into_inner();
            let expected = if least == most {
                least.to_string()
            } else {
                format!("{least} or {most}")
            };
            return Err(format!("{} fields, expected {expected}", row.len()));
        }
        row.iter().try_for_each(|field| whole(field))?;
        if rows.len() == MAX_ROWS {
            return Err(format!("more than {MAX_ROWS} rows"));
        }
        rows.push(row);
        Ok(())
    })?;
    match rows.is_empty() {
        true => Err(EvalError::file(path, "holds no row, expected at least one")),
        false => Ok(rows),
    }
}

/// bob takes for a field what matches `[\w/(-.)]+`, and parts it at anything else.
fn whole(field: &str) -> Result<(), String> {
    let stays = |c: char| c.is_alphanumeric() || c == '_' || c == '/' || ('('..='.').contains(&c);
    match field.chars().find(|&c| !stays(c)) {
        Some(other) => {
            let field = lines::shown(field);
            Err(format!(
                "{field} holds {other:?}, at which bob parts a field; expected letters, digits and _/()*+,-."
            ))
        }
        None if field.is_empty() => Err("an empty field".to_owned()),
        None => Ok(()),
    }
}

/// Writes the file lists of a protocol into a folder that is there, each whole or not at all; `extension` is cut off
/// every path. A group with comparisons gets `for_scores.lst`, any other `for_probes.lst`.
///
/// # Errors
/// [`EvalError::File`] when the folder holds a protocol already, for a path without the extension, for a field
/// that bob would part, and for a comparison of something that is not in the group; [`EvalError::Write`].
pub fn write_lists(
    protocol: &BobProtocol,
    folder: &Path,
    extension: &str,
) -> Result<(), EvalError> {
    // All is made before anything is written.
    let mut files: Vec<(String, String)> = Vec::new();
    if !protocol.train.is_empty() {
        let rows = protocol.train.iter().map(|s| (s, vec![s.subject.as_str()]));
        files.push((
            WORLD.to_owned(),
            text(&folder.join(WORLD), rows, extension)?,
        ));
    }
    for (name, group) in protocol.groups() {
        let (file, path) = named(folder, name, "for_models.lst");
        let models = group.enroll.iter();
        let models = models.map(|s| (s, vec![s.template.as_str(), s.subject.as_str()]));
        files.push((file, text(&path, models, extension)?));
        subjects(&path, &group.enroll)?;
        let (file, path) = match group.matching {
            Some(_) => named(folder, name, "for_scores.lst"),
            None => named(folder, name, "for_probes.lst"),
        };
        files.push((file, compared(group, &path, extension)?));
    }
    write_files(folder, &files)
}

fn named(folder: &Path, group: &str, file: &str) -> (String, std::path::PathBuf) {
    let name = format!("{group}/{file}");
    let path = folder.join(&name);
    (name, path)
}

/// `for_probes.lst` or `for_scores.lst`.
fn compared(group: &BobGroup, path: &Path, extension: &str) -> Result<String, EvalError> {
    let Some(matching) = &group.matching else {
        let rows = group.probe.iter().map(|s| (s, vec![s.subject.as_str()]));
        return text(path, rows, extension);
    };
    let subjects = group.subjects(path)?;
    let mut probes: HashMap<&str, Vec<&BobSample>> = HashMap::new();
    for sample in &group.probe {
        probes.entry(&sample.template).or_default().push(sample);
    }
    let mut rows = Vec::new();
    for pair in matching {
        let found = subjects.get(pair.template.as_str());
        let (Some(&claimed), Some(samples)) = (found, probes.get(pair.probe.as_str())) else {
            let problem = format!("{pair:?} names what is not in the group");
            return Err(EvalError::file(path, problem));
        };
        let model = pair.template.as_str();
        rows.extend(
            samples
                .iter()
                .map(|s| (*s, vec![model, claimed, s.subject.as_str()])),
        );
    }
    text(path, rows.into_iter(), extension)
}

/// Lines of a path and the fields behind it.
fn text<'a>(
    file: &Path,
    rows: impl Iterator<Item = (&'a BobSample, Vec<&'a str>)>,
    extension: &str,
) -> Result<String, EvalError> {
    let mut text = String::new();
    for (sample, fields) in rows {
        let path = without(file, &sample.path, extension)?;
        for field in std::iter::once(path).chain(fields.iter().copied()) {
            whole(field).map_err(|problem| EvalError::file(file, problem))?;
        }
        text.push_str(&format!("{path} {}\n", fields.join(" ")));
    }
    match text.is_empty() {
        true => Err(EvalError::file(
            file,
            "would hold no row, expected at least one",
        )),
        false => Ok(text),
    }
}
