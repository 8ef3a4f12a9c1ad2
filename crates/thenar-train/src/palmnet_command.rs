//! The commands about published palm networks.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use thenar_train::backend::Backend;
use thenar_train::checkpoint::write_atomically;
use thenar_train::error::TrainError;
use thenar_train::import;
use thenar_train::onnx::{Form, Storage, export_as};
use thenar_train::palmnets::schedule::Schedule;
use thenar_train::palmnets::train::{Options, Outcome, run};
use thenar_train::palmnets::{CcNet, Co3Net, CompNet, Extractor, PalmNet};

/// A published network.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Net {
    /// Comprehensive competition (2023): 62.3 million parameters.
    Ccnet,
    /// Coordinate-aware contrastive competition (2023): 79.5 million parameters.
    Co3net,
    /// Competition of learnable Gabor filters (2021): 5 million parameters.
    Compnet,
}

/// How a network is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Written {
    /// Operation by operation.
    Published,
    /// In its cheapest exact form.
    Folded,
}

/// `thenar-train convert`
#[derive(Args)]
pub struct ConvertArgs {
    /// The network in the checkpoint.
    #[arg(long, value_enum)]
    net: Net,
    /// How to write it.
    #[arg(long, value_enum, default_value = "folded")]
    form: Written,
    /// One byte per weight instead of four.
    #[arg(long)]
    int8: bool,
    /// A state dictionary of the public PyTorch code: a zip .pth or safetensors.
    input: PathBuf,
    /// The ONNX file to write: input roi [N, 1, 128, 128] of grey levels 0–1, output feature [N, length] of norm 1.
    output: PathBuf,
}

/// Writes a PyTorch checkpoint as ONNX.
pub fn convert(args: &ConvertArgs) -> Result<(), TrainError> {
    match args.net {
        Net::Ccnet => convert_net::<CcNet>(args),
        Net::Co3net => convert_net::<Co3Net>(args),
        Net::Compnet => convert_net::<CompNet>(args),
    }
}

fn convert_net<N: PalmNet>(args: &ConvertArgs) -> Result<(), TrainError> {
    let (net, params) = import::load::<N>(&args.input)?;
    let form = match args.form {
        Written::Published => Form::Published,
        Written::Folded => Form::Folded,
    };
    let storage = if args.int8 {
        Storage::Int8
    } else {
        Storage::F32
    };
    let length = net.length();
    let onnx = export_as(form, &Extractor(net), &params.weights(), storage, &[])?;
    write_atomically(&args.output, &onnx)?;
    eprintln!(
        "{}: {} with a feature of {length} values, {} bytes",
        args.output.display(),
        N::NAME,
        onnx.len()
    );
    Ok(())
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Fall {
    /// Times --step-factor every --step-epochs, as published.
    Step,
    /// Half a cosine down to a hundredth at the end.
    Cosine,
}

/// `thenar-train palmnet`
#[derive(Args)]
pub struct PalmnetArgs {
    /// The network.
    #[arg(long, value_enum)]
    net: Net,
    /// List of training images, one `path label` per line.
    #[arg(long)]
    data: PathBuf,
    /// Folder that paths in lists are relative to.
    #[arg(long)]
    root: PathBuf,
    /// Epochs; in each, as many first views as there are images.
    #[arg(long, default_value_t = 3000)]
    epochs: u64,
    /// End after so many minutes if the epochs take longer.
    #[arg(long)]
    minutes: Option<f64>,
    /// Palms in a step, two views of each.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Highest learning rate.
    #[arg(long, default_value_t = 1e-3)]
    lr: f32,
    /// How the learning rate falls.
    #[arg(long, value_enum, default_value = "step")]
    schedule: Fall,
    /// Epochs between steps of the learning rate.
    #[arg(long, default_value_t = 500)]
    step_epochs: u64,
    /// What the learning rate is multiplied by at a step.
    #[arg(long, default_value_t = 0.8)]
    step_factor: f32,
    /// Weight of ArcFace; the contrastive loss has the rest. CompNet was published with 1, the others with 0.8.
    #[arg(long)]
    weight: Option<f32>,
    /// Memory of averaged weights that are examined and exported; 0 takes the last ones, as published.
    #[arg(long, default_value_t = 0.0)]
    average: f32,
    /// Seed of weights, order and augmentation.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// List of enrolled images to examine on.
    #[arg(long, requires = "probe")]
    gallery: Option<PathBuf>,
    /// List of probes to examine on.
    #[arg(long, requires = "gallery")]
    probe: Option<PathBuf>,
    /// Epochs between examinations.
    #[arg(long, default_value_t = 10)]
    examine_every: u64,
    /// Minutes between checkpoints.
    #[arg(long, default_value_t = 10.0)]
    save_every: f64,
    /// Folder of checkpoint, log.jsonl and ONNX file.
    #[arg(long, short)]
    out: PathBuf,
    /// Begin with linear layers that whiten what the untrained competition reads from the training images, instead of
    /// random ones: for runs much shorter than the published ones.
    #[arg(long)]
    whitened: bool,
    /// Go on from the checkpoint in the folder.
    #[arg(long)]
    resume: bool,
    /// What computes gradients.
    #[arg(long, value_enum, default_value_t = Backend::default())]
    backend: Backend,
}

/// Trains a published network.
pub fn train(args: PalmnetArgs) -> Result<Outcome, TrainError> {
    if !(args.save_every >= 0.0 && args.save_every <= 1e6) {
        let found = args.save_every;
        return Err(TrainError::Argument(format!(
            "--save-every {found} must be 0 to 1000000 minutes"
        )));
    }
    let published_weight = match args.net {
        Net::Compnet => 1.0,
        Net::Ccnet | Net::Co3net => 0.8,
    };
    let options = Options {
        data: args.data,
        examine_on: args.gallery.zip(args.probe).map(|(g, p)| [g, p]),
        root: args.root,
        epochs: args.epochs,
        minutes: args.minutes,
        batch: args.batch,
        rate: args.lr,
        schedule: match args.schedule {
            Fall::Step => Schedule::Step {
                epochs: args.step_epochs,
                factor: args.step_factor,
            },
            Fall::Cosine => Schedule::Cosine,
        },
        weight: args.weight.unwrap_or(published_weight),
        average: args.average,
        seed: args.seed,
        out: args.out,
        whitened: args.whitened,
        resume: args.resume,
        examine_every: args.examine_every,
        save_every: Duration::from_secs_f64(60.0 * args.save_every),
        backend: args.backend,
    };
    match args.net {
        Net::Ccnet => run(&CcNet::published(), &options),
        Net::Co3net => run(&Co3Net::published(), &options),
        Net::Compnet => run(&CompNet::published(), &options),
    }
}
