//! The programs: arguments in, one command run, exit code out. No part of the library's interface.

// An error is made once and ends the program; how many bytes it has does not matter here.
#![allow(clippy::result_large_err)]

mod age_plugin;
mod args;
mod bench;
mod compare;
mod completions;
mod date;
mod enroll;
mod error;
mod eval;
mod explain;
mod files;
mod held_token;
mod identify;
mod key;
mod list;
mod output;
mod passphrase;
mod progress;
mod renew;
mod revoke;
mod roi;
mod rotate;
mod secret_file;
mod session;
mod sign;
#[cfg(unix)]
mod ssh_agent;
mod store_key;
mod synth;
mod transfer;
mod verify;
mod verify_signature;

use std::process::ExitCode;

use clap::Parser;
use serde_json::json;

use args::{Args, Command};
use error::CliError;
use output::Output;
use session::Session;

pub use age_plugin::run as age_plugin;

/// How a command ended when nothing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Yes, or done: exit code 0.
    Yes,
    /// No match, or not recovered: exit code 1.
    No,
}

impl Verdict {
    /// `Yes` for true.
    pub(crate) fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Runs the program `thenar`.
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let session = Session::new(args.global);
    match dispatch(&session, args.command) {
        Ok(Verdict::Yes) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        Err(error) => {
            session.out.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(session: &Session, command: Command) -> Result<Verdict, CliError> {
    match command {
        Command::Enroll(args) => enroll::run(session, &args),
        Command::Verify(args) => verify::run(session, &args),
        Command::Identify(args) => identify::run(session, &args),
        Command::Compare(args) => compare::run(session, &args),
        Command::List => list::run(session),
        Command::Revoke(args) => revoke::run(session, &args),
        Command::Renew(args) => renew::run(session, &args),
        Command::Rotate(args) => rotate::run(session, &args),
        Command::Export(args) => transfer::export::run(session, &args),
        Command::Import(args) => transfer::import::run(session, &args),
        Command::Key { command } => key::run(session, &command),
        Command::Sign(args) => sign::run(session, &args),
        Command::VerifySignature(args) => verify_signature::run(session, &args),
        #[cfg(unix)]
        Command::SshAgent(args) => ssh_agent::run(session, &args),
        Command::Roi(args) => roi::run(session, &args),
        Command::Synth(args) => synth::run(session, &args),
        Command::Bench(args) => bench::run(session, &args),
        Command::Explain(args) => explain::run(session, &args),
        Command::Eval { command } => eval::run(session, &command),
        Command::Completions(args) => completions::run(&args),
    }
}

/// Help and version are answers; anything else clap has to say is a usage error, exit code 2.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args_os().any(|arg| arg == "--json") {
        let message = error.to_string();
        let message = message
            .trim_start_matches("error: ")
            .lines()
            .next()
            .unwrap_or_default();
        Output::new(true, false).json(&json!({ "error": { "kind": "usage", "message": message } }));
    }
    // A closed pipe is no reason to fail.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}
