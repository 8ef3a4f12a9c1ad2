//! Points and affine maps of the plane.

/// A position in pixels; `x` right, `y` down, pixel centres at integers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Column.
    pub x: f32,
    /// Row.
    pub y: f32,
}

impl Point {
    /// The point at column `x`, row `y`.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// Euclidean distance to `other`, in pixels.
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// The point `t` of the way from `self` (0) to `other` (1).
    pub fn lerp(self, other: Self, t: f32) -> Self {
        Self::new(
            self.x + (other.x - self.x) * t,
            self.y + (other.y - self.y) * t,
        )
    }
}

/// An affine map `(x, y) ↦ (a·x + b·y + c, d·x + e·y + f)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Row-major 2×3 matrix `[a, b, c, d, e, f]`.
    pub m: [f32; 6],
}

impl Affine {
    /// The map that changes nothing.
    pub const IDENTITY: Self = Self {
        m: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    };

    /// Rotation by `angle` radians (counter-clockwise as seen with `y` down when negative), scaling by
    /// `scale`, then moving the origin to `to`: `p ↦ scale·R(angle)·p + to`.
    pub fn similarity(angle: f32, scale: f32, to: Point) -> Self {
        let (s, c) = angle.sin_cos();
        Self {
            m: [scale * c, -scale * s, to.x, scale * s, scale * c, to.y],
        }
    }

    /// Moves by `by`.
    pub const fn translation(by: Point) -> Self {
        Self {
            m: [1.0, 0.0, by.x, 0.0, 1.0, by.y],
        }
    }

    /// Where `p` goes.
    pub fn apply(&self, p: Point) -> Point {
        let [a, b, c, d, e, f] = self.m;
        Point::new(a * p.x + b * p.y + c, d * p.x + e * p.y + f)
    }

    /// The map that applies `self` first and `next` after it.
    pub fn then(&self, next: &Self) -> Self {
        let [a, b, c, d, e, f] = self.m;
        let [p, q, r, s, t, u] = next.m;
        Self {
            m: [
                p * a + q * d,
                p * b + q * e,
                p * c + q * f + r,
                s * a + t * d,
                s * b + t * e,
                s * c + t * f + u,
            ],
        }
    }

    /// Determinant of the linear part: the factor by which areas grow; negative when the map mirrors.
    pub fn determinant(&self) -> f32 {
        self.m[0] * self.m[4] - self.m[1] * self.m[3]
    }

    /// The inverse map, or `None` when the linear part is singular.
    pub fn inverse(&self) -> Option<Self> {
        let det = self.determinant();
        if det.abs() < 1e-12 || !det.is_finite() {
            return None;
        }
        let [a, b, c, d, e, f] = self.m;
        let (ia, ib, id, ie) = (e / det, -b / det, -d / det, a / det);
        Some(Self {
            m: [ia, ib, -(ia * c + ib * f), id, ie, -(id * c + ie * f)],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverse_undoes_the_map() {
        let map = Affine {
            m: [1.5, -0.3, 12.0, 0.4, 0.9, -7.0],
        };
        let both = map.then(&map.inverse().unwrap());
        for (got, want) in both.m.iter().zip(Affine::IDENTITY.m) {
            assert!((got - want).abs() < 1e-5, "{both:?}");
        }
    }

    #[test]
    fn singular_maps_have_no_inverse() {
        assert!(
            Affine {
                m: [1.0, 2.0, 0.0, 2.0, 4.0, 0.0]
            }
            .inverse()
            .is_none()
        );
    }
}
