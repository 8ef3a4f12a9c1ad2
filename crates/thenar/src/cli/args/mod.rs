//! The arguments of every command.

mod eval;
mod eval_keys;
mod images;
mod key;
mod protect;

pub(crate) use eval::*;
pub(crate) use eval_keys::*;
pub(crate) use images::{Images, Keeping};
pub(crate) use key::*;
pub(crate) use protect::{Method, Protect, Tokens};

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use thenar_store::MAX_NAME_LEN;

const EXIT_CODES: &str =
    "Exit codes: 0 yes or done, 1 no match, 2 error, 3 the photo is not good enough.";

/// From a photograph of a palm to a protected identity and a key that is stored nowhere.
#[derive(Debug, Parser)]
#[command(term_width = 100, name = "thenar", version, about, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command understands.
#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// The store: subjects with their sealed records, and the public records of keys
    #[arg(long, global = true, value_name = "FILE", default_value = "thenar.db")]
    pub store: PathBuf,
    /// The keyring, which holds what the store must not; one for each store [default: $THENAR_KEYRING, or a file named
    /// after the store in ~/.config/thenar]
    #[arg(long, global = true, value_name = "FILE")]
    pub keyring: Option<PathBuf>,
    /// What the photos are: hands, or regions of interest that are cut already
    #[arg(long, global = true, value_enum, default_value_t = Input::Photo)]
    pub input: Input,
    /// Print one JSON object on stdout instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Print no notes and no progress on stderr
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// What an image file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Input {
    /// A hand, anywhere in the photo
    Photo,
    /// A region of interest: square, fingers up, thumb on the right
    Roi,
}

/// The name that a value is asked for by.
pub(crate) fn value_name<T: ValueEnum>(value: &T) -> String {
    let value = value.to_possible_value();
    // Every value can be asked for; none is skipped.
    value.map_or_else(String::new, |value| value.get_name().into())
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Enrol a subject from one or more photos of one palm
    Enroll(Enroll),
    /// Is this photo the subject's palm?
    Verify(Verify),
    /// Whose palm is this, among all enrolled?
    Identify(Identify),
    /// Do two photos show one palm? Nothing is stored
    Compare(Compare),
    /// List the enrolled subjects
    List,
    /// Delete a subject
    Revoke(Subject),
    /// Replace a subject's template by an unrelated one, under a token of its own
    Renew(Renew),
    /// Change the store key: every record is sealed anew, no photo is needed
    Rotate(Rotate),
    /// Write all subjects and keys as lines of JSON: records stay sealed, no token and no store key goes out
    Export(Export),
    /// Add the subjects and keys of an export, all or nothing; needs the keyring they were enrolled with
    Import(Import),
    /// Keys that are stored nowhere
    Key {
        #[command(subcommand)]
        command: Key,
    },
    /// Sign a file with a key, for ssh and git
    Sign(Sign),
    /// Is this signature on a file good? No palm is needed
    VerifySignature(VerifySignature),
    /// Hold a key for some minutes and sign with it for ssh and git
    #[cfg(unix)]
    SshAgent(SshAgent),
    /// Find the hand in a photo and cut its region of interest
    Roi(Roi),
    /// Draw palms that belong to nobody
    Synth(Synth),
    /// Measure how long each stage takes on this machine
    Bench(Bench),
    /// Write every intermediate of a photo as a picture
    Explain(Explain),
    /// Measure
    Eval {
        #[command(subcommand)]
        command: Eval,
    },
    /// Print the completions of a shell
    Completions(Completions),
}

