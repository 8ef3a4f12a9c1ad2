//! The way through Thenar: one call per stage, every intermediate named.

use sha2::{Digest, Sha256};
use thenar_image::{HandSide, Photo, Roi, RoiFrame};
use thenar_key::{CommitParams, Commitment, Factors, KeyPair, PalmHash, commit};
use thenar_net::{Extractor, FmrCalibration, Localizer, models};
use thenar_protect::{
    BitTemplate, ContractId, Keyring, Level1, Level1Params, ProbeBits, SealedRecord, Token,
    TokenRef, os_rng, quantise,
};
use zeroize::Zeroizing;

use crate::{PipelineError, Rejection, Score, Sink};

/// A feature: numbers of Euclidean norm 1, wiped when dropped.
pub type Feature = Zeroizing<Vec<f32>>;

/// How regions are cut and enhanced. Whoever changes that must change this name too.
pub const ROI_PREPROCESSING: &str = "roi/v2";

/// How a feature becomes the numbers that keys are made of. Whoever changes [`Pipeline::numbers`] must change this name too.
const KEY_NUMBERS: &str = "key numbers/v1";

/// The token of everything that is not kept: comparisons of two photos and calibrations. It is no secret.
const PUBLIC_TOKEN: [u8; 32] = *b"thenar/public-projection/v1 \0\0\0\0";

/// What one photo gave.
pub struct Palm {
    /// The feature of the region as it was cut: what an enrolment keeps.
    pub feature: Feature,
    /// The features of the region and of its shifted views, the region itself first: what a probe is compared with.
    pub views: Vec<Feature>,
    /// Quality of the photo, 0–100; `None` for a ready-cut region.
    pub quality: Option<u8>,
    /// Which hand; `None` for a ready-cut region.
    pub side: Option<HandSide>,
}

/// The networks, the calibration and the parameters; everything but secrets.
pub struct Pipeline {
    /// `None` when the photos are ready-cut regions.
    localizer: Option<Localizer>,
    extractor: Extractor,
    calibration: FmrCalibration,
    template: Level1Params,
    contract: ContractId,
    key_contract: ContractId,
}

impl Pipeline {
    /// The whole way with the models that ship.
    ///
    /// # Errors
    /// When an embedded model or its calibration is broken.
    pub fn shipped() -> Result<Self, PipelineError> {
        let localizer = Sha256::digest(models::LOCALIZER);
        let localizer: String = localizer.iter().map(|byte| format!("{byte:02x}")).collect();
        let preprocessing = format!("{ROI_PREPROCESSING} localizer {localizer}");
        Self::new(
            Some(Localizer::shipped()?),
            Extractor::shipped()?,
            &preprocessing,
        )
    }

    /// For photos that are regions of interest already: the way from `roi` on. Its records have a contract of their own.
    ///
    /// # Errors
    /// As [`Self::shipped`].
    pub fn shipped_for_rois() -> Result<Self, PipelineError> {
        Self::new(None, Extractor::shipped()?, ROI_PREPROCESSING)
    }

    /// The way from `roi` on with an extractor of your own. Its scores have no calibration: distances are all they mean.
    ///
    /// # Errors
    /// When features are too short or too long for a template.
    pub fn for_rois_with(extractor: Extractor) -> Result<Self, PipelineError> {
        Self::new(None, extractor, ROI_PREPROCESSING)
    }

    fn new(
        localizer: Option<Localizer>,
        extractor: Extractor,
        preprocessing: &str,
    ) -> Result<Self, PipelineError> {
        let (length, digest) = (extractor.feature_len(), extractor.digest());
        let template = Level1Params::new(length, length / 2)?;
        Ok(Self {
            localizer,
            calibration: FmrCalibration::shipped()?,
            contract: ContractId::new(&digest, preprocessing, &template),
            key_contract: ContractId::of(&digest, preprocessing, KEY_NUMBERS),
            extractor,
            template,
        })
    }

