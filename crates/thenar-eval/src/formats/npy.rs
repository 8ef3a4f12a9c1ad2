//! numpy's `.npy` arrays (format versions 1 to 3, NEP 1), of numbers and fixed-length texts, of one or two dimensions.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::EvalError;

/// Bytes of one array at most: 500 million 64-bit scores.
pub(super) const MAX_BYTES: u64 = 4 << 30;
/// A header longer than this describes no scores.
const MAX_HEADER: usize = 64 << 10;

/// An array in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length of each dimension, one or two.
    pub shape: Vec<usize>,
    /// The values, row by row.
    pub values: Values,
}

/// The values of an [`Array`].
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Floats, 16 to 64 bits wide, as 64-bit floats.
    Floats(Vec<f64>),
    /// Integers and truth values.
    Integers(Vec<i64>),
    /// Texts (`U`) and byte texts (`S`).
    Texts(Vec<String>),
}

/// Reads a `.npy` file.
///
/// # Errors
/// [`EvalError::Read`], [`EvalError::File`] when it is not an array of numbers or texts of one or two dimensions, is cut
/// short, has bytes left over or is larger than 4 GiB.
pub fn read(path: &Path) -> Result<Array, EvalError> {
    let file = File::open(path).map_err(EvalError::read(path))?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(EvalError::read(path))?;
    parse(&bytes).map_err(|problem| EvalError::file(path, problem))
}

/// Parses the bytes of a `.npy` file.
///
/// # Errors
/// What is wrong with them.
pub(super) fn parse(bytes: &[u8]) -> Result<Array, String> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!(
            "larger than {MAX_BYTES} bytes, the limit for an array"
        ));
    }
    let (header, data) = split(bytes)?;
    let descr = between(header, "'descr':", &['\''])?;
    let fortran = match value_of(header, "'fortran_order':")?
        .split([',', '}'])
        .next()
        .map(str::trim)
    {
        Some("True") => true,
        Some("False") => false,
        other => {
            return Err(format!(
                "fortran_order is {other:?}, expected True or False"
            ));
        }
    };
    let shape = shape(header)?;
    let count = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    let item = Item::of(descr)?;
    let needed = count.and_then(|n| n.checked_mul(item.width));
    if needed != Some(data.len()) || data.is_empty() {
        return Err(format!(
            "shape {shape:?} of {descr:?} does not fit its {} bytes of data",
            data.len()
        ));
    }
    let values = item.values(data);
    let values = match (fortran, shape.as_slice()) {
        (true, &[rows, columns]) => values.transposed(rows, columns),
        _ => values,
    };
    Ok(Array { shape, values })
}

/// Header text and data.
fn split(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let rest = bytes
        .strip_prefix(b"\x93NUMPY")
        .ok_or("does not start as a .npy file does")?;
    let cut = || "ends within its header".to_owned();
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (length, rest) = match version {
        [1, 0] => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        [2 | 3, 0] => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        [major, minor] => return Err(format!(".npy version {major}.{minor}, expected 1.0 to 3.0")),
    };
    if length > MAX_HEADER {
        return Err(format!(
            "header of {length} bytes, expected at most {MAX_HEADER}"
        ));
    }
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "header is not text".to_owned())?;
    Ok((header, data))
}

/// What follows a key of the header, which Python writes as a dictionary.
fn value_of<'a>(header: &'a str, key: &str) -> Result<&'a str, String> {
    let at = header
        .find(key)
        .ok_or_else(|| format!("no {key} in the header"))?;
    Ok(header[at + key.len()..].trim_start())
}

fn between<'a>(header: &'a str, key: &str, quotes: &[char]) -> Result<&'a str, String> {
    let value = value_of(header, key)?;
    let inner = value
        .strip_prefix(quotes)
        .and_then(|v| v.split_once(quotes));
    inner
        .map(|(text, _)| text)
        .ok_or_else(|| format!("{key} is not a text (structured arrays are not read)"))
}

fn shape(header: &str) -> Result<Vec<usize>, String> {
    let value = value_of(header, "'shape':")?;
    let inner = value.strip_prefix('(').and_then(|v| v.split_once(')'));
    let (inner, _) = inner.ok_or("shape is not a tuple")?;
    let parts = inner.split(',').map(str::trim).filter(|p| !p.is_empty());
    let shape: Result<Vec<usize>, _> = parts.map(str::parse).collect();
    match shape {
        Ok(shape) if (1..=2).contains(&shape.len()) => Ok(shape),
        _ => Err(format!("shape ({inner}), expected one or two dimensions")),
    }
}

/// How one item is stored.
struct Item {
    kind: char,
    width: usize,
    /// Bytes of one number: texts are rows of 32-bit characters.
    big: bool,
}

impl Item {
    fn of(descr: &str) -> Result<Self, String> {
        let wrong = || format!("items of type {descr:?}, expected numbers or texts");
        let mut chars = descr.chars();
        let (order, kind) = (
            chars.next().ok_or_else(wrong)?,
            chars.next().ok_or_else(wrong)?,
        );
        let size = chars.as_str().parse::<usize>().map_err(|_| wrong())?;
        let big = match order {
            '<' | '|' | '=' => false,
            '>' => true,
            _ => return Err(wrong()),
        };
        let width = match (kind, size) {
            ('f', 2 | 4 | 8) | ('i' | 'u', 1 | 2 | 4 | 8) | ('b', 1) => size,
            ('S', 1..=4096) => size,
            ('U', 1..=4096) => 4 * size,
            _ => return Err(wrong()),
        };
        Ok(Self { kind, width, big })
    }

