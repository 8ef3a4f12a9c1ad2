//! What a stated false-match rate is worth on the images at hand.

use serde_json::{Value, json};
use thenar_eval::metrics::{ErrorCurve, Errors};
use thenar_eval::page::Table;
use thenar_net::FmrCalibration;

use super::results::Section;

/// The rates that are looked at.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// A rate as the calibration states it, and what was seen at its distance.
struct Stated {
    fmr: f64,
    seen: Errors,
}

/// The errors at each stated rate that some distance reaches.
fn rates(calibration: &FmrCalibration, curve: &ErrorCurve) -> Vec<Stated> {
    let one = |fmr: f64| {
        let seen = curve.at(calibration.threshold(fmr)?);
        Some(Stated { fmr, seen })
    };
    RATES.into_iter().filter_map(one).collect()
}

/// The stated rates beside those seen.
pub(super) fn section(calibration: &FmrCalibration, curve: &ErrorCurve) -> Section {
    let stated = rates(calibration, curve);
    let title = "FMR as the calibration states it";
    let lines: Vec<String> = stated.iter().map(Stated::line).collect();
    Section {
        key: "stated_fmr",
        value: stated.iter().map(Stated::to_json).collect(),
        text: format!("{title}\n{}", lines.join("\n")),
        table: Table {
            title: title.into(),
            note: "The distance of each stated rate, and what was seen there.".into(),
            columns: ["Stated", "Observed", "False matches", "FNMR"]
                .map(Into::into)
                .into(),
            rows: stated.iter().map(Stated::row).collect(),
        },
    }
}

impl Stated {
    fn line(&self) -> String {
        let Self { fmr, seen } = self;
        format!(
            "  stated {fmr:.0e}  observed {:.1e} ({}/{})  FNMR {:.3} % ({}/{})",
            seen.fmr(),
            seen.false_matches,
            seen.impostor,
            100.0 * seen.fnmr(),
            seen.false_non_matches,
            seen.genuine,
        )
    }

    fn row(&self) -> Vec<String> {
        let Self { fmr, seen } = self;
        vec![
            format!("{fmr:.0e}"),
            format!("{:.1e}", seen.fmr()),
            format!("{} of {}", seen.false_matches, seen.impostor),
            format!(
                "{:.3} % ({} of {})",
                100.0 * seen.fnmr(),
                seen.false_non_matches,
                seen.genuine
            ),
        ]
    }

    fn to_json(&self) -> Value {
        json!({
            "fmr": self.fmr,
            "distance": self.seen.threshold,
            "observed_fmr": self.seen.fmr(),
            "false_matches": self.seen.false_matches,
            "fnmr": self.seen.fnmr(),
            "false_non_matches": self.seen.false_non_matches,
        })
    }
}
