//! The nine key points of a posed hand, found on the very silhouette that is painted.

use thenar_image::{KEY_POINTS, KeyPoints, Point};

use super::identity::HandIdentity;
use super::pose::THUMB;
use super::posed::Posed;

/// How far above the palm's edge a valley is looked for before the fingers count as closed, and where the valley
/// of closed fingers lies (where open ones have it on average), in `d`.
const CLOSED: (f32, f32) = (0.12, 0.03);

/// The key points in photo pixels, in the order of [`thenar_image::KeyPoint`].
///
/// A valley is the point of the silhouette that lies deepest along the mean direction of its two fingers. Where
/// closed fingers hide it, it is the point of the web between them.
pub(crate) fn key_points(id: &HandIdentity, posed: &Posed) -> KeyPoints {
    let field = &posed.field;
    let at = |x: f32, y: f32| posed.projection.project([x, y, 0.0]).0;
    let mut points = [Point::default(); KEY_POINTS];
    for i in 0..3 {
        let (a, b) = (posed.webs[i], posed.webs[i + 1]);
        let web = at(0.5 * (a[0] + b[0]), 0.5 * (a[1] + b[1]) + 0.06);
        let along = unit(add(direction(posed, i), direction(posed, i + 1)));
        points[1 + i] = valley(posed, web, along, 0.3, 0.2, CLOSED);
    }
    // The thumb's web is wide: look between its knuckle and the index finger's.
    let (thumb, index) = (field.bones[THUMB][0], field.bones[0][0]);
    let along = unit(add(direction(posed, THUMB), direction(posed, 0)));
    points[0] = valley(
        posed,
        thumb.b.lerp(index.a, 0.5),
        along,
        0.3,
        0.4,
        (0.9, 0.7),
    );

    let sideways = |from: Point, along: Point, limit: f32| {
        let limit = limit * field.scale;
        let t = field.leave(from, along, limit).unwrap_or(limit);
        Point::new(from.x + along.x * t, from.y + along.y * t)
    };
    let across = |x: f32, y: f32| unit(sub(at(x + 0.1, y), at(x, y)));
    for (point, finger, sign) in [(4, 0, 1.0), (5, 3, -1.0)] {
        let [x, y] = posed.webs[finger];
        let along = scale(across(x, y), sign);
        points[point] = sideways(at(x, y + 0.12), along, 0.5);
    }
    let (x, y) = (id.wrist_x, id.palm_length);
    points[6] = sideways(at(x, y), across(x, y), 1.4);
    points[7] = sideways(at(x, y), scale(across(x, y), -1.0), 1.4);
    points[8] = at(0.3 * id.wrist_x, 0.46 * id.palm_length);
    points
}

/// The deepest point of the silhouette along `along` near `web`; lengths in `d`.
fn valley(
    posed: &Posed,
    web: Point,
    along: Point,
    back: f32,
    half: f32,
    closed: (f32, f32),
) -> Point {
    let field = &posed.field;
    let s = field.scale;
    let side = Point::new(-along.y, along.x);
    let back = back * s;
    let limit = back + closed.0 * s;
    let (mut best, mut best_offset) = (limit, 0.0);
    let (mut centre, mut step) = (0.0, half * s / 4.0);
    for _ in 0..2 {
        for k in -4..=4 {
            let offset = centre + k as f32 * step;
            let from = Point::new(
                web.x - along.x * back + side.x * offset,
                web.y - along.y * back + side.y * offset,
            );
            if let Some(t) = field.leave(from, along, best)
                && t < best
                && t > 0.0
            {
                (best, best_offset) = (t, offset);
            }
        }
        (centre, step) = (best_offset, step / 4.0);
    }
    let t = if best < limit {
        best - back
    } else {
        closed.1 * s
    };
    Point::new(
        web.x + along.x * t + side.x * best_offset,
        web.y + along.y * t + side.y * best_offset,
    )
}

