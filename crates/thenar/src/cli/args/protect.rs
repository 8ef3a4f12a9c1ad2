//! What is compared in a measurement, and what protects it.

use clap::ValueEnum;

/// What compares images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Method {
    /// The extractor that ships
    Compact,
    /// Competitive Code, which needs no training
    Compcode,
}

/// Which protection lies between feature and comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protect {
    /// Angle between features
    None,
    /// Level-1 bits under a token
    L1,
    /// Sealed bits of the feature itself (above its median)
    L2,
    /// Sealed level-1 bits, as in a store
    #[value(name = "l1+l2")]
    Both,
    /// Palm hashes, of which keys are made
    Hash,
    /// DCPV's level 1 as published: Gram–Schmidt, bits against bits
    DcpvL1,
    /// DCPV's level 2 as published, over the bits of the feature itself: a K-hidden negative database
    DcpvL2,
    /// DCPV as published
    Dcpv,
    /// DCPV with the negative database of its public code
    DcpvPublicCode,
    /// BioHashing (Teoh et al., 2004)
    Biohashing,
    /// MLP-Hash (Otroshi Shahreza et al., 2023)
    MlpHash,
    /// Index-of-Max, 300 indices below 16 (Jin et al., 2018)
    #[value(name = "iom")]
    IndexOfMax,
}

/// Whose token a template is made under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tokens {
    /// One for all: a stranger has stolen the token
    One,
    /// One for each label: a stranger comes with their own
    Own,
    /// One for the gallery and another for the probes: are two databases linked?
    Other,
}

impl Protect {
    /// Whether templates are made under a token.
    pub(crate) const fn has_token(self) -> bool {
        match self {
            Self::None | Self::L2 | Self::Hash | Self::DcpvL2 => false,
            Self::L1 | Self::Both | Self::DcpvL1 | Self::Dcpv | Self::DcpvPublicCode => true,
            Self::Biohashing | Self::MlpHash | Self::IndexOfMax => true,
        }
    }

    /// Whether the number of bits can be chosen.
    pub(crate) const fn has_bits(self) -> bool {
        match self {
            Self::None | Self::L2 | Self::Hash | Self::DcpvL2 | Self::IndexOfMax => false,
            Self::L1 | Self::Both | Self::DcpvL1 | Self::Dcpv | Self::DcpvPublicCode => true,
            Self::Biohashing | Self::MlpHash => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::value_name;

    /// They stand in reports, and the contracts of measurements and what is kept between runs depend on them.
    #[test]
    fn names_stay_as_they_are() {
        let methods = Method::value_variants().iter().map(value_name);
        assert_eq!(methods.collect::<Vec<_>>(), ["compact", "compcode"]);
        let protections = Protect::value_variants().iter().map(value_name);
        let expected = [
            "none",
            "l1",
            "l2",
            "l1+l2",
            "hash",
            "dcpv-l1",
            "dcpv-l2",
            "dcpv",
            "dcpv-public-code",
            "biohashing",
            "mlp-hash",
            "iom",
        ];
        assert_eq!(protections.collect::<Vec<_>>(), expected);
    }
}
