//! Why a command failed: what people read, what machines read, and the exit code.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use thenar::PipelineError;
use thenar::Rejection;
use thenar::image::ImageError;
use thenar_eval::EvalError;
use thenar_key::{CommitmentError, SshsigError, TokenError, keys::KeyError};
use thenar_net::NetError;
use thenar_net::calibration::CalibrationError;
use thenar_protect::{KeyringError, ProtectError, RecordError};
use thenar_store::{GalleryError, StoreError};
use thenar_synth::SynthError;

use super::store_key::{self, StoreKeyError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The photo is not good enough.
    #[error("{file}: {} (quality {}/100). {}", .rejection.problem, .rejection.quality, .rejection.advice())]
    Rejected { file: String, rejection: Rejection },
    /// A photo does not show the palm of the others.
    #[error(
        "{file}: does not show the same palm as the other photos ({score}, expected at most 1 in 10). Leave it out or \
         take it again."
    )]
    PhotosDiffer { file: String, score: String },
    /// The photos of a renewal do not match the present record.
    #[error(
        "the photos do not match the present record of '{subject}' ({score}); nothing was changed. Use --force to \
         replace the palm."
    )]
    OtherPalm { subject: String, score: String },
    /// An image could not be read.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// An image was read but cannot be used.
    #[error("{file}: {source}")]
    Pipeline { file: String, source: PipelineError },
    /// The models cannot be loaded.
    #[error(transparent)]
    Model(PipelineError),
    /// A network failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The calibration.
    #[error(transparent)]
    Calibration(#[from] CalibrationError),
    /// Level 1.
    #[error(transparent)]
    Protect(#[from] ProtectError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The gallery.
    #[error(transparent)]
    Gallery(#[from] GalleryError),
    /// The keyring.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The store key is kept outside and was not given.
    #[error(
        "{}; give it in {} or name a command that prints it in {}",
        .0,
        store_key::VARIABLE,
        store_key::COMMAND
    )]
    StoreKeyMissing(KeyringError),
    /// A store key was given, and the keyring needs none.
    #[error(
        "{}: the keyring holds the store key itself, so the one in {} or from {} protects nothing; move to it with \
         `thenar rotate`, or unset the variable", keyring.display(), store_key::VARIABLE, store_key::COMMAND
    )]
    StoreKeyUnused { keyring: PathBuf },
    /// What was given as store key.
    #[error(transparent)]
    StoreKey(#[from] StoreKeyError),
    /// There are records but not the keyring they belong to.
    #[error(
        "{}: there is no keyring here, but {} holds subjects that were enrolled with one; name it with --keyring",
        keyring.display(), store.display()
    )]
    KeyringLost { keyring: PathBuf, store: PathBuf },
    /// A record.
    #[error("{what}: {source}")]
    Record { what: String, source: RecordError },
    /// The keyring does not hold the token of a subject.
    #[error("the keyring {} does not hold the token '{subject}' was enrolled with; enrol it again", keyring.display())]
    TokenLost { subject: String, keyring: PathBuf },
    /// The subject's token was not given.
    #[error(
        "'{0}' was enrolled with a token that is not in the keyring; give it with --token or --token-passphrase"
    )]
    TokenNeeded(String),
    /// A token was given that is not the subject's.
    #[error("the token given is not the one that '{0}' was enrolled with")]
    OtherToken(String),
    /// A token was given where the keyring has it.
    #[error("'{0}' was not enrolled with a token of that kind; leave it out")]
    TokenUnused(String),
    /// Only a new enrolment replaces a token that its subject holds.
    #[error(
        "the token of '{0}' is not in the keyring, so renew cannot replace it; revoke '{0}' and enrol it again with a new token"
    )]
    TokenHeld(String),
    /// There is no such subject or key.
    #[error("{}: there is no {what} '{name}'", store.display())]
    Unknown {
        what: &'static str,
        name: String,
        store: PathBuf,
    },
    /// There is such a subject or key already.
    #[error("{}: there is a {what} '{name}' already; {advice}", store.display())]
    Exists {
        what: &'static str,
        name: String,
        store: PathBuf,
        advice: &'static str,
    },
    /// A key record.
    #[error("key '{name}': {source}")]
    Commitment {
        name: String,
        source: CommitmentError,
    },
    /// A key could not be written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key did not come back too often; the next attempt must wait.
    #[error("key '{name}': {failures} attempts in a row have failed; try again in {seconds} s")]
    TooManyAttempts {
        name: String,
        seconds: u64,
        failures: u32,
    },
    /// A signature. `what` is the file with a colon, or nothing.
    #[error("{what}{source}")]
    Signature { what: String, source: SshsigError },
    /// The passphrase.
    #[error(transparent)]
    Passphrase(#[from] TokenError),
    /// Measuring.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// An image named in a list.
    #[error("{}:{line}: {problem}", list.display())]
    ListImage {
        list: PathBuf,
        line: usize,
        problem: String,
    },
    /// A line of an export.
    #[error("{}, line {line}: {problem}; nothing was imported", file.display())]
    ImportLine {
        file: PathBuf,
        line: usize,
        problem: String,
    },
    /// Drawing.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A file.
    #[error("{}: cannot {action}: {source}", path.display())]
    File {
        path: PathBuf,
        action: &'static str,
        source: io::Error,
    },
    /// The command has said what is wrong already; only the exit code is left.
    #[error("exit code {0}")]
    Reported(u8),
    /// Arguments that do not go together, or something asked for that cannot be.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    /// Names the image that the pipeline refused.
    pub(crate) fn of_photo(path: &Path) -> impl Fn(PipelineError) -> Self + '_ {
        move |error| {
            let file = path.display().to_string();
            match error {
                PipelineError::Rejected(rejection) => Self::Rejected { file, rejection },
                source => Self::Pipeline { file, source },
            }
        }
    }

    /// A signature that cannot be made or judged.
    pub(crate) fn signature(source: SshsigError) -> Self {
        Self::Signature {
            what: String::new(),
            source,
        }
    }

    /// A keyring that was not opened.
    pub(crate) fn keyring(error: KeyringError) -> Self {
        match error {
            missing @ KeyringError::KeyOutside { .. } => Self::StoreKeyMissing(missing),
            KeyringError::OtherStoreKey { .. } | KeyringError::SameStoreKey { .. } => {
                Self::StoreKey(StoreKeyError::Other(error))
            }
            other => Self::Keyring(other),
        }
    }

    /// Names the file that could not be read or written.
    pub(crate) fn file<'a>(
        path: &'a Path,
        action: &'static str,
    ) -> impl Fn(io::Error) -> Self + 'a {
        move |source| Self::File {
            path: path.to_owned(),
            action,
            source,
        }
    }

    /// 3 when another photo would do, 1 when the palm is another, 2 for everything else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Rejected { .. } | Self::PhotosDiffer { .. } => 3,
            Self::OtherPalm { .. } => 1,
            Self::Reported(code) => *code,
            _ => 2,
        }
    }

    /// One word for machines.
    fn kind(&self) -> &'static str {
        match self {
            Self::Rejected { .. } | Self::PhotosDiffer { .. } => "rejected",
            Self::OtherPalm { .. } => "no_match",
            Self::Image(_) | Self::Pipeline { .. } => "image",
            Self::Model(_) | Self::Net(_) | Self::Calibration(_) => "model",
            Self::Protect(_) | Self::Record { .. } | Self::Gallery(_) => "record",
            Self::Store(StoreError::AlreadyEnrolled { .. } | StoreError::KeyExists { .. })
            | Self::Exists { .. } => "exists",
            Self::Store(StoreError::NotEnrolled { .. } | StoreError::NoKey { .. })
            | Self::Unknown { .. } => "unknown",
            Self::Store(StoreError::Name { .. }) | Self::Usage(_) => "usage",
            Self::Store(_) => "store",
            Self::Keyring(_) | Self::KeyringLost { .. } | Self::TokenLost { .. } => "keyring",
            Self::TokenNeeded(_)
            | Self::OtherToken(_)
            | Self::TokenUnused(_)
            | Self::TokenHeld(_) => "token",
            Self::StoreKeyMissing(_) | Self::StoreKeyUnused { .. } | Self::StoreKey(_) => {
                "store_key"
            }
            Self::Commitment { .. } | Self::Key(_) => "key",
            Self::TooManyAttempts { .. } => "attempts",
            Self::Signature { .. } => "signature",
            Self::Passphrase(_) => "passphrase",
            Self::Eval(_) | Self::ListImage { .. } => "eval",
            Self::ImportLine { .. } => "import",
            Self::Synth(_) => "synth",
            Self::File { .. } | Self::Reported(_) => "file",
        }
    }

    /// The error as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let mut error = json!({ "kind": self.kind(), "message": self.to_string() });
        match self {
            Self::Rejected { file, rejection } => {
                error["file"] = json!(file);
                error["problem"] = json!(rejection.problem.name());
                error["advice"] = json!(rejection.advice());
                error["quality"] = json!(rejection.quality);
            }
            Self::PhotosDiffer { file, .. } => {
                error["file"] = json!(file);
                error["problem"] = json!("photos_differ");
            }
            Self::TooManyAttempts {
                seconds, failures, ..
            } => {
                error["wait_seconds"] = json!(seconds);
                error["failures"] = json!(failures);
            }
            _ => {}
        }
        json!({ "error": error })
    }
}
