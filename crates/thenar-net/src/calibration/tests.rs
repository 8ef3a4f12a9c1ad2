//! Tests of fitting, reading and asking.

use super::*;

/// Normal numbers (Box & Muller 1958); sums of uniform ones would have too thin tails.
fn normal(count: usize, mean: f32, deviation: f32) -> Vec<f32> {
    let mut state = 88_172_645_463_325_252u64;
    let mut uniform = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..count)
        .map(|_| {
            let radius = (-2.0 * (1.0 - uniform()).ln()).sqrt();
            mean + deviation * (radius * (std::f64::consts::TAU * uniform()).cos()) as f32
        })
        .collect()
}

fn fitted() -> FmrCalibration {
    FmrCalibration::fit(&normal(100_000, 0.5, 0.03), "test", "normal numbers").unwrap()
}

#[test]
fn the_tail_of_normal_numbers_is_continued_well() {
    let calibration = fitted();
    // Quantiles of the normal distribution.
    for (z, fmr) in [
        (-1.2816, 1e-1),
        (-2.3263, 1e-2),
        (-3.0902, 1e-3),
        (-4.2649, 1e-5),
        (-4.7534, 1e-6),
    ] {
        let distance = 0.5 + 0.03 * z;
        let ratio = calibration.fmr(distance) / fmr;
        assert!((0.5..2.0).contains(&ratio), "{fmr:e}: {ratio}");
        assert_eq!(calibration.is_extrapolated(distance), fmr < 2e-4, "{fmr:e}");
    }
}

#[test]
fn the_measured_part_equals_counting() {
    let impostors = normal(20_000, 0.45, 0.05);
    let calibration = FmrCalibration::fit(&impostors, "test", "normal numbers").unwrap();
    for point in calibration.points().iter().filter(|p| !p.extrapolated) {
        let count = impostors.iter().filter(|&&d| d <= point.distance).count();
        assert!(count >= LEAST_COUNT);
        assert!((point.log10_fmr - (count as f64 / 20_000.0).log10()).abs() < 1.1e-6);
    }
}

#[test]
fn the_rate_grows_with_the_distance_and_keeps_to_its_floor() {
    let calibration = fitted();
    let rates: Vec<f64> = (0..=1000)
        .map(|i| calibration.fmr(i as f32 / 1000.0))
        .collect();
    assert!(rates.is_sorted());
    assert!((rates[0] / 1e-7 - 1.0).abs() < 1e-6 && rates[1000] == 1.0);
    assert_eq!(calibration.fmr(f32::NAN), 1.0);
}

#[test]
fn thresholds_keep_their_promise() {
    let calibration = fitted();
    for fmr in [1e-1, 3e-3, 1e-4, 2.5e-5, 1e-6, 1e-7] {
        let distance = calibration.threshold(fmr).unwrap();
        assert!(calibration.fmr(distance) <= fmr * (1.0 + 1e-6), "{fmr:e}");
        assert!(calibration.fmr(distance + 1e-3) > fmr, "{fmr:e}");
    }
    assert_eq!(calibration.threshold(1e-8), None);
    assert_eq!(calibration.threshold(f64::NAN), None);
    assert!(calibration.threshold(1.0).is_some());
}

#[test]
fn bits_make_steps_and_still_a_calibration() {
    let coarse: Vec<f32> = normal(50_000, 0.5, 0.04)
        .iter()
        .map(|d| (d * 64.0).round() / 64.0)
        .collect();
    let calibration = FmrCalibration::fit(&coarse, "bits", "normal numbers").unwrap();
    let distance = 27.0 / 64.0;
    let count = coarse.iter().filter(|&&d| d <= distance).count();
    assert!(calibration.fmr(distance) >= 0.999 * count as f64 / 50_000.0);
}

