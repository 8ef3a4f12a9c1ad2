//! `thenar roi PHOTO -o roi.png --overlay overlay.png`
//!
//! What was found is written also when the photo is not good enough, so that one can see why; the exit code is 3 then.

use image::{DynamicImage, Rgb, RgbImage};
use serde_json::{Map, Value, json};
use thenar::{Photo, Rejection};
use thenar_image::{KeyPoint, Roi, RoiFrame, overlay};
use thenar_net::{Hand, Localizer, Problem};

use super::Verdict;
use super::args::{self, Input};
use super::error::CliError;
use super::files;
use super::session::Session;

/// Colours on the overlay: the region, and the points by trust.
const FRAME: Rgb<u8> = Rgb([255, 200, 0]);
const TRUSTED: Rgb<u8> = Rgb([0, 220, 90]);
const DOUBTED: Rgb<u8> = Rgb([255, 60, 60]);

pub(crate) fn run(session: &Session, args: &args::Roi) -> Result<Verdict, CliError> {
    if session.input == Input::Roi {
        return Err(CliError::Usage(
            "roi looks for a hand; leave --input roi out".into(),
        ));
    }
    let photo = Photo::open(&args.photo)?;
    let hand = Localizer::shipped()?.locate(photo.rgb())?;
    let frame = RoiFrame::from_key_points(&hand.points).ok();

    if let Some(path) = &args.overlay {
        files::write_image(
            path,
            &DynamicImage::ImageRgb8(drawn(&photo, &hand, frame.as_ref())),
        )?;
    }
    let problem = match frame {
        Some(_) => hand.problem,
        None => Some(Problem::PalmNotPresent),
    };
    if let (Some(path), Some(frame)) = (&args.output, &frame)
        && problem != Some(Problem::PalmNotPresent)
    {
        let roi = Roi::cut_photo(photo.rgb(), frame);
        files::write_image(path, &DynamicImage::ImageLuma8(roi.into_gray()))?;
    }
    let rejected = problem.map(|problem| CliError::Rejected {
        file: args.photo.display().to_string(),
        rejection: Rejection {
            problem,
            quality: hand.quality,
        },
    });
    let mut value = described(&photo, &hand, frame.as_ref());
    value["file"] = json!(args.photo.display().to_string());
    match rejected {
        None => {
            let text = format!(
                "{}: {} hand, quality {}/100",
                args.photo.display(),
                hand.side.name(),
                hand.quality
            );
            session.out.result(&text, &value);
            Ok(Verdict::Yes)
        }
        Some(error) => {
            // One object on stdout: what was found, with the error in it.
            value["error"] = error.to_json()["error"].take();
            session.out.rejected(&error, &value);
            Err(CliError::Reported(error.exit_code()))
        }
    }
}

/// Everything known about the hand.
pub(crate) fn described(photo: &Photo, hand: &Hand, frame: Option<&RoiFrame>) -> Value {
    let by_name = |value: &dyn Fn(usize) -> Value| -> Value {
        KeyPoint::ALL
            .iter()
            .map(|&point| (point.name().to_owned(), value(point as usize)))
            .collect::<Map<String, Value>>()
            .into()
    };
    json!({
        "width": photo.rgb().width(),
        "height": photo.rgb().height(),
        "presence": hand.presence,
        "side": hand.side.name(),
        "side_confidence": hand.side_confidence,
        "key_points": by_name(&|i| json!([hand.points[i].x, hand.points[i].y])),
        "confidence": by_name(&|i| json!(hand.confidence[i])),
        "pose": { "in_plane": hand.pose.in_plane, "yaw": hand.pose.yaw, "pitch": hand.pose.pitch },
        "corners": frame.map(|frame| frame.corners().map(|p| [p.x, p.y])),
        "quality": hand.quality,
        "problem": hand.problem.map(Problem::name),
        "advice": hand.problem.map(Problem::advice),
    })
}

/// The photo with key points and region drawn in; a bar marks the region's upper edge, the fingers' side.
pub(crate) fn drawn(photo: &Photo, hand: &Hand, frame: Option<&RoiFrame>) -> RgbImage {
    let mut image = photo.rgb().clone();
    let unit = image.width().max(image.height()) as f32 / 300.0;
    if let Some(frame) = frame {
        let corners = frame.corners();
        overlay::polygon(&mut image, &corners, unit, FRAME);
        overlay::line(&mut image, corners[0], corners[1], 2.5 * unit, FRAME);
    }
    for (&point, &trust) in hand.points.iter().zip(&hand.confidence) {
        let colour = if trust >= 0.5 { TRUSTED } else { DOUBTED };
        overlay::disc(&mut image, point, 2.0 * unit, colour);
    }
    image
}
