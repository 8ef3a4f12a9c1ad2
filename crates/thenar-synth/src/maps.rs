//! Mask and edge map of a painted hand.

use image::{GrayImage, Luma};
use thenar_image::Point;

use crate::hand::{HandIdentity, PALM, Posed, Rendered};
use crate::palm::PalmCapture;

/// The three principal creases in photo pixels.
pub(crate) fn principal_creases(
    id: &HandIdentity,
    posed: &Posed,
    capture: &PalmCapture,
) -> Vec<Vec<Point>> {
    id.palm
        .creases()
        .iter()
        .take(3)
        .map(|crease| {
            crease
                .points
                .iter()
                .map(|&p| {
                    let [x, y] = posed.stretch.to_plane(capture.stretched(p));
                    posed.projection.project([x, y, 0.0]).0
                })
                .collect()
        })
        .collect()
}

/// The mask of the hand, and its edges: outer contour, contours of fingers over one another, principal creases.
pub(crate) fn draw(
    painted: &Rendered,
    creases: &[Vec<Point>],
    size: u32,
) -> (GrayImage, GrayImage) {
    let n = size as usize;
    let part = |i: usize| {
        if painted.alpha[i] * (1.0 - painted.sleeve[i]) >= 0.5 {
            painted.owner[i]
        } else {
            255
        }
    };
    let mut mask = GrayImage::new(size, size);
    let mut edges = GrayImage::new(size, size);
    // The seam between a finger and its own palm is no contour.
    let differs = |a: u8, b: u8| a != b && a.max(b) != PALM;
    for y in 0..n {
        for x in 0..n {
            let i = y * n + x;
            let here = part(i);
            if here != 255 {
                mask.put_pixel(x as u32, y as u32, Luma([255]));
            }
            let right = if x + 1 < n { part(i + 1) } else { here };
            let below = if y + 1 < n { part(i + n) } else { here };
            if differs(here, right) || differs(here, below) {
                edges.put_pixel(x as u32, y as u32, Luma([255]));
            }
        }
    }
    for pair in creases.iter().flat_map(|c| c.windows(2)) {
        let (a, b) = (pair[0], pair[1]);
        let steps = (2.0 * a.distance(b)).ceil().clamp(1.0, 4096.0) as usize;
        for k in 0..=steps {
            let p = a.lerp(b, k as f32 / steps as f32);
            let (x, y) = (p.x.round(), p.y.round());
            if x < 0.0 || y < 0.0 || x >= n as f32 || y >= n as f32 {
                continue;
            }
            // Only where the palm itself is seen.
            if part(y as usize * n + x as usize) == PALM {
                edges.put_pixel(x as u32, y as u32, Luma([255]));
            }
        }
    }
    (mask, edges)
}

#[cfg(test)]
mod tests {
    use thenar_image::KeyPoint;

    use crate::{CaptureConfig, HandIdentity, HandPhoto};

    /// The key points come from the exact outline, the mask from the pixels that were painted.
    #[test]
    fn key_points_lie_on_the_contour_of_the_painted_mask() {
        let config = CaptureConfig {
            max_tilt: 15.0,
            cut: 0.0,
            fill: (0.6, 0.9),
            ..CaptureConfig::default()
        };
        let contour = [
            KeyPoint::LittleOuter,
            KeyPoint::WristThumbSide,
            KeyPoint::WristLittleSide,
        ];
        let valleys = [
            KeyPoint::IndexMiddleValley,
            KeyPoint::MiddleRingValley,
            KeyPoint::RingLittleValley,
        ];
        let (mut on, mut all) = ([0, 0], [0, 0]);
        for seed in 0..60 {
            let photo = HandPhoto::draw(&HandIdentity::draw(seed), seed, &config);
            for (group, points) in [contour, valleys].iter().enumerate() {
                for &k in points {
                    let p = photo.labels.key_points[k as usize];
                    let near = 3.0..=252.0;
                    if !photo.labels.visible[k as usize]
                        || !near.contains(&p.x)
                        || !near.contains(&p.y)
                    {
                        continue;
                    }
                    let (x, y) = (p.x.round() as u32, p.y.round() as u32);
                    let around: Vec<u8> = (y - 2..=y + 2)
                        .flat_map(|y| (x - 2..=x + 2).map(move |x| (x, y)))
                        .map(|(x, y)| photo.mask.get_pixel(x, y).0[0])
                        .collect();
                    all[group] += 1;
                    on[group] += usize::from(around.contains(&0) && around.contains(&255));
                }
            }
        }
        // Curled fingers and a thumb laid against the palm hide a few; closed fingers hide valleys.
        let share = |g: usize| on[g] as f32 / all[g] as f32;
        assert!(
            all[0] > 100 && share(0) > 0.97,
            "contour points: {} of {}",
            on[0],
            all[0]
        );
        assert!(
            all[1] > 100 && share(1) > 0.80,
            "valleys: {} of {}",
            on[1],
            all[1]
        );
        println!(
            "contour points {} of {}, valleys {} of {}",
            on[0], all[0], on[1], all[1]
        );
    }
}
