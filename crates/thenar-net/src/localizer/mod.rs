//! Where the hand is: key points, side, pose, quality and what is wrong, from a photograph.
//!
//! The network looks twice. The first pass sees the whole photo; the second an upright crop around the hand that
//! the first one found, where the hand has the size and turn that the network reads best.

mod decode;
pub mod preprocess;
mod problem;
pub mod quality;
mod several;
mod view;

pub use problem::Problem;

use crate::network::{Network, Spec};
use crate::{NetError, models};
use decode::{CELLS, Reading};
use image::RgbImage;
use preprocess::INPUT_SIZE;
use quality::Measures;
use std::borrow::Cow;
use thenar_image::{Affine, HandSide, KEY_POINTS, KeyPoints, Plane, Point};
use view::{CROPS, View};

static SPEC: Spec = Spec {
    model: "localizer",
    input: "image",
    shape: [1, 3, INPUT_SIZE, INPUT_SIZE],
    outputs: &[
        ("heatmaps", Some(KEY_POINTS * CELLS * CELLS)),
        ("edges", Some(CELLS * CELLS)),
        ("presence", Some(1)),
        ("side", Some(1)),
        ("pose", Some(4)),
    ],
};

/// The second pass counts when its points lie this near to the first pass's, in distances of the two valleys.
const NEAR: f32 = 0.5;

/// How a hand is held, in degrees.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pose {
    /// Clockwise turn of the fingers away from straight up, −180 to 180.
    pub in_plane: f32,
    /// Turn about the hand's long axis, −90 to 90.
    pub yaw: f32,
    /// Turn about the hand's cross axis, −90 to 90.
    pub pitch: f32,
}

/// The network's edge map.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeMap {
    /// Probabilities of an edge, 64×64.
    pub plane: Plane,
    /// From pixels of `plane` to pixels of the photo.
    pub to_photo: Affine,
}

/// A hand in a photo.
#[derive(Clone, Debug, PartialEq)]
pub struct Hand {
    /// Probability that there is a palm, 0–1.
    pub presence: f32,
    /// Which hand, seen from its palm; the one that agrees with the key points.
    pub side: HandSide,
    /// The network's probability for [`Self::side`], 0–1; below ½ it contradicts its own key points.
    pub side_confidence: f32,
    /// Key points in pixels of the photo.
    pub points: KeyPoints,
    /// How far each key point can be trusted, 0–1: the share of its heat map's mass around the peak.
    pub confidence: [f32; KEY_POINTS],
    /// How the hand is held.
    pub pose: Pose,
    /// Quality for recognition, 0–100; see [`quality`].
    pub quality: u8,
    /// What is most wrong, if anything.
    pub problem: Option<Problem>,
    /// Whether the second pass agreed with the first and was taken.
    pub refined: bool,
    /// Edges of the hand as the network sees them.
    pub edges: EdgeMap,
}

impl Hand {
    /// [`Self::problem`], or [`Problem::WrongHand`] when the hand is fine but not the one `expected`.
    pub fn problem_for(&self, expected: HandSide) -> Option<Problem> {
        match self.problem {
            Some(Problem::PalmNotPresent) => self.problem,
            problem => quality::wrong_hand(self.side, expected).or(problem),
        }
    }
}

/// Finds hands.
///
/// Its ONNX file has one input `image` `[1, 3, 256, 256]` (see [`preprocess::input_planes`]) and outputs `heatmaps`
/// `[1, 9, 64, 64]` and `edges` `[1, 1, 64, 64]` (logits; cell `c` is centred on input pixel `4c + 1.5`), `presence`
/// and `side` (logits; a right hand is positive) and `pose` (sine and cosine of the in-plane turn, yaw and pitch
/// over 45°).
pub struct Localizer {
    network: Network,
}

impl Localizer {
    /// The network that ships.
    ///
    /// # Errors
    /// [`NetError`] when the embedded file is broken.
    pub fn shipped() -> Result<Self, NetError> {
        Ok(Self {
            network: Network::load(Cow::Borrowed(models::LOCALIZER), &SPEC)?,
        })
    }

    /// A network of your own.
    ///
    /// # Errors
    /// [`NetError`] when the bytes are no ONNX file, or one with other inputs and outputs.
    pub fn from_onnx(bytes: impl Into<Vec<u8>>) -> Result<Self, NetError> {
        Ok(Self {
            network: Network::load(Cow::Owned(bytes.into()), &SPEC)?,
        })
    }

