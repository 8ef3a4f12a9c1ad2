//! The keyring: the one file that holds what the store must not.
//!
//! It holds the collection's token k1, the store key k2 with its epoch, during a rotation also the previous store key,
//! and the own tokens of subjects that were renewed. Keep it on another disk, backup and access list than the store.
//!
//! Two orders of work keep a crash harmless:
//!
//! * rotation: [`Keyring::begin_rotation`], save, reseal the store in one transaction, [`Keyring::end_rotation`], save.
//!   Whatever is interrupted, the saved keyring opens every record; begun rotations are finished by doing the rest.
//! * an own token: [`Keyring::add_own_token`], save, replace the records, [`Keyring::remove_own_token`] of the old, save.

mod file;
mod format;

pub use file::KeyringError;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    BitTemplate, ContractId, RecordError, SealedRecord, StoreKey, Token, TokenId, TokenKind,
    TokenRef,
};
use format::Contents;

/// The tokens and store keys of one installation, and the file they live in.
///
/// Changes are in memory until [`Self::save`].
pub struct Keyring {
    path: PathBuf,
    /// SHA-256 of the file as last read or written, to notice when another process changed it.
    on_disk: [u8; 32],
    contents: Contents,
}

/// A store key and its number.
#[derive(Clone)]
struct Epoch {
    number: u32,
    key: StoreKey,
}

impl Keyring {
    /// Draws a new collection token and store key (epoch 1) and writes them to a new file with mode 0600.
    ///
    /// # Errors
    /// [`KeyringError::Exists`] when there is a file already, which is left as it is; [`KeyringError::Io`] when the file
    /// cannot be written. A half-written keyring is never left behind.
    pub fn create(path: impl AsRef<Path>, rng: &mut impl CryptoRng) -> Result<Self, KeyringError> {
        let contents = Contents {
            collection: Token::random(rng),
            current: Epoch {
                number: 1,
                key: StoreKey::random(rng),
            },
            previous: None,
            own: BTreeMap::new(),
        };
        let text = contents.to_text();
        let path = path.as_ref().to_owned();
        file::create(&path, &text)?;
        Ok(Self {
            path,
            on_disk: Sha256::digest(&*text).into(),
            contents,
        })
    }

    /// Reads a keyring.
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong: no such file, others may read it, it is damaged, or not a keyring.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyringError> {
        let path = path.as_ref().to_owned();
        let text = file::read(&path)?;
        let contents = Contents::parse(&text).map_err(|problem| problem.at(&path))?;
        Ok(Self {
            path,
            on_disk: Sha256::digest(&*text).into(),
            contents,
        })
    }

