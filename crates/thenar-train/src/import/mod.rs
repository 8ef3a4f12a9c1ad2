//! Reading PyTorch checkpoints of the published palm networks: zip `.pth` state dictionaries and safetensors.
//!
//! Files are not trusted: sizes are limited, a pickle may build tensors and nothing else, and every name
//! and shape must be one of the network's.

mod pickle;
mod pth;
mod safetensors;

use std::collections::BTreeMap;
use std::f32::consts::PI;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::TrainError;
use crate::graph::{Array, Network};
use crate::layers::{Gabor, Layer};
use crate::palmnets::{Extractor, PalmNet};
use crate::params::Params;

/// Largest file that is read, bytes: CO3Net with thousands of classes has 0.4 GB.
const LARGEST: u64 = 2 << 30;

/// Tensors by name, as `f32`.
pub type Named = BTreeMap<String, Array>;

/// The tensors of the checkpoint at `path`.
///
/// # Errors
/// When the file cannot be read, is too large, or is neither a zip `.pth` state dictionary nor safetensors.
pub fn read(path: &Path) -> Result<Named, TrainError> {
    let failed = |e| TrainError::file(path, e);
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let fault = |reason: String| TrainError::Checkpoint {
        path: path.to_path_buf(),
        reason,
    };
    if length > LARGEST {
        return Err(fault(format!("{length} bytes, more than {LARGEST}")));
    }
    let mut magic = Vec::new();
    (&mut file)
        .take(4)
        .read_to_end(&mut magic)
        .map_err(failed)?;
    if magic.starts_with(b"PK") {
        return pth::read(file).map_err(fault);
    }
    // What torch.save wrote before PyTorch 1.6: a bare pickle.
    if magic.starts_with(&[0x80, 2]) {
        let reason =
            "was saved by PyTorch before 1.6; load it there and save its state_dict() again";
        return Err(fault(reason.into()));
    }
    let mut bytes = magic;
    file.read_to_end(&mut bytes).map_err(failed)?;
    safetensors::read(&bytes).map_err(|e| fault(format!("is neither a zip nor safetensors ({e})")))
}

/// A network of the widths in the checkpoint at `path`, and its parameters.
///
/// # Errors
/// Like [`read`], and when the checkpoint is one of another network.
pub fn load<N: PalmNet>(path: &Path) -> Result<(N, Params), TrainError> {
    let named = read(path)?;
    let (net, values) = assign::<N>(named).map_err(|reason| TrainError::Checkpoint {
        path: path.to_path_buf(),
        reason: format!("is not one of {}: {reason}", N::NAME),
    })?;
    let params = Params::random(&Extractor(net.clone()).survey()?, 0);
    let params = params
        .with_values(values)
        .ok_or_else(|| TrainError::Checkpoint {
            path: path.to_path_buf(),
            reason: "wrong number of parameters".into(),
        })?;
    Ok((net, params))
}

/// The network and its numbers in order.
fn assign<N: PalmNet>(named: Named) -> Result<(N, Vec<f32>), String> {
    // Networks trained on several devices are saved with a prefix.
    let plain = |name: String| {
        name.strip_prefix("module.")
            .map(String::from)
            .unwrap_or(name)
    };
    let mut named: Named = named.into_iter().map(|(k, v)| (plain(k), v)).collect();
    let width = |layer: &str| Some(*named.get(&format!("{layer}.weight"))?.shape.first()?);
    let net = N::of_widths(width).ok_or("its fully connected layers are missing")?;
    let survey = Extractor(net.clone()).survey().map_err(|e| e.to_string())?;
    let mut values = Vec::new();
    for layer in &survey.layers {
        for tensor in layer.parameters() {
            let name = format!("{}.{}", layer.name(), tensor.name);
            let found = named.remove(&name);
            let found = found.ok_or_else(|| format!("{name} is missing"))?;
            if trimmed(&found.shape) != trimmed(&tensor.shape) {
                let (got, want) = (&found.shape, &tensor.shape);
                return Err(format!("{name} has shape {got:?}, expected {want:?}"));
            }
            if let Some(bad) = found.data.iter().find(|v| !v.is_finite()) {
                return Err(format!("{name} holds {bad}"));
            }
            values.extend(found.data);
        }
        if let Layer::Gabor(gabor) = layer {
            check_fixed(gabor, &mut named)?;
        }
    }
    let known = |name: &str| {
        name.strip_prefix(N::HEAD) == Some(".weight") || name.ends_with(".num_batches_tracked")
    };
    match named.keys().find(|name| !known(name)) {
        Some(name) => Err(format!("it has no {name}")),
        None => Ok((net, values)),
    }
}

/// Orientations and phases are kept in checkpoints but not learnt: they must be the ones we compute with.
fn check_fixed(gabor: &Gabor, named: &mut Named) -> Result<(), String> {
    if let Some(theta) = named.remove(&format!("{}.theta", gabor.name)) {
        let n = gabor.orientations;
        let fits = |(i, angle): (usize, &f32)| (angle - PI * i as f32 / n as f32).abs() < 1e-4;
        if theta.data.len() != n || !theta.data.iter().enumerate().all(fits) {
            return Err(format!("{}.theta is not 0, π/{n}, 2π/{n} …", gabor.name));
        }
    }
    if let Some(psi) = named.remove(&format!("{}.psi", gabor.name))
        && psi.data != [0.0]
    {
        return Err(format!("{}.psi is {:?}, not 0", gabor.name, psi.data));
    }
    Ok(())
}

/// A shape without trailing axes of length 1: a 1×1 convolution and a linear layer are the same.
fn trimmed(shape: &[usize]) -> &[usize] {
    let kept = shape.iter().rposition(|&n| n != 1).map_or(0, |i| i + 1);
    &shape[..kept]
}
