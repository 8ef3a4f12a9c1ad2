//! The sealed record and its bytes, versions 2 to 4. All numbers are little-endian.
//!
//! | offset | bytes | what |
//! |---:|---:|---|
//! | 0 | 4 | magic, `THNR` |
//! | 4 | 1 | version: 4; 2 and 3 are still read |
//! | 5 | 1 | level-2 scheme: 1 = sealed |
//! | 6 | 1 | token kind: 0 = the collection's token, 1 = the subject's own, 2 = held by the subject, bits masked (from version 3 on) |
//! | 7 | 1 | 0 |
//! | 8 | 32 | contract |
//! | 40 | 16 | record id, random, kept when the record is sealed anew |
//! | 56 | 8 | public name of the level-1 token |
//! | 64 | 8 | public name of the store key |
//! | 72 | 4 | epoch of the store key (u32) |
//! | 76 | 4 | number of bits, 1..=16384 (u32) |
//! | 80 | 16 | salt, random, fresh at every sealing |
//! | 96 | 8·⌈bits/64⌉ | ciphertext of the packed words |
//! | … | 16 | authentication tag |
//! | … | 4 | checksum: the first 4 bytes of the SHA-256 of everything before |
//!
//! The first 96 bytes and the name of the owner, which is not stored here, are the associated data of the tag. Versions
//! differ in how they are sealed (module `sealed`). Version 1, which was never released, had no owner; it is refused. The checksum tells damage from tampering: it needs no key.
//! A record of 512 bits takes 180 bytes, one of 1024 bits 244.

use std::fmt;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};

use crate::{ContractId, KeyId, MAX_BITS, RecordError, Token, TokenId};

/// Bytes a record takes besides its packed words.
pub const RECORD_OVERHEAD: usize = HEADER + TAG + CHECKSUM;

pub(crate) const HEADER: usize = 96;
pub(crate) const TAG: usize = 16;
const CHECKSUM: usize = 4;
const MAGIC: [u8; 4] = *b"THNR";
const SCHEME_SEALED: u8 = 1;

/// A record's name: 16 random bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordId(pub [u8; 16]);

impl RecordId {
    /// Draws a new one.
    pub(crate) fn random(rng: &mut impl CryptoRng) -> Self {
        let mut id = Self([0; 16]);
        rng.fill_bytes(&mut id.0);
        id
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordId({self})")
    }
}

/// Whose token made the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The collection's: the record takes part in 1:N search.
    Collection,
    /// The subject's own: the record can only be verified 1:1.
    Own,
    /// The subject's own, held by the subject and not in the keyring. The bits are masked ([`crate::SplitMask`]).
    Held,
}

/// Which token made the template, without the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRef {
    /// Whose it is.
    pub kind: TokenKind,
    /// Its public name.
    pub id: TokenId,
}

impl TokenRef {
    /// Names the collection's token.
    pub fn collection(token: &Token) -> Self {
        Self {
            kind: TokenKind::Collection,
            id: token.id(),
        }
    }

    /// Names a subject's own token.
    pub fn own(token: &Token) -> Self {
        Self {
            kind: TokenKind::Own,
            id: token.id(),
        }
    }

    /// Names a token that its subject holds.
    pub fn held(token: &Token) -> Self {
        Self {
            kind: TokenKind::Held,
            id: token.id(),
        }
    }
}

/// How a record is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Only read.
    Two = 2,
    /// Only read.
    Three = 3,
    /// Written, and read.
    Four = 4,
}

/// Everything in a record that is not secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub version: Version,
    pub token: TokenRef,
    pub contract: ContractId,
    pub id: RecordId,
    pub key: KeyId,
    pub epoch: u32,
    pub bits: usize,
    pub salt: [u8; 16],
}

/// A template sealed under a store key. Without that key it is random bytes.
///
/// How it is sealed and opened: `seal`, `open` and `reseal`. The bytes are described at the top of the module `record`
/// and parsed by [`Self::from_bytes`].
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRecord {
    pub(crate) header: Header,
    /// Ciphertext of the packed words, then the tag.
    pub(crate) body: Vec<u8>,
}

impl SealedRecord {
    /// The contract the template was made under.
    pub fn contract(&self) -> &ContractId {
        &self.header.contract
    }

    /// The record's name.
    pub fn id(&self) -> RecordId {
        self.header.id
    }

    /// The token the template was made with.
    pub fn token(&self) -> TokenRef {
        self.header.token
    }

    /// The store key that opens it.
    pub fn key(&self) -> KeyId {
        self.header.key
    }

