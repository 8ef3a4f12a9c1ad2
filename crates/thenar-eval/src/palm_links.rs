//! Can templates of one palm be linked, seen from a comparison of everything with everything?
//!
//! Scores of one palm are alike, so shuffling single scores, as [`linkability_floor`](crate::metrics::linkability_floor)
//! does, makes too low a floor. Here whole palms change places: the palms stand in a drawn order, and *shift* k compares
//! each palm with the one that stands k places on. Shift 0 is what is mated. Every other shift is as many scores of
//! strangers in the same bundles, and so shows what D_sys says where nothing links.

use std::sync::Arc;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use crate::metrics::{PUBLISHED_BINS, Unlinkability, unlinkability};
use crate::plot::common_step;
use crate::{Compared, EvalError, Tally};

const FIGURE: &str = "linkability of palms";
/// Shifts beside the mated one: how often the floor is measured, and how many strangers of each palm are kept.
const SHIFTS: usize = 40;

/// Keeps the scores of each palm with itself and with some others.
#[derive(Debug, Clone, PartialEq)]
pub struct PalmLinks {
    /// Where each palm stands in the drawn order, by the number of its label.
    places: Arc<[usize]>,
    /// The scores of each shift.
    shifts: Vec<Vec<f32>>,
}

/// D_sys of the scores of a comparison, and what it is where nothing links.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PalmLinkage {
    /// Scores of one palm with itself.
    pub mated: u64,
    /// Scores of two palms.
    pub non_mated: u64,
    /// Bins of the densities.
    pub bins: usize,
    /// D_sys, 0 (nothing links) to 1 (everything does).
    pub d_sys: f64,
    /// Shifts that the floor is made of.
    pub shifts: usize,
    /// Its floor: the mean of D_sys over the shifts.
    pub d_sys_floor: f64,
    /// The highest D_sys of a shift: one that is not above it is no evidence of a link.
    pub d_sys_floor_most: f64,
    /// Maximal linkability in bits, 0..=1.
    pub maximal: f64,
    /// Its floor, likewise.
    pub maximal_floor: f64,
}

impl PalmLinks {
    /// Nothing yet, of so many different labels in both lists. The same `seed` gives the same order.
    #[must_use]
    pub fn new(labels: usize, seed: u64) -> Self {
        let mut places: Vec<usize> = (0..labels).collect();
        places.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let kept = labels.min(SHIFTS + 1);
        Self {
            places: places.into(),
            shifts: vec![Vec::new(); kept],
        }
    }

    /// The figures, and the densities to be drawn; `None` where there is no mated score, or fewer than two shifts of
    /// strangers to make a floor of.
    ///
    /// # Errors
    /// As [`unlinkability`], such as when all scores are equal.
    pub fn figures(&self) -> Result<Option<(PalmLinkage, Unlinkability)>, EvalError> {
        let shifts: Vec<&Vec<f32>> = self.shifts.iter().skip(1).collect();
        let shifts: Vec<_> = shifts.into_iter().filter(|s| !s.is_empty()).collect();
        let Some(mated) = self.shifts.first().filter(|mated| !mated.is_empty()) else {
            return Ok(None);
        };
        if shifts.len() < 2 {
            return Ok(None);
        }
        // As the published tool has it: a tenth of the mated scores.
        let most = (mated.len() / 10).clamp(2, PUBLISHED_BINS);
        let scale = Scale::new(self.shifts.iter().flatten(), most);
        let bins = scale.as_ref().map_or(most, |scale| scale.bins);
        let wide = |scores: &[f32]| -> Vec<f64> {
            let place = |&s: &f32| scale.as_ref().map_or(f64::from(s), |scale| scale.place(s));
            scores.iter().map(place).collect()
        };
        let linked = |mated: &[f32], others: &[&Vec<f32>]| {
            let others: Vec<f64> = others.iter().flat_map(|s| wide(s)).collect();
            unlinkability(&wide(mated), &others, 1.0, bins)
        };
        let found = linked(mated, &shifts)?;
        let mut floor = Vec::new();
        for (k, &shift) in shifts.iter().enumerate() {
            let others = [&shifts[..k], &shifts[k + 1..]].concat();
            floor.push(linked(shift, &others)?);
        }
        let mean =
            |of: fn(&Unlinkability) -> f64| floor.iter().map(of).sum::<f64>() / floor.len() as f64;
        let figures = PalmLinkage {
            mated: mated.len() as u64,
            non_mated: shifts.iter().map(|s| s.len() as u64).sum(),
            bins,
            d_sys: found.d_sys,
            shifts: floor.len(),
            d_sys_floor: mean(|f| f.d_sys),
            d_sys_floor_most: floor.iter().map(|f| f.d_sys).fold(0.0, f64::max),
            maximal: found.maximal,
            maximal_floor: mean(|f| f.maximal),
        };
        Ok(Some((figures, found)))
    }

