//! Training the mapping network on one list of palms and measuring it on another.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use thenar_net::Extractor;

use super::HashNet;
use super::centres::Centres;
use super::distances::{Distances, Hashes, Scores};
use super::features::Features;
use crate::backend::Backend;
use crate::checkpoint::write_atomically;
use crate::engine::gradient;
use crate::error::TrainError;
use crate::graph::{Array, Network};
use crate::in_use;
use crate::log::Log;
use crate::optim::Adam;
use crate::palmnets::list::Album;
use crate::palmnets::loss::Loss;
use crate::params::Params;
use crate::progress;

/// Name of the figures in the folder of a run.
pub const FIGURES: &str = "figures.json";

/// Longest hash.
const MOST_BITS: usize = 4096;
/// Widest hidden layer.
const WIDEST: usize = 16_384;
/// Most features in a step.
const LARGEST_BATCH: usize = 65_536;

/// How to train.
#[derive(Clone, Debug)]
pub struct Options {
    /// List of training images.
    pub data: PathBuf,
    /// List of enrolled images; the training images without it. Its palms need not have been trained on.
    pub gallery: Option<PathBuf>,
    /// List of probes, of palms in the gallery.
    pub test: PathBuf,
    /// What paths in lists are relative to.
    pub root: PathBuf,
    /// ONNX file of the extractor.
    pub extractor: PathBuf,
    /// Lengths of the hash; each is a network of its own.
    pub bits: Vec<usize>,
    /// Epochs; in each, every image once, a random view of it.
    pub epochs: u64,
    /// End each training after so many minutes, if the epochs take longer.
    pub minutes: Option<f64>,
    /// Features in a step.
    pub batch: usize,
    /// Learning rate.
    pub rate: f32,
    /// Width of the hidden layers.
    pub hidden: usize,
    /// Bits in which the codes of two palms differ at least; without it, as many as can be found quickly.
    pub min_distance: Option<usize>,
    /// Seed of codes, weights and batches.
    pub seed: u64,
    /// What computes gradients.
    pub backend: Backend,
    /// Folder of log and figures.
    pub out: PathBuf,
}

#[derive(Serialize)]
struct EpochEntry {
    bits: usize,
    epoch: u64,
    minutes: f64,
    loss: f32,
    wrong_bits: f32,
}

/// What a training came to.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// Length of the hash.
    pub bits: usize,
    /// Width of the hidden layers.
    pub hidden: usize,
    /// Palms trained on.
    pub palms: usize,
    /// Palms enrolled, when they are not those.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolled: Option<usize>,
    /// Bits in which the codes of two palms differ at least.
    pub min_distance: usize,
    /// Seed of codes, weights and batches.
    pub seed: u64,
    /// Epochs that were run.
    pub epochs: u64,
    /// Minutes of training.
    pub minutes: f64,
    /// Mean loss of the last epoch, with dropout.
    pub loss: f32,
    /// Every two training images before training, first views.
    pub untrained: Scores,
    /// Every two training images, first views.
    pub trained: Scores,
    /// Every probe with every enrolled image, the nearest view of the probe.
    pub test: Scores,
    /// The same with the first view of the probe.
    pub test_one_view: Scores,
}

/// Trains a network of each length; writes log and figures to the folder, and no weights: they are fitted to palms.
///
/// # Errors
/// When an argument is out of range, files cannot be read or written, a probe shows a palm that is not in the gallery, or
/// the loss is no longer a number.
pub fn run(options: &Options) -> Result<Vec<Figures>, TrainError> {
    check(options)?;
    let extractor = in_use::open(&options.extractor)?;
    let train = Album::read(&options.data, &options.root)?;
    let gallery = options.gallery.as_ref();
    let gallery = gallery
        .map(|list| Album::read(list, &options.root))
        .transpose()?;
    let mut test = Album::read(&options.test, &options.root)?;
    test.labels = palms_of(gallery.as_ref().unwrap_or(&train), &test, options)?;
    let lists = (options.data.display(), options.test.display());
    if train.names.len() < 2 || train.images.len() == train.names.len() {
        let reason = format!("{}: needs two labels, and one with two images", lists.0);
        return Err(TrainError::Argument(reason));
    }
    let centres: Result<Vec<_>, _> = options
        .bits
        .iter()
        .map(|&bits| Centres::find(train.names.len(), bits, options.min_distance, options.seed))
        .collect();
    let centres = centres?;
    fs::create_dir_all(&options.out).map_err(|e| TrainError::file(&options.out, e))?;
    let log = options.out.join(crate::log::NAME);
    if log.exists() {
        let reason = format!("{}: exists already; give another --out", log.display());
        return Err(TrainError::Argument(reason));
    }
    let mut session = Session {
        options,
        log: Log::append(&log)?,
        train: Palms::read(&extractor, &train, usize::MAX)?,
        gallery: gallery
            .map(|g| Palms::read(&extractor, &g, 1))
            .transpose()?,
        test: Palms::read(&extractor, &test, usize::MAX)?,
    };
    let figures: Result<Vec<_>, _> = centres.iter().map(|c| session.train(c)).collect();
    let figures = figures?;
    let json =
        serde_json::to_vec_pretty(&figures).map_err(|e| TrainError::Argument(e.to_string()))?;
    write_atomically(&options.out.join(FIGURES), &json)?;
    Ok(figures)
}

