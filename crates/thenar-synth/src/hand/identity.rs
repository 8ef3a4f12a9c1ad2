//! Who it is: bone lengths, widths and pigments.

use rand::Rng;

use crate::palm::Palm;
use crate::seed::{normal, stream};

/// One finger at rest. Lengths in `d`, angles in radians.
#[derive(Clone, Debug)]
pub struct Finger {
    /// Where the finger's axis crosses the level of its webs.
    pub web: [f32; 2],
    /// Direction at rest, clockwise from straight up (positive leans towards the thumb of a right hand).
    pub rest_angle: f32,
    /// Length of the first phalanx below the web, inside the palm.
    pub buried: f32,
    /// Lengths from web to first joint, to second joint, to the tip.
    pub phalanges: [f32; 3],
    /// Radii at base, first joint, second joint and tip.
    pub radii: [f32; 4],
    /// Sideways curvature: how much each joint turns in the plane of the palm.
    pub crook: f32,
}

/// The identity of a hand. The same seed always gives the same hand.
#[derive(Clone, Debug)]
pub struct HandIdentity {
    /// The seed it was drawn from.
    pub seed: u64,
    /// The palm's creases and texture.
    pub palm: Palm,
    /// Index, middle, ring and little finger.
    pub fingers: [Finger; 4],
    /// Thumb: root of its metacarpal in the palm.
    pub thumb_root: [f32; 2],
    /// Thumb: lengths of metacarpal, first phalanx, last phalanx.
    pub thumb_bones: [f32; 3],
    /// Thumb: radii at root, knuckle, joint and tip.
    pub thumb_radii: [f32; 4],
    /// Half the thickness of the palm; its edge is round with this radius.
    pub thickness: f32,
    /// Right (thumb) and left edge of the palm below the fingers.
    pub palm_edges: [f32; 2],
    /// How far the hypothenar bulges beyond the line from little finger to wrist.
    pub hypothenar: f32,
    /// Distance from the valley line to the wrist crease.
    pub palm_length: f32,
    /// Centre of the wrist, sideways.
    pub wrist_x: f32,
    /// Half width of the wrist.
    pub wrist_half: f32,
    /// Depths of the two creases across the wrist, as lost reflectance.
    pub wrist_creases: [f32; 2],
    /// Melanin of the back of the hand, 0 (very fair) to 3 (very dark).
    pub melanin: f32,
    /// Blood in the skin, about 1.
    pub blood: f32,
}

impl HandIdentity {
    /// The hand of identity `seed`, with `Palm::draw(seed)`.
    pub fn draw(seed: u64) -> Self {
        let rng = &mut stream(seed, 0x6861_6e64);
        // Slender against stout hands: long fingers come with long palms and thin bones.
        let slender = normal(rng, 0.0, 1.0);
        let length = 1.0 + 0.06 * slender + normal(rng, 0.0, 0.03);
        let width = 1.0 - 0.03 * slender + normal(rng, 0.0, 0.03);
        let melanin = 3.0 * rng.random::<f32>().powf(1.4);
        Self {
            seed,
            palm: Palm::draw(seed),
            fingers: fingers(rng, length, width),
            thumb_root: [
                normal(rng, 0.42, 0.04),
                normal(rng, 1.95, 0.05) * length.sqrt(),
            ],
            thumb_bones: [
                normal(rng, 1.12, 0.05) * length,
                normal(rng, 0.80, 0.04) * length,
                normal(rng, 0.70, 0.04) * length,
            ],
            thumb_radii: {
                let w = width * normal(rng, 1.0, 0.04);
                [
                    0.46 * w,
                    0.34 * w,
                    normal(rng, 0.285, 0.01) * w,
                    normal(rng, 0.205, 0.012) * w,
                ]
            },
            thickness: normal(rng, 0.24, 0.015) * width,
            palm_edges: [normal(rng, 1.01, 0.025), normal(rng, -0.94, 0.025)],
            hypothenar: normal(rng, 0.12, 0.04).max(0.02),
            palm_length: normal(rng, 2.35, 0.09) * (1.0 + 0.5 * (length - 1.0)),
            wrist_x: normal(rng, -0.16, 0.04),
            wrist_half: normal(rng, 0.76, 0.045) * width,
            wrist_creases: [
                normal(rng, 0.20, 0.06).max(0.05),
                normal(rng, 0.08, 0.06).max(0.0),
            ],
            melanin,
            blood: normal(rng, 1.0, 0.18),
        }
    }
}

fn fingers(rng: &mut impl Rng, length: f32, width: f32) -> [Finger; 4] {
    // Web level of each finger, rest angle (degrees), visible length, radius at the base.
    // Middle and ring lie between the two valleys, which are one unit apart.
    const REST: [(f32, f32, f32, f32, f32); 4] = [
        (0.728, 0.065, 8.0, 1.76, 0.233),
        (0.240, -0.105, 4.0, 2.00, 0.233),
        (-0.245, -0.115, -1.5, 1.88, 0.220),
        (-0.705, 0.065, -9.0, 1.46, 0.196),
    ];
    // The index is sometimes longer than the ring finger, sometimes shorter.
    let ratio = normal(rng, 0.0, 0.025);
    let taper = normal(rng, 0.0, 0.05);
    let knuckles = normal(rng, 0.03, 0.02);
    std::array::from_fn(|i| {
        let (x, y, degrees, visible, radius) = REST[i];
        let own = if i == 0 {
            ratio
        } else if i == 2 {
            -ratio
        } else {
            0.0
        };
        let visible = visible * length * (1.0 + own + normal(rng, 0.0, 0.015));
        let r = radius * width * normal(rng, 1.0, 0.02);
        let first = normal(rng, 0.385, 0.012);
        let second = normal(rng, 0.275, 0.01);
        Finger {
            web: [x + normal(rng, 0.0, 0.012), y + normal(rng, 0.0, 0.02)],
            rest_angle: (degrees + normal(rng, 0.0, 1.0)).to_radians(),
            buried: 0.46 * length * if i == 3 { 0.85 } else { 1.0 },
            phalanges: [
                visible * first,
                visible * second,
                visible * (1.0 - first - second),
            ],
            radii: [
                r * 0.97,
                r * (0.95 + knuckles - 0.3 * taper),
                r * (0.84 + knuckles - 0.6 * taper),
                r * (0.68 - taper),
            ],
            crook: normal(rng, 0.0, 0.025)
                + if i == 3 {
                    0.05
                } else if i == 0 {
                    -0.02
                } else {
                    0.0
                },
        }
    })
}
