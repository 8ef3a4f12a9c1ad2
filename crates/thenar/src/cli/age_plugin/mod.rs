//! The program `age-plugin-thenar`: decrypts files of `age` with a palm.
//!
//! To encrypt to a palm takes no plugin: a key of kind x25519 is a native recipient. To decrypt, `age` starts this program when
//! it is given an identity of `thenar key identity`, and speaks `identity-v1` with it (<https://c2sp.org/age-plugin>).
//! The machinery of that protocol is str4d's; the stanzas it hands over are opened here.

mod identity;
mod palm;
mod stanza;

use std::convert::Infallible;
use std::io;
use std::process::ExitCode;

use age_plugin::{PluginHandler, run_state_machine};
use clap::Parser;

pub(crate) use identity::Identity;
use palm::Palm;

const USE: &str = "\
age starts this program by itself, when it is on the path and an identity of thenar is given:
  thenar key new letters PHOTO... --kind x25519
  age -r \"$(thenar key public letters)\" -o letter.age letter.txt
  thenar key identity letters > letters.txt
  age -d -i letters.txt letter.age

What is not set is asked for:
  THENAR_PHOTOS           photos of the palm, absolute paths with ':' between them
  THENAR_PASSPHRASE_FILE  a file with the passphrase in its first line
  THENAR_DEVICE_SECRET    the file of the third factor, for a key that was made with one";

/// Decrypt files of age with a palm and a passphrase.
#[derive(Debug, Parser)]
#[command(term_width = 100, name = "age-plugin-thenar", version, after_help = USE, arg_required_else_help = true)]
struct Args {
    /// What age wants: `identity-v1`
    #[arg(long, value_name = "STATE-MACHINE")]
    age_plugin: String,
}

/// Runs the program `age-plugin-thenar`.
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return super::usage(&error),
    };
    match run_state_machine(&args.age_plugin, Handler) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("age-plugin-thenar: error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Identities only: recipients are native.
struct Handler;

impl PluginHandler for Handler {
    type RecipientV1 = Infallible;
    type IdentityV1 = Palm;

    fn identity_v1(self) -> io::Result<Palm> {
        Ok(Palm::default())
    }
}
