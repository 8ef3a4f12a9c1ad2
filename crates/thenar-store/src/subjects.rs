//! Subjects and their sealed records.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use thenar_protect::{RecordError, SealedRecord};

use crate::{Store, StoreError, check_name, failed};

/// How many records a rotation holds in memory at once.
const ROTATION_BATCH: u32 = 1000;

/// A line of the list of subjects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectInfo {
    /// The subject's name.
    pub name: String,
    /// How many records are kept of it.
    pub records: u32,
    /// When it was enrolled, or its records were last replaced; whole seconds.
    pub enrolled_at: SystemTime,
}

/// A stored record and where it stands.
struct Row {
    subject: i64,
    position: u32,
    name: String,
    sealed: Vec<u8>,
}

impl Store {
    /// Adds a subject with its records, all or nothing.
    ///
    /// # Errors
    /// [`StoreError::AlreadyEnrolled`] when there is such a subject, [`StoreError::Name`] when the name is empty, longer than
    /// [`crate::MAX_NAME_LEN`] bytes or holds control characters, [`StoreError::NoRecords`] without records,
    /// [`StoreError::OldEpoch`] when the store has been rotated since a record was sealed.
    pub fn enroll(&mut self, subject: &str, records: &[SealedRecord]) -> Result<(), StoreError> {
        check_name("subject", subject)?;
        let (path, failed) = (self.path.clone(), failed(&self.path));
        let transaction = self.begin()?;
        if find(&transaction, subject).map_err(&failed)?.is_some() {
            return Err(StoreError::AlreadyEnrolled {
                path,
                subject: subject.into(),
            });
        }
        transaction
            .execute(
                "INSERT INTO subject (name, enrolled_at) VALUES (?1, ?2)",
                params![subject, now()],
            )
            .map_err(&failed)?;
        let id = transaction.last_insert_rowid();
        insert(&path, &transaction, id, subject, records)?;
        transaction.commit().map_err(&failed)
    }

    /// Replaces all records of a subject, all or nothing. The old ones are overwritten.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`] when there is no such subject, otherwise as [`Self::enroll`].
    pub fn replace(&mut self, subject: &str, records: &[SealedRecord]) -> Result<(), StoreError> {
        check_name("subject", subject)?;
        let (path, failed) = (self.path.clone(), failed(&self.path));
        let transaction = self.begin()?;
        let Some(id) = find(&transaction, subject).map_err(&failed)? else {
            return Err(StoreError::NotEnrolled {
                path,
                subject: subject.into(),
            });
        };
        // The epoch is checked against the old records too, so they go last.
        check_epochs(&path, &transaction, subject, records)?;
        transaction
            .execute("DELETE FROM record WHERE subject = ?1", [id])
            .map_err(&failed)?;
        insert(&path, &transaction, id, subject, records)?;
        transaction
            .execute(
                "UPDATE subject SET enrolled_at = ?2 WHERE id = ?1",
                params![id, now()],
            )
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.empty_log()
    }

    /// The records of a subject in the order of enrolment, or `None` when it is not enrolled.
    ///
    /// # Errors
    /// [`StoreError::Record`] when one of them is damaged.
    pub fn get(&self, subject: &str) -> Result<Option<Vec<SealedRecord>>, StoreError> {
        let sql = "SELECT subject, position, name, sealed FROM record JOIN subject ON subject.id = record.subject
                   WHERE name = ?1 ORDER BY position";
        let failed = failed(&self.path);
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let rows = statement.query_map([subject], row).map_err(&failed)?;
        let records: Vec<SealedRecord> = rows
            .map(|row| self.parse(&row.map_err(&failed)?))
            .collect::<Result<_, StoreError>>()?;
        // A subject always has records.
        Ok(Some(records).filter(|records| !records.is_empty()))
    }

