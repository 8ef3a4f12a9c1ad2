//! A network read with the names of its intermediate values: one ONNX node per operation.

use std::collections::BTreeMap;

use super::linear::Linear;
use super::proto::{AttributeProto, NodeProto, TensorProto, data_type};
use super::separable::split;
use super::{Form, Storage, int, ints, node, quantise, text};
use crate::gabor::{kernels, kernels_per_channel};
use crate::graph::{Axis, DEVIATION_FLOOR, Ops, UNIT_FLOOR};
use crate::layers::{Affine, Conv, Dense, Gabor, NORM_EPSILON, Norm};
use crate::params::Weights;

/// Nodes and constants of a graph under construction.
pub(super) struct Writer<'a> {
    weights: &'a [Weights],
    storage: Storage,
    form: Form,
    next: usize,
    pub(super) nodes: Vec<NodeProto>,
    pub(super) tensors: Vec<TensorProto>,
    /// Linear layers that are written when something else than a linear layer asks for their value.
    waiting: BTreeMap<String, Linear>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(weights: &'a [Weights], storage: Storage, form: Form) -> Self {
        Self {
            weights,
            storage,
            form,
            next: 0,
            nodes: Vec::new(),
            tensors: Vec::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// Declares `value` an output of the graph.
    pub(super) fn output(&mut self, name: &str, value: &str, vector: bool) {
        self.settle(value);
        self.nodes.push(if vector {
            node("Flatten", name, &[value], vec![int("axis", 1)])
        } else {
            node("Identity", name, &[value], vec![])
        });
    }

    /// Adds a node whose output is named after it.
    fn push(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        inputs.iter().for_each(|input| self.settle(input));
        let name = format!("{}.{}", op.to_lowercase(), self.nodes.len());
        self.nodes.push(node(op, &name, inputs, attributes));
        name
    }

    /// Writes the linear layer behind `value` if it is still waiting.
    fn settle(&mut self, value: &str) {
        if let Some(linear) = self.waiting.remove(value) {
            self.linear(value, &linear);
        }
    }

    fn linear(&mut self, value: &str, linear: &Linear) {
        let name = format!("{}.weight", linear.name);
        let matrix = self.rows(&name, &linear.shape, &linear.matrix);
        let flat = self.push("Flatten", &[&linear.source], vec![int("axis", 1)]);
        let mut inputs = vec![flat, matrix];
        if !linear.bias.is_empty() {
            let name = format!("{}.bias", linear.name);
            inputs.push(self.tensor(name, &linear.shape[..1], &linear.bias));
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.nodes
            .push(node("Gemm", value, &inputs, vec![int("transB", 1)]));
    }

    /// The weights of the layer whose turn it is.
    fn turn(&mut self) -> &'a [Vec<f32>] {
        self.next += 1;
        &self.weights[self.next - 1].tensors
    }

    /// A convolution without bias; strides and padding are of rows, then columns.
    fn filter(
        &mut self,
        x: &str,
        name: &str,
        shape: [usize; 4],
        kernels: &[f32],
        (strides, [top, left]): ([usize; 2], [usize; 2]),
    ) -> String {
        let kernels = self.rows(name, &shape, kernels);
        let attributes = vec![
            ints("kernel_shape", &shape[2..]),
            ints("strides", &strides),
            ints("pads", &[top, left, top, left]),
        ];
        self.push("Conv", &[x, &kernels], attributes)
    }

    /// The sum of all channels, as a convolution with ones: runtimes have a faster kernel for it than for ReduceSum over channels.
    fn channel_sum(&mut self, x: &str, name: &str, channels: usize) -> String {
        let ones = vec![1.0; channels];
        self.filter(x, name, [1, channels, 1, 1], &ones, ([1; 2], [0; 2]))
    }

    /// The largest of all channels, place by place, as the largest of so many maps: again faster than ReduceMax over channels.
    fn largest_channel(&mut self, x: &str, channels: usize) -> String {
        self.settle(x);
        let each = |c| format!("split.{}.{c}", self.nodes.len());
        let maps: Vec<String> = (0..channels).map(each).collect();
        let mut split = node("Split", &maps[0], &[x], vec![int("axis", 1)]);
        split.output.clone_from(&maps);
        self.nodes.push(split);
        let maps: Vec<&str> = maps.iter().map(String::as_str).collect();
        self.push("Max", &maps, vec![])
    }

    fn tensor(&mut self, name: String, shape: &[usize], data: &[f32]) -> String {
        let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.store(name, data_type::FLOAT, shape, raw)
    }

    fn integers(&mut self, values: &[usize]) -> String {
        let raw = values.iter().flat_map(|&v| (v as i64).to_le_bytes());
        let name = format!("integers.{}", self.tensors.len());
        self.store(name, data_type::INT64, &[values.len()], raw.collect())
    }

    fn number(&mut self, value: f32) -> String {
        let name = format!("number.{}", self.tensors.len());
        self.tensor(name, &[1], &[value])
    }

    fn store(
        &mut self,
        name: String,
        data_type: i32,
        shape: &[usize],
        raw_data: Vec<u8>,
    ) -> String {
        let dims = shape.iter().map(|&n| n as i64).collect();
        self.tensors.push(TensorProto {
            dims,
            data_type,
            name: name.clone(),
            raw_data,
        });
        name
    }

    /// Stores weights whose first axis are output channels; gives the name of the value that holds them as `f32`.
    fn rows(&mut self, name: &str, shape: &[usize], data: &[f32]) -> String {
        if self.storage == Storage::F32 {
            return self.tensor(name.into(), shape, data);
        }
        let (scales, bytes) = quantise(data, shape[1..].iter().product());
        let bytes = self.store(format!("{name}.int8"), data_type::INT8, shape, bytes);
        let scales = self.tensor(format!("{name}.scale"), &shape[..1], &scales);
        self.nodes.push(node(
            "DequantizeLinear",
            name,
            &[&bytes, &scales],
            vec![int("axis", 0)],
        ));
        name.into()
    }
}

impl Ops for Writer<'_> {
    type Value = String;

    fn standardise(&mut self, x: &String) -> String {
        let mut number =
            |name: &str, value: f32| self.tensor(format!("standardise.{name}"), &[1], &[value]);
        let [none, one, two] =
            [("none", 0.0), ("one", 1.0), ("two", 2.0)].map(|(n, v)| number(n, v));
        let floor = number("floor", DEVIATION_FLOOR);
        let axes = self.integers(&[2, 3]);
        let above = self.push("Greater", &[x, &none], vec![]);
        let to_float = vec![int("to", i64::from(data_type::FLOAT))];
        let lit = self.push("Cast", &[&above], to_float);
        let count = self.push("ReduceSum", &[&lit, &axes], vec![]);
        let count = self.push("Max", &[&count, &two], vec![]);
        let sum = self.push("ReduceSum", &[x, &axes], vec![]);
        let mean = self.push("Div", &[&sum, &count], vec![]);
        let moved = self.push("Sub", &[x, &mean], vec![]);
        let centred = self.push("Mul", &[&moved, &lit], vec![]);
        let square = self.push("Mul", &[&centred, &centred], vec![]);
        let power = self.push("ReduceSum", &[&square, &axes], vec![]);
        let others = self.push("Sub", &[&count, &one], vec![]);
        let variance = self.push("Div", &[&power, &others], vec![]);
        let deviation = self.push("Sqrt", &[&variance], vec![]);
        let deviation = self.push("Add", &[&deviation, &floor], vec![]);
        self.push("Div", &[&centred, &deviation], vec![])
    }

    fn normalise(&mut self, x: &String, shift: f32, scale: f32) -> String {
        let shift = self.tensor("normalise.shift".into(), &[1], &[shift]);
        let scale = self.tensor("normalise.scale".into(), &[1], &[scale]);
        let centred = self.push("Sub", &[x, &shift], vec![]);
        self.push("Mul", &[&centred, &scale], vec![])
    }

    fn conv(&mut self, x: &String, conv: Conv) -> String {
        let weights = self.turn();
        let name = format!("{}.weight", conv.name);
        let kernel = self.rows(&name, &conv.shape(), &weights[0]);
        let mut inputs = vec![x.clone(), kernel];
        if let Some(bias) = weights.get(1) {
            inputs.push(self.tensor(format!("{}.bias", conv.name), &[conv.outputs], bias));
        }
        let attributes = vec![
            ints("kernel_shape", &[conv.kernel; 2]),
            ints("strides", &[conv.stride; 2]),
            ints("pads", &[conv.padding; 4]),
            int("group", conv.groups as i64),
        ];
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        self.push("Conv", &inputs, attributes)
    }

    fn relu(&mut self, x: &String) -> String {
        self.push("Relu", &[x], vec![])
    }

    fn add(&mut self, a: &String, b: &String) -> String {
        self.push("Add", &[a, b], vec![])
    }

    fn upsample(&mut self, x: &String) -> String {
        if !self.tensors.iter().any(|t| t.name == "upsample.scales") {
            self.tensor("upsample.scales".into(), &[4], &[1.0, 1.0, 2.0, 2.0]);
        }
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        self.push("Resize", &[x, "", "upsample.scales"], attributes)
    }

    fn mean(&mut self, x: &String) -> String {
        self.push("GlobalAveragePool", &[x], vec![])
    }

    fn gabor(&mut self, x: &String, gabor: Gabor) -> String {
        let kernels = kernels(&gabor, self.weights[self.next].gabor_shape());
        self.next += 1;
        let name = format!("{}.weight", gabor.name);
        let (side, pad) = (gabor.kernel, gabor.padding);
        if self.form == Form::Published {
            let kernels = kernels_per_channel(&gabor, &kernels);
            let shape = [gabor.orientations, gabor.inputs, side, side];
            let window = [gabor.stride; 2];
            return self.filter(x, &name, shape, &kernels, (window, [pad; 2]));
        }
        let mut x = x.clone();
        if gabor.inputs > 1 {
            x = self.channel_sum(&x, &format!("{}.ones", gabor.name), gabor.inputs);
        }
        let n = gabor.orientations;
        let Some(split) = split(&kernels, side, gabor.stride) else {
            let window = [gabor.stride; 2];
            return self.filter(&x, &name, [n, 1, side, side], &kernels, (window, [pad; 2]));
        };
        let columns = format!("{}.columns", gabor.name);
        let shape = [split.rank, 1, side, 1];
        let down = ([gabor.stride, 1], [pad, 0]);
        x = self.filter(&x, &columns, shape, &split.columns, down);
        let shape = [n, split.rank, 1, side];
        self.filter(&x, &name, shape, &split.rows, ([1, gabor.stride], [0, pad]))
    }

    fn dense(&mut self, x: &String, dense: Dense) -> String {
        let weights = self.turn();
        let linear = Linear {
            name: dense.name,
            source: x.clone(),
            shape: [dense.outputs, dense.inputs],
            matrix: weights[0].clone(),
            bias: weights.get(1).cloned().unwrap_or_default(),
        };
        let value = format!("linear.{}", self.next);
        if self.form == Form::Published {
            self.linear(&value, &linear);
            return value;
        }
        let linear = match self.waiting.get(x) {
            Some(first) if !first.bias.is_empty() && !linear.bias.is_empty() => linear.after(first),
            _ => linear,
        };
        self.waiting.insert(value.clone(), linear);
        value
    }

    fn affine(&mut self, x: &String, _: Affine) -> String {
        let weights = self.turn();
        let b = self.number(weights[1][0]);
        let moved = self.push("Sub", &[x, &b], vec![]);
        let a = self.number(weights[0][0]);
        self.push("Mul", &[&moved, &a], vec![])
    }

    fn norm(&mut self, x: &String, norm: Norm) -> String {
        let [scale, shift, mean, variance] = self.turn() else {
            return x.clone();
        };
        let slope: Vec<f32> = scale
            .iter()
            .zip(variance)
            .map(|(s, v)| s / (v + NORM_EPSILON).sqrt())
            .collect();
        let offset: Vec<f32> = (0..norm.channels)
            .map(|c| shift[c] - mean[c] * slope[c])
            .collect();
        let shape = [norm.channels, 1, 1];
        let slope = self.tensor(format!("{}.slope", norm.name), &shape, &slope);
        let offset = self.tensor(format!("{}.offset", norm.name), &shape, &offset);
        let scaled = self.push("Mul", &[x, &slope], vec![]);
        self.push("Add", &[&scaled, &offset], vec![])
    }

    fn scale(&mut self, x: &String, factor: f32) -> String {
        let factor = self.number(factor);
        self.push("Mul", &[x, &factor], vec![])
    }

    fn mul(&mut self, a: &String, b: &String) -> String {
        self.push("Mul", &[a, b], vec![])
    }

    /// By the largest channel, exponentials, their sum and a quotient when folded: a runtime's softmax copies out one place after
    /// another where channels are not next to each other, and takes several times as long.
    fn compete(&mut self, x: &String, channels: usize) -> String {
        if self.form == Form::Published {
            return self.softmax(x, Axis::Channel);
        }
        let largest = self.largest_channel(x, channels);
        let below = self.push("Sub", &[x, &largest], vec![]);
        let powers = self.push("Exp", &[&below], vec![]);
        let sum = self.channel_sum(&powers, &format!("{powers}.ones"), channels);
        self.push("Div", &[&powers, &sum], vec![])
    }

    fn softmax(&mut self, x: &String, axis: Axis) -> String {
        self.push("Softmax", &[x], vec![int("axis", axis.of_batch() as i64)])
    }

    fn sigmoid(&mut self, x: &String) -> String {
        self.push("Sigmoid", &[x], vec![])
    }

    fn hard_swish(&mut self, x: &String) -> String {
        self.push("HardSwish", &[x], vec![])
    }

    fn max_pool(&mut self, x: &String) -> String {
        let attributes = vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])];
        self.push("MaxPool", &[x], attributes)
    }

    fn mean_along(&mut self, x: &String, axis: Axis) -> String {
        self.push("ReduceMean", &[x], vec![ints("axes", &[axis.of_batch()])])
    }

    fn transpose(&mut self, x: &String) -> String {
        self.push("Transpose", &[x], vec![ints("perm", &[0, 1, 3, 2])])
    }

    fn concat(&mut self, parts: &[&String], axis: Axis) -> String {
        let parts: Vec<&str> = parts.iter().map(|p| p.as_str()).collect();
        self.push("Concat", &parts, vec![int("axis", axis.of_batch() as i64)])
    }

    fn slice(&mut self, x: &String, axis: Axis, start: usize, length: usize) -> String {
        let starts = self.integers(&[start]);
        let ends = self.integers(&[start + length]);
        let axes = self.integers(&[axis.of_batch()]);
        self.push("Slice", &[x, &starts, &ends, &axes], vec![])
    }

    fn flatten(&mut self, x: &String) -> String {
        self.push("Flatten", &[x], vec![int("axis", 1)])
    }

    fn dropout(&mut self, x: &String, _: f32) -> String {
        x.clone()
    }

    fn unit(&mut self, x: &String) -> String {
        let square = self.push("Mul", &[x, x], vec![]);
        let axes = self.integers(&[1]);
        let sum = self.push("ReduceSum", &[&square, &axes], vec![]);
        let floor = self.number(UNIT_FLOOR);
        let sum = self.push("Add", &[&sum, &floor], vec![]);
        let length = self.push("Sqrt", &[&sum], vec![]);
        self.push("Div", &[x, &length], vec![])
    }
}