    /// photo ─► hand ─► roi ─► feature.
    ///
    /// # Errors
    /// [`PipelineError::Rejected`] when the photo is not good enough, others when something is broken.
    pub fn acquire(&self, photo: &Photo, sink: &mut dyn Sink) -> Result<Palm, PipelineError> {
        sink.log("photo", photo);
        let Some(localizer) = &self.localizer else {
            return self.acquire_roi(&Roi::from_rgb(photo.rgb())?, sink);
        };
        let hand = localizer.locate(photo.rgb())?;
        sink.log("hand", &hand);
        if let Some(problem) = hand.problem {
            return Err(PipelineError::Rejected(Rejection {
                problem,
                quality: hand.quality,
            }));
        }
        let frame = RoiFrame::from_key_points(&hand.points)?;
        let roi = Roi::cut_photo(photo.rgb(), &frame);
        self.palm(&roi, Some(hand.quality), Some(hand.side), sink)
    }

    /// roi ─► feature, for a region that is cut already.
    ///
    /// # Errors
    /// When the network fails.
    pub fn acquire_roi(&self, roi: &Roi, sink: &mut dyn Sink) -> Result<Palm, PipelineError> {
        self.palm(roi, None, None, sink)
    }

    fn palm(
        &self,
        roi: &Roi,
        quality: Option<u8>,
        side: Option<HandSide>,
        sink: &mut dyn Sink,
    ) -> Result<Palm, PipelineError> {
        let views = self.features(roi, sink)?;
        let feature = views.first().ok_or(PipelineError::NoFeature)?.clone();
        Ok(Palm {
            feature,
            views,
            quality,
            side,
        })
    }

    /// roi ─► features: that of the region first, then those of its shifted views.
    ///
    /// # Errors
    /// When the network fails.
    pub fn features(&self, roi: &Roi, sink: &mut dyn Sink) -> Result<Vec<Feature>, PipelineError> {
        sink.log("roi", roi);
        let views = self.extractor.views(roi)?;
        let views: Vec<Feature> = views.into_iter().map(Zeroizing::new).collect();
        if let Some(feature) = views.first() {
            sink.log("feature", feature);
        }
        Ok(views)
    }

    /// feature ─► level 1 (k1) ─► bits.
    ///
    /// # Errors
    /// When the feature has another length than [`Self::feature_len`] or is not of norm 1.
    pub fn bits(
        &self,
        feature: &[f32],
        k1: &Token,
        sink: &mut dyn Sink,
    ) -> Result<BitTemplate, PipelineError> {
        let bits = Level1::new(self.template.clone(), k1)?.bits(feature)?;
        sink.log("bits", &bits);
        Ok(bits)
    }

