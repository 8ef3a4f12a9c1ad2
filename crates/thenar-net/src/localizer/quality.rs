//! How good a photo of a palm is, and what is most wrong with it.

use super::decode::valley_distance;
use super::problem::Problem;
use super::view::View;
use super::{Hand, Pose};
use image::RgbImage;
use thenar_image::{HandSide, KeyPoint, Plane, Point, ROI_SIZE, RoiFrame, quality};

/// Below this probability there is no palm.
pub const PRESENCE: f32 = 0.5;

/// Below this distance of the valleys, in photo pixels, the lines of the palm are lost (the ROI is then less than
/// 45 pixels wide).
pub const NEAREST_VALLEYS: f32 = 32.0;

/// When the ROI leaves the photo and is wider than this part of the photo's shorter side, the palm is too close.
pub const LARGEST_ROI: f32 = 0.6;

/// Largest turn out of the picture plane, yaw or pitch, in degrees.
pub const LARGEST_TILT: f32 = 40.0;

/// Largest stretch of the region ([`RoiFrame::stretch`]); more than any allowed tilt gives means that the key points do
/// not belong to one hand.
pub const LARGEST_STRETCH: f32 = 1.8;

/// Least confidence of the two valleys that span the ROI; lower when fingers touch.
pub const VALLEY_CONFIDENCE: f32 = 0.35;

/// Least mean brightness of the ROI, 0–1. Contactless palms lie between 0.28 and 0.77 (99 % of the Tongji set).
pub const DARKEST: f32 = 0.12;

/// Largest mean brightness of the ROI, 0–1.
pub const BRIGHTEST: f32 = 0.92;

/// Largest part of the ROI that may be crushed to black or blown to white.
pub const CLIPPED: f32 = 0.3;

/// Least variance of the Laplacian of the ROI, after scaling its standard deviation to 0.08 and without what rounding
/// to bytes adds.
///
/// Contactless palms in focus (600 ROIs of the Tongji set) have 5e-4 in the median and 1.5e-4 at the least; blurred
/// by a Gaussian of 1 ROI pixel 1.2e-4, by one of 2 pixels 1.2e-5.
pub const SHARPNESS: f32 = 2.0e-5;

/// Standard deviation of an ordinary ROI, 0–1.
const USUAL_CONTRAST: f32 = 0.08;

/// Variance of the Laplacian of pure rounding to bytes: 20 independent errors of variance 1/12 level.
const ROUNDING: f32 = 20.0 / 12.0 / (255.0 * 255.0);

/// What can be measured on a found hand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measures {
    /// Probability of a palm, 0–1.
    pub presence: f32,
    /// Least confidence of the valleys that span the ROI.
    pub valleys: f32,
    /// Mean confidence of all points.
    pub points: f32,
    /// Probability of the side.
    pub side: f32,
    /// Distance of the valleys in photo pixels.
    pub distance: f32,
    /// Whether the ROI lies in the photo.
    pub in_photo: bool,
    /// Width of the ROI over the photo's shorter side.
    pub extent: f32,
    /// The larger of |yaw| and |pitch|, degrees.
    pub tilt: f32,
    /// How far the region is from a square.
    pub stretch: f32,
    /// Mean of the ROI, 0–1.
    pub brightness: f32,
    /// Part of the ROI crushed to black.
    pub black: f32,
    /// Part of the ROI blown to white.
    pub white: f32,
    /// Variance of the Laplacian at usual contrast.
    pub sharpness: f32,
}

impl Measures {
    /// Measures a hand in its photo; `None` when its points span no ROI.
    pub fn new(photo: &RgbImage, hand: &Hand) -> Option<Self> {
        let frame = RoiFrame::from_key_points(&hand.points).ok()?;
        let roi = Plane::luminance(&View::of(frame.to_photo, ROI_SIZE).render(photo));
        let clipped = quality::clipped(&roi);
        let (width, height) = (photo.width() as f32, photo.height() as f32);
        let inside =
            |p: Point| (-0.5..width - 0.5).contains(&p.x) && (-0.5..height - 0.5).contains(&p.y);
        let confidence = |k: KeyPoint| hand.confidence[k as usize];
        let Pose { yaw, pitch, .. } = hand.pose;
        let distance = valley_distance(&hand.points);
        Some(Self {
            presence: hand.presence,
            valleys: confidence(KeyPoint::IndexMiddleValley)
                .min(confidence(KeyPoint::RingLittleValley)),
            points: hand.confidence.iter().sum::<f32>() / hand.confidence.len() as f32,
            side: hand.side_confidence,
            distance,
            in_photo: frame.corners().into_iter().all(inside),
            extent: 1.4 * distance / width.min(height),
            tilt: yaw.abs().max(pitch.abs()),
            stretch: frame.stretch(),
            brightness: quality::brightness(&roi),
            black: clipped.dark,
            white: clipped.bright,
            sharpness: relative_sharpness(&roi),
        })
    }

