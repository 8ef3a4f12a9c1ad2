//! A whole store out and in again: what an export writes and an import reads.

use rusqlite::params;
use thenar_protect::SealedRecord;

use crate::{Store, StoreError, check_name, failed, keys, subjects};

/// One thing that a store holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A subject.
    Subject {
        /// Its name.
        name: String,
        /// When it was enrolled, in seconds since 1970.
        enrolled_at: i64,
        /// Its records in the order of enrolment, at least one.
        records: Vec<SealedRecord>,
    },
    /// The public helper data of a key.
    Key {
        /// Its name.
        name: String,
        /// The helper data.
        helper: Vec<u8>,
    },
}

/// How much went in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Transferred {
    /// Subjects.
    pub subjects: u64,
    /// Their records.
    pub records: u64,
    /// Keys.
    pub keys: u64,
}

impl Transferred {
    /// Counts one entry.
    pub fn count(&mut self, entry: &Entry) {
        match entry {
            Entry::Subject { records, .. } => {
                self.subjects += 1;
                self.records += records.len() as u64;
            }
            Entry::Key { .. } => self.keys += 1,
        }
    }
}

impl Store {
    /// Calls `visit` with every subject in the order of enrolment, then with every key by name. All calls see one state of the
    /// store.
    ///
    /// # Errors
    /// The first error of `visit`, which ends the walk; [`StoreError::Record`] when a record is damaged.
    pub fn for_each_entry<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = failed(&self.path);
        // Ends with the walk; nothing is written in it.
        let _state = self.connection.unchecked_transaction().map_err(&failed)?;
        let mut statement = self
            .connection
            .prepare("SELECT name, enrolled_at FROM subject ORDER BY id")
            .map_err(&failed)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        for row in rows.map_err(&failed)? {
            let (name, enrolled_at): (String, i64) = row.map_err(&failed)?;
            // A subject always has records.
            let records = self.get(&name)?.unwrap_or_default();
            visit(Entry::Subject {
                name,
                enrolled_at,
                records,
            })?;
        }
        for name in self.list_keys()? {
            if let Some(helper) = self.get_key(&name)? {
                visit(Entry::Key { name, helper })?;
            }
        }
        Ok(())
    }

    /// Adds all entries in one transaction, or nothing.
    ///
    /// # Errors
    /// The first error among `entries`; as [`Store::enroll`] and [`Store::put_key`] for a subject or key that is there already
    /// or cannot be kept. Then the store is as it was.
    pub fn import<E: From<StoreError>>(
        &mut self,
        entries: impl IntoIterator<Item = Result<Entry, E>>,
    ) -> Result<Transferred, E> {
        let path = self.path.clone();
        let failed = failed(&path);
        let transaction = self.begin()?;
        let mut done = Transferred::default();
        for entry in entries {
            let entry = entry?;
            done.count(&entry);
            match entry {
                Entry::Subject {
                    name,
                    enrolled_at,
                    records,
                } => {
                    check_name("subject", &name)?;
                    if subjects::find(&transaction, &name)
                        .map_err(&failed)?
                        .is_some()
                    {
                        let subject = name;
                        return Err(StoreError::AlreadyEnrolled { path, subject }.into());
                    }
                    let sql = "INSERT INTO subject (name, enrolled_at) VALUES (?1, ?2)";
                    transaction
                        .prepare_cached(sql)
                        .and_then(|mut statement| statement.execute(params![name, enrolled_at]))
                        .map_err(&failed)?;
                    let id = transaction.last_insert_rowid();
                    subjects::insert(&path, &transaction, id, &name, &records)?;
                }
                Entry::Key { name, helper } => keys::insert(&path, &transaction, &name, &helper)?,
            }
        }
        transaction.commit().map_err(&failed)?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use thenar_protect::{BitTemplate, ContractId, StoreKey, Token, TokenRef};

    use super::*;

    fn records(owner: &str, epoch: u32, count: usize) -> Vec<SealedRecord> {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        let template = BitTemplate::from_bools(&[true, false]).unwrap();
        let token = TokenRef::collection(&Token::from_bytes([1; 32]));
        let key = StoreKey::from_bytes([2; 32]);
        let contract = ContractId([3; 32]);
        let seal = |_| SealedRecord::seal(&template, &contract, token, &key, epoch, owner, rng);
        (0..count).map(seal).collect()
    }

    fn subject(name: &str, epoch: u32, count: usize) -> Entry {
        Entry::Subject {
            name: name.into(),
            enrolled_at: 1_700_000_000,
            records: records(name, epoch, count),
        }
    }

    fn key(name: &str) -> Entry {
        Entry::Key {
            name: name.into(),
            helper: vec![1, 2, 3],
        }
    }

    fn all(store: &Store) -> Vec<Entry> {
        let mut found = Vec::new();
        store
            .for_each_entry::<StoreError>(|entry| {
                found.push(entry);
                Ok(())
            })
            .unwrap();
        found
    }

    fn import(store: &mut Store, entries: Vec<Entry>) -> Result<Transferred, StoreError> {
        store.import(entries.into_iter().map(Ok))
    }

    #[test]
    fn what_came_out_goes_in() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("a.db")).unwrap();
        let entries = vec![subject("bob", 4, 1), subject("anna", 4, 3), key("work")];
        let done = import(&mut store, entries.clone()).unwrap();
        let expected = Transferred {
            subjects: 2,
            records: 4,
            keys: 1,
        };
        assert_eq!(done, expected);
        assert_eq!(all(&store), entries);
        let mut other = Store::open(folder.path().join("b.db")).unwrap();
        import(&mut other, all(&store)).unwrap();
        assert_eq!(all(&other), entries);
        assert_eq!(other.list().unwrap(), store.list().unwrap());
    }

    #[test]
    fn one_wrong_entry_keeps_all_out() {
        type Expected = fn(&StoreError) -> bool;
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path().join("s.db")).unwrap();
        import(&mut store, vec![subject("anna", 4, 1), key("work")]).unwrap();
        let before = all(&store);
        let wrong: [(Entry, Expected); 6] = [
            (subject("anna", 4, 1), |e| {
                matches!(e, StoreError::AlreadyEnrolled { .. })
            }),
            (subject("carl", 4, 1), |e| {
                matches!(e, StoreError::AlreadyEnrolled { .. })
            }),
            (subject("dora", 3, 1), |e| {
                matches!(e, StoreError::OldEpoch { .. })
            }),
            (subject("dora", 4, 0), |e| {
                matches!(e, StoreError::NoRecords { .. })
            }),
            (subject("", 4, 1), |e| matches!(e, StoreError::Name { .. })),
            (key("work"), |e| matches!(e, StoreError::KeyExists { .. })),
        ];
        for (entry, expected) in wrong {
            let entries = vec![subject("carl", 4, 1), key("home"), entry];
            let error = import(&mut store, entries).unwrap_err();
            assert!(expected(&error), "{error}");
            assert_eq!(all(&store), before);
        }
        // So does an error of whoever reads the entries.
        let broken = [
            Ok(subject("carl", 4, 1)),
            Err(StoreError::NoRecords {
                subject: "x".into(),
            }),
        ];
        assert!(store.import(broken).is_err());
        assert_eq!(all(&store), before);
    }
}
