//! The program `thenar`. Everything it does is in `cli`, one file per command.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    thenar::cli::run()
}
