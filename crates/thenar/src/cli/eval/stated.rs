//! What a stated false-match rate is worth on the images at hand.

use serde_json::{Value, json};
use thenar_eval::metrics::ErrorCurve;
use thenar_net::FmrCalibration;

/// The rates that are looked at.
const RATES: [f64; 5] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];

/// A rate as the calibration states it, and what was seen at its distance.
pub(super) struct Stated {
    fmr: f64,
    distance: f32,
    false_matches: u64,
    impostor: u64,
    false_non_matches: u64,
    genuine: u64,
}

/// The errors at each stated rate that some distance reaches.
pub(super) fn rates(calibration: &FmrCalibration, curve: &ErrorCurve) -> Vec<Stated> {
    let one = |fmr: f64| {
        let distance = calibration.threshold(fmr)?;
        let at = curve.at(distance);
        Some(Stated {
            fmr,
            distance,
            false_matches: at.false_matches,
            impostor: at.impostor,
            false_non_matches: at.false_non_matches,
            genuine: at.genuine,
        })
    };
    RATES.into_iter().filter_map(one).collect()
}

fn fraction(count: u64, of: u64) -> f64 {
    count as f64 / of.max(1) as f64
}

/// For people.
pub(super) fn table(stated: &[Stated]) -> String {
    let line = |s: &Stated| {
        format!(
            "  stated {:.0e}  observed {:.1e} ({}/{})  FNMR {:.3} % ({}/{})",
            s.fmr,
            fraction(s.false_matches, s.impostor),
            s.false_matches,
            s.impostor,
            100.0 * fraction(s.false_non_matches, s.genuine),
            s.false_non_matches,
            s.genuine,
        )
    };
    let lines: Vec<String> = stated.iter().map(line).collect();
    format!("FMR as the calibration states it\n{}", lines.join("\n"))
}

impl Stated {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "fmr": self.fmr,
            "distance": self.distance,
            "observed_fmr": fraction(self.false_matches, self.impostor),
            "false_matches": self.false_matches,
            "fnmr": fraction(self.false_non_matches, self.genuine),
            "false_non_matches": self.false_non_matches,
        })
    }
}
