//! Signatures as SSH sends them (RFC 4253, section 6.6): the algorithm and its bytes, each with its length.

use ssh_encoding::{Decode, Encode};
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, Mpint, Signature};

use super::SshsigError;
use crate::keys::{KeyKind, PublicKey};

pub(super) const P256: Algorithm = Algorithm::Ecdsa {
    curve: EcdsaCurve::NistP256,
};
pub(super) const RSA_SHA512: Algorithm = rsa(HashAlg::Sha512);

const fn rsa(hash: HashAlg) -> Algorithm {
    Algorithm::Rsa { hash: Some(hash) }
}

/// The hash of an RSA signature in SSH (RFC 8332). SHA-1 is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaHash {
    /// `rsa-sha2-256`.
    Sha256,
    /// `rsa-sha2-512`.
    Sha512,
}

/// A raw signature (as [`seal`](super::seal) takes it) as an SSH agent answers with it. `hash` means something for RSA only.
///
/// # Errors
/// The key cannot sign, or the signature has another length.
pub fn agent_signature(key: &PublicKey, raw: &[u8], hash: RsaHash) -> Result<Vec<u8>, SshsigError> {
    let hash = match hash {
        RsaHash::Sha256 => HashAlg::Sha256,
        RsaHash::Sha512 => HashAlg::Sha512,
    };
    let mut wire = Vec::new();
    let signature = signature(key, raw, hash)?;
    signature.encode(&mut wire).map_err(not_one)?;
    Ok(wire)
}

/// A raw signature in the types of `ssh-key`.
pub(super) fn signature(
    key: &PublicKey,
    raw: &[u8],
    hash: HashAlg,
) -> Result<Signature, SshsigError> {
    // Refuses X25519 too.
    key.ssh_data()?;
    let (algorithm, blob) = match key.kind() {
        KeyKind::Ed25519 => (Algorithm::Ed25519, raw.to_vec()),
        KeyKind::P256 => {
            let halves = raw
                .split_at_checked(32)
                .filter(|(r, s)| s.len() == 32 && !is_zero(r) && !is_zero(s));
            let (r, s) = halves
                .ok_or_else(|| not_one("64 bytes, two numbers that are not 0, were expected"))?;
            (P256, p256_blob(r, s).map_err(not_one)?)
        }
        _ if raw.len() == key.kind().public_len() => (rsa(hash), raw.to_vec()),
        _ => return Err(not_one("a signature as long as the modulus was expected")),
    };
    Signature::new(algorithm, blob).map_err(not_one)
}

fn not_one(reason: impl ToString) -> SshsigError {
    SshsigError::NotASignature {
        reason: reason.to_string(),
    }
}

/// r and s as SSH writes numbers (RFC 5656, section 3.1.2).
fn p256_blob(r: &[u8], s: &[u8]) -> ssh_key::Result<Vec<u8>> {
    let mut blob = Vec::new();
    for number in [r, s] {
        Mpint::from_positive_bytes(number)?.encode(&mut blob)?;
    }
    Ok(blob)
}

fn is_zero(number: &[u8]) -> bool {
    number.iter().all(|byte| *byte == 0)
}

/// The inverse: 32 bytes each. Numbers that are 0 or negative are in no signature.
pub(super) fn p256_raw(mut blob: &[u8]) -> Option<Vec<u8>> {
    let mut raw = vec![0; 64];
    for half in raw.chunks_exact_mut(32) {
        let number = Mpint::decode(&mut blob).ok()?;
        let bytes = number.as_positive_bytes()?;
        half.get_mut(32usize.checked_sub(bytes.len())?..)?
            .copy_from_slice(bytes);
    }
    blob.is_empty().then_some(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lengths, names and order by hand.
    #[test]
    fn an_agents_signature_is_two_strings() {
        let key = |kind| crate::KeyPair::from_seed(kind, &[4; 32]).unwrap().public();
        let wire = agent_signature(&key(KeyKind::Ed25519), &[7; 64], RsaHash::Sha256).unwrap();
        let expected = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 64], &[7; 64]].concat();
        assert_eq!(wire, expected);
        let wire = agent_signature(&key(KeyKind::Rsa2048), &[9; 256], RsaHash::Sha256).unwrap();
        let expected = [
            &[0, 0, 0, 12][..],
            b"rsa-sha2-256",
            &[0, 0, 1, 0],
            &[9; 256],
        ]
        .concat();
        assert_eq!(wire, expected);
        assert!(agent_signature(&key(KeyKind::Rsa2048), &[9; 255], RsaHash::Sha512).is_err());
        assert!(agent_signature(&key(KeyKind::X25519), &[7; 64], RsaHash::Sha512).is_err());
    }

    proptest! {
        #[test]
        fn any_numbers_go_through_the_blob(raw in prop::collection::vec(any::<u8>(), 64), zeros in 0usize..32) {
            let mut raw = raw;
            raw[..zeros].fill(0);
            raw[31] |= 1;
            raw[63] |= 1;
            let blob = p256_blob(&raw[..32], &raw[32..]).unwrap();
            prop_assert_eq!(p256_raw(&blob).unwrap(), raw);
        }
    }
}
