//! The region's frame, overlaps of polygons, and cutting.

use proptest::prelude::*;
use thenar_image::image::{GrayImage, Luma, Rgb, RgbImage};
use thenar_image::{
    AVERAGE_PALM, Affine, FrameError, HandSide, KEY_POINTS, KeyPoints, Plane, Point, ROI_SIZE, Roi,
    RoiError, RoiFrame, gaussian_blur, polygon_area, polygon_iou, warp,
};

/// The average right hand, palm to the camera and fingers up, its region 112 pixels wide with its upper left corner at
/// (144, 116).
fn right_hand() -> KeyPoints {
    AVERAGE_PALM.map(|p| Point::new(144.0 + (p.x + 0.5) * 0.875, 116.0 + (p.y + 0.5) * 0.875))
}

/// The same as a left hand: mirrored in the photo.
fn left_hand() -> KeyPoints {
    right_hand().map(|p| Point::new(400.0 - p.x, p.y))
}

fn frame(points: &KeyPoints) -> RoiFrame {
    RoiFrame::from_key_points(points).unwrap()
}

fn close(a: Point, b: Point, tolerance: f32) -> bool {
    a.distance(b) <= tolerance
}

#[test]
fn the_frame_of_the_average_hand_is_the_square_of_the_valleys() {
    // The valleys are 80 apart, as near as the average is written down: side 112, upper edge 16 below them.
    let hand = right_hand();
    assert!((hand[1].distance(hand[3]) - 80.0).abs() < 0.1);
    assert!((hand[1].y - 100.0).abs() < 0.1 && (hand[1].lerp(hand[3], 0.5).x - 200.0).abs() < 0.1);
    let want = [
        (144.0, 116.0),
        (256.0, 116.0),
        (256.0, 228.0),
        (144.0, 228.0),
    ]
    .map(|(x, y)| Point::new(x, y));
    let right = frame(&right_hand());
    for (got, want) in right.corners().into_iter().zip(want) {
        assert!(close(got, want, 1e-3), "{got:?} {want:?}");
    }
    assert!((right.side_length() - 112.0).abs() < 1e-3);
    assert!(close(right.centre(), Point::new(200.0, 172.0), 1e-3));
    // A left hand's region is mirrored: its upper left corner lies on the right in the photo.
    let left = frame(&left_hand());
    for (got, want) in left
        .corners()
        .into_iter()
        .zip([want[1], want[0], want[3], want[2]])
    {
        assert!(close(got, want, 1e-3), "{got:?} {want:?}");
    }
    assert!(right.to_photo.determinant() > 0.0 && left.to_photo.determinant() < 0.0);
    assert_eq!(
        (right.hand_side(), left.hand_side()),
        (HandSide::Right, HandSide::Left)
    );
}

#[test]
fn the_thumb_is_on_the_right_for_both_hands() {
    for (points, side) in [
        (right_hand(), HandSide::Right),
        (left_hand(), HandSide::Left),
    ] {
        let frame = frame(&points);
        let thumb = frame.from_photo().unwrap().apply(points[0]);
        assert!(thumb.x > ROI_SIZE as f32, "{side:?}: {thumb:?}");
        assert_eq!(frame.hand_side(), side);
    }
}

/// The sum of squared distances can only grow when any number of the map changes.
#[test]
fn no_other_affine_map_brings_the_points_nearer() {
    let mut points = right_hand();
    for (i, p) in points.iter_mut().enumerate() {
        *p = Point::new(
            p.x + [3.0, -4.0, 1.0][i % 3],
            p.y + [2.0, 5.0, -3.0, 0.5][i % 4],
        );
    }
    let distance = |map: &Affine| -> f32 {
        let pairs = AVERAGE_PALM.iter().zip(&points).skip(1);
        pairs.map(|(a, p)| map.apply(*a).distance(*p).powi(2)).sum()
    };
    let fitted = frame(&points).to_photo;
    let least = distance(&fitted);
    for number in 0..6 {
        for step in [-0.02f32, 0.02] {
            let mut other = fitted;
            other.m[number] += if number % 3 == 2 { 50.0 * step } else { step };
            assert!(distance(&other) > least, "number {number}, step {step}");
        }
    }
}

#[test]
fn stretch_is_the_ratio_of_the_longest_to_the_shortest() {
    let right = frame(&right_hand());
    assert!((right.stretch() - 1.0).abs() < 1e-3);
    for (wide, tall) in [(2.0, 1.0), (1.0, 3.0), (0.5, 0.7)] {
        let squeeze = Affine {
            m: [wide, 0.0, 0.0, 0.0, tall, 0.0],
        };
        let turn = Affine::similarity(0.7, 1.3, Point::new(5.0, -9.0));
        let squeezed = frame(&right_hand().map(|p| turn.apply(squeeze.apply(p))));
        let want = f32::max(wide / tall, tall / wide);
        assert!(
            (squeezed.stretch() - want).abs() < 1e-2,
            "{}",
            squeezed.stretch()
        );
    }
}

