//! The arguments of commands that compare lists of images.

use std::path::PathBuf;

use clap::Args as ClapArgs;

/// The images that are compared.
#[derive(Debug, ClapArgs)]
pub(crate) struct Images {
    /// Gallery: lines of `path label`
    #[arg(long, value_name = "LIST")]
    pub gallery: PathBuf,
    /// Probes: lines of `path label`
    #[arg(long, value_name = "LIST")]
    pub probe: PathBuf,
    /// Folder that the paths in the lists are relative to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// An ONNX file of your own in place of the extractor that ships; see `Extractor` in thenar-net for what it must be
    #[arg(long, value_name = "ONNX")]
    pub extractor: Option<PathBuf>,
    /// Enrol all gallery images of a label as one template, as `enroll` and `key new` do with several photos
    #[arg(long)]
    pub together: bool,
}

/// What is kept of images between runs.
#[derive(Debug, ClapArgs)]
pub(crate) struct Keeping {
    /// Keeps what was made of images, so that a run goes on or is repeated at once; unprotected biometric data [default:
    /// cache.db in the output folder]
    #[arg(long, value_name = "FILE")]
    pub cache: Option<PathBuf>,
    /// Keep nothing of the images
    #[arg(long, conflicts_with = "cache")]
    pub no_cache: bool,
}
