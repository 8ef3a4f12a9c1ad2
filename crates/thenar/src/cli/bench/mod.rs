//! `thenar bench`: how long each stage takes on this machine, beside ONNX Runtime if it is there.
//!
//! The photo is drawn, so the figures can be had again. Medians, because a shared machine has bad moments. The number of
//! cores is what the process may use: `taskset -c 0 thenar bench` measures one.

mod against;

use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use thenar::image::image::codecs::jpeg::JpegEncoder;
use thenar::image::{Roi, RoiFrame, resize_rgb};
use thenar::net::{CompCode, Localizer, models, preprocess};
use thenar::synth::{CaptureConfig, HandIdentity, HandPhoto};
use thenar::{Photo, Pipeline};
use thenar_protect::Token;

use super::args::Bench;
use super::error::CliError;
use super::session::Session;
use super::{Verdict, progress};

/// The stages that are a network and nothing else.
const LOCALIZER: &str = "localizer.onnx";
const EXTRACTOR: &str = "extractor.onnx";

/// One line of the table.
struct Row {
    stage: &'static str,
    /// Median of one call.
    ms: f64,
    calls: usize,
}

pub(super) fn run(session: &Session, args: &Bench) -> Result<Verdict, CliError> {
    let budget = Duration::from_secs_f64(args.seconds.clamp(0.01, 60.0));
    let rows = measure(session, budget)?;
    let beside = match args.against {
        true => Some(against::onnx_runtime(
            &networks(&rows),
            &args.python,
            budget,
        )?),
        false => None,
    };
    report(session, &rows, beside.as_ref());
    Ok(Verdict::Yes)
}

/// The rows that are one run of a network, with its file.
fn networks(rows: &[Row]) -> Vec<against::Network> {
    let network = |row: &Row| {
        let bytes = match row.stage {
            LOCALIZER => models::LOCALIZER,
            EXTRACTOR => models::EXTRACTOR,
            _ => return None,
        };
        Some(against::Network {
            name: row.stage,
            bytes,
            ms: row.ms,
        })
    };
    rows.iter().filter_map(network).collect()
}

/// A drawn hand of 1200 × 1200 pixels, upright and wholly in the picture, as JPEG.
fn drawn_photo() -> Result<Vec<u8>, CliError> {
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
fn measure(session: &Session, budget: Duration) -> Result<Vec<Row>, CliError> {
    let jpeg = drawn_photo()?;
    let localizer = Localizer::shipped()?;
    let pipeline = Pipeline::shipped().map_err(CliError::Model)?;
    let photo = Photo::decode(&jpeg, "the drawn photo")?;
    let hand = localizer.locate(photo.rgb())?;
    let frame = RoiFrame::from_key_points(&hand.points).map_err(|e| CliError::Model(e.into()))?;
    let roi = Roi::cut_photo(photo.rgb(), &frame);
    let k1 = Token::from_bytes([1; 32]);
    let palm = pipeline.acquire(&photo, &mut ()).map_err(CliError::Model)?;
    let enrolled = pipeline.bits(&palm.feature, &k1, &mut ());
    let enrolled = enrolled.map_err(CliError::Model)?;
    let probe = pipeline
        .probe_bits(&palm.views, &k1)
        .map_err(CliError::Model)?;
    let code = CompCode::extract(&roi);
    let input = preprocess::input_planes(&resize_rgb(photo.rgb(), 256, 256));
    localizer.heads(input.clone())?;

    let bar = progress::bar(&session.out, "stages", 10);
    let time = |stage, work: &mut dyn FnMut()| {
        let row = median(stage, budget, work);
        bar.inc(1);
        row
    };
    let rows = vec![
        time("decode 1200×1200 JPEG", &mut || {
            let _ = black_box(Photo::decode(&jpeg, "the drawn photo"));
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
        time("level 1 of 25 views", &mut || {
            let _ = black_box(pipeline.probe_bits(&palm.views, &k1));
        }),
        time("compare 25 views with 1 template", &mut || {
            black_box(pipeline.score(&probe, &enrolled));
        }),
        time("compcode, extract", &mut || {
            let _ = black_box(CompCode::extract(&roi));
        }),
        time("compcode, compare", &mut || {
            black_box(code.distance(&code));
        }),
        time("whole: JPEG to score", &mut || {
            let palm = Photo::decode(&jpeg, "the drawn photo")
                .ok()
                .and_then(|photo| pipeline.acquire(&photo, &mut ()).ok());
            let bits = palm.and_then(|palm| pipeline.probe_bits(&palm.views, &k1).ok());
            black_box(bits.map(|probe| pipeline.score(&probe, &enrolled)));
        }),
    ];
    bar.finish_and_clear();
    Ok(rows)
}

/// Three calls to warm up, then at least five, for `budget`.
fn median(stage: &'static str, budget: Duration, work: &mut dyn FnMut()) -> Row {
    (0..3).for_each(|_| work());
    let (begun, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begun.elapsed() < budget {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort_unstable();
    Row {
        stage,
        ms: 1e3 * times[times.len() / 2].as_secs_f64(),
        calls: times.len(),
    }
}

fn report(session: &Session, rows: &[Row], beside: Option<&Vec<against::Beside>>) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut lines = vec![format!("{cores} cores, medians")];
    lines.extend(
        rows.iter()
            .map(|row| format!("{:<34}{:>12.4} ms{:>9} calls", row.stage, row.ms, row.calls)),
    );
    for network in beside.into_iter().flatten() {
        lines.push(format!(
            "{}: {:.2} ms, ONNX Runtime {} {:.2} ms with {} threads, ratio {:.2}",
            network.name,
            network.ms,
            network.version,
            network.theirs_ms,
            network.threads,
            network.ratio()
        ));
    }
    let stages = rows
        .iter()
        .map(|row| json!({ "stage": row.stage, "ms": row.ms, "calls": row.calls }));
    let against = beside.map(|networks| {
        networks
            .iter()
            .map(against::Beside::to_json)
            .collect::<Vec<Value>>()
    });
    session.out.result(
        &lines.join("\n"),
        &json!({ "cores": cores, "stages": stages.collect::<Vec<Value>>(), "onnx_runtime": against }),
    );
}
