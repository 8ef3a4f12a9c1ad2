//! Building an ONNX graph node by node, for networks that are not trained by gradients.

use super::proto::{GraphProto, NodeProto, TensorProto, data_type};
use super::{Storage, declare, int, ints, model, node, quantise};

/// A graph under construction. Every method that adds a node gives the name of its output.
#[derive(Default)]
pub struct GraphBuilder {
    nodes: Vec<NodeProto>,
    tensors: Vec<TensorProto>,
}

impl GraphBuilder {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    fn push(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: Vec<super::proto::AttributeProto>,
    ) -> String {
        let name = format!("{}.{}", op.to_lowercase(), self.nodes.len());
        self.nodes.push(node(op, &name, inputs, attributes));
        name
    }

    fn store(&mut self, data_type: i32, shape: &[usize], raw_data: Vec<u8>) -> String {
        let name = format!("constant.{}", self.tensors.len());
        let dims = shape.iter().map(|&n| n as i64).collect();
        self.tensors.push(TensorProto {
            dims,
            data_type,
            name: name.clone(),
            raw_data,
        });
        name
    }

    /// A constant of `f32`.
    pub fn constant(&mut self, shape: &[usize], data: &[f32]) -> String {
        debug_assert_eq!(shape.iter().product::<usize>(), data.len());
        self.store(
            data_type::FLOAT,
            shape,
            data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Weights in the chosen storage; as bytes, every index of the first axis has a scale of its own.
    pub fn weights(&mut self, shape: &[usize], data: &[f32], storage: Storage) -> String {
        if storage == Storage::F32 {
            return self.constant(shape, data);
        }
        let (scales, bytes) = quantise(data, data.len() / shape[0]);
        let bytes = self.store(data_type::INT8, shape, bytes);
        let scales = self.constant(&shape[..1], &scales);
        self.push("DequantizeLinear", &[&bytes, &scales], vec![int("axis", 0)])
    }

    fn integers(&mut self, values: &[i64]) -> String {
        self.store(
            data_type::INT64,
            &[values.len()],
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Convolution; `kernel` is `[outputs, inputs, height, width]`. Strides and zero padding are of rows, then columns.
    pub fn conv(
        &mut self,
        x: &str,
        shape: [usize; 4],
        kernel: &[f32],
        strides: [usize; 2],
        [high, wide]: [usize; 2],
    ) -> String {
        let kernel = self.constant(&shape, kernel);
        let attributes = vec![
            ints("kernel_shape", &shape[2..]),
            ints("strides", &strides),
            ints("pads", &[high, wide, high, wide]),
        ];
        self.push("Conv", &[x, &kernel], attributes)
    }

    /// Mean over blocks of 2×2.
    pub fn halve(&mut self, x: &str) -> String {
        self.push(
            "AveragePool",
            &[x],
            vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])],
        )
    }

    /// `op(a, b)` for one of ONNX's binary operators.
    pub fn binary(&mut self, op: &str, a: &str, b: &str) -> String {
        self.push(op, &[a, b], vec![])
    }

    /// `op(a, value)` with a number.
    pub fn with_number(&mut self, op: &str, a: &str, value: f32) -> String {
        let value = self.constant(&[1], &[value]);
        self.binary(op, a, &value)
    }

    /// Square root.
    pub fn sqrt(&mut self, x: &str) -> String {
        self.push("Sqrt", &[x], vec![])
    }

    /// `max(x, 0)`.
    pub fn relu(&mut self, x: &str) -> String {
        self.push("Relu", &[x], vec![])
    }

    /// Joins along `axis`.
    pub fn concat(&mut self, inputs: &[String], axis: i64) -> String {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.push("Concat", &inputs, vec![int("axis", axis)])
    }

    /// Other axes for the same values; one may be -1.
    pub fn reshape(&mut self, x: &str, shape: &[i64]) -> String {
        let shape = self.integers(shape);
        self.push("Reshape", &[x, &shape], vec![])
    }

    /// Axis `i` of the result is axis `order[i]` of `x`.
    pub fn transpose(&mut self, x: &str, order: &[usize]) -> String {
        self.push("Transpose", &[x], vec![ints("perm", order)])
    }

    /// The entries of the first axis that `places` names.
    pub fn gather(&mut self, x: &str, places: &[i64]) -> String {
        let places = self.integers(places);
        self.push("Gather", &[x, &places], vec![int("axis", 0)])
    }

    /// The model file: `input` and `output` are named, with their shapes after the batch axis; `value` is the output.
    pub fn finish(
        mut self,
        name: &str,
        (input, input_shape): (&str, &[usize]),
        (output, value, output_shape): (&str, &str, &[usize]),
        notes: &[(&str, String)],
    ) -> Vec<u8> {
        self.nodes.push(node("Identity", output, &[value], vec![]));
        let graph = GraphProto {
            name: name.into(),
            node: self.nodes,
            initializer: self.tensors,
            input: vec![declare(input, input_shape)],
            output: vec![declare(output, output_shape)],
        };
        model(graph, notes)
    }
}