#[test]
fn one_wrong_point_moves_the_frame_little_and_the_thumb_not_at_all() {
    let right = frame(&right_hand());
    let mut points = right_hand();
    points[0] = Point::new(-500.0, 900.0);
    assert_eq!(frame(&points), right);
    let mut points = right_hand();
    // A valley off by a tenth of the region.
    points[3].y += 11.0;
    assert!(
        frame(&points).iou(&right) > 0.93,
        "{}",
        frame(&points).iou(&right)
    );
}

proptest! {
    /// A tilted hand far away: the frame moves with the skin, whatever the affine map.
    #[test]
    fn the_frame_follows_every_affine_map(
        turn in -3.1f32..3.1,
        wide in 0.3f32..3.0,
        tall in 0.3f32..3.0,
        shear in -0.5f32..0.5,
        x in -1000.0f32..1000.0,
        noise in prop::array::uniform9((-6.0f32..6.0, -6.0f32..6.0)),
    ) {
        let (sin, cos) = turn.sin_cos();
        let tilt = Affine { m: [wide, shear, 0.0, 0.0, tall, 0.0] };
        let map = tilt.then(&Affine { m: [cos, -sin, x, sin, cos, 300.0] });
        let mut points = right_hand();
        points.iter_mut().zip(noise).for_each(|(p, n)| *p = Point::new(p.x + n.0, p.y + n.1));
        let moved = points.map(|p| map.apply(p));
        let want = frame(&points).corners().map(|p| map.apply(p));
        for (got, want) in frame(&moved).corners().into_iter().zip(want) {
            prop_assert!(close(got, want, 0.05), "{:?} {:?}", got, want);
        }
    }
}

#[test]
fn hands_that_mirror_each_other_give_one_region() {
    let photo = gaussian_blur(
        &Plane::from_fn(401, 400, |x, y| {
            ((x * 37 + y * 91 + x * y) % 101) as f32 / 100.0
        }),
        2.0,
    );
    let mirrored = Plane::from_fn(401, 400, |x, y| photo.at(400 - x, y));
    let right = Roi::cut(&photo, &frame(&right_hand()));
    let left = Roi::cut(&mirrored, &frame(&left_hand()));
    let differences = right
        .gray()
        .as_raw()
        .iter()
        .zip(left.gray().as_raw())
        .map(|(a, b)| a.abs_diff(*b));
    assert!(differences.max().unwrap() <= 1);
    assert!(thenar_image::quality::contrast(&right.plane()) > 0.01);
}

#[test]
fn frames_without_direction_are_refused() {
    let one_place = [Point::new(50.0, 60.0); KEY_POINTS];
    let error = RoiFrame::from_key_points(&one_place).unwrap_err();
    assert_eq!(error, FrameError::TooSmall { side: 0.0 });
    assert_eq!(
        error.to_string(),
        "the key points span a region of only 0 pixels per side, expected at least 1"
    );
    let line = right_hand().map(|p| Point::new(p.x, 0.0));
    assert!(matches!(
        RoiFrame::from_key_points(&line),
        Err(FrameError::TooSmall { .. })
    ));
    for bad in [f32::NAN, f32::INFINITY, f32::MAX] {
        let mut points = right_hand();
        points[3] = Point::new(bad, -bad);
        assert_eq!(
            RoiFrame::from_key_points(&points),
            Err(FrameError::NotFinite)
        );
    }
}

#[test]
fn part_inside_measures_the_photo() {
    let frame = frame(&right_hand());
    assert_eq!(frame.part_inside(400, 400), 1.0);
    // The region spans 144–256: a photo that ends at 199.5 holds its left half, nearly.
    assert!((frame.part_inside(200, 400) - 55.5 / 112.0).abs() < 1e-3);
    assert_eq!(frame.part_inside(100, 100), 0.0);
}

