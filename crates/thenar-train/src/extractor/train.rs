//! Drawing palms, adding up their second moments, and writing the extractor.

use std::path::PathBuf;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool};
use rten_tensor::NdTensor;
use rten_tensor::prelude::*;
use serde::Serialize;
use thenar_net::spread;
use thenar_synth::palm::Palm;
use thenar_synth::roi::{self, RoiVariation};

use super::ablation::{self, Part};
use super::competition::ROI;
use super::network::{self, KEPT, Projection};
use super::shared::Shared;
use super::views::{FREQUENCIES, Views};
use super::whitening::Moments;
use crate::checkpoint::write_atomically;
use crate::eer::equal_error_rate;
use crate::error::TrainError;
use crate::log::Log;
use crate::onnx::Storage;

/// What to train on and what to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// Drawn palms.
    pub identities: u64,
    /// Captures of each; every second one is mirrored.
    pub captures: u64,
    /// First identity; those of the examination lie elsewhere.
    pub seed: u64,
    /// Length of the feature: a multiple of [`KEPT`], whose multiple is the number of frequencies.
    pub outputs: usize,
    /// See [`Moments::whiten`].
    pub ridge: f64,
    /// In what places and turns a ROI is read.
    pub views: Views,
    /// Misplacement of training captures relative to what a localizer leaves: less than 1, because views take over
    /// the rest.
    pub misplacement: f32,
    /// Palms of the examination, drawn harder than those of training.
    pub examination: u64,
    /// Parts of the drawing that are left out of training.
    pub without: Vec<Part>,
    /// Whether weights are kept as bytes.
    pub storage: Storage,
    /// Folder for extractor.onnx and extractor.jsonl.
    pub out: PathBuf,
}

/// What training gave.
#[derive(Clone, Debug, Serialize)]
pub struct Scores {
    /// Palms trained on.
    pub identities: u64,
    /// Captures trained on.
    pub captures: u64,
    /// Equal error rate on unseen drawn palms, probes with all views.
    pub eer: f64,
    /// The same with the centred view only.
    pub eer_centre: f64,
    /// Genuine comparisons behind them.
    pub genuine: usize,
    /// Impostor comparisons behind them.
    pub impostor: usize,
    /// Size of the model file.
    pub bytes: usize,
    /// Wall time.
    pub seconds: f64,
}

/// Patterns that are looked for in all palms.
const SHARED: usize = 64;
/// Palms drawn at a time.
const BLOCK: u64 = 128;
/// Distance between the identities of training and those of the examination.
const EXAMINATION_OFFSET: u64 = 1 << 40;

/// Trains and writes `extractor.onnx`.
///
/// # Errors
/// When a file cannot be written, an argument is out of range, or the numbers cannot be solved.
pub fn run(options: &Options) -> Result<Scores, TrainError> {
    if options.identities == 0 || options.captures == 0 || options.examination < 2 {
        let needed = "needs at least one palm, one capture of it, and two palms to be examined on";
        return Err(TrainError::Argument(needed.into()));
    }
    if !options.views.is_valid() {
        return Err(TrainError::Argument(format!(
            "views of {:?}: a reach is 0, 1 or 2, a turn 0 to 10 degrees",
            options.views
        )));
    }
    let most = KEPT * FREQUENCIES;
    if options.outputs == 0 || !options.outputs.is_multiple_of(KEPT) || options.outputs > most {
        let asked = options.outputs;
        return Err(TrainError::Argument(format!(
            "a feature of {asked} values: expected a multiple of {KEPT} up to {most}"
        )));
    }
    let start = Instant::now();
    std::fs::create_dir_all(&options.out).map_err(|e| TrainError::file(&options.out, e))?;
    let mut log = Log::append(&options.out.join("extractor.jsonl"))?;

    let projection = learn(options)?;
    let notes = [(
        "recipe",
        format!("{options:?}").replace(&options.out.display().to_string(), "DIR"),
    )];
    let bytes = network::extractor(&projection, &options.views, options.storage, &notes)?;
    write_atomically(&options.out.join("extractor.onnx"), &bytes)?;

    let (eer, eer_centre, genuine, impostor) = examine(&Runner::new(&bytes, "feature")?, options)?;
    let scores = Scores {
        identities: options.identities,
        captures: options.identities * options.captures,
        eer,
        eer_centre,
        genuine,
        impostor,
        bytes: bytes.len(),
        seconds: start.elapsed().as_secs_f64(),
    };
    log.write(&scores)?;
    Ok(scores)
}

fn learn(options: &Options) -> Result<Projection, TrainError> {
    let frequencies = options.outputs / KEPT;
    let spectra = spectra(options)?;
    let mut moments = Moments::new(frequencies);
    spectra.iter().for_each(|spectrum| moments.add(spectrum));
    let matrices = moments.whiten(options.ridge)?;
    let shared = Shared::find(
        &spectra,
        &matrices,
        SHARED.min(options.outputs / 4),
        options.ridge,
    )?;
    Ok(Projection {
        frequencies,
        matrices,
        shared,
    })
}

