//! What a stated false-match rate is worth on the images at hand.

use serde_json::{Value, json};
use thenar_eval::metrics::{ErrorCurve, Errors};
use thenar_net::FmrCalibration;

/// The rates that are looked at.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// A rate as the calibration states it, and what was seen at its distance.
pub(super) struct Stated {
    fmr: f64,
    seen: Errors,
}

/// The errors at each stated rate that some distance reaches.
pub(super) fn rates(calibration: &FmrCalibration, curve: &ErrorCurve) -> Vec<Stated> {
    let one = |fmr: f64| {
        let seen = curve.at(calibration.threshold(fmr)?);
        Some(Stated { fmr, seen })
    };
    RATES.into_iter().filter_map(one).collect()
}

/// For people.
pub(super) fn table(stated: &[Stated]) -> String {
    let line = |Stated { fmr, seen }: &Stated| {
        format!(
            "  stated {fmr:.0e}  observed {:.1e} ({}/{})  FNMR {:.3} % ({}/{})",
            seen.fmr(),
            seen.false_matches,
            seen.impostor,
            100.0 * seen.fnmr(),
            seen.false_non_matches,
            seen.genuine,
        )
    };
    let lines: Vec<String> = stated.iter().map(line).collect();
    format!("FMR as the calibration states it\n{}", lines.join("\n"))
}

impl Stated {
    pub(super) fn to_json(&self) -> Value {
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
