//! `thenar eval scores`: anybody's scores into the figures of a report.

use std::path::{Path, PathBuf};

use thenar_eval::formats::{Format, Scores, Source, nist, read};
use thenar_eval::page::{Pairs, Table};
use thenar_eval::{List, Meta, Polarity, dev_eval};

use super::super::Verdict;
use super::super::args::EvalScores;
use super::super::error::CliError;
use super::super::session::Session;
use super::results::{Measured, Results, Section};

pub(super) fn run(session: &Session, args: &EvalScores) -> Result<Verdict, CliError> {
    let reader = Reader::new(args)?;
    let systems = reader.systems(args)?;
    let mut results = Results {
        title: "Scores".into(),
        introduction: String::new(),
        systems: systems
            .iter()
            .map(|(name, files)| measured(&reader, args, name, files))
            .collect::<Result<_, _>>()?,
        sections: Vec::new(),
        pairs: Pairs::default(),
    };
    if let [(name, _)] = &systems[..] {
        results.title.clone_from(name);
    }
    if let Some(title) = &args.title {
        results.title.clone_from(title);
    }
    if !args.dev.is_empty() {
        results.sections.push(fixed(&reader, args, &results)?);
    }
    if let Some(older) = &args.figures.baseline {
        results.compare_with(older)?;
    }
    if let Some(folder) = &args.output {
        results.write(folder)?;
    }
    results.print(session);
    Ok(Verdict::Yes)
}

/// How the files are read.
struct Reader {
    format: Format,
    polarity: Option<Polarity>,
    probes: Option<nist::Truth>,
    gallery: Option<nist::Truth>,
}

impl Reader {
    fn new(args: &EvalScores) -> Result<Self, CliError> {
        let truth = |path: Option<&PathBuf>| -> Result<Option<nist::Truth>, CliError> {
            path.map(|path| Ok(nist::Truth::new(&List::read(path)?)))
                .transpose()
        };
        Ok(Self {
            format: format(&args.format)?,
            polarity: args.polarity.map(Polarity::from),
            probes: truth(args.probe.as_ref())?,
            gallery: truth(args.gallery.as_ref())?,
        })
    }

    fn read(&self, files: &[PathBuf]) -> Result<Scores, CliError> {
        Ok(read(
            self.format,
            &Source {
                files,
                polarity: self.polarity,
                probes: self.probes.as_ref(),
                gallery: self.gallery.as_ref(),
            },
        )?)
    }

    /// The files of each system, and its name.
    fn systems<'a>(&self, args: &'a EvalScores) -> Result<Vec<(String, &'a [PathBuf])>, CliError> {
        // A format that takes two or three files cannot tell six of them apart.
        let each = self.format.files().unwrap_or(args.files.len());
        let groups: Vec<&[PathBuf]> = args.files.chunks(each).collect();
        if !args.name.is_empty() && args.name.len() != groups.len() {
            let (names, systems) = (args.name.len(), groups.len());
            let message = format!("{names} names for {systems} systems: give --name once for each");
            return Err(CliError::Usage(message));
        }
        let name = |(number, files): (usize, &'a [PathBuf])| {
            let given = args.name.get(number).cloned();
            let stem = || {
                files[0]
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into()
            };
            (given.unwrap_or_else(stem), files)
        };
        Ok(groups.into_iter().enumerate().map(name).collect())
    }
}

/// The format of that name, or which there are.
fn format(name: &str) -> Result<Format, CliError> {
    Format::from_name(name).ok_or_else(|| {
        let known = Format::ALL.map(Format::name).join(", ");
        CliError::Usage(format!("unknown format '{name}', expected one of {known}"))
    })
}

fn measured(
    reader: &Reader,
    args: &EvalScores,
    name: &str,
    files: &[PathBuf],
) -> Result<Measured, CliError> {
    let scores = reader.read(files)?;
    let meta = Meta {
        method: name.to_owned(),
        command_line: std::env::args().collect::<Vec<_>>().join(" "),
        ..Meta::default()
    };
    let named = match &scores {
        Scores::Named(comparisons) => Some(comparisons.subject_scores()),
        _ => None,
    };
    let (curve, subjects) = (scores.curve()?, named.as_ref());
    Measured::new(&meta, curve, None, subjects, &args.figures)
}

/// Thresholds fixed on the development scores, errors counted on the others.
fn fixed(reader: &Reader, args: &EvalScores, results: &Results) -> Result<Section, CliError> {
    let [system] = &results.systems[..] else {
        let message = "--dev fixes the thresholds of one system; give the scores of one";
        return Err(CliError::Usage(message.into()));
    };
    let development = reader.read(&args.dev)?.curve()?;
    let fixed = dev_eval(&development, &system.curve)?;
    let (head, rows) = fixed.cells();
    let dev: Vec<_> = args
        .dev
        .iter()
        .map(|p: &PathBuf| Path::display(p).to_string())
        .collect();
    Ok(Section {
        key: "dev_eval",
        value: serde_json::to_value(&fixed).unwrap_or_default(),
        text: format!("Thresholds fixed on {}\n{}", dev.join(", "), fixed.table()),
        table: Table {
            title: "Thresholds fixed on development scores".into(),
            note: format!("Development: {}.", dev.join(", ")),
            columns: head.into(),
            rows: rows.into_iter().map(Into::into).collect(),
        },
    })
}