/// How seldom strangers may pass.
#[derive(Debug, ClapArgs)]
pub(crate) struct Threshold {
    /// Match when at most this part of strangers comes as near: the false-match rate of one comparison
    #[arg(long, value_name = "RATE", default_value = "1e-5", value_parser = rate)]
    pub fmr: f64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Subject {
    /// The subject's name
    #[arg(value_parser = name)]
    pub subject: String,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Enroll {
    /// The subject's name
    #[arg(value_parser = name)]
    pub subject: String,
    /// Photos of one palm; three are better than one
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// Give the subject a token of its own: its template is unrelated to all others, and `identify` cannot find it
    #[arg(long, conflicts_with_all = ["token", "token_passphrase"])]
    pub own_token: bool,
    #[command(flatten)]
    pub held: HeldToken,
}

/// A token that its subject holds. It masks the template too: store and keyring together show nothing of it then.
#[derive(Debug, ClapArgs)]
pub(crate) struct HeldToken {
    /// Keep the subject's token in this file and not in the keyring. A new token at enrolment where there is no file; needed at
    /// every verify. `identify` cannot find the subject
    #[arg(long, value_name = "FILE")]
    pub token: Option<PathBuf>,
    /// Make the token of a passphrase, which protects as much as the passphrase is hard to guess
    #[arg(long, conflicts_with = "token")]
    pub token_passphrase: bool,
    /// Read that passphrase from the first line of this file (- for stdin) instead of asking for it
    #[arg(long, value_name = "FILE", requires = "token_passphrase")]
    pub passphrase_file: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The subject's name
    #[arg(value_parser = name)]
    pub subject: String,
    /// A photo of a palm
    pub photo: PathBuf,
    #[command(flatten)]
    pub held: HeldToken,
    #[command(flatten)]
    pub threshold: Threshold,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Identify {
    /// A photo of a palm
    pub photo: PathBuf,
    #[command(flatten)]
    pub threshold: Threshold,
    /// Choose the threshold so that at most this part of searches by strangers finds anybody, whatever the gallery's size
    #[arg(long, value_name = "RATE", value_parser = rate, conflicts_with = "fmr")]
    pub fpir: Option<f64>,
    /// Print at most this many candidates
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub limit: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Compare {
    /// A photo of a palm
    pub first: PathBuf,
    /// Another
    pub second: PathBuf,
    #[command(flatten)]
    pub threshold: Threshold,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Renew {
    /// The subject's name
    #[arg(value_parser = name)]
    pub subject: String,
    /// New photos of the subject's palm
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// Do not require that the photos match the present record
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rotate {
    /// Draw the new store key and keep it in the keyring, also when the present one is kept outside
    #[arg(long)]
    pub into_keyring: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Export {
    /// File to write, of mode 0600; there must be none
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// An export
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Roi {
    /// A photo of a hand
    pub photo: PathBuf,
    /// Write the region of interest, 128×128 grey
    #[arg(short, long, value_name = "PNG")]
    pub output: Option<PathBuf>,
    /// Write the photo with key points and region drawn in
    #[arg(long, value_name = "PNG")]
    pub overlay: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Synth {
    /// What to draw
    #[arg(value_enum)]
    pub what: Drawing,
    /// How many people
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    pub identities: usize,
    /// How many images of each
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    pub captures: usize,
    /// The same seed draws the same images
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    /// Side of the photos in pixels (hands)
    #[arg(long, value_name = "PIXELS", default_value_t = 800)]
    pub size: u32,
    /// Largest yaw and pitch in degrees (hands)
    #[arg(long, value_name = "DEGREES", default_value_t = 25.0)]
    pub tilt: f32,
    /// Largest turn in the picture in degrees (hands)
    #[arg(long, value_name = "DEGREES", default_value_t = 180.0)]
    pub turn: f32,
    /// How much clutter the background may hold, 0 to 1 (hands)
    #[arg(long, value_name = "PART", default_value_t = 1.0)]
    pub clutter: f32,
    /// Also write near-infrared photos of the same moments (hands)
    #[arg(long)]
    pub infrared: bool,
    /// Also write masks and edge maps (hands)
    #[arg(long)]
    pub maps: bool,
    /// Also write this many photos without a palm (hands)
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub negatives: usize,
}

/// What `synth` draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drawing {
    /// Photos of hands
    Hands,
    /// Regions of interest
    Rois,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Explain {
    /// A photo of a hand
    pub photo: PathBuf,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Bench {
    /// Seconds for each stage
    #[arg(long, value_name = "S", default_value_t = 1.0)]
    pub seconds: f64,
    /// Also run the networks in ONNX Runtime and the search in FAISS, through Python
    #[arg(long)]
    pub against: bool,
    /// Measure only on the cores that this process may use, and no new process
    #[arg(long, hide = true)]
    pub here: bool,
    /// The Python that has onnxruntime, faiss-cpu and numpy
    #[arg(long, value_name = "PROGRAM", default_value = "python3")]
    pub python: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A name the store takes, checked before anything is done.
fn name(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > MAX_NAME_LEN || text.chars().any(char::is_control) {
        return Err(format!(
            "a name has 1 to {MAX_NAME_LEN} bytes and no control characters"
        ));
    }
    Ok(text.to_owned())
}

/// A rate that can be asked for.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (1e-7..=0.5).contains(&rate) => Ok(rate),
        _ => Err("expected a rate between 1e-7 and 0.5, such as 1e-5".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn rates_have_limits() {
        assert_eq!(rate("1e-6"), Ok(1e-6));
        for wrong in ["0", "-1", "nan", "1", "1e-9", "often"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
    }
}
