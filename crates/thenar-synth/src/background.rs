//! What stands behind the hand: from a plain wall to clutter.

use rand::Rng;

use crate::hand::skin_colour;
use crate::raster::{Canvas, add_noise, box_blur, smoothstep};
use crate::seed::PixelNoise;

/// A random background of `w` × `h` pixels. `clutter` 0–1 says how much may stand in it.
pub(crate) fn draw(
    rng: &mut impl Rng,
    noise: &mut PixelNoise,
    w: usize,
    h: usize,
    clutter: f32,
) -> Canvas {
    let mut canvas = Canvas::filled(w, h, colour(rng));
    let size = w.max(h) as f32;
    if rng.random_bool(0.6) {
        gradient(&mut canvas, rng);
    }
    let busy = rng.random::<f32>() * clutter;
    if rng.random_bool(0.7) {
        let cell = size * rng.random_range(0.06..0.5);
        tint_noise(&mut canvas, rng, noise, cell, 0.35);
    }
    if busy > 0.25 {
        let count = rng.random_range(1..=(2.0 + busy * 12.0) as usize);
        for _ in 0..count {
            thing(&mut canvas, rng, noise);
        }
        // What is behind the hand is often out of focus.
        if rng.random_bool(0.5) {
            let radius = (size * rng.random_range(0.003..0.02)) as usize;
            for plane in &mut canvas.planes {
                box_blur(plane, w, h, radius);
            }
        }
    }
    if rng.random_bool(0.5) {
        let cell = size * rng.random_range(0.006..0.04);
        tint_noise(&mut canvas, rng, noise, cell, 0.2);
    }
    for plane in &mut canvas.planes {
        for v in plane.iter_mut() {
            *v = v.clamp(0.0, 1.5);
        }
    }
    canvas
}

/// A random colour: often dark, often grey, sometimes bright, sometimes like skin.
fn colour(rng: &mut impl Rng) -> [f32; 3] {
    if rng.random_bool(0.12) {
        return skin_colour(rng.random_range(0.0..2.0), rng.random_range(0.5..1.5));
    }
    let light = rng.random::<f32>().powi(2);
    let strong: f32 = if rng.random_bool(0.5) { 0.15 } else { 0.9 };
    std::array::from_fn(|_| (light * (1.0 - strong * rng.random::<f32>())).clamp(0.003, 0.95))
}

fn gradient(canvas: &mut Canvas, rng: &mut impl Rng) {
    let to = colour(rng);
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let (s, c) = angle.sin_cos();
    let (w, h) = (canvas.w as f32, canvas.h as f32);
    let ramp: f32 = rng.random_range(0.3..1.0);
    for y in 0..canvas.h {
        for x in 0..canvas.w {
            let t = 0.5 + ((x as f32 / w - 0.5) * c + (y as f32 / h - 0.5) * s) * ramp;
            canvas.blend(y * canvas.w + x, to, t.clamp(0.0, 1.0));
        }
    }
}

fn tint_noise(
    canvas: &mut Canvas,
    rng: &mut impl Rng,
    noise: &mut PixelNoise,
    cell: f32,
    strength: f32,
) {
    let (w, h) = (canvas.w, canvas.h);
    let mut field = vec![0.0; w * h];
    let strength = strength * rng.random::<f32>();
    add_noise(&mut field, w, h, cell, strength, noise);
    if rng.random_bool(0.5) {
        add_noise(&mut field, w, h, cell * 0.4, strength * 0.6, noise);
    }
    let tint: [f32; 3] = std::array::from_fn(|_| rng.random_range(0.5..1.0));
    for (plane, t) in canvas.planes.iter_mut().zip(tint) {
        for (v, n) in plane.iter_mut().zip(&field) {
            *v = (*v * (1.0 + t * n)).max(0.0) + 0.03 * t * n.max(0.0);
        }
    }
}

/// Paints one random thing.
pub(crate) fn thing(canvas: &mut Canvas, rng: &mut impl Rng, noise: &mut PixelNoise) {
    match rng.random_range(0..10) {
        0..=2 => polygon(canvas, rng),
        3 | 4 => {
            let paint = colour(rng);
            let size = canvas.w as f32 * rng.random_range(0.04..0.4);
            ellipse(canvas, rng, noise, paint, size);
        }
        5 => skin_ellipse(canvas, rng, noise),
        6 => stripes(canvas, rng),
        7 => marks(canvas, rng),
        8 => bars(canvas, rng),
        _ => sausage(canvas, rng),
    }
}

fn place(canvas: &Canvas, rng: &mut impl Rng) -> (f32, f32) {
    (
        canvas.w as f32 * rng.random_range(-0.1..1.1),
        canvas.h as f32 * rng.random_range(-0.1..1.1),
    )
}

