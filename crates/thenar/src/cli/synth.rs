//! `thenar synth hands|rois`

use thenar_synth::roi::RoiVariation;
use thenar_synth::{CaptureConfig, HandsOptions, write_hands, write_rois};

use serde_json::json;

use super::Verdict;
use super::args::{Drawing, Synth};
use super::error::CliError;
use super::progress;
use super::session::Session;

pub(crate) fn run(session: &Session, args: &Synth) -> Result<Verdict, CliError> {
    check(args)?;
    let images = args.identities.saturating_mul(args.captures);
    let images = match args.what {
        Drawing::Hands => images.saturating_add(args.negatives),
        Drawing::Rois => images,
    };
    let bar = progress::bar(&session.out, "drawing", images as u64);
    let step = |done: usize, _total: usize| bar.set_position(done as u64);
    let (people, captures, seed) = (args.identities, args.captures, args.seed);
    match args.what {
        Drawing::Hands => write_hands(&args.output, people, captures, seed, &hands(args), &step),
        Drawing::Rois => write_rois(
            &args.output,
            people,
            captures,
            seed,
            &RoiVariation::default(),
            &step,
        ),
    }?;
    bar.finish_and_clear();
    session.out.result(
        &format!("{images} images in {}", args.output.display()),
        &json!({ "folder": args.output.display().to_string(), "images": images }),
    );
    Ok(Verdict::Yes)
}

fn hands(args: &Synth) -> HandsOptions {
    let usual = HandsOptions::default();
    HandsOptions {
        config: CaptureConfig {
            size: args.size,
            max_tilt: args.tilt,
            max_turn: args.turn,
            clutter: args.clutter,
            infrared: args.infrared,
            ..usual.config
        },
        write_maps: args.maps,
        negatives: args.negatives,
        ..usual
    }
}

/// What cannot be drawn is refused here, with the name of the option.
fn check(args: &Synth) -> Result<(), CliError> {
    let within = |option: &str, value: f32, max: f32| {
        if (0.0..=max).contains(&value) {
            return Ok(());
        }
        Err(CliError::Usage(format!(
            "--{option} is {value}, expected 0 to {max}"
        )))
    };
    within("tilt", args.tilt, 60.0)?;
    within("turn", args.turn, 180.0)?;
    within("clutter", args.clutter, 1.0)?;
    let images = args.identities.saturating_mul(args.captures);
    if images == 0 || images > 10_000_000 {
        return Err(CliError::Usage(format!(
            "{} identities with {} captures each, expected 1 to 10,000,000 images",
            args.identities, args.captures
        )));
    }
    Ok(())
}
