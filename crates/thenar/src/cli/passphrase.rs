//! The passphrase: from a file for scripts, from a prompt for people.

use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::Path;

use thenar_key::Passphrase;
use thenar_key::token::MAX_BYTES;
use zeroize::Zeroizing;

use super::error::CliError;
use super::files;

/// What the passphrase is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A new key: held to the rules, and asked for twice.
    New,
    /// An old key: taken as it is.
    Recovery,
}

/// Reads the passphrase from the first line of `file` (`-` for stdin), or asks for it.
pub(crate) fn read(file: Option<&Path>, purpose: Purpose) -> Result<Passphrase, CliError> {
    let text = match file {
        Some(path) => from_file(path)?,
        None => from_person(purpose)?,
    };
    Ok(match purpose {
        Purpose::New => Passphrase::for_new_key(&text)?,
        Purpose::Recovery => Passphrase::for_recovery(&text)?,
    })
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let failed = CliError::file(path, "read the passphrase");
    let limit = MAX_BYTES as u64 + 2;
    // Room from the start: a vector that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES + 64));
    if files::is_stdio(path) {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes))
    }
    .map_err(&failed)?;
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line)
        .map_err(|_| failed(std::io::Error::other("it is not UTF-8 text")))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn from_person(purpose: Purpose) -> Result<Zeroizing<String>, CliError> {
    if !std::io::stdin().is_terminal() {
        let message =
            "there is no terminal to ask for the passphrase; give it with --passphrase-file";
        return Err(CliError::Usage(message.into()));
    }
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(CliError::file(Path::new("terminal"), "read the passphrase"))
    };
    let first = ask(match purpose {
        Purpose::New => "New passphrase: ",
        Purpose::Recovery => "Passphrase: ",
    })?;
    if purpose == Purpose::New && ask("Once more: ")? != first {
        return Err(CliError::Usage("the two passphrases differ".into()));
    }
    Ok(first)
}
