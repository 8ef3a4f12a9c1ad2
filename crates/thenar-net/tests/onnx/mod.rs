//! Small ONNX files for tests, written field by field (onnx.proto3, IR version 8).

#![allow(dead_code, reason = "each test file uses a part of it")]

/// A protobuf message under construction.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn int(mut self, field: u64, value: i64) -> Self {
        self.varint(field << 3);
        self.varint(value as u64);
        self
    }

    fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    fn text(self, field: u64, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u64, value: Message) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A graph under construction.
#[derive(Default)]
pub struct Graph(Message);

impl Graph {
    /// Declares an input of type f32; a negative size stays open.
    pub fn input(self, name: &str, shape: &[i64]) -> Self {
        Self(self.0.message(11, value_info(name, shape)))
    }

    /// Declares an output of type f32; a negative size stays open.
    pub fn output(self, name: &str, shape: &[i64]) -> Self {
        Self(self.0.message(12, value_info(name, shape)))
    }

    /// Adds constant numbers.
    pub fn weights(self, name: &str, shape: &[i64], values: &[f32]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let dims = shape.iter().fold(Message::default(), |m, &d| m.int(1, d));
        Self(
            self.0
                .message(5, dims.int(2, 1).text(8, name).bytes(9, &raw)),
        )
    }

    /// Adds an operator with integer-list attributes.
    pub fn node(
        self,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, &[i64])],
    ) -> Self {
        let mut node = inputs
            .iter()
            .fold(Message::default(), |m, i| m.text(1, i))
            .text(2, output)
            .text(4, op);
        for (name, values) in attributes {
            let ints = values
                .iter()
                .fold(Message::default().text(1, name), |m, &v| m.int(8, v));
            node = node.message(5, ints.int(20, 7));
        }
        Self(self.0.message(1, node))
    }

    /// The bytes of the file.
    pub fn file(self) -> Vec<u8> {
        let opset = Message::default().text(1, "").int(2, 13);
        Message::default()
            .int(1, 8)
            .message(7, self.0.text(2, "test"))
            .message(8, opset)
            .0
    }
}

fn value_info(name: &str, shape: &[i64]) -> Message {
    let dims = shape.iter().fold(Message::default(), |m, &d| {
        let dim = Message::default();
        m.message(
            1,
            if d < 0 {
                dim.text(2, "open")
            } else {
                dim.int(1, d)
            },
        )
    });
    let tensor = Message::default().int(1, 1).message(2, dims);
    Message::default()
        .text(1, name)
        .message(2, Message::default().message(1, tensor))
}

/// Damages `file` in many ways and hands each version to `read`, which must not panic.
pub fn for_each_damaged(file: &[u8], mut read: impl FnMut(Vec<u8>)) {
    for length in (0..file.len()).step_by((file.len() / 60).max(1)) {
        read(file[..length].to_vec());
    }
    let mut state = 1u32;
    for _ in 0..150 {
        let mut damaged = file.to_vec();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Mostly in the head, where the structure is.
            let within = if state & 0x10000 == 0 {
                file.len()
            } else {
                file.len().min(400)
            };
            damaged[(state >> 7) as usize % within] ^= 1 << (state >> 29);
        }
        read(damaged);
    }
}
