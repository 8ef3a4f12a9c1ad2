//! `thenar bench`: how long each stage takes on this machine, cold and warm, on one core and on all, beside ONNX Runtime
//! and FAISS if they are there.
//!
//! The photo is drawn, so the figures can be had again. Medians, because a shared machine has bad moments. One core is
//! measured in a process of its own that `taskset` keeps there.

mod against;
mod cold;
mod stages;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::Verdict;
use super::args::Bench;
use super::error::CliError;
use super::session::Session;
use against::Beside;
use cold::Cold;
use stages::Row;

/// The stages on some cores.
struct Run {
    cores: usize,
    rows: Vec<Row>,
    beside: Vec<Beside>,
}

pub(super) fn run(session: &Session, args: &Bench) -> Result<Verdict, CliError> {
    let budget = Duration::from_secs_f64(args.seconds.clamp(0.01, 60.0));
    let jpeg = stages::drawn_photo()?;
    let here = measure(session, args, &jpeg, budget)?;
    if args.here {
        session.out.result(&table(&[&here], None), &here.to_json());
        return Ok(Verdict::Yes);
    }
    let program = std::env::current_exe().map_err(CliError::file(Path::new("."), "find itself"))?;
    let cold = cold::compare(&program, &jpeg)?;
    let one = match here.cores {
        1 => None,
        _ => on_one_core(session, args, &program)?,
    };
    let runs: Vec<&Run> = one.iter().chain([&here]).collect();
    session.out.result(
        &table(&runs, Some(&cold)),
        &json!({
            "runs": runs.iter().map(|run| run.to_json()).collect::<Vec<Value>>(),
            "cold_compare": cold.to_json(),
        }),
    );
    Ok(Verdict::Yes)
}

/// On the cores that this process may use.
fn measure(
    session: &Session,
    args: &Bench,
    jpeg: &[u8],
    budget: Duration,
) -> Result<Run, CliError> {
    let rows = stages::measure(session, jpeg, budget)?;
    let beside = match args.against {
        true => against::all(&rows, &args.python, budget)?,
        false => Vec::new(),
    };
    Ok(Run {
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        rows,
        beside,
    })
}

/// The same in a process on one core; `None`, and a note, where that cannot be had.
fn on_one_core(session: &Session, args: &Bench, program: &Path) -> Result<Option<Run>, CliError> {
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program);
    command.args(["bench", "--here", "--json", "--quiet"]);
    command.args(["--seconds", &args.seconds.to_string()]);
    if args.against {
        command.arg("--against").arg("--python").arg(&args.python);
    }
    let output = match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let said = said.lines().last().unwrap_or("it said nothing");
            session
                .out
                .note(&format!("one core is not measured: {said}"));
            return Ok(None);
        }
        Err(e) => {
            let note = format!("one core is not measured: taskset does not start: {e}");
            session.out.note(&note);
            return Ok(None);
        }
    };
    let value: Option<Value> = serde_json::from_slice(&output.stdout).ok();
    let run = value.as_ref().and_then(Run::from_json);
    let unreadable = || CliError::Usage("the process on one core printed no times".into());
    run.map(Some).ok_or_else(unreadable)
}

impl Run {
    fn to_json(&self) -> Value {
        json!({
            "cores": self.cores,
            "stages": self.rows.iter().map(Row::to_json).collect::<Vec<Value>>(),
            "against": self.beside.iter().map(Beside::to_json).collect::<Vec<Value>>(),
        })
    }

    /// What [`Self::to_json`] made.
    fn from_json(value: &Value) -> Option<Self> {
        let list = |key: &str| value[key].as_array();
        Some(Self {
            cores: usize::try_from(value["cores"].as_u64()?).ok()?,
            rows: list("stages")?
                .iter()
                .map(Row::from_json)
                .collect::<Option<_>>()?,
            beside: list("against")?
                .iter()
                .map(Beside::from_json)
                .collect::<Option<_>>()?,
        })
    }
}

/// A column for each run.
fn table(runs: &[&Run], cold: Option<&Cold>) -> String {
    let mut head = format!("{:<34}", "medians");
    for run in runs {
        let cores = match run.cores {
            1 => "1 core".to_owned(),
            n => format!("{n} cores"),
        };
        head += &format!("{cores:>15}");
    }
    let mut lines = vec![head];
    let stages = runs.first().map_or(&[][..], |run| &run.rows[..]);
    for (at, row) in stages.iter().enumerate() {
        let times = runs.iter().filter_map(|run| run.rows.get(at));
        let times: String = times.map(|row| format!("{:>12.4} ms", row.ms)).collect();
        lines.push(format!("{:<34}{times}", row.stage));
    }
    if let Some(cold) = cold {
        let peak = cold
            .peak_mb
            .map_or(String::new(), |mb| format!(", {mb:.0} MB"));
        lines.push(format!(
            "cold: a new process compares two photos, {:.0} ms{peak}",
            cold.ms
        ));
    }
    for run in runs {
        lines.extend(
            run.beside
                .iter()
                .map(|b| format!("{} cores: {b}", run.cores)),
        );
    }
    lines.join("\n")
}