    /// The most likely hand in a photo. There always is one; whether it counts, [`Hand::presence`] and
    /// [`Hand::problem`] say.
    ///
    /// # Errors
    /// [`NetError::EmptyPhoto`] for a photo without pixels, [`NetError::Run`] when the network fails.
    pub fn locate(&self, photo: &RgbImage) -> Result<Hand, NetError> {
        let (width, height) = photo.dimensions();
        if width == 0 || height == 0 {
            return Err(NetError::EmptyPhoto { width, height });
        }
        let mut hand = self.search(photo)?;
        match Measures::new(photo, &hand) {
            Some(measures) => {
                (hand.quality, hand.problem) = (measures.quality(), measures.problem())
            }
            None => (hand.quality, hand.problem) = (0, Some(Problem::PalmNotPresent)),
        }
        if hand.problem.is_none() && self.sees_another(photo, &hand)? {
            hand.problem = Some(Problem::SeveralPalms);
        }
        Ok(hand)
    }

    /// The network alone, for measuring: its five outputs for one input of [`preprocess::input_planes`].
    ///
    /// # Errors
    /// [`NetError::Run`] when the input has another length or the network fails.
    pub fn heads(&self, input: Vec<f32>) -> Result<Vec<Vec<f32>>, NetError> {
        self.network.run(input)
    }

    /// The hand of the first view in which both passes agree: the whole photo as it is, and if they do not agree
    /// there, turned and smaller. If they never agree, what the first pass saw in the photo as it is.
    fn search(&self, photo: &RgbImage) -> Result<Hand, NetError> {
        let mut as_it_is = None;
        for view in View::attempts(photo) {
            let first = self.look(photo, view)?;
            if let Some(second) = self.look_again(photo, &first)? {
                return Ok(second.hand(true));
            }
            as_it_is.get_or_insert(first);
        }
        let first = match as_it_is {
            Some(first) => first,
            None => self.look(photo, View::whole(photo))?,
        };
        Ok(first.hand(false))
    }

    /// The second pass, if there is a hand to look at and the two passes agree.
    fn look_again(&self, photo: &RgbImage, first: &Look) -> Result<Option<Look>, NetError> {
        if first.reading.presence < quality::PRESENCE {
            return Ok(None);
        }
        for crop in CROPS {
            let Some(view) = View::upright(&first.points, crop) else {
                return Ok(None);
            };
            let second = self.look(photo, view)?;
            if second.agrees_with(first) {
                return Ok(Some(second));
            }
        }
        Ok(None)
    }

    /// Runs the network on a view.
    fn look(&self, photo: &RgbImage, view: View) -> Result<Look, NetError> {
        let outputs = self
            .network
            .run(preprocess::input_planes(&view.render(photo)))?;
        let wrong = || NetError::Run {
            model: SPEC.model,
            reason: "outputs of unexpected length".into(),
        };
        let reading = Reading::new(&outputs).ok_or_else(wrong)?;
        let points = reading.points.map(|p| view.to_photo.apply(p));
        Ok(Look {
            view,
            reading,
            points,
        })
    }
}

/// One pass: what was looked at and what was read there.
struct Look {
    view: View,
    reading: Reading,
    /// Key points in photo pixels.
    points: KeyPoints,
}

impl Look {
    /// Whether this second pass saw the same hand as the first: a palm is present, and the points that both trust
    /// are near each other.
    fn agrees_with(&self, first: &Self) -> bool {
        let distance = decode::valley_distance(&first.points);
        let (mut sum, mut weights) = (0.0, 0.0);
        for i in 0..KEY_POINTS {
            let weight = self.reading.confidence[i] * first.reading.confidence[i];
            sum += weight * self.points[i].distance(first.points[i]);
            weights += weight;
        }
        let present = self.reading.presence >= quality::PRESENCE;
        present
            && decode::side_of(&self.points) == decode::side_of(&first.points)
            && sum < NEAR * distance * weights
    }

    /// The hand, with quality and problem still to be filled in.
    fn hand(self, refined: bool) -> Hand {
        let Self {
            view,
            reading,
            points,
        } = self;
        let side = decode::side_of(&points);
        let in_plane = (reading.in_plane + view.turn()).to_degrees();
        let cells = Affine::similarity(0.0, 4.0, Point::new(1.5, 1.5));
        Hand {
            presence: reading.presence,
            side,
            side_confidence: if side == HandSide::Right {
                reading.right
            } else {
                1.0 - reading.right
            },
            points,
            confidence: reading.confidence,
            pose: Pose {
                in_plane: wrapped(in_plane),
                yaw: reading.yaw,
                pitch: reading.pitch,
            },
            quality: 0,
            problem: None,
            refined,
            edges: EdgeMap {
                plane: Plane::from_vec(CELLS, CELLS, reading.edges),
                to_photo: cells.then(&view.to_photo),
            },
        }
    }
}

/// An angle in degrees, brought to −180…180.
fn wrapped(degrees: f32) -> f32 {
    degrees - 360.0 * (degrees / 360.0).round()
}
