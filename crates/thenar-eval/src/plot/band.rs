//! The area between two curves of a DET plot.

use crate::EvalError;

/// Is it a band? FMRs in 0..=1 that ascend, each with a lowest FNMR that is not above the highest.
pub(super) fn check(bands: &[(f64, f64, f64)]) -> Result<(), EvalError> {
    let refused = |problem: String| EvalError::Plot {
        what: "the band of the DET curve",
        problem,
    };
    for &(fmr, low, high) in bands {
        let in_range = [fmr, low, high].iter().all(|v| (0.0..=1.0).contains(v));
        if !in_range || low > high {
            return Err(refused(format!(
                "FNMR {low} to {high} at FMR {fmr}, expected rates in 0..=1 in ascending order"
            )));
        }
    }
    let falls = bands.windows(2).find(|pair| pair[0].0 >= pair[1].0);
    falls.map_or(Ok(()), |pair| {
        let (first, second) = (pair[0].0, pair[1].0);
        Err(refused(format!(
            "FMR {second} follows {first}, expected ascending rates"
        )))
    })
}

/// The corners of a band, along its lowest FNMRs and back along its highest, both cut where they pass `highest`.
pub(super) fn outline(bands: &[(f64, f64, f64)], highest: f64) -> Vec<(f64, f64)> {
    let low: Vec<_> = bands.iter().map(|&(fmr, low, _)| (fmr, low)).collect();
    let high: Vec<_> = bands.iter().map(|&(fmr, _, high)| (fmr, high)).collect();
    let mut corners = cut(&low, highest);
    corners.extend(cut(&high, highest).into_iter().rev());
    corners
}

/// A curve with ascending FMR that ends at FMR `highest` and runs along FNMR `highest` where it is above.
fn cut(curve: &[(f64, f64)], highest: f64) -> Vec<(f64, f64)> {
    let mut found: Vec<(f64, f64)> = Vec::new();
    for (index, &(fmr, fnmr)) in curve.iter().enumerate() {
        if let Some(&(x, y)) = index.checked_sub(1).and_then(|before| curve.get(before)) {
            let at = |share: f64| (x + share * (fmr - x), y + share * (fnmr - y));
            if (y > highest) != (fnmr > highest) {
                found.push(at((highest - y) / (fnmr - y)));
            }
            if fmr > highest {
                found.push(at((highest - x) / (fmr - x)));
            }
        }
        if fmr > highest {
            break;
        }
        found.push((fmr, fnmr));
    }
    found.retain(|(fmr, _)| *fmr <= highest);
    found.iter().map(|&(x, y)| (x, y.min(highest))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_cut_at_the_border() {
        let bands = [(0.0, 0.25, 0.75), (0.25, 0.25, 0.25), (0.75, 0.0, 0.25)];
        let corners = outline(&bands, 0.5);
        assert_eq!(
            corners,
            [
                (0.0, 0.25),
                (0.25, 0.25),
                (0.5, 0.125),
                (0.5, 0.25),
                (0.25, 0.25),
                (0.125, 0.5),
                (0.0, 0.5)
            ]
        );
        assert_eq!(outline(&[], 0.5), []);
        assert_eq!(outline(&[(0.6, 0.1, 0.2)], 0.5), []);
    }

    #[test]
    fn what_is_no_band_is_refused() {
        assert!(check(&[]).is_ok() && check(&[(0.0, 0.0, 1.0), (1.0, 0.0, 0.0)]).is_ok());
        let message = |bands: &[_]| check(bands).unwrap_err().to_string();
        assert!(message(&[(0.1, 0.3, 0.2)]).contains("FNMR 0.3 to 0.2 at FMR 0.1"));
        assert!(message(&[(0.1, f64::NAN, 0.2)]).contains("expected rates in 0..=1"));
        assert!(message(&[(-0.1, 0.1, 0.2)]).contains("expected rates in 0..=1"));
        let twice = [(0.1, 0.2, 0.3), (0.1, 0.2, 0.3)];
        assert!(message(&twice).contains("FMR 0.1 follows 0.1"));
    }
}
