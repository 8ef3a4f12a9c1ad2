//! The keyring: the one file that holds what the store must not.
//!
//! It holds the collection's token k1, the store key k2 with its epoch, during a rotation also the previous store key,
//! and the own tokens of subjects that were renewed. Keep it on another disk, backup and access list than the store.
//!
//! The store key may be kept elsewhere, such as in a key service or a security chip. Then the keyring holds only its public
//! name, and the key is given whenever the keyring is loaded ([`Keyring::load_with`]): a wrong one is noticed at once.
//!
//! Two orders of work keep a crash harmless:
//!
//! * rotation: [`Keyring::begin_rotation`], save, reseal the store in one transaction, [`Keyring::end_rotation`], save.
//!   Whatever is interrupted, the saved keyring opens every record; begun rotations are finished by doing the rest.
//! * an own token: [`Keyring::add_own_token`], save, replace the records, [`Keyring::remove_own_token`] of the old, save.

mod file;
mod format;
mod outside;

pub use file::KeyringError;
pub use outside::{MAX_STORE_KEYS_LEN, StoreKeysError, parse_store_keys};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{
    BitTemplate, ContractId, KeyId, RecordError, SealedRecord, StoreKey, Token, TokenId, TokenKind,
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
    /// The store keys of the epochs in `contents`, from there or from outside.
    current: StoreKey,
    previous: Option<StoreKey>,
}

/// A store key, as far as it is in the file, and its number.
struct Epoch {
    number: u32,
    kept: Kept,
}

/// Where a store key is kept.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Here(StoreKey),
    /// Elsewhere; this is its public name.
    Outside(KeyId),
}

impl Epoch {
    /// The key, from the file or among those `given`.
    fn key(&self, path: &Path, given: &[StoreKey]) -> Result<StoreKey, KeyringError> {
        let key = match &self.kept {
            Kept::Here(key) => return Ok(key.clone()),
            Kept::Outside(key) => *key,
        };
        let (path, epoch) = (path.to_owned(), self.number);
        match given.iter().find(|given| given.id() == key) {
            Some(found) => Ok(found.clone()),
            None if given.is_empty() => Err(KeyringError::KeyOutside { path, key, epoch }),
            None => Err(KeyringError::OtherStoreKey {
                path,
                key,
                epoch,
                given: given
                    .iter()
                    .map(|given| given.id().to_string())
                    .collect::<Vec<_>>()
                    .join(" and "),
            }),
        }
    }
}

impl Keyring {
    /// Draws a new collection token and store key (epoch 1) and writes them to a new file with mode 0600.
    ///
    /// # Errors
    /// [`KeyringError::Exists`] when there is a file already, which is left as it is; [`KeyringError::Io`] when the file
    /// cannot be written. A half-written keyring is never left behind.
    pub fn create(path: impl AsRef<Path>, rng: &mut impl CryptoRng) -> Result<Self, KeyringError> {
        let collection = Token::random(rng);
        let key = StoreKey::random(rng);
        Self::create_for(path.as_ref(), collection, key.clone(), Kept::Here(key))
    }

    /// As [`Self::create`], for a store key that is kept outside: the file gets only its public name.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_outside(
        path: impl AsRef<Path>,
        key: StoreKey,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyringError> {
        let kept = Kept::Outside(key.id());
        Self::create_for(path.as_ref(), Token::random(rng), key, kept)
    }

    fn create_for(
        path: &Path,
        collection: Token,
        current: StoreKey,
        kept: Kept,
    ) -> Result<Self, KeyringError> {
        let contents = Contents {
            collection,
            current: Epoch { number: 1, kept },
            previous: None,
            own: BTreeMap::new(),
        };
        let text = contents.to_text();
        file::create(path, &text)?;
        Ok(Self {
            path: path.to_owned(),
            on_disk: Sha256::digest(&*text).into(),
            contents,
            current,
            previous: None,
        })
    }