    /// The first problem in the order of [`Problem::ALL`].
    pub fn problem(&self) -> Option<Problem> {
        let checks = [
            (self.presence < PRESENCE, Problem::PalmNotPresent),
            (
                !self.in_photo && self.extent > LARGEST_ROI,
                Problem::PalmTooClose,
            ),
            (!self.in_photo, Problem::PalmNotCentered),
            (self.distance < NEAREST_VALLEYS, Problem::PalmTooFar),
            (
                self.tilt > LARGEST_TILT || self.stretch > LARGEST_STRETCH,
                Problem::PalmTilted,
            ),
            (self.valleys < VALLEY_CONFIDENCE, Problem::FingersClosed),
            (
                self.brightness < DARKEST || self.black > CLIPPED,
                Problem::TooDark,
            ),
            (
                self.brightness > BRIGHTEST || self.white > CLIPPED,
                Problem::TooBright,
            ),
            (self.sharpness < SHARPNESS, Problem::TooBlurred),
        ];
        checks
            .into_iter()
            .find_map(|(is, problem)| is.then_some(problem))
    }

    /// 0–100: the product of what each measure is worth, so that one bad measure is enough.
    ///
    /// Each is worth 1 from the value that an undisturbed photo has on, half at the threshold of its problem.
    pub fn quality(&self) -> u8 {
        let worth = [
            self.presence,
            worth(self.valleys, VALLEY_CONFIDENCE, 0.8),
            worth(self.points, 0.3, 0.7),
            worth(self.side, 0.3, 0.8),
            worth(self.distance, NEAREST_VALLEYS, 2.0 * NEAREST_VALLEYS),
            if self.in_photo { 1.0 } else { 0.5 },
            worth(-self.tilt, -LARGEST_TILT, -15.0),
            worth(-self.stretch, -LARGEST_STRETCH, -1.4),
            worth(self.brightness, DARKEST, 0.3),
            worth(-self.brightness, -BRIGHTEST, -0.8),
            worth(-self.black.max(self.white), -CLIPPED, -0.02),
            worth(self.sharpness, SHARPNESS, 4.0 * SHARPNESS),
        ];
        (100.0 * worth.iter().product::<f32>())
            .round()
            .clamp(0.0, 100.0) as u8
    }
}

/// ½ at `threshold`, 1 from `good` on, 0 as far below the threshold; straight between.
fn worth(value: f32, threshold: f32, good: f32) -> f32 {
    (0.5 + 0.5 * (value - threshold) / (good - threshold)).clamp(0.0, 1.0)
}

/// Variance of the Laplacian with the contrast taken out: a pale palm is not a blurred one.
fn relative_sharpness(roi: &Plane) -> f32 {
    let contrast = quality::contrast(roi);
    if contrast < 1e-4 {
        return 0.0;
    }
    (quality::sharpness(roi) - ROUNDING).max(0.0) * (USUAL_CONTRAST / contrast).powi(2)
}

