//! Skin colours from two pigments.

/// Linear red, green and blue reflectance of skin with `melanin` (0–3) and `blood` (about 1).
///
/// Absorption is exponential in the amount of pigment (Beer–Lambert); melanin absorbs towards blue, haemoglobin
/// green and blue.
pub(crate) fn skin_colour(melanin: f32, blood: f32) -> [f32; 3] {
    const BARE: [f32; 3] = [0.93, 0.80, 0.68];
    const MELANIN: [f32; 3] = [0.70, 0.86, 1.0];
    const BLOOD: [f32; 3] = [0.09, 0.50, 0.46];
    std::array::from_fn(|c| BARE[c] * (-(MELANIN[c] * melanin + BLOOD[c] * blood)).exp())
}

/// Near-infrared reflectance of the same skin: both pigments hardly absorb there.
pub(crate) fn skin_infrared(melanin: f32, blood: f32) -> f32 {
    0.72 * (-(0.08 * melanin + 0.06 * blood)).exp()
}
