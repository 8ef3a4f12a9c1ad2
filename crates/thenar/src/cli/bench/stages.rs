//! The stages, each timed alone, and the whole way.

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thenar::image::image::codecs::jpeg::JpegEncoder;
use thenar::image::{Roi, RoiFrame, resize_rgb};
use thenar::net::{CompCode, Localizer, preprocess, spread};
use thenar::synth::{CaptureConfig, HandIdentity, HandPhoto};
use thenar::{Photo, Pipeline};
use thenar_protect::{BitTemplate, Token};
use thenar_store::Gallery;

use super::super::error::CliError;
use super::super::progress;
use super::super::session::Session;

/// The stages that are a network and nothing else.
pub(super) const LOCALIZER: &str = "localizer.onnx";
pub(super) const EXTRACTOR: &str = "extractor.onnx";
/// The stages that FAISS has too: one probe alone, and [`BATCH`] together, which is like so many views of one.
pub(super) const SEARCH: &str = "search 1,000,000 templates";
pub(super) const SEARCH_TOGETHER: &str = "… with 16 probes together";
/// Templates in that search.
pub(super) const SEARCHED: usize = 1_000_000;
/// Probes together.
pub(super) const BATCH: usize = 16;

/// Photos in work at a time, so that every core has some.
const PHOTOS: usize = 8;

/// One line of the table.
pub(super) struct Row {
    pub stage: String,
    /// Median of one call.
    pub ms: f64,
    pub calls: u64,
}

impl Row {
    pub(super) fn to_json(&self) -> Value {
        json!({ "stage": self.stage, "ms": self.ms, "calls": self.calls })
    }

    /// What [`Self::to_json`] made.
    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(Self {
            stage: value["stage"].as_str()?.to_owned(),
            ms: value["ms"].as_f64()?,
            calls: value["calls"].as_u64()?,
        })
    }
}

/// A drawn hand of 1200 × 1200 pixels, upright and wholly in the picture, as JPEG.
pub(super) fn drawn_photo() -> Result<Vec<u8>, CliError> {
    let config = CaptureConfig {
        size: 1200,
        max_tilt: 5.0,
        max_turn: 10.0,
        fill: (0.8, 0.8),
        cut: 0.0,
        harshness: 0.2,
        maps: false,
        ..CaptureConfig::default()
    };
    let photo = HandPhoto::draw(&HandIdentity::draw(7), 7, &config).rgb;
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 92)
        .encode_image(&photo)
        .map_err(|e| CliError::Usage(format!("the drawn photo could not be encoded: {e}")))?;
    Ok(bytes)
}

/// Every stage, in the order of the way, then the whole of it.
pub(super) fn measure(
    session: &Session,
    jpeg: &[u8],
    budget: Duration,
) -> Result<Vec<Row>, CliError> {
    let localizer = Localizer::shipped()?;
    let pipeline = Pipeline::shipped().map_err(CliError::Model)?;
    let photo = Photo::decode(jpeg, "the drawn photo")?;
    let hand = localizer.locate(photo.rgb())?;
    let frame = RoiFrame::from_key_points(&hand.points).map_err(|e| CliError::Model(e.into()))?;
    let roi = Roi::cut_photo(photo.rgb(), &frame);
    let k1 = Token::from_bytes([1; 32]);
    let palm = pipeline.acquire(&photo, &mut ()).map_err(CliError::Model)?;
    let enrolled = pipeline.bits(&palm.feature, &k1, &mut ());
    let enrolled = enrolled.map_err(CliError::Model)?;
    let probe = pipeline.probe(&palm.views, &k1).map_err(CliError::Model)?;
    let code = CompCode::extract(&roi);
    let input = preprocess::input_planes(&resize_rgb(photo.rgb(), 256, 256));
    localizer.heads(input.clone())?;

    let gallery = gallery(&enrolled)?;
    let photos = [(); PHOTOS];

    let bar = progress::bar(&session.out, "stages", 13);
    let time = |stage: &str, work: &mut dyn FnMut()| {
        let row = median(stage, budget, work);
        bar.inc(1);
        row
    };
    let whole = |()| {
        let palm = Photo::decode(jpeg, "the drawn photo")
            .ok()
            .and_then(|photo| pipeline.acquire(&photo, &mut ()).ok());
        let probe = palm.and_then(|palm| pipeline.probe(&palm.views, &k1).ok());
        probe.map(|probe| pipeline.score(&probe, &enrolled))
    };
    let mut rows = vec![
        time("decode 1200×1200 JPEG", &mut || {
            let _ = black_box(Photo::decode(jpeg, "the drawn photo"));
        }),
        time("localizer (photo to hand)", &mut || {
            let _ = black_box(localizer.locate(photo.rgb()));
        }),
        time(LOCALIZER, &mut || {
            let _ = black_box(localizer.heads(input.clone()));
        }),
        time("roi", &mut || {
            let _ = black_box(Roi::cut_photo(photo.rgb(), &frame));
        }),
        time(EXTRACTOR, &mut || {
            let _ = black_box(pipeline.extractor().views(&roi));
        }),
        time("level 1 of all views", &mut || {
            let _ = black_box(pipeline.probe(&palm.views, &k1));
        }),
        time("compare all views, 1 template", &mut || {
            black_box(pipeline.score(&probe, &enrolled));
        }),
        time("compcode, extract", &mut || {
            let _ = black_box(CompCode::extract(&roi));
        }),
        time("compcode, compare", &mut || {
            black_box(code.distance(&code));
        }),
        time(SEARCH, &mut || {
            black_box(gallery.within(&probe[..1], 1000, 10).is_ok());
        }),
        time(SEARCH_TOGETHER, &mut || {
            black_box(gallery.within(&probe[..BATCH], 1000, 10).is_ok());
        }),
        time("whole: JPEG to score", &mut || {
            black_box(whole(()));
        }),
        time("whole, many photos at a time", &mut || {
            black_box(spread(&photos, |()| whole(())));
        }),
    ];
    bar.finish_and_clear();
    if let Some(many) = rows.last_mut() {
        // Of one photo, as the other lines are.
        many.ms /= PHOTOS as f64;
    }
    Ok(rows)
}

/// Templates that differ from `like` in half of their bits, more or less.
fn gallery(like: &BitTemplate) -> Result<Gallery, CliError> {
    let template = |n: usize| {
        // A multiplier with well mixed products (Knuth) is random enough to search in.
        let mix = |w: usize| ((n * 1009 + w + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let words = like.words().iter().enumerate();
        let words = words.map(|(w, word)| word ^ mix(w).rotate_left(29).wrapping_mul(mix(w) | 1));
        let template = BitTemplate::from_words(words.collect(), like.len())?;
        Ok((n.to_string(), template))
    };
    let templates: Result<Vec<_>, CliError> = (0..SEARCHED).map(template).collect();
    Ok(Gallery::build(templates?)?)
}

/// Three calls to warm up, then at least five, for `budget`.
fn median(stage: &str, budget: Duration, work: &mut dyn FnMut()) -> Row {
    (0..3).for_each(|_| work());
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begun.elapsed() < budget {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Row {
        stage: stage.to_owned(),
        ms: 1e3 * times[times.len() / 2].as_secs_f64(),
        calls: times.len() as u64,
    }
}
