//! PKCS#8 and SubjectPublicKeyInfo PEM.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use pkcs8::der::{self, Encode};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef, SecretDocument, spki};
use zeroize::Zeroizing;

use super::{KeyError, KeyKind, KeyPair, PrivateKey, PublicKey, encoding};
use crate::rsa::{PUBLIC_EXPONENT, RsaKey};

const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const X25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.110");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

impl PublicKey {
    /// SubjectPublicKeyInfo PEM (RFC 8410, RFC 5480, RFC 3279).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.spki().map_err(|e| encoding("a PEM public key", e))
    }

    fn spki(&self) -> der::Result<String> {
        let (oid, parameters) = match self.kind {
            KeyKind::Ed25519 => (ED25519, None),
            KeyKind::X25519 => (X25519, None),
            KeyKind::P256 => (EC_PUBLIC_KEY, Some(AnyRef::from(&PRIME256V1))),
            _ => (RSA_ENCRYPTION, Some(AnyRef::NULL)),
        };
        let rsa = match self.kind.rsa_bits() {
            Some(_) => pkcs1::RsaPublicKeyRef {
                modulus: UintRef::new(&self.bytes)?,
                public_exponent: UintRef::new(&PUBLIC_EXPONENT.to_be_bytes())?,
            }
            .to_der()?,
            None => Vec::new(),
        };
        let key = if rsa.is_empty() { &self.bytes } else { &rsa };
        let info = spki::SubjectPublicKeyInfo {
            algorithm: spki::AlgorithmIdentifierRef { oid, parameters },
            subject_public_key: BitStringRef::from_bytes(key)?,
        };
        der::Document::encode_msg(&info)?.to_pem("PUBLIC KEY", LineEnding::LF)
    }
}

impl KeyPair {
    /// The private key as PKCS#8 PEM, version 1 (without the public key, which OpenSSL before 3.3 refuses there).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let failed = |error: &dyn ToString| encoding("a PKCS#8 private key", error.to_string());
        match &self.private {
            PrivateKey::Ed25519(key) => {
                let bytes = KeypairBytes {
                    secret_key: key.to_bytes(),
                    public_key: None,
                };
                bytes.to_pkcs8_pem(LineEnding::LF).map_err(|e| failed(&e))
            }
            PrivateKey::P256(key) => key.to_pkcs8_pem(LineEnding::LF).map_err(|e| failed(&e)),
            PrivateKey::X25519(key) => x25519_pem(key).map_err(|e| failed(&e)),
            PrivateKey::Rsa(key) => key.to_pem(),
        }
    }
}

/// CurvePrivateKey ::= OCTET STRING, inside the octet string of PKCS#8 (RFC 8410, section 7).
fn x25519_pem(key: &[u8; 32]) -> der::Result<Zeroizing<String>> {
    let inner = Zeroizing::new(OctetStringRef::new(key)?.to_der()?);
    private_pem(X25519, None, &inner)
}

fn private_pem(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> der::Result<Zeroizing<String>> {
    let algorithm = spki::AlgorithmIdentifierRef { oid, parameters };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(key)?);
    SecretDocument::encode_msg(&info)?.to_pem("PRIVATE KEY", LineEnding::LF)
}

impl RsaKey {
    /// The private key as PKCS#8 PEM around RSAPrivateKey (RFC 8017, A.1.2).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let e = self.e.to_be_bytes();
        let encode = || {
            let key = pkcs1::RsaPrivateKeyRef {
                modulus: UintRef::new(&self.n)?,
                public_exponent: UintRef::new(&e)?,
                private_exponent: UintRef::new(&self.d)?,
                prime1: UintRef::new(&self.p)?,
                prime2: UintRef::new(&self.q)?,
                exponent1: UintRef::new(&self.dp)?,
                exponent2: UintRef::new(&self.dq)?,
                coefficient: UintRef::new(&self.qinv)?,
                other_prime_infos: None,
            };
            let der = Zeroizing::new(key.to_der()?);
            private_pem(RSA_ENCRYPTION, Some(AnyRef::NULL), &der)
        };
        encode().map_err(|e: der::Error| encoding("a PKCS#8 private key", e))
    }
}
