//! What an evaluation leaves: a table or JSON on stdout, and in the folder `report.html`, `report.json` and the curves.

use std::path::Path;

use serde_json::{Value, json};
use thenar_eval::evaluate::{FMR_POINTS, evaluate_curve};
use thenar_eval::metrics::{
    BAND_POINTS, BandPoint, BootstrapPlan, ErrorCurve, Identification, Unlinkability, band_fmrs,
    bootstrap_bands, bootstrap_subjects, independent_bands,
};
use thenar_eval::page::{Page, Pairs, Provenance, System, Table};
use thenar_eval::{Meta, Report, SubjectScores, baseline, plot};

use super::super::args::Figures;
use super::super::error::CliError;
use super::super::session::Session;
use super::super::{date, files};

/// Ranks of a CMC.
const RANKS: usize = 20;

/// One system and its figures.
pub(super) struct Measured {
    name: String,
    pub report: Report,
    pub curve: ErrorCurve,
    bands: Vec<(f64, f64, f64)>,
    searches: Option<Identification>,
    /// Can templates under two tokens be linked?
    links: Option<Unlinkability>,
}

impl Measured {
    /// All figures; the method is the system's name. `subjects` are the scores with their subjects, where a bootstrap is asked for.
    pub(super) fn new(
        meta: &Meta,
        curve: ErrorCurve,
        searches: Option<Identification>,
        subjects: Option<&SubjectScores>,
        figures: &Figures,
    ) -> Result<Self, CliError> {
        let mut report = evaluate_curve(&curve, meta);
        if let Some(searches) = &searches {
            report = report.with_identification(searches);
        }
        let plan = BootstrapPlan {
            replicates: figures.bootstrap.unwrap_or_default(),
            seed: figures.seed,
            ..BootstrapPlan::default()
        };
        let bands = match (figures.bootstrap, subjects) {
            (None, _) => independent_bands(&curve, BAND_POINTS, plan.confidence),
            (Some(_), Some(subjects)) => {
                let points = FMR_POINTS.map(|(_, fmr)| fmr);
                let found = bootstrap_subjects(subjects, &points, &plan)?;
                report = report.with_bootstrap(&found, &plan, &FMR_POINTS);
                // Of very few impostors no band can be drawn.
                match band_fmrs(curve.impostor(), BAND_POINTS)[..] {
                    [] => Vec::new(),
                    _ => bootstrap_bands(subjects, BAND_POINTS, &plan)?,
                }
            }
            (Some(_), None) => {
                let message =
                    "--bootstrap draws subjects again, and this format does not name them";
                return Err(CliError::Usage(message.into()));
            }
        };
        let band = |p: &BandPoint| (p.fmr, p.low, p.high);
        Ok(Self {
            name: meta.method.clone(),
            report,
            bands: bands.iter().map(band).collect(),
            curve,
            searches,
            links: None,
        })
    }

    /// The same under another name, which titles its curves.
    pub(super) fn named(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// The same with a picture of how templates are linked.
    pub(super) fn with_links(self, links: Option<Unlinkability>) -> Self {
        Self { links, ..self }
    }

    /// The curves that not every system has: the DET curve with its band, the CMC, and the linking of templates.
    fn write_curves(&self, folder: &Path) -> Result<(), CliError> {
        let mut curves = Vec::new();
        if !self.bands.is_empty() {
            let svg = plot::det_bands_svg(&self.name, &self.curve, &self.bands)?;
            curves.push(("det_band.svg", svg));
            curves.push(("det_band.csv", plot::det_bands_csv(&self.bands)));
        }
        if let Some(searches) = self.searches.as_ref().filter(|s| s.mated() > 0) {
            let systems = [("", searches)];
            curves.push(("cmc.svg", plot::cmc_svg(&self.name, &systems, RANKS)?));
            curves.push(("cmc.csv", plot::cmc_csv(&systems, RANKS)));
        }
        if let Some(links) = &self.links {
            let svg = plot::unlinkability_svg(&self.name, links)?;
            curves.push(("unlinkability.svg", svg));
            curves.push(("unlinkability.csv", plot::unlinkability_csv(links)));
        }
        for (name, text) in curves {
            files::write(&folder.join(name), text.as_bytes())?;
        }
        Ok(())
    }

    fn system(&self) -> System<'_> {
        System {
            bands: &self.bands,
            searches: self.searches.as_ref(),
            unlinkability: self.links.as_ref(),
            ..System::new(&self.name, &self.report, &self.curve)
        }
    }
}

