//! The localizer with a network that finds coloured dots, so that every answer is known.

mod onnx;

use image::{Rgb, RgbImage};
use onnx::{Graph, for_each_damaged};
use thenar_image::{Affine, HandSide, KEY_POINTS, KeyPoints, Point, image};
use thenar_net::{Hand, Localizer, NetError, Problem};

/// The colour of each key point's dot: nine directions of colour far apart from each other.
const COLOURS: [[f32; 3]; KEY_POINTS] = [
    [1.0, 0.0, 0.0],
    [0.0, 1.0, 0.0],
    [0.0, 0.0, 1.0],
    [0.7, 0.7, 0.0],
    [0.7, 0.0, 0.7],
    [0.0, 0.7, 0.7],
    [0.9, 0.4, 0.0],
    [0.0, 0.4, 0.9],
    [0.4, 0.0, 0.9],
];

/// A right hand, fingers up, one unit between the two valleys of the ROI.
const HAND: [(f32, f32); KEY_POINTS] = [
    (1.0, 0.2),
    (0.5, -0.9),
    (0.0, -1.0),
    (-0.5, -0.9),
    (1.0, -0.7),
    (-1.0, -0.6),
    (0.6, 1.2),
    (-0.6, 1.2),
    (0.0, 0.1),
];

/// What the network says about everything but the points.
struct Says {
    presence: f32,
    side: f32,
    pose: [f32; 4],
}

const RIGHT: Says = Says {
    presence: 6.0,
    side: 4.0,
    pose: [0.0, 1.0, 0.2, -0.1],
};

/// What rten 0.27 wants to be told of a convolution, although ONNX has defaults.
const ONES: &[(&str, &[i64])] = &[
    ("kernel_shape", &[1, 1]),
    ("strides", &[1, 1]),
    ("dilations", &[1, 1]),
    ("pads", &[0, 0, 0, 0]),
];

/// Heat map `k` is high where the picture has colour `k`, and higher where it is brighter.
fn dots(says: &Says) -> Vec<u8> {
    let weights: Vec<f32> = COLOURS
        .iter()
        .flat_map(|c| {
            let norm = c.iter().map(|v| v * v).sum::<f32>().sqrt();
            c.map(|v| 90.0 * v / norm)
        })
        .collect();
    let head = |graph: Graph, name: &str, values: &[f32], shape: &[i64]| {
        let (weights, bias) = (format!("{name}.w"), format!("{name}.b"));
        let n = values.len() as i64;
        graph
            .output(name, shape)
            .weights(&weights, &[n, 3, 1, 1], &vec![0.0; values.len() * 3])
            .weights(&bias, &[n], values)
            .node("Conv", &["mean", &weights, &bias], name, ONES)
    };
    let graph = Graph::default()
        .input("image", &[1, 3, 256, 256])
        .output("heatmaps", &[1, 9, 64, 64])
        .output("edges", &[1, 1, 64, 64])
        .weights("some", &[1], &[0.3])
        .weights("maps.w", &[9, 3, 1, 1], &weights)
        .weights("edges.w", &[1, 3, 1, 1], &[1.0; 3])
        .node(
            "AveragePool",
            &["image"],
            "cells",
            &[("kernel_shape", &[4, 4]), ("strides", &[4, 4])],
        )
        .node("ReduceL2", &["cells"], "bright", &[("axes", &[1])])
        .node("Add", &["bright", "some"], "more", &[])
        .node("Div", &["cells", "more"], "hue", &[])
        .node("Conv", &["hue", "maps.w"], "heatmaps", ONES)
        .node("Conv", &["cells", "edges.w"], "edges", ONES)
        .node("GlobalAveragePool", &["cells"], "mean", &[]);
    let graph = head(graph, "presence", &[says.presence], &[1, 1, 1, 1]);
    let graph = head(graph, "side", &[says.side], &[1, 1, 1, 1]);
    head(graph, "pose", &says.pose, &[1, 4, 1, 1]).file()
}

/// A photo with a soft dot at every key point of a hand placed by `place`.
fn photo(width: u32, height: u32, place: &Affine, mirrored: bool) -> (RgbImage, KeyPoints) {
    let flip = if mirrored { -1.0 } else { 1.0 };
    let points = HAND.map(|(x, y)| place.apply(Point::new(flip * x, y)));
    let radius = 0.11 * place.determinant().abs().sqrt();
    let image = RgbImage::from_fn(width, height, |x, y| {
        let distance = |i: usize| points[i].distance(Point::new(x as f32, y as f32)) / radius;
        // Of the nearest point only, so that no mixture looks like a third one.
        let nearest = (0..KEY_POINTS)
            .min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
            .unwrap_or(0);
        let light = 200.0 * (-0.5 * distance(nearest).powi(2)).exp();
        Rgb(COLOURS[nearest].map(|v| (v * light) as u8))
    });
    (image, points)
}

fn error(hand: &Hand, points: &KeyPoints) -> f32 {
    hand.points
        .iter()
        .zip(points)
        .map(|(a, b)| a.distance(*b))
        .fold(0.0, f32::max)
}

