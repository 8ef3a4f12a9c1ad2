//! The sealed form, the default: the bits encrypted and authenticated under a key of this record alone.
//!
//! ```text
//! record key = HKDF-SHA256(ikm = k2, salt = "thenar/v1", info = "thenar/sealed/v3" | record salt | record id | epoch)
//! body       = AES-256-GCM(record key, nonce 0, packed words,
//!                          associated data = the record's 96 header bytes | the owner's name in UTF-8)
//! ```
//!
//! The cipher adds a keystream to the bits, so this is the masking `c = b ⊕ keystream` with an authentication tag. The salt
//! is drawn anew at every sealing, so a record key encrypts one message only and the nonce can be constant. No two records
//! share a keystream: the XOR of two records tells nothing about the XOR of two templates.
//!
//! Records of version 2 are still opened: `HKDF-SHA256(ikm = k2, salt = record salt, info = "thenar/sealed/v2" | record id | epoch)`
//! and ChaCha20-Poly1305. They took four times as long, because HKDF began anew for each record and because Poly1305 costs
//! more than a microsecond a record in programs compiled for any processor; sealed anew, they become version 3.
//!
//! The *owner*, the name a record stands under, is not stored in it but belongs to what is authenticated: a record that
//! was moved to another name does not open.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::derive::hkdf;
use crate::record::{Header, RecordId, SealedRecord, TokenRef, Version};
use crate::{BitTemplate, ContractId, RecordError, SplitMask, StoreKey, Token};

impl SealedRecord {
    /// Seals a template. The record's id and salt are drawn from `rng`.
    ///
    /// `epoch` numbers the store keys of a keyring, and `token` names the token that made the template.
    pub fn seal(
        template: &BitTemplate,
        contract: &ContractId,
        token: TokenRef,
        key: &StoreKey,
        epoch: u32,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let id = RecordId::random(rng);
        let header = new_header(id, template.len(), contract, token, key, epoch);
        seal_words(template.word_bytes(), header, (key, owner), rng)
    }

    /// Seals a template in the split form: masked with a token that its subject holds. Opened, it is still masked.
    ///
    /// # Panics
    /// Never: every template has a mask.
    pub fn seal_split(
        template: &BitTemplate,
        contract: &ContractId,
        token: &Token,
        key: &StoreKey,
        epoch: u32,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> Self {
        let (id, bits) = (RecordId::random(rng), template.len());
        let masked = SplitMask::new(token, id, bits).and_then(|mask| mask.template(template));
        let words = masked.expect("as many bits").word_bytes();
        let header = new_header(id, bits, contract, TokenRef::held(token), key, epoch);
        seal_words(words, header, (key, owner), rng)
    }

    /// Opens the record for a comparison under `contract`. What was sealed in the split form comes back masked.
    ///
    /// # Errors
    /// [`RecordError::Contract`] when the template was made under another contract, [`RecordError::WrongKey`] when another
    /// key sealed it, [`RecordError::Tampered`] when any byte or the owner is not as it was sealed.
    pub fn open(
        &self,
        key: &StoreKey,
        contract: &ContractId,
        owner: &str,
    ) -> Result<BitTemplate, RecordError> {
        if self.header.contract != *contract {
            return Err(RecordError::Contract {
                found: self.header.contract,
                expected: *contract,
            });
        }
        let words = self.open_words(key, owner)?;
        BitTemplate::from_word_bytes(&words, self.header.bits).map_err(|_| RecordError::Tampered)
    }

    /// Seals the record anew under another key: same template, same id, fresh salt.
    ///
    /// The template is in memory, in clear, only within this call.
    ///
    /// # Errors
    /// As [`Self::open`], but for the contract, which does not matter here.
    pub fn reseal(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        epoch: u32,
        owner: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, RecordError> {
        Ok(seal_words(
            self.open_words(old, owner)?,
            Header {
                version: Version::Three,
                key: new.id(),
                epoch,
                ..self.header.clone()
            },
            (new, owner),
            rng,
        ))
    }

    /// The packed words, whatever the contract.
    fn open_words(&self, key: &StoreKey, owner: &str) -> Result<Zeroizing<Vec<u8>>, RecordError> {
        if self.header.key != key.id() {
            return Err(RecordError::WrongKey {
                found: self.header.key,
                given: key.id(),
            });
        }
        let mut words = Zeroizing::new(self.body.clone());
        let header = &self.header;
        let data = associated_data(header, owner);
        let opened = match header.version {
            Version::Two => {
                cipher_of_version_2(key, header).decrypt_in_place(&NONCE.into(), &data, &mut *words)
            }
            Version::Three => {
                cipher(key, header).decrypt_in_place(&NONCE.into(), &data, &mut *words)
            }
        };
        opened.map_err(|_| RecordError::Tampered)?;
        Ok(words)
    }
}

fn new_header(
    id: RecordId,
    bits: usize,
    contract: &ContractId,
    token: TokenRef,
    key: &StoreKey,
    epoch: u32,
) -> Header {
    Header {
        version: Version::Three,
        token,
        contract: *contract,
        id,
        key: key.id(),
        epoch,
        bits,
        salt: [0; 16],
    }
}

/// Constant, for each record has a key of its own.
const NONCE: [u8; 12] = [0; 12];

/// Draws the salt and encrypts the words where they stand, so that no copy of them in clear is left behind.
fn seal_words(
    mut words: Zeroizing<Vec<u8>>,
    mut header: Header,
    (key, owner): (&StoreKey, &str),
    rng: &mut impl CryptoRng,
) -> SealedRecord {
    rng.fill_bytes(&mut header.salt);
    cipher(key, &header)
        .encrypt_in_place(&NONCE.into(), &associated_data(&header, owner), &mut *words)
        .expect("a template is far shorter than the cipher's limit of 64 GiB");
    let body = std::mem::take(&mut *words);
    SealedRecord { header, body }
}

/// The header has a fixed length, so that nothing can be read in two ways.
fn associated_data(header: &Header, owner: &str) -> Vec<u8> {
    [&header.to_bytes()[..], owner.as_bytes()].concat()
}

/// The cipher of one record.
fn cipher(key: &StoreKey, header: &Header) -> Aes256Gcm {
    let epoch = header.epoch.to_le_bytes();
    let info: [&[u8]; 4] = [b"thenar/sealed/v3", &header.salt, &header.id.0, &epoch];
    Aes256Gcm::new((&*key.record_key(&info)).into())
}

fn cipher_of_version_2(key: &StoreKey, header: &Header) -> ChaCha20Poly1305 {
    let epoch = header.epoch.to_le_bytes();
    let info: [&[u8]; 3] = [b"thenar/sealed/v2", &header.id.0, &epoch];
    ChaCha20Poly1305::new((&*hkdf::<32>(key.as_bytes(), &header.salt, &info)).into())
}

#[cfg(test)]
mod tests;
