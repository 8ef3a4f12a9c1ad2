//! The public helper data of keys, by name.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

use crate::{Store, StoreError, check_name, failed};

/// The longest helper data of a key, in bytes.
const MAX_HELPER_LEN: usize = 1 << 20;

impl Store {
    /// Keeps the helper data of a new key. It is never overwritten, because without it the key cannot come back.
    ///
    /// # Errors
    /// [`StoreError::KeyExists`] when there is a key of that name, [`StoreError::Name`] when the name is not allowed,
    /// [`StoreError::KeyTooLong`] above 1 MiB.
    pub fn put_key(&mut self, name: &str, helper: &[u8]) -> Result<(), StoreError> {
        let path = self.path.clone();
        let transaction = self.begin()?;
        insert(&path, &transaction, name, helper)?;
        transaction.commit().map_err(failed(&path))
    }

    /// The helper data of a key, or `None`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get_key(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.connection
            .query_row("SELECT helper FROM key WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()
            .map_err(failed(&self.path))
    }

    /// Puts new helper data in place of `old` and forgets the failed attempts, in one transaction; what was there is
    /// overwritten. False when the key's helper data is not `old`, or there is no such key: then nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::KeyTooLong`] above 1 MiB; when the file cannot be written.
    pub fn replace_key(&mut self, name: &str, old: &[u8], new: &[u8]) -> Result<bool, StoreError> {
        check_len(name, new)?;
        let failed = failed(&self.path);
        let transaction = self.begin()?;
        let sql = "UPDATE key SET helper = ?3, failures = 0 WHERE name = ?1 AND helper = ?2";
        let replaced = transaction
            .execute(sql, params![name, old, new])
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.empty_log()?;
        Ok(replaced > 0)
    }

    /// The names of all keys, in order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list_keys(&self) -> Result<Vec<String>, StoreError> {
        let failed = failed(&self.path);
        let mut statement = self
            .connection
            .prepare_cached("SELECT name FROM key ORDER BY name")
            .map_err(&failed)?;
        let names = statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect);
        names.map_err(failed)
    }

    /// Deletes and overwrites the helper data of a key: it can never come back. False when there was none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn remove_key(&mut self, name: &str) -> Result<bool, StoreError> {
        let failed = failed(&self.path);
        let transaction = self.begin()?;
        let deleted = transaction
            .execute("DELETE FROM key WHERE name = ?1", [name])
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.empty_log()?;
        Ok(deleted > 0)
    }
}

/// Adds the helper data of a new key.
pub(crate) fn insert(
    path: &Path,
    connection: &Connection,
    name: &str,
    helper: &[u8],
) -> Result<(), StoreError> {
    check_name("key", name)?;
    check_len(name, helper)?;
    let sql = "INSERT INTO key (name, helper) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    let added = connection
        .execute(sql, params![name, helper])
        .map_err(failed(path))?;
    match added {
        0 => Err(StoreError::KeyExists {
            path: path.to_owned(),
            name: name.into(),
        }),
        _ => Ok(()),
    }
}

fn check_len(name: &str, helper: &[u8]) -> Result<(), StoreError> {
    if helper.len() > MAX_HELPER_LEN {
        return Err(StoreError::KeyTooLong {
            name: name.into(),
            len: helper.len(),
            max: MAX_HELPER_LEN,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_replaced_only_where_it_is_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = Store::open(&path).unwrap();
        let (old, new) = ([0xa7; 300], [0x5c; 300]);
        store.put_key("work", &old).unwrap();
        store.begin_attempt("work", 1).unwrap();
        assert!(!store.replace_key("work", &new, &old).unwrap());
        assert!(!store.replace_key("home", &old, &new).unwrap());
        assert_eq!(store.failures("work").unwrap(), Some(1));
        assert!(store.replace_key("work", &old, &new).unwrap());
        assert_eq!(store.get_key("work").unwrap(), Some(new.to_vec()));
        assert_eq!(store.failures("work").unwrap(), Some(0));
        let long = vec![0; MAX_HELPER_LEN + 1];
        assert!(store.replace_key("work", &new, &long).is_err());
        // Nothing of the old one is left in the folder, also before the store is closed.
        for entry in std::fs::read_dir(&folder).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!bytes.windows(16).any(|window| window == &old[..16]));
        }
    }

    #[test]
    fn keys_are_kept_listed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.db");
        let mut store = Store::open(&path).unwrap();
        store.put_key("work", &[1, 2, 3]).unwrap();
        store.put_key("home", &[]).unwrap();
        let error = store.put_key("work", &[9]).unwrap_err().to_string();
        assert!(error.ends_with("there is a key 'work' already"), "{error}");
        drop(store);
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.get_key("work").unwrap(), Some(vec![1, 2, 3]));
        assert_eq!(store.get_key("home").unwrap(), Some(vec![]));
        assert_eq!(store.get_key("other").unwrap(), None);
        assert_eq!(store.list_keys().unwrap(), ["home", "work"]);
        assert!(store.remove_key("work").unwrap());
        assert!(!store.remove_key("work").unwrap());
        assert_eq!(store.list_keys().unwrap(), ["home"]);
    }

    #[test]
    fn bad_names_and_long_data_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("s.db")).unwrap();
        assert!(matches!(
            store.put_key("a\nb", &[]),
            Err(StoreError::Name { what: "key", .. })
        ));
        let long = vec![0; MAX_HELPER_LEN + 1];
        assert!(matches!(
            store.put_key("a", &long),
            Err(StoreError::KeyTooLong { .. })
        ));
        assert!(store.list_keys().unwrap().is_empty());
    }
}