    /// Deletes a subject and overwrites its records. False when there was none.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn revoke(&mut self, subject: &str) -> Result<bool, StoreError> {
        let failed = failed(&self.path);
        let transaction = self.begin()?;
        let deleted = transaction
            .execute("DELETE FROM subject WHERE name = ?1", [subject])
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        self.empty_log()?;
        Ok(deleted > 0)
    }

    /// All subjects, by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<SubjectInfo>, StoreError> {
        let sql = "SELECT name, enrolled_at, (SELECT count(*) FROM record WHERE subject = subject.id) FROM subject
                   ORDER BY name";
        let failed = failed(&self.path);
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let rows = statement.query_map([], |row| {
            let seconds = u64::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
            let enrolled_at = UNIX_EPOCH
                .checked_add(Duration::from_secs(seconds))
                .unwrap_or(UNIX_EPOCH);
            Ok(SubjectInfo {
                name: row.get(0)?,
                records: row.get(2)?,
                enrolled_at,
            })
        });
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// How many records there are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn record_count(&self) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM record";
        let count = self
            .connection
            .query_row(sql, [], |row| row.get::<_, i64>(0));
        count.map(i64::unsigned_abs).map_err(failed(&self.path))
    }

    /// Calls `visit` with the subject's name and each record, subject by subject. All calls see one state of the store.
    ///
    /// # Errors
    /// The first error of `visit`, which ends the walk; [`StoreError::Record`] when a record is damaged.
    pub fn for_each_record<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(&str, SealedRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        let sql = "SELECT subject, position, name, sealed FROM record JOIN subject ON subject.id = record.subject
                   ORDER BY subject, position";
        let failed = failed(&self.path);
        let mut statement = self.connection.prepare_cached(sql).map_err(&failed)?;
        let rows = statement.query_map([], row).map_err(&failed)?;
        for row in rows {
            let row = row.map_err(&failed)?;
            visit(&row.name, self.parse(&row)?)?;
        }
        Ok(())
    }

    /// Replaces every record by what `reseal` makes of the subject's name and it, in one transaction, and returns how many there were.
    ///
    /// The old records are overwritten. Records sealed in an earlier epoch are refused from then on.
    ///
    /// # Errors
    /// [`StoreError::Record`] with the first error of `reseal`, or when a record is damaged: then nothing has changed.
    pub fn rotate(
        &mut self,
        mut reseal: impl FnMut(&str, &SealedRecord) -> Result<SealedRecord, RecordError>,
    ) -> Result<usize, StoreError> {
        let (path, failed) = (self.path.clone(), failed(&self.path));
        let transaction = self.begin()?;
        let (mut after, mut count) = ((i64::MIN, 0), 0);
        loop {
            let batch = batch_after(&transaction, after).map_err(&failed)?;
            let Some(last) = batch.last() else { break };
            after = (last.subject, last.position);
            count += batch.len();
            for row in &batch {
                let renewed =
                    SealedRecord::from_bytes(&row.sealed).and_then(|old| reseal(&row.name, &old));
                let renewed = renewed.map_err(|source| row.wrong(&path, source))?;
                update(&transaction, row, &renewed).map_err(&failed)?;
            }
        }
        transaction.commit().map_err(&failed)?;
        self.empty_log()?;
        Ok(count)
    }

    fn parse(&self, row: &Row) -> Result<SealedRecord, StoreError> {
        SealedRecord::from_bytes(&row.sealed).map_err(|source| row.wrong(&self.path, source))
    }
}

impl Row {
    fn wrong(&self, path: &std::path::Path, source: RecordError) -> StoreError {
        StoreError::Record {
            path: path.to_owned(),
            subject: self.name.clone(),
            position: self.position,
            source,
        }
    }
}

/// Reads `subject, position, name, sealed`.
fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row {
        subject: row.get(0)?,
        position: row.get(1)?,
        name: row.get(2)?,
        sealed: row.get(3)?,
    })
}

pub(crate) fn find(connection: &Connection, subject: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT id FROM subject WHERE name = ?1")?
        .query_row([subject], |row| row.get(0))
        .optional()
}

/// Refuses records that a rotation has left behind: their store key may be forgotten already.
fn check_epochs(
    path: &std::path::Path,
    connection: &Connection,
    subject: &str,
    records: &[SealedRecord],
) -> Result<(), StoreError> {
    let newest: Option<u32> = connection
        .prepare_cached("SELECT max(epoch) FROM record")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(failed(path))?;
    let oldest = records.iter().map(SealedRecord::epoch).min();
    match (oldest, newest) {
        (Some(found), Some(expected)) if found < expected => Err(StoreError::OldEpoch {
            path: path.to_owned(),
            subject: subject.into(),
            found,
            expected,
        }),
        _ => Ok(()),
    }
}

pub(crate) fn insert(
    path: &std::path::Path,
    connection: &Connection,
    id: i64,
    subject: &str,
    records: &[SealedRecord],
) -> Result<(), StoreError> {
    if records.is_empty() {
        return Err(StoreError::NoRecords {
            subject: subject.into(),
        });
    }
    check_epochs(path, connection, subject, records)?;
    let sql = "INSERT INTO record (subject, position, epoch, sealed) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = connection.prepare_cached(sql).map_err(failed(path))?;
    for (position, record) in (0_u32..).zip(records) {
        statement
            .execute(params![id, position, record.epoch(), record.to_bytes()])
            .map_err(failed(path))?;
    }
    Ok(())
}

fn batch_after(connection: &Connection, after: (i64, u32)) -> rusqlite::Result<Vec<Row>> {
    let sql = "SELECT subject, position, name, sealed FROM record JOIN subject ON subject.id = record.subject
               WHERE (subject, position) > (?1, ?2) ORDER BY subject, position LIMIT ?3";
    connection
        .prepare_cached(sql)?
        .query_map(params![after.0, after.1, ROTATION_BATCH], row)?
        .collect()
}

fn update(connection: &Connection, row: &Row, renewed: &SealedRecord) -> rusqlite::Result<usize> {
    let sql = "UPDATE record SET sealed = ?3, epoch = ?4 WHERE subject = ?1 AND position = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![
        row.subject,
        row.position,
        renewed.to_bytes(),
        renewed.epoch()
    ])
}

/// Seconds since 1970, and 0 on a clock that is set before.
fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
