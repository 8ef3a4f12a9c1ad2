//! Generator polynomials from cyclotomic cosets (Lin and Costello 2004, section 6.1).

use crate::bits::{get, words_for, xor_shifted};
use crate::gf::Field;

/// The generator polynomial of a code and how far its run of consecutive roots reaches.
pub(crate) struct Generator {
    /// Coefficients over GF(2), bit `i` = coefficient of `x^i`; monic, of degree `degree`.
    pub polynomial: Vec<u64>,
    /// `n − k`.
    pub degree: usize,
    /// The largest t such that `alpha, …, alpha^(2t)` are roots (half the Bose bound, rounded down).
    pub bose_t: usize,
}

/// The cyclotomic coset of `i` modulo `order`: `i, 2i, 4i, …`.
fn coset(i: usize, order: usize) -> Vec<usize> {
    let mut coset = vec![i];
    let mut next = 2 * i % order;
    while next != i {
        coset.push(next);
        next = 2 * next % order;
    }
    coset
}

/// The minimal polynomial over GF(2) of the elements `alpha^i`, `i` in one coset, lowest coefficient first:
/// the product of `x − alpha^i`.
fn minimal_polynomial(field: &Field, coset: &[usize]) -> Vec<u16> {
    let mut product = vec![1u16];
    for &i in coset {
        let root = field.power(i);
        product.push(0);
        for at in (0..product.len()).rev() {
            let below = if at == 0 { 0 } else { product[at - 1] };
            product[at] = below ^ field.mul(product[at], root);
        }
    }
    product
}

/// The least common multiple of the minimal polynomials of `alpha, alpha^2, …, alpha^(2t)`.
pub(crate) fn generator(field: &Field, t: usize) -> Generator {
    let order = field.order();
    let mut is_root = vec![false; order];
    let mut polynomial = vec![1u64];
    let mut degree = 0;
    for i in (1..=2 * t).step_by(2) {
        if is_root[i % order] {
            continue;
        }
        let coset = coset(i % order, order);
        let factor = minimal_polynomial(field, &coset);
        let mut product = vec![0; words_for(degree + coset.len() + 1)];
        for (shift, _) in factor
            .iter()
            .enumerate()
            .filter(|(_, coefficient)| **coefficient == 1)
        {
            xor_shifted(&mut product, &polynomial, shift);
        }
        coset.iter().for_each(|&j| is_root[j] = true);
        degree += coset.len();
        polynomial = product;
    }
    debug_assert_eq!(get(&polynomial, degree), 1);
    let run = (1..order).take_while(|&i| is_root[i]).count();
    Generator {
        polynomial,
        degree,
        bose_t: run / 2,
    }
}

/// (k, t) of every code of full length over the field, the largest k first; t is the largest for its k.
pub(crate) fn dimensions(field: &Field) -> Vec<(usize, usize)> {
    let order = field.order();
    let mut is_root = vec![false; order];
    let mut k = order;
    let mut found: Vec<(usize, usize)> = Vec::new();
    for t in 1..order.div_ceil(2) {
        // alpha^(2t) is in the coset of alpha^t, which is there already.
        let i = 2 * t - 1;
        if !is_root[i] {
            let coset = coset(i, order);
            coset.iter().for_each(|&j| is_root[j] = true);
            k -= coset.len();
            found.push((k, t));
        } else if let Some(last) = found.last_mut() {
            last.1 = t;
        }
    }
    found
}
