//! Putting the parts of a hand together, pixel by pixel: distance, height, skin, and which part is on top.

use thenar_image::Point;

use super::identity::HandIdentity;
use super::pose::THUMB;
use super::posed::Posed;
use super::render::{Dress, PalmSkin};
use super::texture::FingerSkin;
use crate::raster::{smooth_min, smoothstep};

/// The palm's number among the parts; fingers are 0–4.
pub(crate) const PALM: u8 = 5;

/// Per-pixel state while the parts are put together.
pub(super) struct Layers {
    pub w: usize,
    pub h: usize,
    pub distance: Vec<f32>,
    pub palm_distance: Vec<f32>,
    pub palm_height: Vec<f32>,
    pub height: Vec<f32>,
    /// How deep the view goes beside the hand.
    pub floor: Vec<f32>,
    pub visible: Vec<f32>,
    pub infrared: Vec<f32>,
    pub pink: Vec<f32>,
    pub owner: Vec<u8>,
}

/// The palm: distances on a coarse grid (they are smooth), everything else per pixel.
pub(super) fn palm_layer(
    id: &HandIdentity,
    posed: &Posed,
    palm: &PalmSkin<'_>,
    dress: &Dress,
    w: usize,
    h: usize,
) -> Layers {
    let field = &posed.field;
    let n = w * h;
    let mut l = Layers {
        w,
        h,
        distance: vec![1e3; n],
        palm_distance: vec![1e3; n],
        palm_height: vec![f32::MIN; n],
        height: vec![f32::MIN; n],
        floor: vec![f32::MIN; n],
        visible: vec![1.0; n],
        infrared: vec![1.0; n],
        pink: vec![0.0; n],
        owner: vec![PALM; n],
    };
    let step = ((field.scale * 0.09) as usize).clamp(1, 16);
    let (gw, gh) = (w / step + 2, h / step + 2);
    let mut grid = Vec::with_capacity(gw * gh);
    // Farther from the palm than this nothing of it is seen, and no thumb flows into it.
    let (fade, e) = (0.5 * field.scale, field.edge);
    for gy in 0..gh {
        let mut d = 0.0f32;
        for gx in 0..gw {
            let (x, y) = ((gx * step) as f32, (gy * step) as f32);
            // A step to the right changes the distance by no more than its length: far away a bound will do.
            d -= step as f32;
            if gx == 0 || d <= fade {
                d = field.palm(x, y);
            }
            let p = posed.projection.to_plane(Point::new(x, y));
            let (mut z, mut mound) = (0.0, 0.0);
            if d < 0.3 * field.scale {
                (z, mound) = relief(id, posed, p, dress.back);
            }
            z = (z + posed.projection.plane_height(p)) * field.scale;
            grid.push([d, p[0], p[1], z, mound]);
        }
    }
    for y in 0..h {
        let (gy, fy) = (y / step, (y % step) as f32 / step as f32);
        for gx in 0..w.div_ceil(step) {
            let (a, b) = (&grid[gy * gw + gx], &grid[gy * gw + gx + 1]);
            let (c, d) = (&grid[(gy + 1) * gw + gx], &grid[(gy + 1) * gw + gx + 1]);
            let far = a[0].min(b[0]).min(c[0]).min(d[0]) > fade;
            let left: [f32; 5] = std::array::from_fn(|k| a[k] + (c[k] - a[k]) * fy);
            let slope: [f32; 5] =
                std::array::from_fn(|k| ((b[k] + (d[k] - b[k]) * fy) - left[k]) / step as f32);
            for k in 0..step.min(w - gx * step) {
                let [dist, px, py, z, mound]: [f32; 5] =
                    std::array::from_fn(|j| left[j] + slope[j] * k as f32);
                let i = y * w + gx * step + k;
                l.floor[i] = z - 0.3 * field.scale;
                if far {
                    // Deep below any finger.
                    l.palm_height[i] = z - 4.0 * field.scale;
                    l.height[i] = l.palm_height[i];
                    continue;
                }
                l.distance[i] = dist;
                l.palm_distance[i] = dist;
                let top = z + 0.7 * (round(dist, e) - e);
                l.palm_height[i] = top;
                l.height[i] = top;
                l.pink[i] = mound;
                if !dress.back {
                    let [u, v] = posed.stretch.to_palm([px, py]);
                    let (sx, sy) = (
                        (u - palm.x0) * palm.pixels_per_unit - 0.5,
                        (v - palm.y0) * palm.pixels_per_unit - 0.5,
                    );
                    let skin = palm.skin;
                    // The forearm has no palm creases.
                    let keep = 1.0 - smoothstep(1.55, 1.75, v);
                    l.visible[i] = (1.0 + (skin.visible.sample(sx, sy) - 1.0) * keep)
                        * wrist_crease(id, px, py);
                    l.infrared[i] = 1.0 + (skin.infrared.sample(sx, sy) - 1.0) * keep;
                }
            }
        }
    }
    l
}

