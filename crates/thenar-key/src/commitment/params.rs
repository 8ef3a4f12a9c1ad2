//! What a commitment is made with: the code, the cost, the factors beside the palm.

use rand::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::bch::{Bch, BchError};
use crate::keys::KeyKind;
use crate::token::{Cost, Passphrase};

/// Length of a device secret in bytes.
pub const DEVICE_SECRET_LEN: usize = 32;

/// The error-correcting code of a commitment: BCH over GF(2^m), correcting t errors, of length n (shortened if n is less
/// than 2^m − 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeParams {
    /// Field degree, 5…13.
    pub m: u8,
    /// Errors corrected.
    pub t: u16,
    /// Length in bits.
    pub n: u16,
}

impl CodeParams {
    /// (127, 64, t = 10): a secret of 64 bits, up to 7.9 % wrong bits. The default; eight numbers for each bit make so few
    /// wrong.
    pub const BCH_127_64: Self = Self {
        m: 7,
        t: 10,
        n: 127,
    };
    /// (127, 29, t = 21): a secret of 29 bits, up to 16.5 % wrong bits.
    pub const BCH_127_29: Self = Self {
        m: 7,
        t: 21,
        n: 127,
    };
    /// (255, 21, t = 55): up to 21.6 % wrong bits.
    pub const BCH_255_21: Self = Self {
        m: 8,
        t: 55,
        n: 255,
    };
    /// (511, 76, t = 85): up to 16.6 % wrong bits.
    pub const BCH_511_76: Self = Self {
        m: 9,
        t: 85,
        n: 511,
    };
    /// (1023, 91, t = 181): up to 17.7 % wrong bits.
    pub const BCH_1023_91: Self = Self {
        m: 10,
        t: 181,
        n: 1023,
    };
    /// The default code.
    pub const DEFAULT: Self = Self::BCH_127_64;

    /// The code of full length 2^m − 1 (for m up to 13).
    pub const fn full(m: u8, t: u16) -> Self {
        let m_or_13 = if m < 13 { m } else { 13 };
        Self {
            m,
            t,
            n: ((1u32 << m_or_13) - 1) as u16,
        }
    }

    /// Builds the code.
    ///
    /// # Errors
    /// There is no such code.
    pub fn build(&self) -> Result<Bch, BchError> {
        Bch::shortened(u32::from(self.m), usize::from(self.t), usize::from(self.n))
    }

    /// Cheap checks of a record's fields: the ranges, not whether the code exists.
    pub(crate) fn check(&self) -> Result<(), BchError> {
        let (m, t) = (u32::from(self.m), usize::from(self.t));
        if !(crate::gf::MIN_DEGREE..=crate::gf::MAX_DEGREE).contains(&m) {
            return Err(BchError::FieldDegree { found: m });
        }
        let (n, max) = (usize::from(self.n), (1usize << m) - 1);
        if t == 0 || 2 * t >= max {
            return Err(BchError::NoSuchT { m, t });
        }
        if n <= t || n > max {
            return Err(BchError::Length { n, min: t + 1, max });
        }
        Ok(())
    }
}

impl Default for CodeParams {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A third factor: 256 random bits that stay on a device. Wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DeviceSecret([u8; DEVICE_SECRET_LEN]);

impl core::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DeviceSecret(..)")
    }
}

impl DeviceSecret {
    /// A new random secret.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; DEVICE_SECRET_LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The secret with these bytes.
    pub fn from_bytes(bytes: [u8; DEVICE_SECRET_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes, for writing to a protected file.
    pub fn expose(&self) -> &[u8; DEVICE_SECRET_LEN] {
        &self.0
    }
}

/// What is needed beside the palm.
#[derive(Clone, Copy, Debug)]
pub struct Factors<'a> {
    /// What the person knows.
    pub passphrase: &'a Passphrase,
    /// What the person has, if the key was made with it.
    pub device_secret: Option<&'a DeviceSecret>,
}

impl<'a> Factors<'a> {
    /// Palm and passphrase only.
    pub fn passphrase(passphrase: &'a Passphrase) -> Self {
        Self {
            passphrase,
            device_secret: None,
        }
    }
}

/// Choices at enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitParams {
    /// The code.
    pub code: CodeParams,
    /// Numbers of the feature that keep one bit of the codeword, 1…[`MAX_COPIES`](super::MAX_COPIES).
    pub copies: u8,
    /// Cost of the passphrase.
    pub cost: Cost,
    /// Kind of key to make.
    pub kind: KeyKind,
}

impl CommitParams {
    /// Length of the palm hash in bits: copies times the length of the code. A feature needs as many numbers.
    pub fn bits(&self) -> usize {
        usize::from(self.copies) * usize::from(self.code.n)
    }
}

impl Default for CommitParams {
    /// A secret of 64 bits in the 1,016 most reliable numbers.
    fn default() -> Self {
        Self {
            code: CodeParams::DEFAULT,
            copies: 8,
            cost: Cost::default(),
            kind: KeyKind::default(),
        }
    }
}
