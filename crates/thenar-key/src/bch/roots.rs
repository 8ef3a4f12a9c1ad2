//! Roots of the error locator: the polynomial at *every* element of the field at once, by the additive Fourier
//! transform of Gao and Mateer (*Additive Fast Fourier Transforms Over Finite Fields*, IEEE Trans. Inf. Theory 56(12),
//! 2010, algorithm 2). It replaces Chien's search (1964), which evaluates the same polynomial at the same points at a
//! cost of n·t products; this one takes about n·log2(t)/2. Chien's search is the reference in the tests.

use crate::gf::Field;

/// One level of the recursion: evaluation on the span of `beta_1 … beta_d`.
#[derive(Clone, Debug)]
struct Level {
    /// `beta_d`, by which the polynomial is stretched first.
    stretch: u16,
    /// The span of `gamma_i = beta_i / beta_d` (i < d) as logarithms, in counting order.
    twiddles: Vec<u16>,
}

/// Precomputed levels for the whole field.
#[derive(Clone, Debug)]
pub(crate) struct RootFinder {
    levels: Vec<Level>,
}

impl RootFinder {
    pub(crate) fn new(field: &Field) -> Self {
        // The basis 1, x, …, x^(m−1): point number e is the element e.
        let mut basis: Vec<u16> = (0..field.degree()).map(|i| 1 << i).collect();
        let mut levels = Vec::new();
        while let Some(stretch) = basis.pop() {
            let inverse = field.inverse(stretch).unwrap_or(1);
            let gammas: Vec<u16> = basis.iter().map(|beta| field.mul(*beta, inverse)).collect();
            let mut span = vec![0u16];
            for gamma in &gammas {
                let shifted: Vec<u16> = span.iter().map(|point| point ^ gamma).collect();
                span.extend(shifted);
            }
            let twiddles = span.iter().map(|point| field.log(*point) as u16).collect();
            levels.push(Level { stretch, twiddles });
            basis = gammas
                .iter()
                .map(|gamma| field.mul(*gamma, *gamma) ^ gamma)
                .collect();
        }
        Self { levels }
    }

    /// Evaluates at every element: `values[e] = f(e)`. `polynomial` (lowest coefficient first, any length up to the
    /// number of elements) is overwritten; `work` holds at least as many entries as `values`.
    pub(crate) fn evaluate(
        &self,
        field: &Field,
        polynomial: &mut [u16],
        values: &mut [u16],
        work: &mut [u16],
    ) {
        evaluate_level(field, &self.levels, polynomial, values, work);
    }
}

/// `values[i]` = the polynomial at point `i` of the span of the first of `levels`.
fn evaluate_level(
    field: &Field,
    levels: &[Level],
    f: &mut [u16],
    values: &mut [u16],
    work: &mut [u16],
) {
    let (Some((level, deeper)), true) = (levels.split_first(), f.len() > 1) else {
        values.fill(f.first().copied().unwrap_or(0));
        return;
    };
    scale(field, f, level.stretch);
    taylor(f);
    // Now f(x) = Σ_i (f[2i] + f[2i+1] x) (x² + x)^i: gather the even and the odd coefficients.
    let half = f.len().div_ceil(2);
    let gathered = &mut work[..f.len()];
    for (i, value) in f.iter().enumerate() {
        gathered[i / 2 + (i % 2) * half] = *value;
    }
    f.copy_from_slice(gathered);
    let (even, odd) = f.split_at_mut(half);
    let (low, high) = values.split_at_mut(level.twiddles.len());
    evaluate_level(field, deeper, even, low, work);
    evaluate_level(field, deeper, odd, high, work);
    for ((u, v), twiddle) in low.iter_mut().zip(high.iter_mut()).zip(&level.twiddles) {
        *u ^= field.antilog(field.log(*v) + usize::from(*twiddle));
        *v ^= *u;
    }
}

/// `f(x)` becomes `f(stretch · x)`.
fn scale(field: &Field, f: &mut [u16], stretch: u16) {
    let step = field.log(stretch);
    if step == 0 {
        return;
    }
    let mut power = 0;
    for coefficient in f {
        *coefficient = field.antilog(field.log(*coefficient) + power);
        power = (power + step) % field.order();
    }
}

/// Rewrites `f` in powers of `x² + x`: afterwards `f[2i] + f[2i+1] x` is the digit of `(x² + x)^i` (algorithm 1).
fn taylor(f: &mut [u16]) {
    if f.len() <= 2 {
        return;
    }
    // The largest power of two q with 2q < len; split at x^2q = (x² + x)^q + x^q.
    let mut q = 1;
    while 4 * q < f.len() {
        q *= 2;
    }
    for i in (2 * q..f.len()).rev() {
        f[i - q] ^= f[i];
    }
    let (low, high) = f.split_at_mut(2 * q);
    taylor(low);
    taylor(high);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngCore, SeedableRng};

    /// Horner's rule at one point.
    fn slow(field: &Field, f: &[u16], x: u16) -> u16 {
        f.iter().rev().fold(0, |sum, c| field.mul(sum, x) ^ c)
    }

    #[test]
    fn the_transform_agrees_with_horner_everywhere() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        for degree in 5..=13u32 {
            let field = Field::new(degree).unwrap();
            let finder = RootFinder::new(&field);
            for len in [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 22, 31, 32] {
                let f: Vec<u16> = (0..len)
                    .map(|_| rng.next_u32() as u16 & field.order() as u16)
                    .collect();
                let (mut values, mut work) = (vec![0; 1 << degree], vec![0; 1 << degree]);
                finder.evaluate(&field, &mut f.clone(), &mut values, &mut work);
                for (e, value) in values.iter().enumerate() {
                    assert_eq!(
                        *value,
                        slow(&field, &f, e as u16),
                        "GF(2^{degree}), {len} coefficients, at {e}"
                    );
                }
            }
        }
    }
}
