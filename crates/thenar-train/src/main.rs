//! `thenar-train`: trains the networks that ship.

mod hash_command;
mod palmnet_command;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use thenar_train::backend::Backend;
use thenar_train::error::TrainError;
use thenar_train::extractor::ablation::Part;
use thenar_train::extractor::views::Views;
use thenar_train::localizer::drawing::Hands;
use thenar_train::localizer::exam::{ExamOptions, exam};
use thenar_train::localizer::feed::FeedOptions;
use thenar_train::localizer::sheet::{sheet, worst};
use thenar_train::localizer::toy::Toys;
use thenar_train::localizer::train::{Options, averaged, begin, run};
use thenar_train::localizer::validate::Examination;
use thenar_train::onnx::Storage;

/// Train palm networks on drawn palms and hands.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Train the localizer: key points, presence, side and pose of a hand in a photo.
    Localizer(LocalizerArgs),
    /// Measure a localizer, as it ships, on drawn photos it has never seen.
    LocalizerExam(ExamArgs),
    /// Train the compact extractor: from a region of interest to a feature.
    Extractor(ExtractorArgs),
    /// Train a published palm network on labelled regions of interest.
    Palmnet(palmnet_command::PalmnetArgs),
    /// Write a PyTorch checkpoint of a published palm network as ONNX.
    Convert(palmnet_command::ConvertArgs),
    /// Train the mapping network of the palm-hash key paper and measure its hashes.
    Hash(hash_command::HashArgs),
    /// Draw losses, learning rate and examinations of a run as SVG, from its log.
    Curves(CurvesArgs),
}

#[derive(Args)]
struct CurvesArgs {
    /// The log.jsonl of a run.
    log: PathBuf,
    /// The SVG file to write.
    #[arg(long, short, default_value = "curves.svg")]
    out: PathBuf,
}

#[derive(Args)]
struct ExtractorArgs {
    /// Drawn palms.
    #[arg(long, default_value_t = 2500)]
    identities: u64,
    /// Captures of each palm; every second one is mirrored.
    #[arg(long, default_value_t = 4)]
    captures: u64,
    /// First palm.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Length of the feature, a multiple of 16 up to 3120.
    #[arg(long, default_value_t = 2048)]
    outputs: usize,
    /// One byte per weight instead of four.
    #[arg(long)]
    int8: bool,
    /// Share of the mean moment added to every direction before it is whitened.
    #[arg(long, default_value_t = 0.3)]
    ridge: f64,
    /// Shifted views to every side of the centre, 0 to 2.
    #[arg(long, default_value_t = 2)]
    reach: i64,
    /// Degrees by which every view is also turned to either side, 0 to 10; 0 for none.
    #[arg(long, default_value_t = 3.0)]
    turn: f64,
    /// Misplacement of training captures, relative to what a localizer leaves.
    #[arg(long, default_value_t = 0.4)]
    misplacement: f32,
    /// Unseen palms in the examination.
    #[arg(long, default_value_t = 200)]
    examination: u64,
    /// A part of the drawing that training does without; can be given several times.
    #[arg(long, value_name = "PART")]
    without: Vec<Part>,
    /// Folder for extractor.onnx and extractor.jsonl.
    #[arg(long, short)]
    out: PathBuf,
}

#[derive(Args)]
struct LocalizerArgs {
    /// Steps in all.
    #[arg(long, default_value_t = 20_000)]
    steps: u64,
    /// Photos per step.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    /// Seed of weights and photos.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder of checkpoint, log.jsonl and localizer.onnx.
    #[arg(long, short)]
    out: PathBuf,
    /// Go on from the checkpoint in the folder.
    #[arg(long)]
    resume: bool,
    /// Threads that draw photos.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Highest learning rate.
    #[arg(long, default_value_t = 2e-3)]
    lr: f32,
    /// End after so many minutes if the steps take longer.
    #[arg(long)]
    minutes: Option<f64>,
    /// How often each drawn photo is shown, each time from another side.
    #[arg(long, default_value_t = 8)]
    shows: u64,
    /// Steps between examinations on unseen photos.
    #[arg(long, default_value_t = 500)]
    examine_every: u64,
    /// Unseen photos in an examination.
    #[arg(long, default_value_t = 512)]
    examination: usize,
    /// Minutes between checkpoints.
    #[arg(long, default_value_t = 3.0)]
    save_every: f64,
    /// What computes gradients.
    #[arg(long, value_enum, default_value_t = Backend::default())]
    backend: Backend,
    /// Only write a picture of unseen photos with their labels to this file; with --resume those on which the
    /// checkpoint does worst.
    #[arg(long)]
    sheet: Option<PathBuf>,
    /// Train on toy shapes instead of hands, to try things out.
    #[arg(long)]
    toy: bool,
}

