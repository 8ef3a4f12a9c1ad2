//! The error locator polynomial by Berlekamp and Massey's algorithm, in its form for binary codes.
//!
//! Massey, *Shift-register synthesis and BCH decoding* (1969); for words over GF(2) every second discrepancy is zero
//! (Berlekamp 1968), so that t steps do instead of 2t.

use crate::gf::Field;

/// Buffers of the algorithm, each of t + 1 entries.
#[derive(Clone)]
pub(crate) struct LocatorScratch {
    /// The connection polynomial before the last change of length.
    previous: Vec<u16>,
    /// A copy of the current polynomial while it changes.
    saved: Vec<u16>,
    /// Logarithms of the syndromes (2t entries).
    logs: Vec<u16>,
}

impl LocatorScratch {
    pub(crate) fn new(t: usize) -> Self {
        Self {
            previous: vec![0; t + 1],
            saved: vec![0; t + 1],
            logs: vec![0; 2 * t],
        }
    }

    pub(crate) fn wipe(&mut self) {
        use zeroize::Zeroize;
        self.previous.zeroize();
        self.saved.zeroize();
        self.logs.zeroize();
    }
}

/// Writes to `locator` (t + 1 entries, `locator[i]` = coefficient of `x^i`, `locator[0] = 1`) the shortest connection
/// polynomial of the 2t `syndromes`. Returns its length L, the number of errors; `None` if that exceeds t.
pub(crate) fn error_locator(
    field: &Field,
    syndromes: &[u16],
    locator: &mut [u16],
    scratch: &mut LocatorScratch,
) -> Option<usize> {
    let t = syndromes.len() / 2;
    for (log, syndrome) in scratch.logs.iter_mut().zip(syndromes) {
        *log = field.log(*syndrome) as u16;
    }
    locator.fill(0);
    scratch.previous.fill(0);
    locator[0] = 1;
    scratch.previous[0] = 1;
    let (mut length, mut shift, mut last) = (0usize, 1usize, 1u16);
    for at in (0..2 * t).step_by(2) {
        let discrepancy = discrepancy(field, &scratch.logs, locator, at, length);
        if discrepancy == 0 {
            shift += 2;
            continue;
        }
        let grows = 2 * length <= at;
        if grows {
            if at + 1 - length > t {
                return None;
            }
            scratch.saved.copy_from_slice(locator);
        }
        let factor = field.mul(discrepancy, field.inverse(last)?);
        subtract_shifted(field, locator, &scratch.previous, factor, shift);
        if grows {
            core::mem::swap(&mut scratch.previous, &mut scratch.saved);
            length = at + 1 - length;
            last = discrepancy;
            shift = 2;
        } else {
            shift += 2;
        }
    }
    Some(length)
}

/// `Σ_i C_i S_(at − i)` for `i = 0 … length`.
fn discrepancy(field: &Field, logs: &[u16], locator: &[u16], at: usize, length: usize) -> u16 {
    let coefficients = &locator[..=length];
    let newest_first = logs[at - length..=at].iter().rev();
    coefficients
        .iter()
        .zip(newest_first)
        .fold(0, |sum, (c, log)| {
            sum ^ field.antilog(field.log(*c) + usize::from(*log))
        })
}

/// `to ^= factor · x^shift · from`.
fn subtract_shifted(field: &Field, to: &mut [u16], from: &[u16], factor: u16, shift: usize) {
    let log = field.log(factor);
    if let Some(to) = to.get_mut(shift..) {
        for (target, value) in to.iter_mut().zip(from) {
            *target ^= field.antilog(log + field.log(*value));
        }
    }
}