/// What the competition reads from drawn captures: 9 KB each.
fn spectra(options: &Options) -> Result<Vec<Vec<f32>>, TrainError> {
    let frequencies = options.outputs / KEPT;
    let competition = Runner::new(&network::competition(frequencies)?, "spectrum")?;
    let usual = RoiVariation::default();
    let variation = RoiVariation {
        shift: usual.shift * options.misplacement,
        rotation: usual.rotation * options.misplacement.sqrt(),
        ..usual
    };
    let variation = ablation::variation(variation, &options.without);
    let bar = ProgressBar::new(options.identities);
    bar.set_style(
        ProgressStyle::with_template("{bar:30} {pos}/{len} palms, {eta} left")
            .expect("a valid template"),
    );
    let mut spectra = Vec::new();
    let mut first = 0;
    while first < options.identities {
        let last = (first + BLOCK).min(options.identities);
        let block: Vec<u64> = (first..last).collect();
        let palms = spread(&block, |i| {
            let mut captures = draw_captures(
                options.seed + i,
                options.captures,
                &variation,
                &options.without,
            );
            captures
                .iter_mut()
                .skip(1)
                .step_by(2)
                .for_each(|c| mirror(c));
            competition.run(&captures)
        });
        for captures in palms {
            spectra.extend(captures?);
        }
        bar.set_position(last);
        first = last;
    }
    bar.finish_and_clear();
    Ok(spectra)
}

/// Real sets hold both hands as they are, so the moment must not prefer a side.
fn mirror(roi: &mut [f32]) {
    roi.chunks_exact_mut(ROI).for_each(<[f32]>::reverse);
}

/// Captures of one drawn palm as grey values 0–1.
fn draw_captures(
    identity: u64,
    captures: u64,
    variation: &RoiVariation,
    without: &[Part],
) -> Vec<Vec<f32>> {
    let palm = if without.contains(&Part::Siblings) {
        Palm::draw(identity)
    } else {
        Palm::draw_among(identity, |seed| seed)
    };
    let palm = ablation::palm(palm, without);
    (0..captures)
        .map(|c| {
            let seed = (identity << 16 | c).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            roi::draw(&palm, seed, variation)
                .as_raw()
                .iter()
                .map(|&v| f32::from(v) / 255.0)
                .collect()
        })
        .collect()
}

/// EER with all views, with the centre, and the counts: the first half of each palm's captures against the second,
/// among palms that differ, drawn harder than in training.
fn examine(extractor: &Runner, options: &Options) -> Result<(f64, f64, usize, usize), TrainError> {
    const CAPTURES: u64 = 4;
    let variation = RoiVariation::hard();
    let identities: Vec<u64> = (0..options.examination)
        .map(|i| EXAMINATION_OFFSET + options.seed + i)
        .collect();
    let palms = spread(&identities, |&i| {
        extractor.run(&draw_captures(i, CAPTURES, &variation, &[]))
    });
    let palms: Vec<Vec<Vec<f32>>> = palms.into_iter().collect::<Result<_, _>>()?;
    let views = |capture: &[f32]| -> Vec<Vec<f32>> {
        capture.chunks_exact(options.outputs).map(unit).collect()
    };
    let gallery: Vec<(usize, Vec<f32>)> = pairs(&palms, 0..2)
        .map(|(i, c)| (i, views(c).swap_remove(0)))
        .collect();
    let probes: Vec<(usize, Vec<Vec<f32>>)> =
        pairs(&palms, 2..4).map(|(i, c)| (i, views(c))).collect();
    let scored: Vec<(bool, f32, f32)> = probes
        .par_iter()
        .flat_map_iter(|(i, views)| {
            gallery.iter().map(move |(j, g)| {
                let score = |v: &Vec<f32>| v.iter().zip(g).map(|(a, b)| a * b).sum::<f32>();
                (
                    i == j,
                    views.iter().map(score).fold(f32::MIN, f32::max),
                    score(&views[0]),
                )
            })
        })
        .collect();
    let split = |same: bool, pick: fn(&(bool, f32, f32)) -> f32| -> Vec<f32> {
        scored.iter().filter(|s| s.0 == same).map(pick).collect()
    };
    let (genuine, impostor) = (split(true, |s| s.1), split(false, |s| s.1));
    let eer_centre = equal_error_rate(split(true, |s| s.2), split(false, |s| s.2));
    let counts = (genuine.len(), impostor.len());
    Ok((
        equal_error_rate(genuine, impostor),
        eer_centre,
        counts.0,
        counts.1,
    ))
}

fn pairs(
    palms: &[Vec<Vec<f32>>],
    range: std::ops::Range<usize>,
) -> impl Iterator<Item = (usize, &Vec<f32>)> {
    palms
        .iter()
        .enumerate()
        .flat_map(move |(i, p)| p[range.clone()].iter().map(move |c| (i, c)))
}

fn unit(v: &[f32]) -> Vec<f32> {
    let norm = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    v.iter().map(|x| x / norm).collect()
}

