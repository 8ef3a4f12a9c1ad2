//! From a drawing to what the network sees: one of many views, with its label.

use image::{Rgb, RgbImage};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thenar_image::{Affine, HandSide, KEY_POINTS, KeyPoint, Point};

use super::drawing::{Drawing, DrawnHand, View};
use super::loss::{HandLabel, Label};
use super::network::{CELLS, INPUT, STRIDE};
use super::photometry::disturb;

/// What one input shows and the truth about it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The 256×256 picture, before contrast equalisation.
    pub rgb: RgbImage,
    /// The truth.
    pub label: Label,
    /// How the drawing was shown.
    pub view: View,
}

/// Which pixels of a drawing are taken: all, or a band that stands for a photo that is not square.
#[derive(Clone, Copy, Debug)]
struct Window {
    low: Point,
    high: Point,
}

/// How pixels outside the drawing are filled.
#[derive(Clone, Copy, Debug)]
enum Border {
    Colour([f32; 3]),
    Nearest,
}

/// A random view of `drawing`; the same `seed` gives the same view.
pub fn view(drawing: &Drawing, seed: u64) -> Sample {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let size = drawing.rgb.width() as f32;
    let (to_drawing, window) = match (drawing.view, &drawing.hand) {
        (View::Upright, Some(hand)) => (upright(rng, hand), Window::all(size)),
        (View::Upright, None) => (whole(rng, size, true), Window::all(size)),
        (View::Whole, _) => (whole(rng, size, false), Window::draw(rng, size)),
    };
    let border = match rng.random_range(0..4) {
        0 => Border::Nearest,
        1 => Border::Colour([0.0; 3]),
        2 => Border::Colour([rng.random_range(90.0..150.0); 3]),
        _ => Border::Colour(std::array::from_fn(|_| rng.random_range(0.0..255.0))),
    };
    let mut rgb = warp(&drawing.rgb, &to_drawing, &window, border);
    disturb(&mut rgb, rng);
    let edges = edge_cells(drawing, &to_drawing, &window);
    let palm = drawing.hand.as_ref().filter(|hand| hand.palm);
    let hand = palm.map(|hand| label(hand, &to_drawing, &window));
    Sample {
        rgb,
        label: Label { hand, edges },
        view: drawing.view,
    }
}

impl Window {
    fn all(size: f32) -> Self {
        Self {
            low: Point::new(-0.5, -0.5),
            high: Point::new(size - 0.5, size - 0.5),
        }
    }

    /// Half of the time a band of the drawing, in landscape or portrait format.
    fn draw(rng: &mut impl Rng, size: f32) -> Self {
        let mut window = Self::all(size);
        if rng.random_bool(0.4) {
            let cut = size * (1.0 - [0.75, 0.5625, 0.8][rng.random_range(0..3usize)]);
            let first = rng.random_range(0.2..0.8) * cut;
            if rng.random() {
                window.low.x += first;
                window.high.x -= cut - first;
            } else {
                window.low.y += first;
                window.high.y -= cut - first;
            }
        }
        window
    }

    fn contains(&self, p: Point) -> bool {
        p.x >= self.low.x && p.x < self.high.x && p.y >= self.low.y && p.y < self.high.y
    }
}

/// The input's middle in pixels.
const MIDDLE: f32 = (INPUT as f32 - 1.0) / 2.0;

/// From input pixels to a drawing of `size` pixels: the whole of it at any turn, perhaps mirrored. A third of the
/// views keep the frame upright, as a photo is.
fn whole(rng: &mut impl Rng, size: f32, close: bool) -> Affine {
    let free = rng.random_bool(0.67);
    let turn: f32 = if free {
        rng.random_range(0.0..360.0)
    } else {
        90.0 * rng.random_range(0..4) as f32
    };
    let zoom = match (close, free) {
        (true, _) => rng.random_range(1.0..2.2),
        (_, true) => rng.random_range(0.75..1.2),
        (_, false) => 1.0,
    };
    let shift = if free { 0.06 * size } else { 0.0 };
    let centre = (size - 1.0) / 2.0;
    let to = Point::new(
        centre + shift * rng.random_range(-1.0..1.0),
        centre + shift * rng.random_range(-1.0..1.0),
    );
    from_middle(rng.random(), turn, size / INPUT as f32 / zoom, to)
}

