//! Writing networks as ONNX files (opset 17).

mod builder;
mod linear;
mod proto;
mod separable;
mod writer;

pub use builder::GraphBuilder;
use prost::Message;

use crate::error::TrainError;
use crate::graph::Network;
use crate::params::Weights;
use proto::*;
use writer::Writer;

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

/// Whether a network is written as published or in its cheapest exact form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One node per operation; a Gabor layer is a convolution with a kernel per input channel.
    Published,
    /// A Gabor layer sums its input channels first, because its kernels do not depend on them, and filters columns and
    /// rows apart where that is less work; linear layers that follow each other are multiplied into one; channels compete by
    /// operations that runtimes are fast at.
    Folded,
}

/// The bytes of an ONNX file that runs `network` with `weights`; input and outputs are called as in [`Network::INPUT`] and
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
    export_as(Form::Published, network, weights, storage, notes)
}

/// The same in a form of choice.
///
/// # Errors
/// When the network is put together wrongly.
pub fn export_as<N: Network>(
    form: Form,
    network: &N,
    weights: &[Weights],
    storage: Storage,
    notes: &[(&str, String)],
) -> Result<Vec<u8>, TrainError> {
    let survey = network.survey()?;
    let mut writer = Writer::new(weights, storage, form);
    let outputs = network.build(&mut writer, N::INPUT.to_string());
    let mut declared = Vec::new();
    for ((&(name, vector), value), &[c, h, w]) in
        N::OUTPUTS.iter().zip(outputs).zip(&survey.outputs)
    {
        writer.output(name, &value, vector);
        declared.push(if vector {
            declare(name, &[c])
        } else {
            declare(name, &[c, h, w])
        });
    }
    let graph = GraphProto {
        name: N::NAME.into(),
        node: writer.nodes,
        initializer: writer.tensors,
        input: vec![declare(N::INPUT, &network.input())],
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
