//! Opening the file: whose it is, which schema it has, and how SQLite is to treat it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, failed};

/// What leads from each schema to the next; the first from an empty database.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("schema_2.sql")];
const SCHEMA_VERSION: i64 = STEPS.len() as i64;
const APPLICATION_ID: i64 = 0x5448_4E52;

/// Creates an empty file that only the owner may open, unless there is a file. SQLite takes it for an empty database.
pub(crate) fn create_file(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(StoreError::Open {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

/// Opens the file, checks that it is a store, and brings its tables up to the present schema.
pub(crate) fn open(path: &Path) -> Result<Connection, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => {
            return Err(StoreError::NotAStore {
                path: path.to_owned(),
                reason: "it is not a regular file",
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(StoreError::Missing {
                path: path.to_owned(),
            });
        }
        Err(error) => {
            return Err(StoreError::Open {
                path: path.to_owned(),
                reason: error.to_string(),
            });
        }
    }
    // No URI: a path is a path, whatever characters it has.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(refused(path))?;
    connection
        .busy_timeout(Duration::from_secs(10))
        .map_err(refused(path))?;
    check_writable(path, &connection)?;
    // Looked at before anything is changed: another program's database stays as it is.
    let found = version(path, &connection)?;
    configure(&connection).map_err(refused(path))?;
    if found < SCHEMA_VERSION {
        upgrade(path, &mut connection)?;
    }
    Ok(connection)
}

/// SQLite opens a file it may not write without saying so.
fn check_writable(path: &Path, connection: &Connection) -> Result<(), StoreError> {
    match connection.is_readonly("main").map_err(refused(path))? {
        true => Err(StoreError::ReadOnly {
            path: path.to_owned(),
        }),
        false => Ok(()),
    }
}

/// The schema version: 0 for an empty database.
fn version(path: &Path, connection: &Connection) -> Result<i64, StoreError> {
    let number = |sql: &str| {
        connection
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .map_err(refused(path))
    };
    let application = number("PRAGMA application_id")?;
    let found = number("PRAGMA user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application != APPLICATION_ID && (application, found, tables) != (0, 0, 0) {
        let reason = "it is an SQLite database of another program";
        return Err(StoreError::NotAStore {
            path: path.to_owned(),
            reason,
        });
    }
    if found > SCHEMA_VERSION {
        return Err(StoreError::NewerSchema {
            path: path.to_owned(),
            found,
            known: SCHEMA_VERSION,
        });
    }
    Ok(found)
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Readers and a writer do not hold each other up, and a commit is on the disk when it returns.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten: a revoked record must not be found in free pages.
    connection.pragma_update(None, "secure_delete", true)?;
    // A forged file must not run functions from its schema.
    connection.pragma_update(None, "trusted_schema", false)
}

/// All steps in one transaction: a crash leaves the old schema.
fn upgrade(path: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let failed = failed(path);
    let transaction =
        Transaction::new(connection, TransactionBehavior::Immediate).map_err(&failed)?;
    // Looked at again: another process may have been faster.
    let found = version(path, &transaction)?;
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step).map_err(&failed)?;
    }
    transaction.commit().map_err(&failed)
}

/// Turns SQLite's first complaints about a file into plain words.
fn refused(path: &Path) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => StoreError::NotAStore {
            path: path.to_owned(),
            reason: "it is not an SQLite database",
        },
        Some(ErrorCode::CannotOpen) => StoreError::Open {
            path: path.to_owned(),
            reason: "the system refuses to open it".into(),
        },
        Some(ErrorCode::ReadOnly) => StoreError::ReadOnly {
            path: path.to_owned(),
        },
        _ => failed(path)(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_new_store_is_created_and_opens_again() {
        let folder = folder();
        // Characters that mean something in an SQLite address.
        let path = folder.path().join("a?mode=ro#b%20.db");
        assert!(matches!(
            Store::open_existing(&path),
            Err(StoreError::Missing { .. })
        ));
        Store::open(&path).unwrap();
        let store = Store::open_existing(&path).unwrap();
        assert!(store.list().unwrap().is_empty());
        assert!(path.is_file());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_open_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let path = folder.path().join("s.db");
        let _store = Store::open(&path).unwrap();
        for file in fs::read_dir(folder.path()).unwrap() {
            assert_eq!(
                file.unwrap().metadata().unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
    }

    #[test]
    fn the_settings_hold() {
        let folder = folder();
        let store = Store::open(folder.path().join("s.db")).unwrap();
        let text = |sql: &str| {
            store
                .connection
                .query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0))
                .unwrap()
        };
        assert_eq!(
            text("PRAGMA journal_mode"),
            rusqlite::types::Value::Text("wal".into())
        );
        for (pragma, value) in [
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("secure_delete", 1),
            ("trusted_schema", 0),
        ] {
            assert_eq!(
                text(&format!("PRAGMA {pragma}")),
                rusqlite::types::Value::Integer(value),
                "{pragma}"
            );
        }
    }

    #[test]
    fn a_missing_folder_is_named() {
        let path = folder().path().join("nowhere").join("s.db");
        let message = Store::open(&path).unwrap_err().to_string();
        assert!(
            message.starts_with(&format!("{}: cannot open the store: ", path.display())),
            "{message}"
        );
    }

    #[test]
    fn other_files_are_refused_and_left_alone() {
        let folder = folder();
        let text = folder.path().join("text");
        fs::write(
            &text,
            "not a database, and long enough to be looked at as one: ".repeat(40),
        )
        .unwrap();
        let other = folder.path().join("other.db");
        Connection::open(&other)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        for (path, reason) in [
            (&text, "it is not an SQLite database"),
            (&other, "it is an SQLite database of another program"),
        ] {
            let before = fs::read(path).unwrap();
            let message = Store::open(path).unwrap_err().to_string();
            assert_eq!(
                message,
                format!("{}: not a Thenar store: {reason}", path.display())
            );
            assert_eq!(fs::read(path).unwrap(), before);
        }
        let message = Store::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("it is not a regular file"), "{message}");
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let folder = folder();
        let path = folder.path().join("s.db");
        Store::open(&path)
            .unwrap()
            .connection
            .pragma_update(None, "user_version", 3)
            .unwrap();
        let message = Store::open(&path).unwrap_err().to_string();
        assert!(
            message.contains("schema 3, but this program knows only up to 2"),
            "{message}"
        );
    }

    #[test]
    fn an_older_schema_is_brought_up_with_what_it_holds() {
        let folder = folder();
        let path = folder.path().join("s.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(STEPS[0]).unwrap();
        old.execute(
            "INSERT INTO key (name, helper) VALUES ('work', x'0102')",
            [],
        )
        .unwrap();
        drop(old);
        let mut store = Store::open_existing(&path).unwrap();
        assert_eq!(store.get_key("work").unwrap(), Some(vec![1, 2]));
        assert_eq!(
            store.begin_attempt("work", 7).unwrap(),
            crate::Attempt::Allowed
        );
        drop(store);
        let store = Store::open_existing(&path).unwrap();
        let found = version(&path, &store.connection).unwrap();
        assert_eq!(found, 2);
    }

    /// The superuser may write any file, so the check is tried on a connection that may not.
    #[test]
    fn a_read_only_file_is_noticed() {
        let folder = folder();
        let path = folder.path().join("s.db");
        Store::open(&path).unwrap();
        let connection =
            Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let message = check_writable(&path, &connection).unwrap_err().to_string();
        assert_eq!(
            message,
            format!("{}: the store is read-only", path.display())
        );
    }
}
