//! Decoding a photo, within limits.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage};

use crate::container::{is_whole, stated_size};
use crate::{ImageError, Limits};

/// A decoded photo: 8-bit RGB, turned upright as its EXIF orientation says.
///
/// Grey and 16-bit images are converted; transparent pixels are laid over white.
#[derive(Clone, Debug)]
pub struct Photo {
    rgb: RgbImage,
}

impl Photo {
    /// Reads and decodes the file at `path` within the default [`Limits`]. The format is told by the first
    /// bytes, not by the name.
    ///
    /// # Errors
    /// [`ImageError`] naming `path` and the reason.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ImageError> {
        Self::open_with(path, &Limits::default())
    }

    /// [`Photo::open`] with limits of your own.
    ///
    /// # Errors
    /// [`ImageError`] naming `path` and the reason.
    pub fn open_with(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, ImageError> {
        let path = path.as_ref();
        let name = printable(&path.to_string_lossy());
        let bytes = read_limited(path, &name, limits.file_bytes)?;
        Self::decode_with(&bytes, &name, limits)
    }

    /// The bytes of a file that may hold a photo, within the default [`Limits`]; for [`Photo::decode`] and a digest.
    ///
    /// # Errors
    /// [`ImageError`] naming `path` and the reason.
    pub fn read(path: impl AsRef<Path>) -> Result<Vec<u8>, ImageError> {
        let path = path.as_ref();
        let name = printable(&path.to_string_lossy());
        read_limited(path, &name, Limits::default().file_bytes)
    }

    /// Decodes `bytes` within the default [`Limits`]; `name` only serves error messages.
    ///
    /// # Errors
    /// [`ImageError`] naming `name` and the reason.
    pub fn decode(bytes: &[u8], name: &str) -> Result<Self, ImageError> {
        Self::decode_with(bytes, name, &Limits::default())
    }

    /// [`Photo::decode`] with limits of your own.
    ///
    /// # Errors
    /// [`ImageError`] naming `name` and the reason.
    pub fn decode_with(bytes: &[u8], name: &str, limits: &Limits) -> Result<Self, ImageError> {
        let name = printable(name);
        if bytes.is_empty() {
            return Err(ImageError::Empty { name });
        }
        if bytes.len() as u64 > limits.file_bytes {
            return Err(ImageError::FileTooLarge {
                name,
                limit: limits.file_bytes,
            });
        }
        let format = known_format(bytes, &name)?;
        if let Some(size) = stated_size(format, bytes) {
            check_size(size, &name, limits)?;
        }
        if !is_whole(format, bytes) {
            return Err(ImageError::Truncated {
                name,
                format: format_name(format),
            });
        }
        decode_pixels(bytes, format, &name, limits).map(|rgb| Self { rgb })
    }

    /// A photo from pixels that are already decoded.
    pub fn from_rgb(rgb: RgbImage) -> Self {
        Self { rgb }
    }

    /// The pixels.
    pub fn rgb(&self) -> &RgbImage {
        &self.rgb
    }

    /// The pixels, given away.
    pub fn into_rgb(self) -> RgbImage {
        self.rgb
    }
}

/// Reads at most `limit` bytes, so that an endless pipe cannot fill the memory.
fn read_limited(path: &Path, name: &str, limit: u64) -> Result<Vec<u8>, ImageError> {
    let name = || name.to_owned();
    let read = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ImageError::NotFound { name: name() },
        io::ErrorKind::IsADirectory => ImageError::IsDirectory { name: name() },
        _ => ImageError::Read {
            name: name(),
            source,
        },
    };
    let about = std::fs::metadata(path).map_err(read)?;
    if about.is_dir() {
        return Err(ImageError::IsDirectory { name: name() });
    }
    if about.len() > limit {
        return Err(ImageError::FileTooLarge {
            name: name(),
            limit,
        });
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    let file = File::open(path).map_err(read)?;
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(read)?;
    Ok(bytes)
}

/// The format by the first bytes, if it is one of the four that are read.
fn known_format(bytes: &[u8], name: &str) -> Result<ImageFormat, ImageError> {
    use ImageFormat::{Bmp, Jpeg, Png, WebP};
    let unsupported = |format: &str| ImageError::Unsupported {
        name: name.to_owned(),
        format: format.to_owned(),
    };
    if bytes.get(4..8) == Some(b"ftyp") {
        let brand = bytes.get(8..12).unwrap_or_default();
        return Err(unsupported(if brand.starts_with(b"avi") {
            "AVIF"
        } else {
            "HEIC"
        }));
    }
    match image::guess_format(bytes) {
        Ok(format @ (Jpeg | Png | Bmp | WebP)) => Ok(format),
        Ok(other) => Err(unsupported(format_name(other))),
        Err(_) => Err(ImageError::NotAnImage {
            name: name.to_owned(),
        }),
    }
}

/// Decodes the pixels of a file whose format is known and that is whole.
fn decode_pixels(
    bytes: &[u8],
    format: ImageFormat,
    name: &str,
    limits: &Limits,
) -> Result<RgbImage, ImageError> {
    let failed = |error| decoder_error(error, format, name);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut memory = image::Limits::no_limits();
    memory.max_alloc = Some(limits.decoder_bytes);
    reader.limits(memory);
    let mut decoder = reader.into_decoder().map_err(failed)?;
    check_size(decoder.dimensions(), name, limits)?;
    // An unreadable EXIF block is no reason to refuse the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut pixels = DynamicImage::from_decoder(decoder).map_err(failed)?;
    pixels.apply_orientation(orientation);
    Ok(over_white(pixels))
}

/// Refuses images with no pixels or too many.
fn check_size((width, height): (u32, u32), name: &str, limits: &Limits) -> Result<(), ImageError> {
    let Limits { side, pixels, .. } = *limits;
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels {
            name: name.to_owned(),
            width,
            height,
        });
    }
    if width.max(height) > side || u64::from(width) * u64::from(height) > pixels {
        return Err(ImageError::TooLarge {
            name: name.to_owned(),
            width,
            height,
            side,
            pixels,
        });
    }
    Ok(())
}

/// 8-bit RGB; where there is an alpha channel, the image is laid over white.
fn over_white(pixels: DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.into_rgb8();
    }
    let rgba = pixels.into_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, a] = rgba.get_pixel(x, y).0.map(u32::from);
        let mix = |v: u32| ((v * a + 255 * (255 - a) + 127) / 255) as u8;
        image::Rgb([mix(r), mix(g), mix(b)])
    })
}

/// What went wrong in the decoder, in our words.
fn decoder_error(error: image::ImageError, format: ImageFormat, name: &str) -> ImageError {
    let (name, format) = (name.to_owned(), format_name(format));
    match error {
        image::ImageError::IoError(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
            ImageError::Truncated { name, format }
        }
        other => ImageError::Damaged {
            name,
            format,
            reason: printable(&other.to_string()),
        },
    }
}

fn format_name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Jpeg => "JPEG",
        ImageFormat::Png => "PNG",
        ImageFormat::Bmp => "BMP",
        ImageFormat::WebP => "WebP",
        ImageFormat::Gif => "GIF",
        ImageFormat::Tiff => "TIFF",
        ImageFormat::Ico => "ICO",
        _ => "such",
    }
}

/// Control characters escaped, so that a hostile file name cannot steer the terminal.
fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}
