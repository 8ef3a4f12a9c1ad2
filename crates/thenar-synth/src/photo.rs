//! A drawn photo of a hand with its exact labels.

use image::{GrayImage, RgbImage};
use rand::Rng;
use thenar_image::{HandSide, KEY_POINTS, KeyPoints};

use crate::background;
use crate::camera::Camera;
use crate::hand::{self, Dress, HandIdentity, Light, PalmSkin, Pose, PoseRange, Posed, Rendered};
use crate::maps;
use crate::palm::{PalmCapture, Region};
use crate::seed::{PixelNoise, normal, stream};

/// What photos are drawn like.
#[derive(Clone, Debug)]
pub struct CaptureConfig {
    /// Side of the square photo, pixels.
    pub size: u32,
    /// Largest yaw and pitch, degrees.
    pub max_tilt: f32,
    /// Largest turn in the picture, degrees; 180 means any.
    pub max_turn: f32,
    /// Extent of the hand over the photo's side, from – to.
    pub fill: (f32, f32),
    /// How often the hand is moved partly out of the photo, 0–1.
    pub cut: f32,
    /// How much clutter the background may hold, 0–1.
    pub clutter: f32,
    /// How badly the photo may be taken, 0–1: exposure, blur, noise, compression, hard shadows.
    pub harshness: f32,
    /// Also draw the near-infrared photo of the same moment.
    pub infrared: bool,
    /// Also draw mask and edge map.
    pub maps: bool,
}

impl Default for CaptureConfig {
    /// Training conditions: 256 pixels, any rotation, tilt to 35°, visible light only, with maps.
    fn default() -> Self {
        Self {
            size: 256,
            max_tilt: 35.0,
            max_turn: 180.0,
            fill: (0.35, 1.0),
            cut: 0.12,
            clutter: 1.0,
            harshness: 1.0,
            infrared: false,
            maps: true,
        }
    }
}

/// Of the photos without a palm, how many show the back of a hand.
const BACKS: f32 = 0.45;
/// … and how many a fist.
const FISTS: f32 = 0.15;

/// What a hand shows to the camera.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Face {
    Palm,
    Back,
    Fist,
}

/// How the palm is turned, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HandPose {
    /// Turn in the picture, clockwise; 0: fingers up.
    pub in_plane: f32,
    /// Turn about the axis from wrist to fingers.
    pub yaw: f32,
    /// Turn about the axis across the palm.
    pub pitch: f32,
}

/// What is true of a drawn photo.
#[derive(Clone, Debug, PartialEq)]
pub struct HandLabels {
    /// Whether a palm is shown.
    pub presence: bool,
    /// Whether a hand is shown: a palm, a back or a fist. When not, the labels below mean nothing.
    pub hand: bool,
    /// Which hand.
    pub side: HandSide,
    /// Key points, in pixels of the photo; they may lie outside it.
    pub key_points: KeyPoints,
    /// Whether each key point lies in the photo and nothing hides it.
    pub visible: [bool; KEY_POINTS],
    /// How the palm is turned.
    pub pose: HandPose,
    /// Whether any key point lies outside the photo.
    pub cut: bool,
}

/// A drawn photo.
#[derive(Clone, Debug)]
pub struct HandPhoto {
    /// Visible light.
    pub rgb: RgbImage,
    /// Near infrared of the same moment, when asked for.
    pub infrared: Option<GrayImage>,
    /// Labels.
    pub labels: HandLabels,
    /// 255 on the hand (with forearm, without sleeve), 0 elsewhere; empty unless `maps`.
    pub mask: GrayImage,
    /// 255 on contours of hand and fingers and on creases, 0 elsewhere; empty unless `maps`.
    pub edges: GrayImage,
}

impl HandPhoto {
    /// Capture `capture_seed` of the hand `identity`.
    pub fn draw(identity: &HandIdentity, capture_seed: u64, config: &CaptureConfig) -> Self {
        let rng = &mut stream(capture_seed, 0x7068_6f74 ^ identity.seed.rotate_left(17));
        let pose = Pose::draw(rng, identity, &range(config));
        Self::paint(identity, rng, &pose, config, Face::Palm)
    }

