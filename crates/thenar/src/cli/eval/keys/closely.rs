//! One code in full: what it gives back, what its record tells, and what is left to do.

use serde::Serialize;
use thenar_eval::Sample;
use thenar_eval::keys::{Attacker, Code, Regeneration, Strength};
use thenar_key::attack::{Stolen, leakage};

use super::super::super::error::CliError;
use super::Numbers;
use super::linking::Linking;
use super::measured::Length;
use super::plan::Coded;

/// What the record of a key tells about the palm hash, in bits, by what the thief has besides.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Told {
    /// Nothing: δ is masked under the passphrase.
    pub record: usize,
    /// Without a mask, of a code offset with one number for each bit: n − k.
    pub without_mask: usize,
    /// With the passphrase: all but k of the palm hash's bits.
    pub with_passphrase: usize,
    /// Bits of the palm hash.
    pub of: usize,
    /// With the passphrase: which numbers are large, in bits; not their signs.
    pub places: f64,
}

/// A code, looked at closely.
#[derive(Serialize)]
pub(super) struct Closely {
    pub code: Code,
    pub copies: u8,
    pub keys: Regeneration,
    pub told: Told,
    pub linking: Linking,
    pub strength: Strength,
    #[serde(skip)]
    pub coded: Coded,
}

impl Closely {
    /// `records` palms are taken for linking.
    pub(super) fn look(
        length: &Length,
        coded: &Coded,
        gallery: &[Sample<Numbers>],
        attacker: &Attacker,
        records: usize,
    ) -> Result<Self, CliError> {
        let built = coded.params.build();
        let built = built.map_err(|error| CliError::Usage(error.to_string()))?;
        let numbers = gallery.iter().find_map(|sample| sample.data.as_ref());
        let with_passphrase = Stolen::RepairedWithPassphrase {
            numbers: numbers.map_or(0, |numbers| numbers.len()),
            copies: coded.size.copies.into(),
        };
        let [record, without_mask, all] =
            [Stolen::Repaired, Stolen::CodeOffset, with_passphrase].map(|s| leakage(&built, s));
        let keys = length.wrong.at(coded.code.t);
        Ok(Self {
            code: coded.code,
            copies: coded.size.copies,
            keys,
            told: Told {
                record: record.leaked,
                without_mask: without_mask.leaked,
                with_passphrase: all.leaked,
                of: all.hash_bits,
                places: all.places,
            },
            linking: Linking::attack(coded, gallery, records)?,
            strength: Strength::new(
                coded.code,
                length.bias.map(|bias| bias.told),
                &keys,
                attacker,
            ),
            coded: *coded,
        })
    }
}