#[test]
fn squares_overlap_as_computed_by_hand() {
    let square = |x: f32, y: f32, s: f32| {
        [(x, y), (x + s, y), (x + s, y + s), (x, y + s)].map(|(x, y)| Point::new(x, y))
    };
    assert!((polygon_iou(&square(0.0, 0.0, 2.0), &square(1.0, 0.0, 2.0)) - 1.0 / 3.0).abs() < 1e-6);
    assert_eq!(
        polygon_iou(&square(0.0, 0.0, 2.0), &square(5.0, 0.0, 2.0)),
        0.0
    );
    assert!((polygon_iou(&square(0.0, 0.0, 4.0), &square(1.0, 1.0, 2.0)) - 0.25).abs() < 1e-6);
    // A unit square and itself turned by 45°: a regular octagon of area 2(√2−1).
    let turned = square(-0.5, -0.5, 1.0)
        .map(|p| Affine::similarity(0.25 * std::f32::consts::PI, 1.0, Point::default()).apply(p));
    let octagon = 2.0 * (2.0f32.sqrt() - 1.0);
    assert!(
        (polygon_iou(&square(-0.5, -0.5, 1.0), &turned) - octagon / (2.0 - octagon)).abs() < 1e-5
    );
    assert_eq!(
        polygon_iou(&square(0.0, 0.0, 0.0), &square(0.0, 0.0, 1.0)),
        0.0
    );
    assert_eq!(
        polygon_iou(&square(f32::NAN, 0.0, 1.0), &square(0.0, 0.0, 1.0)),
        0.0
    );
    assert_eq!(polygon_area(&square(3.0, 4.0, 5.0)), 25.0);
    assert_eq!(polygon_area(&[]), 0.0);
}

#[test]
fn ready_cut_regions_are_taken_and_others_refused() {
    let exact = GrayImage::from_fn(128, 128, |x, y| Luma([(x ^ y) as u8]));
    assert_eq!(Roi::from_gray(exact.clone()).unwrap().gray(), &exact);
    let larger = Roi::from_gray(GrayImage::from_pixel(256, 250, Luma([77]))).unwrap();
    assert_eq!(larger.gray().dimensions(), (128, 128));
    assert!(larger.gray().pixels().all(|p| p.0 == [77]));
    assert_eq!(
        Roi::from_gray(GrayImage::new(31, 64)),
        Err(RoiError::TooSmall {
            width: 31,
            height: 64
        })
    );
    assert_eq!(
        Roi::from_gray(GrayImage::new(640, 480)),
        Err(RoiError::NotSquare {
            width: 640,
            height: 480
        })
    );
}

fn similarities() -> impl Strategy<Value = Affine> {
    (
        -3.1f32..3.1,
        0.3f32..4.0,
        -500.0f32..500.0,
        -500.0f32..500.0,
    )
        .prop_map(|(angle, scale, x, y)| Affine::similarity(angle, scale, Point::new(x, y)))
}

fn hands() -> impl Strategy<Value = KeyPoints> {
    let jitter = proptest::array::uniform9((-15.0f32..15.0, -15.0f32..15.0));
    (jitter, any::<bool>()).prop_map(|(jitter, left)| {
        let hand = if left { left_hand() } else { right_hand() };
        std::array::from_fn(|i| Point::new(hand[i].x + jitter[i].0, hand[i].y + jitter[i].1))
    })
}

/// A convex polygon: points on an ellipse in order.
fn convex() -> impl Strategy<Value = Vec<Point>> {
    (
        3usize..8,
        -10.0f32..10.0,
        -10.0f32..10.0,
        2.0f32..12.0,
        2.0f32..12.0,
        0.0f32..6.0,
        any::<bool>(),
    )
        .prop_map(|(n, x, y, a, b, start, reverse)| {
            let at = |i: usize| start + i as f32 / n as f32 * std::f32::consts::TAU;
            let mut corners: Vec<_> = (0..n)
                .map(|i| Point::new(x + a * at(i).cos(), y + b * at(i).sin()))
                .collect();
            if reverse {
                corners.reverse();
            }
            corners
        })
}

