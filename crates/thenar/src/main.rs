//! The program `thenar`. Everything it does is in `cli`, one file per command.

#![forbid(unsafe_code)]
// An error is made once and ends the program; how many bytes it has does not matter here.
#![allow(clippy::result_large_err)]

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
