//! The cancelable templates that DCPV compares level 1 with, to compare with. None of them is what ships.
//!
//! Each takes a feature of norm 1 and a token, as [`crate::Level1`] does, and implements [`crate::Transform`]; their
//! templates implement [`crate::Match`].
//!
//! | scheme | template | source |
//! |---|---|---|
//! | [`BioHashing`] | bits: orthonormal random projections against a threshold | Teoh Beng Jin, Ngo, Goh, Pattern Recognition 37(11), 2004 |
//! | [`MlpHash`] | bits: an untrained network with orthonormal layers, against the mean of its outputs | Otroshi Shahreza, Krivokuća Hahn, Marcel, EUSIPCO 2023 |
//! | [`IndexOfMax`] | indices: which of `q` Gaussian projections is largest, `m` times (GRP) | Jin, Hwang, Lai, Kim, Teoh, IEEE TIFS 13(2), 2018 |

mod biohashing;
mod frame;
mod index_of_max;
mod mlp_hash;

pub use biohashing::{BioHashing, BioHashingParams};
pub use frame::Frame;
pub use index_of_max::{IndexCode, IndexOfMax, IndexOfMaxParams};
pub use mlp_hash::{MlpHash, MlpHashParams};

use crate::Token;
use crate::derive::{Stream, hkdf};

/// The random numbers of a scheme under a token. Parameters that are described otherwise draw other numbers.
fn stream(token: &Token, parameters: &str) -> Stream {
    let info = [parameters.as_bytes()];
    Stream::new(&hkdf(token.as_bytes(), b"thenar/schemes/v1", &info))
}

#[cfg(test)]
mod tests;