#[test]
fn json_comes_back_and_bad_json_does_not() {
    let calibration = fitted();
    let text = calibration.to_json();
    assert_eq!(FmrCalibration::from_json(&text).unwrap(), calibration);
    let table = |points: &str| {
        format!(
            r#"{{"version":2,"measure":"m","source":"s","impostors":9,"safety":1,"points":[{points}]}}"#
        )
    };
    let point =
        |d: f32, l: f64| format!(r#"{{"distance":{d},"log10_fmr":{l},"extrapolated":false}}"#);
    assert!(
        FmrCalibration::from_json(&table(&[point(0.1, -3.0), point(0.2, 0.0)].join(","))).is_ok()
    );
    let bad = [
        String::new(),
        "[]".into(),
        text.replace("\"version\": 2", "\"version\": 1"),
        table(""),
        table(&point(0.1, -3.0)),
        table(&[point(0.2, -3.0), point(0.1, 0.0)].join(",")),
        table(&[point(0.1, -1.0), point(0.2, -2.0)].join(",")),
        table(&[point(0.1, -9.0), point(0.2, 0.0)].join(",")),
        table(&[point(0.1, -1.0), point(0.2, 0.5)].join(",")),
        table(&[point(-0.1, -1.0), point(0.2, 0.0)].join(",")),
        table(r#"{"distance":null,"log10_fmr":0,"extrapolated":false}"#),
    ];
    for text in bad {
        let error = FmrCalibration::from_json(&text).unwrap_err().to_string();
        assert!(error.starts_with("calibration: "), "{error}");
    }
}

#[test]
fn unfit_distances_are_refused() {
    let fit = |d: &[f32]| FmrCalibration::fit(d, "m", "s");
    assert!(matches!(
        fit(&[0.5; 10]),
        Err(CalibrationError::TooFew { found: 10, .. })
    ));
    assert!(matches!(fit(&[0.5; 2000]), Err(CalibrationError::NoSpread)));
    let mut holed = normal(2000, 0.5, 0.1);
    holed[7] = f32::NAN;
    assert!(matches!(
        fit(&holed),
        Err(CalibrationError::Distance { index: 7, .. })
    ));
}

#[test]
fn rates_are_described_in_words() {
    let cases = [
        (1e-6, "1 in 1,000,000"),
        (1.0, "1 in 1"),
        (0.5, "1 in 2"),
        (1.0 / 1234.0, "1 in 1,200"),
        (0.01, "1 in 100"),
        (1.0 / 1290.0, "1 in 1,200"),
        (f64::NAN, "1 in 1"),
        (1e-7, "less than 1 in 10,000,000"),
        (0.0, "less than 1 in 10,000,000"),
    ];
    for (fmr, words) in cases {
        assert_eq!(describe(fmr), words);
    }
}

#[test]
fn the_shipped_calibration_is_valid() {
    let calibration = FmrCalibration::shipped().unwrap();
    assert!(calibration.fmr(0.0) < 1e-3);
}

#[test]
fn a_safety_factor_makes_every_rate_larger() {
    let measured = FmrCalibration::fit(&normal(100_000, 0.5, 0.03), "m", "s").unwrap();
    let safe = measured.clone().with_safety(10.0).unwrap();
    assert_eq!(safe.safety(), 10.0);
    for distance in [0.2, 0.33, 0.38, 0.41, 0.45] {
        let ratio = safe.fmr(distance) / measured.fmr(distance);
        assert!((ratio - 10.0).abs() < 1e-3, "{distance}: {ratio}");
    }
    assert!(safe.fmr(0.6) <= 1.0 && safe.fmr(0.6) > 0.5);
    let (a, b) = (
        safe.threshold(1e-4).unwrap(),
        measured.threshold(1e-5).unwrap(),
    );
    assert!((a - b).abs() < 1e-5, "{a} {b}");
    assert_eq!(safe.threshold(1e-7), None);
    assert_eq!(FmrCalibration::from_json(&safe.to_json()).unwrap(), safe);
    for bad in [0.5, 1e4, f64::NAN] {
        assert!(matches!(
            measured.clone().with_safety(bad),
            Err(CalibrationError::Safety { .. })
        ));
    }
}
