//! From regions to templates, by method and protection.

use std::path::Path;

use thenar::{Feature, Pipeline, PipelineError, ROI_PREPROCESSING, mean_feature};
use thenar_image::Roi;
use thenar_key::{PalmHash, PalmViews};
use thenar_net::{CompCode, Extractor, FmrCalibration};
use thenar_protect::{
    BitTemplate, ContractId, Level1, Level1Params, ProbeBits, SealedRecord, StoreKey, Token,
    TokenRef, os_rng,
};
use zeroize::Zeroizing;

use super::super::args::{Method, Protect, value_name};
use super::super::error::CliError;
use super::super::output::hex;
use super::cache::Kept;
use super::published::Published;
use super::template::{Enrolled, Linear, Measure, Probe};

/// The token of measurements: fixed, so that a measurement can be repeated.
const TOKEN: [u8; 32] = *b"thenar/eval/collection-token/v1 ";

/// The store key of published schemes, whose scores depend on it.
const STORE_KEY: [u8; 32] = *b"thenar/eval/store-key/v1        ";

/// Makes templates.
///
/// In two steps each, with what is kept between runs in the middle: regions ─► feature or code ─► enrolled template, and
/// region ─► packed views ─► probe.
pub(super) struct Maker {
    pipeline: Option<Pipeline>,
    level1: Option<Level1>,
    published: Option<Published>,
    protect: Protect,
    k1: TokenRef,
    k2: StoreKey,
    contract: Option<ContractId>,
    /// Whether extractor and template are those that the calibration was made for.
    is_shipped: bool,
}

impl Maker {
    /// `extractor` is an ONNX file to be taken in place of the extractor that ships, `bits` how many level 1 makes in place
    /// of half as many as the feature has numbers.
    pub(super) fn new(
        method: Method,
        protect: Protect,
        extractor: Option<&Path>,
        bits: Option<usize>,
    ) -> Result<Self, CliError> {
        let pipeline = match method {
            // The regions are cut already when they come here.
            Method::Compact => Some(pipeline(extractor)?),
            Method::Compcode => {
                refuse_for_compcode(protect, extractor)?;
                None
            }
        };
        if bits.is_some() && !protect.has_bits() {
            let message = "--bits is for level 1; it goes with --protect l1 or l1+l2, or a published scheme of bits";
            return Err(CliError::Usage(message.into()));
        }
        let (k1, k2) = (Token::from_bytes(TOKEN), StoreKey::random(&mut os_rng()));
        let mut maker = Self {
            pipeline,
            level1: None,
            published: None,
            protect,
            k1: TokenRef::collection(&k1),
            k2,
            contract: None,
            is_shipped: extractor.is_none() && bits.is_none(),
        };
        if let Some(pipeline) = &maker.pipeline {
            let length = pipeline.feature_len();
            let bits = bits.unwrap_or_else(|| pipeline.template_params().bits());
            let params = Level1Params::for_comparison(length, bits)?;
            let digest = pipeline.extractor().digest();
            if matches!(protect, Protect::L1 | Protect::Both) {
                maker.contract = Some(ContractId::new(&digest, ROI_PREPROCESSING, &params));
                maker.level1 = Some(Level1::new(params, &k1)?);
            } else {
                let name = value_name(&protect);
                let scheme = match protect.has_bits() {
                    true => format!("eval/{name} bits={bits}"),
                    false => format!("eval/{name}"),
                };
                maker.contract = Some(ContractId::of(&digest, ROI_PREPROCESSING, &scheme));
                let k2 = StoreKey::from_bytes(STORE_KEY);
                maker.published = Published::new(protect, (length, bits), &k1, k2)?;
            }
        }
        Ok(maker)
    }

    /// What the report says the scores belong to.
    pub(super) fn contract(&self) -> Option<String> {
        self.contract.as_ref().map(|id| hex(&id.0))
    }