    fn values(&self, data: &[u8]) -> Values {
        let items = data.chunks_exact(self.width);
        match self.kind {
            'f' => Values::Floats(
                items
                    .map(|item| float(self.bits(item), self.width))
                    .collect(),
            ),
            'S' => Values::Texts(items.map(byte_text).collect()),
            'U' => Values::Texts(items.map(|item| self.wide_text(item)).collect()),
            'i' => Values::Integers(
                items
                    .map(|item| signed(self.bits(item), self.width))
                    .collect(),
            ),
            // Unsigned numbers above the largest signed one are labels nobody has; they are cut to it.
            _ => Values::Integers(
                items
                    .map(|item| i64::try_from(self.bits(item)).unwrap_or(i64::MAX))
                    .collect(),
            ),
        }
    }

    fn bits(&self, item: &[u8]) -> u64 {
        let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        if self.big {
            item.iter().fold(0, add)
        } else {
            item.iter().rev().fold(0, add)
        }
    }

    fn wide_text(&self, item: &[u8]) -> String {
        let points = item.chunks_exact(4).map(|c| self.bits(c) as u32);
        let text: String = points
            .map(|p| char::from_u32(p).unwrap_or('\u{fffd}'))
            .collect();
        text.trim_end_matches('\0').to_owned()
    }
}

fn byte_text(item: &[u8]) -> String {
    String::from_utf8_lossy(item)
        .trim_end_matches('\0')
        .to_owned()
}

fn signed(bits: u64, width: usize) -> i64 {
    // Shifted up and down again, so that the sign bit of a narrow number is copied.
    let unused = 64 - 8 * width as u32;
    (bits << unused) as i64 >> unused
}

fn float(bits: u64, width: usize) -> f64 {
    match width {
        8 => f64::from_bits(bits),
        4 => f64::from(f32::from_bits(bits as u32)),
        _ => half(bits as u16),
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    let exponent = i32::from(bits >> 10 & 0x1f);
    sign * match exponent {
        0 => fraction * 2f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

impl Values {
    /// From column-major to row-major order.
    fn transposed(self, rows: usize, columns: usize) -> Self {
        fn turn<T: Clone>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
            let places = (0..rows).flat_map(|r| (0..columns).map(move |c| c * rows + r));
            places.map(|place| values[place].clone()).collect()
        }
        match self {
            Self::Floats(v) => Self::Floats(turn(&v, rows, columns)),
            Self::Integers(v) => Self::Integers(turn(&v, rows, columns)),
            Self::Texts(v) => Self::Texts(turn(&v, rows, columns)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A version 1.0 file, as numpy writes it.
    pub(super) fn file(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let header =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn types_orders_and_shapes() {
        let floats: Vec<u8> = [1.5f32, -2.0]
            .iter()
            .flat_map(|v| v.to_be_bytes())
            .collect();
        let found = parse(&file(">f4", false, "(2,)", &floats)).unwrap();
        assert_eq!(
            found,
            Array {
                shape: vec![2],
                values: Values::Floats(vec![1.5, -2.0])
            }
        );
        let column_major: Vec<u8> = [1i16, 4, 2, 5, 3, -6]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let found = parse(&file("<i2", true, "(2, 3)", &column_major)).unwrap();
        assert_eq!(found.values, Values::Integers(vec![1, 2, 3, 4, 5, -6]));
        let halves: Vec<u8> = [0x3c00u16, 0xc000, 0x0001, 0x7c00]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let found = parse(&file("<f2", false, "(4,)", &halves)).unwrap();
        assert_eq!(
            found.values,
            Values::Floats(vec![1.0, -2.0, 2f64.powi(-24), f64::INFINITY])
        );
        let wide: Vec<u8> = "é1\0"
            .chars()
            .flat_map(|c| u32::from(c).to_le_bytes())
            .collect();
        let found = parse(&file("<U3", false, "(1,)", &wide)).unwrap();
        assert_eq!(found.values, Values::Texts(vec!["é1".into()]));
        let found = parse(&file("|S2", false, "(2,)", b"ab7\0")).unwrap();
        assert_eq!(found.values, Values::Texts(vec!["ab".into(), "7".into()]));
        let found = parse(&file("|b1", false, "(2,)", &[1, 0])).unwrap();
        assert_eq!(found.values, Values::Integers(vec![1, 0]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let problem = |bytes: &[u8]| parse(bytes).unwrap_err();
        assert_eq!(problem(b"PK\x03\x04"), "does not start as a .npy file does");
        assert_eq!(problem(b"\x93NUMPY\x01\x00\xff"), "ends within its header");
        assert_eq!(
            problem(b"\x93NUMPY\x09\x00\x00\x00"),
            ".npy version 9.0, expected 1.0 to 3.0"
        );
        assert_eq!(
            problem(&file("<f8", false, "(3,)", &[0; 16])),
            "shape [3] of \"<f8\" does not fit its 16 bytes of data"
        );
        assert!(
            problem(&file(
                "<f8",
                false,
                "(99999999999999, 99999999999)",
                &[0; 8]
            ))
            .contains("does not fit")
        );
        assert!(problem(&file("|O", false, "(1,)", &[0; 8])).contains("items of type \"|O\""));
        assert!(problem(&file("<f4", false, "()", &[0; 4])).contains("one or two dimensions"));
        assert!(problem(&file("<f4", false, "(0,)", &[])).contains("does not fit"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_parsed_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..100),
            descr in "[<>|][fiuUSbO][0-9]{0,3}",
            shape in "\\([0-9, ]{0,20}\\)?",
            at in 0usize..120,
            value in any::<u8>(),
        ) {
            let _ = parse(&bytes);
            let mut framed = file(&descr, bytes.len() % 2 == 0, &shape, &bytes);
            let _ = parse(&framed);
            if let Some(byte) = framed.get_mut(at) {
                *byte = value;
            }
            let _ = parse(&framed);
        }
    }
}
