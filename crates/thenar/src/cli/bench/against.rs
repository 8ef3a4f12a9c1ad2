//! The same networks in ONNX Runtime and the same search in FAISS, through Python.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use thenar::Pipeline;
use thenar::net::models;

use super::super::error::CliError;
use super::stages::{BATCH, EXTRACTOR, LOCALIZER, Row, SEARCH, SEARCH_TOGETHER, SEARCHED};

const ONNX_RUNTIME: &str = include_str!("onnxruntime.py");
const FAISS: &str = include_str!("faiss.py");

/// A stage here and in another program.
pub(super) struct Beside {
    stage: String,
    ms: f64,
    other: String,
    other_ms: f64,
    threads: u64,
}

impl Beside {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "stage": self.stage,
            "ms": self.ms,
            "other": self.other,
            "other_ms": self.other_ms,
            "threads": self.threads,
            "ratio": self.ms / self.other_ms,
        })
    }

    /// What [`Self::to_json`] made.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            stage: value["stage"].as_str()?.to_owned(),
            ms: value["ms"].as_f64()?,
            other: value["other"].as_str()?.to_owned(),
            other_ms: value["other_ms"].as_f64()?,
            threads: value["threads"].as_u64()?,
        })
    }
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {:.4} ms, {} {:.4} ms with {} threads, ratio {:.2}",
            self.stage,
            self.ms,
            self.other,
            self.other_ms,
            self.threads,
            self.ms / self.other_ms
        )
    }
}

/// Everything that another program does too, `budget` each.
///
/// # Errors
/// When `python` does not start, or has not the packages it needs.
pub(super) fn all(rows: &[Row], python: &Path, budget: Duration) -> Result<Vec<Beside>, CliError> {
    let folder = tempfile::tempdir().map_err(CliError::file(Path::new("."), "make a folder"))?;
    let mut networks = Vec::new();
    for (name, bytes) in [
        (LOCALIZER, models::LOCALIZER),
        (EXTRACTOR, models::EXTRACTOR),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).map_err(CliError::file(&path, "write the model"))?;
        networks.push(path.display().to_string());
    }
    let seconds = budget.as_secs_f64().to_string();
    let pipeline = Pipeline::shipped_for_rois().map_err(CliError::Model)?;
    let bits = pipeline.template_params().bits().to_string();
    let onnx = [std::slice::from_ref(&seconds), &networks[..]].concat();
    let faiss = [seconds, SEARCHED.to_string(), bits, BATCH.to_string()];
    let mut found = theirs(python, ONNX_RUNTIME, &onnx, "onnxruntime numpy")?;
    found.extend(theirs(python, FAISS, &faiss, "faiss-cpu numpy")?);
    let stages = [LOCALIZER, EXTRACTOR, SEARCH, SEARCH_TOGETHER];
    let beside = stages.iter().zip(found).filter_map(|(stage, theirs)| {
        let ours = rows.iter().find(|row| row.stage == *stage)?;
        Some(Beside {
            stage: ours.stage.clone(),
            ms: ours.ms,
            ..theirs
        })
    });
    Ok(beside.collect())
}

/// What a script timed; the stages and our times are still to be filled in.
fn theirs(
    python: &Path,
    script: &str,
    arguments: &[String],
    packages: &str,
) -> Result<Vec<Beside>, CliError> {
    let failed = |reason: &str| {
        CliError::Usage(format!(
            "--against needs Python with other programs to compare with (pip install {packages}): {}: {reason}",
            python.display()
        ))
    };
    let mut command = Command::new(python);
    command.arg("-c").arg(script).args(arguments);
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|e| failed(&e.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(failed(said.lines().last().unwrap_or("it failed")));
    }
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some(Beside {
            stage: String::new(),
            ms: 0.0,
            other: line["name"].as_str()?.to_owned(),
            other_ms: line["ms"].as_f64()?,
            threads: line["threads"].as_u64()?,
        })
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let found: Option<Vec<Beside>> = said.lines().map(line).collect();
    found.ok_or_else(|| failed("it printed something else than times"))
}
