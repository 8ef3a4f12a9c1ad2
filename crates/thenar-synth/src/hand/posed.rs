//! A hand held in a pose: where its bones, its outline and its skin are in the photo.

use thenar_image::Point;

use super::field::{Bone, Field};
use super::identity::HandIdentity;
use super::pose::{Pose, THUMB};
use super::projection::Projection;
use crate::raster::smoothstep;

/// A hand held in a pose and projected.
#[derive(Clone, Debug)]
pub(crate) struct Posed {
    pub field: Field,
    pub projection: Projection,
    /// Posed web level of index to little finger in the palm's plane.
    pub webs: [[f32; 2]; 4],
    pub stretch: Stretch,
}

/// How the skin of the palm follows the webs when fingers spread: fully at the fingers, little at the wrist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    middle: [f32; 2],
    width: f32,
}

impl Stretch {
    /// The two webs that span the palm's frame, in the palm's plane.
    fn new(webs: &[[f32; 2]; 4]) -> Self {
        let middle = |i: usize, c: usize| 0.5 * (webs[i][c] + webs[i + 1][c]);
        let (x1, x2) = (middle(0, 0), middle(2, 0));
        // The skin lies as drawn when the fingers are a little apart, which most people hold them.
        Self {
            middle: [
                0.5 * (x1 + x2),
                0.5 * (middle(0, 1) + middle(2, 1)) + WEB_TO_VALLEY,
            ],
            width: x1 - x2,
        }
    }

    fn at(&self, y: f32) -> (f32, f32) {
        let follow = 1.0 - 0.8 * smoothstep(0.0, 1.8, y);
        (self.middle[0] * follow, 1.0 + (self.width - 1.0) * follow)
    }

    /// The palm coordinates (ROI = unit square) of the skin at `p` of the palm's plane.
    pub(crate) fn to_palm(self, p: [f32; 2]) -> [f32; 2] {
        let y = p[1] - self.middle[1];
        let (shift, width) = self.at(y);
        [(p[0] - shift) / width / 1.4 + 0.5, (y - 0.2) / 1.4]
    }

    /// Where the skin at palm coordinates `q` lies in the palm's plane.
    pub(crate) fn to_plane(self, q: Point) -> [f32; 2] {
        let y = q.y * 1.4 + 0.2;
        let (shift, width) = self.at(y);
        [(q.x - 0.5) * 1.4 * width + shift, y + self.middle[1]]
    }
}

/// How far the valleys of open fingers lie below the line through the webs, in `d`.
const WEB_TO_VALLEY: f32 = 0.035;

impl Posed {
    /// `id` held as `pose` says, in a picture of `size` × `size` pixels.
    pub(crate) fn new(id: &HandIdentity, pose: &Pose, size: f32) -> Self {
        let mut projection = Projection::new(pose);
        let (chains, webs) = chains(id, pose);
        // The box of the hand at scale 1 decides scale and place.
        let (mut low, mut high) = (Point::new(1e9, 1e9), Point::new(-1e9, -1e9));
        let wrist = [
            [id.wrist_x - id.wrist_half, id.palm_length, 0.0],
            [id.wrist_x + id.wrist_half, id.palm_length, 0.0],
        ];
        let tips = chains
            .iter()
            .flat_map(|c| c.points.iter().copied().zip(c.radii));
        for (p, r) in tips.chain(wrist.into_iter().map(|p| (p, 0.0))) {
            let (q, _, _) = projection.project(p);
            low = Point::new(low.x.min(q.x - r), low.y.min(q.y - r));
            high = Point::new(high.x.max(q.x + r), high.y.max(q.y + r));
        }
        let scale = size * pose.fill / (high.x - low.x).max(high.y - low.y);
        let middle = low.lerp(high, 0.5);
        let to = |s: f32, m: f32| size * (0.5 + s) - m * scale;
        projection.settle(
            scale,
            Point::new(to(pose.shift[0], middle.x), to(pose.shift[1], middle.y)),
        );
        let field = Field::new(
            bones(&chains, &projection),
            &outline(id, &webs, &projection),
            &projection,
            id.thickness,
        );
        Self {
            field,
            projection,
            webs,
            stretch: Stretch::new(&webs),
        }
    }
}

/// One finger in the hand's own space.
struct Chain {
    points: [[f32; 3]; 4],
    radii: [f32; 4],
    /// Axis length at each point, 0 at the level of the web.
    along: [f32; 4],
}

fn chains(id: &HandIdentity, pose: &Pose) -> ([Chain; 5], [[f32; 2]; 4]) {
    let mut webs = [[0.0; 2]; 4];
    let chains = std::array::from_fn(|i| {
        if i == THUMB {
            return thumb(id, pose);
        }
        let f = &id.fingers[i];
        let (s, c) = f.rest_angle.sin_cos();
        let knuckle = [f.web[0] - s * f.buried, f.web[1] + c * f.buried];
        let (s, c) = pose.angles[i].sin_cos();
        webs[i] = [knuckle[0] + s * f.buried, knuckle[1] - c * f.buried];
        let lengths = [
            f.buried + f.phalanges[0],
            f.phalanges[1],
            f.phalanges[2] - f.radii[3],
        ];
        let b = pose.bends[i];
        let lifts = [b[0], b[0] + b[1], b[0] + b[1] + b[2]];
        let angles = std::array::from_fn(|k| pose.angles[i] + f.crook * k as f32);
        // The finger's face lies level with the palm.
        chain(
            [knuckle[0], knuckle[1], 0.03 - 0.9 * f.radii[0]],
            lengths,
            angles,
            lifts,
            f.radii,
            f.buried,
        )
    });
    (chains, webs)
}

