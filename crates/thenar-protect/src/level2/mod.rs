//! Level 2: bits become a record that is worth nothing without the store key.
//!
//! One file or folder per scheme. The published negative database ([`khidden`]) stores its template in the clear for whoever
//! counts columns, so the default is the sealed form.

pub mod khidden;
mod sealed;
pub(crate) mod split;

pub(crate) use sealed::cipher::SealingKeys;
