//! Times 12,000 × 12,000 comparisons of 1024-bit templates: scores, EER, DET and CMC, without keeping a score.
//!
//! `cargo run --release -p thenar-eval --example counted -- PALMS PER_PALM` (600 and 20 unless given). The templates are
//! random bits of a palm with five in eight of them drawn anew in every sample. `counted_numpy.py` does the same in numpy.

use std::error::Error;
use std::ops::Range;
use std::time::Instant;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use thenar_eval::metrics::ScoreHistogram;
use thenar_eval::plot::det_csv;
use thenar_eval::{Matcher, Polarity, Sample, compare};
use thenar_protect::{BitTemplate, PackedTemplates, ProtectError};

const BITS: usize = 1024;
type Words = [u64; BITS / 64];

fn samples(
    name: &str,
    palms: usize,
    per_palm: usize,
    seed: u64,
) -> Result<Vec<Sample<BitTemplate>>, ProtectError> {
    let mut noise = ChaCha8Rng::seed_from_u64(seed);
    let mut all = Vec::with_capacity(palms * per_palm);
    for palm in 0..palms {
        let own: Words = ChaCha8Rng::seed_from_u64(palm as u64).random();
        for sample in 0..per_palm {
            let [a, b, c, new]: [Words; 4] = noise.random();
            let words = std::array::from_fn::<u64, { BITS / 64 }, _>(|w| {
                let redrawn = a[w] | (b[w] & c[w]);
                (own[w] & !redrawn) | (new[w] & redrawn)
            });
            all.push(Sample {
                path: format!("{name}/{palm}/{sample}"),
                label: palm.to_string(),
                data: Some(BitTemplate::from_words(words.to_vec(), BITS)?),
            });
        }
    }
    Ok(all)
}

/// All templates; none failed to acquire.
struct Templates<'a> {
    gallery: PackedTemplates,
    probe: Vec<&'a BitTemplate>,
}

impl Matcher for Templates<'_> {
    fn block(&self, gallery: Range<usize>, probes: Range<usize>, scores: &mut [f32]) {
        let mut distances = vec![0; self.gallery.len()];
        for (row, probe) in scores
            .chunks_exact_mut(gallery.len())
            .zip(&self.probe[probes])
        {
            // Templates of one length, and one place for each: it cannot fail.
            let filled = self.gallery.distances(probe, &mut distances);
            debug_assert!(filled.is_ok());
            for (score, &distance) in row.iter_mut().zip(&distances[gallery.clone()]) {
                *score = f32::from(distance);
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse::<usize>().ok());
    let palms = arguments.next().unwrap_or(600);
    let per_palm = arguments.next().unwrap_or(20);
    let gallery = samples("gallery", palms, per_palm, 1)?;
    let probe = samples("probe", palms, per_palm, 2)?;
    let start = Instant::now();
    let empty = ScoreHistogram::whole_numbers(Polarity::Distance, BITS as u32)?;
    let enrolled: Vec<_> = gallery.iter().filter_map(|s| s.data.as_ref()).collect();
    let templates = Templates {
        gallery: PackedTemplates::new(&enrolled)?,
        probe: probe.iter().filter_map(|s| s.data.as_ref()).collect(),
    };
    let found = compare(
        &gallery,
        &probe,
        Polarity::Distance,
        &templates,
        &empty,
        |_| (),
    )?;
    let compared = start.elapsed().as_secs_f64();
    let curve = found.scores.curve()?;
    let (eer, det) = (curve.eer().eer, det_csv(&curve));
    let cmc = found.searches.cmc(20).unwrap_or_default();
    println!(
        "{} comparisons in {compared:.2} s, with EER, DET and CMC {:.2} s",
        curve.genuine() + curve.impostor(),
        start.elapsed().as_secs_f64()
    );
    println!(
        "EER {eer:.6}, DET of {} points, rank 1 {:?}",
        det.lines().count() - 1,
        cmc.first()
    );
    Ok(())
}