    /// A photo without a palm: the back of a hand, a fist, or background and distractors.
    pub fn draw_negative(capture_seed: u64, config: &CaptureConfig) -> Self {
        let rng = &mut stream(capture_seed, 0x6e6f_6e65);
        let kind: f32 = rng.random();
        if kind < BACKS + FISTS {
            let identity = HandIdentity::draw(rng.random());
            let pose = Pose::draw(rng, &identity, &range(config));
            return if kind < BACKS {
                Self::paint(&identity, rng, &pose.turned_over(), config, Face::Back)
            } else {
                let pose = pose.clenched(rng);
                Self::paint(&identity, rng, &pose, config, Face::Fist)
            };
        }
        let mut noise = PixelNoise::new(rng);
        let size = config.size as usize;
        let mut scene = background::draw(rng, &mut noise, size, size, config.clutter);
        for _ in 0..rng.random_range(0..5) {
            if rng.random_bool(0.5) {
                background::skin_ellipse(&mut scene, rng, &mut noise);
            } else {
                background::sausage(&mut scene, rng);
            }
        }
        let infrared = config.infrared.then(|| scene.planes[0].clone());
        let camera = Camera::draw(rng).softened(config.harshness);
        let labels = HandLabels {
            presence: false,
            hand: false,
            side: HandSide::Right,
            key_points: KeyPoints::default(),
            visible: [false; KEY_POINTS],
            pose: HandPose {
                in_plane: 0.0,
                yaw: 0.0,
                pitch: 0.0,
            },
            cut: false,
        };
        let map = if config.maps {
            GrayImage::new(config.size, config.size)
        } else {
            GrayImage::default()
        };
        Self {
            rgb: camera.take(scene, &mut noise),
            infrared: infrared.map(|ir| camera.take_infrared(ir, size, size, &mut noise)),
            labels,
            mask: map.clone(),
            edges: map,
        }
    }

    fn paint(
        id: &HandIdentity,
        rng: &mut impl Rng,
        pose: &Pose,
        config: &CaptureConfig,
        face: Face,
    ) -> Self {
        let size = config.size as usize;
        let mut noise = PixelNoise::new(rng);
        let posed = Posed::new(id, pose, size as f32);
        let mut scene = background::draw(rng, &mut noise, size, size, config.clutter);
        let light = light(rng);
        let dress = dress(rng, id, face == Face::Back);
        let region = Region {
            x0: -0.35,
            y0: -0.35,
            x1: 1.35,
            y1: 1.75,
        };
        let pixels_per_unit = (posed.projection.scale * 1.4).clamp(16.0, 512.0);
        let capture = PalmCapture::draw(rng);
        let skin = id.palm.skin(&capture, region, pixels_per_unit);
        let palm = PalmSkin {
            skin: &skin,
            x0: region.x0,
            y0: region.y0,
            pixels_per_unit,
        };
        let mut ir = config.infrared.then(|| {
            scene.planes[0]
                .iter()
                .map(|v| 0.5 * v)
                .collect::<Vec<f32>>()
        });
        let painted = hand::render(
            id,
            &posed,
            &palm,
            &light,
            &dress,
            &mut scene,
            ir.as_mut(),
            &mut noise,
        );
        let labels = labels(id, &posed, pose, &painted, size, face == Face::Palm);
        let camera = Camera::draw(rng).softened(config.harshness);
        let creases = if face == Face::Palm {
            maps::principal_creases(id, &posed, &capture)
        } else {
            Vec::new()
        };
        let (mask, edges) = if config.maps {
            maps::draw(&painted, &creases, config.size)
        } else {
            Default::default()
        };
        Self {
            rgb: camera.take(scene, &mut noise),
            infrared: ir.map(|ir| camera.take_infrared(ir, size, size, &mut noise)),
            labels,
            mask,
            edges,
        }
    }
}

fn range(config: &CaptureConfig) -> PoseRange {
    PoseRange {
        yaw: config.max_tilt,
        pitch: config.max_tilt,
        in_plane: config.max_turn,
        fill: config.fill,
        cut: config.cut,
    }
}

fn light(rng: &mut impl Rng) -> Light {
    let (s, c) = rng.random_range(0.0..std::f32::consts::TAU).sin_cos();
    let slant: f32 = rng.random_range(0.1..1.15);
    let warm = rng.random_range(-0.15..0.15f32);
    let strength = rng.random_range(0.45..1.1);
    let ambient = rng.random_range(0.15..0.6);
    Light {
        direction: [s * slant.sin(), c * slant.sin(), slant.cos()],
        colour: [1.0 + warm, 1.0, 1.0 - warm].map(|v| v * strength),
        ambient: [1.0 - warm, 1.0, 1.0 + warm].map(|v| v * ambient),
        shine: rng.random_range(0.0..0.14f32),
    }
}

