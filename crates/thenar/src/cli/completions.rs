//! `thenar completions SHELL`

use std::io::Write;

use clap::CommandFactory;

use super::Verdict;
use super::args::{Args, Completions};
use super::error::CliError;

pub(crate) fn run(args: &Completions) -> Result<Verdict, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "thenar", &mut script);
    // A reader that has gone away has read enough.
    let _ = std::io::stdout().write_all(&script);
    Ok(Verdict::Yes)
}
