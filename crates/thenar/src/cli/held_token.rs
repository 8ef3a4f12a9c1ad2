//! A token that its subject holds: in a file, or as a passphrase.
//!
//! A passphrase becomes a token by Argon2id ([`Cost::DEFAULT`]). The salt is the SHA-256 of "thenar/held-token/v1", the public
//! name of the collection's token (8 bytes) and the subject's name: one for each subject of each keyring. It is not stored, so
//! these parameters cannot change without a new label.

use sha2::{Digest, Sha256};
use thenar_key::Cost;
use thenar_key::token::{SALT_LEN, derive};
use thenar_protect::{Keyring, Token, TokenId};

use super::args::HeldToken;
use super::error::CliError;
use super::passphrase::{self, Purpose};
use super::secret_file;

/// The token that was given, or `None`. For a new enrolment a file that is not there is made, and a passphrase is held to the
/// rules.
pub(crate) fn read(
    given: &HeldToken,
    keyring: &Keyring,
    subject: &str,
    purpose: Purpose,
) -> Result<Option<Token>, CliError> {
    let secret = match (&given.token, purpose) {
        (Some(path), Purpose::New) => secret_file::read_or_new(path)?,
        (Some(path), Purpose::Recovery) => secret_file::read(path)?,
        (None, _) if given.token_passphrase => {
            let passphrase = passphrase::read(given.passphrase_file.as_deref(), purpose)?;
            let salt = salt(keyring.collection_token().id(), subject);
            derive(&passphrase, &salt, Cost::DEFAULT)?
        }
        (None, _) => return Ok(None),
    };
    Ok(Some(Token::from_bytes(*secret)))
}

fn salt(collection: TokenId, subject: &str) -> [u8; SALT_LEN] {
    let mut hash = Sha256::new_with_prefix(b"thenar/held-token/v1");
    hash.update(collection.0);
    hash.update(subject);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Golden, for tokens are not stored: `printf 'thenar/held-token/v1\1\2\3\4\5\6\7\10anna' | sha256sum`.
    #[test]
    fn the_salt_is_what_it_was() {
        let found = salt(TokenId([1, 2, 3, 4, 5, 6, 7, 8]), "anna");
        let digits: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            digits,
            "ef745fc27b413f14af2d0669d094c37e8c4d41250d507c6caacb8655c5554cfa"
        );
    }
}
