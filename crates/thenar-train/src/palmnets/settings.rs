//! What can be said about a training run, on the command line and in a file: an *experiment*.

use std::fs::File;
use std::io::Read;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::augment::Augmentation;
use super::loss::Mixture;
use super::schedule::Schedule;
use super::train::Options;
use crate::backend::Backend;
use crate::error::TrainError;

/// Largest file that is read as an experiment, bytes.
const LARGEST: u64 = 1 << 20;

/// A published network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Net {
    /// Comprehensive competition (2023): 62.3 million parameters.
    Ccnet,
    /// Coordinate-aware contrastive competition (2023): 79.5 million parameters.
    Co3net,
    /// Competition of learnable Gabor filters (2021): 5 million parameters.
    Compnet,
}

/// How the learning rate falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fall {
    /// Times --step-factor every --step-epochs, as published.
    Step,
    /// Half a cosine down to a hundredth at the end.
    Cosine,
}

/// A number from `LOW` to `HIGH`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Within<const LOW: u32, const HIGH: u32>(f64);

impl<const LOW: u32, const HIGH: u32> TryFrom<f64> for Within<LOW, HIGH> {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        let fits = (f64::from(LOW)..=f64::from(HIGH)).contains(&value);
        fits.then_some(Self(value))
            .ok_or_else(|| format!("{value} is not {LOW} to {HIGH}"))
    }
}

impl<const LOW: u32, const HIGH: u32> FromStr for Within<LOW, HIGH> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let value: f64 = text.parse().map_err(|_| "expected a number".to_string())?;
        value.try_into()
    }
}

/// Everything that can be set. What is left open has a default, or is asked for by [`Settings::options`].
#[derive(Args, Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// The network.
    #[arg(long, value_enum)]
    pub net: Option<Net>,
    /// List of training images, one `path label` per line.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Folder that paths in lists are relative to [default: the current one]
    #[arg(long)]
    pub root: Option<PathBuf>,
    /// Palms that are drawn while training, besides or instead of --data.
    #[arg(long)]
    pub drawn: Option<usize>,
    /// Share of the palms in a step that are drawn, with --data [default: 0.5]
    #[arg(long)]
    pub drawn_share: Option<Within<0, 1>>,
    /// How many things change between a listed image and a view of it [default: one]
    #[arg(long, value_enum)]
    pub augment: Option<Augmentation>,
    /// Threads that prepare batches [default: half the cores]
    #[arg(long)]
    pub threads: Option<NonZeroUsize>,
    /// Epochs; in each, as many first views as there are images, or ten of each palm with drawn ones only
    /// [default: 3000]
    #[arg(long)]
    pub epochs: Option<NonZeroU64>,
    /// End after so many minutes if the epochs take longer.
    #[arg(long)]
    pub minutes: Option<Within<0, 1_000_000>>,
    /// Palms in a step, two views of each [default: 64]
    #[arg(long)]
    pub batch: Option<NonZeroUsize>,
    /// Highest learning rate [default: 0.001]
    #[arg(long)]
    pub lr: Option<Within<0, 1>>,
    /// How the learning rate falls [default: step]
    #[arg(long, value_enum)]
    pub schedule: Option<Fall>,
    /// Epochs between steps of the learning rate [default: 500]
    #[arg(long)]
    pub step_epochs: Option<NonZeroU64>,
    /// What the learning rate is multiplied by at a step [default: 0.8]
    #[arg(long)]
    pub step_factor: Option<Within<0, 1>>,
    /// Weight of ArcFace; the contrastive loss has the rest [default: 1 for compnet, 0.8 for the others, as published]
    #[arg(long)]
    pub weight: Option<Within<0, 1>>,
    /// Apply tanh before the contrastive loss, as DCPV does: features lose less when they become bits.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub tanh: Option<bool>,
    /// An extractor in ONNX form that teaches: the contrastive loss asks for its view of who is like whom, not for labels;
    /// with --weight 0, nothing else is learnt from. It needs a --weight below 1.
    #[arg(long)]
    pub teacher: Option<PathBuf>,
    /// Memory of averaged weights that are examined and exported; 0 takes the last ones, as published [default: 0]
    #[arg(long)]
    pub average: Option<Within<0, 1>>,
    /// Seed of weights, order, augmentation and drawn palms [default: 1]
    #[arg(long)]
    pub seed: Option<u64>,
    /// List of enrolled images to examine on, with --probe.
    #[arg(long)]
    pub gallery: Option<PathBuf>,
    /// List of probes to examine on, with --gallery.
    #[arg(long)]
    pub probe: Option<PathBuf>,
    /// Epochs between examinations [default: 10]
    #[arg(long)]
    pub examine_every: Option<NonZeroU64>,
    /// Minutes between checkpoints [default: 10]
    #[arg(long)]
    pub save_every: Option<Within<0, 1_000_000>>,
    /// Folder of checkpoint, log.jsonl, curves.svg and ONNX file.
    #[arg(long, short)]
    pub out: Option<PathBuf>,
    /// Begin with linear layers that whiten what the untrained competition reads from the training images, instead of
    /// random ones: for runs much shorter than the published ones.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub whitened: Option<bool>,
    /// Go on from the checkpoint in the folder.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub resume: Option<bool>,
    /// What computes gradients [default: the fastest that was built]
    #[arg(long, value_enum)]
    pub backend: Option<Backend>,
}

