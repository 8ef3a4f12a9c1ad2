//! Why a photo could not be read.

use std::io;

/// Why a photo could not be read. Every message names the file first, then the reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// There is no such file.
    #[error("{name}: no such file")]
    NotFound {
        /// The file.
        name: String,
    },
    /// The path leads to a directory.
    #[error("{name}: is a directory, expected an image file")]
    IsDirectory {
        /// The file.
        name: String,
    },
    /// The operating system could not read the file.
    #[error("{name}: cannot be read: {source}")]
    Read {
        /// The file.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no bytes.
    #[error("{name}: the file is empty (0 bytes), expected an image")]
    Empty {
        /// The file.
        name: String,
    },
    /// The file is longer than [`Limits::file_bytes`](crate::Limits::file_bytes).
    #[error("{name}: the file is too large, at most {limit} bytes are read")]
    FileTooLarge {
        /// The file.
        name: String,
        /// Most bytes.
        limit: u64,
    },
    /// The first bytes are those of no image format.
    #[error(
        "{name}: not an image (expected JPEG, PNG, BMP or WebP; the name's ending does not count)"
    )]
    NotAnImage {
        /// The file.
        name: String,
    },
    /// The first bytes are those of a format that is not read here.
    #[error("{name}: {format} images are not supported, convert to JPEG, PNG, BMP or WebP")]
    Unsupported {
        /// The file.
        name: String,
        /// The format found.
        format: String,
    },
    /// The header states a width or a height of zero.
    #[error("{name}: the image has no pixels, its header states {width}×{height}")]
    NoPixels {
        /// The file.
        name: String,
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
    },
    /// More pixels than [`Limits`](crate::Limits) allow.
    #[error(
        "{name}: the image is too large: {width}×{height} pixels, at most {side} per side and {pixels} in all"
    )]
    TooLarge {
        /// The file.
        name: String,
        /// Width that the header states.
        width: u32,
        /// Height that the header states.
        height: u32,
        /// Longest side allowed.
        side: u32,
        /// Most pixels allowed.
        pixels: u64,
    },
    /// The file stops before the image does.
    #[error("{name}: the {format} image is truncated, the file ends before the image does")]
    Truncated {
        /// The file.
        name: String,
        /// The format found.
        format: &'static str,
    },
    /// The decoder could not make sense of the content.
    #[error("{name}: the {format} image is damaged: {reason}")]
    Damaged {
        /// The file.
        name: String,
        /// The format found.
        format: &'static str,
        /// What the decoder said.
        reason: String,
    },
}