/// Pixels of the box around `(x, y)` with half sides `rx`, `ry`.
fn visit(
    canvas: &mut Canvas,
    x: f32,
    y: f32,
    rx: f32,
    ry: f32,
    mut f: impl FnMut(&mut Canvas, usize, f32, f32),
) {
    let range = |c: f32, r: f32, n: usize| {
        ((c - r).max(0.0) as usize)..((c + r + 2.0).clamp(0.0, n as f32) as usize)
    };
    for py in range(y, ry, canvas.h) {
        for px in range(x, rx, canvas.w) {
            let i = py * canvas.w + px;
            f(canvas, i, px as f32 - x, py as f32 - y);
        }
    }
}

/// A convex polygon: the points inside all of its edges.
fn polygon(canvas: &mut Canvas, rng: &mut impl Rng) {
    let (x, y) = place(canvas, rng);
    let radius = canvas.w as f32 * rng.random_range(0.05..0.6);
    let count = rng.random_range(3..7);
    let start = rng.random_range(0.0..std::f32::consts::TAU);
    let edges: Vec<(f32, f32, f32)> = (0..count)
        .map(|k| {
            let angle = start
                + (k as f32 + rng.random_range(-0.3..0.3)) * std::f32::consts::TAU / count as f32;
            (
                angle.cos(),
                angle.sin(),
                radius * rng.random_range(0.3..0.9),
            )
        })
        .collect();
    let (a, b) = (colour(rng), colour(rng));
    let shade = rng.random_bool(0.4);
    visit(canvas, x, y, radius, radius, |canvas, i, dx, dy| {
        let d = edges
            .iter()
            .map(|e| dx * e.0 + dy * e.1 - e.2)
            .fold(f32::MIN, f32::max);
        let t = if shade { 0.5 + 0.5 * dy / radius } else { 0.0 };
        canvas.blend(
            i,
            std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t),
            (0.5 - d).clamp(0.0, 1.0),
        );
    });
}

fn ellipse(
    canvas: &mut Canvas,
    rng: &mut impl Rng,
    noise: &mut PixelNoise,
    paint: [f32; 3],
    size: f32,
) {
    let (x, y) = place(canvas, rng);
    let ratio = rng.random_range(0.5..1.0);
    let (s, c) = rng.random_range(0.0..std::f32::consts::PI).sin_cos();
    let soft = rng.random_range(0.01..0.08);
    let (lx, ly) = (
        rng.random_range(-0.6..0.6f32),
        rng.random_range(-0.6..0.6f32),
    );
    visit(canvas, x, y, size, size, |canvas, i, dx, dy| {
        let (u, v) = ((c * dx + s * dy) / size, (c * dy - s * dx) / (size * ratio));
        let r2 = u * u + v * v;
        if r2 < 1.2 {
            let lit = (0.75 + lx * dx / size + ly * dy / size - 0.35 * r2).max(0.1)
                + 0.02 * noise.normal();
            canvas.blend(
                i,
                paint.map(|p| p * lit),
                1.0 - smoothstep(1.0 - soft, 1.0 + soft, r2.sqrt()),
            );
        }
    });
}

/// A skin-coloured ellipse, about a face: with hair and dark spots for eyes and mouth.
pub(crate) fn skin_ellipse(canvas: &mut Canvas, rng: &mut impl Rng, noise: &mut PixelNoise) {
    let paint = skin_colour(rng.random_range(0.0..2.2f32), rng.random_range(0.6..1.4));
    let (x, y) = place(canvas, rng);
    let size = canvas.w as f32 * rng.random_range(0.08..0.4);
    let ratio: f32 = rng.random_range(0.6..0.85);
    let (s, c) = rng.random_range(-0.5..0.5f32).sin_cos();
    let lx = rng.random_range(-0.5..0.5f32);
    let face = rng.random_bool(0.7);
    let hair = rng.random_range(0.005..0.15);
    visit(
        canvas,
        x,
        y,
        size * 1.15,
        size * 1.15,
        |canvas, i, dx, dy| {
            let (u, v) = ((c * dx + s * dy) / (size * ratio), (c * dy - s * dx) / size);
            let r = (u * u + v * v).sqrt();
            if face && r < 1.15 && v < 0.25 {
                canvas.blend(
                    i,
                    [hair, hair * 0.8, hair * 0.6],
                    1.0 - smoothstep(1.08, 1.13, r),
                );
            }
            if r < 1.05 && (!face || v > -0.6 || u.abs() < 0.5) {
                let mut lit = (0.85 + lx * u - 0.3 * r * r).max(0.1) + 0.02 * noise.normal();
                if face {
                    let spot = |a: f32, b: f32, ra: f32, rb: f32| {
                        (-((u.abs() - a) / ra).powi(2) - ((v - b) / rb).powi(2)).exp()
                    };
                    lit *= 1.0
                        - 0.7 * spot(0.4, -0.1, 0.16, 0.07)
                        - 0.5 * spot(0.0, 0.55, 0.3, 0.06)
                        - 0.25 * spot(0.0, 0.25, 0.12, 0.1);
                }
                canvas.blend(i, paint.map(|p| p * lit), 1.0 - smoothstep(0.97, 1.03, r));
            }
        },
    );
}

