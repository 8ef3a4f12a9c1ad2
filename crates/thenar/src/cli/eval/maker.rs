//! From regions to templates, by method and protection.

use std::path::Path;

use thenar::{Feature, Pipeline, PipelineError, ROI_PREPROCESSING, mean_feature};
use thenar_image::Roi;
use thenar_key::{PalmHash, PalmViews};
use thenar_net::{CompCode, Extractor, FmrCalibration};
use thenar_protect::{
    BitTemplate, ContractId, Level1, ProtectError, SealedRecord, StoreKey, Token, TokenRef, os_rng,
};
use zeroize::Zeroizing;

use super::super::args::{Method, Protect};
use super::super::error::CliError;
use super::super::output::hex;
use super::cache::Kept;
use super::template::{Enrolled, Probe};

/// The token of measurements: fixed, so that a measurement can be repeated.
const TOKEN: [u8; 32] = *b"thenar/eval/collection-token/v1 ";

/// Makes templates.
///
/// In two steps each, with what is kept between runs in the middle: regions ─► feature or code ─► enrolled template, and
/// region ─► packed views ─► probe.
pub(super) struct Maker {
    pipeline: Option<Pipeline>,
    level1: Option<Level1>,
    protect: Protect,
    k1: TokenRef,
    k2: StoreKey,
    contract: Option<ContractId>,
    /// Whether the extractor is the one that the calibration was made for.
    is_shipped: bool,
}