fn thumb(id: &HandIdentity, pose: &Pose) -> Chain {
    let mut lengths = id.thumb_bones;
    lengths[2] -= id.thumb_radii[3];
    let root = [id.thumb_root[0], id.thumb_root[1], -0.46];
    let mut lifts = pose.thumb_lift;
    // The first metacarpal rises from the depth of the wrist to the pad of the thumb.
    lifts[0] = 0.16 + 0.4 * lifts[0];
    chain(root, lengths, pose.thumb, lifts, id.thumb_radii, lengths[0])
}

fn chain(
    root: [f32; 3],
    lengths: [f32; 3],
    angles: [f32; 3],
    lifts: [f32; 3],
    radii: [f32; 4],
    zero: f32,
) -> Chain {
    let (mut points, mut along) = ([root; 4], [-zero; 4]);
    for k in 0..3 {
        let ((s, c), (sl, cl)) = (angles[k].sin_cos(), lifts[k].sin_cos());
        let p = points[k];
        points[k + 1] = [
            p[0] + lengths[k] * s * cl,
            p[1] - lengths[k] * c * cl,
            p[2] + lengths[k] * sl,
        ];
        along[k + 1] = along[k] + lengths[k];
    }
    Chain {
        points,
        radii,
        along,
    }
}

fn bones(chains: &[Chain; 5], projection: &Projection) -> [[Bone; 3]; 5] {
    std::array::from_fn(|f| {
        let c = &chains[f];
        std::array::from_fn(|k| {
            let (a, za, sa) = projection.project(c.points[k]);
            let (b, zb, sb) = projection.project(c.points[k + 1]);
            Bone::new(
                a,
                b,
                [c.radii[k] * sa, c.radii[k + 1] * sb],
                [za, zb],
                [c.along[k], c.along[k + 1]],
            )
        })
    })
}

/// The outline of palm and forearm in the photo, drawn in by the palm's half thickness.
fn outline(id: &HandIdentity, webs: &[[f32; 2]; 4], projection: &Projection) -> Vec<Point> {
    let t = id.thickness;
    let valley = |i: usize| {
        let (a, b) = (webs[i], webs[i + 1]);
        [(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0 + 0.06 + t]
    };
    let [right, left] = [id.palm_edges[0] - t, id.palm_edges[1] + t];
    let (wx, wh, pl) = (id.wrist_x, id.wrist_half - t, id.palm_length);
    let control = [
        [right - 0.03, webs[0][1] + 0.28],
        [webs[0][0] + 0.02, webs[0][1] + 0.08 + t],
        valley(0),
        valley(1),
        valley(2),
        [webs[3][0], webs[3][1] + 0.08 + t],
        [left + 0.04, webs[3][1] + 0.36],
        [left - id.hypothenar * 0.75, 0.38 * pl],
        [left - id.hypothenar, 0.62 * pl],
        [wx - wh - 0.10, 0.88 * pl],
        [wx - wh, pl + 0.05],
        [wx - wh - 0.05, pl + 0.9],
        [wx - wh - 0.25, pl + 2.6],
        [wx - wh - 0.35, pl + 5.5],
        [wx - wh - 0.40, pl + 9.0],
        [wx + wh + 0.40, pl + 9.0],
        [wx + wh + 0.35, pl + 5.5],
        [wx + wh + 0.25, pl + 2.6],
        [wx + wh + 0.05, pl + 0.9],
        [wx + wh, pl + 0.05],
        [wx + wh + 0.06, 0.86 * pl],
        [right - 0.18, 0.55 * pl],
        [right - 0.03, 0.32 * pl],
    ];
    let n = control.len();
    let mut points = Vec::with_capacity(n * 3);
    for i in 0..n {
        let [p0, p1, p2, p3] = [n - 1, 0, 1, 2].map(|k| control[(i + k) % n]);
        for t in [0.0f32, 1.0 / 3.0, 2.0 / 3.0] {
            // Catmull–Rom spline through the control points.
            let p: [f32; 2] = std::array::from_fn(|c| {
                0.5 * (2.0 * p1[c]
                    + t * (p2[c] - p0[c])
                    + t * t * (2.0 * p0[c] - 5.0 * p1[c] + 4.0 * p2[c] - p3[c])
                    + t * t * t * (3.0 * p1[c] - p0[c] - 3.0 * p2[c] + p3[c]))
            });
            points.push(projection.project([p[0], p[1], 0.0]).0);
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hand::PoseRange;
    use crate::seed::stream;

    #[test]
    fn the_plane_is_found_back_from_the_photo() {
        let range = PoseRange {
            yaw: 35.0,
            pitch: 35.0,
            in_plane: 180.0,
            fill: (0.4, 1.0),
            cut: 0.1,
        };
        for seed in 0..50 {
            let rng = &mut stream(seed, 2);
            let id = HandIdentity::draw(seed);
            let posed = Posed::new(&id, &Pose::draw(rng, &id, &range), 256.0);
            for p in [[0.0f32, 0.0], [0.5, 0.0], [-0.5, 0.3], [0.4, 2.0]] {
                let (q, z, _) = posed.projection.project([p[0], p[1], 0.0]);
                let back = posed.projection.to_plane(q);
                assert!(
                    (back[0] - p[0]).hypot(back[1] - p[1]) < 2e-3,
                    "{p:?} became {back:?}"
                );
                assert!(
                    (posed.projection.plane_height(p) * posed.projection.scale - z).abs() < 0.01
                );
            }
        }
    }
}
