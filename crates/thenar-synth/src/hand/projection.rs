//! From the hand's own space into the photo and back.

use thenar_image::{HandSide, Point};

use super::pose::Pose;

/// The map from the hand's own space into the photo: rotation, then perspective.
#[derive(Clone, Debug)]
pub(crate) struct Projection {
    rotation: [[f32; 3]; 3],
    mirror: f32,
    distance: f32,
    /// Pixels per `d` at the distance of the palm's centre.
    pub scale: f32,
    offset: Point,
    /// From photo to the palm's plane, a homography.
    inverse: [[f32; 3]; 3],
}

/// The point of the hand about which it turns: about the middle of the palm.
const PIVOT: [f32; 2] = [0.0, 0.9];

impl Projection {
    pub(super) fn new(pose: &Pose) -> Self {
        let (si, ci) = pose.in_plane.sin_cos();
        let (sy, cy) = pose.yaw.sin_cos();
        let (sp, cp) = pose.pitch.sin_cos();
        // R = Rz(in plane) · Ry(yaw) · Rx(pitch)
        let about = [
            [cy, sy * sp, sy * cp],
            [0.0, cp, -sp],
            [-sy, cy * sp, cy * cp],
        ];
        let rotation = [
            std::array::from_fn(|j| ci * about[0][j] - si * about[1][j]),
            std::array::from_fn(|j| si * about[0][j] + ci * about[1][j]),
            about[2],
        ];
        let mirror = if pose.side == HandSide::Right {
            1.0
        } else {
            -1.0
        };
        Self {
            rotation,
            mirror,
            distance: pose.distance,
            scale: 1.0,
            offset: Point::default(),
            inverse: [[0.0; 3]; 3],
        }
    }

    /// Position in the photo, height towards the camera (pixels) and pixels per `d` there.
    pub(crate) fn project(&self, p: [f32; 3]) -> (Point, f32, f32) {
        let v = [self.mirror * (p[0] - PIVOT[0]), p[1] - PIVOT[1], p[2]];
        let r = |i: usize| (0..3).map(|j| self.rotation[i][j] * v[j]).sum::<f32>();
        let z = r(2);
        let local = self.scale * self.distance / (self.distance - z).max(0.2 * self.distance);
        (
            Point::new(self.offset.x + local * r(0), self.offset.y + local * r(1)),
            z * self.scale,
            local,
        )
    }

    pub(super) fn settle(&mut self, scale: f32, offset: Point) {
        self.scale = scale;
        self.offset = offset;
        let (r, m, d) = (&self.rotation, self.mirror, self.distance);
        // Columns: x, y, 1 of the palm's plane; rows: homogeneous photo coordinates.
        let row = |a: f32, b: f32, c: f32| [a * m, b, c - a * m * PIVOT[0] - b * PIVOT[1]];
        let w = row(-r[2][0] / d, -r[2][1] / d, 1.0);
        let x = row(scale * r[0][0], scale * r[0][1], 0.0);
        let y = row(scale * r[1][0], scale * r[1][1], 0.0);
        let h = [
            std::array::from_fn(|j| x[j] + offset.x * w[j]),
            std::array::from_fn(|j| y[j] + offset.y * w[j]),
            w,
        ];
        self.inverse = adjugate(&h);
    }

    /// Height of the palm's plane towards the camera at its point `p`, in `d`.
    pub(crate) fn plane_height(&self, p: [f32; 2]) -> f32 {
        self.rotation[2][0] * self.mirror * (p[0] - PIVOT[0])
            + self.rotation[2][1] * (p[1] - PIVOT[1])
    }

    /// Direction in the photo of the hand's `x` axis.
    pub(crate) fn facing(&self) -> [f32; 2] {
        [
            self.rotation[0][0] * self.mirror,
            self.rotation[1][0] * self.mirror,
        ]
    }

    /// Where the ray through photo point `p` meets the palm's plane.
    pub(crate) fn to_plane(&self, p: Point) -> [f32; 2] {
        let [x, y, w] = [0, 1, 2]
            .map(|i| self.inverse[i][0] * p.x + self.inverse[i][1] * p.y + self.inverse[i][2]);
        let w = if w.abs() < 1e-9 { 1e-9 } else { w };
        [x / w, y / w]
    }
}

/// The inverse of `m` up to a factor.
fn adjugate(m: &[[f32; 3]; 3]) -> [[f32; 3]; 3] {
    let c = |i: usize, j: usize| {
        let (a, b, p, q) = ((i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3);
        m[a][p] * m[b][q] - m[a][q] * m[b][p]
    };
    std::array::from_fn(|i| std::array::from_fn(|j| c(j, i)))
}
