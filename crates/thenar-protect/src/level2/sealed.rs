//! The sealed form, the default: the bits encrypted and authenticated under a key of this record alone.
//!
//! ```text
//! record key = HKDF-SHA256(ikm = k2, salt = record salt, info = "thenar/sealed/v2" | record id | epoch)
//! body       = ChaCha20-Poly1305(record key, nonce 0, packed words,
//!                                associated data = the record's 96 header bytes | the owner's name in UTF-8)
//! ```
//!
//! The cipher adds a keystream to the bits, so this is the masking `c = b ⊕ keystream` with an authentication tag. The salt
//! is drawn anew at every sealing, so a record key encrypts one message only and the nonce can be constant. No two records
//! share a keystream: the XOR of two records tells nothing about the XOR of two templates.
//!
//! The *owner*, the name a record stands under, is not stored in it but belongs to what is authenticated: a record that
//! was moved to another name does not open.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::derive::hkdf;
use crate::record::{Header, RecordId, SealedRecord, TokenRef};
use crate::{BitTemplate, ContractId, RecordError, StoreKey};

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
        let mut id = RecordId([0; 16]);
        rng.fill_bytes(&mut id.0);
        let (contract, bits) = (*contract, template.len());
        seal_under(
            template,
            Header {
                token,
                contract,
                id,
                key: key.id(),
                epoch,
                bits,
                salt: [0; 16],
            },
            (key, owner),
            rng,
        )
    }

    /// Opens the record for a comparison under `contract`.
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
        self.open_any_contract(key, owner)
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
        let template = self.open_any_contract(old, owner)?;
        Ok(seal_under(
            &template,
            Header {
                key: new.id(),
                epoch,
                ..self.header.clone()
            },
            (new, owner),
            rng,
        ))
    }

    fn open_any_contract(&self, key: &StoreKey, owner: &str) -> Result<BitTemplate, RecordError> {
        if self.header.key != key.id() {
            return Err(RecordError::WrongKey {
                found: self.header.key,
                given: key.id(),
            });
        }
        let payload = Payload {
            msg: &self.body,
            aad: &associated_data(&self.header, owner),
        };
        let words = cipher(key, &self.header).decrypt(&Nonce::default(), payload);
        let words = Zeroizing::new(words.map_err(|_| RecordError::Tampered)?);
        BitTemplate::from_word_bytes(&words, self.header.bits).map_err(|_| RecordError::Tampered)
    }
}

/// Draws the salt and encrypts.
fn seal_under(
    template: &BitTemplate,
    mut header: Header,
    (key, owner): (&StoreKey, &str),
    rng: &mut impl CryptoRng,
) -> SealedRecord {
    rng.fill_bytes(&mut header.salt);
    let payload = Payload {
        msg: &template.word_bytes(),
        aad: &associated_data(&header, owner),
    };
    let body = cipher(key, &header)
        .encrypt(&Nonce::default(), payload)
        .expect("a template is far shorter than the cipher's limit of 256 GiB");
    SealedRecord { header, body }
}

/// The header has a fixed length, so that nothing can be read in two ways.
fn associated_data(header: &Header, owner: &str) -> Vec<u8> {
    [&header.to_bytes()[..], owner.as_bytes()].concat()
}

/// The cipher of one record.
fn cipher(key: &StoreKey, header: &Header) -> ChaCha20Poly1305 {
    let info: [&[u8]; 3] = [
        b"thenar/sealed/v2",
        &header.id.0,
        &header.epoch.to_le_bytes(),
    ];
    let record_key = hkdf::<32>(key.as_bytes(), &header.salt, &info);
    ChaCha20Poly1305::new((&*record_key).into())
}

#[cfg(test)]
mod tests;
