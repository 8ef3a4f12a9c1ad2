//! Checkpoints: everything a training run needs to go on as if it had never stopped.
//!
//! A file holds the line `thenar-train checkpoint 1`, a line of JSON (network, layers, step, seed, minutes), and then four lists of `f32`,
//! little-endian: parameters, first moments, second moments, moving average.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use crate::optim::Adam;
use crate::params::Params;

const MAGIC: &str = "thenar-train checkpoint 1";

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    network: String,
    layers: Vec<(String, [usize; 4])>,
    count: usize,
    step: u64,
    seed: u64,
    minutes: f64,
}

/// The state of a training run.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The parameters.
    pub params: Params,
    /// The optimiser.
    pub adam: Adam,
    /// Seed of the run; the data of a step follow from it.
    pub seed: u64,
    /// Minutes trained so far.
    pub minutes: f64,
}

impl State {
    /// Writes the state to `path`, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, network: &str, path: &Path) -> Result<(), TrainError> {
        let header = Header {
            network: network.into(),
            layers: layers(&self.params),
            count: self.params.values().len(),
            step: self.adam.step,
            seed: self.seed,
            minutes: self.minutes,
        };
        let json = serde_json::to_string(&header).map_err(|e| TrainError::file(path, e.into()))?;
        let mut bytes = format!("{MAGIC}\n{json}\n").into_bytes();
        let lists = [
            self.params.values(),
            &self.adam.first,
            &self.adam.second,
            &self.adam.average,
        ];
        bytes.extend(lists.into_iter().flatten().flat_map(|v| v.to_le_bytes()));
        write_atomically(path, &bytes)
    }

    /// Reads a state of the network `name` whose parameters have the layers of `like`.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or belongs to another network.
    pub fn load(name: &str, like: &Params, path: &Path) -> Result<Self, TrainError> {
        let bytes = fs::read(path).map_err(|e| TrainError::file(path, e))?;
        let fault = |reason: String| TrainError::Checkpoint {
            path: path.to_path_buf(),
            reason,
        };
        let mut parts = bytes.splitn(3, |&b| b == b'\n');
        if parts.next() != Some(MAGIC.as_bytes()) {
            return Err(fault(format!("does not begin with \"{MAGIC}\"")));
        }
        let header: Header = serde_json::from_slice(parts.next().unwrap_or_default())
            .map_err(|e| fault(format!("header: {e}")))?;
        if let Some(reason) = difference(&header, name, like) {
            return Err(fault(reason));
        }
        let body = parts.next().unwrap_or_default();
        let want = header.count * 16;
        if body.len() != want {
            return Err(fault(format!(
                "{} bytes of numbers, expected {want}",
                body.len()
            )));
        }
        let mut lists = body.chunks_exact(header.count * 4).map(|list| {
            list.as_chunks::<4>()
                .0
                .iter()
                .map(|&b| f32::from_le_bytes(b))
                .collect::<Vec<_>>()
        });
        let mut list = || lists.next().unwrap_or_default();
        let params = like
            .with_values(list())
            .ok_or_else(|| fault("wrong number of parameters".into()))?;
        let adam = Adam {
            step: header.step,
            first: list(),
            second: list(),
            average: list(),
        };
        Ok(Self {
            params,
            adam,
            seed: header.seed,
            minutes: header.minutes,
        })
    }
}

/// How the network of a checkpoint differs from the one that goes on.
fn difference(header: &Header, name: &str, like: &Params) -> Option<String> {
    if header.network != name {
        let found = &header.network;
        return Some(format!("is one of the network {found}, expected {name}"));
    }
    let wanted = layers(like);
    for (found, wanted) in header.layers.iter().zip(&wanted) {
        if found != wanted {
            let ((name, shape), (expected, size)) = (found, wanted);
            return Some(format!(
                "has a layer {name} of shape {shape:?}, expected {expected} of shape {size:?}: was it trained on as many \
                 identities, with the same version?"
            ));
        }
    }
    let counts = [(header.layers.len(), wanted.len(), "layers")];
    let numbers = (header.count, like.values().len(), "numbers");
    let differ = |&(found, wanted, _): &(usize, usize, &str)| found != wanted;
    let (found, wanted, what) = counts.into_iter().chain([numbers]).find(differ)?;
    Some(format!("has {found} {what}, expected {wanted}"))
}

fn layers(params: &Params) -> Vec<(String, [usize; 4])> {
    params
        .layers()
        .iter()
        .map(|l| (l.name().to_string(), l.shape()))
        .collect()
}

/// Writes `bytes` beside `path` and renames: a reader sees the old file or the new one, never a part.
///
/// # Errors
/// When the file cannot be written.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = Path::new(&name);
    let write = || {
        let mut file = File::create(temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(temporary, path)
    };
    write().map_err(|e| TrainError::file(path, e))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Conv, Survey};

    fn state() -> State {
        let survey = Survey::of(vec![Conv::new("a", 2, 3, 3)]);
        let mut params = Params::random(&survey, 1);
        let mut adam = Adam::new(params.values());
        let gradient: Vec<f32> = params.values().iter().map(|v| v * 0.3 - 0.01).collect();
        adam.update(params.values_mut(), &gradient, 1e-2, 0.99);
        State {
            params,
            adam,
            seed: 9,
            minutes: 1.5,
        }
    }

    #[test]
    fn what_is_saved_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        state().save("net", &path).unwrap();
        assert_eq!(State::load("net", &state().params, &path).unwrap(), state());
    }

    #[test]
    fn damaged_and_foreign_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state");
        state().save("net", &path).unwrap();
        let load = |name: &str, survey: Survey| {
            let error = State::load(name, &Params::random(&survey, 1), &path);
            error.unwrap_err().to_string()
        };
        let layer = |outputs| Conv::new("a", 2, outputs, 3);
        let error = load("other", Survey::of(vec![layer(3)]));
        assert!(error.contains("network net, expected other"), "{error}");
        let error = load("net", Survey::of(vec![layer(4)]));
        assert!(
            error.contains("layer a of shape [3, 2, 3, 3], expected a of shape [4, 2, 3, 3]"),
            "{error}"
        );
        let error = load("net", Survey::of(vec![layer(3), layer(3)]));
        assert!(error.contains("has 1 layers, expected 2"), "{error}");
        let bytes = fs::read(&path).unwrap();
        for length in [0, 10, 30, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            let error = State::load("net", &state().params, &path).unwrap_err();
            assert!(matches!(error, TrainError::Checkpoint { .. }), "{error}");
        }
    }
}
