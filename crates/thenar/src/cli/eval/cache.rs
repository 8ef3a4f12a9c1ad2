//! What was made of images, kept between runs: a run that was interrupted goes on, and a run that is repeated reads.
//!
//! A SQLite file. An entry is found by the *stage*, which names everything that its making depends on (method, protection,
//! role and the contract of the models), and by the digest of the images' bytes. So an image that was moved is still
//! found, one that was changed is not, and a new model starts from nothing.
//!
//! The entries are unprotected biometric data, like the images themselves.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::super::args::Keeping;
use super::super::error::CliError;

/// Entries written in one transaction; as many are lost when a run is killed.
const BATCH: usize = 64;
/// Written into the file; a file of another kind or version is refused.
const APPLICATION: i32 = 0x5448_4543;
const VERSION: i32 = 1;

/// What is kept of an image.
pub(super) enum Kept {
    /// Numbers of features.
    Floats(Zeroizing<Vec<f32>>),
    /// Packed bits.
    Words(Zeroizing<Vec<u64>>),
}

/// What came of one image, or of several of a palm.
pub(super) struct Entry {
    /// `None` when no image was good enough.
    pub kept: Option<Kept>,
    /// Names of the problems of the images that were not.
    pub problems: Vec<String>,
}

/// Digest of the images an entry was made of.
pub(super) type Key = [u8; 32];

/// The digest of several images together; of one image, that of its bytes.
pub(super) fn key(images: &[Key]) -> Key {
    match images {
        [one] => *one,
        several => Sha256::digest(several.concat()).into(),
    }
}

/// The file.
pub(super) struct Cache {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    /// Entries that are not written yet.
    pending: Vec<Row>,
}

struct Row {
    stage: String,
    images: Key,
    problems: String,
    kind: i64,
    data: Zeroizing<Vec<u8>>,
}

impl Cache {
    /// The cache asked for, or one among the results; none where there is no folder for them.
    pub(super) fn asked(
        keeping: &Keeping,
        results: Option<&Path>,
    ) -> Result<Option<Self>, CliError> {
        let path = match (&keeping.cache, results) {
            _ if keeping.no_cache => None,
            (Some(path), _) => Some(path.clone()),
            (None, results) => results.map(|folder| folder.join("cache.db")),
        };
        path.map(|path| Self::open(&path)).transpose()
    }

    /// Opens the file, or makes it.
    pub(super) fn open(path: &Path) -> Result<Self, CliError> {
        private(path)?;
        let failed = |e| failed(path, &e);
        let connection = Connection::open(path).map_err(failed)?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(failed)?;
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        let found = (
            number("application_id").map_err(failed)?,
            number("user_version").map_err(failed)?,
        );
        if found != (0, 0) && found != (APPLICATION, VERSION) {
            let message = "is no cache of this version of `eval run`; delete it or name another";
            return Err(CliError::Usage(format!("{}: {message}", path.display())));
        }
        connection
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = NORMAL;
                 PRAGMA application_id = {APPLICATION};
                 PRAGMA user_version = {VERSION};
                 CREATE TABLE IF NOT EXISTS made (
                     stage TEXT NOT NULL, images BLOB NOT NULL, problems TEXT NOT NULL, kind INTEGER NOT NULL,
                     data BLOB NOT NULL, PRIMARY KEY (stage, images)) WITHOUT ROWID;"
            ))
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            state: Mutex::new(State {
                connection,
                pending: Vec::new(),
            }),
        })
    }

    /// The entry of these images, if it is there and whole.
    pub(super) fn get(&self, stage: &str, images: &Key) -> Result<Option<Entry>, CliError> {
        let state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        let query = "SELECT problems, kind, data FROM made WHERE stage = ?1 AND images = ?2";
        let found = state.connection.prepare_cached(query).and_then(|mut s| {
            let entry = |row: &rusqlite::Row<'_>| {
                let data: Vec<u8> = row.get(2)?;
                let problems: String = row.get(0)?;
                Ok(Entry::from_parts(
                    &problems,
                    row.get(1)?,
                    &Zeroizing::new(data),
                ))
            };
            s.query_row(params![stage, images], entry).optional()
        });
        Ok(found.map_err(|e| failed(&self.path, &e))?.flatten())
    }

    /// Keeps an entry; it is written with the next ones.
    pub(super) fn put(&self, stage: &str, images: Key, entry: &Entry) -> Result<(), CliError> {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        let (kind, data) = entry
            .kept
            .as_ref()
            .map_or_else(Default::default, Kept::to_bytes);
        state.pending.push(Row {
            stage: stage.to_owned(),
            images,
            problems: entry.problems.join(" "),
            kind,
            data,
        });
        if state.pending.len() < BATCH {
            return Ok(());
        }
        state.write().map_err(|e| failed(&self.path, &e))
    }

    /// Writes what is not written yet.
    pub(super) fn flush(&self) -> Result<(), CliError> {
        let mut state = self.state.lock().unwrap_or_else(|e| e.into_inner());
        state.write().map_err(|e| failed(&self.path, &e))
    }
}

