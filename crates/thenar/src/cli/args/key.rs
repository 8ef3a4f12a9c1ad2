//! The arguments of commands that use keys.

use std::path::PathBuf;

use clap::{ArgGroup, Args as ClapArgs, Subcommand, ValueEnum};
use thenar_key::KeyKind;

use super::name;

/// The commands under `key`.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key from a palm and a passphrase; only public data is stored
    New(NewKey),
    /// Bring a key back from the palm and the passphrase
    Recover(RecoverKey),
    /// Print a public key; no palm is needed
    Public(PublicKeyOf),
    /// Print the identity of a key of kind x25519, for `age -d -i`; it holds no secret
    Identity(KeyName),
    /// Say what is known of a key; with photos, whether it comes back. Nothing secret is printed
    Check(CheckKey),
    /// Make a NEW key in place of an old one, with a new passphrase. The public key changes: put the new one wherever
    /// the old one is
    Renew(RenewKey),
    /// List the keys
    List,
    /// Delete a key's public record: the key can never come back
    Remove(KeyName),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct KeyName {
    /// The key's name
    #[arg(value_parser = name)]
    pub name: String,
}

/// What a key is made of.
#[derive(Debug, ClapArgs)]
pub(crate) struct Unlock {
    /// The key's name
    #[arg(value_parser = name)]
    pub name: String,
    /// Photos of the palm; three are better than one
    #[arg(required = true, value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// Read the passphrase from the first line of a file (`-` for stdin) instead of asking
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// A file with a third factor, made by `key new` when there is none; without it the key cannot come back
    #[arg(long, value_name = "FILE")]
    pub device_secret: Option<PathBuf>,
}

/// Where a key goes, and how it is written.
#[derive(Debug, ClapArgs)]
pub(crate) struct Written {
    /// Write the private key to a new file of mode 0600 (`-` for stdout). Whoever reads it has the key
    #[arg(long, value_name = "FILE")]
    pub out_private: Option<PathBuf>,
    /// Form of the keys [default: openssh; age for x25519]
    #[arg(long, value_enum)]
    pub format: Option<KeyForm>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct NewKey {
    #[command(flatten)]
    pub unlock: Unlock,
    /// Kind of key
    #[arg(long, value_enum, default_value_t = Kind::Ed25519)]
    pub kind: Kind,
    #[command(flatten)]
    pub written: Written,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RecoverKey {
    #[command(flatten)]
    pub unlock: Unlock,
    #[command(flatten)]
    pub written: Written,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CheckKey {
    /// The key's name
    #[arg(value_parser = name)]
    pub name: String,
    /// Photos of the palm, to try whether the key comes back; counts as an attempt
    #[arg(value_name = "PHOTO")]
    pub photos: Vec<PathBuf>,
    /// Read the passphrase from the first line of a file (`-` for stdin) instead of asking
    #[arg(long, value_name = "FILE", requires = "photos")]
    pub passphrase_file: Option<PathBuf>,
    /// The file with the third factor, for a key that was made with one
    #[arg(long, value_name = "FILE", requires = "photos")]
    pub device_secret: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct RenewKey {
    #[command(flatten)]
    pub unlock: Unlock,
    /// Read the new passphrase from the first line of a file (`-` for stdin) instead of asking
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
    /// Renew a key of kind x25519 too: what was encrypted to the old key can never be read again
    #[arg(long)]
    pub force: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PublicKeyOf {
    /// The key's name
    #[arg(value_parser = name)]
    pub name: String,
    /// Form of the key [default: openssh; age for x25519]
    #[arg(long, value_enum)]
    pub format: Option<KeyForm>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Sign {
    #[command(flatten)]
    pub unlock: Unlock,
    /// The file to sign (`-` for stdin)
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// What the signature is for; it holds for nothing else. Git's is `git`
    #[arg(short, long, value_name = "TEXT", default_value = "file")]
    pub namespace: String,
    /// Write the signature here (`-` for stdout) [default: FILE.sig, or stdout with -f -]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct SshAgent {
    #[command(flatten)]
    pub unlock: Unlock,
    /// Where to listen: a new socket of mode 0600, for SSH_AUTH_SOCK
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Wipe the key and end after so many minutes
    #[arg(long, value_name = "N", default_value = "5", value_parser = minutes)]
    pub minutes: f64,
}

/// A time for which a key may be held, up to a day.
fn minutes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(minutes) if minutes > 0.0 && minutes <= 1440.0 => Ok(minutes),
        _ => Err("expected minutes, more than 0 and at most 1440".into()),
    }
}

#[derive(Debug, ClapArgs)]
#[command(group = ArgGroup::new("signer").required(true).args(["signers", "key"]))]
pub(crate) struct VerifySignature {
    /// The file that was signed (`-` for stdin)
    #[arg(short, long, value_name = "FILE")]
    pub file: PathBuf,
    /// Whose signatures count: a public key (OpenSSH or PEM), or lines of allowed_signers as ssh-keygen knows them
    #[arg(long, value_name = "FILE")]
    pub signers: Option<PathBuf>,
    /// A key of the store, whose signatures count
    #[arg(long, value_name = "NAME", value_parser = name)]
    pub key: Option<String>,
    /// The signature must be this one's, by the patterns of allowed_signers
    #[arg(short = 'I', long, value_name = "WHO", conflicts_with = "key")]
    pub identity: Option<String>,
    /// What the signature must be for
    #[arg(short, long, value_name = "TEXT", default_value = "file")]
    pub namespace: String,
    /// The signature [default: FILE.sig]
    #[arg(short, long, value_name = "FILE")]
    pub signature: Option<PathBuf>,
}

/// Kinds of keys, as they are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Signatures; the one to take for SSH and git
    Ed25519,
    /// ECDSA signatures over NIST P-256
    P256,
    /// Encryption with age
    X25519,
    /// RSA signatures, for what knows nothing better
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// RSA of 3,072 bits
    #[value(name = "rsa-3072")]
    Rsa3072,
    /// RSA of 4,096 bits
    #[value(name = "rsa-4096")]
    Rsa4096,
}

impl From<Kind> for KeyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Ed25519 => Self::Ed25519,
            Kind::P256 => Self::P256,
            Kind::X25519 => Self::X25519,
            Kind::Rsa2048 => Self::Rsa2048,
            Kind::Rsa3072 => Self::Rsa3072,
            Kind::Rsa4096 => Self::Rsa4096,
        }
    }
}

/// How keys are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyForm {
    /// As ssh-keygen writes them
    Openssh,
    /// PKCS#8 and SubjectPublicKeyInfo
    Pem,
    /// As age-keygen writes them
    Age,
}
