//! Palm and passphrase bring a key back.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use thenar::{Feature, Pipeline, PipelineError};
use thenar_key::{Commitment, CommitmentError, DeviceSecret, Factors, KeyPair, Passphrase};
use thenar_store::{Attempt, Store};

use super::super::Verdict;
use super::super::args::Unlock;
use super::super::error::CliError;
use super::super::passphrase::{self, Purpose};
use super::super::secret_file;
use super::super::session::{Acquired, Session};
use super::parse;

/// The public record of a key that must be there.
pub(crate) fn record(session: &Session, name: &str) -> Result<Commitment, CliError> {
    let bytes = session.store()?.get_key(name)?;
    parse(name, &bytes.ok_or_else(|| session.unknown("key", name))?)
}

/// What a person brings to unlock a key.
pub(super) struct Brought {
    pub pipeline: Pipeline,
    pub acquired: Acquired,
    passphrase: Passphrase,
    pub device: Option<DeviceSecret>,
}

impl Brought {
    pub(super) fn read(
        session: &Session,
        pipeline: Pipeline,
        args: &Unlock,
    ) -> Result<Self, CliError> {
        let acquired = session.acquire_all(&pipeline, &args.photos)?;
        let passphrase = passphrase::read(args.passphrase_file.as_deref(), Purpose::Recovery)?;
        let device = args
            .device_secret
            .as_deref()
            .map(secret_file::read)
            .transpose()?
            .map(|secret| DeviceSecret::from_bytes(*secret));
        Ok(Self {
            pipeline,
            acquired,
            passphrase,
            device,
        })
    }

    /// The key of this record, or `None` when palm or passphrase is another: which of them cannot be told.
    pub(super) fn unlock(
        &self,
        session: &Session,
        name: &str,
        record: &Commitment,
    ) -> Result<Option<KeyPair>, CliError> {
        let factors = Factors {
            passphrase: &self.passphrase,
            device_secret: self.device.as_ref(),
        };
        recover(
            session,
            &self.pipeline,
            (name, record),
            &self.acquired,
            factors,
        )
    }
}

/// The key of this record, or `None` when palm or passphrase is another.
pub(crate) fn unlock(
    session: &Session,
    record: &Commitment,
    args: &Unlock,
) -> Result<Option<KeyPair>, CliError> {
    let brought = Brought::read(session, session.pipeline()?, args)?;
    brought.unlock(session, &args.name, record)
}

/// Tries to bring a key back, and counts that: `None` when palm or passphrase is another.
pub(crate) fn recover(
    session: &Session,
    pipeline: &Pipeline,
    (name, record): (&str, &Commitment),
    acquired: &Acquired,
    factors: Factors<'_>,
) -> Result<Option<KeyPair>, CliError> {
    let mut store = session.store()?;
    begin_attempt(&mut store, name)?;
    match pipeline.recover(record, tries(acquired), factors) {
        Ok(pair) => {
            store.attempt_succeeded(name)?;
            Ok(Some(pair))
        }
        Err(PipelineError::Commitment(CommitmentError::NotRecovered)) => Ok(None),
        Err(PipelineError::Commitment(source)) => Err(CliError::Commitment {
            name: name.into(),
            source,
        }),
        Err(error) => Err(CliError::Model(error)),
    }
}

/// Counts the attempt, or refuses it when too many have failed.
fn begin_attempt(store: &mut Store, name: &str) -> Result<(), CliError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |since| since.as_secs());
    match store.begin_attempt(name, now)? {
        Attempt::Allowed => Ok(()),
        Attempt::Wait { seconds, failures } => Err(CliError::TooManyAttempts {
            name: name.into(),
            seconds,
            failures,
        }),
    }
}

/// Says that the key did not come back.
pub(crate) fn not_recovered(session: &Session, name: &str) -> Verdict {
    session.out.result(
        &format!("{name}: {}", CommitmentError::NotRecovered),
        &json!({ "name": name, "recovered": false }),
    );
    Verdict::No
}

/// The mean feature first, then every view of each photo, as many as may be tried.
fn tries(acquired: &Acquired) -> impl Iterator<Item = &Feature> {
    let views = acquired.palms.iter().flat_map(|palm| &palm.views);
    std::iter::once(&acquired.feature)
        .chain(views)
        .take(thenar_key::commitment::MAX_CAPTURES)
}
