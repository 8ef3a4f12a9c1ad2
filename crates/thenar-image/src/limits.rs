//! How large a file and an image may be.

/// What [`Photo`](crate::Photo) accepts. Every limit is checked before pixels are allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub file_bytes: u64,
    /// Most pixels, width times height.
    pub pixels: u64,
    /// Longest side, in pixels.
    pub side: u32,
    /// Most memory a decoder may ask for, in bytes.
    pub decoder_bytes: u64,
}

impl Limits {
    /// 64 MiB: a JPEG of [`Self::PIXELS`] at five bits per pixel, which is finer than cameras write.
    pub const FILE_BYTES: u64 = 64 << 20;
    /// 100 megapixels: as RGB bytes 300 MB.
    pub const PIXELS: u64 = 100_000_000;
    /// 16384 pixels: up to here an `f32` coordinate is exact to 1/1024 of a pixel.
    pub const SIDE: u32 = 16_384;
    /// 1 GiB: room for [`Self::PIXELS`] of the widest pixel (four channels of 16 bits).
    pub const DECODER_BYTES: u64 = 1 << 30;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: Self::FILE_BYTES,
            pixels: Self::PIXELS,
            side: Self::SIDE,
            decoder_bytes: Self::DECODER_BYTES,
        }
    }
}
