//! The calibration: `thenar_net::calibration`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thenar_net::calibration::FmrCalibration;

fuzz_target!(|text: &str| {
    let Ok(calibration) = FmrCalibration::from_json(text) else {
        return;
    };
    let again = FmrCalibration::from_json(&calibration.to_json()).unwrap();
    assert_eq!(again, calibration);
    for fmr in [1e-6, 1e-3, 0.5] {
        if let Some(distance) = calibration.threshold(fmr) {
            assert!(calibration.fmr(distance) <= fmr * (1.0 + 1e-6));
        }
    }
});
