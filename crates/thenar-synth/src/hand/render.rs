//! Painting a posed hand: relief, creases, skin, light.

use super::identity::HandIdentity;
use super::layers::{Layers, finger_layer, palm_layer};
use super::posed::Posed;
use super::skin::{skin_colour, skin_infrared};
use super::texture::finger_skins;
use crate::palm::Skin;
use crate::raster::{Canvas, box_blur};
use crate::seed::PixelNoise;

/// The light of the scene.
#[derive(Clone, Debug)]
pub(crate) struct Light {
    /// Unit vector towards the light; `x` right, `y` down, `z` towards the camera.
    pub direction: [f32; 3],
    /// Directed light, linear red, green, blue.
    pub colour: [f32; 3],
    /// Light from everywhere.
    pub ambient: [f32; 3],
    /// Strength of highlights on moist skin.
    pub shine: f32,
}

/// What the hand wears, and which face it shows.
#[derive(Clone, Debug)]
pub(crate) struct Dress {
    /// Finger (0–4), distance from the web in `d`, half width in `d`, colour.
    pub ring: Option<(usize, f32, f32, [f32; 3])>,
    /// Start of the sleeve in `d` below the valley line, colour, stripes per `d` (0: plain).
    pub sleeve: Option<(f32, [f32; 3], f32)>,
    /// Shows the back: nails and knuckles instead of creases.
    pub back: bool,
    /// Redness of this moment, around 1.
    pub flush: f32,
}

/// The palm's texture and the rectangle of palm coordinates it covers.
pub(crate) struct PalmSkin<'a> {
    pub skin: &'a Skin,
    pub x0: f32,
    pub y0: f32,
    pub pixels_per_unit: f32,
}

/// What was painted, pixel by pixel.
pub(crate) struct Rendered {
    /// Opacity of the hand (with forearm, without sleeve), 0–1.
    pub alpha: Vec<f32>,
    /// Which part is on top: 0–4 fingers, 5 palm, 255 nothing.
    pub owner: Vec<u8>,
    /// Opacity of the sleeve.
    pub sleeve: Vec<f32>,
}

const NOTHING: u8 = 255;

#[expect(clippy::too_many_arguments, reason = "a scene has that many parts")]
/// Paints the hand over `canvas` (and `infrared`, when given).
pub(crate) fn render(
    id: &HandIdentity,
    posed: &Posed,
    palm: &PalmSkin<'_>,
    light: &Light,
    dress: &Dress,
    canvas: &mut Canvas,
    infrared: Option<&mut Vec<f32>>,
    noise: &mut PixelNoise,
) -> Rendered {
    let mut layers = palm_layer(id, posed, palm, dress, canvas.w, canvas.h);
    let skins = finger_skins(id, dress.back);
    for (f, skin) in skins.iter().enumerate() {
        finger_layer(&mut layers, posed, f, skin, dress);
    }
    let alpha: Vec<f32> = layers
        .distance
        .iter()
        .map(|d| (0.5 - d).clamp(0.0, 1.0))
        .collect();
    cast_shadow(canvas, &alpha, light, posed.field.scale);
    shade(
        id, posed, &layers, &alpha, light, dress, canvas, infrared, noise,
    );
    for (o, a) in layers.owner.iter_mut().zip(&alpha) {
        if *a < 0.5 {
            *o = NOTHING;
        }
    }
    let sleeve = super::sleeve::paint(id, posed, light, dress, canvas, noise);
    Rendered {
        alpha,
        owner: layers.owner,
        sleeve,
    }
}

