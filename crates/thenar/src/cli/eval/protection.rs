//! From features to templates under one token.

use sha2::{Digest, Sha256};
use thenar::{Pipeline, ROI_PREPROCESSING};
use thenar_protect::{
    BitTemplate, ContractId, Level1, Level1Params, ProbeBits, SealedRecord, StoreKey, Token,
    TokenRef, os_rng,
};
use zeroize::Zeroizing;

use super::super::args::{Protect, value_name};
use super::super::error::CliError;
use super::published::Published;
use super::template::Enrolled;

/// The tokens of measurements: fixed, so that a measurement can be repeated.
const TOKEN: [u8; 32] = *b"thenar/eval/collection-token/v1 ";
const ANOTHER: [u8; 32] = *b"thenar/eval/another-token/v1    ";
const OF_LABEL: &[u8] = b"thenar/eval/token-of-label/v1";

/// The store keys of published schemes, whose scores depend on it.
const STORE_KEY: [u8; 32] = *b"thenar/eval/store-key/v1        ";
const ANOTHER_STORE_KEY: [u8; 32] = *b"thenar/eval/another-store-key/v1";
const STORE_KEY_OF_LABEL: &[u8] = b"thenar/eval/store-key-of-label/v1";

/// What a template is made under.
pub(super) struct Keys {
    k1: Token,
    k2: StoreKey,
}

impl Keys {
    fn new(k1: [u8; 32], k2: [u8; 32]) -> Self {
        Self {
            k1: Token::from_bytes(k1),
            k2: StoreKey::from_bytes(k2),
        }
    }

    /// The same for all.
    pub(super) fn of_all() -> Self {
        Self::new(TOKEN, STORE_KEY)
    }

    /// Those of another database.
    pub(super) fn of_another() -> Self {
        Self::new(ANOTHER, ANOTHER_STORE_KEY)
    }

    /// Those of one palm.
    pub(super) fn of_label(label: &str) -> Self {
        let of = |what: &[u8]| Sha256::digest([what, label.as_bytes()].concat()).into();
        Self::new(of(OF_LABEL), of(STORE_KEY_OF_LABEL))
    }
}

/// What all tokens of a measurement share.
#[derive(Clone)]
pub(super) struct Scheme {
    pub(super) protect: Protect,
    /// Of level 1, or of the scheme in its place; `None` where there is no feature.
    params: Option<Level1Params>,
    pub(super) contract: Option<ContractId>,
}

/// Makes templates under one token.
pub(super) struct Protection {
    scheme: Scheme,
    level1: Option<Level1>,
    published: Option<Published>,
    k1: TokenRef,
    k2: StoreKey,
}

impl Protection {
    pub(super) fn new(scheme: &Scheme, Keys { k1, k2 }: Keys) -> Result<Self, CliError> {
        let mut made = Self {
            scheme: scheme.clone(),
            level1: None,
            published: None,
            k1: TokenRef::collection(&k1),
            k2: k2.clone(),
        };
        if let Some(params) = &scheme.params {
            if scheme.has_level1() {
                made.level1 = Some(Level1::new(params.clone(), &k1)?);
            } else {
                let size = (params.feature_len(), params.bits());
                made.published = Published::new(scheme.protect, size, &k1, k2)?;
            }
        }
        Ok(made)
    }

    /// The published scheme, if it is one.
    pub(super) fn published(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// feature ─► template, sealed and opened again where the protection has a level 2. `None` where templates are not
    /// made here: of features in clear and of hashes.
    pub(super) fn enrolled(&self, feature: &[f32]) -> Result<Option<Enrolled>, CliError> {
        if let Some(published) = &self.published {
            return Ok(Some(Enrolled::Linear(published.enrolled(feature)?)));
        }
        Ok(match self.scheme.protect {
            Protect::L1 => Some(Enrolled::Bits(self.bits(feature)?)),
            Protect::L2 | Protect::Both => {
                let bits = self.through_a_record(&self.bits(feature)?)?;
                Some(Enrolled::Bits(bits))
            }
            _ => None,
        })
    }

    /// The bits of a probe of a feature of that length.
    pub(super) fn bit_count(&self, length: usize) -> usize {
        let level1 = self.level1.as_ref();
        level1.map_or(length, |level1| level1.params().bits())
    }

    /// feature ─► bits: those of level 1, or those above its median.
    fn bits(&self, feature: &[f32]) -> Result<BitTemplate, CliError> {
        Ok(match &self.level1 {
            Some(level1) => level1.bits(feature)?,
            None => BitTemplate::above_median(&wide(feature))?,
        })
    }

    /// The same bits of a probe, with their weights.
    pub(super) fn probe_bits(&self, feature: &[f32]) -> Result<ProbeBits, CliError> {
        Ok(match &self.level1 {
            Some(level1) => level1.probe(feature)?,
            None => ProbeBits::new(&wide(feature))?,
        })
    }

    /// Seals the bits, writes the record's bytes, reads them and opens them, as a store does.
    fn through_a_record(&self, bits: &BitTemplate) -> Result<BitTemplate, CliError> {
        let contract = self.scheme.contract.unwrap_or(ContractId([0; 32]));
        let (owner, k2) = ("nobody", &self.k2);
        let sealed = SealedRecord::seal(bits, &contract, self.k1, k2, 1, owner, &mut os_rng());
        let opened = SealedRecord::from_bytes(&sealed.to_bytes())
            .and_then(|record| record.open(k2, &contract, owner));
        opened.map_err(|source| CliError::Record {
            what: "a record made for this measurement".into(),
            source,
        })
    }
}

impl Scheme {
    /// What protects features of this pipeline, with the contract that its templates have. `bits` are as many as level 1
    /// makes in place of half as many as a feature has numbers.
    pub(super) fn new(
        pipeline: Option<&Pipeline>,
        protect: Protect,
        bits: Option<usize>,
    ) -> Result<Self, CliError> {
        let mut scheme = Self {
            protect,
            params: None,
            contract: None,
        };
        let Some(pipeline) = pipeline else {
            return Ok(scheme);
        };
        let bits = bits.unwrap_or_else(|| pipeline.template_params().bits());
        let params = Level1Params::for_comparison(pipeline.feature_len(), bits)?;
        let digest = pipeline.extractor().digest();
        scheme.contract = Some(if scheme.has_level1() {
            ContractId::new(&digest, ROI_PREPROCESSING, &params)
        } else {
            let name = value_name(&protect);
            let name = match protect.has_bits() {
                true => format!("eval/{name} bits={bits}"),
                false => format!("eval/{name}"),
            };
            ContractId::of(&digest, ROI_PREPROCESSING, &name)
        });
        scheme.params = Some(params);
        Ok(scheme)
    }

    /// Whether it begins with level 1 as it ships.
    pub(super) fn has_level1(&self) -> bool {
        matches!(self.protect, Protect::L1 | Protect::Both)
    }
}

/// The same numbers in double precision.
pub(super) fn wide(feature: &[f32]) -> Zeroizing<Vec<f64>> {
    Zeroizing::new(feature.iter().map(|&v| f64::from(v)).collect())
}