    /// Names what a kept entry depends on, but for how regions are found. Enrolments are kept before they are protected,
    /// probes after.
    pub(super) fn stage(&self, role: Role) -> String {
        let Some(model) = self.model() else {
            return format!("{} compcode v1", role.name());
        };
        match role {
            Role::Enrolment | Role::EnrolmentTogether => format!("{} feature {model}", role.name()),
            Role::Probe => {
                let contract = self.contract().unwrap_or_default();
                let protect = value_name(&self.protect);
                format!("{} weighed {protect} {contract}", role.name())
            }
        }
    }

    /// From distance to FMR, where these templates are those that it was made for.
    pub(super) fn calibration(&self) -> Option<&FmrCalibration> {
        match self.protect {
            _ if !self.is_shipped => None,
            Protect::L1 | Protect::Both => self.pipeline.as_ref().map(Pipeline::calibration),
            _ => None,
        }
    }

    /// The digest of the extractor.
    pub(super) fn model(&self) -> Option<String> {
        let pipeline = self.pipeline.as_ref()?;
        Some(hex(&pipeline.extractor().digest()))
    }

    /// regions of one palm ─► feature of all of them together, or code of the first.
    pub(super) fn enrolment(&self, regions: &[Roi]) -> Result<Kept, CliError> {
        let Some(pipeline) = &self.pipeline else {
            let code = regions.first().map(CompCode::extract);
            let words = code.map_or_else(Vec::new, |code| code.to_words());
            return Ok(Kept::Words(words.into()));
        };
        let palms = regions
            .iter()
            .map(|roi| pipeline.acquire_roi(roi, &mut ()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(CliError::Model)?;
        let feature = mean_feature(&palms).map_err(CliError::Model)?;
        Ok(Kept::Floats(feature))
    }

    /// region ─► views, packed as far as the protection allows.
    pub(super) fn probe(&self, region: &Roi) -> Result<Kept, CliError> {
        let Some(pipeline) = &self.pipeline else {
            return Ok(Kept::Words(CompCode::extract(region).to_words().into()));
        };
        let views = pipeline
            .features(region, &mut ())
            .map_err(CliError::Model)?;
        if self.keeps_features() {
            return Ok(Kept::Floats(flat(&views)));
        }
        let mut words = Zeroizing::new(Vec::new());
        for view in &views {
            words.extend_from_slice(&self.probe_bits(view)?.to_words());
        }
        Ok(Kept::Words(words))
    }

    /// What is kept of an enrolment ─► template, sealed and opened again where the protection has a level 2. `None` for
    /// what this maker never keeps.
    pub(super) fn enrolled(&self, kept: Kept) -> Result<Option<Enrolled>, CliError> {
        let feature = match (&self.pipeline, kept) {
            (None, Kept::Words(words)) => {
                let code = CompCode::from_words(&words);
                return Ok(code.map(|code| Enrolled::Code(Box::new(code))));
            }
            (_, kept) => self.feature(kept),
        };
        let Some(feature) = feature else {
            return Ok(None);
        };
        if let Some(published) = &self.published {
            return Ok(Some(Enrolled::Linear(published.enrolled(&feature)?)));
        }
        Ok(Some(match self.protect {
            Protect::Hash => Enrolled::Hash(self.hash(&feature)?),
            Protect::L1 => Enrolled::Bits(self.bits(&feature)?),
            Protect::L2 | Protect::Both => {
                Enrolled::Bits(self.through_a_record(&self.bits(&feature)?)?)
            }
            _ => Enrolled::Linear(Linear::new(feature, Measure::Angle)),
        }))
    }

    /// What is kept of an enrolment, if it is a feature of this extractor.
    pub(super) fn feature(&self, kept: Kept) -> Option<Feature> {
        let length = self.feature_len()?;
        match kept {
            Kept::Floats(feature) if feature.len() == length => Some(feature),
            _ => None,
        }
    }

    /// Numbers of a feature.
    pub(super) fn feature_len(&self) -> Option<usize> {
        self.pipeline.as_ref().map(Pipeline::feature_len)
    }

    /// feature ─► the whole numbers that keys are made of.
    pub(super) fn numbers(&self, feature: &[f32]) -> Result<Zeroizing<Vec<i32>>, CliError> {
        let pipeline = self.pipeline.as_ref().ok_or(PipelineError::NoFeature);
        pipeline
            .and_then(|pipeline| pipeline.numbers(feature))
            .map_err(CliError::Model)
    }

    /// What is kept of a probe ─► probe. `None` for what this maker never keeps.
    pub(super) fn probed(&self, kept: Kept) -> Option<Probe> {
        let Some(pipeline) = &self.pipeline else {
            let Kept::Words(words) = kept else {
                return None;
            };
            return CompCode::from_words(&words).map(|code| Probe::Code(Box::new(code)));
        };
        let views = pipeline.extractor().view_count();
        let length = pipeline.feature_len();
        if self.keeps_features() {
            let Kept::Floats(features) = kept else {
                return None;
            };
            if features.len() != views * length {
                return None;
            }
            return match (&self.published, self.protect) {
                (Some(published), _) => {
                    let queries = features.chunks_exact(length).map(|f| published.query(f));
                    let queries: Result<Vec<_>, _> = queries.collect();
                    queries.ok().map(|queries| Probe::Linear(flat(&queries)))
                }
                (None, Protect::Hash) => numbers(pipeline, &features),
                (None, _) => Some(Probe::Linear(features)),
            };
        }
        let level1 = self.level1.as_ref();
        let bits = level1.map_or(length, |level1| level1.params().bits());
        let Kept::Words(words) = kept else {
            return None;
        };
        let each = words.len() / views.max(1);
        if each == 0 || words.len() != views * each {
            return None;
        }
        let rows = words.chunks_exact(each);
        let rows: Result<Vec<_>, _> = rows.map(|row| ProbeBits::from_words(row, bits)).collect();
        rows.ok().map(Probe::Bits)
    }

    /// Whether the views of a probe are kept as features, of which the templates are made each time.
    fn keeps_features(&self) -> bool {
        self.published.is_some() || matches!(self.protect, Protect::None | Protect::Hash)
    }

    /// feature ─► bits: those of level 1, or those above its median.
    fn bits(&self, feature: &[f32]) -> Result<BitTemplate, CliError> {
        Ok(match &self.level1 {
            Some(level1) => level1.bits(feature)?,
            None => BitTemplate::above_median(&wide(feature))?,
        })
    }

    /// The same bits of a probe, with their weights.
    fn probe_bits(&self, feature: &[f32]) -> Result<ProbeBits, CliError> {
        Ok(match &self.level1 {
            Some(level1) => level1.probe(feature)?,
            None => ProbeBits::new(&wide(feature))?,
        })
    }

    /// feature ─► palm hash.
    fn hash(&self, feature: &[f32]) -> Result<PalmHash, CliError> {
        let pipeline = self.pipeline.as_ref().ok_or(PipelineError::NoFeature);
        pipeline
            .and_then(|pipeline| pipeline.hash(feature, &mut ()))
            .map_err(CliError::Model)
    }

    /// Seals the bits, writes the record's bytes, reads them and opens them, as a store does.
    fn through_a_record(&self, bits: &BitTemplate) -> Result<BitTemplate, CliError> {
        let contract = self.contract.unwrap_or(ContractId([0; 32]));
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

/// What an image is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Enrolled alone.
    Enrolment,
    /// Enrolled with others of its palm.
    EnrolmentTogether,
    /// Compared with all that are enrolled.
    Probe,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolment",
            Self::EnrolmentTogether => "enrolment together",
            Self::Probe => "probe",
        }
    }
}

/// Competitive Code takes nothing but its regions.
fn refuse_for_compcode(protect: Protect, extractor: Option<&Path>) -> Result<(), CliError> {
    let message = match (protect, extractor) {
        (Protect::None, None) => return Ok(()),
        (Protect::None, Some(_)) => {
            "compcode takes no extractor; --extractor goes with --method compact"
        }
        _ => "compcode makes orientations, not a feature; only --protect none goes with it",
    };
    Err(CliError::Usage(message.into()))
}

/// The way from regions on, with the extractor of a file or the one that ships.
fn pipeline(extractor: Option<&Path>) -> Result<Pipeline, CliError> {
    let Some(path) = extractor else {
        return Pipeline::shipped_for_rois().map_err(CliError::Model);
    };
    let bytes = std::fs::read(path).map_err(CliError::file(path, "read the extractor"))?;
    Pipeline::for_rois_with(Extractor::from_onnx(bytes)?).map_err(CliError::Model)
}

/// The views of a probe as whole numbers, of which keys are made.
fn numbers(pipeline: &Pipeline, features: &[f32]) -> Option<Probe> {
    let views = features.chunks_exact(pipeline.feature_len());
    let views: Result<Vec<_>, _> = views.map(|view| pipeline.numbers(view)).collect();
    let views = views.ok()?;
    let views: Vec<&[i32]> = views.iter().map(|view| view.as_slice()).collect();
    PalmViews::new(&views).ok().map(Probe::Numbers)
}

fn flat(views: &[Feature]) -> Feature {
    let views: Vec<&[f32]> = views.iter().map(|view| view.as_slice()).collect();
    views.concat().into()
}

/// The same numbers in double precision.
pub(super) fn wide(feature: &[f32]) -> Zeroizing<Vec<f64>> {
    Zeroizing::new(feature.iter().map(|&v| f64::from(v)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roi(phase: f32) -> Roi {
        let plane = thenar_image::Plane::from_fn(128, 128, |x, y| {
            0.5 + 0.3 * ((x as f32 * 0.2 + phase).sin() * (y as f32 * 0.13).cos())
        });
        Roi::from_gray(plane.to_gray()).unwrap()
    }

    #[test]
    fn a_record_changes_no_distance() {
        let (a, b) = (roi(0.0), roi(1.0));
        let distance = |protect| {
            let maker = Maker::new(Method::Compact, protect, None, None).unwrap();
            let enrolled = maker.enrolment(std::slice::from_ref(&a)).unwrap();
            let enrolled = maker.enrolled(enrolled).unwrap().unwrap();
            enrolled.distance(&maker.probed(maker.probe(&b).unwrap()).unwrap())
        };
        assert_eq!(distance(Protect::L1), distance(Protect::Both));
        for protect in [Protect::L2, Protect::None, Protect::Hash] {
            assert!((0.0..=1.0).contains(&distance(protect)), "{protect:?}");
        }
        assert!(Maker::new(Method::Compcode, Protect::L1, None, None).is_err());
    }

    #[test]
    fn what_was_never_kept_is_not_taken() {
        let maker = Maker::new(Method::Compact, Protect::Both, None, None).unwrap();
        let words = |n| Kept::Words(vec![u64::MAX; n].into());
        assert!(maker.probed(words(7)).is_none());
        assert!(maker.probed(Kept::Floats(vec![0.5].into())).is_none());
        assert!(maker.enrolled(words(7)).unwrap().is_none());
        assert!(
            maker
                .enrolled(Kept::Floats(vec![1.0].into()))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn stages_name_what_entries_depend_on() {
        let maker = |protect| Maker::new(Method::Compact, protect, None, None).unwrap();
        let (l1, none) = (maker(Protect::L1), maker(Protect::None));
        // A feature is the same whatever protects it.
        assert_eq!(l1.stage(Role::Enrolment), none.stage(Role::Enrolment));
        assert_ne!(l1.stage(Role::Probe), none.stage(Role::Probe));
        assert_ne!(l1.stage(Role::Enrolment), l1.stage(Role::EnrolmentTogether));
    }
}
