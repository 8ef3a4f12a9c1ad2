//! The contract: which model, preprocessing and scheme a template was made with.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::Level1Params;

/// A digest of everything two templates must share before their distance means anything.
///
/// It is SHA-256 of the text `thenar/contract/v1` and then, each preceded by its length in bytes (u64, little-endian):
/// the model's SHA-256 digest, the name of the preprocessing, and the scheme's parameters as one line of text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContractId(pub [u8; 32]);

impl ContractId {
    /// The contract of a model, a preprocessing and the default scheme: level 1 as in `params`, sealed level 2.
    pub fn new(model_digest: &[u8; 32], preprocessing: &str, params: &Level1Params) -> Self {
        // "v2" stays: later records seal the same templates, and those of all versions are compared.
        Self::of(
            model_digest,
            preprocessing,
            &format!("{} sealed/v2", params.describe()),
        )
    }

    /// The contract of any scheme; `scheme` is its name and parameters as one line.
    pub fn of(model_digest: &[u8; 32], preprocessing: &str, scheme: &str) -> Self {
        let mut hash = Sha256::new_with_prefix(b"thenar/contract/v1");
        for part in [
            model_digest.as_slice(),
            preprocessing.as_bytes(),
            scheme.as_bytes(),
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for ContractId {
    /// The first 8 bytes, which are enough to tell contracts apart by eye.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0[..8]))
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractId({})", hex::encode(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let params = Level1Params::new(512, 256).unwrap();
        let base = ContractId::new(&[1; 32], "roi/v1", &params);
        assert_eq!(base, ContractId::new(&[1; 32], "roi/v1", &params));
        assert_ne!(base, ContractId::new(&[2; 32], "roi/v1", &params));
        assert_ne!(base, ContractId::new(&[1; 32], "roi/v2", &params));
        assert_ne!(
            base,
            ContractId::new(&[1; 32], "roi/v1", &Level1Params::new(512, 128).unwrap())
        );
        assert_ne!(
            base,
            ContractId::new(
                &[1; 32],
                "roi/v1",
                &Level1Params::new(512, 256)
                    .unwrap()
                    .with_gram_schmidt()
                    .unwrap()
            )
        );
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(
            ContractId::of(&[0; 32], "ab", "c"),
            ContractId::of(&[0; 32], "a", "bc")
        );
    }

    /// Golden: records in the field carry this value, so it must never change. Also computed by `tests/data/golden.py`.
    #[test]
    fn the_digest_is_pinned() {
        let params = Level1Params::new(512, 256).unwrap();
        assert_eq!(
            params.describe(),
            "level1/structured/v1 template feature=512 bits=256"
        );
        assert_eq!(
            hex::encode(ContractId::new(&[0; 32], "roi/v1", &params).0),
            "39f6883a55a4be9be6ac6dc8079c397240750fb1022bb7255186c118dc132f15"
        );
    }
}
