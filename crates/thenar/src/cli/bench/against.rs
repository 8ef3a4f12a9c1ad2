//! The same networks in ONNX Runtime, through Python.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::super::error::CliError;

const SCRIPT: &str = include_str!("onnxruntime.py");

/// A network and what it took here.
pub(super) struct Network {
    pub name: &'static str,
    pub bytes: &'static [u8],
    pub ms: f64,
}

/// The same beside ONNX Runtime.
pub(super) struct Beside {
    pub name: &'static str,
    pub ms: f64,
    pub theirs_ms: f64,
    pub version: String,
    pub threads: u64,
}

impl Beside {
    /// Our time over theirs.
    pub(super) fn ratio(&self) -> f64 {
        self.ms / self.theirs_ms
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "network": self.name,
            "ms": self.ms,
            "onnx_runtime_ms": self.theirs_ms,
            "onnx_runtime_version": self.version,
            "threads": self.threads,
            "ratio": self.ratio(),
        })
    }
}

/// Times the networks in ONNX Runtime, `budget` each.
///
/// # Errors
/// When `python` does not start or has no `onnxruntime` and `numpy`.
pub(super) fn onnx_runtime(
    networks: &[Network],
    python: &Path,
    budget: Duration,
) -> Result<Vec<Beside>, CliError> {
    let failed = |reason: String| {
        CliError::Usage(format!(
            "--against needs Python with onnxruntime and numpy (pip install onnxruntime numpy): {}: {reason}",
            python.display()
        ))
    };
    let folder = tempfile::tempdir().map_err(|e| failed(e.to_string()))?;
    let mut command = Command::new(python);
    command
        .arg("-c")
        .arg(SCRIPT)
        .arg(budget.as_secs_f64().to_string());
    for network in networks {
        let path = folder.path().join(network.name);
        std::fs::write(&path, network.bytes).map_err(CliError::file(&path, "write the model"))?;
        command.arg(path);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(
            said.lines().last().unwrap_or("it failed").to_owned(),
        ));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let lines = said.lines().zip(networks);
    let beside = lines.map(|(line, network)| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(Beside {
            name: network.name,
            ms: network.ms,
            theirs_ms: line["ms"].as_f64()?,
            version: line["version"].as_str()?.to_owned(),
            threads: line["threads"].as_u64()?,
        })
    });
    let beside: Option<Vec<Beside>> = beside.collect();
    beside
        .filter(|all| all.len() == networks.len())
        .ok_or_else(|| failed("it printed something else than times".into()))
}
