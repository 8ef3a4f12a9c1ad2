//! Templates as they were published, to compare with. Each distance is a function of one product of two vectors, so very
//! many are compared as matrices.
//!
//! Both sides of a comparison are bits or indices.

use thenar::Feature;
use thenar_protect::khidden::{KHiddenParams, NegativeDatabase};
use thenar_protect::schemes::{
    BioHashing, BioHashingParams, Frame, IndexOfMax, IndexOfMaxParams, MlpHash, MlpHashParams,
};
use thenar_protect::{BitTemplate, Level1, Level1Params, ProtectError, StoreKey, Token, Transform};

use super::super::args::Protect;
use super::protection::wide;
use super::template::{Linear, Measure};

/// Hidden layers of MLP-Hash. The structured form takes a power of two; the paper's three are twice the feature.
const MLP_LAYERS: usize = 3;

/// A published scheme under one token.
pub(super) enum Published {
    Bits(Bits),
    KHidden(Bits, KHiddenParams, StoreKey),
    IndexOfMax(IndexOfMax),
}

/// What makes bits of a feature.
pub(super) enum Bits {
    AboveMedian,
    Level1(Level1),
    BioHashing(BioHashing),
    MlpHash(MlpHash),
}

impl Published {
    /// The scheme of this name, with as many bits; `None` for what is no published scheme.
    pub(super) fn new(
        protect: Protect,
        (length, bits): (usize, usize),
        token: &Token,
        k2: StoreKey,
    ) -> Result<Option<Self>, ProtectError> {
        let level1 = || {
            let params = Level1Params::for_comparison(length, bits)?.with_gram_schmidt()?;
            Level1::new(params, token).map(Bits::Level1)
        };
        Ok(Some(match protect {
            Protect::DcpvL1 => Self::Bits(level1()?),
            Protect::DcpvL2 => Self::KHidden(Bits::AboveMedian, KHiddenParams::default(), k2),
            Protect::Dcpv => Self::KHidden(level1()?, KHiddenParams::default(), k2),
            Protect::DcpvPublicCode => Self::KHidden(level1()?, KHiddenParams::public_code(), k2),
            Protect::Biohashing => {
                let params = BioHashingParams::new(length, bits)?;
                Self::Bits(Bits::BioHashing(BioHashing::with_token(params, token)?))
            }
            Protect::MlpHash => {
                let layers = [2 * length; MLP_LAYERS];
                let params = MlpHashParams::with_layers(length, &layers, bits, Frame::Structured)?;
                Self::Bits(Bits::MlpHash(MlpHash::with_token(params, token)?))
            }
            Protect::IndexOfMax => {
                let params = IndexOfMaxParams::usual(length)?;
                Self::IndexOfMax(IndexOfMax::with_token(params, token)?)
            }
            Protect::None | Protect::L1 | Protect::L2 | Protect::Both | Protect::Hash => {
                return Ok(None);
            }
        }))
    }

    /// The record of a feature, as what a query is multiplied with.
    pub(super) fn enrolled(&self, feature: &[f32]) -> Result<Linear, ProtectError> {
        Ok(match self {
            Self::Bits(scheme) => {
                let bits = scheme.of(feature)?;
                let share = 1.0 / bits.len() as f32;
                let signs: Vec<f32> = bits.signs().map(|sign| sign * share).collect();
                Linear::new(signs, Measure::Share)
            }
            Self::KHidden(scheme, params, k2) => {
                let bits = scheme.of(feature)?;
                let sums = NegativeDatabase::generate(&bits, params, k2)?.column_sums();
                Linear::new(sums.cosine_factors(), Measure::Angle)
            }
            Self::IndexOfMax(scheme) => {
                let code = scheme.transform(feature)?;
                let (share, choices) = (2.0 / code.indices().len() as f32, code.choices());
                let chosen = one_hot(code.indices(), choices).map(|one| one * share);
                Linear::new(chosen.chain([-1.0]).collect::<Vec<_>>(), Measure::Share)
            }
        })
    }

    /// A query, as what a record is multiplied with.
    pub(super) fn query(&self, feature: &[f32]) -> Result<Feature, ProtectError> {
        let query: Vec<f32> = match self {
            Self::Bits(scheme) => scheme.of(feature)?.signs().collect(),
            Self::KHidden(scheme, ..) => scheme.of(feature)?.signs().chain([1.0]).collect(),
            Self::IndexOfMax(scheme) => {
                let code = scheme.transform(feature)?;
                let chosen = one_hot(code.indices(), code.choices());
                chosen.chain([1.0]).collect()
            }
        };
        Ok(query.into())
    }
}

impl Bits {
    fn of(&self, feature: &[f32]) -> Result<BitTemplate, ProtectError> {
        match self {
            Self::AboveMedian => BitTemplate::above_median(&wide(feature)),
            Self::Level1(level1) => level1.bits(feature),
            Self::BioHashing(scheme) => scheme.transform(feature),
            Self::MlpHash(scheme) => scheme.transform(feature),
        }
    }
}

/// For each index as many numbers as there are choices: 1 at the index, 0 elsewhere.
fn one_hot(indices: &[u8], choices: usize) -> impl Iterator<Item = f32> {
    let each =
        move |&index: &u8| (0..choices).map(move |i| f32::from(u8::from(i == usize::from(index))));
    indices.iter().flat_map(each)
}

#[cfg(test)]
mod tests {
    use thenar_protect::Match;

    use super::*;

    fn unit(seed: usize, length: usize) -> Vec<f32> {
        let raw: Vec<f32> = (0..length)
            .map(|i| ((i * 31 + 7) as f32 * (seed as f32 + 0.37)).sin())
            .collect();
        let norm = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
        raw.iter().map(|v| v / norm).collect()
    }

    fn scheme(protect: Protect) -> Published {
        let (token, k2) = (Token::from_bytes([1; 32]), StoreKey::from_bytes([2; 32]));
        Published::new(protect, (64, 32), &token, k2)
            .unwrap()
            .unwrap()
    }

    /// The distance by the product, and the one that the scheme itself gives.
    #[test]
    fn products_give_the_distances_of_the_schemes() {
        let (a, b) = (unit(1, 64), unit(2, 64));
        for protect in [
            Protect::DcpvL1,
            Protect::DcpvL2,
            Protect::Dcpv,
            Protect::DcpvPublicCode,
            Protect::Biohashing,
            Protect::MlpHash,
            Protect::IndexOfMax,
        ] {
            let scheme = scheme(protect);
            let found = scheme
                .enrolled(&a)
                .unwrap()
                .distance(&scheme.query(&b).unwrap());
            let expected = match &scheme {
                Published::Bits(s) => s.of(&a).unwrap().distance(&s.of(&b).unwrap()),
                Published::KHidden(s, params, k2) => {
                    let database = NegativeDatabase::generate(&s.of(&a).unwrap(), params, k2);
                    database.unwrap().column_sums().distance(&s.of(&b).unwrap())
                }
                Published::IndexOfMax(s) => {
                    s.transform(&a).unwrap().distance(&s.transform(&b).unwrap())
                }
            };
            let expected = expected.unwrap();
            assert!(
                (f64::from(found) - expected).abs() < 1e-5,
                "{protect:?}: {found} {expected}"
            );
            assert!(expected > 0.1, "{protect:?}: two palms");
        }
    }
}