fn direction(posed: &Posed, f: usize) -> Point {
    let bone = &posed.field.bones[f][if f == THUMB { 1 } else { 0 }];
    unit(sub(bone.b, bone.a))
}

fn add(a: Point, b: Point) -> Point {
    Point::new(a.x + b.x, a.y + b.y)
}

fn sub(a: Point, b: Point) -> Point {
    Point::new(a.x - b.x, a.y - b.y)
}

fn scale(a: Point, s: f32) -> Point {
    Point::new(a.x * s, a.y * s)
}

fn unit(a: Point) -> Point {
    scale(a, 1.0 / a.x.hypot(a.y).max(1e-6))
}

#[cfg(test)]
mod tests {
    use rand::Rng;
    use thenar_image::{AVERAGE_PALM, HandSide, ROI_SIZE};

    use super::*;
    use crate::hand::{Pose, PoseRange};
    use crate::seed::stream;

    const FRONTAL: PoseRange = PoseRange {
        yaw: 0.0,
        pitch: 0.0,
        in_plane: 180.0,
        fill: (0.7, 0.9),
        cut: 0.0,
    };
    const TILTED: PoseRange = PoseRange {
        yaw: 15.0,
        pitch: 30.0,
        in_plane: 180.0,
        fill: (0.5, 0.9),
        cut: 0.0,
    };

    /// A hand with its fingers spread and straight.
    fn open_hand(seed: u64, range: &PoseRange) -> (HandIdentity, Pose, Posed) {
        let rng = &mut stream(seed, 1);
        let id = HandIdentity::draw(rng.random());
        let mut pose = Pose::draw(rng, &id, range);
        let spread = rng.random_range(6.0..14.0f32).to_radians();
        for (i, fan) in [1.0, 0.25, -0.3, -1.15].into_iter().enumerate() {
            pose.angles[i] = id.fingers[i].rest_angle + fan * spread;
            pose.bends[i] = [0.0; 3];
        }
        (pose.thumb, pose.thumb_lift) = ([0.8; 3], [0.0; 3]);
        let posed = Posed::new(&id, &pose, 256.0);
        (id, pose, posed)
    }

    /// The deepest pixel outside the hand between two fingers, looked for pixel by pixel.
    fn deepest_outside(posed: &Posed, near: Point, along: Point, radius: f32) -> Option<Point> {
        let mut best: Option<(f32, Point)> = None;
        for y in (near.y - radius) as i32..=(near.y + radius) as i32 {
            for x in (near.x - radius) as i32..=(near.x + radius) as i32 {
                let p = Point::new(x as f32, y as f32);
                let depth = (p.x - near.x) * along.x + (p.y - near.y) * along.y;
                if p.distance(near) <= radius
                    && posed.field.hand(p.x, p.y) > 0.0
                    && best.is_none_or(|(least, _)| depth < least)
                {
                    best = Some((depth, p));
                }
            }
        }
        best.map(|(_, p)| p)
    }

    #[test]
    fn valleys_are_the_deepest_points_of_the_silhouette() {
        let mut worst = 0.0f32;
        for seed in 0..40 {
            let (id, _, posed) = open_hand(seed, &TILTED);
            let points = key_points(&id, &posed);
            for i in 0..3 {
                let along = unit(add(direction(&posed, i), direction(&posed, i + 1)));
                let radius = 0.22 * posed.field.scale;
                let found = deepest_outside(&posed, points[1 + i], along, radius)
                    .expect("open fingers leave a gap");
                let depth =
                    (found.x - points[1 + i].x) * along.x + (found.y - points[1 + i].y) * along.y;
                worst = worst.max(depth.abs());
            }
        }
        assert!(
            worst < 1.6,
            "a valley lies {worst} px from the deepest pixel"
        );
    }

    #[test]
    fn points_of_the_contour_lie_on_it() {
        for seed in 100..140 {
            let (id, _, posed) = open_hand(seed, &TILTED);
            let points = key_points(&id, &posed);
            for k in [1, 2, 3, 5, 6, 7] {
                let d = posed.field.hand(points[k].x, points[k].y);
                assert!(
                    d.abs() < 0.6,
                    "seed {seed}: point {k} lies {d} px off the contour"
                );
            }
        }
    }

