//! From a distance to a false-match rate.
//!
//! Users see how seldom a stranger comes this near, never a raw distance. The table behind it is kept beside the
//! model as JSON. It is measured where at least 30 impostors came as near, and below that continued by the tail of
//! a normal distribution; such points are labelled as extrapolated.
//!
//! The strangers it is measured on are not those it will meet. A *safety factor* makes all rates larger by as much as
//! they were once seen to be too small.

mod fit;
mod normal;

pub use fit::{LEAST_COUNT, LEAST_IMPOSTORS};

use serde::{Deserialize, Serialize};

/// No false-match rate below `10^FLOOR_LOG10` is ever claimed: whatever is nearer gets this one.
pub const FLOOR_LOG10: f64 = -7.0;

/// Version of the JSON form.
const VERSION: u32 = 2;

/// Largest safety factor.
const MAX_SAFETY: f64 = 1000.0;

/// Most points that are accepted.
const MAX_POINTS: usize = 10_000;

/// Largest JSON text that is accepted, in bytes.
const MAX_JSON: usize = 4 << 20;

/// Why a calibration could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalibrationError {
    /// The text is not the JSON of a calibration.
    #[error("calibration: {0}")]
    Json(String),
    /// Another program version wrote it.
    #[error("calibration: version {found}, expected {VERSION}")]
    Version {
        /// What the file says.
        found: u32,
    },
    /// A point of the table is impossible.
    #[error("calibration: point {index}: {reason}")]
    Point {
        /// Its place in the table, from 0.
        index: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The safety factor is out of range.
    #[error("calibration: the safety factor is {value}, expected 1 to {MAX_SAFETY}")]
    Safety {
        /// The factor.
        value: f64,
    },
    /// The table has too few or too many points.
    #[error("calibration: {found} points, expected 2 to {MAX_POINTS}")]
    Points {
        /// How many it has.
        found: usize,
    },
    /// A distance to be fitted is impossible.
    #[error(
        "calibration: impostor distance {index} is {value}, expected a finite number from 0 on"
    )]
    Distance {
        /// Its place in the list, from 0.
        index: usize,
        /// The distance.
        value: f32,
    },
    /// Too few impostors to be fitted.
    #[error("calibration: {found} impostor distances, expected at least {least}")]
    TooFew {
        /// How many there are.
        found: usize,
        /// How many there should be.
        least: usize,
    },
    /// The impostor distances are all alike.
    #[error("calibration: the impostor distances have no spread")]
    NoSpread,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalibrationPoint {
    /// Impostors at this distance or nearer…
    pub distance: f32,
    /// … make up ten to this power of all.
    pub log10_fmr: f64,
    /// Whether this was continued rather than measured.
    pub extrapolated: bool,
}

/// A false-match rate for every distance.
///
/// Between points the logarithm of the rate is linear in the distance; below the first point the rate is the first
/// point's (never less than [`FLOOR_LOG10`] says), above the last one the last point's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FmrCalibration {
    version: u32,
    /// What the distance is, in words, such as `fraction of differing bits`.
    measure: String,
    /// What it was measured on, in words.
    source: String,
    impostors: u64,
    safety: f64,
    points: Vec<CalibrationPoint>,
}

/// The JSON form before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    version: u32,
    measure: String,
    source: String,
    impostors: u64,
    safety: f64,
    points: Vec<CalibrationPoint>,
}

impl FmrCalibration {
    /// Fits a calibration to the distances of impostors.
    ///
    /// Measured where at least [`LEAST_COUNT`] impostors are as near; below that the tail of a normal distribution,
    /// down to [`FLOOR_LOG10`]. `measure` and `source` say in words what the distances are and where they come from.
    ///
    /// # Errors
    /// [`CalibrationError`] for fewer than [`LEAST_IMPOSTORS`] distances, negative ones or ones that are not
    /// finite, or when all are alike.
    pub fn fit(impostors: &[f32], measure: &str, source: &str) -> Result<Self, CalibrationError> {
        let points = fit::points(impostors)?;
        let made = Unchecked {
            version: VERSION,
            measure: measure.into(),
            source: source.into(),
            impostors: impostors.len() as u64,
            safety: 1.0,
            points,
        };
        Self::check(made)
    }

    /// The same with every rate `factor` times as large, up to 1. The lowest rate that is ever stated grows as well.
    ///
    /// # Errors
    /// [`CalibrationError`] when `factor` is not in 1 to 1000, or too few points stay below 1.
    pub fn with_safety(self, factor: f64) -> Result<Self, CalibrationError> {
        if !(1.0..=MAX_SAFETY).contains(&factor) {
            return Err(CalibrationError::Safety { value: factor });
        }
        // To six decimals and up, as the points themselves.
        let shift = (factor.log10() * 1e6).ceil() / 1e6;
        let moved = self.points.into_iter().map(|point| CalibrationPoint {
            log10_fmr: ((point.log10_fmr + shift) * 1e6).round() / 1e6,
            ..point
        });
        let points = moved.filter(|point| point.log10_fmr <= 0.0).collect();
        Self::check(Unchecked {
            version: self.version,
            measure: self.measure,
            source: self.source,
            impostors: self.impostors,
            safety: self.safety * factor,
            points,
        })
    }

