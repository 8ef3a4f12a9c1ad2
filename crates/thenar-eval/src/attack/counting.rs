//! The plain reading of stolen records: signs of column sums, or the ciphertext as if it were a template.

use rand_chacha::ChaCha20Rng;
use thenar_protect::khidden::{ColumnSums, KHiddenParams};
use thenar_protect::{BitTemplate, SealedRecord};

use super::report::{Fraction, Recovery};
use super::system::{Enrolled, Record};
use super::{Options, Scheme, query};
use crate::EvalError;
use crate::metrics::normal_cdf;

/// What the attack is called.
pub(super) fn name(options: &Options) -> &'static str {
    match options.scheme {
        Scheme::KHidden | Scheme::KHiddenPublicCode => "column sums",
        Scheme::Sealed | Scheme::Split => "ciphertext",
        Scheme::Level1 => "bits in clear",
    }
}

/// What theory says of it for `records` records of a palm: Φ(√(r μ²/K)) with all their rows, one half for ciphertext.
pub(super) fn theory(options: &Options, records: usize) -> Option<f64> {
    match options.database() {
        Some(params) => Some(sign_recovery(&params, records)),
        None if options.scheme == Scheme::Level1 => Some(1.0),
        None => Some(0.5),
    }
}

fn sign_recovery(params: &KHiddenParams, records: usize) -> f64 {
    normal_cdf((params.clarity() * records as f64).sqrt())
}

/// The bits it gives: by sums over all records, or by the majority of the ciphertexts.
pub(super) fn read(palm: &Enrolled) -> Result<BitTemplate, EvalError> {
    let sums: Vec<&ColumnSums> = palm.records.iter().filter_map(sums_of).collect();
    if !sums.is_empty() {
        let pooled = ColumnSums::pooled(&sums).map_err(EvalError::attack)?;
        return Ok(pooled.recover());
    }
    let bits = palm
        .records
        .iter()
        .map(in_the_store)
        .collect::<Result<Vec<_>, _>>()?;
    combine(&bits, |set, of| 2 * set > of)
}

/// The XOR of two ciphertexts: what one keystream used twice would be betrayed by. `None` for other schemes.
pub(super) fn xor(palm: &Enrolled) -> Option<Result<BitTemplate, EvalError>> {
    match palm.records[..] {
        [Record::Sealed(ref a, _), Record::Sealed(ref b, _), ..] => {
            let both = ciphertext(a).and_then(|a| Ok([a, ciphertext(b)?]));
            Some(both.and_then(|both| combine(&both, |set, _| set == 1)))
        }
        _ => None,
    }
}

/// All bits, those last of which most of the palm's records say the same; at random among equals. Of one record, at random:
/// nothing tells a bit of ciphertext from another.
pub(super) fn surest_last(palm: &Enrolled, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, EvalError> {
    let stored = palm.records.iter().map(in_the_store);
    let stored = stored.collect::<Result<Vec<_>, _>>()?;
    let mut order = query::any_order(palm.template.len(), rng);
    order.sort_by_key(|&j| {
        let set = stored
            .iter()
            .filter(|bits| bits.bit(j) == Some(true))
            .count();
        (2 * set).abs_diff(stored.len())
    });
    Ok(order)
}

fn sums_of(record: &Record) -> Option<&ColumnSums> {
    match record {
        Record::Database(_, sums, _) => Some(sums),
        Record::Sealed(..) | Record::Clear(_) => None,
    }
}

/// A record's bits as they lie in the store.
pub(super) fn in_the_store(record: &Record) -> Result<BitTemplate, EvalError> {
    match record {
        Record::Database(_, sums, _) => Ok(sums.recover()),
        Record::Sealed(sealed, _) => ciphertext(sealed),
        Record::Clear(bits) => Ok(bits.clone()),
    }
}

fn ciphertext(record: &SealedRecord) -> Result<BitTemplate, EvalError> {
    let (words, _) = record.ciphertext().as_chunks::<8>();
    let mut words: Vec<u64> = words.iter().map(|&word| u64::from_le_bytes(word)).collect();
    let bits = record.bits();
    words.truncate(bits.div_ceil(64));
    if let (Some(last), 1..) = (words.last_mut(), bits % 64) {
        *last &= (1 << (bits % 64)) - 1;
    }
    BitTemplate::from_words(words, bits).map_err(EvalError::attack)
}

/// Bit by bit: `rule` is told how many of how many templates have it set. All have one length.
fn combine(
    templates: &[BitTemplate],
    rule: impl Fn(usize, usize) -> bool,
) -> Result<BitTemplate, EvalError> {
    let bits = templates.first().map_or(0, BitTemplate::len);
    let bits: Vec<bool> = (0..bits)
        .map(|j| {
            let set = templates.iter().filter(|t| t.bit(j) == Some(true)).count();
            rule(set, templates.len())
        })
        .collect();
    BitTemplate::from_bools(&bits).map_err(EvalError::attack)
}

/// How many bits of each guess are right.
pub(super) fn agreement(guesses: &[BitTemplate], palms: &[Enrolled]) -> (Fraction, Fraction) {
    let pairs = || guesses.iter().zip(palms);
    let groups: Vec<(u64, u64)> = pairs()
        .map(|(guess, palm)| {
            let bits = guess.len() as u64;
            (bits - u64::from(guess.hamming(&palm.template)), bits)
        })
        .collect();
    let exact = pairs().map(|(guess, palm)| guess.hamming(&palm.template) == 0);
    (Fraction::of_groups(&groups), Fraction::of_all(exact))
}

/// What an attack that does not search found.
pub(super) fn recovery(
    attack: &str,
    guesses: &[BitTemplate],
    palms: &[Enrolled],
    theory: Option<f64>,
) -> Recovery {
    let (bits, exact) = agreement(guesses, palms);
    Recovery {
        attack: attack.to_owned(),
        bits,
        exact,
        theory,
        solved: None,
        effort: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::palms::stream;
    use super::*;

    #[test]
    fn bits_that_records_agree_on_weigh_most() {
        let record = |bits: [u8; 4]| {
            Record::Clear(BitTemplate::from_bools(&bits.map(|bit| bit == 1)).unwrap())
        };
        // Of three records 2, 3, 2 and 3 say the same.
        let palm = Enrolled {
            template: BitTemplate::from_bools(&[true; 4]).unwrap(),
            records: [[1, 0, 0, 1], [1, 0, 1, 1], [0, 0, 0, 1]]
                .map(record)
                .into(),
        };
        let mut orders: Vec<Vec<usize>> = (0..50)
            .map(|seed| surest_last(&palm, &mut stream(seed, 1)).unwrap())
            .collect();
        orders.sort();
        orders.dedup();
        assert_eq!(
            orders,
            [[0, 2, 1, 3], [0, 2, 3, 1], [2, 0, 1, 3], [2, 0, 3, 1]]
        );
    }
}