    /// The epoch of that key.
    pub fn epoch(&self) -> u32 {
        self.header.epoch
    }

    /// The number of bits of the template.
    pub fn bits(&self) -> usize {
        self.header.bits
    }

    /// The sealed words without the tag: what a thief of the store sees of the template.
    pub fn ciphertext(&self) -> &[u8] {
        &self.body[..self.body.len() - TAG]
    }

    /// The record as bytes, in the format above.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.to_bytes().to_vec();
        bytes.extend_from_slice(&self.body);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// Reads a record. No key is needed; whether it is genuine shows when it is opened.
    ///
    /// # Errors
    /// [`RecordError::Format`] when the bytes are no record of a version known here, [`RecordError::Damaged`] when their checksum is
    /// wrong. Bytes after the end are an error too.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let header = bytes.first_chunk::<HEADER>().ok_or_else(|| {
            RecordError::Format(format!(
                "it has {} bytes, expected at least {RECORD_OVERHEAD}",
                bytes.len()
            ))
        })?;
        let header = Header::from_bytes(header)?;
        let expected = RECORD_OVERHEAD + 8 * header.bits.div_ceil(64);
        if bytes.len() != expected {
            return Err(RecordError::Format(format!(
                "it has {} bytes, expected {expected} for {} bits",
                bytes.len(),
                header.bits
            )));
        }
        let (content, sum) = bytes.split_at(bytes.len() - CHECKSUM);
        if sum != checksum(content) {
            return Err(RecordError::Damaged);
        }
        Ok(Self {
            header,
            body: content[HEADER..].to_vec(),
        })
    }
}

impl fmt::Debug for SealedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedRecord")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

impl Header {
    /// The first bytes of the record, which are also the associated data of its tag.
    pub(crate) fn to_bytes(&self) -> [u8; HEADER] {
        let kind = match self.token.kind {
            TokenKind::Collection => 0,
            TokenKind::Own => 1,
            TokenKind::Held => 2,
        };
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&[self.version as u8, SCHEME_SEALED, kind, 0]);
        bytes[8..40].copy_from_slice(&self.contract.0);
        bytes[40..56].copy_from_slice(&self.id.0);
        bytes[56..64].copy_from_slice(&self.token.id.0);
        bytes[64..72].copy_from_slice(&self.key.0);
        bytes[72..76].copy_from_slice(&self.epoch.to_le_bytes());
        bytes[76..80].copy_from_slice(&(self.bits as u32).to_le_bytes());
        bytes[80..].copy_from_slice(&self.salt);
        bytes
    }

    fn from_bytes(bytes: &[u8; HEADER]) -> Result<Self, RecordError> {
        let format = |message: String| Err(RecordError::Format(message));
        if bytes[..4] != MAGIC {
            return format("it does not begin with THNR".into());
        }
        let version = match bytes[4] {
            2 => Version::Two,
            3 => Version::Three,
            4 => Version::Four,
            other => return format(format!("its version is {other}, expected 2 to 4")),
        };
        if bytes[5] != SCHEME_SEALED {
            return format(format!(
                "its level-2 scheme is {}, expected {SCHEME_SEALED}",
                bytes[5]
            ));
        }
        let kind = match bytes[6] {
            0 => TokenKind::Collection,
            1 => TokenKind::Own,
            2 if version != Version::Two => TokenKind::Held,
            other => return format(format!("its token kind is {other}, expected 0 to 2")),
        };
        if bytes[7] != 0 {
            return format(format!("its reserved byte is {}, expected 0", bytes[7]));
        }
        let bits = u32::from_le_bytes(field(bytes, 76)) as usize;
        if bits == 0 || bits > MAX_BITS {
            return format(format!("it claims {bits} bits, expected 1..={MAX_BITS}"));
        }
        Ok(Self {
            version,
            token: TokenRef {
                kind,
                id: TokenId(field(bytes, 56)),
            },
            contract: ContractId(field(bytes, 8)),
            id: RecordId(field(bytes, 40)),
            key: KeyId(field(bytes, 64)),
            epoch: u32::from_le_bytes(field(bytes, 72)),
            bits,
            salt: field(bytes, 80),
        })
    }
}

/// The `N` bytes at a fixed offset, which always lie within the header.
fn field<const N: usize>(bytes: &[u8; HEADER], at: usize) -> [u8; N] {
    std::array::from_fn(|i| bytes[at + i])
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::digest(content);
    std::array::from_fn(|i| digest[i])
}
