//! Building an ONNX graph node by node, for networks that are not trained by gradients.

use super::proto::{GraphProto, NodeProto, TensorProto, data_type};
use super::{declare, int, ints, model, node, quantise, text};

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

    /// `x` times a matrix `[rows, columns]` kept as one byte per weight with a scale per column. `x` is brought to whole
    /// numbers too, 0 to 255 over its range, and the sums are whole numbers: no rounding depends on the machine.
    pub fn int8_product(&mut self, x: &str, rows: usize, columns: usize, data: &[f32]) -> String {
        let transposed: Vec<f32> = (0..rows * columns)
            .map(|i| data[(i % rows) * columns + i / rows])
            .collect();
        let (scales, bytes) = quantise(&transposed, rows);
        let bytes = (0..rows * columns)
            .map(|i| bytes[(i % columns) * rows + i / columns])
            .collect();
        let bytes = self.store(data_type::INT8, &[rows, columns], bytes);
        let scales = self.constant(&[columns], &scales);
        let [whole, scale, zero] = self.push_all("DynamicQuantizeLinear", &[x]);
        let sums = self.push("MatMulInteger", &[&whole, &bytes, &zero], vec![]);
        let sums = self.push(
            "Cast",
            &[&sums],
            vec![int("to", i64::from(data_type::FLOAT))],
        );
        let scales = self.binary("Mul", &scales, &scale);
        self.binary("Mul", &sums, &scales)
    }

    /// A node with several outputs and no attributes.
    fn push_all<const N: usize>(&mut self, op: &str, inputs: &[&str]) -> [String; N] {
        let name = format!("{}.{}", op.to_lowercase(), self.nodes.len());
        let mut made = node(op, &name, inputs, vec![]);
        let outputs = std::array::from_fn(|k| format!("{name}.{k}"));
        made.output = outputs.to_vec();
        self.nodes.push(made);
        outputs
    }

    fn integers(&mut self, values: &[i64]) -> String {
        self.store(
            data_type::INT64,
            &[values.len()],
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// Repeats the edge pixels `rows` times above and below, `columns` times left and right.
    pub fn pad_edge(&mut self, x: &str, rows: i64, columns: i64) -> String {
        let pads = self.integers(&[0, 0, rows, columns, 0, 0, rows, columns]);
        self.push("Pad", &[x, &pads], vec![text("mode", "edge")])
    }

    /// Convolution without padding; `kernel` is `[outputs, inputs / groups, height, width]`.
    pub fn conv(
        &mut self,
        x: &str,
        shape: [usize; 4],
        kernel: &[f32],
        stride: usize,
        groups: usize,
    ) -> String {
        let kernel = self.constant(&shape, kernel);
        let attributes = vec![
            ints("kernel_shape", &shape[2..]),
            ints("strides", &[stride; 2]),
            int("group", groups as i64),
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

    /// Mean over `axes`, kept with length 1.
    pub fn mean_over(&mut self, x: &str, axes: &[usize]) -> String {
        self.push("ReduceMean", &[x], vec![ints("axes", axes)])
    }

    /// Softmax over channels.
    pub fn softmax_channels(&mut self, x: &str) -> String {
        self.push("Softmax", &[x], vec![int("axis", 1)])
    }

    /// Joins along `axis`.
    pub fn concat(&mut self, inputs: &[String], axis: i64) -> String {
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.push("Concat", &inputs, vec![int("axis", axis)])
    }

    /// Every `step`-th pixel, `count` of them, from row `top` and column `left`.
    pub fn lattice(
        &mut self,
        x: &str,
        top: usize,
        left: usize,
        step: usize,
        count: usize,
    ) -> String {
        let (top, left, span) = (top as i64, left as i64, ((count - 1) * step + 1) as i64);
        let starts = self.integers(&[top, left]);
        let ends = self.integers(&[top + span, left + span]);
        let axes = self.integers(&[2, 3]);
        let steps = self.integers(&[step as i64; 2]);
        self.push("Slice", &[x, &starts, &ends, &axes, &steps], vec![])
    }

    /// `[N, …]` to `[N, 1, all the rest]`.
    pub fn row(&mut self, x: &str) -> String {
        let flat = self.push("Flatten", &[x], vec![int("axis", 1)]);
        let axes = self.integers(&[1]);
        self.push("Unsqueeze", &[&flat, &axes], vec![])
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
