//! The models that ship, embedded in the program.

/// The localizer, an ONNX file.
pub const LOCALIZER: &[u8] = include_bytes!("../../../models/localizer.onnx");

/// The compact extractor, an ONNX file.
pub const EXTRACTOR: &[u8] = include_bytes!("../../../models/extractor.onnx");

/// From distances between protected templates of the extractor's features to false-match rates, JSON.
pub const CALIBRATION: &str = include_str!("../../../models/calibration.json");
