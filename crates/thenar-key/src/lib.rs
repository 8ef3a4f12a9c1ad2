//! Keys from palms: BCH codes, fuzzy commitment, passphrase tokens and key formats.
//!
//! A feature (numbers that are nearly the same in every photograph of one palm) and a passphrase become a key pair that
//! is stored nowhere:
//!
//! ```text
//! enrol: feature, passphrase ─► commitment::commit  ─► record (public) + key pair
//! use:   feature', passphrase ─► Commitment::recover ─► the same key pair, or `NotRecovered`
//! ```
//!
//! ```
//! use rand_chacha::rand_core::SeedableRng;
//! use thenar_key::{CommitParams, Factors, Passphrase, commit};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let cost = thenar_key::Cost { memory_kib: 64, passes: 1, lanes: 1 };
//! # let params = CommitParams { cost, ..CommitParams::default() };
//! # let mut rng = rand_chacha::ChaCha20Rng::from_seed([1; 32]);
//! let palm: Vec<i32> = (0..2048).map(|i| (i * i * 37) % 2001 - 1000).collect();
//! let contract = [7; 32]; // digest of the model and the preprocessing that made the numbers
//! let passphrase = Passphrase::for_new_key("gulls over the harbour")?;
//! let (record, key) = commit(&palm, Factors::passphrase(&passphrase), &contract, &params, &mut rng)?;
//! let stored = record.to_bytes();
//!
//! // Another photograph: every number is a little different.
//! let again: Vec<i32> = palm.iter().enumerate().map(|(i, v)| v + (i as i32 * 91) % 400 - 200).collect();
//! let passphrase = Passphrase::for_recovery("gulls over the harbour")?;
//! let record = thenar_key::Commitment::from_bytes(&stored)?;
//! let recovered = record.recover(&again, Factors::passphrase(&passphrase), &contract)?;
//! assert_eq!(recovered.public(), key.public());
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand on one another in this order: [`bits`], [`gf`], [`bch`], [`token`], [`rsa`], [`keys`], [`sshsig`], [`commitment`]; [`published`] and [`attack`] hold
//! the published form and what breaks it.
//! | module | from elsewhere | test against |
//! |---|---|---|
//! | [`bch`] | | galois |
//! | [`token`] | RFC 9106, NIST SP 800-63B-4 | the Argon2 reference |
//! | [`keys`], [`rsa`] | RFC 8032, 7748, 6979, C2SP det-keygen, age | their vectors, `openssl`, `ssh-keygen` |
//! | [`sshsig`] | `PROTOCOL.sshsig` | `ssh-keygen -Y sign`, `-Y verify` |
//! | [`published`], [`rsa::published`] | the palm-hash key paper | the attacks in [`attack`] |
//!
//! Nothing here reads images, files or the clock, and every derivation is integer arithmetic or a standard primitive:
//! the same inputs give the same key on every machine.

#![forbid(unsafe_code)]

pub mod attack;
pub mod bch;
pub mod bits;
pub mod commitment;
#[cfg(test)]
mod drawn;
mod drbg;
pub mod gf;
pub mod keys;
pub mod published;
pub mod rsa;
pub mod sshsig;
pub mod token;

pub use bch::{Bch, BchError};
pub use bits::BitsError;
pub use commitment::{
    CodeParams, CommitParams, Commitment, CommitmentError, DeviceSecret, Factors, PalmHash,
    PalmViews, commit,
};
pub use keys::{KeyError, KeyKind, KeyPair, PublicKey};
pub use sshsig::{Sshsig, SshsigError};
pub use token::{Cost, Passphrase, TokenError};
