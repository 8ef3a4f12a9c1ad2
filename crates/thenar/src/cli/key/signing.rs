//! What a key that came back signs with: the curves in `thenar-key`, RSA in AWS-LC, which hides the timing.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA512};
use thenar_key::sshsig::RsaHash;
use thenar_key::{KeyKind, KeyPair};

use super::super::error::CliError;

/// Refuses a kind that cannot sign.
pub(crate) fn check(kind: KeyKind, name: &str) -> Result<(), CliError> {
    if kind == KeyKind::X25519 {
        return Err(CliError::Usage(format!(
            "key '{name}' is of kind x25519, which encrypts and does not sign; make another with key new --kind ed25519"
        )));
    }
    Ok(())
}

/// Signs data, as [`thenar_key::sshsig::seal`] and [`thenar_key::sshsig::agent_signature`] take it. `hash` means something for RSA
/// only.
pub(crate) fn raw(pair: &KeyPair, data: &[u8], hash: RsaHash) -> Result<Vec<u8>, CliError> {
    if pair.kind().rsa_bits().is_none() {
        return Ok(pair.sign(data)?.to_vec());
    }
    let failed = |what| CliError::Usage(format!("the RSA key cannot sign: {what}"));
    let der = pair.to_pkcs8_der()?;
    let key = rsa::KeyPair::from_pkcs8(&der).map_err(|e| failed(e.to_string()))?;
    let padding = match hash {
        RsaHash::Sha256 => &RSA_PKCS1_SHA256,
        RsaHash::Sha512 => &RSA_PKCS1_SHA512,
    };
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(padding, &SystemRandom::new(), data, &mut signature)
        .map_err(|e| failed(e.to_string()))?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `thenar-key` verifies with SHA-512; the agent's SHA-256 is tested with `ssh-keygen`.
    #[test]
    fn signatures_verify_under_the_public_key() {
        for kind in [KeyKind::Ed25519, KeyKind::P256, KeyKind::Rsa2048] {
            let pair = KeyPair::from_seed(kind, &[8; 32]).unwrap();
            let signature = raw(&pair, b"data", RsaHash::Sha512).unwrap();
            assert!(pair.public().verifies(b"data", &signature), "{kind:?}");
            assert!(!pair.public().verifies(b"dato", &signature), "{kind:?}");
        }
        assert!(check(KeyKind::X25519, "box").is_err());
    }
}