    /// Where the palm of this number stands.
    fn place(&self, label: u32) -> Result<usize, EvalError> {
        let place = self.places.get(label as usize).copied();
        place.ok_or_else(|| EvalError::Figure {
            figure: FIGURE,
            problem: format!("label number {label}, expected below {}", self.places.len()),
        })
    }
}

/// Bins for scores that come in steps, such as counts of bits: each as wide as the same whole number of steps. Else bins
/// between two steps would be empty, or some would hold one step more than their neighbours.
struct Scale {
    start: f64,
    step: f64,
    /// Steps in a bin.
    each: f64,
    bins: usize,
}

impl Scale {
    /// At most so many bins, at least two; `None` for scores without steps.
    fn new<'a>(all: impl Iterator<Item = &'a f32>, most: usize) -> Option<Self> {
        // Numbers that are not negative are ordered as their bits are; all that matters is that equal ones meet.
        let mut distinct: Vec<u32> = all.map(|s| s.to_bits()).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let scores = || distinct.iter().map(|&bits| f64::from(f32::from_bits(bits)));
        let step = common_step(scores())?;
        let (start, end) = (
            scores().fold(f64::INFINITY, f64::min),
            scores().fold(f64::NEG_INFINITY, f64::max),
        );
        let steps = ((end - start) / step).round() + 1.0;
        let each = (steps / most as f64).ceil();
        let bins = (steps / each).ceil() as usize;
        (bins >= 2).then_some(Self {
            start,
            step,
            each,
            bins,
        })
    }

    /// The middle of the steps that share a bin with this score. Equal bins over these middles hold one of them each.
    fn place(&self, score: f32) -> f64 {
        let step = ((f64::from(score) - self.start) / self.step).round();
        let first = (step / self.each).floor() * self.each;
        self.start + (first + (self.each - 1.0) / 2.0) * self.step
    }
}

impl Tally for PalmLinks {
    fn empty(&self) -> Self {
        Self {
            places: Arc::clone(&self.places),
            shifts: vec![Vec::new(); self.shifts.len()],
        }
    }

    fn take(&mut self, compared: &Compared) -> Result<(), EvalError> {
        let (reference, of) = (self.place(compared.reference)?, self.place(compared.of)?);
        let shift = (of + self.places.len() - reference) % self.places.len();
        if let Some(scores) = self.shifts.get_mut(shift)
            && !compared.score.is_nan()
        {
            scores.push(compared.score);
        }
        Ok(())
    }

