//! What is compared, by method and protection.

use thenar::{Feature, Palm, Pipeline, PipelineError, ROI_PREPROCESSING};
use thenar_image::Roi;
use thenar_key::PalmHash;
use thenar_net::{CompCode, FmrCalibration};
use thenar_protect::{
    BitTemplate, ContractId, Level1, ProtectError, SealedRecord, StoreKey, Token, TokenRef, os_rng,
};
use zeroize::Zeroizing;

use super::super::args::{Method, Protect};
use super::super::error::CliError;

/// The token of measurements: fixed, so that a measurement can be repeated.
const TOKEN: [u8; 32] = *b"thenar/eval/collection-token/v1 ";

/// What one image became.
pub(super) enum Template {
    /// Competitive Code.
    Code(Box<CompCode>),
    /// Features of norm 1, one per view, the centred one first.
    Features(Vec<Feature>),
    /// Bits of the same views.
    Bits(Vec<BitTemplate>),
    /// The palm hash of the centred view, and the signs of all numbers of all views.
    Hash(Box<PalmHash>, Vec<Zeroizing<Vec<u64>>>),
}

impl Template {
    /// The distance of an enrolled template from the nearest view of a probe, 0–1; NaN for templates of two kinds,
    /// which one maker never makes.
    pub(super) fn distance(&self, probe: &Self) -> f32 {
        match (self, probe) {
            (Self::Code(a), Self::Code(b)) => a.distance(b),
            (Self::Features(a), Self::Features(b)) => {
                let cosines = b.iter().map(|view| cosine(&a[0], view));
                angle(cosines.fold(-1.0, f32::max))
            }
            (Self::Bits(a), Self::Bits(b)) => {
                let distances = b.iter().filter_map(|view| a[0].checked_hamming(view));
                distances
                    .min()
                    .map_or(f32::NAN, |n| n as f32 / a[0].len() as f32)
            }
            (Self::Hash(a, _), Self::Hash(_, b)) => {
                let distances = b.iter().map(|view| a.differing(view));
                distances
                    .min()
                    .map_or(f32::NAN, |n| n as f32 / a.len() as f32)
            }
            _ => f32::NAN,
        }
    }
}

/// Makes templates.
pub(super) struct Maker {
    pipeline: Option<Pipeline>,
    level1: Option<Level1>,
    protect: Protect,
    k1: TokenRef,
    k2: StoreKey,
    contract: Option<ContractId>,
}

