//! Where protected records live.
//!
//! * [`Store`] keeps subjects, their sealed records and the public helper data of keys in one SQLite file. Every change is
//!   one transaction: a crash at any moment leaves each subject whole or absent.
//! * [`Gallery`] holds opened templates in memory and finds all subjects within a distance of a probe, exactly.
//!
//! Attempts to bring a key back are counted, see [`attempts`]. The store never sees a template, a token or a key: it keeps what [`thenar_protect`] has sealed.

#![forbid(unsafe_code)]

pub mod attempts;
mod connection;
mod error;
mod gallery;
mod keys;
mod subjects;
mod transfer;

pub use attempts::Attempt;
pub use error::StoreError;
pub use gallery::{Gallery, GalleryError, Hit};
pub use subjects::SubjectInfo;
pub use transfer::{Entry, Transferred};

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// The longest name of a subject or key, in bytes.
pub const MAX_NAME_LEN: usize = 256;

/// An open store.
///
/// Several processes may have one store open; writers wait for each other for up to ten seconds.
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

impl Store {
    /// Opens a store, and creates it (mode 0600) when there is no such file.
    ///
    /// # Errors
    /// When the folder is missing, the file is no store, is of a newer version, or cannot be written. All messages name the
    /// path.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        connection::create_file(path)?;
        Self::open_existing(path)
    }

    /// Opens a store that must exist.
    ///
    /// # Errors
    /// As [`Self::open`], and [`StoreError::Missing`] when there is no such file.
    pub fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let connection = connection::open(&path)?;
        Ok(Self { path, connection })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a change. Nothing of it is kept unless it is committed.
    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        let failed = failed(&self.path);
        // Immediate: the lock is taken before the first look, so what was seen is still true at the commit.
        self.connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)
    }

    /// Moves committed changes from the log to the database and empties the log, so that what was deleted is gone from both.
    ///
    /// Another process that is reading may hold this up; then the next call or the last close does it.
    fn empty_log(&self) -> Result<(), StoreError> {
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(failed(&self.path))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.path.display())
    }
}

/// Names the file an SQLite error came from.
fn failed(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError + use<> {
    let path = path.to_owned();
    move |source| StoreError::Sqlite {
        path: path.clone(),
        source,
    }
}

/// Checks a name before it enters the store.
fn check_name(what: &'static str, name: &str) -> Result<(), StoreError> {
    let problem = if name.is_empty() {
        "it is empty".to_string()
    } else if name.len() > MAX_NAME_LEN {
        format!(
            "it has {} bytes, expected at most {MAX_NAME_LEN}",
            name.len()
        )
    } else if let Some(control) = name.chars().find(|c| c.is_control()) {
        format!(
            "it holds the control character U+{:04X}",
            u32::from(control)
        )
    } else {
        return Ok(());
    };
    Err(StoreError::Name { what, problem })
}
