//! Cancelable templates: what stands between a palm's feature and the store.
//!
//! ```text
//! feature u ── level 1 (token k1) ──► bits b ── level 2 (store key k2) ──► sealed record
//! ```
//!
//! * [`Level1`] turns a feature into bits under a [`Token`]. A new token gives unrelated bits.
//! * [`SealedRecord`] hides those bits under a [`StoreKey`]. A stolen store gives nothing.
//! * [`ContractId`] names the model, preprocessing and parameters a record was made with.
//! * [`Keyring`] is the file that holds the tokens and store keys, apart from the store.
//!
//! Beside what ships stands what it is compared with: [`khidden`], the level 2 that was published and that protects
//! nothing, and [`schemes`], other ways to make cancelable templates. All share two traits, [`Transform`] and [`Match`].
//!
//! This crate knows no images and no networks, and does no input or output except [`Keyring`]'s file.

#![forbid(unsafe_code)]

mod bits;
mod contract;
mod derive;
mod dispatch;
mod error;
mod keyring;
mod level1;
mod level2;
mod packed;
mod probe;
mod random;
mod record;
pub mod schemes;
mod token;
mod traits;

pub use bits::{BitTemplate, MAX_BITS};
pub use contract::ContractId;
pub use error::{ProtectError, RecordError};
pub use keyring::{Keyring, KeyringError, MAX_STORE_KEYS_LEN, StoreKeysError, parse_store_keys};
pub use level1::{Level1, Level1Form, Level1Params, MAX_FEATURE_LEN, quantise};
pub use level2::{khidden, split::SplitMask};
pub use packed::PackedTemplates;
pub use probe::{PROBE_WEIGHTS, ProbeBits};
pub use random::{OsRngAhead, os_rng};
pub use record::{RECORD_OVERHEAD, RecordId, SealedRecord, TokenKind, TokenRef};
pub use token::{KeyId, StoreKey, Token, TokenId};
pub use traits::{Match, Transform};
