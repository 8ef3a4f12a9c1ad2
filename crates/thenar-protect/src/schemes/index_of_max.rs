//! Index-of-Max hashing by Gaussian random projection (IoM-GRP): which of `q` projections is the largest, `m` times.
//!
//! Jin, Hwang, Lai, Kim, Teoh, "Ranking-based locality sensitive hashing-enabled cancelable biometrics: Index-of-Max
//! hashing", IEEE TIFS 13(2), 2018. Distance: the fraction of differing indices; unrelated codes differ in `1 − 1/q` of them.
//!
//! # Ties
//! Of equal projections the first is the largest.
//!
//! # Deviations
//! Projections are drawn from the token's key stream and kept as `f32`. The feature is quantised to 2^20 steps first, as for
//! level 1.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::frame::check;
use super::stream;
use crate::level1::quantise;
use crate::{MAX_FEATURE_LEN, Match, ProtectError, Token, Transform};

/// The most hashes of a code, `m`.
const MAX_HASHES: usize = 4096;
/// The most projections of a hash, `q`: an index is one byte.
const MAX_CHOICES: usize = 256;
/// The most numbers of all projections: 256 MiB.
const MAX_WEIGHTS: usize = 1 << 26;

/// How long the feature is, how many hashes are made of it, and of how many projections each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexOfMaxParams {
    feature_len: usize,
    hashes: usize,
    choices: usize,
}

impl IndexOfMaxParams {
    /// `hashes` (the paper's `m`) of `choices` projections each (its `q`).
    ///
    /// # Errors
    /// When `feature_len` is not in 1..=16384, `hashes` not in 1..=4096, `choices` not in 2..=256, or the product of all
    /// three exceeds 2^26.
    pub fn new(feature_len: usize, hashes: usize, choices: usize) -> Result<Self, ProtectError> {
        check("the feature length", feature_len, MAX_FEATURE_LEN)?;
        check("the number of hashes", hashes, MAX_HASHES)?;
        if !(2..=MAX_CHOICES).contains(&choices) {
            return Err(ProtectError::Parameter {
                what: "the number of projections of a hash",
                value: choices,
                expected: format!("2..={MAX_CHOICES}"),
            });
        }
        let weights = feature_len * hashes * choices;
        check("the number of weights", weights, MAX_WEIGHTS)?;
        Ok(Self {
            feature_len,
            hashes,
            choices,
        })
    }

    /// The size that is usual in comparisons: 300 hashes of 16 projections.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn usual(feature_len: usize) -> Result<Self, ProtectError> {
        Self::new(feature_len, 300, 16)
    }

    /// The parameters as one line. It enters the derivation of the projections, so it must never change.
    pub fn describe(&self) -> String {
        let (feature, m, q) = (self.feature_len, self.hashes, self.choices);
        format!("iom-grp/v1 feature={feature} m={m} q={q}")
    }
}

/// IoM-GRP under one token.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct IndexOfMax {
    #[zeroize(skip)]
    params: IndexOfMaxParams,
    /// For each hash and each of its projections, as many weights as the feature has values.
    weights: Vec<f32>,
}

impl Transform for IndexOfMax {
    type Params = IndexOfMaxParams;
    type Template = IndexCode;

    fn with_token(params: IndexOfMaxParams, token: &Token) -> Result<Self, ProtectError> {
        let mut stream = stream(token, &params.describe());
        let count = params.feature_len * params.hashes * params.choices;
        let weights = (0..count).map(|_| stream.normal() as f32).collect();
        Ok(Self { params, weights })
    }

    fn transform(&self, feature: &[f32]) -> Result<IndexCode, ProtectError> {
        let steps = quantise(feature, self.params.feature_len)?;
        let steps: Zeroizing<Vec<f64>> =
            Zeroizing::new(steps.iter().map(|&u| f64::from(u)).collect());
        let hash = self.params.feature_len * self.params.choices;
        let indices = self
            .weights
            .chunks_exact(hash)
            .map(|rows| first_largest(rows.chunks_exact(steps.len()).map(|row| dot(row, &steps))))
            .collect();
        IndexCode::new(indices, self.params.choices)
    }
}

/// The index of the largest number; of equal ones the first.
fn first_largest(numbers: impl Iterator<Item = f64>) -> u8 {
    let mut best = (0, f64::NEG_INFINITY);
    // At most MAX_CHOICES = 256 of them.
    for (index, number) in (0..=u8::MAX).zip(numbers) {
        if number > best.1 {
            best = (index, number);
        }
    }
    best.0
}

/// The inner product in eight lanes, in one fixed order.
fn dot(weights: &[f32], steps: &[f64]) -> f64 {
    let (weight_groups, weight_rest) = weights.as_chunks::<8>();
    let (step_groups, step_rest) = steps.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (weights, steps) in weight_groups.iter().zip(step_groups) {
        for ((lane, &w), u) in lanes.iter_mut().zip(weights).zip(steps) {
            *lane += f64::from(w) * u;
        }
    }
    for ((lane, &w), u) in lanes.iter_mut().zip(weight_rest).zip(step_rest) {
        *lane += f64::from(w) * u;
    }
    lanes.iter().sum()
}

/// An IoM template: `m` indices below `q`. It is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct IndexCode {
    indices: Vec<u8>,
    choices: usize,
}

impl IndexCode {
    /// Takes indices below `choices`, as [`Self::indices`] gives them.
    ///
    /// # Errors
    /// [`ProtectError::Parameter`] when there are none or more than 4096, `choices` is not in 2..=256, or an index is not
    /// below it.
    pub fn new(indices: Vec<u8>, choices: usize) -> Result<Self, ProtectError> {
        // Made first, so that the indices are wiped on every way out.
        let code = Self { indices, choices };
        check("the number of indices", code.indices.len(), MAX_HASHES)?;
        if !(2..=MAX_CHOICES).contains(&choices) {
            return Err(ProtectError::Parameter {
                what: "the number of choices",
                value: choices,
                expected: format!("2..={MAX_CHOICES}"),
            });
        }
        match code.indices.iter().find(|&&i| usize::from(i) >= choices) {
            Some(&index) => Err(ProtectError::Parameter {
                what: "an index",
                value: index.into(),
                expected: format!("below {choices}"),
            }),
            None => Ok(code),
        }
    }

    /// The indices, one for each hash.
    pub fn indices(&self) -> &[u8] {
        &self.indices
    }

    /// `q`, which every index is below.
    pub fn choices(&self) -> usize {
        self.choices
    }
}

impl Match<Self> for IndexCode {
    /// The fraction of differing indices.
    fn distance(&self, query: &Self) -> Result<f64, ProtectError> {
        if (query.indices.len(), query.choices) != (self.indices.len(), self.choices) {
            return Err(ProtectError::Parameter {
                what: "the number of indices of the query",
                value: query.indices.len(),
                expected: format!("{} below {}", self.indices.len(), self.choices),
            });
        }
        let pairs = self.indices.iter().zip(&query.indices);
        let differing = pairs.filter(|(a, b)| a != b).count();
        Ok(differing as f64 / self.indices.len() as f64)
    }
}

impl fmt::Debug for IndexCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IndexCode({} indices, secret)", self.indices.len())
    }
}