#[test]
fn points_come_back_from_any_turn_and_size() {
    let localizer = Localizer::from_onnx(dots(&RIGHT)).unwrap();
    for (degrees, scale) in [
        (0.0f32, 100.0),
        (35.0, 90.0),
        (180.0, 110.0),
        (-100.0, 85.0),
    ] {
        let place = Affine::similarity(degrees.to_radians(), scale, Point::new(420.0, 390.0));
        let (photo, points) = photo(800, 800, &place, false);
        let hand = localizer.locate(&photo).unwrap();
        assert!(hand.refined, "{degrees}°: {hand:?}");
        assert!(
            error(&hand, &points) < 2.0,
            "{degrees}°: {} pixels off",
            error(&hand, &points)
        );
        assert_eq!(hand.side, HandSide::Right);
        assert!(hand.side_confidence > 0.95 && hand.presence > 0.99);
        // The network says "fingers up", which in the second pass is true.
        assert!(
            (hand.pose.in_plane - degrees).abs() % 360.0 < 1.5,
            "{:?}",
            hand.pose
        );
        assert!((hand.pose.yaw - 9.0).abs() < 0.01 && (hand.pose.pitch + 4.5).abs() < 0.01);
    }
}

#[test]
fn the_side_is_the_one_the_points_show() {
    let place = Affine::similarity(0.3, 100.0, Point::new(400.0, 380.0));
    let (photo, points) = photo(800, 800, &place, true);
    let honest = Localizer::from_onnx(dots(&Says {
        side: -4.0,
        ..RIGHT
    }))
    .unwrap()
    .locate(&photo)
    .unwrap();
    assert!(error(&honest, &points) < 2.0);
    assert_eq!(honest.side, HandSide::Left);
    assert!(honest.side_confidence > 0.95);
    assert_eq!(
        honest.problem_for(HandSide::Right),
        Some(Problem::WrongHand)
    );
    let wrong = Localizer::from_onnx(dots(&RIGHT))
        .unwrap()
        .locate(&photo)
        .unwrap();
    assert_eq!(wrong.side, HandSide::Left);
    assert!(wrong.side_confidence < 0.05 && wrong.quality < honest.quality.max(1));
}

#[test]
fn without_presence_there_is_no_palm_and_no_second_look() {
    let localizer = Localizer::from_onnx(dots(&Says {
        presence: -3.0,
        ..RIGHT
    }))
    .unwrap();
    let (photo, _) = photo(
        400,
        300,
        &Affine::similarity(0.0, 40.0, Point::new(200.0, 150.0)),
        false,
    );
    let hand = localizer.locate(&photo).unwrap();
    assert!(!hand.refined);
    assert_eq!(hand.problem, Some(Problem::PalmNotPresent));
    assert!(hand.quality < 10);
    assert_eq!(
        hand.problem_for(HandSide::Left),
        Some(Problem::PalmNotPresent)
    );
}

#[test]
fn a_small_palm_is_named() {
    let localizer = Localizer::from_onnx(dots(&RIGHT)).unwrap();
    let (small, _) = photo(
        160,
        150,
        &Affine::similarity(0.0, 25.0, Point::new(80.0, 70.0)),
        false,
    );
    assert_eq!(
        localizer.locate(&small).unwrap().problem,
        Some(Problem::PalmTooFar)
    );
}

#[test]
fn odd_photos_are_no_danger() {
    let localizer = Localizer::from_onnx(dots(&RIGHT)).unwrap();
    assert!(matches!(
        localizer.locate(&RgbImage::new(0, 5)),
        Err(NetError::EmptyPhoto { .. })
    ));
    for (width, height) in [(1, 1), (1, 900), (900, 2), (255, 257)] {
        for value in [0, 255] {
            let hand = localizer
                .locate(&RgbImage::from_pixel(width, height, Rgb([value; 3])))
                .unwrap();
            assert!(
                hand.points
                    .iter()
                    .all(|p| p.x.is_finite() && p.y.is_finite())
            );
            assert!(hand.problem.is_some(), "{width}×{height}: {hand:?}");
        }
    }
}

#[test]
fn other_models_are_refused() {
    let wrong = Graph::default()
        .input("image", &[1, 3, 256, 256])
        .output("heatmaps", &[1, 3, 256, 256]);
    let Err(error) = Localizer::from_onnx(wrong.node("Relu", &["image"], "heatmaps", &[]).file())
    else {
        panic!("accepted");
    };
    assert!(
        error
            .to_string()
            .starts_with("localizer model: output \"heatmaps\" has 196608 numbers"),
        "{error}"
    );
    for text in [&b""[..], b"not a model", &[0x08; 300], &[0xff; 300]] {
        assert!(matches!(
            Localizer::from_onnx(text),
            Err(NetError::Load { .. } | NetError::Contract { .. })
        ));
    }
}

#[test]
fn damaged_files_are_errors_or_still_load() {
    // Loaded only: a damaged kernel size may make a valid network that computes for hours.
    let mut refused = 0;
    for_each_damaged(&dots(&RIGHT), |damaged| {
        refused += usize::from(Localizer::from_onnx(damaged).is_err())
    });
    assert!(refused > 50, "only {refused} refused");
}

#[test]
fn the_shipped_model_loads_and_runs() {
    let hand = Localizer::shipped()
        .unwrap()
        .locate(&RgbImage::from_pixel(320, 240, Rgb([90, 80, 70])))
        .unwrap();
    assert!((0.0..=1.0).contains(&hand.presence));
}
