//! Pictures as SVG, and the numbers behind each as CSV.

mod det;
mod histogram;

pub use det::{det_csv, det_svg};
pub use histogram::{Histogram, histogram_csv, histogram_svg};

use std::io::Write;
use std::path::Path;

use crate::metrics::ErrorCurve;
use crate::{EvalError, atomic};

/// Colours of genuine and impostor, apart also for the colour-blind (Okabe, Ito 2008).
const GENUINE: plotters::style::RGBColor = plotters::style::RGBColor(0, 114, 178);
const IMPOSTOR: plotters::style::RGBColor = plotters::style::RGBColor(213, 94, 0);

/// Writes `det.svg`, `det.csv`, `histogram.svg` and `histogram.csv` into `folder`, each whole or not at all.
///
/// # Errors
/// [`EvalError::Write`], [`EvalError::Plot`].
pub fn write_all(folder: &Path, title: &str, curve: &ErrorCurve) -> Result<(), EvalError> {
    let histogram = Histogram::new(curve, 100);
    let files = [
        ("det.svg", det_svg(title, curve)?),
        ("det.csv", det_csv(curve)),
        ("histogram.svg", histogram_svg(title, &histogram)?),
        ("histogram.csv", histogram_csv(&histogram)),
    ];
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
