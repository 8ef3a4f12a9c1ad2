//! The sleeve over the forearm.

use thenar_image::Point;

use super::identity::HandIdentity;
use super::posed::Posed;
use super::render::{Dress, Light};
use crate::raster::{Canvas, smoothstep};
use crate::seed::PixelNoise;

/// Paints the sleeve and returns its opacity per pixel.
pub(crate) fn paint(
    id: &HandIdentity,
    posed: &Posed,
    light: &Light,
    dress: &Dress,
    canvas: &mut Canvas,
    noise: &mut PixelNoise,
) -> Vec<f32> {
    let (w, h) = (canvas.w, canvas.h);
    let mut alpha = vec![0.0; w * h];
    let Some((start, colour, stripes)) = dress.sleeve else {
        return alpha;
    };
    let soft = 0.7 / posed.field.scale;
    let facing = posed.projection.facing();
    for y in 0..h {
        for x in 0..w {
            let [px, py] = posed.projection.to_plane(Point::new(x as f32, y as f32));
            let below = py - start - 0.03 * (px * 7.0).sin();
            if !(-0.1..7.0).contains(&below) {
                continue;
            }
            let half = (id.wrist_half * 1.22 + 0.10 * below) * (1.0 + 0.015 * (below * 9.0).sin());
            let across = (px - id.wrist_x) / half;
            let a = smoothstep(-soft, soft, below)
                * smoothstep(-soft, soft, half * (1.0 - across.abs()));
            if a <= 0.0 {
                continue;
            }
            let i = y * w + x;
            let round = (1.0 - across * across).max(0.0).sqrt();
            let side = light.direction[0] * facing[0] + light.direction[1] * facing[1];
            let lit = (0.7 * light.direction[2] * round + 0.7 * side * across).max(0.0);
            let hem = 1.0 - 0.45 * smoothstep(0.07, 0.0, (below - 0.18).abs());
            let fold = 1.0 + 0.12 * (below * 5.0 + 2.0 * across).sin();
            let stripe = if stripes > 0.0 && (below * stripes).fract() < 0.5 {
                0.55
            } else {
                1.0
            };
            let cloth = stripe * hem * fold * (1.0 + 0.05 * noise.normal());
            let shade: [f32; 3] = std::array::from_fn(|c| {
                colour[c] * cloth * (light.ambient[c] * (0.5 + 0.5 * round) + light.colour[c] * lit)
            });
            canvas.blend(i, shade, a);
            alpha[i] = a;
        }
    }
    alpha
}
