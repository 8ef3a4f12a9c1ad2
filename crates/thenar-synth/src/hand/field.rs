//! The silhouette of a posed hand as a signed distance in pixels, and the key points found on it.

use thenar_image::Point;

use super::projection::Projection;
use crate::raster::smooth_min;

/// A finger bone in the photo: a capsule between two circles.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bone {
    pub a: Point,
    pub b: Point,
    /// Radii at `a` and `b`, pixels.
    pub radii: [f32; 2],
    /// Heights of the axis towards the camera, pixels.
    pub z: [f32; 2],
    /// Axis length at both ends in `d`, 0 at the web.
    pub along: [f32; 2],
    inverse_length2: f32,
    /// Height of the skin over the axis, in radii: flatter than a circle, higher where the bone rises to the camera.
    rise: f32,
}

/// What a finger looks like from a pixel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Near {
    /// Signed distance, pixels, negative inside.
    pub distance: f32,
    /// Radius and axis height there, pixels.
    pub radius: f32,
    pub z: f32,
    /// Height of the skin there, falling steeply outside.
    pub top: f32,
    /// Axis length in `d` from the web.
    pub along: f32,
    /// Sideways position, −1 to 1 across the finger.
    pub across: f32,
}

impl Bone {
    pub(crate) fn new(a: Point, b: Point, radii: [f32; 2], z: [f32; 2], along: [f32; 2]) -> Self {
        let length2 = (b.x - a.x).powi(2) + (b.y - a.y).powi(2);
        Self {
            a,
            b,
            radii,
            z,
            along,
            inverse_length2: 1.0 / length2.max(1e-3),
            // The envelope of an ellipsoid of height 0.75 that moves up by `z` over the bone's length.
            rise: (0.5625 + (z[1] - z[0]).powi(2) / length2.max(1e-3))
                .sqrt()
                .min(2.0),
        }
    }

    /// Height of the skin at signed distance `d` and position `c` (0–1).
    #[inline]
    fn top(&self, d: f32, c: f32) -> f32 {
        let r = self.radii[0] + (self.radii[1] - self.radii[0]) * c;
        let over = if d > 0.0 {
            -1.5 * d
        } else {
            self.rise * (-d * (2.0 * r + d)).max(0.0).sqrt()
        };
        self.z[0] + (self.z[1] - self.z[0]) * c + 0.15 * r + over
    }

    /// Signed distance and position along the bone (0–1, not clamped).
    #[inline]
    fn distance(&self, x: f32, y: f32) -> (f32, f32) {
        let (bx, by) = (self.b.x - self.a.x, self.b.y - self.a.y);
        let (px, py) = (x - self.a.x, y - self.a.y);
        let t = (px * bx + py * by) * self.inverse_length2;
        let c = t.clamp(0.0, 1.0);
        let (qx, qy) = (px - bx * c, py - by * c);
        (
            (qx * qx + qy * qy).sqrt() - (self.radii[0] + (self.radii[1] - self.radii[0]) * c),
            t,
        )
    }
}

impl Bone {
    /// Axis length at position `t`; in the round caps beyond both ends the skin goes on.
    #[inline]
    fn along_at(&self, t: f32) -> f32 {
        const CAP: f32 = 0.25;
        let length = self.along[1] - self.along[0];
        self.along[0] + (t * length).clamp(-CAP, length + CAP)
    }
}

/// One edge of the palm's outline.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Point,
    by: Point,
    inverse_length2: f32,
    /// Change of `x` per `y`.
    slope: f32,
}

impl Edge {
    fn new(from: Point, to: Point) -> Self {
        let by = Point::new(to.x - from.x, to.y - from.y);
        let slope = if by.y == 0.0 { 0.0 } else { by.x / by.y };
        Self {
            from,
            by,
            inverse_length2: 1.0 / (by.x * by.x + by.y * by.y).max(1e-9),
            slope,
        }
    }
}

/// The silhouette: five fingers of three bones each, and the outline of palm and forearm.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub bones: [[Bone; 3]; 5],
    outline: Vec<Edge>,
    /// Radius of the palm's round edge, pixels.
    pub edge: f32,
    /// Pixels per `d`.
    pub scale: f32,
}

impl Field {
    pub(crate) fn new(
        bones: [[Bone; 3]; 5],
        outline: &[Point],
        projection: &Projection,
        thickness: f32,
    ) -> Self {
        let next = outline.iter().cycle().skip(1);
        let outline = outline
            .iter()
            .zip(next)
            .map(|(&a, &b)| Edge::new(a, b))
            .collect();
        Self {
            bones,
            outline,
            edge: thickness * projection.scale,
            scale: projection.scale,
        }
    }

    /// How widely finger `f` (4: thumb) flows into the palm, pixels.
    pub(crate) fn blend(&self, f: usize) -> f32 {
        self.scale * if f == 4 { 0.5 } else { 0.08 }
    }