/// The number of each probe's palm among the enrolled ones.
fn palms_of(enrolled: &Album, test: &Album, options: &Options) -> Result<Vec<usize>, TrainError> {
    let number = |name: &String| enrolled.names.iter().position(|n| n == name);
    let numbers: Vec<Option<usize>> = test.names.iter().map(number).collect();
    let missing = match options.gallery {
        Some(_) => "in --gallery: only enrolled palms can come back",
        None => "in --data: without --gallery the network knows only palms it was trained on",
    };
    let known = |(&label, &line): (&usize, &usize)| {
        numbers[label].ok_or_else(|| TrainError::Line {
            path: options.test.clone(),
            line,
            reason: format!("label {} is not {missing}", test.names[label]),
        })
    };
    test.labels.iter().zip(&test.lines).map(known).collect()
}

/// Features of a list, and whose they are.
struct Palms {
    features: Features,
    /// The palm of each image.
    labels: Vec<usize>,
    /// Different palms.
    count: usize,
}

impl Palms {
    /// Reads the first `views` views of each image with a progress bar.
    fn read(extractor: &Extractor, album: &Album, views: usize) -> Result<Self, TrainError> {
        let bar = progress::bar(album.images.len() as u64);
        let features = Features::read(extractor, album, views, &bar);
        bar.finish_and_clear();
        Ok(Self {
            features: features?,
            labels: album.labels.clone(),
            count: album.names.len(),
        })
    }
}

/// What trainings of one run share.
struct Session<'a> {
    options: &'a Options,
    log: Log,
    train: Palms,
    /// What is enrolled, when it is not what is trained on.
    gallery: Option<Palms>,
    test: Palms,
}

impl Session<'_> {
    /// Trains and measures one network.
    fn train(&mut self, centres: &Centres) -> Result<Figures, TrainError> {
        let options = self.options;
        let net = HashNet {
            inputs: self.train.features.length,
            hidden: options.hidden,
            bits: centres.bits(),
        };
        let mut params = Params::random(&net.survey()?, options.seed);
        let mut adam = Adam::new(params.values());
        let untrained = self.within(&net, &params)?;
        let bar = progress::bar(options.epochs);
        let start = Instant::now();
        let minutes = || start.elapsed().as_secs_f64() / 60.0;
        let (mut epoch, mut loss) = (0, 0.0);
        while epoch < options.epochs && options.minutes.is_none_or(|m| minutes() < m) {
            let wrong_bits;
            (loss, wrong_bits) = self.epoch(&net, centres, &mut params, &mut adam, epoch)?;
            epoch += 1;
            self.log.write(&EpochEntry {
                bits: net.bits,
                epoch,
                minutes: minutes(),
                loss,
                wrong_bits,
            })?;
            bar.set_position(epoch);
            bar.set_message(format!("loss {loss:.4}, wrong bits {wrong_bits:.4}"));
        }
        bar.finish_and_clear();
        let minutes = minutes();
        let (test, test_one_view) = self.measure(&net, &params)?;
        Ok(Figures {
            bits: net.bits,
            hidden: net.hidden,
            palms: centres.count(),
            enrolled: self.gallery.as_ref().map(|g| g.count),
            min_distance: centres.min_distance,
            seed: options.seed,
            epochs: epoch,
            minutes,
            loss,
            untrained,
            trained: self.within(&net, &params)?,
            test,
            test_one_view,
        })
    }

    /// Every image once, in random order. Gives mean loss and share of wrong bits, both with dropout.
    fn epoch(
        &self,
        net: &HashNet,
        centres: &Centres,
        params: &mut Params,
        adam: &mut Adam,
        epoch: u64,
    ) -> Result<(f32, f32), TrainError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
        rng.set_stream(epoch + 1);
        let train = &self.train;
        let mut order: Vec<usize> = (0..train.labels.len()).collect();
        order.shuffle(&mut rng);
        let (mut loss, mut wrong) = (0.0, 0.0);
        for images in order.chunks(self.options.batch) {
            let views = images
                .iter()
                .map(|&image| (image, rng.random_range(0..train.features.views)));
            let input = train.features.gather(views);
            let palms = images.iter().map(|&image| train.labels[image]);
            let targets: Vec<f32> = palms.flat_map(|palm| centres.target(palm)).collect();
            let (value, errors) = step(
                net,
                params,
                adam,
                &input,
                &targets,
                rng.random(),
                self.options,
            )?;
            loss += value * images.len() as f32;
            wrong += errors * images.len() as f32;
        }
        let count = train.labels.len() as f32;
        Ok((loss / count, wrong / count))
    }

    /// Distances of probes from enrolled images: by their nearest view, and by their first.
    fn measure(&self, net: &HashNet, params: &Params) -> Result<(Scores, Scores), TrainError> {
        let weights = params.weights();
        let by = (self.options.backend, net, weights.as_slice());
        let gallery = self.gallery.as_ref().unwrap_or(&self.train);
        let hashes = |palms: &Palms, views| Hashes::of(by, &palms.features, &palms.labels, views);
        let gallery = hashes(gallery, 1)?;
        let score = |views| scores(&Distances::between(&gallery, &hashes(&self.test, views)?));
        Ok((score(self.test.features.views)?, score(1)?))
    }

    /// Distances of training images from each other.
    fn within(&self, net: &HashNet, params: &Params) -> Result<Scores, TrainError> {
        let weights = params.weights();
        let by = (self.options.backend, net, weights.as_slice());
        let hashes = Hashes::of(by, &self.train.features, &self.train.labels, 1)?;
        scores(&Distances::within(&hashes))
    }
}

