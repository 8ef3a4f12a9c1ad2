//! Planes of `f32` while a photo is being painted: blurs, blends and smooth noise.

use crate::seed::PixelNoise;

/// Three planes of linear light, red, green, blue, each `w * h` values, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub w: usize,
    pub h: usize,
    pub planes: [Vec<f32>; 3],
}

impl Canvas {
    /// A canvas of one colour.
    pub(crate) fn filled(w: usize, h: usize, colour: [f32; 3]) -> Self {
        Self {
            w,
            h,
            planes: colour.map(|c| vec![c; w * h]),
        }
    }

    /// Paints `colour` over pixel `i` with opacity `alpha`.
    #[inline]
    pub(crate) fn blend(&mut self, i: usize, colour: [f32; 3], alpha: f32) {
        for (plane, c) in self.planes.iter_mut().zip(colour) {
            plane[i] += (c - plane[i]) * alpha;
        }
    }
}

/// Smooth 0–1 step from `a` to `b`.
#[inline]
pub(crate) fn smoothstep(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Polynomial smooth minimum (Quilez 2013): equals `min` where the arguments differ by more than `k`.
#[inline]
pub(crate) fn smooth_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Box blur with radius `radius` pixels along rows and columns; edges repeat.
pub(crate) fn box_blur(data: &mut [f32], w: usize, h: usize, radius: usize) {
    if radius == 0 || w == 0 || h == 0 {
        return;
    }
    let scale = 1.0 / (2 * radius + 1) as f32;
    let mut line = vec![0.0f32; w];
    for row in data.chunks_exact_mut(w) {
        line.copy_from_slice(row);
        let mut sum: f32 = line[0] * radius as f32;
        for i in 0..=radius {
            sum += line[i.min(w - 1)];
        }
        for (x, out) in row.iter_mut().enumerate() {
            *out = sum * scale;
            sum += line[(x + radius + 1).min(w - 1)] - line[x.saturating_sub(radius)];
        }
    }
    // Columns: one running sum per column, so that memory is walked row by row.
    let source = data.to_vec();
    let row = |y: usize| &source[y.min(h - 1) * w..y.min(h - 1) * w + w];
    let mut sums: Vec<f32> = row(0).iter().map(|v| v * radius as f32).collect();
    for y in 0..=radius {
        for (s, v) in sums.iter_mut().zip(row(y)) {
            *s += v;
        }
    }
    for y in 0..h {
        let (enter, leave) = (row(y + radius + 1), row(y.saturating_sub(radius)));
        let out = &mut data[y * w..y * w + w];
        for x in 0..w {
            out[x] = sums[x] * scale;
            sums[x] += enter[x] - leave[x];
        }
    }
}

/// Adds smooth noise of deviation about `strength`, with features of `cell` pixels.
pub(crate) fn add_noise(
    data: &mut [f32],
    w: usize,
    h: usize,
    cell: f32,
    strength: f32,
    noise: &mut PixelNoise,
) {
    let cell = cell.max(1.0);
    let (gw, gh) = (
        (w as f32 / cell) as usize + 2,
        (h as f32 / cell) as usize + 2,
    );
    let grid: Vec<f32> = (0..gw * gh).map(|_| noise.normal() * strength).collect();
    // Per column: the grid cell and the eased weight.
    let columns: Vec<(usize, f32)> = (0..w)
        .map(|x| {
            let g = x as f32 / cell;
            (g as usize, smoothstep(0.0, 1.0, g.fract()))
        })
        .collect();
    for y in 0..h {
        let g = y as f32 / cell;
        let (gy, fy) = (g as usize, smoothstep(0.0, 1.0, g.fract()));
        let (top, bottom) = (
            &grid[gy * gw..(gy + 1) * gw],
            &grid[(gy + 1) * gw..(gy + 2) * gw],
        );
        for (out, &(gx, fx)) in data[y * w..(y + 1) * w].iter_mut().zip(&columns) {
            let t = top[gx] + (top[gx + 1] - top[gx]) * fx;
            let b = bottom[gx] + (bottom[gx + 1] - bottom[gx]) * fx;
            *out += t + (b - t) * fy;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::stream;

    #[test]
    fn running_sums_blur_like_plain_averages() {
        let mut noise = PixelNoise::new(&mut stream(1, 1));
        for (w, h, r) in [(9, 7, 1), (5, 12, 3), (4, 3, 6)] {
            let source: Vec<f32> = (0..w * h).map(|_| noise.normal()).collect();
            let mut fast = source.clone();
            box_blur(&mut fast, w, h, r);
            for y in 0..h {
                for x in 0..w {
                    let mut sum = 0.0;
                    for dy in -(r as isize)..=r as isize {
                        for dx in -(r as isize)..=r as isize {
                            let px = (x as isize + dx).clamp(0, w as isize - 1) as usize;
                            let py = (y as isize + dy).clamp(0, h as isize - 1) as usize;
                            sum += source[py * w + px];
                        }
                    }
                    let want = sum / ((2 * r + 1) * (2 * r + 1)) as f32;
                    let got = fast[y * w + x];
                    assert!(
                        (got - want).abs() < 1e-4,
                        "({x}, {y}) of {w}×{h}, radius {r}: {got} against {want}"
                    );
                }
            }
        }
    }

    #[test]
    fn pixel_noise_has_mean_zero_and_deviation_one() {
        let mut noise = PixelNoise::new(&mut stream(3, 1));
        let n = 100_000;
        let (mut sum, mut squares) = (0.0f64, 0.0f64);
        for _ in 0..n {
            let v = f64::from(noise.normal());
            (sum, squares) = (sum + v, squares + v * v);
        }
        assert!((sum / f64::from(n)).abs() < 0.02);
        assert!((squares / f64::from(n) - 1.0).abs() < 0.03);
    }
}
