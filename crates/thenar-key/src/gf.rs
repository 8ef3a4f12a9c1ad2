//! The finite fields GF(2^m), m = 5…13, by tables of powers and logarithms.
//!
//! An element is the integer whose bit `i` is the coefficient of `x^i` in the polynomial basis; addition is XOR.
//! `alpha = x` (the integer 2) is primitive.
//!
//! **Timing.** Multiplication looks up tables at places that depend on the operands, so it is not constant-time.

use crate::BchError;

/// Smallest field degree.
pub const MIN_DEGREE: u32 = 5;
/// Largest field degree.
pub const MAX_DEGREE: u32 = 13;

/// Primitive polynomials for m = 5…13, bit `i` = coefficient of `x^i`. They are those of Lin and Costello,
/// *Error Control Coding* (2004), appendix A, and the defaults of MATLAB and of Python's `galois.BCH`:
///
/// | m | polynomial |
/// |---|---|
/// | 5 | x^5 + x^2 + 1 |
/// | 6 | x^6 + x + 1 |
/// | 7 | x^7 + x^3 + 1 |
/// | 8 | x^8 + x^4 + x^3 + x^2 + 1 |
/// | 9 | x^9 + x^4 + 1 |
/// | 10 | x^10 + x^3 + 1 |
/// | 11 | x^11 + x^2 + 1 |
/// | 12 | x^12 + x^6 + x^4 + x + 1 |
/// | 13 | x^13 + x^4 + x^3 + x + 1 |
pub const PRIMITIVE_POLYNOMIALS: [u32; 9] =
    [0x25, 0x43, 0x89, 0x11d, 0x211, 0x409, 0x805, 0x1053, 0x201b];

/// GF(2^m).
#[derive(Clone, Debug)]
pub struct Field {
    degree: u32,
    /// `exp[i] = alpha^i` for `i < 2(2^m - 1)`, then zeros, so that `exp[log a + log b]` is the product even when
    /// a factor is 0, whose "logarithm" is `2(2^m - 1)`.
    exp: Vec<u16>,
    log: Vec<u16>,
}

impl Field {
    /// The field of 2^`degree` elements.
    ///
    /// # Errors
    /// `degree` is outside 5…13.
    pub fn new(degree: u32) -> Result<Self, BchError> {
        if !(MIN_DEGREE..=MAX_DEGREE).contains(&degree) {
            return Err(BchError::FieldDegree { found: degree });
        }
        let polynomial = PRIMITIVE_POLYNOMIALS[(degree - MIN_DEGREE) as usize];
        let order = (1usize << degree) - 1;
        let mut exp = vec![0u16; 4 * order + 1];
        let mut log = vec![0u16; order + 1];
        log[0] = (2 * order) as u16;
        let mut power = 1u32;
        for i in 0..order {
            exp[i] = power as u16;
            exp[i + order] = power as u16;
            log[power as usize] = i as u16;
            power <<= 1;
            if power >> degree != 0 {
                power ^= polynomial;
            }
        }
        Ok(Self { degree, exp, log })
    }

    /// m.
    pub fn degree(&self) -> u32 {
        self.degree
    }

    /// Number of non-zero elements, 2^m − 1.
    pub fn order(&self) -> usize {
        (1 << self.degree) - 1
    }

    /// `alpha^i`, for any `i`.
    pub fn power(&self, i: usize) -> u16 {
        self.exp[i % self.order()]
    }

    /// The logarithm of `a` to the base alpha; for 0 the marker of [`Field::antilog`].
    #[inline]
    pub(crate) fn log(&self, a: u16) -> usize {
        usize::from(self.log[usize::from(a)])
    }

    /// `alpha^(x + y)` for two logarithms below 2^m − 1; 0 if one of them is the marker of zero.
    #[inline]
    pub(crate) fn antilog(&self, sum: usize) -> u16 {
        self.exp[sum]
    }

    /// The product `a · b`.
    #[inline]
    pub fn mul(&self, a: u16, b: u16) -> u16 {
        self.antilog(self.log(a) + self.log(b))
    }

    /// The inverse of `a`, or `None` for 0.
    pub fn inverse(&self, a: u16) -> Option<u16> {
        (a != 0).then(|| self.power(self.order() - self.log(a)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shift-and-add multiplication: the definition.
    fn slow_mul(a: u16, b: u16, degree: u32) -> u16 {
        let polynomial = PRIMITIVE_POLYNOMIALS[(degree - MIN_DEGREE) as usize];
        let (mut a, mut product) = (u32::from(a), 0);
        for i in 0..degree {
            if b >> i & 1 == 1 {
                product ^= a;
            }
            a <<= 1;
            if a >> degree != 0 {
                a ^= polynomial;
            }
        }
        product as u16
    }

    #[test]
    fn alpha_generates_every_non_zero_element() {
        for degree in MIN_DEGREE..=MAX_DEGREE {
            let field = Field::new(degree).unwrap();
            let mut seen = vec![false; 1 << degree];
            (0..field.order()).for_each(|i| seen[usize::from(field.power(i))] = true);
            assert!(!seen[0] && seen[1..].iter().all(|s| *s), "degree {degree}");
        }
    }

    #[test]
    fn products_and_inverses_follow_the_definition() {
        for degree in MIN_DEGREE..=MAX_DEGREE {
            let field = Field::new(degree).unwrap();
            let step = if degree < 8 { 1 } else { 37 };
            for a in (0..=field.order() as u16).step_by(step) {
                for b in (0..=field.order() as u16).step_by(step) {
                    assert_eq!(
                        field.mul(a, b),
                        slow_mul(a, b, degree),
                        "GF(2^{degree}) {a} * {b}"
                    );
                }
            }
            for a in 1..=field.order() as u16 {
                assert_eq!(slow_mul(a, field.inverse(a).unwrap(), degree), 1);
            }
            assert_eq!(field.inverse(0), None);
        }
    }

    #[test]
    fn other_degrees_are_refused() {
        for degree in [0, 1, 4, 14, 64] {
            assert!(
                matches!(Field::new(degree), Err(BchError::FieldDegree { found }) if found == degree)
            );
        }
    }
}
