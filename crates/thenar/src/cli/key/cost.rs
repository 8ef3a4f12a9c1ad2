//! How slow a new key's passphrase is to try: as slow as this machine and its owner's patience allow.

use std::time::{Duration, Instant};

use thenar_key::token::{SALT_LEN, derive};
use thenar_key::{CommitParams, Cost, KeyKind, Passphrase, TokenError};

use super::super::error::CliError;

/// How long one Argon2id shall take. Bringing a key back takes two: one for the passphrase, one for the secret behind the palm.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a new key is made with. The cost of its passphrase is measured on this machine and kept in the key's record.
///
/// # Errors
/// When Argon2id is refused the memory of [`Cost::DEFAULT`].
pub(super) fn new_key(kind: KeyKind) -> Result<CommitParams, CliError> {
    Ok(CommitParams {
        cost: calibrated()?,
        kind,
        ..CommitParams::default()
    })
}

fn calibrated() -> Result<Cost, TokenError> {
    let nobodys = Passphrase::for_recovery("only to measure")?;
    Cost::calibrated(PATIENCE, |cost| {
        let start = Instant::now();
        derive(&nobodys, &[0; SALT_LEN], cost)?;
        Ok(start.elapsed())
    })
}
