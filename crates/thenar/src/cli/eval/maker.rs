//! From regions to templates, by method and protection.

use std::path::Path;
use std::sync::Arc;

use thenar::{Feature, Pipeline, PipelineError, mean_feature};
use thenar_image::Roi;
use thenar_key::{PalmHash, PalmViews};
use thenar_net::{CompCode, Extractor, FmrCalibration};
use thenar_protect::ProbeBits;
use zeroize::Zeroizing;

use super::super::args::{Method, Protect, Tokens, value_name};
use super::super::error::CliError;
use super::super::output::hex;
use super::cache::Kept;
use super::protection::{Keys, Protection, Scheme};
use super::template::{Enrolled, Linear, Measure, Probe};
use super::tokens;

/// Makes templates.
///
/// In two steps each, with what is kept between runs in the middle: regions ─► feature or code ─► enrolled template, and
/// region ─► packed views ─► probe.
pub(super) struct Maker {
    pipeline: Option<Pipeline>,
    scheme: Scheme,
    tokens: Tokens,
    /// For enrolments and for probes; nobody's where each palm has a token of its own.
    shared: [Arc<Protection>; 2],
    /// Whether extractor and template are those that the calibration was made for.
    is_shipped: bool,
}

impl Maker {
    /// One token for all. `extractor` is an ONNX file to be taken in place of the extractor that ships, `bits` how many
    /// level 1 makes in place of half as many as the feature has numbers.
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
        let scheme = Scheme::new(pipeline.as_ref(), protect, bits)?;
        let for_all = Arc::new(Protection::new(&scheme, Keys::of_all())?);
        Ok(Self {
            pipeline,
            scheme,
            tokens: Tokens::One,
            shared: [Arc::clone(&for_all), for_all],
            is_shipped: extractor.is_none() && bits.is_none(),
        })
    }

    /// The same with other tokens. The protection must have one.
    pub(super) fn with_tokens(mut self, tokens: Tokens) -> Result<Self, CliError> {
        tokens::check(self.scheme.protect, tokens)?;
        if tokens == Tokens::Other {
            let of_another = Protection::new(&self.scheme, Keys::of_another())?;
            self.shared[1] = Arc::new(of_another);
        }
        self.tokens = tokens;
        Ok(self)
    }

    /// What templates of this label are made with.
    pub(super) fn under(&self, role: Role, label: &str) -> Result<Arc<Protection>, CliError> {
        if self.tokens == Tokens::Own {
            let of_label = Protection::new(&self.scheme, Keys::of_label(label))?;
            return Ok(Arc::new(of_label));
        }
        let side = usize::from(role == Role::Probe);
        Ok(Arc::clone(&self.shared[side]))
    }

    /// Whether each label has a token of its own.
    pub(super) fn is_by_label(&self) -> bool {
        self.tokens == Tokens::Own
    }

    /// What the report says the scores belong to.
    pub(super) fn contract(&self) -> Option<String> {
        self.scheme.contract.as_ref().map(|id| hex(&id.0))
    }

    /// Names what a kept entry of this label depends on, but for how regions are found. Features are kept before they are
    /// protected, bits of probes after.
    pub(super) fn stage(&self, role: Role, label: &str) -> String {
        let name = role.name();
        let Some(model) = self.model() else {
            return format!("{name} compcode v1");
        };
        if role != Role::Probe || self.keeps_features() {
            return format!("{name} feature {model}");
        }
        let contract = self.contract().unwrap_or_default();
        let protect = value_name(&self.scheme.protect);
        let tokens = match self.tokens {
            Tokens::One => String::new(),
            Tokens::Own => format!(" token of {label}"),
            Tokens::Other => " another token".into(),
        };
        format!("{name} weighed {protect} {contract}{tokens}")
    }

    /// From distance to FMR, where these templates are those that it was made for: strangers with the same token.
    pub(super) fn calibration(&self) -> Option<&FmrCalibration> {
        let is_meant = self.is_shipped && self.tokens == Tokens::One && self.scheme.has_level1();
        let pipeline = self.pipeline.as_ref().filter(|_| is_meant);
        pipeline.map(Pipeline::calibration)
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
    pub(super) fn probe(&self, region: &Roi, under: &Protection) -> Result<Kept, CliError> {
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
            words.extend_from_slice(&under.probe_bits(view)?.to_words());
        }
        Ok(Kept::Words(words))
    }

    /// What is kept of an enrolment ─► template. `None` for what this maker never keeps.
    pub(super) fn enrolled(
        &self,
        kept: Kept,
        under: &Protection,
    ) -> Result<Option<Enrolled>, CliError> {
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
        if self.scheme.protect == Protect::Hash {
            return Ok(Some(Enrolled::Hash(self.hash(&feature)?)));
        }
        let in_clear = |feature| Enrolled::Linear(Linear::new(feature, Measure::Angle));
        let made = under.enrolled(&feature)?;
        Ok(Some(made.unwrap_or_else(|| in_clear(feature))))
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
    pub(super) fn probed(&self, kept: Kept, under: &Protection) -> Option<Probe> {
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
            return match (under.published(), self.scheme.protect) {
                (Some(published), _) => {
                    let queries = features.chunks_exact(length).map(|f| published.query(f));
                    let queries: Result<Vec<_>, _> = queries.collect();
                    queries.ok().map(|queries| Probe::Linear(flat(&queries)))
                }
                (None, Protect::Hash) => numbers(pipeline, &features),
                (None, _) => Some(Probe::Linear(features)),
            };
        }
        let bits = under.bit_count(length);
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
        !matches!(
            self.scheme.protect,
            Protect::L1 | Protect::L2 | Protect::Both
        )
    }

    /// feature ─► palm hash.
    fn hash(&self, feature: &[f32]) -> Result<PalmHash, CliError> {
        let pipeline = self.pipeline.as_ref().ok_or(PipelineError::NoFeature);
        pipeline
            .and_then(|pipeline| pipeline.hash(feature, &mut ()))
            .map_err(CliError::Model)
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
            let under = maker.under(Role::Enrolment, "a").unwrap();
            let enrolled = maker.enrolled(enrolled, &under).unwrap().unwrap();
            let under = maker.under(Role::Probe, "b").unwrap();
            let kept = maker.probe(&b, &under).unwrap();
            enrolled.distance(&maker.probed(kept, &under).unwrap())
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
        let under = maker.under(Role::Probe, "a").unwrap();
        let words = |n| Kept::Words(vec![u64::MAX; n].into());
        let floats = |value| Kept::Floats(vec![value].into());
        assert!(maker.probed(words(7), &under).is_none());
        assert!(maker.probed(floats(0.5), &under).is_none());
        assert!(maker.enrolled(words(7), &under).unwrap().is_none());
        assert!(maker.enrolled(floats(1.0), &under).unwrap().is_none());
    }

    #[test]
    fn stages_name_what_entries_depend_on() {
        let maker = |protect| Maker::new(Method::Compact, protect, None, None).unwrap();
        let (l1, none) = (maker(Protect::L1), maker(Protect::None));
        let stage = |maker: &Maker, role| maker.stage(role, "7");
        // A feature is the same whatever protects it.
        for role in [Role::Enrolment, Role::EnrolmentTogether] {
            assert_eq!(stage(&l1, role), stage(&none, role));
        }
        let dcpv = maker(Protect::DcpvL2);
        assert_eq!(stage(&dcpv, Role::Probe), stage(&none, Role::Probe));
        assert_ne!(stage(&l1, Role::Probe), stage(&none, Role::Probe));
        assert_ne!(
            stage(&l1, Role::Enrolment),
            stage(&l1, Role::EnrolmentTogether)
        );
        // Bits are those of a token.
        assert_eq!(l1.stage(Role::Probe, "7"), l1.stage(Role::Probe, "8"));
        let with = |tokens| maker(Protect::L1).with_tokens(tokens).unwrap();
        let (own, other) = (with(Tokens::Own), with(Tokens::Other));
        assert_ne!(own.stage(Role::Probe, "7"), own.stage(Role::Probe, "8"));
        assert_eq!(other.stage(Role::Probe, "7"), other.stage(Role::Probe, "8"));
        let mut stages = [&l1, &own, &other].map(|maker| stage(maker, Role::Probe));
        stages.sort();
        assert!(stages.windows(2).all(|pair| pair[0] != pair[1]));
        assert_eq!(stage(&own, Role::Enrolment), stage(&l1, Role::Enrolment));
    }

    /// The tokens that enrolments and probes of two labels are made under, as numbers that are equal for equal ones.
    #[test]
    fn tokens_are_those_of_the_scenario() {
        let region = roi(0.0);
        for protect in [Protect::L1, Protect::MlpHash] {
            let of = |tokens| {
                let maker = Maker::new(Method::Compact, protect, None, None).unwrap();
                let maker = maker.with_tokens(tokens).unwrap();
                let kept = || maker.enrolment(std::slice::from_ref(&region)).unwrap();
                let distance = |(enrolled, probed): (&str, &str)| {
                    let under = maker.under(Role::Enrolment, enrolled).unwrap();
                    let enrolled = maker.enrolled(kept(), &under).unwrap().unwrap();
                    let under = maker.under(Role::Probe, probed).unwrap();
                    let probe = maker.probe(&region, &under).unwrap();
                    enrolled.distance(&maker.probed(probe, &under).unwrap())
                };
                // The same image: near to itself under one token only.
                [("7", "7"), ("7", "8")].map(|labels| distance(labels) < 0.2)
            };
            assert_eq!(of(Tokens::One), [true, true], "{protect:?}");
            assert_eq!(of(Tokens::Own), [true, false], "{protect:?}");
            assert_eq!(of(Tokens::Other), [false, false], "{protect:?}");
        }
        for protect in [Protect::None, Protect::L2, Protect::Hash, Protect::DcpvL2] {
            for tokens in [Tokens::Own, Tokens::Other] {
                let maker = Maker::new(Method::Compact, protect, None, None).unwrap();
                assert!(maker.with_tokens(tokens).is_err(), "{protect:?} {tokens:?}");
            }
        }
    }
}