    /// The calibration of the extractor that ships.
    ///
    /// # Errors
    /// [`CalibrationError`] when the embedded file is broken.
    pub fn shipped() -> Result<Self, CalibrationError> {
        Self::from_json(crate::models::CALIBRATION)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// [`CalibrationError`] when it is not one, or its table is not monotone.
    pub fn from_json(text: &str) -> Result<Self, CalibrationError> {
        if text.len() > MAX_JSON {
            return Err(CalibrationError::Json(format!(
                "{} bytes, expected at most {MAX_JSON}",
                text.len()
            )));
        }
        Self::check(serde_json::from_str(text).map_err(|e| CalibrationError::Json(e.to_string()))?)
    }

    /// The JSON form, with a line feed at the end.
    pub fn to_json(&self) -> String {
        // A struct of numbers and strings always has a JSON form.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    fn check(made: Unchecked) -> Result<Self, CalibrationError> {
        let Unchecked {
            version,
            measure,
            source,
            impostors,
            safety,
            points,
        } = made;
        if version != VERSION {
            return Err(CalibrationError::Version { found: version });
        }
        if !(1.0..=MAX_SAFETY).contains(&safety) {
            return Err(CalibrationError::Safety { value: safety });
        }
        if !(2..=MAX_POINTS).contains(&points.len()) {
            return Err(CalibrationError::Points {
                found: points.len(),
            });
        }
        for (index, point) in points.iter().enumerate() {
            let refuse = |reason| Err(CalibrationError::Point { index, reason });
            if !point.distance.is_finite() || point.distance < 0.0 {
                return refuse("the distance is not a finite number from 0 on");
            }
            if !(FLOOR_LOG10..=0.0).contains(&point.log10_fmr) {
                return refuse("log10_fmr is not in -7..=0");
            }
            let before = index.checked_sub(1).and_then(|i| points.get(i));
            if before
                .is_some_and(|b| b.distance >= point.distance || b.log10_fmr >= point.log10_fmr)
            {
                return refuse("distance and log10_fmr must grow from point to point");
            }
        }
        Ok(Self {
            version,
            measure,
            source,
            impostors,
            safety,
            points,
        })
    }

    /// What the distance is, in words.
    pub fn measure(&self) -> &str {
        &self.measure
    }

    /// What it was measured on, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many impostor comparisons it rests on.
    pub const fn impostors(&self) -> u64 {
        self.impostors
    }

    /// By how much the rates are larger than measured.
    pub const fn safety(&self) -> f64 {
        self.safety
    }

    /// The table.
    pub fn points(&self) -> &[CalibrationPoint] {
        &self.points
    }

    /// The part of strangers that come this near or nearer, 0–1. A distance that is not a number gives 1.
    pub fn fmr(&self, distance: f32) -> f64 {
        if distance.is_nan() {
            return 1.0;
        }
        let above = self.points.partition_point(|p| p.distance < distance);
        let log10 = match (
            above.checked_sub(1).map(|i| self.points[i]),
            self.points.get(above),
        ) {
            (Some(a), Some(b)) => {
                let part = f64::from(distance - a.distance) / f64::from(b.distance - a.distance);
                a.log10_fmr + (b.log10_fmr - a.log10_fmr) * part
            }
            (Some(last), None) => last.log10_fmr,
            (None, Some(first)) => first.log10_fmr,
            (None, None) => 0.0,
        };
        10f64.powf(log10)
    }

    /// Whether [`Self::fmr`] of this distance is continued rather than measured.
    pub fn is_extrapolated(&self, distance: f32) -> bool {
        let above = self.points.partition_point(|p| p.distance < distance);
        self.points
            .get(above.min(self.points.len() - 1))
            .is_some_and(|p| {
                p.extrapolated
                    || (above > 0 && self.points[above - 1].extrapolated)
                    || (above == 0 && distance < p.distance)
            })
    }

    /// The largest distance with [`Self::fmr`] ≤ `fmr`, or `None` when no distance is known to be as safe.
    pub fn threshold(&self, fmr: f64) -> Option<f32> {
        // The tolerance forgives the rounding of 10^x.
        let target = fmr.log10() + 1e-9;
        let above = self.points.partition_point(|p| p.log10_fmr <= target);
        let a = self.points[above.checked_sub(1)?];
        let Some(b) = self.points.get(above) else {
            return Some(a.distance);
        };
        let part = ((target - a.log10_fmr) / (b.log10_fmr - a.log10_fmr)).clamp(0.0, 1.0);
        let mut distance = a.distance + (b.distance - a.distance) * part as f32;
        // Rounding must not make it unsafe.
        while distance > a.distance && self.fmr(distance) > fmr {
            distance = distance.next_down();
        }
        Some(distance)
    }
}

/// A false-match rate in words: `1 in 1,000,000`, two digits that count, never rounded to a smaller rate;
/// `less than 1 in 10,000,000` at the floor.
pub fn describe(fmr: f64) -> String {
    if fmr <= 10f64.powf(FLOOR_LOG10) * (1.0 + 1e-9) {
        let floor = 10f64.powf(-FLOOR_LOG10).round();
        return format!("less than 1 in {}", grouped(floor as u64));
    }
    // The tolerances forgive the rounding of powers and quotients.
    let times = 1.0 / fmr.min(1.0);
    let unit = 10f64.powf((times.log10() + 1e-9).floor() - 1.0).max(1.0);
    let times = (times / unit + 1e-6).floor() * unit;
    format!("1 in {}", grouped(times.round() as u64))
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
