//! Which framework computes gradients.

/// A framework that runs networks and carries gradients back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// burn's pure Rust backend: builds anywhere.
    Flex,
    /// burn over libtorch.
    #[cfg(feature = "libtorch")]
    BurnLibtorch,
    /// libtorch with its own gradients: the fastest on a CPU.
    #[cfg(feature = "libtorch")]
    Libtorch,
    /// The same with gradients computed in bfloat16.
    #[cfg(feature = "libtorch")]
    LibtorchHalf,
}

impl Default for Backend {
    /// The fastest that was built.
    fn default() -> Self {
        #[cfg(feature = "libtorch")]
        return Self::Libtorch;
        #[cfg(not(feature = "libtorch"))]
        Self::Flex
    }
}
