//! Checks that a file is well-formed protobuf before the ONNX reader sees it.
//!
//! The reader of rten 0.27 trusts lengths: a negative one makes it loop for ever, a huge one makes it reserve as
//! much memory. Here every field of every nested message must end within its message, which rules out both.

/// Messages nested deeper than this are refused.
const MAX_DEPTH: u32 = 64;

/// The messages of `onnx.proto3` that are read, as far as they hold other messages.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    SequenceType,
    Shape,
    /// Without messages in it.
    Leaf,
}

impl Kind {
    /// The kind of message that field number `field` holds, `None` when it holds something else.
    fn inside(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6) => Self::Graph,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Shape, 1) => Self::Leaf,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::ValueInfo, 2) | (Self::SequenceType, 1) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::Type, 4) => Self::SequenceType,
            (Self::TensorType, 2) => Self::Shape,
            _ => return None,
        })
    }
}

/// Walks through an ONNX file.
///
/// # Errors
/// What is wrong, in words, when a field does not fit into its message.
pub(crate) fn check_onnx(bytes: &[u8]) -> Result<(), String> {
    walk(bytes, Kind::Model, 0)
}

/// Walks through one message.
fn walk(mut rest: &[u8], kind: Kind, depth: u32) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("messages are nested deeper than {MAX_DEPTH}"));
    }
    while !rest.is_empty() {
        let left = rest.len();
        let malformed = || {
            format!(
                "not a well-formed ONNX file (a field {left} bytes before the end of its message)"
            )
        };
        let tag = varint(&mut rest).ok_or_else(malformed)?;
        let (field, wire) = (tag >> 3, tag & 7);
        let length = match wire {
            0 => varint(&mut rest).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut rest).and_then(|length| usize::try_from(length).ok()),
            5 => Some(4),
            _ => None,
        };
        let (value, after) = length
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(malformed)?;
        rest = after;
        if let (2, Some(inside)) = (wire, kind.inside(field)) {
            walk(value, inside, depth + 1)?;
        }
    }
    Ok(())
}

/// Takes a number of at most ten bytes, seven bits each, from the front.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_messages_pass() {
        assert_eq!(check_onnx(&[]), Ok(()));
        // ir_version 8; a graph that holds a node whose name is "ab".
        assert_eq!(
            check_onnx(&[0x08, 8, 0x3a, 6, 0x0a, 4, 0x1a, 2, b'a', b'b']),
            Ok(())
        );
        assert_eq!(check_onnx(crate::models::LOCALIZER), Ok(()));
        assert_eq!(check_onnx(crate::models::EXTRACTOR), Ok(()));
    }

    #[test]
    fn lengths_beyond_their_message_are_refused() {
        // Nested: the node claims a name of three bytes and has two.
        assert!(check_onnx(&[0x3a, 6, 0x0a, 4, 0x1a, 3, b'a', b'b']).is_err());
        // A length of 2⁶⁴ − 1, as a negative step.
        let mut negative = vec![0x12];
        negative.extend([0xff; 9]);
        negative.push(1);
        assert!(check_onnx(&negative).is_err());
        assert!(check_onnx(&[0xff; 300]).is_err());
        assert!(check_onnx(&[0x0f]).is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        // Graph in attribute in node in graph …
        let mut message = Vec::new();
        for i in 0..90 {
            let field = [0x32, 0x2a, 0x0a][i % 3];
            let mut outer = vec![
                field,
                message.len() as u8 | 0x80,
                (message.len() >> 7) as u8,
            ];
            outer.append(&mut message);
            message = outer;
        }
        let mut model = vec![0x3a, message.len() as u8 | 0x80, (message.len() >> 7) as u8];
        model.append(&mut message);
        assert!(check_onnx(&model).unwrap_err().contains("nested"));
    }
}