/// Whether `p` lies inside of a convex polygon: on one side of all edges.
fn inside(p: Point, corners: &[Point]) -> bool {
    let side = |i: usize| {
        let (a, b) = (corners[i], corners[(i + 1) % corners.len()]);
        (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
    };
    (0..corners.len()).all(|i| side(i) >= 0.0) || (0..corners.len()).all(|i| side(i) <= 0.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// From the photo to the region and back.
    #[test]
    fn frames_are_undone_by_their_inverse(points in hands(), x in 0.0f32..400.0, y in 0.0f32..400.0) {
        let frame = frame(&points);
        let there = frame.from_photo().unwrap().apply(Point::new(x, y));
        prop_assert!(close(frame.to_photo.apply(there), Point::new(x, y), 0.01));
    }

    #[test]
    fn overlap_is_symmetric_bounded_and_one_with_itself(a in convex(), b in convex()) {
        let (ab, ba) = (polygon_iou(&a, &b), polygon_iou(&b, &a));
        prop_assert!((0.0..=1.0).contains(&ab) && (ab - ba).abs() < 1e-5);
        prop_assert!((polygon_iou(&a, &a) - 1.0).abs() < 1e-5);
    }

    /// Clipping against counting points of a grid.
    #[test]
    fn overlap_equals_counting_points(a in convex(), b in convex()) {
        let (mut both, mut either) = (0u32, 0u32);
        for y in 0..300 {
            for x in 0..300 {
                let p = Point::new((x as f32 - 149.5) * 0.15, (y as f32 - 149.5) * 0.15);
                let (in_a, in_b) = (inside(p, &a), inside(p, &b));
                both += u32::from(in_a && in_b);
                either += u32::from(in_a || in_b);
            }
        }
        prop_assert!((polygon_iou(&a, &b) - both as f32 / either as f32).abs() < 0.05);
    }

    /// Similarities of both quadrilaterals leave the overlap alone; frames of one hand overlap wholly.
    #[test]
    fn overlap_of_frames_moves_with_them(p in hands(), q in hands(), by in similarities()) {
        let overlap = |p: &KeyPoints, q: &KeyPoints| frame(p).iou(&frame(q));
        prop_assert!((overlap(&p, &p) - 1.0).abs() < 1e-3);
        let moved = overlap(&p.map(|p| by.apply(p)), &q.map(|p| by.apply(p)));
        prop_assert!((overlap(&p, &q) - moved).abs() < 1e-3);
    }

    /// Warping by a map and back gives the plane again, inside and up to interpolation.
    #[test]
    fn warp_is_undone_by_the_inverse_map(angle in -3.1f32..3.1, scale in 0.6f32..0.95, seed in 0usize..1000) {
        let noise = Plane::from_fn(64, 64, |x, y| ((x * 31 + y * 17 + (x * y + seed) % 61) % 97) as f32 / 96.0);
        let plane = gaussian_blur(&noise, 3.0);
        // About the centre of both planes, growing 64 pixels into 128.
        let centre = Affine::translation(Point::new(-63.5, -63.5));
        let map = centre.then(&Affine::similarity(angle, scale, Point::new(31.5, 31.5)));
        let there = warp(&plane, &map, 128, 128);
        let back = warp(&there, &map.inverse().unwrap(), 64, 64);
        for y in 20..44 {
            for x in 20..44 {
                let error = (back.at(x, y) - plane.at(x, y)).abs();
                prop_assert!(error < 0.03, "{error} at {x},{y}");
            }
        }
    }
}

#[test]
fn warping_by_nothing_changes_nothing() {
    let plane = Plane::from_fn(31, 17, |x, y| ((x * 5 + y * 3) % 7) as f32 / 6.0);
    assert_eq!(warp(&plane, &Affine::IDENTITY, 31, 17), plane);
}

#[test]
fn crops_end_at_the_edges() {
    let plane = Plane::from_fn(5, 4, |x, y| (10 * y + x) as f32);
    assert_eq!(
        plane.crop(3, 2, 9, 9),
        Plane::from_vec(2, 2, vec![23.0, 24.0, 33.0, 34.0])
    );
    assert_eq!(plane.crop(9, 9, 2, 2), Plane::filled(0, 0, 0.0));
}

#[test]
fn cutting_a_photo_equals_cutting_its_luminance() {
    let photo = RgbImage::from_fn(300, 260, |x, y| {
        Rgb([(x * 3) as u8, (y * 2) as u8, (x * y / 9) as u8])
    });
    let plane = Plane::luminance(&photo);
    // Inside, over each edge, wholly outside, and larger than the photo.
    let moves = [
        (0.0, 0.0, 1.0),
        (-120.0, 0.0, 1.0),
        (130.0, 90.0, 1.3),
        (0.0, -190.0, 0.9),
        (2000.0, -3000.0, 1.0),
        (0.0, 0.0, 8.0),
    ];
    for (x, y, scale) in moves {
        let by = Affine::similarity(0.2, scale, Point::new(x, y));
        let frame = frame(&right_hand().map(|p| by.apply(p)));
        let (fast, slow) = (Roi::cut_photo(&photo, &frame), Roi::cut(&plane, &frame));
        let differences = fast
            .gray()
            .as_raw()
            .iter()
            .zip(slow.gray().as_raw())
            .map(|(a, b)| a.abs_diff(*b));
        assert!(
            differences.max().unwrap() <= 1,
            "moved by {x},{y} and scaled by {scale}"
        );
    }
    let black = Roi::cut_photo(&RgbImage::new(0, 0), &frame(&right_hand()));
    assert!(black.gray().as_raw().iter().all(|&v| v == 0));
}
