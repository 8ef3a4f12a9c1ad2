//! The program `age-plugin-thenar`: what `age` starts to decrypt with a palm. Everything it does is in `cli/age_plugin`.

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    thenar::cli::age_plugin()
}
