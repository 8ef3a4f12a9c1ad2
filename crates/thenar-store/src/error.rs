//! The store's errors. Every message names the file it is about.

use std::path::PathBuf;

use thenar_protect::RecordError;

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such file.
    #[error("{}: there is no store here", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file cannot be opened or created.
    #[error("{}: cannot open the store: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file is something else.
    #[error("{}: not a Thenar store: {reason}", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// The file was written by a newer version of this program.
    #[error("{}: the store has schema {found}, but this program knows only up to {known}; use a newer program", path.display())]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The file's schema version.
        found: i64,
        /// The newest schema version known here.
        known: i64,
    },
    /// The file may not be written.
    #[error("{}: the store is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// A name that cannot be used.
    #[error("bad {what} name: {problem}")]
    Name {
        /// `subject` or `key`.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// The subject is enrolled already.
    #[error("{}: '{subject}' is enrolled already", path.display())]
    AlreadyEnrolled {
        /// The store.
        path: PathBuf,
        /// The subject.
        subject: String,
    },
    /// The subject is not enrolled.
    #[error("{}: '{subject}' is not enrolled", path.display())]
    NotEnrolled {
        /// The store.
        path: PathBuf,
        /// The subject.
        subject: String,
    },
    /// A subject without records.
    #[error("'{subject}' cannot be kept without records")]
    NoRecords {
        /// The subject.
        subject: String,
    },
    /// The record was sealed before a rotation that has happened since.
    #[error(
        "{}: a record of '{subject}' was sealed in epoch {found}, but the store is in epoch {expected}: the store key was \
         rotated meanwhile; try again", path.display()
    )]
    OldEpoch {
        /// The store.
        path: PathBuf,
        /// The subject.
        subject: String,
        /// The record's epoch.
        found: u32,
        /// The store's epoch.
        expected: u32,
    },
    /// A stored record cannot be read or resealed.
    #[error("{}: record {position} of '{subject}': {source}", path.display())]
    Record {
        /// The store.
        path: PathBuf,
        /// The subject.
        subject: String,
        /// Which of the subject's records, from 0.
        position: u32,
        /// What is wrong with it.
        source: RecordError,
    },
    /// A key of that name exists.
    #[error("{}: there is a key '{name}' already", path.display())]
    KeyExists {
        /// The store.
        path: PathBuf,
        /// The key's name.
        name: String,
    },
    /// There is no key of that name.
    #[error("{}: there is no key '{name}'", path.display())]
    NoKey {
        /// The store.
        path: PathBuf,
        /// The key's name.
        name: String,
    },
    /// The helper data of a key is too long.
    #[error("the helper data of key '{name}' has {len} bytes, expected at most {max}")]
    KeyTooLong {
        /// The key's name.
        name: String,
        /// Its length.
        len: usize,
        /// The longest allowed.
        max: usize,
    },
    /// SQLite reports an error.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The store.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
