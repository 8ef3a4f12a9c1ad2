//! Contrast-limited adaptive histogram equalisation.

use std::ops::Range;

use crate::Plane;

/// Grey levels of the histograms.
const LEVELS: usize = 256;

/// The table of one tile: what each grey level becomes.
type Table = [f32; LEVELS];

/// `plane` with its contrast equalised locally (Zuiderveld, "Contrast limited adaptive histogram equalization",
/// Graphics Gems IV, 1994): the plane is cut into `tiles`×`tiles` tiles (at least 1, at most one per pixel), each
/// gets its own equalising table, and every pixel mixes the tables of the four nearest tiles bilinearly.
///
/// `clip` bounds a histogram bin as a multiple of the mean bin; 1 leaves the contrast almost as it is, 2–4 are
/// usual. What is cut off is spread evenly over all bins. Values are clamped to 0–1; the result lies in 0–1.
pub fn clahe(plane: &Plane, tiles: usize, clip: f32) -> Plane {
    let (width, height) = (plane.width(), plane.height());
    if plane.data().is_empty() {
        return plane.clone();
    }
    let (across, down) = (tiles.clamp(1, width), tiles.clamp(1, height));
    let tables: Vec<Table> = (0..down)
        .flat_map(|j| (0..across).map(move |i| (i, j)))
        .map(|(i, j)| table(plane, part(width, across, i), part(height, down, j), clip))
        .collect();
    let columns: Vec<Mix> = (0..width).map(|x| Mix::at(x, width, across)).collect();
    let rows: Vec<Mix> = (0..height).map(|y| Mix::at(y, height, down)).collect();
    Plane::from_fn(width, height, |x, y| {
        let (level, h, v) = (level(plane.at(x, y)), &columns[x], &rows[y]);
        let along = |j: usize| {
            let (a, b) = (
                tables[j * across + h.first][level],
                tables[j * across + h.second][level],
            );
            a + (b - a) * h.part
        };
        let (top, bottom) = (along(v.first), along(v.second));
        top + (bottom - top) * v.part
    })
}

/// The pixels of tile `i` of `tiles` along an axis of `length` pixels.
fn part(length: usize, tiles: usize, i: usize) -> Range<usize> {
    i * length / tiles..(i + 1) * length / tiles
}

/// The grey level of a value.
fn level(value: f32) -> usize {
    // NaN becomes level 0.
    (value * (LEVELS - 1) as f32)
        .round()
        .clamp(0.0, (LEVELS - 1) as f32) as usize
}

/// The two tiles between whose centres a pixel lies along one axis, and how far it is towards the second (0–1).
struct Mix {
    first: usize,
    second: usize,
    part: f32,
}

impl Mix {
    fn at(pixel: usize, length: usize, tiles: usize) -> Self {
        let place = ((pixel as f32 + 0.5) * tiles as f32 / length as f32 - 0.5)
            .clamp(0.0, (tiles - 1) as f32);
        let first = place as usize;
        Self {
            first,
            second: (first + 1).min(tiles - 1),
            part: place - first as f32,
        }
    }
}

/// The clipped, normalised, summed histogram of a tile.
fn table(plane: &Plane, columns: Range<usize>, rows: Range<usize>, clip: f32) -> Table {
    let area = (columns.len() * rows.len()) as f32;
    let mut bins = [0.0f32; LEVELS];
    for y in rows {
        for &value in &plane.data()[y * plane.width()..][columns.clone()] {
            bins[level(value)] += 1.0;
        }
    }
    let most = (clip.max(0.0) * area / LEVELS as f32).max(1.0);
    let cut: f32 = bins.iter().map(|&n| (n - most).max(0.0)).sum();
    let spread = cut / LEVELS as f32;
    let mut sum = 0.0;
    bins.map(|n| {
        sum += n.min(most) + spread;
        (sum / area).min(1.0)
    })
}
