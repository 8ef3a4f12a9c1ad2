//! One HTML file that shows an evaluation: figures, tables, pictures of the worst pairs, and where all of it comes from.
//!
//! The file needs nothing else. It holds no script, and a content security policy that forbids whatever is not in it,
//! so it opens without a network and asks nobody for anything. It suits a desk, a phone, a dark room and A4 paper. It
//! is the same, byte for byte, whenever it is made from the same things: a date stands in it only if the caller gives
//! one.
//!
//! ```
//! use thenar_eval::metrics::ErrorCurve;
//! use thenar_eval::page::{Page, System};
//! use thenar_eval::{Meta, Polarity, ScoreSet, evaluate};
//!
//! let scores = ScoreSet {
//!     genuine: vec![0.10, 0.12, 0.31],
//!     impostor: vec![0.45, 0.47, 0.30, 0.50],
//!     polarity: Polarity::Distance,
//! };
//! let (curve, report) = (ErrorCurve::new(&scores)?, evaluate(&scores, &Meta::default())?);
//! let page = Page::new("Seven comparisons", vec![System::new("CompCode", &report, &curve)]);
//! assert!(page.html()?.starts_with("<!DOCTYPE html>"));
//! # Ok::<(), thenar_eval::EvalError>(())
//! ```

mod definitions;
mod document;
mod extremes;
mod figures;
mod pairs;
mod provenance;
mod summary;
mod tables;
mod text;
mod values;

pub use extremes::Extremes;
pub use pairs::{Pair, Pairs, Picture};
pub use provenance::Provenance;
pub use tables::Table;

use std::io::Write;
use std::path::Path;

use crate::metrics::{ErrorCurve, Identification, Unlinkability};
use crate::{EvalError, Report, atomic};

/// No page compares more.
const MOST_SYSTEMS: usize = 100;

/// What a page shows. Every text may hold anything: it is escaped, and names of any length and direction fit.
#[derive(Debug, Clone, Default)]
pub struct Page<'a> {
    /// Heading of the page.
    pub title: String,
    /// A sentence or two under the heading: what was compared with what, and why. May be empty.
    pub introduction: String,
    /// The systems, at least one, in the order of the legends.
    pub systems: Vec<System<'a>>,
    /// Tables of the caller, after the figures of the systems.
    pub tables: Vec<Table>,
    /// Pictures of the hardest genuine and the closest impostor pairs.
    pub pairs: Pairs,
    /// What made the page, beyond what the reports say.
    pub provenance: Provenance,
}

/// One system and what is known about it.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// Its name in legends and tables. Where there is but one system, it may be empty.
    pub name: &'a str,
    /// Its figures.
    pub report: &'a Report,
    /// The curve the figures are of.
    pub curve: &'a ErrorCurve,
    /// A confidence band of the DET curve, as [`det_bands_svg`](crate::plot::det_bands_svg) takes it; may be empty.
    pub bands: &'a [(f64, f64, f64)],
    /// Identification, for the CMC.
    pub searches: Option<&'a Identification>,
    /// Unlinkability of protected records.
    pub unlinkability: Option<&'a Unlinkability>,
}

impl<'a> System<'a> {
    /// A system of which figures and curve are known.
    #[must_use]
    pub fn new(name: &'a str, report: &'a Report, curve: &'a ErrorCurve) -> Self {
        Self {
            name,
            report,
            curve,
            bands: &[],
            searches: None,
            unlinkability: None,
        }
    }
}

impl<'a> Page<'a> {
    /// A page of some systems; everything else is empty.
    #[must_use]
    pub fn new(title: impl Into<String>, systems: Vec<System<'a>>) -> Self {
        Self {
            title: title.into(),
            systems,
            ..Self::default()
        }
    }

    /// The page.
    ///
    /// # Errors
    /// [`EvalError::Page`] for no system or more than 100, a row of a table that is not as wide as its columns, a
    /// picture that is no PNG or too large, or a score that is no number; [`EvalError::Plot`] for a figure that cannot
    /// be drawn.
    pub fn html(&self) -> Result<String, EvalError> {
        self.check()?;
        Ok(document::document(self)?.into_string())
    }

    /// Writes the page; it appears whole or not at all.
    ///
    /// # Errors
    /// Those of [`Page::html`], and [`EvalError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), EvalError> {
        let html = self.html()?;
        atomic::write(path, |out| out.write_all(html.as_bytes()))
    }

    fn check(&self) -> Result<(), EvalError> {
        let systems = self.systems.len();
        if !(1..=MOST_SYSTEMS).contains(&systems) {
            return Err(refused(format!(
                "{systems} systems, expected 1 to {MOST_SYSTEMS}"
            )));
        }
        self.tables.iter().try_for_each(Table::check)?;
        self.pairs.check()
    }

    /// The only system, if there is but one.
    fn single(&self) -> Option<&System<'a>> {
        match &self.systems[..] {
            [only] => Some(only),
            _ => None,
        }
    }
}

fn refused(problem: String) -> EvalError {
    EvalError::Page { problem }
}
