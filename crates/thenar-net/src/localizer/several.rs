//! Whether a photo shows a second palm: then it is not for the program to choose whose is meant.

use image::{Rgb, RgbImage};
use thenar_image::{Point, RoiFrame};

use super::decode::valley_distance;
use super::view::{OUTSIDE, View, covered};
use super::{Hand, Localizer};
use crate::error::NetError;

/// What is painted over around the first hand, in pixels of its region (128×128): from beyond the finger tips to below
/// the wrist, and past the thumb.
const LOW: (f32, f32) = (-75.0, -205.0);
const HIGH: (f32, f32) = (235.0, 220.0);

/// A hand that covers more than this part of the photo leaves no room for another that matters.
const NO_ROOM: f32 = 0.5;

/// In how many turns the rest is looked at.
const LOOKS: usize = 4;

/// How sure the network must be of the second palm.
const CERTAIN: f32 = 0.7;

/// The second palm's size over the first's, at least: people in the background do not matter.
const LEAST_SIZE: f32 = 0.4;

impl Localizer {
    /// Whether there is another palm beside `hand`, found by painting that over and looking again.
    ///
    /// # Errors
    /// [`NetError::Run`] when the network fails.
    pub(super) fn sees_another(&self, photo: &RgbImage, hand: &Hand) -> Result<bool, NetError> {
        let Ok(frame) = RoiFrame::from_key_points(&hand.points) else {
            return Ok(false);
        };
        let covered = frame.to_photo.determinant().abs() * (HIGH.0 - LOW.0) * (HIGH.1 - LOW.1);
        if covered > NO_ROOM * photo.width() as f32 * photo.height() as f32 {
            return Ok(false);
        }
        let rest = painted_over(photo, &frame);
        for view in View::attempts(&rest).take(LOOKS) {
            let first = self.look(&rest, view)?;
            let another = self.look_again(&rest, &first)?.is_some_and(|look| {
                look.reading.presence >= CERTAIN
                    && valley_distance(&look.points) >= LEAST_SIZE * valley_distance(&hand.points)
            });
            if another {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The photo with the hand of `frame` under a grey parallelogram.
fn painted_over(photo: &RgbImage, frame: &RoiFrame) -> RgbImage {
    let mut rest = photo.clone();
    let Some(to_region) = frame.from_photo() else {
        return rest;
    };
    let corners = [LOW, (HIGH.0, LOW.1), HIGH, (LOW.0, HIGH.1)];
    let corners = corners.map(|(x, y)| frame.to_photo.apply(Point::new(x, y)));
    let (Some(columns), Some(rows)) = (
        covered(corners.map(|p| p.x), photo.width() as usize, 0),
        covered(corners.map(|p| p.y), photo.height() as usize, 0),
    ) else {
        return rest;
    };
    for y in rows.0 as u32..rows.1 as u32 {
        for x in columns.0 as u32..columns.1 as u32 {
            let p = to_region.apply(Point::new(x as f32, y as f32));
            if (LOW.0..HIGH.0).contains(&p.x) && (LOW.1..HIGH.1).contains(&p.y) {
                rest.put_pixel(x, y, Rgb(OUTSIDE));
            }
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use thenar_image::AVERAGE_PALM;

    #[test]
    fn the_hand_is_painted_over_and_nothing_else() {
        let photo = RgbImage::from_pixel(700, 600, Rgb([200, 10, 10]));
        let points = AVERAGE_PALM.map(|p| Point::new(p.x + 300.0, p.y + 250.0));
        let frame = RoiFrame::from_key_points(&points).unwrap();
        let rest = painted_over(&photo, &frame);
        for point in points {
            assert_eq!(rest.get_pixel(point.x as u32, point.y as u32).0, OUTSIDE);
        }
        let grey = rest.pixels().filter(|p| p.0 == OUTSIDE).count();
        assert_eq!(grey, 310 * 425);
        assert_eq!(rest.get_pixel(220, 300).0, [200, 10, 10]);
        // Over the edge of the photo.
        let far = points.map(|p| Point::new(p.x + 1e4, p.y));
        let rest = painted_over(&photo, &RoiFrame::from_key_points(&far).unwrap());
        assert_eq!(rest, photo);
    }
}
