//! The arguments of the commands under `eval`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use thenar_eval::attack::{Leak, Scheme};
use thenar_eval::layouts::Layout;

use super::{EvalKeys, Images, Keeping, Method, Protect, Tokens};

/// The commands under `eval`.
#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Compare every gallery image with every probe image; write scores and a report
    Run(EvalRun),
    /// Measure keys: how often they come back, for whom, and what work is left to a thief
    Keys(EvalKeys),
    /// Turn scores, of this program or of another, into error rates
    Scores(EvalScores),
    /// Attack protected records of drawn palms and count what each leak gives
    Attack(EvalAttack),
    /// Try to link two records of one palm
    Unlink(EvalUnlink),
    /// Check lists for leaks, or make them
    Protocol {
        #[command(subcommand)]
        command: Protocol,
    },
    /// Measure the calibration from distance to false-match rate that stands beside a model
    Calibrate(Calibrate),
}

/// The drawn palms that are attacked.
#[derive(Debug, ClapArgs)]
pub(crate) struct Drawn {
    /// Bits of a template, 32 to 4096
    #[arg(long, value_name = "M", default_value_t = 1024)]
    pub bits: usize,
    /// Palms with a stolen record each
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub records: usize,
    /// Seed of all draws
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EvalAttack {
    /// How records are protected: khidden, khidden-public-code, sealed (what ships), split (`enroll --token`) or level1, several with
    /// commas
    #[arg(long, value_delimiter = ',', default_value = "sealed")]
    pub scheme: Vec<Scheme>,
    /// What the attacker has: store, store+k1, store+k2, all or several-records, several with commas
    #[arg(long, value_delimiter = ',', default_value = "store")]
    pub leak: Vec<Leak>,
    #[command(flatten)]
    pub drawn: Drawn,
    /// Records that costly attacks (belief propagation, WalkSAT, hill climbing) are run on
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub searched: usize,
    /// Most queries of a hill climber against a record
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub queries: u64,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EvalUnlink {
    /// How records are protected, several with commas; see `eval attack`
    #[arg(long, value_delimiter = ',', default_value = "sealed")]
    pub scheme: Vec<Scheme>,
    /// What the attacker has; see `eval attack`
    #[arg(long, default_value = "store")]
    pub leak: Leak,
    #[command(flatten)]
    pub drawn: Drawn,
    /// Folder for a picture of each score
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EvalRun {
    #[command(flatten)]
    pub images: Images,
    /// How images are compared
    #[arg(long, value_enum, default_value_t = Method::Compact)]
    pub method: Method,
    /// How templates are protected
    #[arg(long, value_enum, default_value_t = Protect::None)]
    pub protect: Protect,
    /// Bits that level 1, or the scheme in its place, makes of a feature [default: half as many as it has numbers]
    #[arg(long, value_name = "M")]
    pub bits: Option<usize>,
    /// Whose token templates are made under; only with a protection that has a token
    #[arg(long, value_enum, default_value_t = Tokens::One)]
    pub tokens: Tokens,
    /// How the scores are written
    #[arg(long, value_enum, default_value_t = ScoresAs::Npz)]
    pub scores: ScoresAs,
    /// Also write candidates.csv: so many nearest palms of each probe
    #[arg(long, value_name = "N")]
    pub candidates: Option<usize>,
    #[command(flatten)]
    pub figures: Figures,
    /// Folder for report.html, report.json, the scores and the curves
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
    #[command(flatten)]
    pub keeping: Keeping,
}

/// How `eval run` writes its scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoresAs {
    /// scores.npz: the arrays `genuine` and `impostor`
    Npz,
    /// scores.txt: lines of `score 1` or `score -1`
    Labelled,
    /// scores.csv: bob's table, with the names of samples
    BobCsv,
    /// Not at all
    None,
}

/// What a report holds beyond what scores alone tell.
#[derive(Debug, ClapArgs)]
pub(crate) struct Figures {
    /// Intervals and bands from so many draws of the subjects, where they are known: `subjects:1000` is usual
    #[arg(long, value_name = "subjects:N", value_parser = replicates)]
    pub bootstrap: Option<usize>,
    /// Seed of these draws
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// An older report.json: print each figure with its change
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
}

/// `subjects:N`.
fn replicates(text: &str) -> Result<usize, String> {
    let number = text.strip_prefix("subjects:").and_then(|n| n.parse().ok());
    number
        .filter(|n| (2..=1_000_000).contains(n))
        .ok_or_else(|| "expected subjects: and 2 to 1000000, such as subjects:1000".into())
}

/// The commands under `eval protocol`.
#[derive(Debug, Subcommand)]
pub(crate) enum Protocol {
    /// Make lists from the folder of a published data set, or of a protocol of bob
    Import(ProtocolImport),
    /// Write lists as a protocol folder that bob reads
    Bob(ProtocolBob),
    /// Look for people, files and images that stand where they must not; exit code 1 when some do
    Check(ProtocolCheck),
    /// Split a list, or two sessions, into training, gallery and probes
    Make(ProtocolMake),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProtocolImport {
    /// tongji, tongji-folders, iitd, iitd-photos, polyu-1, polyu-2, polyu-multispectral, casia, 11k-hands, coep, bob-lists
    /// or bob-csv
    #[arg(value_name = "LAYOUT", value_parser = imported)]
    pub layout: Imported,
    /// Its folder
    pub root: PathBuf,
    /// Some people train and the others are the test; without it all people are in both
    #[arg(long)]
    pub open: bool,
    /// Open set: the part of the people who train
    #[arg(long, value_name = "PART", default_value_t = 0.5)]
    pub train_share: f64,
    /// Draw people and samples in an order from this seed, not in that of the files
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// The sessions of gallery and probes [default: the first two]
    #[arg(long, value_name = "A,B", value_delimiter = ',', num_args = 2)]
    pub sessions: Option<Vec<u32>>,
    /// With one session: how many samples of a palm are enrolled, the rest are probes
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub enrolled: usize,
    /// Only this light: blue, green, red or nir
    #[arg(long, value_name = "LIGHT")]
    pub spectrum: Option<thenar_eval::layouts::Spectrum>,
    /// Only images of which the data set notes nothing unusual
    #[arg(long)]
    pub plain_only: bool,
    /// bob-lists, bob-csv: the ending of the images, which bob leaves out of its files
    #[arg(long, value_name = ".EXT", default_value = ".png")]
    pub extension: String,
    /// Folder for the lists
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// What `eval protocol import` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Imported {
    Images(Layout),
    Bob(BobForm),
}

/// The name of a layout or of a form of bob's protocols.
fn imported(text: &str) -> Result<Imported, String> {
    match text {
        "bob-lists" => Ok(Imported::Bob(BobForm::Lists)),
        "bob-csv" => Ok(Imported::Bob(BobForm::Csv)),
        _ => text
            .parse()
            .map(Imported::Images)
            .map_err(|e: thenar_eval::EvalError| format!("{e}, bob-lists, bob-csv")),
    }
}

/// How bob keeps a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BobForm {
    /// Folders of .lst files
    Lists,
    /// Folders of .csv files
    Csv,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProtocolBob {
    /// What to write
    #[arg(value_enum)]
    pub form: BobForm,
    /// Training: lines of `path label`
    #[arg(long, value_name = "LIST")]
    pub train: Option<PathBuf>,
    /// Gallery
    #[arg(long, value_name = "LIST")]
    pub gallery: PathBuf,
    /// Probes
    #[arg(long, value_name = "LIST")]
    pub probe: PathBuf,
    /// The ending of the images, which bob leaves out of its files
    #[arg(long, value_name = ".EXT", default_value = ".png")]
    pub extension: String,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProtocolCheck {
    /// Training: lines of `path label`
    #[arg(long, value_name = "LIST")]
    pub train: Option<PathBuf>,
    /// Gallery
    #[arg(long, value_name = "LIST")]
    pub gallery: Option<PathBuf>,
    /// Probes
    #[arg(long, value_name = "LIST")]
    pub probe: Option<PathBuf>,
    /// The people of the training may be in the test, only other images of them
    #[arg(long)]
    pub closed: bool,
    #[command(flatten)]
    pub people: People,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProtocolMake {
    /// What may be in training and test
    #[arg(value_enum)]
    pub kind: SplitKind,
    /// All samples, lines of `path label`; with --probe the session of the gallery
    #[arg(long, value_name = "LIST")]
    pub list: PathBuf,
    /// The session of the probes
    #[arg(long, value_name = "LIST")]
    pub probe: Option<PathBuf>,
    /// Without --probe: how many samples of a label are enrolled, the rest are probes
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub enrolled: usize,
    /// Open set: the part of the people who train
    #[arg(long, value_name = "PART", default_value_t = 0.5)]
    pub train_share: f64,
    /// Cross-set: the data set to train on
    #[arg(long, value_name = "LIST")]
    pub train: Option<PathBuf>,
    /// Draw people and samples in an order from this seed, not in that of the lists
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    #[command(flatten)]
    pub people: People,
    /// Folder for train.txt, gallery.txt and probe.txt
    #[arg(short, long, value_name = "DIR")]
    pub output: PathBuf,
}

/// Which palms are of one person.
#[derive(Debug, ClapArgs)]
pub(crate) struct People {
    /// Which labels are one person: palms (each is its own), pairs (2n and 2n + 1), or before:C (equal up to the first C)
    #[arg(long = "people", value_name = "WAY")]
    pub way: Option<String>,
}

/// What may be in training and test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SplitKind {
    /// The same people: train on the gallery
    Closed,
    /// Some people train, the others are the test
    Open,
    /// Another data set trains
    Cross,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EvalScores {
    /// Score files, in the order that the format wants; several times as many for several systems in one report
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// labelled, bob4, bob5, bob-csv, pyeer, pyeer-hist, nist-11, nist-1n, npy or npz
    #[arg(long, value_name = "NAME")]
    pub format: String,
    /// What a high score means, where the format does not say it
    #[arg(long, value_enum)]
    pub polarity: Option<ScorePolarity>,
    /// Subjects of the probes, lines of `path label`, for NIST logs
    #[arg(long, value_name = "LIST")]
    pub probe: Option<PathBuf>,
    /// Subjects of the gallery, lines of `path label`, for NIST 1:N logs
    #[arg(long, value_name = "LIST")]
    pub gallery: Option<PathBuf>,
    #[command(flatten)]
    pub figures: Figures,
    /// Scores of a development set, as many files: thresholds are fixed on them, and errors counted on the others
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub dev: Vec<PathBuf>,
    /// What the report calls the system; several times for several [default: the file's name]
    #[arg(long, value_name = "TEXT")]
    pub name: Vec<String>,
    /// Title of the report and of its curves [default: the name of the system, or Scores for several]
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Folder for report.html, report.json and the curves
    #[arg(short, long, value_name = "DIR")]
    pub output: Option<PathBuf>,
}

/// What a high score means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScorePolarity {
    /// A match
    Similarity,
    /// No match
    Distance,
}

impl From<ScorePolarity> for thenar_eval::Polarity {
    fn from(polarity: ScorePolarity) -> Self {
        match polarity {
            ScorePolarity::Similarity => Self::Similarity,
            ScorePolarity::Distance => Self::Distance,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Calibrate {
    /// Images of many palms: lines of `path label`
    #[arg(long, value_name = "LIST")]
    pub list: PathBuf,
    /// Folder that the paths in the list are relative to
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// Make every rate so many times larger than measured, for strangers that are more alike than these
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub safety: f64,
    /// What the images are, in words, for the calibration's record of where it comes from
    #[arg(long, value_name = "TEXT")]
    pub source: String,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}