impl Settings {
    /// Reads an experiment: TOML whose keys are the long names of options.
    ///
    /// # Errors
    /// When the file cannot be read, or a key or value is wrong; the error says in which line.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let failed = |e| TrainError::file(path, e);
        let mut text = String::new();
        let file = File::open(path).map_err(failed)?;
        file.take(LARGEST)
            .read_to_string(&mut text)
            .map_err(failed)?;
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            TrainError::Line {
                path: path.to_path_buf(),
                line: text.bytes().take(at).filter(|&b| b == b'\n').count() + 1,
                reason: error.message().to_owned(),
            }
        })
    }

    /// These, and where they say nothing, what `other` says.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            net: self.net.or(other.net),
            data: self.data.or(other.data),
            root: self.root.or(other.root),
            drawn: self.drawn.or(other.drawn),
            drawn_share: self.drawn_share.or(other.drawn_share),
            augment: self.augment.or(other.augment),
            threads: self.threads.or(other.threads),
            epochs: self.epochs.or(other.epochs),
            minutes: self.minutes.or(other.minutes),
            batch: self.batch.or(other.batch),
            lr: self.lr.or(other.lr),
            schedule: self.schedule.or(other.schedule),
            step_epochs: self.step_epochs.or(other.step_epochs),
            step_factor: self.step_factor.or(other.step_factor),
            weight: self.weight.or(other.weight),
            tanh: self.tanh.or(other.tanh),
            teacher: self.teacher.or(other.teacher),
            average: self.average.or(other.average),
            seed: self.seed.or(other.seed),
            gallery: self.gallery.or(other.gallery),
            probe: self.probe.or(other.probe),
            examine_every: self.examine_every.or(other.examine_every),
            save_every: self.save_every.or(other.save_every),
            out: self.out.or(other.out),
            whitened: self.whitened.or(other.whitened),
            resume: self.resume.or(other.resume),
            backend: self.backend.or(other.backend),
        }
    }

    /// The network and how to train it.
    ///
    /// # Errors
    /// When the network or the folder is not said, or only one of gallery and probe.
    pub fn options(self) -> Result<(Net, Options), TrainError> {
        let net = self.net.ok_or_else(|| missing("net"))?;
        let examine_on = match (self.gallery, self.probe) {
            (Some(gallery), Some(probe)) => Some([gallery, probe]),
            (None, None) => None,
            (Some(_), None) => return Err(missing("probe")),
            (None, Some(_)) => return Err(missing("gallery")),
        };
        let published_weight = match net {
            Net::Compnet => 1.0,
            Net::Ccnet | Net::Co3net => 0.8,
        };
        let schedule = match self.schedule.unwrap_or(Fall::Step) {
            Fall::Step => Schedule::Step {
                epochs: self.step_epochs.map_or(500, NonZeroU64::get),
                factor: self.step_factor.map_or(0.8, |v| v.0 as f32),
            },
            Fall::Cosine => Schedule::Cosine,
        };
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let options = Options {
            data: self.data,
            drawn: self.drawn.unwrap_or(0),
            drawn_share: self.drawn_share.map_or(0.5, |v| v.0),
            augmentation: self.augment.unwrap_or_default(),
            threads: self.threads.map_or(cores.div_ceil(2), NonZeroUsize::get),
            examine_on,
            root: self.root.unwrap_or_default(),
            epochs: self.epochs.map_or(3000, NonZeroU64::get),
            minutes: self.minutes.map(|v| v.0),
            batch: self.batch.map_or(64, NonZeroUsize::get),
            rate: self.lr.map_or(1e-3, |v| v.0 as f32),
            schedule,
            mixture: Mixture {
                weight: self.weight.map_or(published_weight, |v| v.0 as f32),
                tanh: self.tanh.unwrap_or(false),
            },
            teacher: self.teacher,
            average: self.average.map_or(0.0, |v| v.0 as f32),
            seed: self.seed.unwrap_or(1),
            out: self.out.ok_or_else(|| missing("out"))?,
            whitened: self.whitened.unwrap_or(false),
            resume: self.resume.unwrap_or(false),
            examine_every: self.examine_every.map_or(10, NonZeroU64::get),
            save_every: Duration::from_secs_f64(60.0 * self.save_every.map_or(10.0, |v| v.0)),
            backend: self.backend.unwrap_or_default(),
        };
        Ok((net, options))
    }
}