/// A model on one thread, so that palms can be spread over cores.
struct Runner {
    model: Model,
    input: NodeId,
    output: NodeId,
    pool: std::sync::Arc<ThreadPool>,
}

impl Runner {
    fn new(bytes: &[u8], output: &str) -> Result<Self, TrainError> {
        let failed = |e: &dyn std::fmt::Display| TrainError::Backend {
            backend: "rten",
            reason: e.to_string(),
        };
        let model = ModelOptions::with_all_ops()
            .load(bytes.to_vec())
            .map_err(|e| failed(&e))?;
        let input = model.node_id("roi").map_err(|e| failed(&e))?;
        let output = model.node_id(output).map_err(|e| failed(&e))?;
        Ok(Self {
            model,
            input,
            output,
            pool: std::sync::Arc::new(ThreadPool::with_num_threads(1)),
        })
    }

    /// One output vector per ROI.
    fn run(&self, rois: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, TrainError> {
        let failed = |reason: String| TrainError::Backend {
            backend: "rten",
            reason,
        };
        let data = rois.concat();
        let input = NdTensor::from_data([rois.len(), 1, ROI, ROI], data);
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let [out] = self
            .model
            .run_n(
                vec![(self.input, input.view().into())],
                [self.output],
                Some(options),
            )
            .map_err(|e| failed(e.to_string()))?;
        let out: NdTensor<f32, 3> = out.try_into().map_err(|e| failed(format!("{e:?}")))?;
        let row = out.size(1) * out.size(2);
        Ok(out
            .to_vec()
            .chunks_exact(row)
            .map(<[f32]>::to_vec)
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn small(views: Views, out: &Path) -> Options {
        Options {
            identities: 40,
            captures: 3,
            seed: 7,
            outputs: 32,
            ridge: 0.3,
            views,
            misplacement: 0.4,
            examination: 12,
            without: vec![Part::Blur, Part::Mottle],
            storage: Storage::Int8,
            out: out.to_path_buf(),
        }
    }

    /// What is on a region, turned about its middle from the x axis towards the y axis, by bilinear interpolation.
    fn turned(roi: &[f32], degrees: f64) -> Vec<f32> {
        let middle = (ROI - 1) as f64 / 2.0;
        let (sin, cos) = (-degrees).to_radians().sin_cos();
        let edge = (ROI - 1) as f64;
        let pixel = |i: usize| {
            let (x, y) = ((i % ROI) as f64 - middle, (i / ROI) as f64 - middle);
            let from = [middle + cos * x - sin * y, middle + sin * x + cos * y];
            let [x, y] = from.map(|v| v.clamp(0.0, edge - 1e-9));
            let at = |x: usize, y: usize| f64::from(roi[y * ROI + x]);
            let (left, top) = (x as usize, y as usize);
            let (right, down) = (x - left as f64, y - top as f64);
            let row = |y: usize| (1.0 - right) * at(left, y) + right * at(left + 1, y);
            ((1.0 - down) * row(top) + down * row(top + 1)) as f32
        };
        (0..ROI * ROI).map(pixel).collect()
    }

    #[test]
    fn a_turned_view_reads_a_turned_region() {
        let views = Views {
            reach: 0,
            turn: 4.0,
        };
        let options = Options {
            outputs: 640,
            ..small(views, Path::new(""))
        };
        let projection = learn(&options).unwrap();
        let model = network::extractor(&projection, &views, Storage::F32, &[]).unwrap();
        let model = Runner::new(&model, "feature").unwrap();
        let variation = RoiVariation::default();
        for identity in 100..105 {
            let roi = draw_captures(identity, 1, &variation, &[]).swap_remove(0);
            let features = |roi: Vec<f32>| -> Vec<Vec<f32>> {
                let views = model.run(&[roi]).unwrap().swap_remove(0);
                views.chunks_exact(options.outputs).map(unit).collect()
            };
            let upright = features(roi.clone()).swap_remove(0);
            for degrees in [views.turn, -views.turn] {
                let cosine = |v: &Vec<f32>| v.iter().zip(&upright).map(|(a, b)| a * b).sum();
                let cosines: Vec<f32> =
                    features(turned(&roi, degrees)).iter().map(cosine).collect();
                let likewise = views.list().iter().position(|v| v.turn == degrees).unwrap();
                for (other, &cosine) in cosines.iter().enumerate() {
                    assert!(
                        other == likewise || cosines[likewise] > cosine + 0.02,
                        "identity {identity}, {degrees} degrees: {cosines:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_small_training_tells_drawn_palms_apart() {
        let out = tempfile::tempdir().unwrap();
        let views = Views {
            reach: 1,
            turn: 3.0,
        };
        let scores = run(&small(views, out.path())).unwrap();
        // Chance is 0.5; forty palms and captures harder than usual leave it far from nothing.
        assert!(scores.eer < 0.3, "{scores:?}");
        assert_eq!((scores.genuine, scores.impostor), (48, 528));
        assert!(out.path().join("extractor.onnx").exists());
    }
}
