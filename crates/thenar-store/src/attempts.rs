//! Attempts to bring a key back: counted for each key, and slowed when they fail in a row.
//!
//! An attempt counts as failed from its beginning until it is said to have succeeded, so that killing the program does not save
//! one. After [`FREE_FAILURES`] failures in a row the next attempt must wait: one second, then twice as long each time, up to
//! [`MAX_WAIT`]. Success forgets the failures.
//!
//! This holds up whoever tries through this program. A copy of the store, or whoever can write to it, is not held up.

use rusqlite::{OptionalExtension, params};

use crate::{Store, StoreError, failed};

/// Failures in a row that nothing is waited for.
pub const FREE_FAILURES: u32 = 3;
/// The longest wait, in seconds: a quarter of an hour.
pub const MAX_WAIT: u64 = 900;

/// Whether an attempt may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It may, and is counted.
    Allowed,
    /// Not yet; nothing is counted.
    Wait {
        /// Seconds until it may be.
        seconds: u64,
        /// Failures in a row so far.
        failures: u32,
    },
}

/// Seconds between an attempt and the next after so many failures in a row.
pub fn wait_after(failures: u32) -> u64 {
    match failures.checked_sub(FREE_FAILURES) {
        None => 0,
        Some(more) => 1u64.checked_shl(more).unwrap_or(MAX_WAIT).min(MAX_WAIT),
    }
}

impl Store {
    /// Begins an attempt to bring a key back at `now` (seconds since 1970-01-01 UTC), and counts it as failed for the time being.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] when there is no such key; when the file cannot be written.
    pub fn begin_attempt(&mut self, name: &str, now: u64) -> Result<Attempt, StoreError> {
        let (path, failed) = (self.path.clone(), failed(&self.path));
        let transaction = self.begin()?;
        let row = transaction
            .query_row(
                "SELECT failures, last_attempt FROM key WHERE name = ?1",
                [name],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
            )
            .optional()
            .map_err(&failed)?;
        let Some((failures, last)) = row else {
            return Err(StoreError::NoKey {
                path,
                name: name.into(),
            });
        };
        let failures = u32::try_from(failures.max(0)).unwrap_or(u32::MAX);
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        // A clock that was ahead must not lock the key up until that time comes: the wait begins now.
        let waited = now.saturating_sub(last);
        let (elapsed, last) = match u64::try_from(waited) {
            Ok(elapsed) => (elapsed, last),
            Err(_) => (0, now),
        };
        let seconds = wait_after(failures).saturating_sub(elapsed);
        let (attempt, failures, last) = match seconds {
            0 => (Attempt::Allowed, failures.saturating_add(1), now),
            _ => (Attempt::Wait { seconds, failures }, failures, last),
        };
        transaction
            .execute(
                "UPDATE key SET failures = ?2, last_attempt = ?3 WHERE name = ?1",
                params![name, failures, last],
            )
            .map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        Ok(attempt)
    }

    /// How many attempts in a row have failed, or `None` when there is no such key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn failures(&self, name: &str) -> Result<Option<u32>, StoreError> {
        let sql = "SELECT failures FROM key WHERE name = ?1";
        let failures = self
            .connection
            .query_row(sql, [name], |row| row.get::<_, i64>(0))
            .optional()
            .map_err(failed(&self.path))?;
        Ok(failures.map(|failures| u32::try_from(failures.max(0)).unwrap_or(u32::MAX)))
    }

    /// Forgets the failures of a key, because it came back.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn attempt_succeeded(&mut self, name: &str) -> Result<(), StoreError> {
        let failed = failed(&self.path);
        let transaction = self.begin()?;
        transaction
            .execute("UPDATE key SET failures = 0 WHERE name = ?1", [name])
            .map_err(&failed)?;
        transaction.commit().map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 1_700_000_000;

    fn store(folder: &tempfile::TempDir) -> Store {
        let mut store = Store::open(folder.path().join("s.db")).unwrap();
        store.put_key("work", &[1]).unwrap();
        store.put_key("home", &[2]).unwrap();
        store
    }

    #[test]
    fn waits_double_up_to_a_limit() {
        let waits: Vec<u64> = (0..14).map(wait_after).collect();
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900]);
        assert_eq!(wait_after(u32::MAX), MAX_WAIT);
    }

    #[test]
    fn failures_are_counted_for_each_key_across_openings_until_success() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder);
        for _ in 0..=FREE_FAILURES {
            assert_eq!(
                store.begin_attempt("home", START).unwrap(),
                Attempt::Allowed
            );
            store.attempt_succeeded("home").unwrap();
        }
        for i in 0..FREE_FAILURES {
            let begun = store.begin_attempt("work", START).unwrap();
            assert_eq!(begun, Attempt::Allowed, "{i}");
        }
        drop(store);
        let mut store = Store::open(folder.path().join("s.db")).unwrap();
        let refused = Attempt::Wait {
            seconds: 1,
            failures: 3,
        };
        // Refused attempts count for nothing.
        for _ in 0..5 {
            assert_eq!(store.begin_attempt("work", START).unwrap(), refused);
        }
        assert_eq!(
            store.begin_attempt("work", START + 1).unwrap(),
            Attempt::Allowed
        );
        let refused = Attempt::Wait {
            seconds: 1,
            failures: 4,
        };
        assert_eq!(store.begin_attempt("work", START + 2).unwrap(), refused);
        assert_eq!(
            store.begin_attempt("work", START + 3).unwrap(),
            Attempt::Allowed
        );
        store.attempt_succeeded("work").unwrap();
        assert_eq!(
            store.begin_attempt("work", START + 3).unwrap(),
            Attempt::Allowed
        );
        assert_eq!(
            store.begin_attempt("home", START).unwrap(),
            Attempt::Allowed
        );
        let error = store.begin_attempt("none", START).unwrap_err().to_string();
        assert!(error.ends_with("there is no key 'none'"), "{error}");
    }

    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(&folder);
        let year = 365 * 86_400;
        for _ in 0..8 {
            store.begin_attempt("work", START + year).unwrap();
        }
        let Attempt::Wait { seconds, .. } = store.begin_attempt("work", START).unwrap() else {
            panic!("no wait");
        };
        assert!((1..=MAX_WAIT).contains(&seconds));
        let later = store.begin_attempt("work", START + seconds).unwrap();
        assert_eq!(later, Attempt::Allowed);
        // Times beyond what SQLite keeps are no panic.
        store.begin_attempt("work", u64::MAX).unwrap();
        store.begin_attempt("work", 0).unwrap();
    }
}
