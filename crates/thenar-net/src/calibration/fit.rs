//! From the distances of impostors to a calibration.

use super::normal::quantile;
use super::{CalibrationError, CalibrationPoint, FLOOR_LOG10};

/// A measured false-match rate rests on at least this many false matches ("rule of 30", Doddington 2000: then the
/// true rate is within 30 % with 90 % confidence).
pub const LEAST_COUNT: usize = 30;

/// Fewer impostor comparisons than this carry no calibration.
pub const LEAST_IMPOSTORS: usize = 1000;

/// Measured points per decade of the false-match rate.
const PER_DECADE: i32 = 8;

/// The points of a calibration: extrapolated ones, then measured ones, by distance.
pub(super) fn points(impostors: &[f32]) -> Result<Vec<CalibrationPoint>, CalibrationError> {
    if let Some(index) = impostors.iter().position(|d| !d.is_finite() || *d < 0.0) {
        return Err(CalibrationError::Distance {
            index,
            value: impostors[index],
        });
    }
    if impostors.len() < LEAST_IMPOSTORS {
        return Err(CalibrationError::TooFew {
            found: impostors.len(),
            least: LEAST_IMPOSTORS,
        });
    }
    let mut sorted = impostors.to_vec();
    sorted.sort_by(f32::total_cmp);
    let measured = measured(&sorted);
    let mut points = extrapolated(&measured)?;
    points.extend(measured);
    Ok(points)
}

/// The empirical distribution at counts from [`LEAST_COUNT`] on, evenly spread in the logarithm.
fn measured(sorted: &[f32]) -> Vec<CalibrationPoint> {
    let total = sorted.len();
    let mut points: Vec<CalibrationPoint> = Vec::new();
    let counts =
        (0..).map(|i| LEAST_COUNT as f64 * 10f64.powf(f64::from(i) / f64::from(PER_DECADE)));
    let below = counts.map(|c| c as usize).take_while(|&c| c < total);
    for wanted in below.chain([total]) {
        let distance = sorted[wanted - 1];
        // Distances are often multiples of one bit: all that are equal count.
        let count = sorted.partition_point(|&d| d <= distance);
        if points.last().is_none_or(|last| distance > last.distance) {
            let log10_fmr = rounded_up((count as f64 / total as f64).log10());
            points.push(CalibrationPoint {
                distance,
                log10_fmr,
                extrapolated: false,
            });
        }
    }
    points
}

/// Rounded to six decimals, so that JSON keeps it exactly; never to a smaller rate.
fn rounded_up(log10_fmr: f64) -> f64 {
    (log10_fmr * 1e6).ceil() / 1e6
}

/// The tail below the first measured point: a normal distribution through it, whose deviation is fitted to the
/// measured points of the lowest tenth (least squares in normal quantiles).
fn extrapolated(measured: &[CalibrationPoint]) -> Result<Vec<CalibrationPoint>, CalibrationError> {
    let spread = CalibrationError::NoSpread;
    let tail: Vec<(f64, f64)> = measured
        .iter()
        .filter(|point| point.log10_fmr < 0.0)
        .enumerate()
        .take_while(|(i, point)| *i < 3 || point.log10_fmr <= -1.0)
        .map(|(_, point)| {
            (
                f64::from(point.distance),
                quantile(10f64.powf(point.log10_fmr)),
            )
        })
        .collect();
    let &(first, first_z) = tail.first().ok_or(spread)?;
    let slope = slope(&tail)
        .filter(|s| s.is_finite() && *s > 0.0)
        .ok_or(CalibrationError::NoSpread)?;
    let start = measured[0].log10_fmr;
    let steps = ((start - FLOOR_LOG10) * 4.0).ceil().max(0.0) as i32;
    let at = |i: i32| {
        let log10_fmr = FLOOR_LOG10 + f64::from(i) / 4.0;
        let distance = first + (quantile(10f64.powf(log10_fmr)) - first_z) / slope;
        CalibrationPoint {
            distance: distance as f32,
            log10_fmr,
            extrapolated: true,
        }
    };
    let fits = |p: &CalibrationPoint| {
        p.distance >= 0.0 && p.distance < measured[0].distance && p.log10_fmr < start
    };
    let mut points: Vec<CalibrationPoint> = (0..steps).map(at).filter(fits).collect();
    points.dedup_by(|b, a| b.distance <= a.distance);
    Ok(points)
}

/// Least-squares slope of `z` over distance.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let (x, y) = points
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    (points.len() >= 2 && variance > 0.0).then(|| covariance / variance)
}