/// From input pixels to the drawing: the palm upright and well framed, as a first pass would find it.
fn upright(rng: &mut impl Rng, hand: &DrawnHand) -> Affine {
    let p = |k: KeyPoint| hand.points[k as usize];
    let valleys = p(KeyPoint::IndexMiddleValley).lerp(p(KeyPoint::RingLittleValley), 0.5);
    let wrist = p(KeyPoint::WristThumbSide).lerp(p(KeyPoint::WristLittleSide), 0.5);
    let length = valleys
        .distance(wrist)
        .max(p(KeyPoint::IndexMiddleValley).distance(p(KeyPoint::RingLittleValley)));
    let turn = (valleys.x - wrist.x)
        .atan2(wrist.y - valleys.y)
        .to_degrees();
    // The palm's length over the input's side.
    let extent = rng.random_range(0.4..0.64);
    let middle = valleys.lerp(wrist, rng.random_range(0.22..0.48));
    let shift = 0.1 * length;
    let to = Point::new(
        middle.x + shift * rng.random_range(-1.0..1.0),
        middle.y + shift * rng.random_range(-1.0..1.0),
    );
    let jitter = rng.random_range(-6.0..6.0) + rng.random_range(-6.0..6.0);
    from_middle(
        rng.random(),
        turn + jitter,
        length / (extent * INPUT as f32),
        to,
    )
}

/// The map that turns clockwise by `turn` degrees, scales by `scale` and puts the input's middle at `to`.
fn from_middle(mirror: bool, turn: f32, scale: f32, to: Point) -> Affine {
    let flip = if mirror { -1.0 } else { 1.0 };
    let centred = Affine {
        m: [flip, 0.0, -flip * MIDDLE, 0.0, 1.0, -MIDDLE],
    };
    centred.then(&Affine::similarity(turn.to_radians(), scale, to))
}

/// The picture that `to_drawing` takes from `rgb`, 256×256; bilinear, with four samples per pixel when shrinking.
fn warp(rgb: &RgbImage, to_drawing: &Affine, window: &Window, border: Border) -> RgbImage {
    let shrinks = to_drawing.determinant().abs() > 1.3;
    let offsets: &[(f32, f32)] = if shrinks {
        &[(-0.25, -0.25), (0.25, -0.25), (-0.25, 0.25), (0.25, 0.25)]
    } else {
        &[(0.0, 0.0)]
    };
    let share = 1.0 / offsets.len() as f32;
    RgbImage::from_fn(INPUT as u32, INPUT as u32, |x, y| {
        let mut sum = [0.0; 3];
        for (dx, dy) in offsets {
            let p = to_drawing.apply(Point::new(x as f32 + dx, y as f32 + dy));
            let colour = match border {
                Border::Colour(colour) if !window.contains(p) => colour,
                _ => bilinear(rgb, window, p),
            };
            for (sum, colour) in sum.iter_mut().zip(colour) {
                *sum += share * colour;
            }
        }
        Rgb(sum.map(|v| (v + 0.5) as u8))
    })
}

/// The colour at `p`, 0–255; outside the window that of the nearest pixel in it.
fn bilinear(rgb: &RgbImage, window: &Window, p: Point) -> [f32; 3] {
    let width = rgb.width() as usize;
    let clamp = |v: f32, low: f32, high: f32| v.clamp((low + 0.5).ceil(), (high - 0.5).floor());
    let (x, y) = (
        clamp(p.x, window.low.x, window.high.x),
        clamp(p.y, window.low.y, window.high.y),
    );
    let (x0, y0) = (x as usize, y as usize);
    let (fx, fy) = (x - x0 as f32, y - y0 as f32);
    let right = 3 * usize::from(x0 + 1 < width);
    let below = 3 * width * usize::from(y0 + 1 < rgb.height() as usize);
    let (raw, at) = (rgb.as_raw(), 3 * (y0 * width + x0));
    std::array::from_fn(|c| {
        let value = |i: usize| f32::from(raw[at + c + i]);
        let top = value(0) + fx * (value(right) - value(0));
        let bottom = value(below) + fx * (value(below + right) - value(below));
        top + fy * (bottom - top)
    })
}

/// The edge map in cells: a cell is as bright as its brightest pixel.
fn edge_cells(drawing: &Drawing, to_drawing: &Affine, window: &Window) -> Vec<f32> {
    let mut cells = vec![0.0f32; CELLS * CELLS];
    if !drawing.hand.as_ref().is_some_and(|hand| hand.palm) {
        return cells;
    }
    let (width, height) = drawing.edges.dimensions();
    for y in 0..INPUT {
        for x in 0..INPUT {
            let p = to_drawing.apply(Point::new(x as f32, y as f32));
            let (column, row) = (p.x.round(), p.y.round());
            if window.contains(p) && column >= 0.0 && row >= 0.0 {
                let (column, row) = (column as u32, row as u32);
                if column < width && row < height {
                    let cell = &mut cells[y / STRIDE * CELLS + x / STRIDE];
                    *cell = cell.max(f32::from(drawing.edges.get_pixel(column, row).0[0]) / 255.0);
                }
            }
        }
    }
    cells
}