#[derive(Args)]
struct ExamArgs {
    /// The model.
    model: PathBuf,
    /// Photos to draw.
    #[arg(long, default_value_t = 500)]
    photos: u64,
    /// Seed of the photos.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Side of a photo in pixels.
    #[arg(long, default_value_t = 768)]
    size: u32,
    /// Largest yaw and pitch in degrees.
    #[arg(long, default_value_t = 25.0)]
    tilt: f32,
    /// Write a picture of the palms with the worst regions, and of some others, to this file.
    #[arg(long)]
    worst: Option<PathBuf>,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Localizer(args) => localizer(&args),
        Command::LocalizerExam(args) => localizer_exam(&args),
        Command::Extractor(args) => extractor(args),
        Command::Palmnet(args) => palmnet_command::train(args).and_then(|outcome| print(&outcome)),
        Command::Convert(args) => palmnet_command::convert(&args),
        Command::Hash(args) => hash_command::train(args),
        Command::Curves(args) => curves(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("thenar-train: {error}");
            ExitCode::from(2)
        }
    }
}

fn extractor(args: ExtractorArgs) -> Result<(), TrainError> {
    let options = thenar_train::extractor::train::Options {
        identities: args.identities,
        captures: args.captures,
        seed: args.seed,
        outputs: args.outputs,
        ridge: args.ridge,
        views: Views {
            reach: args.reach,
            turn: args.turn,
        },
        misplacement: args.misplacement,
        examination: args.examination,
        without: args.without,
        storage: if args.int8 {
            Storage::Int8
        } else {
            Storage::F32
        },
        out: args.out,
    };
    print(&thenar_train::extractor::train::run(&options)?)
}

fn curves(args: &CurvesArgs) -> Result<(), TrainError> {
    if thenar_train::curves::draw(&args.log, &args.out)? {
        return Ok(());
    }
    let reason = format!("{}: no step has been logged yet", args.log.display());
    Err(TrainError::Argument(reason))
}

/// Prints figures as JSON.
fn print(scores: &impl serde::Serialize) -> Result<(), TrainError> {
    let text =
        serde_json::to_string_pretty(scores).map_err(|e| TrainError::Argument(e.to_string()))?;
    println!("{text}");
    Ok(())
}

fn localizer(args: &LocalizerArgs) -> Result<(), TrainError> {
    if args.batch == 0 || args.steps == 0 || args.examine_every == 0 {
        return Err(TrainError::Argument(
            "--batch, --steps and --examine-every must be at least 1".into(),
        ));
    }
    if !(args.save_every >= 0.0 && args.save_every <= 1e6) {
        return Err(TrainError::Argument(format!(
            "--save-every {} must be 0 to 1000000 minutes",
            args.save_every
        )));
    }
    let feed = FeedOptions {
        seed: args.seed,
        batch: args.batch,
        shows: args.shows,
        threads: args.threads,
    };
    let options = Options {
        steps: args.steps,
        minutes: args.minutes,
        feed,
        rate: args.lr,
        out: args.out.clone(),
        resume: args.resume,
        examine_every: args.examine_every,
        examination: args.examination,
        save_every: Duration::from_secs_f64(60.0 * args.save_every),
        backend: args.backend,
    };
    if let Some(path) = &args.sheet {
        return draw_sheet(path, &options);
    }
    let scores = if args.toy {
        run(Toys { seed: args.seed }, &options)
    } else {
        run(Hands { seed: args.seed }, &options)
    }?;
    print(&scores)
}

fn draw_sheet(path: &Path, options: &Options) -> Result<(), TrainError> {
    const SHOWN: usize = 64;
    let source = Hands {
        seed: options.feed.seed,
    };
    let page = if options.resume {
        let weights = averaged(&begin(options)?).weights();
        let examination = Examination::draw(&source, options.examination);
        let readings = examination.read(options.backend, &weights)?;
        worst(examination.samples(), &readings, SHOWN)
    } else {
        sheet(Examination::draw(&source, SHOWN).samples())
    };
    page.save(path)
        .map_err(|e| TrainError::Argument(format!("{}: {e}", path.display())))
}

fn localizer_exam(args: &ExamArgs) -> Result<(), TrainError> {
    let onnx = std::fs::read(&args.model).map_err(|e| TrainError::file(&args.model, e))?;
    let options = ExamOptions {
        photos: args.photos,
        seed: args.seed,
        size: args.size.clamp(64, 4096),
        tilt: args.tilt,
    };
    let scores = exam(onnx, &options, args.worst.as_deref())?;
    print(&scores)
}