    /// The views of a probe ─► level 1 (k1) ─► bits and their weights of each, in their order.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn probe(&self, views: &[Feature], k1: &Token) -> Result<Vec<ProbeBits>, PipelineError> {
        let level1 = Level1::new(self.template.clone(), k1)?;
        let probes = views.iter().map(|view| level1.probe(view));
        Ok(probes.collect::<Result<_, _>>()?)
    }

    /// bits ─► level 2 (k2) ─► record of `owner`. `k1` names the token that made the bits.
    pub fn seal(
        &self,
        bits: &BitTemplate,
        k1: TokenRef,
        keyring: &Keyring,
        owner: &str,
        sink: &mut dyn Sink,
    ) -> SealedRecord {
        let record = keyring.seal(bits, &self.contract, k1, owner, &mut os_rng());
        sink.log("record", &record);
        record
    }

    /// bits ─► mask (k1) ─► level 2 (k2) ─► record of `owner`, who holds `k1`: the split form. `k1` made the bits too.
    pub fn seal_split(
        &self,
        bits: &BitTemplate,
        k1: &Token,
        keyring: &Keyring,
        owner: &str,
        sink: &mut dyn Sink,
    ) -> SealedRecord {
        let record = keyring.seal_split(bits, &self.contract, k1, owner, &mut os_rng());
        sink.log("record", &record);
        record
    }

    /// feature ─► whole numbers, of which keys are made.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn numbers(&self, feature: &[f32]) -> Result<Zeroizing<Vec<i32>>, PipelineError> {
        Ok(quantise(feature, self.feature_len())?)
    }

    /// feature ─► palm hash: the signs of the largest numbers, as [`CommitParams::default`] says. For looking and measuring;
    /// a key makes its own, in an order that only the passphrase knows.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn hash(&self, feature: &[f32], sink: &mut dyn Sink) -> Result<PalmHash, PipelineError> {
        let hash = PalmHash::new(&self.numbers(feature)?, &CommitParams::default())?;
        sink.log("hash", &hash);
        Ok(hash)
    }

    /// feature + passphrase ─► commitment and key pair, of the kind, code and cost in `params`.
    ///
    /// # Errors
    /// When Argon2id or the parameters refuse.
    pub fn commit(
        &self,
        feature: &[f32],
        factors: Factors<'_>,
        params: &CommitParams,
    ) -> Result<(Commitment, KeyPair), PipelineError> {
        Ok(commit(
            &self.numbers(feature)?,
            factors,
            &self.key_contract.0,
            params,
            &mut os_rng(),
        )?)
    }

    /// commitment + features + passphrase ─► the key pair, from the first feature that fits.
    ///
    /// # Errors
    /// [`thenar_key::CommitmentError::NotRecovered`] when palm or passphrase is another, others when the record is of
    /// another model or damaged.
    pub fn recover<'a>(
        &self,
        commitment: &Commitment,
        features: impl IntoIterator<Item = &'a Feature>,
        factors: Factors<'_>,
    ) -> Result<KeyPair, PipelineError> {
        let features = features.into_iter().map(|feature| self.numbers(feature));
        let features: Vec<Zeroizing<Vec<i32>>> = features.collect::<Result<_, _>>()?;
        let features: Vec<&[i32]> = features.iter().map(|f| f.as_slice()).collect();
        Ok(commitment.recover_any(&features, factors, &self.key_contract.0)?)
    }

    /// The views of a probe + enrolled bits ─► the score of the nearest view. The calibration is one of nearest views.
    pub fn score(&self, probe: &[ProbeBits], enrolled: &BitTemplate) -> Score {
        let distances = probe.iter().filter_map(|view| view.distance(enrolled));
        let total = probe.first().map_or(0, ProbeBits::total);
        self.score_of(distances.min().unwrap_or(total), total)
    }

    /// The score of a probe whose differing bits have this weight among that of all.
    pub fn score_of(&self, differing: u32, total: u32) -> Score {
        let distance = (f64::from(differing) / f64::from(total.max(1))).min(1.0) as f32;
        Score {
            distance,
            fmr: self.calibration.fmr(distance),
            extrapolated: self.calibration.is_extrapolated(distance),
        }
    }

    /// views + feature ─► score, by bits that are thrown away.
    ///
    /// # Errors
    /// As [`Self::bits`].
    pub fn compare(&self, probe: &[Feature], enrolled: &[f32]) -> Result<Score, PipelineError> {
        let k1 = public_token();
        let enrolled = self.bits(enrolled, &k1, &mut ())?;
        Ok(self.score(&self.probe(probe, &k1)?, &enrolled))
    }

    /// Numbers in a feature.
    pub fn feature_len(&self) -> usize {
        self.extractor.feature_len()
    }

    /// What records must share to be comparable.
    pub fn contract(&self) -> &ContractId {
        &self.contract
    }

    /// What records of keys must share.
    pub fn key_contract(&self) -> &ContractId {
        &self.key_contract
    }

    /// Parameters of the level-1 template.
    pub fn template_params(&self) -> &Level1Params {
        &self.template
    }

    /// From distance to false-match rate.
    pub fn calibration(&self) -> &FmrCalibration {
        &self.calibration
    }

    /// The network that makes features.
    pub fn extractor(&self) -> &Extractor {
        &self.extractor
    }
}

/// The token that protects nothing, for bits that are not kept.
pub(crate) fn public_token() -> Token {
    Token::from_bytes(PUBLIC_TOKEN)
}
