//! The outside of image files: what size they state and whether they are whole.
//!
//! Decoders differ in what they do with a file that was cut off: the JPEG decoder paints the missing part grey
//! and reports success. So completeness is decided here, by walking the segments without decoding them.

use image::ImageFormat;

/// The signature before the first chunk of a PNG file.
const PNG_SIGNATURE: usize = 8;
/// Length, type and checksum of a PNG chunk.
const PNG_CHUNK_FRAME: usize = 12;

/// Width and height that the header states, as far as it can be told without a decoder.
pub fn stated_size(format: ImageFormat, bytes: &[u8]) -> Option<(u32, u32)> {
    match format {
        ImageFormat::Png => {
            let header = bytes.get(PNG_SIGNATURE + 4..PNG_SIGNATURE + 16)?;
            let (kind, size) = header.split_at(4);
            (kind == b"IHDR").then(|| (be32(size, 0).unwrap_or(0), be32(size, 4).unwrap_or(0)))
        }
        ImageFormat::Jpeg => walk_jpeg(bytes).size,
        _ => None,
    }
}

/// Whether the file goes on to the end of its image; formats not known here count as whole.
pub fn is_whole(format: ImageFormat, bytes: &[u8]) -> bool {
    match format {
        ImageFormat::Jpeg => walk_jpeg(bytes).whole,
        ImageFormat::Png => png_is_whole(bytes),
        // RIFF: the length after the tag counts what follows it.
        ImageFormat::WebP => le32(bytes, 4).is_some_and(|n| bytes.len() as u64 >= u64::from(n) + 8),
        _ => true,
    }
}

/// What a walk over the segments of a JPEG file found.
#[derive(Default)]
struct JpegWalk {
    /// Width and height of the first frame header.
    size: Option<(u32, u32)>,
    /// Whether the end-of-image marker was reached, after at least one scan.
    whole: bool,
}

/// Walks the segments of a JPEG file (ITU T.81, annex B): markers inside of segments, such as those of an
/// embedded thumbnail, are skipped over with the segment.
fn walk_jpeg(bytes: &[u8]) -> JpegWalk {
    let mut walk = JpegWalk::default();
    let mut scans = 0;
    let mut at = 2; // after the start-of-image marker
    while let Some((marker, after)) = next_marker(bytes, at) {
        match marker {
            0xD9 => {
                walk.whole = scans > 0;
                return walk;
            }
            // Restart markers and the "temporary" one stand alone.
            0x01 | 0xD0..=0xD8 => at = after,
            _ => {
                let Some(length) = be16(bytes, after) else {
                    return walk;
                };
                // Frame headers are C0–CF without the three tables that share the range.
                if matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
                    walk.size = walk.size.or_else(|| jpeg_frame_size(bytes, after));
                }
                scans += usize::from(marker == 0xDA);
                at = after + usize::from(length);
            }
        }
    }
    walk
}

/// The next marker at or after `from`, and the position behind it. Entropy-coded data, stuffed zeros (`FF 00`)
/// and fill bytes (`FF FF`) are passed over.
fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut rest = bytes.get(from..)?;
    let mut at = from;
    loop {
        let ff = rest.iter().position(|&b| b == 0xFF)?;
        match *rest.get(ff + 1)? {
            0x00 => (rest, at) = (rest.get(ff + 2..)?, at + ff + 2),
            0xFF => (rest, at) = (rest.get(ff + 1..)?, at + ff + 1),
            marker => return Some((marker, at + ff + 2)),
        }
    }
}

/// Width and height in the frame header whose length field stands at `at`.
fn jpeg_frame_size(bytes: &[u8], at: usize) -> Option<(u32, u32)> {
    Some((
        u32::from(be16(bytes, at + 5)?),
        u32::from(be16(bytes, at + 3)?),
    ))
}

/// Walks the chunks of a PNG file up to `IEND`.
fn png_is_whole(bytes: &[u8]) -> bool {
    let mut at = PNG_SIGNATURE;
    while let (Some(length), Some(kind)) = (be32(bytes, at), bytes.get(at + 4..at + 8)) {
        let next = (at as u64) + u64::from(length) + PNG_CHUNK_FRAME as u64;
        if next > bytes.len() as u64 {
            return false;
        }
        if kind == b"IEND" {
            return true;
        }
        at = next as usize;
    }
    false
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    be32(bytes, at).map(u32::swap_bytes)
}