/// The problem of a hand of `side` where `expected` was asked for.
pub(super) fn wrong_hand(side: HandSide, expected: HandSide) -> Option<Problem> {
    (side != expected).then_some(Problem::WrongHand)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::localizer::EdgeMap;
    use thenar_image::{AVERAGE_PALM, Affine, KEY_POINTS};

    fn good() -> Measures {
        Measures {
            presence: 1.0,
            valleys: 0.95,
            points: 0.9,
            side: 1.0,
            distance: 120.0,
            in_photo: true,
            extent: 0.3,
            tilt: 5.0,
            stretch: 1.1,
            brightness: 0.55,
            black: 0.0,
            white: 0.0,
            sharpness: 1e-4,
        }
    }

    #[test]
    fn a_good_photo_has_no_problem_and_full_quality() {
        assert_eq!(good().problem(), None);
        assert_eq!(good().quality(), 100);
    }

    #[test]
    fn each_fault_is_named_and_costs_quality() {
        let faults = [
            (
                Measures {
                    presence: 0.2,
                    ..good()
                },
                Problem::PalmNotPresent,
            ),
            (
                Measures {
                    distance: 20.0,
                    ..good()
                },
                Problem::PalmTooFar,
            ),
            (
                Measures {
                    in_photo: false,
                    extent: 0.8,
                    ..good()
                },
                Problem::PalmTooClose,
            ),
            (
                Measures {
                    in_photo: false,
                    ..good()
                },
                Problem::PalmNotCentered,
            ),
            (
                Measures {
                    tilt: 50.0,
                    ..good()
                },
                Problem::PalmTilted,
            ),
            (
                Measures {
                    stretch: 2.0,
                    ..good()
                },
                Problem::PalmTilted,
            ),
            (
                Measures {
                    brightness: 0.05,
                    ..good()
                },
                Problem::TooDark,
            ),
            (
                Measures {
                    black: 0.6,
                    ..good()
                },
                Problem::TooDark,
            ),
            (
                Measures {
                    brightness: 0.97,
                    ..good()
                },
                Problem::TooBright,
            ),
            (
                Measures {
                    white: 0.6,
                    ..good()
                },
                Problem::TooBright,
            ),
            (
                Measures {
                    sharpness: 1e-6,
                    ..good()
                },
                Problem::TooBlurred,
            ),
            (
                Measures {
                    valleys: 0.1,
                    ..good()
                },
                Problem::FingersClosed,
            ),
        ];
        for (measures, problem) in faults {
            assert_eq!(measures.problem(), Some(problem));
            assert!(
                measures.quality() <= 50,
                "{problem}: {}",
                measures.quality()
            );
        }
        assert_eq!(
            wrong_hand(HandSide::Left, HandSide::Right),
            Some(Problem::WrongHand)
        );
        assert_eq!(wrong_hand(HandSide::Left, HandSide::Left), None);
    }

    /// The region of the average palm, moved to the right until its edge leaves a photo of 400 × 300 pixels.
    #[test]
    fn a_region_that_leaves_the_photo_is_noticed() {
        let photo = RgbImage::from_pixel(400, 300, image::Rgb([120; 3]));
        let measured = |right: f32| {
            let hand = Hand {
                presence: 1.0,
                side: HandSide::Right,
                side_confidence: 1.0,
                points: AVERAGE_PALM.map(|p| Point::new(p.x + right, p.y + 50.0)),
                confidence: [1.0; KEY_POINTS],
                pose: Pose {
                    in_plane: 0.0,
                    yaw: 0.0,
                    pitch: 0.0,
                },
                quality: 0,
                problem: None,
                refined: true,
                edges: EdgeMap {
                    plane: Plane::filled(1, 1, 0.0),
                    to_photo: Affine::IDENTITY,
                },
            };
            Measures::new(&photo, &hand).unwrap()
        };
        assert!(measured(271.0).in_photo);
        assert!(!measured(273.0).in_photo);
        assert_eq!(measured(273.0).problem(), Some(Problem::PalmNotCentered));
    }

    #[test]
    fn blur_lowers_sharpness_and_contrast_does_not() {
        let lines = Plane::from_fn(128, 128, |x, y| {
            0.5 + 0.2 * ((x as f32 + 0.3 * y as f32) * 0.7).sin()
        });
        let pale = Plane::from_vec(
            128,
            128,
            lines.data().iter().map(|v| 0.5 + 0.2 * (v - 0.5)).collect(),
        );
        let soft = thenar_image::gaussian_blur(&lines, 3.0);
        let noisy_soft = Plane::from_fn(128, 128, |x, y| {
            soft.at(x, y) + 0.1 * (x as f32 * 0.02).sin()
        });
        let measured = |plane: &Plane| relative_sharpness(&Plane::from_gray(&plane.to_gray()));
        assert!((measured(&pale) / measured(&lines) - 1.0).abs() < 0.05);
        assert!(measured(&noisy_soft) < 0.2 * measured(&lines));
        assert_eq!(relative_sharpness(&Plane::filled(128, 128, 0.4)), 0.0);
    }
}
