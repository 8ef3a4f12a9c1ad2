//! The commands about published palm networks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use thenar_train::checkpoint::write_atomically;
use thenar_train::error::TrainError;
use thenar_train::import;
use thenar_train::onnx::{Form, Storage, export_as};
use thenar_train::palmnets::settings::{Net, Settings};
use thenar_train::palmnets::train::{Outcome, run};
use thenar_train::palmnets::{CcNet, Co3Net, CompNet, Extractor, PalmNet};

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

/// `thenar-train palmnet`
#[derive(Args)]
pub struct PalmnetArgs {
    /// A file with the options below under their long names, such as those in experiments/; options given here win.
    #[arg(long)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Trains a published network.
pub fn train(args: PalmnetArgs) -> Result<Outcome, TrainError> {
    let file = args.config.as_deref().map(Settings::read).transpose()?;
    let (net, options) = args.settings.or(file.unwrap_or_default()).options()?;
    match net {
        Net::Ccnet => run(&CcNet::published(), &options),
        Net::Co3net => run(&Co3Net::published(), &options),
        Net::Compnet => run(&CompNet::published(), &options),
    }
}