impl Maker {
    /// `extractor` is an ONNX file to be taken in place of the extractor that ships.
    pub(super) fn new(
        method: Method,
        protect: Protect,
        extractor: Option<&Path>,
    ) -> Result<Self, CliError> {
        if method == Method::Compcode && protect != Protect::None {
            let message =
                "compcode makes orientations, not a feature; only --protect none goes with it";
            return Err(CliError::Usage(message.into()));
        }
        if method == Method::Compcode && extractor.is_some() {
            let message = "compcode takes no extractor; --extractor goes with --method compact";
            return Err(CliError::Usage(message.into()));
        }
        // The regions are cut already when they come here.
        let pipeline = match method {
            Method::Compact => Some(pipeline(extractor)?),
            Method::Compcode => None,
        };
        let k1 = Token::from_bytes(TOKEN);
        let level1 = match (&pipeline, protect) {
            (Some(pipeline), Protect::L1 | Protect::Both) => {
                Some(Level1::new(pipeline.template_params().clone(), &k1)?)
            }
            _ => None,
        };
        let contract = pipeline.as_ref().map(|pipeline| match protect {
            Protect::L1 | Protect::Both => *pipeline.contract(),
            Protect::None | Protect::L2 | Protect::Hash => {
                let scheme = format!("eval/{}", protect.name());
                ContractId::of(&pipeline.extractor().digest(), ROI_PREPROCESSING, &scheme)
            }
        });
        Ok(Self {
            pipeline,
            level1,
            protect,
            k1: TokenRef::collection(&k1),
            k2: StoreKey::random(&mut os_rng()),
            contract,
            is_shipped: extractor.is_none(),
        })
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
                format!("{} {} {contract}", role.name(), self.protect.name())
            }
        }
    }

    /// From distance to FMR, where these templates are those that it was made for.
    pub(super) fn calibration(&self) -> Option<&FmrCalibration> {
        match self.protect {
            _ if !self.is_shipped => None,
            Protect::L1 | Protect::Both => self.pipeline.as_ref().map(Pipeline::calibration),
            Protect::None | Protect::L2 | Protect::Hash => None,
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
        if matches!(self.protect, Protect::None | Protect::Hash) {
            return Ok(Kept::Floats(flat(&views).into()));
        }
        let mut words = Zeroizing::new(Vec::new());
        for view in &views {
            words.extend_from_slice(self.bits(view)?.words());
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
            (Some(pipeline), Kept::Floats(f)) if f.len() == pipeline.feature_len() => f,
            _ => return Ok(None),
        };
        Ok(Some(match self.protect {
            Protect::None => Enrolled::Feature(feature),
            Protect::Hash => Enrolled::Hash(self.hash(&feature)?),
            Protect::L1 => Enrolled::Bits(self.bits(&feature)?),
            Protect::L2 | Protect::Both => {
                Enrolled::Bits(self.through_a_record(&self.bits(&feature)?)?)
            }
        }))
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
        let bits = match self.protect {
            Protect::None | Protect::Hash => {
                let Kept::Floats(features) = kept else {
                    return None;
                };
                let is_whole = features.len() == views * length;
                return match self.protect {
                    _ if !is_whole => None,
                    Protect::Hash => numbers(pipeline, &features),
                    _ => Some(Probe::Features(features)),
                };
            }
            Protect::L1 | Protect::Both => pipeline.template_params().bits(),
            Protect::L2 => length,
        };
        let Kept::Words(words) = kept else {
            return None;
        };
        if words.len() != views * bits.div_ceil(64) {
            return None;
        }
        let rows = words.chunks_exact(bits.div_ceil(64)).map(<[u64]>::to_vec);
        let rows: Result<Vec<_>, _> = rows.map(|row| BitTemplate::from_words(row, bits)).collect();
        rows.ok().map(Probe::Bits)
    }

    /// feature ─► bits: those of level 1, or those above its median.
    fn bits(&self, feature: &[f32]) -> Result<BitTemplate, CliError> {
        Ok(match &self.level1 {
            Some(level1) => level1.bits(feature)?,
            None => above_median(feature)?,
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

fn flat(views: &[Feature]) -> Vec<f32> {
    views.iter().flat_map(|view| view.iter().copied()).collect()
}

/// Half of the bits are 1: those of the largest values, of equal ones the first.
fn above_median(feature: &[f32]) -> Result<BitTemplate, ProtectError> {
    let mut order: Vec<usize> = (0..feature.len()).collect();
    order.sort_by(|&i, &j| feature[j].total_cmp(&feature[i]).then(i.cmp(&j)));
    let mut bits = vec![false; feature.len()];
    for &i in &order[..feature.len() / 2] {
        bits[i] = true;
    }
    BitTemplate::from_bools(&bits)
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
    fn half_of_the_bits_are_ones_and_ties_go_to_the_first() {
        let bits = above_median(&[0.1, 0.5, 0.5, 0.5, -1.0]).unwrap();
        let ones: Vec<bool> = (0..5).filter_map(|i| bits.bit(i)).collect();
        assert_eq!(ones, [false, true, true, false, false]);
    }

    #[test]
    fn a_record_changes_no_distance() {
        let (a, b) = (roi(0.0), roi(1.0));
        let distance = |protect| {
            let maker = Maker::new(Method::Compact, protect, None).unwrap();
            let enrolled = maker.enrolment(std::slice::from_ref(&a)).unwrap();
            let enrolled = maker.enrolled(enrolled).unwrap().unwrap();
            enrolled.distance(&maker.probed(maker.probe(&b).unwrap()).unwrap())
        };
        assert_eq!(distance(Protect::L1), distance(Protect::Both));
        for protect in [Protect::L2, Protect::None, Protect::Hash] {
            assert!((0.0..=1.0).contains(&distance(protect)), "{protect:?}");
        }
        assert!(Maker::new(Method::Compcode, Protect::L1, None).is_err());
    }

    #[test]
    fn what_was_never_kept_is_not_taken() {
        let maker = Maker::new(Method::Compact, Protect::Both, None).unwrap();
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
        let maker = |protect| Maker::new(Method::Compact, protect, None).unwrap();
        let (l1, none) = (maker(Protect::L1), maker(Protect::None));
        // A feature is the same whatever protects it.
        assert_eq!(l1.stage(Role::Enrolment), none.stage(Role::Enrolment));
        assert_ne!(l1.stage(Role::Probe), none.stage(Role::Probe));
        assert_ne!(l1.stage(Role::Enrolment), l1.stage(Role::EnrolmentTogether));
    }
}
