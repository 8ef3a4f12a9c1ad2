//! A new process that does one thing: how long it takes from start to end, and how much memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::error::CliError;

/// Processes started; the median counts.
const RUNS: usize = 5;
/// How often a process is asked for its memory. The peak only grows, so little is missed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A cold `compare`.
pub(super) struct Cold {
    /// Median from start to end.
    pub ms: f64,
    /// Largest resident memory seen, in MB; `None` where the system does not tell.
    pub peak_mb: Option<f64>,
}

impl Cold {
    pub(super) fn to_json(&self) -> Value {
        json!({ "ms": self.ms, "peak_mb": self.peak_mb })
    }
}

/// Runs `program compare` on a photo with itself.
pub(super) fn compare(program: &Path, jpeg: &[u8]) -> Result<Cold, CliError> {
    let folder = tempfile::tempdir().map_err(CliError::file(Path::new("."), "make a folder"))?;
    let photo = folder.path().join("photo.jpg");
    std::fs::write(&photo, jpeg).map_err(CliError::file(&photo, "write the drawn photo"))?;
    let mut times = Vec::new();
    let mut peak_kb: Option<u64> = None;
    for _ in 0..RUNS {
        let start = Instant::now();
        let mut child = Command::new(program)
            .args(["compare", "--quiet"])
            .args([&photo, &photo])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .map_err(CliError::file(program, "start a new process"))?;
        let status = loop {
            peak_kb = peak(child.id()).max(peak_kb);
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => std::thread::sleep(LOOK_EVERY),
                Err(e) => return Err(CliError::file(program, "wait for a new process")(e)),
            }
        };
        times.push(start.elapsed().as_secs_f64());
        if !status.success() {
            let message = format!("a photo did not match itself in a new process ({status})");
            return Err(CliError::Usage(message));
        }
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(Cold {
        ms: 1e3 * times[times.len() / 2],
        peak_mb: peak_kb.map(|kb| kb as f64 / 1024.0),
    })
}

/// Peak resident memory of a process in KB, as Linux tells it.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
