//! The decodability attack on records of the gallery's palms.
//!
//! Two records are made of the *same* enrolment, under one passphrase: no two records of a palm are more alike. The thief knows
//! neither. Without the mask of the passphrase every such pair would decode.

use serde::Serialize;
use thenar_eval::Sample;
use thenar_key::attack::{chance_of_decoding, decodability, majorities};
use thenar_key::{
    Bch, CommitParams, Commitment, CommitmentError, Cost, Factors, KeyKind, Passphrase, commit,
};
use thenar_protect::os_rng;

use super::super::super::error::CliError;
use super::plan::Coded;
use super::{Numbers, one_of_each};

/// The mask does not depend on what the passphrase costs, so that costs nothing here.
const COST: Cost = Cost {
    memory_kib: 8,
    passes: 1,
    lanes: 1,
};

/// Pairs of records whose sum was decoded.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Linking {
    /// Pairs of one palm.
    pub pairs: usize,
    /// Of them, those that decode.
    pub linked: usize,
    /// Pairs of two palms.
    pub strangers: usize,
    /// Of them, those that decode.
    pub strangers_linked: usize,
    /// Random words that decode, of as many as there are pairs of one palm.
    pub expected_by_chance: f64,
}

impl Linking {
    /// Of up to `palms` palms.
    pub(super) fn attack(
        coded: &Coded,
        gallery: &[Sample<Numbers>],
        palms: usize,
    ) -> Result<Self, CliError> {
        let params = CommitParams {
            code: coded.params,
            copies: coded.size.copies,
            cost: COST,
            kind: KeyKind::Ed25519,
        };
        let failed = |source: CommitmentError| CliError::Commitment {
            name: "to be linked".into(),
            source,
        };
        let code = coded.params.build().map_err(|error| failed(error.into()))?;
        let passphrase = Passphrase::for_recovery("the same for both")?;
        let mut records = Vec::new();
        for numbers in one_of_each(gallery).into_iter().take(palms) {
            let make = || {
                let factors = Factors::passphrase(&passphrase);
                let made = commit(numbers, factors, &[0; 32], &params, &mut os_rng());
                made.map(|(record, _)| record).map_err(failed)
            };
            records.push([make()?, make()?]);
        }
        let of_one = records.iter().map(|[one, other]| (one, other));
        let next = records.iter().skip(1);
        let of_two = records
            .iter()
            .zip(next)
            .map(|([one, _], [other, _])| (one, other));
        let copies = usize::from(coded.size.copies);
        let linked = |pairs: &mut dyn Iterator<Item = (&Commitment, &Commitment)>| {
            decoded(&code, copies, pairs).map_err(failed)
        };
        let (pairs, linked_pairs) = linked(&mut of_one.into_iter())?;
        let (strangers, strangers_linked) = linked(&mut of_two.into_iter())?;
        Ok(Self {
            pairs,
            linked: linked_pairs,
            strangers,
            strangers_linked,
            expected_by_chance: pairs as f64 * chance_of_decoding(&code).exp2(),
        })
    }
}

/// Pairs, and those of them whose sum decodes.
fn decoded(
    code: &Bch,
    copies: usize,
    pairs: &mut dyn Iterator<Item = (&Commitment, &Commitment)>,
) -> Result<(usize, usize), CommitmentError> {
    let sums = pairs.map(|(one, other)| {
        let helpers = (one.helper_data(), other.helper_data());
        majorities(helpers, code.n(), copies)
    });
    let sums = sums.collect::<Result<Vec<_>, _>>()?;
    let nothing = vec![0; code.n().div_ceil(64)];
    let pairs = sums.iter().map(|sum| (sum.as_slice(), nothing.as_slice()));
    let found = decodability(code, pairs)?;
    Ok((found.tried, found.decoded))
}
