//! Writing networks as ONNX files (opset 17).

mod builder;
mod proto;

pub use builder::GraphBuilder;
use prost::Message;

use crate::error::TrainError;
use crate::graph::{Conv, Network, Ops};
use crate::params::Weights;
use proto::*;

/// Version of the operator set.
const OPSET: i64 = 17;
/// Version of the file format: the one that came with opset 17.
const IR: i64 = 8;

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Four bytes each, exact.
    F32,
    /// One byte each with a scale per output channel, widened by `DequantizeLinear` when the model is loaded.
    Int8,
}

/// The bytes of an ONNX file that runs `network` with `weights`; the input is called `image`, the outputs as in
/// [`Network::OUTPUTS`]. `notes` become metadata (training command, seed, …).
///
/// # Errors
/// When the network is put together wrongly.
pub fn export<N: Network>(
    network: &N,
    weights: &[Weights],
    storage: Storage,
    notes: &[(&str, String)],
) -> Result<Vec<u8>, TrainError> {
    let survey = network.survey()?;
    let mut writer = Writer {
        weights,
        storage,
        next: 0,
        nodes: Vec::new(),
        tensors: Vec::new(),
    };
    let outputs = network.build(&mut writer, "image".to_string());
    let mut declared = Vec::new();
    for ((&(name, vector), value), &[c, h, w]) in
        N::OUTPUTS.iter().zip(outputs).zip(&survey.outputs)
    {
        if vector {
            writer
                .nodes
                .push(node("Flatten", name, &[&value], vec![int("axis", 1)]));
            declared.push(declare(name, &[c]));
        } else {
            writer.nodes.push(node("Identity", name, &[&value], vec![]));
            declared.push(declare(name, &[c, h, w]));
        }
    }
    let graph = GraphProto {
        name: N::NAME.into(),
        node: writer.nodes,
        initializer: writer.tensors,
        input: vec![declare("image", &network.input())],
        output: declared,
    };
    Ok(model(graph, notes))
}

/// The bytes of a model file around `graph`.
fn model(graph: GraphProto, notes: &[(&str, String)]) -> Vec<u8> {
    let model = ModelProto {
        ir_version: IR,
        producer_name: "thenar-train".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: OPSET,
        }],
        metadata_props: notes
            .iter()
            .map(|(key, value)| StringStringEntryProto {
                key: (*key).into(),
                value: value.clone(),
            })
            .collect(),
    };
    model.encode_to_vec()
}

/// A network read with the names of its intermediate values.
struct Writer<'a> {
    weights: &'a [Weights],
    storage: Storage,
    next: usize,
    nodes: Vec<NodeProto>,
    tensors: Vec<TensorProto>,
}

impl Writer<'_> {
    /// Adds a node whose output is named after it.
    fn push(&mut self, op: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let name = format!("{}.{}", op.to_lowercase(), self.nodes.len());
        self.nodes.push(node(op, &name, inputs, attributes));
        name
    }

    fn tensor(&mut self, name: String, shape: &[usize], data: &[f32]) -> String {
        let raw = data.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.store(name, data_type::FLOAT, shape, raw)
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

    /// Stores a kernel; gives the name of the value that holds it as `f32`.
    fn kernel(&mut self, conv: &Conv, kernel: &[f32]) -> String {
        let name = format!("{}.weight", conv.name);
        if self.storage == Storage::F32 {
            return self.tensor(name, &conv.shape(), kernel);
        }
        let (scales, bytes) = quantise(kernel, conv.fan_in());
        let bytes = self.store(
            format!("{name}.int8"),
            data_type::INT8,
            &conv.shape(),
            bytes,
        );
        let scales = self.tensor(format!("{name}.scale"), &[conv.outputs], &scales);
        self.nodes.push(node(
            "DequantizeLinear",
            &name,
            &[&bytes, &scales],
            vec![int("axis", 0)],
        ));
        name
    }
}

impl Ops for Writer<'_> {
    type Value = String;

    fn normalise(&mut self, x: &String, shift: f32, scale: f32) -> String {
        let shift = self.tensor("normalise.shift".into(), &[1], &[shift]);
        let scale = self.tensor("normalise.scale".into(), &[1], &[scale]);
        let centred = self.push("Sub", &[x, &shift], vec![]);
        self.push("Mul", &[&centred, &scale], vec![])
    }

    fn conv(&mut self, x: &String, conv: Conv) -> String {
        let weights = &self.weights[self.next];
        self.next += 1;
        let kernel = self.kernel(&conv, &weights.kernel);
        let bias = self.tensor(
            format!("{}.bias", conv.name),
            &[conv.outputs],
            &weights.bias,
        );
        let attributes = vec![
            ints("kernel_shape", &[conv.kernel; 2]),
            ints("strides", &[conv.stride; 2]),
            ints("pads", &[conv.padding(); 4]),
            int("group", conv.groups as i64),
        ];
        self.push("Conv", &[x, &kernel, &bias], attributes)
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
}

/// Scale per row of `row` values and the rows in steps of it, −127 to 127.
fn quantise(values: &[f32], row: usize) -> (Vec<f32>, Vec<u8>) {
    let mut scales = Vec::new();
    let mut bytes = Vec::with_capacity(values.len());
    for row in values.chunks_exact(row) {
        let largest = row.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        scales.push(scale);
        bytes.extend(row.iter().map(|v| (v / scale).round() as i8 as u8));
    }
    (scales, bytes)
}

fn node(op: &str, output: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|&s| s.to_string()).collect(),
        output: vec![output.into()],
        name: format!("node.{output}"),
        op_type: op.into(),
        attribute,
    }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        i: Some(value),
        r#type: attribute_type::INT,
        ..Default::default()
    }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|&v| v as i64).collect();
    AttributeProto {
        name: name.into(),
        ints,
        r#type: attribute_type::INTS,
        ..Default::default()
    }
}

fn text(name: &str, value: &str) -> AttributeProto {
    let s = Some(value.as_bytes().to_vec());
    AttributeProto {
        name: name.into(),
        s,
        r#type: attribute_type::STRING,
        ..Default::default()
    }
}

/// A value of shape `[N, …shape]`.
fn declare(name: &str, shape: &[usize]) -> ValueInfoProto {
    let free = DimensionValue::Name("N".into());
    let fixed = shape.iter().map(|&n| DimensionValue::Length(n as i64));
    let dim = std::iter::once(free)
        .chain(fixed)
        .map(|v| DimensionProto { value: Some(v) })
        .collect();
    let tensor = TensorTypeProto {
        elem_type: data_type::FLOAT,
        shape: Some(TensorShapeProto { dim }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantised_rows_come_back_within_half_a_step() {
        let values = [0.5, -1.0, 0.25, 0.0, 0.0, 0.0];
        let (scales, bytes) = quantise(&values, 3);
        for (i, &value) in values.iter().enumerate() {
            let back = f32::from(bytes[i] as i8) * scales[i / 3];
            assert!(
                (back - value).abs() <= scales[i / 3] / 2.0 + 1e-7,
                "{back} {value}"
            );
        }
    }
}