/// Darkens the background where the hand stands between it and the light.
fn cast_shadow(canvas: &mut Canvas, alpha: &[f32], light: &Light, scale: f32) {
    let (w, h) = (canvas.w, canvas.h);
    let far = 0.5 * scale / light.direction[2].max(0.3);
    let (dx, dy) = (
        (-light.direction[0] * far) as isize,
        (-light.direction[1] * far) as isize,
    );
    let mut shadow = vec![0.0f32; w * h];
    for y in 0..h {
        let sy = y as isize - dy;
        if sy < 0 || sy >= h as isize {
            continue;
        }
        for x in 0..w {
            let sx = x as isize - dx;
            if sx >= 0 && sx < w as isize {
                shadow[y * w + x] = alpha[sy as usize * w + sx as usize];
            }
        }
    }
    box_blur(&mut shadow, w, h, (0.12 * scale) as usize + 1);
    let lit: f32 = light.colour.iter().sum::<f32>() * light.direction[2];
    let all = lit + light.ambient.iter().sum::<f32>();
    let strength = 0.7 * lit / all.max(1e-3);
    for plane in &mut canvas.planes {
        for (v, s) in plane.iter_mut().zip(&shadow) {
            *v *= 1.0 - strength * s;
        }
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one pass over all that was gathered"
)]
fn shade(
    id: &HandIdentity,
    posed: &Posed,
    l: &Layers,
    alpha: &[f32],
    light: &Light,
    dress: &Dress,
    canvas: &mut Canvas,
    mut infrared: Option<&mut Vec<f32>>,
    noise: &mut PixelNoise,
) {
    let scale = posed.field.scale;
    // Beyond the silhouette the view is open, but not bottomless.
    let outside = |((&h, &floor), &d): ((&f32, &f32), &f32)| if d < 0.5 { h } else { h.max(floor) };
    let mut around: Vec<f32> = l
        .height
        .iter()
        .zip(&l.floor)
        .zip(&l.distance)
        .map(outside)
        .collect();
    box_blur(&mut around, l.w, l.h, (0.14 * scale) as usize + 1);
    // Palms carry little melanin.
    let melanin = if dress.back {
        id.melanin
    } else {
        0.28 * id.melanin
    };
    let blood = id.blood * dress.flush;
    let [pale, red] = [0.75, 1.55].map(|b| skin_colour(melanin, blood * b));
    let [pale_ir, red_ir] = [0.75, 1.55].map(|b| skin_infrared(melanin, blood * b));
    let metal = dress.ring.map_or([0.8, 0.6, 0.3], |r| r.3);
    let half = half_vector(light.direction);
    for y in 0..l.h {
        let (above, below) = (y.saturating_sub(1) * l.w, (y + 1).min(l.h - 1) * l.w);
        for x in 0..l.w {
            let i = y * l.w + x;
            if alpha[i] <= 0.0 {
                continue;
            }
            let (left, right) = (x.saturating_sub(1), (x + 1).min(l.w - 1));
            let dx =
                (0.5 * (l.height[y * l.w + right] - l.height[y * l.w + left])).clamp(-2.0, 2.0);
            let dy = (0.5 * (l.height[below + x] - l.height[above + x])).clamp(-2.0, 2.0);
            let inverse = 1.0 / (dx * dx + dy * dy + 1.0).sqrt();
            let dot = |v: [f32; 3]| (-dx * v[0] - dy * v[1] + v[2]) * inverse;
            // Light scatters in skin: it wraps a little around the form.
            let lit = ((dot(light.direction) + 0.2) / 1.2).max(0.0);
            let open = (1.0 - 1.3 * (around[i] - l.height[i]) / scale).clamp(0.25, 1.1);
            let gloss = dot(half).max(0.0).powi(20) * light.shine;
            let grain = 1.0 + 0.012 * noise.normal();
            let ring = l.visible[i] < 0.0;
            let pink = 0.35 + 0.5 * l.pink[i];
            let mut colour = [0.0; 3];
            for c in 0..3 {
                let albedo = if ring {
                    metal[c]
                } else {
                    (pale[c] + (red[c] - pale[c]) * pink) * l.visible[i] * grain
                };
                let gloss = if ring { 8.0 * gloss } else { gloss };
                colour[c] = albedo
                    * (light.ambient[c] * open + light.colour[c] * lit * (0.4 + 0.6 * open))
                    + gloss * light.colour[c];
            }
            canvas.blend(i, colour, alpha[i]);
            if let Some(ir) = infrared.as_deref_mut() {
                let albedo = if ring {
                    0.6
                } else {
                    (pale_ir + (red_ir - pale_ir) * pink) * l.infrared[i]
                };
                // Infrared lamps stand beside the lens.
                let value = albedo * (0.15 + 0.85 * inverse) * open;
                ir[i] += (value - ir[i]) * alpha[i];
            }
        }
    }
}

fn half_vector(l: [f32; 3]) -> [f32; 3] {
    let v = [l[0], l[1], l[2] + 1.0];
    let n = 1.0 / (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    v.map(|c| c * n)
}
