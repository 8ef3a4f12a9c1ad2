//! PKCS#8 and SubjectPublicKeyInfo PEM.

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use pkcs8::der::asn1::{AnyRef, BitStringRef, OctetStringRef, UintRef};
use pkcs8::der::{self, Decode, Encode};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef, SecretDocument, spki};
use zeroize::Zeroizing;

use super::{KeyError, KeyKind, KeyPair, MAX_TEXT_BYTES, PrivateKey, PublicKey, encoding};
use crate::rsa::{PUBLIC_EXPONENT, RsaKey};

const PUBLIC_LABEL: &str = "PUBLIC KEY";
const PRIVATE_LABEL: &str = "PRIVATE KEY";
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
        self.spki()
            .and_then(|document| document.to_pem(PUBLIC_LABEL, LineEnding::LF))
            .map_err(|e| encoding("a PEM public key", e))
    }

    /// Reads SubjectPublicKeyInfo PEM in the one form that [`PublicKey::to_pem`] writes.
    ///
    /// # Errors
    /// Too long, not PEM, of another kind than those known here (an RSA key with another size or exponent too), or a key that is
    /// not valid.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let failed = |reason: String| KeyError::Text {
            form: "a PEM public key",
            reason,
        };
        if text.len() > MAX_TEXT_BYTES {
            return Err(failed(format!("it has {} bytes", text.len())));
        }
        let (label, document) =
            der::Document::from_pem(text.trim()).map_err(|e| failed(e.to_string()))?;
        if label != PUBLIC_LABEL {
            return Err(failed(format!("it is a {label}")));
        }
        let (kind, bytes) = parse_spki(document.as_bytes())
            .map_err(|e| failed(e.to_string()))?
            .ok_or_else(|| failed("this kind of key is not known here".into()))?;
        let key = Self::from_bytes(kind, &bytes)?;
        let again = key.spki().map_err(|e| failed(e.to_string()))?;
        // Other parameters, another exponent, or numbers written in a longer way.
        if again.as_bytes() != document.as_bytes() {
            return Err(failed("it is not in its one proper form".into()));
        }
        Ok(key)
    }

    fn spki(&self) -> der::Result<der::Document> {
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
        der::Document::encode_msg(&info)
    }
}

/// Kind and raw bytes of a SubjectPublicKeyInfo, if the kind is known.
fn parse_spki(bytes: &[u8]) -> der::Result<Option<(KeyKind, Vec<u8>)>> {
    let info = spki::SubjectPublicKeyInfoRef::from_der(bytes)?;
    let bits = info.subject_public_key;
    let raw = bits.as_bytes().ok_or(der::ErrorKind::Failed)?;
    let kind = match info.algorithm.oid {
        ED25519 => KeyKind::Ed25519,
        X25519 => KeyKind::X25519,
        EC_PUBLIC_KEY => KeyKind::P256,
        RSA_ENCRYPTION => {
            let key = pkcs1::RsaPublicKeyRef::from_der(raw)?;
            let modulus = key.modulus.as_bytes();
            let kind = KeyKind::rsa_of_len(modulus.len());
            return Ok(kind.map(|kind| (kind, modulus.to_vec())));
        }
        _ => return Ok(None),
    };
    Ok(Some((kind, raw.to_vec())))
}

impl KeyPair {
    /// The private key as PKCS#8 PEM, version 1 (without the public key, which OpenSSL before 3.3 refuses there).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.pkcs8()?;
        let text = document.to_pem(PRIVATE_LABEL, LineEnding::LF);
        text.map_err(failed_pkcs8)
    }

    /// The same without the armor: what libraries take that do private operations.
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        Ok(self.pkcs8()?.to_bytes())
    }

    fn pkcs8(&self) -> Result<SecretDocument, KeyError> {
        match &self.private {
            PrivateKey::Ed25519(key) => {
                let bytes = KeypairBytes {
                    secret_key: key.to_bytes(),
                    public_key: None,
                };
                bytes.to_pkcs8_der().map_err(failed_pkcs8)
            }
            PrivateKey::P256(key) => key.to_pkcs8_der().map_err(failed_pkcs8),
            PrivateKey::X25519(key) => x25519_pkcs8(key).map_err(failed_pkcs8),
            PrivateKey::Rsa(key) => key.pkcs8().map_err(failed_pkcs8),
        }
    }
}

fn failed_pkcs8(error: impl ToString) -> KeyError {
    encoding("a PKCS#8 private key", error)
}

/// CurvePrivateKey ::= OCTET STRING, inside the octet string of PKCS#8 (RFC 8410, section 7).
fn x25519_pkcs8(key: &[u8; 32]) -> der::Result<SecretDocument> {
    let inner = Zeroizing::new(OctetStringRef::new(key)?.to_der()?);
    private_info(X25519, None, &inner)
}

fn private_info(
    oid: ObjectIdentifier,
    parameters: Option<AnyRef<'_>>,
    key: &[u8],
) -> der::Result<SecretDocument> {
    let algorithm = spki::AlgorithmIdentifierRef { oid, parameters };
    let info = PrivateKeyInfoRef::new(algorithm, OctetStringRef::new(key)?);
    SecretDocument::encode_msg(&info)
}

impl RsaKey {
    /// The private key as PKCS#8 PEM around RSAPrivateKey (RFC 8017, A.1.2).
    ///
    /// # Errors
    /// The encoder failed.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let document = self.pkcs8().map_err(failed_pkcs8)?;
        let text = document.to_pem(PRIVATE_LABEL, LineEnding::LF);
        text.map_err(failed_pkcs8)
    }

    fn pkcs8(&self) -> der::Result<SecretDocument> {
        let e = self.e.to_be_bytes();
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
        private_info(RSA_ENCRYPTION, Some(AnyRef::NULL), &der)
    }
}
