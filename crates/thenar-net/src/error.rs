//! What can go wrong with networks.

/// Why a network could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The bytes are not a model that can be run.
    #[error("{model} model: cannot be loaded: {reason}")]
    Load {
        /// Which model: `localizer` or `extractor`.
        model: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The model runs, but is not the kind of model that was asked for.
    #[error("{model} model: {reason}")]
    Contract {
        /// Which model.
        model: &'static str,
        /// Which input or output differs from what was expected.
        reason: String,
    },
    /// The model failed while it ran, or gave numbers that are not finite.
    #[error("{model} model: failed: {reason}")]
    Run {
        /// Which model.
        model: &'static str,
        /// What failed.
        reason: String,
    },
    /// There is nothing to look at.
    #[error("the photo has {width}×{height} pixels, expected at least 1×1")]
    EmptyPhoto {
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
    },
}