/// Reflectance of the creases across the wrist at `(x, y)` of the palm's plane, 1 beside them.
#[inline]
fn wrist_crease(id: &HandIdentity, x: f32, y: f32) -> f32 {
    let across = (x - id.wrist_x) / id.wrist_half;
    let below = y - id.palm_length - 0.05 * across * across;
    if !(-0.3..0.4).contains(&below) {
        return 1.0;
    }
    let line = |at: f32, width: f32| {
        let t = (below - at) / width;
        1.0 / (1.0 + t * t).powi(2)
    };
    let [first, second] = id.wrist_creases;
    1.0 - first * line(0.0, 0.03) - second * line(0.13 + 0.04 * across, 0.025)
}

/// Height profile of a round edge of radius `r` at signed distance `d`.
#[inline]
fn round(d: f32, r: f32) -> f32 {
    if d > 0.0 {
        -2.0 * d
    } else if d < -r {
        r
    } else {
        (r * r - (r + d) * (r + d)).max(0.0).sqrt()
    }
}

/// Relief of the palm at `p` in `d`, and how much blood its pads show.
fn relief(id: &HandIdentity, posed: &Posed, p: [f32; 2], back: bool) -> (f32, f32) {
    let bump = |x: f32, y: f32, rx: f32, ry: f32| {
        let (a, b) = ((p[0] - x) / rx, (p[1] - y) / ry);
        (-(a * a + b * b)).exp()
    };
    if back {
        return (0.05 * bump(0.0, 0.9, 0.9, 1.2), 0.0);
    }
    let l = id.palm_length;
    let thenar = bump(0.58, 0.62 * l, 0.42, 0.30 * l);
    let hypothenar = bump(-0.66, 0.66 * l, 0.36, 0.30 * l);
    let hollow = bump(0.0, 0.48 * l, 0.42, 0.25 * l);
    let pads = bump(0.05, 0.30, 0.9, 0.16);
    let [u, v] = posed.stretch.to_palm(p);
    // The palm's own relief is in ROI sides.
    (
        1.4 * id.palm.height(u, v),
        0.5 * thenar + 0.7 * hypothenar + 0.4 * pads - 0.4 * hollow,
    )
}

/// Lays finger `f` over what is there.
pub(super) fn finger_layer(
    l: &mut Layers,
    posed: &Posed,
    f: usize,
    skin: &FingerSkin,
    dress: &Dress,
) {
    let field = &posed.field;
    let blend = field.blend(f);
    let kz = field.scale * if f == THUMB { 0.4 } else { 0.16 };
    let [x0, y0, x1, y1] = field.finger_box(f, 0.5 * blend + 2.0);
    let range =
        |a: f32, b: f32, n: usize| (a.max(0.0) as usize)..((b + 1.0).clamp(0.0, n as f32) as usize);
    let ring = dress.ring.filter(|r| r.0 == f);
    for y in range(y0, y1, l.h) {
        for x in range(x0, x1, l.w) {
            let i = y * l.w + x;
            let near = field.finger(f, x as f32, y as f32);
            let palm = l.palm_distance[i];
            let d = smooth_min(palm, near.distance, blend);
            if d > 3.0 {
                continue;
            }
            l.distance[i] = l.distance[i].min(d);
            let own = near.top;
            let base = l.palm_height[i];
            let top = -smooth_min(-base, -own, kz);
            // In the fillet of a web both parts end: give it a round edge of its own.
            let top = if near.distance > 0.0 && palm > 0.0 {
                near.z + 0.5 * round(d, near.radius)
            } else {
                top
            };
            if top <= l.height[i] + 1e-3 {
                continue;
            }
            l.height[i] = top;
            let weight = smoothstep(-0.5 * kz, 0.5 * kz, own - base);
            let mut t = skin.at(near.along, near.across);
            if let Some((_, at, half, _)) = ring
                && (near.along - at + 0.04 * near.across * near.across).abs() < half
            {
                t.0 = -1.0;
            }
            l.visible[i] = if t.0 < 0.0 {
                -1.0
            } else {
                l.visible[i] + (t.0 - l.visible[i]) * weight
            };
            l.infrared[i] += (0.5 + 0.5 * t.0.max(0.0) - l.infrared[i]) * weight;
            l.pink[i] += (t.1 - l.pink[i]) * weight;
            if weight > 0.5 {
                l.owner[i] = f as u8;
            }
        }
    }
}
