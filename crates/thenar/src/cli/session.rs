//! What commands share: the store, the keyring, the pipeline, and photos that are acquired with their name.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thenar::{Feature, Palm, Photo, Pipeline, Sink, check_agreement, mean_feature};
use thenar_net::calibration::describe;
use thenar_protect::{
    Keyring, KeyringError, RecordError, SealedRecord, StoreKey, Token, TokenId, TokenKind,
    TokenRef, os_rng,
};
use thenar_store::{Store, StoreError};

use super::args::{Global, Input};
use super::error::CliError;
use super::files;
use super::output::{Output, hex};
use super::store_key;

/// One run of the program.
pub(crate) struct Session {
    pub out: Output,
    pub input: Input,
    store: PathBuf,
    keyring: Option<PathBuf>,
}

/// Photos of one palm.
pub(crate) struct Acquired {
    pub palms: Vec<Palm>,
    /// Their mean.
    pub feature: Feature,
}

impl Session {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            out: Output::new(global.json, global.quiet),
            input: global.input,
            store: global.store,
            keyring: global.keyring,
        }
    }

    /// The store's file.
    pub(crate) fn store_path(&self) -> &Path {
        &self.store
    }

    /// The pipeline for the kind of photos given.
    pub(crate) fn pipeline(&self) -> Result<Pipeline, CliError> {
        match self.input {
            Input::Photo => Pipeline::shipped(),
            Input::Roi => Pipeline::shipped_for_rois(),
        }
        .map_err(CliError::Model)
    }

    /// Opens the store, which must exist.
    pub(crate) fn store(&self) -> Result<Store, CliError> {
        Ok(Store::open_existing(&self.store)?)
    }

    /// Opens the store, or creates it.
    pub(crate) fn store_or_new(&self) -> Result<Store, CliError> {
        Ok(Store::open(&self.store)?)
    }

    /// Opens the store when there is one.
    pub(crate) fn store_if_any(&self) -> Result<Option<Store>, CliError> {
        match Store::open_existing(&self.store) {
            Err(StoreError::Missing { .. }) => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    /// Opens the keyring, which must exist.
    pub(crate) fn keyring(&self) -> Result<Keyring, CliError> {
        let given = store_key::given()?;
        let keyring = self.keyring_with(&self.store, &given)?;
        self.check_used(&keyring, &given)?;
        Ok(keyring)
    }

    /// Opens the keyring, or creates it when the store holds nothing yet; checks that it is the store's.
    ///
    /// A new keyring beside an old store would seal some subjects with one key and some with another.
    pub(crate) fn keyring_or_new(&self, store: Option<&Store>) -> Result<Keyring, CliError> {
        let given = store_key::given()?;
        let keyring = self.keyring_or_new_with(store, &given)?;
        self.check_used(&keyring, &given)?;
        Ok(keyring)
    }

    /// As [`Self::keyring_or_new`] with the store keys that were given from outside, of which none need be the keyring's: a
    /// rotation may move to one of them.
    pub(crate) fn keyring_or_new_with(
        &self,
        store: Option<&Store>,
        given: &[StoreKey],
    ) -> Result<Keyring, CliError> {
        let record = store.map(first_record).transpose()?.flatten();
        let Some(record) = record else {
            let path = self.keyring_path()?;
            if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
                fs::create_dir_all(folder).map_err(CliError::file(folder, "create the folder"))?;
            }
            return Keyring::load_or_create(&path, given, &mut os_rng()).map_err(CliError::keyring);
        };
        let keyring = self.keyring_with(&self.store, given)?;
        self.check_belongs(&keyring, &record)?;
        Ok(keyring)
    }

    /// Opens the keyring that the records in `file` need; checks that it is also the store's, if that holds any.
    pub(crate) fn keyring_of(
        &self,
        file: &Path,
        store: Option<&Store>,
    ) -> Result<Keyring, CliError> {
        let given = store_key::given()?;
        let keyring = self.keyring_with(file, &given)?;
        self.check_used(&keyring, &given)?;
        if let Some(record) = store.map(first_record).transpose()?.flatten() {
            self.check_belongs(&keyring, &record)?;
        }
        Ok(keyring)
    }

    fn check_belongs(&self, keyring: &Keyring, record: &SealedRecord) -> Result<(), CliError> {
        match keyring.check_key(record) {
            Err(source @ RecordError::NoKey { .. }) => Err(CliError::Record {
                what: format!(
                    "{} does not belong to {}",
                    keyring.path().display(),
                    self.store.display()
                ),
                source,
            }),
            // Anything else shows when that subject is verified.
            _ => Ok(()),
        }
    }

    /// Forgets own tokens. The store key is not needed for that.
    pub(crate) fn forget_own_tokens(&self, tokens: &[TokenId]) -> Result<(), CliError> {
        let path = self.keyring_path()?;
        Keyring::forget_own_tokens(&path, tokens).map_err(lost(path, &self.store))
    }

    /// Opens the keyring; `holder` is the file whose records need it.
    fn keyring_with(&self, holder: &Path, given: &[StoreKey]) -> Result<Keyring, CliError> {
        let path = self.keyring_path()?;
        Keyring::load_with(&path, given).map_err(lost(path, holder))
    }

    /// A key that was given but is not used leads its owner to believe that it protects the store.
    fn check_used(&self, keyring: &Keyring, given: &[StoreKey]) -> Result<(), CliError> {
        if given.is_empty() || keyring.store_key_is_outside() {
            return Ok(());
        }
        Err(CliError::StoreKeyUnused {
            keyring: keyring.path().to_owned(),
        })
    }

    /// The records of a subject that must be enrolled.
    pub(crate) fn records(
        &self,
        store: &Store,
        subject: &str,
    ) -> Result<Vec<SealedRecord>, CliError> {
        store
            .get(subject)?
            .ok_or_else(|| self.unknown("subject", subject))
    }

    /// There is no such subject or key in the store.
    pub(crate) fn unknown(&self, what: &'static str, name: &str) -> CliError {
        CliError::Unknown {
            what,
            name: name.into(),
            store: self.store.clone(),
        }
    }

    /// The token a subject's record was made with, from the keyring or as its owner gave it.
    pub(crate) fn token<'a>(
        &self,
        keyring: &'a Keyring,
        held: Option<&'a Token>,
        token: TokenRef,
        subject: &str,
    ) -> Result<&'a Token, CliError> {
        match (token.kind, held) {
            (TokenKind::Held, Some(held)) if held.id() == token.id => return Ok(held),
            (TokenKind::Held, Some(_)) => return Err(CliError::OtherToken(subject.into())),
            (TokenKind::Held, None) => return Err(CliError::TokenNeeded(subject.into())),
            (_, Some(_)) => return Err(CliError::TokenUnused(subject.into())),
            (_, None) => {}
        }
        keyring.token(token).ok_or_else(|| CliError::TokenLost {
            subject: subject.into(),
            keyring: keyring.path().to_owned(),
        })
    }

    /// The false-match rate asked for, if any distance is known to be as safe.
    pub(crate) fn reachable(&self, pipeline: &Pipeline, fmr: f64) -> Result<f64, CliError> {
        let calibration = pipeline.calibration();
        if calibration.threshold(fmr).is_some() {
            return Ok(fmr);
        }
        Err(CliError::Usage(format!(
            "an FMR of {} is asked for, but the calibration of the model knows no distance that is as safe; ask for a \
             larger rate",
            describe(fmr)
        )))
    }

    /// The keyring asked for, or the default one of this store.
    ///
    /// One for each store, named after its path: rotating the key of one store must not lose another.
    fn keyring_path(&self) -> Result<PathBuf, CliError> {
        if let Some(path) = &self.keyring {
            return Ok(path.clone());
        }
        if let Some(path) = env::var_os("THENAR_KEYRING").filter(|path| !path.is_empty()) {
            return Ok(path.into());
        }
        let configured = env::var_os("XDG_CONFIG_HOME").filter(|v| Path::new(v).is_absolute());
        let folder = match (configured, env::var_os("HOME")) {
            (Some(folder), _) => PathBuf::from(folder),
            (None, Some(home)) if !home.is_empty() => Path::new(&home).join(".config"),
            _ => {
                let message = "there is no HOME to keep a keyring under; name one with --keyring";
                return Err(CliError::Usage(message.into()));
            }
        };
        Ok(folder.join("thenar").join(self.keyring_name()?))
    }

    /// `<store's name>-<8 hex digits of its path's digest>.keyring`.
    fn keyring_name(&self) -> Result<OsString, CliError> {
        let folder = files::folder_of(&self.store);
        let folder = folder
            .canonicalize()
            .map_err(CliError::file(folder, "find the folder"))?;
        let name = self.store.file_name().unwrap_or_default();
        let digest = Sha256::digest(folder.join(name).as_os_str().as_encoded_bytes());
        let mut file = Path::new(name).file_stem().unwrap_or_default().to_owned();
        let digits = hex(&digest[..4]);
        file.push(format!("-{digits}.keyring"));
        Ok(file)
    }

    /// photo ─► feature, with the photo's name in whatever goes wrong.
    pub(crate) fn acquire(
        &self,
        pipeline: &Pipeline,
        path: &Path,
        sink: &mut dyn Sink,
    ) -> Result<Palm, CliError> {
        let photo = Photo::open(path)?;
        pipeline
            .acquire(&photo, sink)
            .map_err(CliError::of_photo(path))
    }

    /// Several photos of one palm, which must agree with each other.
    pub(crate) fn acquire_all(
        &self,
        pipeline: &Pipeline,
        photos: &[PathBuf],
    ) -> Result<Acquired, CliError> {
        let palms: Vec<Palm> = photos
            .iter()
            .map(|photo| self.acquire(pipeline, photo, &mut ()))
            .collect::<Result<_, _>>()?;
        if let Some(other) = check_agreement(pipeline, &palms).map_err(CliError::Model)? {
            return Err(CliError::PhotosDiffer {
                file: photos[other.index].display().to_string(),
                score: other.score.to_string(),
            });
        }
        let feature = mean_feature(&palms).map_err(CliError::Model)?;
        Ok(Acquired { palms, feature })
    }
}

/// Names the file whose records need a keyring that is not there.
fn lost(keyring: PathBuf, holder: &Path) -> impl FnOnce(KeyringError) -> CliError {
    let store = holder.to_owned();
    move |error| match error {
        KeyringError::Missing { .. } => CliError::KeyringLost { keyring, store },
        other => CliError::keyring(other),
    }
}

/// Any record of the store.
fn first_record(store: &Store) -> Result<Option<SealedRecord>, CliError> {
    /// Ends the walk at the first record.
    enum Stop {
        Found(Box<SealedRecord>),
        Failed(StoreError),
    }
    impl From<StoreError> for Stop {
        fn from(error: StoreError) -> Self {
            Self::Failed(error)
        }
    }
    match store.for_each_record(|_, record| Err(Stop::Found(Box::new(record)))) {
        Ok(()) => Ok(None),
        Err(Stop::Found(record)) => Ok(Some(*record)),
        Err(Stop::Failed(error)) => Err(error.into()),
    }
}