    /// Reads a keyring that holds its store key.
    ///
    /// # Errors
    /// [`KeyringError`] says what is wrong: no such file, others may read it, it is damaged, or not a keyring.
    /// [`KeyringError::KeyOutside`] when the store key is kept elsewhere.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyringError> {
        Self::load_with(path, &[])
    }

    /// Reads a keyring whose store key may be kept outside: it is looked for among those `given`. While a rotation is under
    /// way, two keys may be needed.
    ///
    /// # Errors
    /// As [`Self::load`]; [`KeyringError::OtherStoreKey`] when a key is needed that is not among those given.
    pub fn load_with(path: impl AsRef<Path>, given: &[StoreKey]) -> Result<Self, KeyringError> {
        let path = path.as_ref().to_owned();
        let (contents, on_disk) = read(&path)?;
        let current = contents.current.key(&path, given)?;
        let previous = contents.previous.as_ref();
        let previous = previous.map(|epoch| epoch.key(&path, given)).transpose()?;
        Ok(Self {
            path,
            on_disk,
            contents,
            current,
            previous,
        })
    }

    /// Reads a keyring, or creates it when there is none: with the first of the store keys `given`, which are kept outside, or
    /// with one of its own.
    ///
    /// # Errors
    /// As [`Self::load_with`] and [`Self::create`].
    pub fn load_or_create(
        path: impl AsRef<Path>,
        given: &[StoreKey],
        rng: &mut impl CryptoRng,
    ) -> Result<Self, KeyringError> {
        let path = path.as_ref();
        let create = |rng| match given.first() {
            Some(key) => Self::create_outside(path, key.clone(), rng),
            None => Self::create(path, rng),
        };
        match Self::load_with(path, given) {
            Err(KeyringError::Missing { .. }) => match create(rng) {
                // Another process was faster.
                Err(KeyringError::Exists { .. }) => Self::load_with(path, given),
                created => created,
            },
            loaded => loaded,
        }
    }

    /// Forgets own tokens in a keyring's file. The store key is not needed for that, so nothing outside is asked for it.
    ///
    /// # Errors
    /// As [`Self::load`] and [`Self::save`], but for the store key.
    pub fn forget_own_tokens(
        path: impl AsRef<Path>,
        tokens: &[TokenId],
    ) -> Result<(), KeyringError> {
        let path = path.as_ref();
        let (mut contents, on_disk) = read(path)?;
        for token in tokens {
            contents.own.remove(token);
        }
        file::replace(path, &on_disk, &contents.to_text())
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
            TokenKind::Held => None,
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
        &self.current
    }

    /// Whether the current store key is kept outside of the keyring.
    pub fn store_key_is_outside(&self) -> bool {
        matches!(self.contents.current.kept, Kept::Outside(_))
    }

    /// The epoch of the current store key: 1 at first, one more with every rotation.
    pub fn epoch(&self) -> u32 {
        self.contents.current.number
    }

    /// Whether a rotation was begun and not ended. Records may then be sealed under the previous or the current key.
    pub fn is_rotating(&self) -> bool {
        self.contents.previous.is_some()
    }

    /// Draws a new store key, which the keyring holds, and keeps the present one as previous. Save before the store is touched.
    ///
    /// # Errors
    /// [`KeyringError::RotationUnderWay`] when a rotation was begun before and not ended.
    pub fn begin_rotation(&mut self, rng: &mut impl CryptoRng) -> Result<(), KeyringError> {
        let key = StoreKey::random(rng);
        self.begin_rotation_for(key.clone(), Kept::Here(key))
    }

    /// As [`Self::begin_rotation`], to a store key that is kept outside.
    ///
    /// # Errors
    /// [`KeyringError::SameStoreKey`] when it is the present one; as [`Self::begin_rotation`].
    pub fn begin_rotation_to(&mut self, key: StoreKey) -> Result<(), KeyringError> {
        let kept = Kept::Outside(key.id());
        self.begin_rotation_for(key, kept)
    }

    fn begin_rotation_for(&mut self, key: StoreKey, kept: Kept) -> Result<(), KeyringError> {
        let path = || self.path.clone();
        let number = self.epoch().checked_add(1);
        let (Some(number), None) = (number, &self.previous) else {
            return Err(KeyringError::RotationUnderWay { path: path() });
        };
        if key == self.current {
            return Err(KeyringError::SameStoreKey {
                path: path(),
                key: key.id(),
            });
        }
        let next = Epoch { number, kept };
        self.contents.previous = Some(std::mem::replace(&mut self.contents.current, next));
        self.previous = Some(std::mem::replace(&mut self.current, key));
        Ok(())
    }

    /// Forgets the previous store key: records still sealed under it can never be opened again.
    pub fn end_rotation(&mut self) {
        self.contents.previous = None;
        self.previous = None;
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

    /// Seals a template of `owner` under the current store key, masked with a token that the owner holds.
    pub fn seal_split(
        &self,
        template: &BitTemplate,
        contract: &ContractId,
        token: &Token,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> SealedRecord {
        let (key, epoch) = (self.store_key(), self.epoch());
        SealedRecord::seal_split(template, contract, token, key, epoch, owner, rng)
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
        std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id() == record.key())
            .ok_or_else(|| RecordError::NoKey {
                key: record.key(),
                epoch: record.epoch(),
                current: self.epoch(),
            })
    }
}

/// What a file holds, and its SHA-256.
fn read(path: &Path) -> Result<(Contents, [u8; 32]), KeyringError> {
    let text = file::read(path)?;
    let contents = Contents::parse(&text).map_err(|problem| problem.at(path))?;
    Ok((contents, Sha256::digest(&*text).into()))
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