/// The hand as it lies in the input.
fn label(hand: &DrawnHand, to_drawing: &Affine, window: &Window) -> HandLabel {
    let to_input = to_drawing.inverse().unwrap_or(Affine::IDENTITY);
    let mirrored = to_drawing.determinant() < 0.0;
    let points = hand.points.map(|p| to_input.apply(p));
    let weights = std::array::from_fn(|k| {
        let frame = -0.5..INPUT as f32 - 0.5;
        if !frame.contains(&points[k].x) || !frame.contains(&points[k].y) {
            0.0
        } else if hand.visible[k] && window.contains(hand.points[k]) {
            1.0
        } else {
            0.5
        }
    });
    // Where the fingers' direction goes gives the new turn, mirrored or not.
    let (sin, cos) = hand.in_plane.to_radians().sin_cos();
    let [a, b, _, d, e, _] = to_input.m;
    let up = [a * sin - b * cos, d * sin - e * cos];
    let length = up[0].hypot(up[1]).max(f32::MIN_POSITIVE);
    let flip = if mirrored { -1.0 } else { 1.0 };
    HandLabel {
        points,
        weights,
        side: if mirrored {
            hand.side.other()
        } else {
            hand.side
        },
        pose: [
            up[0] / length,
            -up[1] / length,
            flip * hand.yaw / 45.0,
            hand.pitch / 45.0,
        ],
    }
}

/// Which hand the points belong to, from their order alone; a check on labels.
pub fn side_of(points: &[Point; KEY_POINTS]) -> HandSide {
    let p = |k: KeyPoint| points[k as usize];
    let (index, little) = (
        p(KeyPoint::IndexMiddleValley),
        p(KeyPoint::RingLittleValley),
    );
    let wrist = p(KeyPoint::WristThumbSide).lerp(p(KeyPoint::WristLittleSide), 0.5);
    let cross =
        (index.x - little.x) * (wrist.y - little.y) - (index.y - little.y) * (wrist.x - little.x);
    if cross > 0.0 {
        HandSide::Right
    } else {
        HandSide::Left
    }
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Source;
    use super::super::toy::Toys;
    use super::*;

    fn hands() -> impl Iterator<Item = (Drawing, Sample)> {
        let toys = Toys { seed: 3 };
        (0..40)
            .map(move |i| toys.draw(i))
            .filter(|d| d.hand.is_some())
            .flat_map(|d| {
                let mut near = d.clone();
                near.view = View::Upright;
                [d, near].map(|d| {
                    let sample = view(&d, 7);
                    (d, sample)
                })
            })
    }

    #[test]
    fn labels_follow_the_picture() {
        let mut seen = [0; 2];
        for (_, sample) in hands() {
            let hand = sample.label.hand.unwrap();
            assert_eq!(side_of(&hand.points), hand.side);
            let valleys = hand.points[1].lerp(hand.points[3], 0.5);
            let wrist = hand.points[6].lerp(hand.points[7], 0.5);
            let want = (valleys.x - wrist.x).atan2(wrist.y - valleys.y);
            let got = hand.pose[0].atan2(hand.pose[1]);
            assert!((want - got).cos() > 0.98, "{want} {got}");
            seen[hand.side as usize] += 1;
        }
        assert!(seen[0] > 10 && seen[1] > 10, "{seen:?}");
    }

    #[test]
    fn upright_views_are_upright_and_in_frame() {
        for (_, sample) in hands().filter(|(d, _)| d.view == View::Upright) {
            let hand = sample.label.hand.unwrap();
            assert!(hand.pose[1] > 0.95, "{:?}", hand.pose);
            assert!(hand.weights[1] > 0.0 && hand.weights[3] > 0.0);
        }
    }

    #[test]
    fn the_palm_centre_is_bright_and_edges_lie_on_the_outline() {
        for (drawing, sample) in hands() {
            let hand = sample.label.hand.unwrap();
            if hand.weights.contains(&0.0) || drawing.view == View::Whole {
                continue;
            }
            let p = hand.points[8];
            let at = |x: f32, y: f32| f32::from(sample.rgb.get_pixel(x as u32, y as u32).0[0]);
            assert!(at(p.x, p.y) > at(1.0, 1.0).min(at(254.0, 254.0)));
            let q = hand.points[2];
            let cell =
                |p: Point| ((p.y / 4.0) as usize).min(63) * 64 + ((p.x / 4.0) as usize).min(63);
            let near = [(0.0, 0.0), (4.0, 0.0), (-4.0, 0.0), (0.0, 4.0), (0.0, -4.0)];
            let best = near
                .iter()
                .map(|(dx, dy)| sample.label.edges[cell(Point::new(q.x + dx, q.y + dy))]);
            assert!(
                best.fold(0.0, f32::max) > 0.5,
                "no edge near the corner {q:?}"
            );
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_view() {
        let drawing = Toys { seed: 1 }.draw(2);
        assert_eq!(view(&drawing, 5).rgb, view(&drawing, 5).rgb);
        assert_ne!(view(&drawing, 5).rgb, view(&drawing, 6).rgb);
    }
}
