//! The errors of levels 1 and 2. The keyring file has its own: [`crate::KeyringError`].

use crate::{ContractId, KeyId};

/// What can be wrong with parameters, features and bit strings.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ProtectError {
    /// A parameter lies outside its range.
    #[error("{what} is {value}, expected {expected}")]
    Parameter {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: usize,
        /// The allowed range, in words.
        expected: String,
    },
    /// A parameter that need not be a whole number lies outside its range.
    #[error("{what} is {value}, expected {expected}")]
    Number {
        /// Which parameter.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The allowed range, in words.
        expected: String,
    },
    /// The feature has another length than the level-1 parameters say.
    #[error("the feature has {found} values, expected {expected}")]
    FeatureLength {
        /// Length given.
        found: usize,
        /// Length the transform was made for.
        expected: usize,
    },
    /// The feature holds a value that is not a finite number.
    #[error("feature value {index} is not a finite number")]
    FeatureValue {
        /// Position of the value.
        index: usize,
    },
    /// The feature is not L2-normalised.
    #[error("the feature has L2 norm {norm:.4}, expected 1 within 0.01")]
    FeatureNorm {
        /// The norm found.
        norm: f64,
    },
    /// Bytes that are not a bit template.
    #[error("not a bit template: {0}")]
    Bits(&'static str),
}

/// What can be wrong with a sealed record.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum RecordError {
    /// The bytes are not a record of a version known here.
    #[error("not a sealed record: {0}")]
    Format(String),
    /// The record's checksum does not fit its bytes.
    #[error("the record is damaged: its checksum does not fit its bytes")]
    Damaged,
    /// The record was made with another model, preprocessing or scheme.
    #[error(
        "the record belongs to contract {found}, expected {expected}: it was made with another model, preprocessing or \
         scheme and cannot be compared; enroll again"
    )]
    Contract {
        /// The record's contract.
        found: ContractId,
        /// The contract asked for.
        expected: ContractId,
    },
    /// The record was sealed under another store key.
    #[error("the record was sealed with store key {found}, but the key given is {given}")]
    WrongKey {
        /// The key the record names.
        found: KeyId,
        /// The key that was tried.
        given: KeyId,
    },
    /// The key is right but the record does not authenticate.
    #[error(
        "the record was tampered with or moved: it does not authenticate under its own store key and the name it stands under"
    )]
    Tampered,
    /// No key of the keyring fits the record.
    #[error("the keyring holds no store key {key} (record epoch {epoch}, keyring epoch {current})")]
    NoKey {
        /// The key the record names.
        key: KeyId,
        /// The record's epoch.
        epoch: u32,
        /// The keyring's current epoch.
        current: u32,
    },
}