fn scores(distances: &Distances) -> Result<Scores, TrainError> {
    let none = "there are no pairs of one palm, or none of two";
    let scores = distances.scores();
    scores.ok_or_else(|| TrainError::Argument(none.into()))
}

/// One step of Adam. Gives the loss and the share of wrong bits.
fn step(
    net: &HashNet,
    params: &mut Params,
    adam: &mut Adam,
    input: &Array,
    targets: &[f32],
    chance: u64,
    options: &Options,
) -> Result<(f32, f32), TrainError> {
    let (mut value, mut wrong) = (0.0, 0);
    let weights = params.weights();
    let gradients = gradient(options.backend, net, &weights, input, chance, |outputs| {
        let hash = &outputs[0];
        let loss = mean_square(&hash.data, targets);
        value = loss.value;
        let pairs = hash.data.iter().zip(targets);
        wrong = pairs.filter(|(h, t)| (**h >= 0.0) != (**t >= 0.0)).count();
        vec![Array::new(&hash.shape, loss.gradient)]
    })?;
    if !value.is_finite() {
        return Err(TrainError::Diverged {
            step: adam.step,
            loss: value,
        });
    }
    let gradient = params.pull_back(&gradients);
    // The last weights count, as published: no average is kept.
    adam.update(params.values_mut(), &gradient, options.rate, 0.0);
    Ok((value, wrong as f32 / targets.len() as f32))
}

/// Mean squared difference (the paper's L2 loss).
fn mean_square(values: &[f32], targets: &[f32]) -> Loss {
    let share = 1.0 / values.len() as f32;
    let differences = values.iter().zip(targets).map(|(v, t)| v - t);
    Loss {
        value: share * differences.clone().map(|d| d * d).sum::<f32>(),
        gradient: differences.map(|d| 2.0 * share * d).collect(),
    }
}

fn check(options: &Options) -> Result<(), TrainError> {
    let wrong = |what: String| Err(TrainError::Argument(what));
    let Options {
        bits, epochs, rate, ..
    } = options;
    if bits.is_empty() || bits.iter().any(|b| !(1..=MOST_BITS).contains(b)) {
        return wrong(format!(
            "--bits {bits:?} must be lengths of 1 to {MOST_BITS}"
        ));
    }
    for (name, value, most) in [
        ("hidden", options.hidden, WIDEST),
        ("batch", options.batch, LARGEST_BATCH),
    ] {
        if !(1..=most).contains(&value) {
            return wrong(format!("--{name} {value} must be 1 to {most}"));
        }
    }
    if *epochs == 0 {
        return wrong("--epochs must be at least 1".into());
    }
    if options.minutes.is_some_and(|m| !(m > 0.0 && m.is_finite())) {
        return wrong("--minutes must be more than 0".into());
    }
    if !(*rate > 0.0 && rate.is_finite()) {
        return wrong(format!("--lr {rate} must be more than 0"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_agrees_with_its_definition() {
        let values = [0.5, -0.25, 0.9];
        let targets = [1.0, 1.0, -1.0];
        let loss = mean_square(&values, &targets);
        assert!((loss.value - (0.25 + 1.5625 + 3.61) / 3.0).abs() < 1e-6);
        for i in 0..3 {
            let at = |d: f32| {
                let mut moved = values;
                moved[i] += d;
                mean_square(&moved, &targets).value
            };
            let want = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((loss.gradient[i] - want).abs() < 1e-3, "{i}");
        }
    }
}
