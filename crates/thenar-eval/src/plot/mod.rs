//! Pictures as SVG, and the numbers behind each as CSV.
//!
//! | picture | shows | of |
//! |---|---|---|
//! | [`det_svg`], [`det_systems_svg`] | FMR against FNMR on probit axes | [`ErrorCurve`] |
//! | [`det_bands_svg`], [`det_systems_bands_svg`] | the same with bands of confidence | [`ErrorCurve`] and intervals |
//! | [`roc_svg`], [`roc_systems_svg`] | FMR, in decades, against the true match rate | [`ErrorCurve`] |
//! | [`histogram_svg`], [`marked_histogram_svg`] | genuine and impostor scores | [`Histogram`] |
//! | [`cmc_svg`] | rank against identification rate | [`Identification`](crate::metrics::Identification) |
//! | [`unlinkability_svg`] | mated and non-mated densities, D↔ | [`Unlinkability`](crate::metrics::Unlinkability) |
//! | [`attack_svg`] | effort or threshold against the acceptance rate of attacks | [`AttackCurve`] |
//!
//! Seven systems have a colour each, the next seven the same colours dashed.

mod attack;
mod band;
mod cmc;
mod det;
mod histogram;
mod roc;
mod style;
mod unlinkability;

pub use attack::{AttackAxis, AttackCurve, AttackPoint, attack_csv, attack_svg};
pub(crate) use cmc::cmc_numbered_svg;
pub use cmc::{cmc_csv, cmc_svg};
pub use det::{
    Banded, det_bands_csv, det_bands_svg, det_csv, det_svg, det_systems_bands_svg, det_systems_csv,
    det_systems_svg,
};
pub(crate) use histogram::common_step;
pub use histogram::{Histogram, histogram_csv, histogram_svg, marked_histogram_svg};
pub use roc::{roc_csv, roc_svg, roc_systems_csv, roc_systems_svg};
pub use unlinkability::{unlinkability_csv, unlinkability_svg};

use std::io::Write;
use std::path::Path;

use crate::metrics::ErrorCurve;
use crate::{EvalError, atomic};

/// Colours of genuine and impostor, apart also for the colour-blind (Okabe, Ito 2008).
const GENUINE: plotters::style::RGBColor = plotters::style::RGBColor(0, 114, 178);
const IMPOSTOR: plotters::style::RGBColor = plotters::style::RGBColor(213, 94, 0);

/// Writes `det`, `roc` and `histogram`, each as `.svg` and `.csv`, into `folder`, each file whole or not at all.
///
/// # Errors
/// [`EvalError::Write`], [`EvalError::Plot`].
pub fn write_all(folder: &Path, title: &str, curve: &ErrorCurve) -> Result<(), EvalError> {
    let histogram = Histogram::new(curve, 100);
    let files = [
        ("det.svg", det_svg(title, curve)?),
        ("det.csv", det_csv(curve)),
        ("roc.svg", roc_svg(title, curve)?),
        ("roc.csv", roc_csv(curve)),
        ("histogram.svg", histogram_svg(title, &histogram)?),
        ("histogram.csv", histogram_csv(&histogram)),
    ];
    write_files(folder, &files)
}

/// Writes `det` and `roc` of several systems, each as `.svg` and `.csv`, into `folder`, each file whole or not at all.
///
/// # Errors
/// [`EvalError::Write`], [`EvalError::Plot`].
pub fn write_systems(
    folder: &Path,
    title: &str,
    systems: &[(&str, &ErrorCurve)],
) -> Result<(), EvalError> {
    let files = [
        ("det.svg", det_systems_svg(title, systems)?),
        ("det.csv", det_systems_csv(systems)),
        ("roc.svg", roc_systems_svg(title, systems)?),
        ("roc.csv", roc_systems_csv(systems)),
    ];
    write_files(folder, &files)
}

fn write_files(folder: &Path, files: &[(&str, String)]) -> Result<(), EvalError> {
    for (name, text) in files {
        atomic::write(&folder.join(name), |out| out.write_all(text.as_bytes()))?;
    }
    Ok(())
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl Fn(E) -> EvalError {
    move |error| EvalError::Plot {
        what,
        problem: error.to_string(),
    }
}
