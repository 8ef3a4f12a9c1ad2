//! The forms of OpenSSH (PROTOCOL.key, RFC 4253, RFC 5656, RFC 8709).

use ssh_key::private::{
    EcdsaKeypair, EcdsaPrivateKey, Ed25519Keypair, Ed25519PrivateKey, KeypairData, RsaKeypair,
    RsaPrivateKey,
};
use ssh_key::public::{EcdsaPublicKey, Ed25519PublicKey, KeyData, RsaPublicKey};
use ssh_key::{HashAlg, LineEnding, Mpint};
use zeroize::Zeroizing;

use super::{
    KeyError, KeyKind, KeyPair, MAX_TEXT_BYTES, PrivateKey, PublicKey, check_comment, encoding,
};
use crate::rsa::{PUBLIC_EXPONENT, RsaKey};

const PUBLIC: &str = "an OpenSSH public key";
const PRIVATE: &str = "an OpenSSH private key";

impl PublicKey {
    /// The line for `authorized_keys`, without a line end.
    ///
    /// # Errors
    /// The comment is too long or holds control characters; X25519, which OpenSSH does not know.
    pub fn to_openssh(&self, comment: &str) -> Result<String, KeyError> {
        check_comment(comment)?;
        ssh_key::PublicKey::new(self.ssh_data()?, comment)
            .to_openssh()
            .map_err(|e| encoding(PUBLIC, e))
    }

    /// Reads a line of `authorized_keys` without options, as in a `.pub` file: type, key, and a comment that is ignored.
    ///
    /// # Errors
    /// Too long, not such a line, or of a kind that is not known here (an RSA key with another size or exponent too).
    pub fn from_openssh(line: &str) -> Result<Self, KeyError> {
        let failed = |reason: String| KeyError::Text {
            form: PUBLIC,
            reason,
        };
        if line.len() > MAX_TEXT_BYTES {
            return Err(failed(format!("it has {} bytes", line.len())));
        }
        let read = ssh_key::PublicKey::from_openssh(line.trim_ascii())
            .map_err(|e| failed(e.to_string()))?;
        let key = Self::from_ssh_data(read.key_data())
            .ok_or_else(|| failed(format!("this {} key is not known here", read.algorithm())))?;
        // Only what would be written again is read.
        let written = key.to_openssh("")?;
        match line.split_ascii_whitespace().take(2).eq(written.split(' ')) {
            true => Ok(key),
            false => Err(failed("it is not in its one proper form".into())),
        }
    }

    /// The key as SSH sends it (RFC 4253, section 6.6): type and numbers, each with its length.
    ///
    /// # Errors
    /// X25519, which OpenSSH does not know.
    pub fn to_ssh_bytes(&self) -> Result<Vec<u8>, KeyError> {
        ssh_key::PublicKey::from(self.ssh_data()?)
            .to_bytes()
            .map_err(|e| encoding(PUBLIC, e))
    }

    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    ///
    /// # Errors
    /// X25519, which OpenSSH does not know.
    pub fn fingerprint(&self) -> Result<String, KeyError> {
        let key = ssh_key::PublicKey::from(self.ssh_data()?);
        Ok(key.fingerprint(HashAlg::Sha256).to_string())
    }

    /// The key in the types of `ssh-key`.
    pub(crate) fn ssh_data(&self) -> Result<KeyData, KeyError> {
        let failed = |e| encoding(PUBLIC, e);
        match self.kind {
            KeyKind::Ed25519 => {
                let bytes = Ed25519PublicKey::try_from(self.bytes.as_slice()).map_err(failed)?;
                Ok(KeyData::Ed25519(bytes))
            }
            KeyKind::P256 => {
                let point = EcdsaPublicKey::from_sec1_bytes(&self.bytes).map_err(failed)?;
                Ok(KeyData::Ecdsa(point))
            }
            KeyKind::X25519 => Err(self.kind.cannot("written in a form of OpenSSH")),
            KeyKind::Rsa2048 | KeyKind::Rsa3072 | KeyKind::Rsa4096 => {
                let e = PUBLIC_EXPONENT.to_be_bytes();
                Ok(KeyData::Rsa(RsaPublicKey {
                    e: Mpint::from_positive_bytes(&e).map_err(failed)?,
                    n: Mpint::from_positive_bytes(&self.bytes).map_err(failed)?,
                }))
            }
        }
    }

    /// A key out of the types of `ssh-key`, if it is of a kind that is known here.
    pub(crate) fn from_ssh_data(data: &KeyData) -> Option<Self> {
        let read = |kind, bytes: &[u8]| Self::from_bytes(kind, bytes).ok();
        match data {
            KeyData::Ed25519(key) => read(KeyKind::Ed25519, &key.0),
            KeyData::Ecdsa(EcdsaPublicKey::NistP256(point)) => {
                read(KeyKind::P256, point.as_bytes())
            }
            KeyData::Rsa(key) => {
                let e = key.e.as_positive_bytes()?;
                let n = key.n.as_positive_bytes()?;
                let kind = KeyKind::rsa_of_len(n.len())?;
                (e == &PUBLIC_EXPONENT.to_be_bytes()[1..]).then(|| read(kind, n))?
            }
            _ => None,
        }
    }
}

impl KeyPair {
    /// The private key as OpenSSH writes it, not encrypted.
    ///
    /// # Errors
    /// The comment is too long or holds control characters; X25519, which OpenSSH does not know.
    pub fn to_openssh(&self, comment: &str) -> Result<Zeroizing<String>, KeyError> {
        check_comment(comment)?;
        let failed = |e| encoding(PRIVATE, e);
        let data = match (&self.private, self.public.ssh_data()?) {
            (PrivateKey::Ed25519(key), KeyData::Ed25519(public)) => {
                let private = Ed25519PrivateKey::from_bytes(key.as_bytes());
                KeypairData::Ed25519(Ed25519Keypair { public, private })
            }
            (PrivateKey::P256(key), KeyData::Ecdsa(EcdsaPublicKey::NistP256(public))) => {
                let private = p256_private(key).map_err(failed)?;
                KeypairData::Ecdsa(EcdsaKeypair::NistP256 { public, private })
            }
            (PrivateKey::Rsa(key), KeyData::Rsa(public)) => {
                let private = rsa_private(key).map_err(failed)?;
                KeypairData::Rsa(RsaKeypair { public, private })
            }
            _ => return Err(self.kind().cannot("written in a form of OpenSSH")),
        };
        let key = ssh_key::PrivateKey::new(data, comment).map_err(failed)?;
        key.to_openssh(LineEnding::LF).map_err(failed)
    }
}

/// `ssh-key` takes this scalar only from its wire form: its length, then the bytes.
fn p256_private(key: &p256::SecretKey) -> ssh_key::Result<EcdsaPrivateKey<32>> {
    let mut wire = Zeroizing::new([0; 36]);
    wire[3] = 32;
    wire[4..].copy_from_slice(Zeroizing::new(key.to_bytes()).as_slice());
    ssh_encoding::Decode::decode(&mut wire.as_slice())
}

fn rsa_private(key: &RsaKey) -> ssh_key::Result<RsaPrivateKey> {
    Ok(RsaPrivateKey {
        d: Mpint::from_positive_bytes(&key.d)?,
        iqmp: Mpint::from_positive_bytes(&key.qinv)?,
        p: Mpint::from_positive_bytes(&key.p)?,
        q: Mpint::from_positive_bytes(&key.q)?,
    })
}