/// Something beside the report: under its table, in the JSON, and on the page.
pub(super) struct Section {
    /// Key in the JSON.
    pub key: &'static str,
    pub value: Value,
    /// For stdout.
    pub text: String,
    /// For the page.
    pub table: Table,
}

/// All there is to tell.
pub(super) struct Results {
    pub title: String,
    pub introduction: String,
    /// At least one.
    pub systems: Vec<Measured>,
    pub sections: Vec<Section>,
    pub pairs: Pairs,
}

impl Results {
    /// Adds the changes against an older report.
    pub(super) fn compare_with(&mut self, older: &Path) -> Result<(), CliError> {
        let [system] = &self.systems[..] else {
            let message = "--baseline compares one system with an older report";
            return Err(CliError::Usage(message.into()));
        };
        let changes = baseline::compare(&Report::read(older)?, &system.report);
        let (head, rows) = changes.cells();
        let reasons = changes.not_the_same_test.join("; ");
        self.sections.push(Section {
            key: "baseline",
            value: serde_json::to_value(&changes).unwrap_or_default(),
            text: format!("Changes against {}\n{}", older.display(), changes.table()),
            table: Table {
                title: format!("Changes against {}", older.display()),
                note: match changes.is_same_test() {
                    true => "Clear: the 95 % intervals do not overlap.".into(),
                    false => format!("Not the same test: {reasons}."),
                },
                columns: head.into(),
                rows: rows.into_iter().map(Into::into).collect(),
            },
        });
        Ok(())
    }

    /// Writes the page, the reports and the curves; each file whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), CliError> {
        files::make_folder(folder)?;
        match &self.systems[..] {
            [system] => {
                plot::write_all(folder, &system.name, &system.curve)?;
                system.write_curves(folder)?;
                system.report.write(&folder.join("report.json"))?;
            }
            several => {
                let curves: Vec<(&str, &ErrorCurve)> = several
                    .iter()
                    .map(|s| (s.name.as_str(), &s.curve))
                    .collect();
                plot::write_systems(folder, &self.title, &curves)?;
                for (number, system) in several.iter().enumerate() {
                    let name = format!("report-{}.json", number + 1);
                    system.report.write(&folder.join(name))?;
                }
            }
        }
        let page = Page {
            title: self.title.clone(),
            introduction: self.introduction.clone(),
            systems: self.systems.iter().map(Measured::system).collect(),
            tables: self.sections.iter().map(|s| s.table.clone()).collect(),
            pairs: self.pairs.clone(),
            provenance: Provenance {
                program: format!("thenar {}", env!("CARGO_PKG_VERSION")),
                date: Some(date::now()),
                more: Vec::new(),
            },
        };
        Ok(page.write(&folder.join("report.html"))?)
    }

    /// Prints the report, or the list of them.
    pub(super) fn print(&self, session: &Session) {
        // The report's JSON is valid, or nothing of it is printed.
        let value = |s: &Measured| -> Value {
            serde_json::from_str(&s.report.to_json()).unwrap_or_default()
        };
        let (mut text, mut json) = match &self.systems[..] {
            [system] => (system.report.table(), value(system)),
            several => {
                let tables = several
                    .iter()
                    .map(|s| format!("{}\n{}", s.name, s.report.table()));
                let values: Vec<Value> = several.iter().map(value).collect();
                let tables: Vec<String> = tables.collect();
                (tables.join("\n"), json!({ "systems": values }))
            }
        };
        for section in &self.sections {
            text = format!("{}\n{}", text.trim_end(), section.text);
            json[section.key] = section.value.clone();
        }
        session.out.result(text.trim_end(), &json);
    }
}
