//! The sealed form, the default: the bits encrypted and authenticated under the store key k2.
//!
//! ```text
//! key  = HKDF-SHA256(ikm = k2, salt = "thenar/v1", info = "thenar/sealed/v4")
//! body = AES-256-GCM(key, nonce = the record's salt, packed words,
//!                    associated data = the record's 96 header bytes | the owner's name in UTF-8)
//! ```
//!
//! The cipher adds a keystream to the bits, so this is the masking `c = b ⊕ keystream` with an authentication tag. The salt
//! is drawn anew at every sealing: 16 random bytes, which GCM hashes to its first counter block. Two records share a keystream when
//! two salts agree, or lead to counters within a record's length of each other: after the 2³² sealings that NIST SP 800-38D
//! (section 8.3) allows a key, with a probability below 2⁻⁵⁶. Then the XOR of two records would be that of two templates, and tags
//! under that key could be forged. `rotate` draws a new key.
//!
//! Older records are still opened, and become version 4 when they are sealed anew. Each of them had a key of its own, and nonce 0,
//! which cost more time than all else:
//!
//! * version 3: `HKDF-SHA256(ikm = k2, salt = "thenar/v1", info = "thenar/sealed/v3" | record salt | record id | epoch)` and
//!   AES-256-GCM,
//! * version 2: `HKDF-SHA256(ikm = k2, salt = record salt, info = "thenar/sealed/v2" | record id | epoch)` and
//!   ChaCha20-Poly1305.
//!
//! The *owner*, the name a record stands under, is not stored in it but belongs to what is authenticated: a record that
//! was moved to another name does not open.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::record::{HEADER, Header, RecordId, SealedRecord, TokenRef, Version};
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
        let data = associated_data(&header, owner);
        seal_words(template.word_bytes(), header, data, key, rng)
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
        let data = associated_data(&header, owner);
        seal_words(words, header, data, key, rng)
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
        let words = self.open_words(key, &associated_data(&self.header, owner))?;
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
        let data = associated_data(&self.header, owner);
        let words = self.open_words(old, &data)?;
        let header = Header {
            version: Version::Four,
            key: new.id(),
            epoch,
            ..self.header.clone()
        };
        Ok(seal_words(words, header, data, new, rng))
    }

    /// The packed words, whatever the contract.
    fn open_words(&self, key: &StoreKey, data: &[u8]) -> Result<Zeroizing<Vec<u8>>, RecordError> {
        if self.header.key != key.id() {
            return Err(RecordError::WrongKey {
                found: self.header.key,
                given: key.id(),
            });
        }
        let mut words = Zeroizing::new(self.body.clone());
        let secret = key.as_bytes();
        key.sealing()
            .decrypt(secret, &self.header, data, &mut words)?;
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
        version: Version::Four,
        token,
        contract: *contract,
        id,
        key: key.id(),
        epoch,
        bits,
        salt: [0; 16],
    }
}

/// Draws the salt and encrypts the words where they stand. `data` is the associated data of a record of this owner, the header of
/// which is brought up to date: a rotation reserves memory for it once.
fn seal_words(
    mut words: Zeroizing<Vec<u8>>,
    mut header: Header,
    mut data: Vec<u8>,
    key: &StoreKey,
    rng: &mut impl CryptoRng,
) -> SealedRecord {
    rng.fill_bytes(&mut header.salt);
    data[..HEADER].copy_from_slice(&header.to_bytes());
    key.sealing().encrypt(&header, &data, &mut words);
    let body = std::mem::take(&mut *words);
    SealedRecord { header, body }
}

/// The header has a fixed length, so that nothing can be read in two ways.
fn associated_data(header: &Header, owner: &str) -> Vec<u8> {
    [&header.to_bytes()[..], owner.as_bytes()].concat()
}

pub(crate) mod cipher;
#[cfg(test)]
mod tests;
