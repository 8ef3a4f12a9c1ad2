//! Keys from palms: BCH codes, fuzzy commitment, passphrase tokens and key formats.
//!
//! A palm hash (a string of bits that is nearly the same in every photograph of one palm) and a passphrase become a key
//! pair that is stored nowhere:
//!
//! ```text
//! enrol: palm hash w, passphrase ─► commitment::commit  ─► record (public) + key pair
//! use:   palm hash w', passphrase ─► Commitment::recover ─► the same key pair, or `NotRecovered`
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
//! let mut palm = vec![0x0123_4567_89ab_cdef; 8];
//! palm[7] >>= 1; // 511 bits
//! let contract = [7; 32]; // digest of the model and the projection that made the bits
//! let passphrase = Passphrase::for_new_key("gulls over the harbour")?;
//! let (record, key) = commit(&palm, Factors::passphrase(&passphrase), &contract, &params, &mut rng)?;
//! let stored = record.to_bytes();
//!
//! let mut again = palm.clone();
//! again[3] ^= 0xff00_ff00; // another photograph: 16 bits differ
//! let passphrase = Passphrase::for_recovery("gulls over the harbour")?;
//! let record = thenar_key::Commitment::from_bytes(&stored)?;
//! let recovered = record.recover(&again, Factors::passphrase(&passphrase), &contract)?;
//! assert_eq!(recovered.public(), key.public());
//! # Ok(())
//! # }
//! ```
//!
//! The modules stand on one another in this order: [`bits`], [`gf`], [`bch`], [`token`], [`keys`], [`commitment`].
//! Nothing here reads images, files or the clock, and every derivation is integer arithmetic or a standard primitive:
//! the same inputs give the same key on every machine.

#![forbid(unsafe_code)]

pub mod bch;
pub mod bits;
pub mod commitment;
pub mod gf;
pub mod keys;
pub mod token;

pub use bch::{Bch, BchError};
pub use bits::BitsError;
pub use commitment::{
    CodeParams, CommitParams, Commitment, CommitmentError, DeviceSecret, Factors, commit,
};
pub use keys::{KeyError, KeyKind, KeyPair, PublicKey};
pub use token::{Cost, Passphrase, TokenError};