    fn join(&mut self, later: Self) -> Result<(), EvalError> {
        for (scores, later) in self.shifts.iter_mut().zip(later.shifts) {
            scores.extend(later);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::RngCore;

    /// `palms` palms compared five times five each; `score` of two labels and a number of its own in 0..1.
    fn links(palms: u32, score: impl Fn(u32, u32, f32) -> f32) -> PalmLinks {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let all = PalmLinks::new(palms as usize, 1);
        let mut halves = [all.empty(), all.empty()];
        for n in 0..25 * palms * palms {
            let (pair, captures) = (n / 25, n % 25);
            let (reference, of) = (pair / palms, pair % palms);
            let noise = rng.next_u32() as f32 / u32::MAX as f32;
            let compared = Compared {
                gallery: (reference * 5 + captures / 5) as usize,
                probe: (of * 5 + captures % 5) as usize,
                reference,
                of,
                score: score(reference, of, noise),
            };
            let half = usize::from(n > 12 * palms * palms);
            halves[half].take(&compared).unwrap();
        }
        let [mut first, second] = halves;
        first.join(second).unwrap();
        first
    }

    #[test]
    fn scores_that_tell_a_palm_are_linked() {
        let found = links(60, |a, b, noise| f32::from(u8::from(a != b)) + 0.5 * noise);
        let (figures, densities) = found.figures().unwrap().unwrap();
        assert_eq!((figures.mated, figures.non_mated), (1500, 40 * 1500));
        assert_eq!((figures.bins, figures.shifts), (100, 40));
        assert!(figures.d_sys > 0.95 && densities.d_sys == figures.d_sys);
        assert!(figures.d_sys_floor < 0.2 && figures.d_sys_floor <= figures.d_sys_floor_most);
        assert!(figures.maximal > 0.95 && figures.maximal_floor < 0.3);
    }

    /// Each pair of palms has a score of its own. Shuffled scores would lose that, and the floor would be too low.
    #[test]
    fn bundles_of_strangers_make_the_floor() {
        let of_pair = |a: u32, b: u32| ((a * 77 + b * 31) as f32 * 12.9898).sin().fract();
        let found = links(60, |a, b, noise| of_pair(a, b) + 1e-3 * noise);
        let (figures, _) = found.figures().unwrap().unwrap();
        assert!(figures.d_sys <= figures.d_sys_floor_most, "{figures:?}");
        assert!(figures.d_sys_floor > 0.15, "{figures:?}");
        let mixed = links(60, |_, _, noise| noise);
        let (mixed, _) = mixed.figures().unwrap().unwrap();
        assert!(mixed.d_sys_floor < figures.d_sys_floor / 2.0, "{mixed:?}");
        assert!(mixed.d_sys <= mixed.d_sys_floor_most, "{mixed:?}");
    }

    /// Scores in steps of 1/1024 over 87 or 261 of them, as many bins as there are steps or a third of it.
    #[test]
    fn scores_in_steps_leave_no_bin_empty() {
        for (steps, bins) in [(87, 87), (261, 87), (100, 100), (101, 51)] {
            let whole = |noise: f32| (noise * steps as f32).min(steps as f32 - 1.0).floor();
            let found = links(60, |_, _, noise| 0.4 + whole(noise) / 1024.0);
            let (figures, densities) = found.figures().unwrap().unwrap();
            assert_eq!(figures.bins, bins, "{steps}");
            let full = densities.non_mated.iter().copied();
            let (low, high) = full.fold((f64::MAX, 0.0), |(l, h): (f64, f64), d| {
                (l.min(d), h.max(d))
            });
            // The last bin may hold fewer steps than the others.
            assert!(low > 0.0 && high < 3.0 * low, "{steps}: {low} {high}");
        }
    }

    #[test]
    fn too_few_palms_have_no_floor_and_failures_no_score() {
        for palms in [1, 2] {
            let few = links(palms, |_, _, noise| noise);
            assert!(few.figures().unwrap().is_none(), "{palms}");
        }
        let failed = links(4, |a, b, noise| if a == b { f32::NAN } else { noise });
        assert!(failed.figures().unwrap().is_none());
        assert!(links(4, |_, _, _| 0.5).figures().is_err());
        let beyond = Compared {
            gallery: 0,
            probe: 0,
            reference: 4,
            of: 0,
            score: 0.1,
        };
        assert!(PalmLinks::new(4, 1).take(&beyond).is_err());
    }
}
