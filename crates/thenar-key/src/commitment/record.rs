//! The record of a commitment as bytes.
//!
//! Version 3 is written. In version 2 the numbers were not divided into groups, and in version 1 each bit of the codeword was
//! kept in one number besides (r = 1). Both are still read. Integers are little-endian.
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `THKC` |
//! | 4 | 1 | version, 1 to 3 |
//! | 5 | 1 | kind of key ([`KeyKind::id`]) |
//! | 6 | 1 | flags: bit 0 = a device secret is needed; the others are 0 |
//! | 7 | 1 | field degree m of the code |
//! | 8 | 2 | t of the code |
//! | 10 | 2 | length n of the code |
//! | 12 | 4 | Argon2id memory in KiB |
//! | 16 | 4 | Argon2id passes |
//! | 20 | 4 | Argon2id lanes |
//! | 24 | 2 | numbers F in a feature |
//! | 26 | 0 or 1 | from version 2 on: numbers r that keep one bit, 1…64, in version 2 not 1 |
//! | … | 32 | contract id |
//! | … | 32 | salt |
//! | … | p | public key ([`KeyKind::public_len`]: 32 for Ed25519) |
//! | … | ⌈r·n/8⌉ | helper data δ, bits above r·n are 0 |
//! | … | ⌈F/8⌉ | marks of the chosen numbers, r·n of them 1 and from version 3 on r in each group, bits above F are 0 |
//! | end − 32 | 32 | tag: HMAC-SHA256 over every byte before it |
//!
//! The length must be exact. A reader checks every limit before it uses a field.

use super::places::{Places, check_count};
use super::{CodeParams, Commitment, CommitmentError, TAG_LEN, copies};
use crate::bits;
use crate::keys::{KeyKind, PublicKey};
use crate::token::{Cost, SALT_LEN};

/// First bytes of a record.
pub const MAGIC: [u8; 4] = *b"THKC";
/// Newest version that this crate writes and reads.
pub const VERSION: u8 = 3;
/// Version of records with one number for each bit.
pub(super) const ONE_COPY: u8 = 1;
/// Version of records with several numbers for each bit, all of which any number may be.
pub(super) const NO_GROUPS: u8 = 2;
/// No record is longer than this many bytes.
pub const MAX_RECORD_LEN: usize = 4096;

const DEVICE_SECRET_FLAG: u8 = 1;

/// Into how many groups the numbers of a record are divided.
pub(super) fn groups(version: u8, code: CodeParams) -> usize {
    match version {
        ONE_COPY | NO_GROUPS => 1,
        _ => code.n.into(),
    }
}

/// Takes fields off the front of a slice.
struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], CommitmentError> {
        let (head, rest) = self
            .rest
            .split_at_checked(len)
            .ok_or(CommitmentError::Truncated { found: self.total })?;
        self.rest = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CommitmentError> {
        let truncated = CommitmentError::Truncated { found: self.total };
        self.take(N)?.try_into().map_err(|_| truncated)
    }
}

impl Commitment {
    /// The record as bytes, in the format of this module.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.authenticated_bytes();
        out.extend_from_slice(&self.tag);
        out
    }

    /// Version of the record's format.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The parameters in front of the salt: what the key derivation binds.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_RECORD_LEN);
        out.extend_from_slice(&MAGIC);
        out.push(self.version());
        out.push(self.kind.id());
        out.push(if self.needs_device_secret {
            DEVICE_SECRET_FLAG
        } else {
            0
        });
        out.push(self.code.m);
        out.extend_from_slice(&self.code.t.to_le_bytes());
        out.extend_from_slice(&self.code.n.to_le_bytes());
        for number in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        // At most MAX_NUMBERS, so the cast cuts nothing off.
        out.extend_from_slice(&(self.places.count() as u16).to_le_bytes());
        if self.version > ONE_COPY {
            out.push(self.copies);
        }
        out.extend_from_slice(&self.contract);
        out
    }

    /// Everything but the tag.
    pub(super) fn authenticated_bytes(&self) -> Vec<u8> {
        let mut out = self.header();
        out.extend_from_slice(&self.salt);
        out.extend_from_slice(self.public.as_bytes());
        out.extend(bits::to_bytes(&self.delta, self.bits()));
        out.extend(self.places.to_bytes());
        out
    }

    /// Reads a record. The tag is checked only when a key is recovered: it needs the palm.
    ///
    /// # Errors
    /// Not a record, another version, cut short or too long, or a field outside its limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CommitmentError> {
        if bytes.len() > MAX_RECORD_LEN {
            return Err(CommitmentError::TooLong {
                found: bytes.len(),
                max: MAX_RECORD_LEN,
            });
        }
        let mut reader = Reader {
            rest: bytes,
            total: bytes.len(),
        };
        if reader.array()? != MAGIC {
            return Err(CommitmentError::NotARecord);
        }
        let [version, kind, flags, m] = reader.array()?;
        if !(ONE_COPY..=VERSION).contains(&version) {
            return Err(CommitmentError::Version { found: version });
        }
        let kind = KeyKind::from_id(kind)?;
        if flags & !DEVICE_SECRET_FLAG != 0 {
            return Err(CommitmentError::Flags { found: flags });
        }
        let code = CodeParams {
            m,
            t: u16::from_le_bytes(reader.array()?),
            n: u16::from_le_bytes(reader.array()?),
        };
        code.check()?;
        let mut number = || reader.array().map(u32::from_le_bytes);
        let cost = Cost {
            memory_kib: number()?,
            passes: number()?,
            lanes: number()?,
        };
        cost.check()?;
        let count = usize::from(u16::from_le_bytes(reader.array()?));
        let copies = match version {
            ONE_COPY => 1,
            _ => reader.array::<1>()?[0],
        };
        copies::check(copies)?;
        if version == NO_GROUPS && copies == 1 {
            return Err(CommitmentError::Copies { found: copies });
        }
        let contract = reader.array()?;
        let salt: [u8; SALT_LEN] = reader.array()?;
        let public = PublicKey::from_bytes(kind, reader.take(kind.public_len())?)?;
        let n = usize::from(copies) * usize::from(code.n);
        let delta = bits::from_bytes(reader.take(bits::bytes_for(n))?, n)?;
        check_count(count, n)?;
        let groups = groups(version, code);
        let division = (groups, n / groups);
        let places = Places::from_bytes(reader.take(bits::bytes_for(count))?, count, division)?;
        let tag: [u8; TAG_LEN] = reader.array()?;
        if !reader.rest.is_empty() {
            return Err(CommitmentError::TooLong {
                found: bytes.len(),
                max: bytes.len() - reader.rest.len(),
            });
        }
        let needs_device_secret = flags & DEVICE_SECRET_FLAG != 0;
        Ok(Self {
            version,
            kind,
            code,
            copies,
            cost,
            needs_device_secret,
            contract,
            salt,
            public,
            delta,
            places,
            tag,
        })
    }
}