    /// Signed distance to palm and forearm, pixels, negative inside.
    pub(crate) fn palm(&self, x: f32, y: f32) -> f32 {
        let mut best = f32::MAX;
        for e in &self.outline {
            let (wx, wy) = (x - e.from.x, y - e.from.y);
            let t = ((wx * e.by.x + wy * e.by.y) * e.inverse_length2).clamp(0.0, 1.0);
            let (bx, by) = (wx - e.by.x * t, wy - e.by.y * t);
            best = best.min(bx * bx + by * by);
        }
        // Inside when a ray to the right crosses the outline an odd number of times.
        let mut inside = false;
        for e in &self.outline {
            let wy = y - e.from.y;
            let crosses = (wy < 0.0) != (wy < e.by.y);
            inside ^= crosses && x < e.from.x + e.slope * wy;
        }
        (if inside { -best.sqrt() } else { best.sqrt() }) - self.edge
    }

    /// Finger `f` seen from `(x, y)`.
    #[inline]
    pub(crate) fn finger(&self, f: usize, x: f32, y: f32) -> Near {
        let bones = &self.bones[f];
        let (mut at, mut d, mut t, mut top) = (0, f32::MAX, 0.0, f32::MIN);
        for (i, bone) in bones.iter().enumerate() {
            let (di, ti) = bone.distance(x, y);
            if di < 0.0 {
                // Inside several bones of a bent finger the one nearest to the camera is seen.
                let over = bone.top(di, ti.clamp(0.0, 1.0));
                if over > top {
                    (at, t, top) = (i, ti, over);
                }
            } else if d >= 0.0 && di < d {
                (at, t) = (i, ti);
            }
            d = d.min(di);
        }
        let bone = &bones[at];
        let c = t.clamp(0.0, 1.0);
        let radius = bone.radii[0] + (bone.radii[1] - bone.radii[0]) * c;
        let cross = (x - bone.a.x) * (bone.b.y - bone.a.y) - (y - bone.a.y) * (bone.b.x - bone.a.x);
        Near {
            distance: d,
            radius,
            z: bone.z[0] + (bone.z[1] - bone.z[0]) * c,
            top: if d < 0.0 { top } else { bone.top(d, c) },
            along: bone.along_at(t),
            across: cross * bone.inverse_length2.sqrt() / radius.max(1e-3),
        }
    }

    /// Signed distance to finger `f`, pixels.
    #[inline]
    fn finger_distance(&self, f: usize, x: f32, y: f32) -> f32 {
        self.bones[f]
            .iter()
            .fold(f32::MAX, |d, bone| d.min(bone.distance(x, y).0))
    }

    /// The box of finger `f` grown by `margin`: low x, low y, high x, high y.
    pub(crate) fn finger_box(&self, f: usize, margin: f32) -> [f32; 4] {
        let mut b = [f32::MAX, f32::MAX, f32::MIN, f32::MIN];
        for bone in &self.bones[f] {
            for (p, r) in [(bone.a, bone.radii[0]), (bone.b, bone.radii[1])] {
                let r = r + margin;
                b = [
                    b[0].min(p.x - r),
                    b[1].min(p.y - r),
                    b[2].max(p.x + r),
                    b[3].max(p.y + r),
                ];
            }
        }
        b
    }

    /// Signed distance to the whole hand.
    pub(crate) fn hand(&self, x: f32, y: f32) -> f32 {
        let palm = self.palm(x, y);
        (0..5).fold(palm, |d, f| {
            d.min(smooth_min(
                palm,
                self.finger_distance(f, x, y),
                self.blend(f),
            ))
        })
    }

    /// First point outside the hand from `from` along the unit vector `along`, within `limit` pixels.
    pub(crate) fn leave(&self, from: Point, along: Point, limit: f32) -> Option<f32> {
        let step = (0.04 * self.scale).max(0.25);
        let inside = |t: f32| self.hand(from.x + along.x * t, from.y + along.y * t) < 0.0;
        let mut t = 0.0;
        while inside(t) {
            t += step;
            if t > limit {
                return None;
            }
        }
        let (mut low, mut high) = ((t - step).max(0.0), t);
        for _ in 0..6 {
            let mid = 0.5 * (low + high);
            if inside(mid) { low = mid } else { high = mid }
        }
        Some(0.5 * (low + high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_to_a_square() {
        let square =
            [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)].map(|(x, y)| Point::new(x, y));
        let next = square.iter().cycle().skip(1);
        let outline = square
            .iter()
            .zip(next)
            .map(|(&a, &b)| Edge::new(a, b))
            .collect();
        let field = Field {
            bones: Default::default(),
            outline,
            edge: 1.0,
            scale: 1.0,
        };
        for (x, y, want) in [
            (5.0, 5.0, -6.0),
            (13.0, 5.0, 2.0),
            (5.0, -1.0, 0.0),
            (13.0, 14.0, 4.0),
            (1.0, 5.0, -2.0),
        ] {
            assert!(
                (field.palm(x, y) - want).abs() < 1e-5,
                "({x}, {y}): {}",
                field.palm(x, y)
            );
        }
    }
}