    /// Reads a keyring, or creates it when there is none.
    ///
    /// # Errors
    /// As [`Self::load`] and [`Self::create`].
    pub fn load_or_create(
        path: impl AsRef<Path>,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyringError> {
        let path = path.as_ref();
        match Self::load(path) {
            Err(KeyringError::Missing { .. }) => match Self::create(path, rng) {
                // Another process was faster.
                Err(KeyringError::Exists { .. }) => Self::load(path),
                created => created,
            },
            loaded => loaded,
        }
    }

    /// Replaces the file by the present state, atomically and durably.
    ///
    /// # Errors
    /// [`KeyringError::Changed`] when another process changed the file since it was read: then nothing is written, so that
    /// no key is ever lost. [`KeyringError::Io`] when the file cannot be replaced.
    pub fn save(&mut self) -> Result<(), KeyringError> {
        let text = self.contents.to_text();
        file::replace(&self.path, &self.on_disk, &text)?;
        self.on_disk = Sha256::digest(&*text).into();
        Ok(())
    }

    /// The file it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The collection's token k1.
    pub fn collection_token(&self) -> &Token {
        &self.contents.collection
    }

    /// The token a record was made with, or `None` when the keyring does not hold it.
    pub fn token(&self, token: TokenRef) -> Option<&Token> {
        match token.kind {
            TokenKind::Collection => Some(&self.contents.collection).filter(|t| t.id() == token.id),
            TokenKind::Own => self.contents.own.get(&token.id),
        }
    }

    /// Adds a subject's own token.
    pub fn add_own_token(&mut self, token: Token) -> TokenRef {
        let name = TokenRef::own(&token);
        self.contents.own.insert(token.id(), token);
        name
    }

    /// Forgets a subject's own token: templates made with it can never be compared again. False when there was none.
    pub fn remove_own_token(&mut self, id: TokenId) -> bool {
        self.contents.own.remove(&id).is_some()
    }

    /// The current store key k2.
    pub fn store_key(&self) -> &StoreKey {
        &self.contents.current.key
    }

    /// The epoch of the current store key: 1 at first, one more with every rotation.
    pub fn epoch(&self) -> u32 {
        self.contents.current.number
    }

    /// Whether a rotation was begun and not ended. Records may then be sealed under the previous or the current key.
    pub fn is_rotating(&self) -> bool {
        self.contents.previous.is_some()
    }

    /// Draws a new store key and keeps the present one as previous. Save before the store is touched.
    ///
    /// # Errors
    /// [`KeyringError::RotationUnderWay`] when a rotation was begun before and not ended.
    pub fn begin_rotation(&mut self, rng: &mut impl CryptoRng) -> Result<(), KeyringError> {
        let number = self.contents.current.number.checked_add(1);
        let (Some(number), None) = (number, &self.contents.previous) else {
            return Err(KeyringError::RotationUnderWay {
                path: self.path.clone(),
            });
        };
        let next = Epoch {
            number,
            key: StoreKey::random(rng),
        };
        self.contents.previous = Some(std::mem::replace(&mut self.contents.current, next));
        Ok(())
    }

    /// Forgets the previous store key: records still sealed under it can never be opened again.
    pub fn end_rotation(&mut self) {
        self.contents.previous = None;
    }

    /// Seals a template of `owner` under the current store key.
    pub fn seal(
        &self,
        template: &BitTemplate,
        contract: &ContractId,
        token: TokenRef,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> SealedRecord {
        SealedRecord::seal(
            template,
            contract,
            token,
            self.store_key(),
            self.epoch(),
            owner,
            rng,
        )
    }

    /// Opens a record with whichever store key sealed it.
    ///
    /// # Errors
    /// [`RecordError::NoKey`] when the keyring does not hold that key, and as [`SealedRecord::open`].
    pub fn open(
        &self,
        record: &SealedRecord,
        contract: &ContractId,
        owner: &str,
    ) -> Result<BitTemplate, RecordError> {
        record.open(self.key_of(record)?, contract, owner)
    }

    /// Seals a record anew under the current store key. A record that already is comes back as it was.
    ///
    /// # Errors
    /// As [`Self::open`], but for the contract, which does not matter here.
    pub fn reseal(
        &self,
        record: &SealedRecord,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<SealedRecord, RecordError> {
        if record.key() == self.store_key().id() {
            return Ok(record.clone());
        }
        record.reseal(
            self.key_of(record)?,
            self.store_key(),
            self.epoch(),
            owner,
            rng,
        )
    }

    /// Whether this keyring holds the key that sealed a record.
    ///
    /// # Errors
    /// [`RecordError::NoKey`] when it does not.
    pub fn check_key(&self, record: &SealedRecord) -> Result<(), RecordError> {
        self.key_of(record).map(|_| ())
    }

    fn key_of(&self, record: &SealedRecord) -> Result<&StoreKey, RecordError> {
        let keys = std::iter::once(&self.contents.current).chain(&self.contents.previous);
        keys.map(|epoch| &epoch.key)
            .find(|key| key.id() == record.key())
            .ok_or_else(|| RecordError::NoKey {
                key: record.key(),
                epoch: record.epoch(),
                current: self.epoch(),
            })
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Keyring({}, epoch {}, secret)",
            self.path.display(),
            self.epoch()
        )
    }
}

#[cfg(test)]
mod tests;
