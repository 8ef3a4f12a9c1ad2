//! The ciphers of all versions of records.

use aes_gcm::aead::consts::U16;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, AesGcm, aes::Aes256};
use chacha20poly1305::ChaCha20Poly1305;
use zeroize::Zeroizing;

use crate::RecordError;
use crate::derive::{Extracted, hkdf};
use crate::record::{Header, Version};

/// AES-256-GCM with nonces of 16 bytes (NIST SP 800-38D, section 7.1, step 2).
type Cipher = AesGcm<Aes256, U16>;

/// What a store key keeps ready, so that a record costs no key of its own. Both are wiped when dropped, by the features
/// `zeroize` of their crates.
#[derive(Clone)]
pub(crate) struct SealingKeys {
    cipher: Cipher,
    /// For records of version 3, which have.
    extracted: Extracted,
}

impl SealingKeys {
    pub(crate) fn new(extracted: Extracted) -> Self {
        let key = extracted.expand::<32>(&[b"thenar/sealed/v4"]);
        let cipher = Cipher::new((&*key).into());
        Self { cipher, extracted }
    }

    /// Encrypts the words where they stand, so that no copy of them in clear is left behind, and appends the tag.
    pub(super) fn encrypt(&self, header: &Header, data: &[u8], words: &mut Vec<u8>) {
        self.cipher
            .encrypt_in_place(&header.salt.into(), data, words)
            .expect("a template is far shorter than the cipher's limit of 64 GiB");
    }

    /// Decrypts a record of any version where it stands. `secret` is the store key.
    pub(super) fn decrypt(
        &self,
        secret: &[u8; 32],
        header: &Header,
        data: &[u8],
        words: &mut Zeroizing<Vec<u8>>,
    ) -> Result<(), RecordError> {
        let opened = match header.version {
            Version::Two => cipher_of_version_2(secret, header).decrypt_in_place(
                &ONE_NONCE.into(),
                data,
                &mut **words,
            ),
            Version::Three => self.cipher_of_version_3(header).decrypt_in_place(
                &ONE_NONCE.into(),
                data,
                &mut **words,
            ),
            Version::Four => self
                .cipher
                .decrypt_in_place(&header.salt.into(), data, &mut **words),
        };
        opened.map_err(|_| RecordError::Tampered)
    }

    fn cipher_of_version_3(&self, header: &Header) -> Aes256Gcm {
        let epoch = header.epoch.to_le_bytes();
        let info: [&[u8]; 4] = [b"thenar/sealed/v3", &header.salt, &header.id.0, &epoch];
        Aes256Gcm::new((&*self.extracted.expand::<32>(&info)).into())
    }
}

/// Constant in versions 2 and 3, whose records have keys of their own.
const ONE_NONCE: [u8; 12] = [0; 12];

fn cipher_of_version_2(secret: &[u8; 32], header: &Header) -> ChaCha20Poly1305 {
    let epoch = header.epoch.to_le_bytes();
    let info: [&[u8]; 3] = [b"thenar/sealed/v2", &header.id.0, &epoch];
    ChaCha20Poly1305::new((&*hkdf::<32>(secret, &header.salt, &info)).into())
}