fn dress(rng: &mut impl Rng, id: &HandIdentity, back: bool) -> Dress {
    let ring = rng.random_bool(0.2).then(|| {
        let finger = *[2usize, 2, 2, 1, 0, 3]
            .get(rng.random_range(0..6))
            .unwrap_or(&2);
        let first = id.fingers[finger].phalanges[0];
        let gold = rng.random_bool(0.6);
        let colour = if gold {
            [0.75, 0.52, 0.2]
        } else {
            [0.6, 0.62, 0.65]
        };
        (
            finger,
            first * rng.random_range(0.2..0.6),
            rng.random_range(0.03..0.08),
            colour,
        )
    });
    let sleeve = rng.random_bool(0.65).then(|| {
        let bright = rng.random::<f32>().powi(2);
        let colour = std::array::from_fn(|_| (bright * rng.random_range(0.5..1.0f32)).max(0.01));
        let stripes = if rng.random_bool(0.2) {
            rng.random_range(2.0..9.0)
        } else {
            0.0
        };
        (id.palm_length + rng.random_range(0.1..1.6), colour, stripes)
    });
    Dress {
        ring,
        sleeve,
        back,
        flush: normal(rng, 1.0, 0.15),
    }
}

fn labels(
    id: &HandIdentity,
    posed: &Posed,
    pose: &Pose,
    painted: &Rendered,
    size: usize,
    presence: bool,
) -> HandLabels {
    let key_points = hand::key_points(id, posed);
    let inside = |v: f32| v >= 0.0 && v <= (size - 1) as f32;
    let visible = std::array::from_fn(|k| {
        let p = key_points[k];
        if !inside(p.x) || !inside(p.y) {
            return false;
        }
        let i = p.y.round() as usize * size + p.x.round() as usize;
        // A finger or the thumb bent over the middle of the palm hides it.
        painted.sleeve[i] < 0.5 && (k != 8 || painted.owner[i] == hand::PALM)
    });
    HandLabels {
        presence,
        hand: true,
        side: pose.side,
        key_points,
        visible,
        pose: HandPose {
            in_plane: pose.in_plane.to_degrees(),
            yaw: pose.yaw.to_degrees(),
            pitch: pose.pitch.to_degrees(),
        },
        cut: key_points.iter().any(|p| !inside(p.x) || !inside(p.y)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use thenar_image::KeyPoint;

    fn small() -> CaptureConfig {
        CaptureConfig {
            size: 128,
            infrared: true,
            ..CaptureConfig::default()
        }
    }

    #[test]
    fn the_same_seeds_draw_the_same_photo() {
        let (a, b) = (HandIdentity::draw(7), HandIdentity::draw(8));
        let first = HandPhoto::draw(&a, 3, &small());
        let again = HandPhoto::draw(&HandIdentity::draw(7), 3, &small());
        assert_eq!(first.rgb, again.rgb);
        assert_eq!(first.infrared, again.infrared);
        assert_eq!(first.labels, again.labels);
        assert_eq!(first.edges, again.edges);
        assert_ne!(first.rgb, HandPhoto::draw(&a, 4, &small()).rgb);
        assert_ne!(first.rgb, HandPhoto::draw(&b, 3, &small()).rgb);
    }

    #[test]
    fn labels_agree_with_the_mask() {
        let mut centres = 0;
        for seed in 0..40 {
            let photo = HandPhoto::draw(&HandIdentity::draw(seed), seed, &small());
            assert!(photo.labels.presence);
            let centre = KeyPoint::PalmCentre as usize;
            if photo.labels.visible[centre] {
                let p = photo.labels.key_points[centre];
                assert_eq!(
                    photo
                        .mask
                        .get_pixel(p.x.round() as u32, p.y.round() as u32)
                        .0,
                    [255],
                    "seed {seed}"
                );
                centres += 1;
            }
            let covered = photo.mask.pixels().filter(|p| p.0 == [255]).count();
            assert!(covered > 300, "seed {seed}: {covered} pixels of hand");
            assert!(photo.edges.pixels().any(|p| p.0 == [255]));
        }
        assert!(centres > 25, "only {centres} palm centres visible");
    }

    #[test]
    fn negatives_show_no_palm() {
        for seed in 0..12 {
            let photo = HandPhoto::draw_negative(seed, &small());
            assert!(!photo.labels.presence);
            assert_eq!(photo.rgb.dimensions(), (128, 128));
            assert_eq!(photo.rgb, HandPhoto::draw_negative(seed, &small()).rgb);
        }
    }

    #[test]
    fn poses_stay_within_the_limits() {
        let config = CaptureConfig {
            max_tilt: 10.0,
            max_turn: 20.0,
            cut: 0.0,
            size: 64,
            ..CaptureConfig::default()
        };
        for seed in 0..30 {
            let pose = HandPhoto::draw(&HandIdentity::draw(seed), seed, &config)
                .labels
                .pose;
            assert!(
                pose.yaw.abs() <= 10.01
                    && pose.pitch.abs() <= 10.01
                    && pose.in_plane.abs() <= 20.01,
                "{pose:?}"
            );
        }
    }
}
