//! The collapsed form: one whole number for each bit, which is all that a match depends on.
//!
//! `sum(B_r · q) = Σ_z Σ_j B_zj q_j = Σ_j (Σ_z B_zj) q_j = C · q`. So `C` is the record, and its signs are the template or
//! the template's complement.

use pulp::NullaryFnOnce;
use zeroize::Zeroizing;

use super::score::{MatchSum, Scale, check_length};
use crate::dispatch::dispatch;
use crate::{BitTemplate, Match, ProtectError};

/// `C`, the sums of a negative database's columns.
///
/// It gives its template away, so it is handled as a template: wiped when dropped.
#[derive(Clone)]
pub struct ColumnSums {
    sums: Zeroizing<Vec<i32>>,
    total: i64,
    scale: Scale,
}

impl ColumnSums {
    pub(super) fn new(sums: Zeroizing<Vec<i32>>, scale: Scale) -> Self {
        let total = sums.iter().copied().map(i64::from).sum();
        Self { sums, total, scale }
    }

    /// The sums, one for each bit.
    pub fn sums(&self) -> &[i32] {
        &self.sums
    }

    /// `sum(B_r · q)`, the same whole number as [`super::MatrixDatabase::sum`] and, with the opposite sign, as
    /// [`super::DictionaryDatabase::matching_distance`].
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when the query has another length.
    pub fn sum(&self, query: &BitTemplate) -> Result<MatchSum, ProtectError> {
        check_length(query, self.sums.len())?;
        let zero_one = dispatch(OfOnes {
            sums: &self.sums,
            query: query.words(),
        });
        // A query of ±1 is twice one of 0 and 1, less 1 everywhere.
        Ok(MatchSum {
            signed: 2 * zero_one - self.total,
            zero_one,
        })
    }

    /// The distance from a query, 0–1, smaller being nearer. The normalisation is stated in [`super`].
    ///
    /// # Errors
    /// As [`Self::sum`].
    pub fn distance(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        Ok(self.scale.distance(self.sum(query)?))
    }

    /// The record as a vector: its product with a query of ±1, followed by a 1, is the cosine of [`Self::distance`] times π,
    /// before it is clipped to ±1. For comparing very many.
    pub fn cosine_factors(&self) -> Vec<f32> {
        let [signed, zero_one] = self.scale.factors();
        // A query of 0 and 1 is half of one of ±1 and one half everywhere.
        let factor = |sum: f64| (sum * (signed + zero_one / 2.0)) as f32;
        let sums = self.sums.iter().map(|&sum| factor(f64::from(sum)));
        let last = self.total as f64 * zero_one / 2.0;
        sums.chain([last as f32]).collect()
    }

    /// Eq. 6 to the letter, `arccos(−sum(B_r · q))`, divided as stated in [`super`]: smaller is nearer only where eq. 12
    /// does *not* hold.
    ///
    /// # Errors
    /// As [`Self::sum`].
    pub fn eq6(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        Ok(self.scale.eq6(self.sum(query)?))
    }

    /// The attack by counting: the signs of the sums, turned over where they point at the complement.
    ///
    /// As a query it is nearer to this record than the template itself. Where a sum is 0 it says nothing; those bits are
    /// 0 and 1 in turn.
    pub fn recover(&self) -> BitTemplate {
        let mut words = vec![0_u64; self.sums.len().div_ceil(64)];
        for (j, &sum) in self.sums.iter().enumerate() {
            let bit = match i64::from(sum) * self.scale.orientation() {
                0 => j % 2 == 1,
                sum => sum > 0,
            };
            words[j / 64] |= u64::from(bit) << (j % 64);
        }
        BitTemplate::from_words(words, self.sums.len())
            .expect("there are as many sums as the template had bits")
    }

    /// The sums of several records of one template added up: what a thief of the store makes of records that were
    /// issued anew with another k2.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when there is none, or not all have one length.
    pub fn pooled(records: &[&Self]) -> Result<Self, ProtectError> {
        let bits = records.first().map_or(0, |record| record.sums.len());
        let other = records.iter().find(|record| record.sums.len() != bits);
        let (Some(first), None) = (records.first(), other) else {
            return Err(ProtectError::Parameter {
                what: "the number of bits of a record",
                value: other.map_or(0, |other| other.sums.len()),
                expected: format!("{bits} as in the others, and at least 1"),
            });
        };
        let mut sums = first.sums.clone();
        for record in &records[1..] {
            let pairs = sums.iter_mut().zip(record.sums.iter());
            pairs.for_each(|(sum, more)| *sum += more);
        }
        Ok(Self::new(sums, first.scale.times(records.len())))
    }

    /// The cosine between two records' sums: the best score to link them by. 0 when either is all zeros.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when they have different lengths.
    pub fn cosine(&self, other: &Self) -> Result<f64, ProtectError> {
        if self.sums.len() != other.sums.len() {
            return Err(ProtectError::Parameter {
                what: "the number of bits of a record",
                value: other.sums.len(),
                expected: format!("{} as in the other", self.sums.len()),
            });
        }
        let dot = |a: &[i32], b: &[i32]| -> f64 {
            let products = a.iter().zip(b).map(|(&a, &b)| i64::from(a) * i64::from(b));
            products.sum::<i64>() as f64
        };
        let (a, b) = (&self.sums[..], &other.sums[..]);
        let lengths = (dot(a, a) * dot(b, b)).sqrt();
        Ok(if lengths > 0.0 {
            dot(a, b) / lengths
        } else {
            0.0
        })
    }
}

impl Match for ColumnSums {
    fn distance(&self, query: &BitTemplate) -> Result<f64, ProtectError> {
        self.distance(query)
    }
}

impl std::fmt::Debug for ColumnSums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ColumnSums({} bits, secret)", self.sums.len())
    }
}

/// The sum of the numbers where the query has a one, compiled for several processors.
struct OfOnes<'a> {
    sums: &'a [i32],
    query: &'a [u64],
}

impl NullaryFnOnce for OfOnes<'_> {
    type Output = i64;

    #[inline(always)]
    fn call(self) -> i64 {
        let mut total = 0;
        for (sums, &word) in self.sums.chunks(64).zip(self.query) {
            let halves = [word as u32, (word >> 32) as u32];
            for (sums, half) in sums.chunks(32).zip(halves) {
                // Without branches: the bits are as good as random. 32 numbers, each of at most 2^21.
                let masked = |(j, sum): (usize, &i32)| sum & -((half >> j & 1) as i32);
                total += i64::from(sums.iter().enumerate().map(masked).sum::<i32>());
            }
        }
        total
    }
}
