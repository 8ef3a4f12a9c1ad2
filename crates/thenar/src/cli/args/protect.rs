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

impl Method {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Compcode => "compcode",
        }
    }
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

impl Protect {
    /// Whether the number of bits can be chosen.
    pub(crate) const fn has_bits(self) -> bool {
        match self {
            Self::None | Self::L2 | Self::Hash | Self::DcpvL2 | Self::IndexOfMax => false,
            Self::L1 | Self::Both | Self::DcpvL1 | Self::Dcpv | Self::DcpvPublicCode => true,
            Self::Biohashing | Self::MlpHash => true,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Both => "l1+l2",
            Self::Hash => "hash",
            Self::DcpvL1 => "dcpv-l1",
            Self::DcpvL2 => "dcpv-l2",
            Self::Dcpv => "dcpv",
            Self::DcpvPublicCode => "dcpv-public-code",
            Self::Biohashing => "biohashing",
            Self::MlpHash => "mlp-hash",
            Self::IndexOfMax => "iom",
        }
    }
}