fn missing(option: &str) -> TrainError {
    TrainError::Argument(format!(
        "--{option} is neither given nor in a file (--config)"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run.toml");
        std::fs::write(&path, text).unwrap();
        Settings::read(&path).map_err(|e| e.to_string())
    }

    #[test]
    fn faults_name_their_line() {
        for (text, want) in [
            (
                "# a run\nnet = \"ccnet\"\nepoch = 3\n",
                "line 3: unknown field `epoch`",
            ),
            (
                "epochs = 3\nnet = \"other\"\n",
                "line 2: unknown variant `other`",
            ),
            ("\nbatch = 0\n", "line 2: invalid value: integer `0`"),
            ("weight = 1.5\n", "line 1: 1.5 is not 0 to 1"),
            ("weight = \"much\"\n", "line 1: invalid type: string"),
            ("lr = 0.1\nlr = 0.2\n", "line 2: duplicate key"),
            ("lr = \n", "line 1:"),
        ] {
            let error = read(text).unwrap_err();
            assert!(
                error.contains("run.toml, ") && error.contains(want),
                "{error}"
            );
        }
    }

    #[test]
    fn the_command_line_wins_over_the_file() {
        let file = read("net = \"co3net\"\nbatch = 8\nlr = 0.01\ntanh = true\nout = \"here\"\n");
        let given = Settings {
            batch: NonZeroUsize::new(4),
            tanh: Some(false),
            ..Settings::default()
        };
        let (net, options) = given.or(file.unwrap()).options().unwrap();
        assert_eq!(
            (net, options.batch, options.mixture.tanh),
            (Net::Co3net, 4, false)
        );
        assert_eq!((options.rate, options.mixture.weight), (0.01, 0.8));
        assert_eq!(options.out, Path::new("here"));
    }

    #[test]
    fn every_option_can_stand_in_a_file() {
        let text = "net = \"ccnet\"\ndata = \"a\"\nroot = \"b\"\ndrawn = 9\ndrawn-share = 0.3\naugment = \"several\"\nthreads = 2\nepochs = 7\n\
            minutes = 1.5\nbatch = 5\nlr = 1e-4\nschedule = \"cosine\"\nstep-epochs = 3\nstep-factor = 0.5\n\
            weight = 1\ntanh = true\nteacher = \"f\"\naverage = 0.9\nseed = 4\ngallery = \"c\"\nprobe = \"d\"\nexamine-every = 6\n\
            save-every = 0\nout = \"e\"\nwhitened = true\nresume = true\nbackend = \"flex\"\n";
        let all = read(text).unwrap();
        let shown = format!("{all:?}");
        assert!(!shown.contains("None"), "{shown}");
        assert_eq!(all.clone().or(Settings::default()), all);
        assert_eq!(Settings::default().or(all.clone()), all);
        let (_, options) = all.options().unwrap();
        assert_eq!(options.mixture.weight, 1.0);
        assert_eq!((options.drawn, options.drawn_share), (9, 0.3));
    }

    #[test]
    fn what_has_no_default_is_asked_for() {
        let error = |text: &str| read(text).unwrap().options().unwrap_err().to_string();
        assert!(error("").contains("--net is neither given"));
        assert!(error("net = \"ccnet\"").contains("--out"));
        assert!(error("net = \"ccnet\"\nprobe = \"p\"").contains("--gallery"));
    }

    #[test]
    fn published_experiments_can_be_run() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments");
        let mut read = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("# "), "{}: what is it?", path.display());
            let settings = Settings::read(&path).unwrap();
            assert!(settings.data.is_some() && settings.gallery.is_some());
            let given = Settings {
                out: Some("out".into()),
                ..Settings::default()
            };
            given.or(settings).options().unwrap();
            read += 1;
        }
        assert_eq!(read, 9);
    }
}