fn stripes(canvas: &mut Canvas, rng: &mut impl Rng) {
    let (x, y) = place(canvas, rng);
    let (rx, ry) = (
        canvas.w as f32 * rng.random_range(0.1..0.8),
        canvas.h as f32 * rng.random_range(0.1..0.8),
    );
    let period = canvas.w as f32 * rng.random_range(0.015..0.12);
    let (s, c) = rng.random_range(0.0..std::f32::consts::PI).sin_cos();
    let check = rng.random_bool(0.3);
    let (paint, strength) = (colour(rng), rng.random_range(0.3..1.0));
    visit(canvas, x, y, rx, ry, |canvas, i, dx, dy| {
        let wave = |t: f32| ((t / period).rem_euclid(1.0) - 0.5).abs() * period - 0.25 * period;
        let a = (0.5 + wave(c * dx + s * dy)).clamp(0.0, 1.0);
        let b = (0.5 + wave(c * dy - s * dx)).clamp(0.0, 1.0);
        canvas.blend(i, paint, strength * if check { a * b } else { a });
    });
}

/// Rows of small marks, like a line of text.
fn marks(canvas: &mut Canvas, rng: &mut impl Rng) {
    let (x, y) = place(canvas, rng);
    let height = canvas.w as f32 * rng.random_range(0.02..0.14);
    let paint = colour(rng);
    let rows = rng.random_range(1..4);
    for row in 0..rows {
        let mut pen = x - canvas.w as f32 * 0.3;
        for _ in 0..rng.random_range(3..14) {
            let (w, cy) = (
                height * rng.random_range(0.3..0.8),
                y + row as f32 * height * 1.5,
            );
            for _ in 0..rng.random_range(1..4) {
                let upright = rng.random_bool(0.5);
                let (hw, hh) = if upright {
                    (height * 0.08, height * 0.5)
                } else {
                    (w * 0.5, height * 0.08)
                };
                let (ox, oy) = (
                    rng.random_range(-0.4..0.4) * w,
                    if upright {
                        0.0
                    } else {
                        rng.random_range(-0.45..0.45) * height
                    },
                );
                visit(canvas, pen + ox, cy + oy, hw, hh, |canvas, i, dx, dy| {
                    let d = (dx.abs() - hw).max(dy.abs() - hh);
                    canvas.blend(i, paint, (0.5 - d).clamp(0.0, 1.0));
                });
            }
            pen += w * 1.3;
        }
    }
}

/// A long bar from edge to edge: a table edge, a frame, a pole.
fn bars(canvas: &mut Canvas, rng: &mut impl Rng) {
    let (x, y) = place(canvas, rng);
    let (s, c) = rng.random_range(0.0..std::f32::consts::PI).sin_cos();
    let half = canvas.w as f32 * rng.random_range(0.005..0.12);
    let paint = colour(rng);
    let far = 2.0 * canvas.w as f32;
    visit(canvas, x, y, far, far, |canvas, i, dx, dy| {
        let d = (c * dy - s * dx).abs();
        let shade = 1.0 - 0.4 * d / half;
        canvas.blend(
            i,
            paint.map(|p| p * shade),
            (half - d + 0.5).clamp(0.0, 1.0),
        );
    });
}

/// A rounded bar, lit like a finger or an arm, often skin-coloured.
pub(crate) fn sausage(canvas: &mut Canvas, rng: &mut impl Rng) {
    let (x, y) = place(canvas, rng);
    let size = canvas.w as f32;
    let (s, c) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
    let radius = size * rng.random_range(0.02..0.12);
    let length = radius * rng.random_range(1.0..8.0);
    let taper = rng.random_range(0.7..1.0);
    let paint = if rng.random_bool(0.5) {
        skin_colour(rng.random_range(0.0..2.0), rng.random_range(0.6..1.4))
    } else {
        colour(rng)
    };
    let light = rng.random_range(-0.8..0.8f32);
    let reach = length + radius;
    visit(canvas, x, y, reach, reach, |canvas, i, dx, dy| {
        let (u, v) = (c * dx + s * dy, c * dy - s * dx);
        let t = (u / length).clamp(-1.0, 1.0);
        let r = radius * (1.0 - (1.0 - taper) * (0.5 + 0.5 * t));
        let d = (u - t * length).hypot(v) - r;
        if d < 0.5 {
            let across = v / r;
            let lit = 0.25
                + 0.75 * ((1.0 - across * across).max(0.0).sqrt() * 0.8 + light * across).max(0.0);
            canvas.blend(i, paint.map(|p| p * lit), (0.5 - d).clamp(0.0, 1.0));
        }
    });
}
