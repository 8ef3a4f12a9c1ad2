//! What is attacked, and what has leaked.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thenar_protect::khidden::KHiddenParams;

use crate::EvalError;

/// How records are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// The published level 2, Algorithm 1 of DCPV.
    #[serde(rename = "khidden")]
    KHidden,
    /// The level 2 that the code published with DCPV runs.
    #[serde(rename = "khidden-public-code")]
    KHiddenPublicCode,
    /// The default: bits sealed under the store key.
    #[serde(rename = "sealed")]
    Sealed,
    /// The split form for 1:1: bits masked under the token, which the subject holds, then sealed. Here one token serves all palms.
    #[serde(rename = "split")]
    Split,
    /// Level 1 alone: bits in clear, to compare with.
    #[serde(rename = "level1")]
    Level1,
}

impl Scheme {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::KHidden,
        Self::KHiddenPublicCode,
        Self::Sealed,
        Self::Split,
        Self::Level1,
    ];

    /// The name, as it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KHidden => "khidden",
            Self::KHiddenPublicCode => "khidden-public-code",
            Self::Sealed => "sealed",
            Self::Split => "split",
            Self::Level1 => "level1",
        }
    }
}

/// What the attacker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Leak {
    /// One record of each palm.
    #[serde(rename = "store")]
    Store,
    /// Records and the token of level 1.
    #[serde(rename = "store+k1")]
    StoreK1,
    /// Records and the key of level 2.
    #[serde(rename = "store+k2")]
    StoreK2,
    /// Records, token and key.
    #[serde(rename = "all")]
    All,
    /// Several records of each palm: one template issued again and again under fresh keys of level 2.
    #[serde(rename = "several-records")]
    SeveralRecords,
}

impl Leak {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Store,
        Self::StoreK1,
        Self::StoreK2,
        Self::All,
        Self::SeveralRecords,
    ];

    /// The name, as it is written on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::StoreK1 => "store+k1",
            Self::StoreK2 => "store+k2",
            Self::All => "all",
            Self::SeveralRecords => "several-records",
        }
    }

    /// Whether the token of level 1 has leaked.
    #[must_use]
    pub fn has_k1(self) -> bool {
        matches!(self, Self::StoreK1 | Self::All)
    }

    /// Whether the key of level 2 has leaked.
    #[must_use]
    pub fn has_k2(self) -> bool {
        matches!(self, Self::StoreK2 | Self::All)
    }
}

macro_rules! named {
    ($kind:ident, $what:literal) => {
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $kind {
            type Err = EvalError;

            /// The inverse of [`Self::name`].
            fn from_str(text: &str) -> Result<Self, EvalError> {
                let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
                found.ok_or_else(|| {
                    let names = Self::ALL.map(Self::name).join(", ");
                    EvalError::attack(format!(
                        concat!("the ", $what, " is {:?}, expected one of {}"),
                        text, names
                    ))
                })
            }
        }
    };
}

named!(Scheme, "scheme");
named!(Leak, "leak");

/// The false-match rates of the thresholds that queries of an attacker are held against.
pub const FMRS: [f64; 2] = [1e-3, 1e-4];

/// The most bits in all stolen records together: about 2 GiB of negative databases.
const MOST_STOLEN: usize = 1 << 25;

/// An attack to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// How records are protected.
    pub scheme: Scheme,
    /// What the attacker has.
    pub leak: Leak,
    /// Bits of a template, 32..=4096. With given features it is at most their length.
    pub bits: usize,
    /// Palms with a stolen record each, 2..=10,000. With given features it is the number of palms at most.
    pub records: usize,
    /// The same seed gives the same figures.
    pub seed: u64,
    /// The cosine between two drawn captures of one palm, 0..=1; 0.81 makes a fifth of the bits differ.
    pub correlation: f64,
    /// Records of each palm for [`Leak::SeveralRecords`], 2..=64.
    pub records_per_palm: usize,
    /// Parameters of [`Scheme::KHidden`].
    pub khidden: KHiddenParams,
    /// How many of the records the costly attacks (belief propagation, WalkSAT, hill climbing) are run on, at least 2.
    pub searched: usize,
    /// The most flips of WalkSAT on a record.
    pub flips: u64,
    /// The most queries of a hill climber against a record.
    pub queries: u64,
}

impl Options {
    /// The usual attack on a scheme under a leak: 1024 bits, 200 records, seed 1.
    #[must_use]
    pub fn new(scheme: Scheme, leak: Leak) -> Self {
        Self {
            scheme,
            leak,
            bits: 1024,
            records: 200,
            seed: 1,
            correlation: 0.81,
            records_per_palm: 5,
            khidden: KHiddenParams::default(),
            searched: 50,
            flips: 100_000,
            queries: 20_000,
        }
    }

    /// Parameters of the negative database, if there is one.
    pub(super) fn database(&self) -> Option<KHiddenParams> {
        match self.scheme {
            Scheme::KHidden => Some(self.khidden.clone()),
            Scheme::KHiddenPublicCode => Some(KHiddenParams::public_code()),
            Scheme::Sealed | Scheme::Split | Scheme::Level1 => None,
        }
    }

    /// Refuses what is out of range.
    pub(super) fn check(&self) -> Result<(), EvalError> {
        let ranges: [(&str, usize, usize, usize); 4] = [
            ("bits", self.bits, 32, 4096),
            ("records", self.records, 2, 10_000),
            ("records of a palm", self.records_per_palm, 2, 64),
            ("searched records", self.searched, 2, 10_000),
        ];
        for (what, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return Err(EvalError::attack(format!(
                    "{value} {what}, expected {low} to {high}"
                )));
            }
        }
        let each = match self.leak {
            Leak::SeveralRecords => self.records_per_palm,
            _ => 1,
        };
        let stolen = self.bits * self.records * each;
        if stolen > MOST_STOLEN {
            return Err(EvalError::attack(format!(
                "{stolen} bits in all records, expected at most {MOST_STOLEN}"
            )));
        }
        if !(0.0..=1.0).contains(&self.correlation) {
            let found = self.correlation;
            return Err(EvalError::attack(format!(
                "the correlation of captures is {found}, expected 0 to 1"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for scheme in Scheme::ALL {
            assert_eq!(scheme.to_string().parse::<Scheme>().unwrap(), scheme);
            let json = serde_json::to_string(&scheme).unwrap();
            assert_eq!(json, format!("{:?}", scheme.name()));
        }
        for leak in Leak::ALL {
            assert_eq!(leak.to_string().parse::<Leak>().unwrap(), leak);
            let json = serde_json::to_string(&leak).unwrap();
            assert_eq!(json, format!("{:?}", leak.name()));
        }
        let error = "shop".parse::<Leak>().unwrap_err().to_string();
        assert_eq!(
            error,
            "attack: the leak is \"shop\", expected one of store, store+k1, store+k2, all, several-records"
        );
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let usual = Options::new(Scheme::Sealed, Leak::Store);
        usual.check().unwrap();
        let problem = |options: Options| options.check().unwrap_err().to_string();
        let few = Options {
            bits: 31,
            ..usual.clone()
        };
        assert_eq!(problem(few), "attack: 31 bits, expected 32 to 4096");
        let one = Options {
            records: 1,
            ..usual.clone()
        };
        assert!(problem(one).contains("1 records, expected 2"));
        let many = Options {
            bits: 4096,
            records: 10_000,
            ..usual.clone()
        };
        assert!(problem(many).contains("40960000 bits in all records"));
        let odd = Options {
            correlation: f64::NAN,
            ..usual
        };
        assert!(problem(odd).contains("is NaN, expected 0 to 1"));
    }
}