    #[test]
    fn the_valleys_span_the_frame_of_the_palm() {
        let (mut sums, mut count, mut worst) = ([[0.0f32; 2]; 2], 0.0, 0.0f32);
        for seed in 200..400 {
            let rng = &mut stream(seed, 1);
            let id = HandIdentity::draw(rng.random());
            let posed = Posed::new(&id, &Pose::draw(rng, &id, &FRONTAL), 256.0);
            let points = key_points(&id, &posed);
            for (sum, (k, x)) in sums.iter_mut().zip([(1, 6.0 / 7.0), (3, 1.0 / 7.0)]) {
                let p = posed.stretch.to_palm(posed.projection.to_plane(points[k]));
                *sum = [sum[0] + p[0] - x, sum[1] + p[1] + 1.0 / 7.0];
                worst = worst.max((p[0] - x).hypot(p[1] + 1.0 / 7.0));
            }
            count += 1.0;
        }
        // In palm coordinates, in which the ROI is the unit square.
        let off = sums.map(|s| s.map(|v| v / count));
        assert!(
            off.as_flattened().iter().all(|v| v.abs() < 0.012),
            "the frame is off by {off:?} on average"
        );
        assert!(worst < 0.15, "the frame is off by {worst} once");
    }

    /// The average that regions are fitted to: the key points of open hands seen straight on, in the square that the two
    /// valleys span (side 1.4·d, upper edge 0.2·d below them).
    #[test]
    fn the_average_palm_is_drawn_again() {
        const HANDS: u64 = 1500;
        let mut sum = [[0.0f64; 2]; KEY_POINTS];
        for seed in 0..HANDS {
            let rng = &mut stream(seed, 2);
            let id = HandIdentity::draw(rng.random());
            let mut pose = Pose::draw(rng, &id, &FRONTAL);
            (pose.side, pose.in_plane) = (HandSide::Right, 0.0);
            let points = key_points(&id, &Posed::new(&id, &pose, 512.0));
            let (v1, v2) = (points[1], points[3]);
            let d = v1.distance(v2);
            let (cos, sin) = ((v1.x - v2.x) / d, (v1.y - v2.y) / d);
            let middle = v1.lerp(v2, 0.5);
            let pixels = ROI_SIZE as f32 / (1.4 * d);
            for (sum, p) in sum.iter_mut().zip(points) {
                let (x, y) = (p.x - middle.x, p.y - middle.y);
                let across = (x * cos + y * sin) * pixels + 0.5 * ROI_SIZE as f32 - 0.5;
                let down = (y * cos - x * sin - 0.2 * d) * pixels - 0.5;
                *sum = [sum[0] + f64::from(across), sum[1] + f64::from(down)];
            }
        }
        let average = sum.map(|s| s.map(|v| v / HANDS as f64));
        for (k, (got, want)) in average.iter().zip(AVERAGE_PALM).enumerate() {
            let off = (got[0] - f64::from(want.x)).hypot(got[1] - f64::from(want.y));
            assert!(off < 0.08, "point {k}: {got:?}, written down as {want:?}");
        }
    }

    #[test]
    fn the_thumb_of_a_right_hand_points_right() {
        for seed in 300..330 {
            let (id, mut pose, _) = open_hand(seed, &FRONTAL);
            pose.in_plane = 0.0;
            let points = key_points(&id, &Posed::new(&id, &pose, 256.0));
            let right = pose.side == HandSide::Right;
            assert_eq!(
                points[0].x > points[3].x,
                right,
                "thumb valley against ring–little valley"
            );
            assert_eq!(points[6].x > points[7].x, right, "ends of the wrist");
            assert!(
                points[8].y > points[2].y && points[6].y > points[8].y,
                "fingers up"
            );
        }
    }
}
