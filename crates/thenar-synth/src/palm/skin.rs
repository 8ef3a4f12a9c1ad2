//! The skin of one capture, drawn over a region of the palm.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thenar_image::{Affine, Plane, Point};

use super::crease::{Crease, stamp};
use super::{Palm, PalmCapture, Region};

/// What the camera sees of the skin over a [`Region`], as reflectance relative to smooth skin (around 1).
#[derive(Clone, Debug)]
pub struct Skin {
    /// Visible light: creases, wrinkles, mottle.
    pub visible: Plane,
    /// Near infrared of the same moment: fainter creases, and veins.
    pub infrared: Plane,
}

impl Palm {
    /// The skin over `region` at `pixels_per_unit` pixels per ROI side.
    pub fn skin(&self, capture: &PalmCapture, region: Region, pixels_per_unit: f32) -> Skin {
        let width = ((region.x1 - region.x0) * pixels_per_unit).round().max(1.0) as usize;
        let height = ((region.y1 - region.y0) * pixels_per_unit).round().max(1.0) as usize;
        let place = Affine {
            m: [
                pixels_per_unit,
                0.0,
                -region.x0 * pixels_per_unit - 0.5,
                0.0,
                pixels_per_unit,
                -region.y0 * pixels_per_unit - 0.5,
            ],
        };
        let depth = self.crease_depth(capture, &place, width, height);
        let mottle = self.mottle(capture, &place, width, height);
        let veins = vein_depth(&self.veins, capture, &place, width, height);
        let reflect = |creases: f32, spots: f32| {
            let data = depth.data().iter().zip(mottle.data());
            data.map(|(d, m)| (-creases * d).exp() * (1.0 + spots * m))
                .collect()
        };
        let visible = Plane::from_vec(width, height, reflect(1.0, 1.0));
        let mut infrared = Plane::from_vec(width, height, reflect(0.5, 0.3));
        for (pixel, vein) in infrared.data_mut().iter_mut().zip(veins.data()) {
            *pixel *= (-vein).exp();
        }
        Skin { visible, infrared }
    }

    /// Optical depth of all creases; `place` maps palm coordinates to pixels.
    pub(crate) fn crease_depth(
        &self,
        capture: &PalmCapture,
        place: &Affine,
        width: usize,
        height: usize,
    ) -> Plane {
        let mut depth = Plane::filled(width, height, 0.0);
        let pixels_per_unit = place.determinant().abs().sqrt();
        for (index, crease) in self.creases.iter().enumerate() {
            let gain = capture.crease_gain(index, crease.fickle);
            if gain > 0.0 {
                draw(
                    &mut depth,
                    crease,
                    capture,
                    place,
                    pixels_per_unit * capture.width_gain,
                    gain,
                );
            }
        }
        for fold in passing_folds(capture) {
            draw(
                &mut depth,
                &fold,
                capture,
                place,
                pixels_per_unit,
                capture.depth_gain,
            );
        }
        depth
    }

    /// Mottle in the same pixels.
    pub(crate) fn mottle(
        &self,
        capture: &PalmCapture,
        place: &Affine,
        width: usize,
        height: usize,
    ) -> Plane {
        let back = place.inverse().unwrap_or(Affine::IDENTITY);
        Plane::from_fn(width, height, |x, y| {
            let p = back.apply(Point::new(x as f32, y as f32));
            capture.mottle_gain * self.mottle.at(p.x, p.y)
        })
    }
}

fn draw(
    plane: &mut Plane,
    crease: &Crease,
    capture: &PalmCapture,
    place: &Affine,
    pixels_per_unit: f32,
    gain: f32,
) {
    let path: Vec<Point> = crease
        .points
        .iter()
        .map(|&p| place.apply(capture.stretched(p)))
        .collect();
    stamp(
        plane,
        &path,
        &crease.profile,
        crease.width * pixels_per_unit,
        crease.depth * gain,
    );
}

fn vein_depth(
    veins: &[Crease],
    capture: &PalmCapture,
    place: &Affine,
    width: usize,
    height: usize,
) -> Plane {
    let mut depth = Plane::filled(width, height, 0.0);
    let pixels_per_unit = place.determinant().abs().sqrt();
    for vein in veins {
        draw(&mut depth, vein, capture, place, pixels_per_unit, 1.0);
    }
    depth
}

/// Folds that pressure or a bent finger makes for this capture only.
fn passing_folds(capture: &PalmCapture) -> Vec<Crease> {
    let mut rng = ChaCha8Rng::seed_from_u64(capture.seed ^ 0x666f_6c64);
    (0..capture.folds)
        .map(|_| {
            let start = Point::new(rng.random_range(-0.2..1.2), rng.random_range(-0.2..1.2));
            let angle: f32 = rng.random_range(0.0..6.3);
            let length = rng.random_range(0.05..0.35);
            let end = Point::new(
                start.x + length * angle.cos(),
                start.y + length * angle.sin(),
            );
            let middle = start.lerp(end, 0.5);
            let bow = rng.random_range(-0.1..0.1) * length;
            let middle = Point::new(middle.x - bow * angle.sin(), middle.y + bow * angle.cos());
            Crease {
                points: vec![start, middle, end],
                width: rng.random_range(0.003..0.012),
                depth: rng.random_range(0.02..0.12),
                profile: vec![0.0, 1.0, 0.0],
                fickle: 1.0,
            }
        })
        .collect()
}
