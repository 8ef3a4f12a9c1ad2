//! The safetensors format.

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors};

use super::Named;
use crate::graph::Array;

/// The tensors in `bytes`; the error says what is wrong with them.
pub(super) fn read(bytes: &[u8]) -> Result<Named, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let mut named = Named::new();
    for (name, view) in file.tensors() {
        let data = view.data();
        let numbers: Vec<f32> = match view.dtype() {
            Dtype::F32 => each(data, f32::from_le_bytes),
            Dtype::F64 => each(data, |b| f64::from_le_bytes(b) as f32),
            Dtype::F16 => each(data, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => each(data, |b| bf16::from_le_bytes(b).to_f32()),
            Dtype::I64 => each(data, |b| i64::from_le_bytes(b) as f32),
            other => return Err(format!("{name} holds {other:?}")),
        };
        if numbers.len() != view.shape().iter().product::<usize>() {
            return Err(format!("{name} does not fill shape {:?}", view.shape()));
        }
        named.insert(name, Array::new(view.shape(), numbers));
    }
    Ok(named)
}

fn each<const N: usize>(bytes: &[u8], one: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|&b| one(b)).collect()
}
