//! The store key k2 where it is kept outside of the keyring: in an environment variable, or printed by a command that asks a
//! key service, a security chip or a password manager for it.
//!
//! Either gives one key of 64 hex digits, or two for a rotation, the newer first (see [`parse_store_keys`]). What was read is
//! wiped, and neither messages nor errors repeat it. The variable itself stays in the environment of the process, where others
//! of the same user can read it; a command leaves nothing there.

use std::env;
use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};

use thenar_protect::{
    KeyringError, MAX_STORE_KEYS_LEN, StoreKey, StoreKeysError, parse_store_keys,
};
use zeroize::Zeroizing;

/// The variable that holds the store key.
pub(crate) const VARIABLE: &str = "THENAR_STORE_KEY";
/// The variable that holds a command for the shell, which prints the store key.
pub(crate) const COMMAND: &str = "THENAR_STORE_KEY_COMMAND";

/// Why no store key came from outside.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreKeyError {
    /// Two sources.
    #[error("both {VARIABLE} and {COMMAND} are set; unset one of them")]
    Both,
    /// What was given is no store key.
    #[error("{place}: {problem}")]
    Malformed {
        place: &'static str,
        problem: StoreKeysError,
    },
    /// The shell did not start.
    #[error("{COMMAND}: the command cannot be run: {0}")]
    Start(io::Error),
    /// The command says that it failed.
    #[error("{COMMAND}: the command failed with {0}")]
    Failed(ExitStatus),
    /// A store key, but not the right one.
    #[error(transparent)]
    Other(KeyringError),
}

/// The store keys that the environment gives: none, one, or two with the newer first.
///
/// A variable that is set but empty is an error: somebody meant to give a key.
pub(crate) fn given() -> Result<Vec<StoreKey>, StoreKeyError> {
    let (place, text) = match (env::var_os(VARIABLE), env::var_os(COMMAND)) {
        (None, None) => return Ok(Vec::new()),
        (Some(_), Some(_)) => return Err(StoreKeyError::Both),
        (Some(value), None) => (VARIABLE, Zeroizing::new(value.into_encoded_bytes())),
        (None, Some(command)) => {
            let (shell, flag) = if cfg!(windows) {
                ("cmd", "/C")
            } else {
                ("sh", "-c")
            };
            let mut shell = Command::new(shell);
            (COMMAND, printed_by(shell.arg(flag).arg(command))?)
        }
    };
    parse_store_keys(&text).map_err(|problem| StoreKeyError::Malformed { place, problem })
}

/// What a command prints, up to one byte more than store keys may have. Its messages go where ours go.
fn printed_by(command: &mut Command) -> Result<Zeroizing<Vec<u8>>, StoreKeyError> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(StoreKeyError::Start)?;
    // Room from the start, and no more is read: a vector that grows would leave copies behind.
    let mut text = Zeroizing::new(vec![0; MAX_STORE_KEYS_LEN + 1]);
    let len = match child.stdout.take() {
        Some(mut pipe) => fill(&mut pipe, &mut text).map_err(StoreKeyError::Start)?,
        None => 0,
    };
    text.truncate(len);
    if len > MAX_STORE_KEYS_LEN {
        // Its output is too long already; whether it still runs does not matter.
        let _ = child.kill();
        let _ = child.wait();
        return Ok(text);
    }
    match child.wait().map_err(StoreKeyError::Start)? {
        status if status.success() => Ok(text),
        status => Err(StoreKeyError::Failed(status)),
    }
}

/// Reads until the end or until there is no room.
fn fill(pipe: &mut impl Read, room: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < room.len() {
        match pipe.read(&mut room[len..]) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn run(script: &str) -> Result<Zeroizing<Vec<u8>>, StoreKeyError> {
        printed_by(Command::new("sh").arg("-c").arg(script))
    }

    #[test]
    fn what_a_command_prints_is_read() {
        assert_eq!(*run("printf abc; printf def").unwrap(), b"abcdef");
        assert_eq!(*run("cat").unwrap(), b"", "there is nothing to read");
    }

    #[test]
    fn a_command_that_prints_without_end_is_stopped() {
        assert_eq!(run("yes").unwrap().len(), MAX_STORE_KEYS_LEN + 1);
    }

    #[test]
    fn a_failure_is_told_with_its_status_and_without_output() {
        let error = run("printf c0ffee; exit 3").unwrap_err();
        assert!(matches!(error, StoreKeyError::Failed(status) if status.code() == Some(3)));
        let message = format!("{error} {error:?}");
        assert!(
            message.contains('3') && !message.contains("c0ffee"),
            "{message}"
        );
        let missing = printed_by(&mut Command::new("/nowhere/at/all")).unwrap_err();
        assert!(matches!(missing, StoreKeyError::Start(_)));
    }
}