impl Maker {
    pub(super) fn new(method: Method, protect: Protect) -> Result<Self, CliError> {
        if method == Method::Compcode && protect != Protect::None {
            let message =
                "compcode makes orientations, not a feature; only --protect none goes with it";
            return Err(CliError::Usage(message.into()));
        }
        // The regions are cut already when they come here.
        let pipeline = match method {
            Method::Compact => Some(Pipeline::shipped_for_rois().map_err(CliError::Model)?),
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
        })
    }

    /// What the report says the scores belong to.
    pub(super) fn contract(&self) -> Option<String> {
        self.contract.as_ref().map(|id| hex(&id.0))
    }

    /// From distance to FMR, where these templates are those that it was made for.
    pub(super) fn calibration(&self) -> Option<&FmrCalibration> {
        match self.protect {
            Protect::L1 | Protect::Both => self.pipeline.as_ref().map(Pipeline::calibration),
            Protect::None | Protect::L2 | Protect::Hash => None,
        }
    }

    /// The digest of the extractor.
    pub(super) fn model(&self) -> Option<String> {
        let pipeline = self.pipeline.as_ref()?;
        Some(hex(&pipeline.extractor().digest()))
    }

    /// What makes features, where the method has any.
    fn pipeline(&self) -> Result<&Pipeline, CliError> {
        self.pipeline.as_ref().ok_or_else(|| {
            let message = "compcode makes one code per image; --together needs features";
            CliError::Usage(message.into())
        })
    }

    /// roi ─► features.
    pub(super) fn palm(&self, roi: &Roi) -> Result<Palm, CliError> {
        let palm = self.pipeline()?.acquire_roi(roi, &mut ());
        palm.map_err(CliError::Model)
    }

    /// roi ─► template.
    pub(super) fn make(&self, roi: &Roi) -> Result<Template, CliError> {
        match self.pipeline {
            Some(_) => self.template(self.palm(roi)?.views),
            None => Ok(Template::Code(Box::new(CompCode::extract(roi)))),
        }
    }

    /// features ─► template, sealed and opened again where the protection has a level 2.
    pub(super) fn template(&self, views: Vec<Feature>) -> Result<Template, CliError> {
        let mut bits: Vec<BitTemplate> = match (self.protect, &self.level1) {
            (Protect::None, _) => return Ok(Template::Features(views)),
            (Protect::Hash, _) => {
                return palm_hash(self.pipeline()?, &views).map_err(CliError::Model);
            }
            (_, Some(level1)) => views
                .iter()
                .map(|v| level1.bits(v))
                .collect::<Result<_, _>>()?,
            (_, None) => views
                .iter()
                .map(|v| above_median(v))
                .collect::<Result<_, _>>()?,
        };
        // Only the centred view is ever enrolled, so only it takes the way through a record.
        if let (Protect::L2 | Protect::Both, Some(contract), Some(first)) =
            (self.protect, &self.contract, bits.first_mut())
        {
            *first = self.through_a_record(first, contract)?;
        }
        Ok(Template::Bits(bits))
    }

    /// Seals the bits, writes the record's bytes, reads them and opens them, as a store does.
    fn through_a_record(
        &self,
        bits: &BitTemplate,
        contract: &ContractId,
    ) -> Result<BitTemplate, CliError> {
        let sealed = SealedRecord::seal(
            bits,
            contract,
            self.k1,
            &self.k2,
            1,
            "nobody",
            &mut os_rng(),
        );
        let opened = SealedRecord::from_bytes(&sealed.to_bytes())
            .and_then(|record| record.open(&self.k2, contract, "nobody"));
        opened.map_err(|source| CliError::Record {
            what: "a record made for this measurement".into(),
            source,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a key is made of, and what it is compared with.
fn palm_hash(pipeline: &Pipeline, views: &[Feature]) -> Result<Template, PipelineError> {
    let first = views.first().ok_or(PipelineError::NoFeature)?;
    let hash = pipeline.hash(first, &mut ())?;
    let signs = views
        .iter()
        .map(|view| Ok(PalmHash::signs(&pipeline.numbers(view)?)));
    let signs = signs.collect::<Result<_, PipelineError>>()?;
    Ok(Template::Hash(Box::new(hash), signs))
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

/// `arccos(cosine) / π`, 0–1.
fn angle(cosine: f32) -> f32 {
    cosine.clamp(-1.0, 1.0).acos() / std::f32::consts::PI
}

/// `a·b`.
fn cosine(a: &[f32], b: &[f32]) -> f32 {
    // Eight sums, because each alone would wait for its own additions.
    const LANES: usize = 8;
    let (a8, a_rest) = a.as_chunks::<LANES>();
    let (b8, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a8.iter().zip(b8) {
        for i in 0..LANES {
            sums[i] += a[i] * b[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_angle_is_the_plain_one() {
        for n in [1usize, 7, 8, 129, 512] {
            let make = |seed: f32| -> Vec<f32> {
                let raw: Vec<f32> = (0..n)
                    .map(|i| ((i as f32 + 1.0) * seed).sin() + 0.1)
                    .collect();
                let norm = raw.iter().map(|v| v * v).sum::<f32>().sqrt();
                raw.iter().map(|v| v / norm).collect()
            };
            let (a, b) = (make(0.37), make(1.31));
            let cosine: f64 = a
                .iter()
                .zip(&b)
                .map(|(a, b)| f64::from(*a) * f64::from(*b))
                .sum();
            let plain = cosine.clamp(-1.0, 1.0).acos() / std::f64::consts::PI;
            // Near 0 and π the arc cosine magnifies rounding.
            assert!(
                (f64::from(angle(super::cosine(&a, &b))) - plain).abs() < 1e-3,
                "{n}"
            );
        }
    }

    #[test]
    fn half_of_the_bits_are_ones_and_ties_go_to_the_first() {
        let bits = above_median(&[0.1, 0.5, 0.5, 0.5, -1.0]).unwrap();
        let ones: Vec<bool> = (0..5).filter_map(|i| bits.bit(i)).collect();
        assert_eq!(ones, [false, true, true, false, false]);
    }

    #[test]
    fn a_record_changes_no_distance() {
        let roi = |phase: f32| {
            let plane = thenar_image::Plane::from_fn(128, 128, |x, y| {
                0.5 + 0.3 * ((x as f32 * 0.2 + phase).sin() * (y as f32 * 0.13).cos())
            });
            Roi::from_gray(plane.to_gray()).unwrap()
        };
        let (a, b) = (roi(0.0), roi(1.0));
        let distance = |protect| {
            let maker = Maker::new(Method::Compact, protect).unwrap();
            maker.make(&a).unwrap().distance(&maker.make(&b).unwrap())
        };
        assert_eq!(distance(Protect::L1), distance(Protect::Both));
        assert!(distance(Protect::L2).is_finite() && distance(Protect::None).is_finite());
        assert!(Maker::new(Method::Compcode, Protect::L1).is_err());
    }
}