impl State {
    fn write(&mut self) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        {
            let insert = "INSERT OR REPLACE INTO made VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare_cached(insert)?;
            for row in &self.pending {
                let data = row.data.as_slice();
                insert.execute(params![row.stage, row.images, row.problems, row.kind, data])?;
            }
        }
        transaction.commit()?;
        self.pending.clear();
        Ok(())
    }
}

/// Makes the file for its owner only, where it is not there yet; SQLite gives its side files the same mode.
fn private(path: &Path) -> Result<(), CliError> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path);
    opened
        .map(|_| ())
        .map_err(CliError::file(path, "open the cache"))
}

fn failed(path: &Path, error: &rusqlite::Error) -> CliError {
    CliError::Usage(format!("{}: the cache: {error}", path.display()))
}

impl Entry {
    /// `None` for what [`Cache::put`] never writes.
    fn from_parts(problems: &str, kind: i64, data: &[u8]) -> Option<Self> {
        let kept = match kind {
            0 => None,
            _ => Some(Kept::from_bytes(kind, data)?),
        };
        let problems = problems.split_whitespace().map(str::to_owned).collect();
        Some(Self { kept, problems })
    }
}

impl Kept {
    fn to_bytes(&self) -> (i64, Zeroizing<Vec<u8>>) {
        match self {
            Self::Floats(values) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes());
                (1, Zeroizing::new(bytes.collect()))
            }
            Self::Words(values) => {
                let bytes = values.iter().flat_map(|v| v.to_le_bytes());
                (2, Zeroizing::new(bytes.collect()))
            }
        }
    }

    fn from_bytes(kind: i64, bytes: &[u8]) -> Option<Self> {
        match kind {
            1 => {
                let (values, rest) = bytes.as_chunks();
                let values: Vec<f32> = values.iter().map(|&b| f32::from_le_bytes(b)).collect();
                rest.is_empty().then(|| Self::Floats(values.into()))
            }
            2 => {
                let (values, rest) = bytes.as_chunks();
                let values: Vec<u64> = values.iter().map(|&b| u64::from_le_bytes(b)).collect();
                rest.is_empty().then(|| Self::Words(values.into()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kept: Option<Kept>, problems: &[&str]) -> Entry {
        Entry {
            kept,
            problems: problems.iter().map(|&p| p.to_owned()).collect(),
        }
    }

    #[test]
    fn entries_come_back_by_stage_and_images() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.db");
        let cache = Cache::open(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let words = Kept::Words(vec![1, u64::MAX].into());
        let floats = Kept::Floats(vec![0.5, -1.0].into());
        cache.put("a", [1; 32], &entry(Some(words), &[])).unwrap();
        cache
            .put("a", [2; 32], &entry(None, &["too_dark", "too_far"]))
            .unwrap();
        cache
            .put("b", [1; 32], &entry(Some(floats), &["too_dark"]))
            .unwrap();
        cache.flush().unwrap();
        drop(cache);
        let cache = Cache::open(&path).unwrap();
        let get = |stage, images| cache.get(stage, &images).unwrap();
        let kept = |stage, images| get(stage, images).unwrap().kept;
        assert!(matches!(kept("a", [1; 32]), Some(Kept::Words(v)) if *v == [1, u64::MAX]));
        assert!(matches!(kept("b", [1; 32]), Some(Kept::Floats(v)) if *v == [0.5, -1.0]));
        let rejected = get("a", [2; 32]).unwrap();
        assert!(rejected.kept.is_none());
        assert_eq!(rejected.problems, ["too_dark", "too_far"]);
        assert!(get("c", [1; 32]).is_none() && get("b", [2; 32]).is_none());
    }

    #[test]
    fn broken_entries_are_made_again_and_other_files_are_refused() {
        for (kind, bytes) in [(1, &[0; 5][..]), (2, &[0; 12]), (9, &[])] {
            assert!(Entry::from_parts("", kind, bytes).is_none(), "{kind}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other");
        std::fs::write(&path, "no database at all, but long enough to be looked at").unwrap();
        assert!(Cache::open(&path).is_err());
        let other = Connection::open(folder.path().join("store")).unwrap();
        other.execute_batch("PRAGMA user_version = 7").unwrap();
        assert!(Cache::open(&folder.path().join("store")).is_err());
    }

    #[test]
    fn a_killed_run_loses_one_batch_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache.db");
        let cache = Cache::open(&path).unwrap();
        for n in 0..BATCH as u8 + 3 {
            cache.put("a", [n; 32], &entry(None, &[])).unwrap();
        }
        // Not flushed, not dropped: as after a kill.
        std::mem::forget(cache);
        let cache = Cache::open(&path).unwrap();
        let there = |n: usize| cache.get("a", &[n as u8; 32]).unwrap().is_some();
        assert!((0..BATCH).all(there) && !there(BATCH));
    }
}
