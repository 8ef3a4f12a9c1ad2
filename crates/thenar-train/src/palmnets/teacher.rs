//! A teacher: a network in use, whose view of who is like whom another learns.
//!
//! For each image of a batch the teacher's similarities to the others become shares by a softmax, and the contrastive loss
//! asks the student for the same shares instead of for those of equal labels (as SEED does, Fang et al. 2021, with the
//! other images of the batch in place of a queue). Similarities carry over between features of any length, and labels are not
//! needed.
//!
//! # Deviations
//! The teacher sees images as they are, the student augmented ones; and the teacher compares as in use, with the nearest of
//! all views. So what it tolerates is learnt with what it knows.

use std::path::Path;

use faer::MatRef;
use thenar_net::Extractor;

use crate::error::TrainError;
use crate::in_use;

/// Temperature of the teacher's softmax, lower than the student's: captures of one palm are nearer to each other than to other
/// palms by some tenths of a cosine, and that should decide.
const TEMPERATURE: f32 = 0.02;

/// See the module.
pub struct Teacher(Extractor);

impl Teacher {
    /// The network in an ONNX file, as the product takes it: input `roi`, output `feature`.
    ///
    /// # Errors
    /// When the file cannot be read or is another network.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        in_use::open(path).map(Self)
    }

    /// For each image the shares of the others, `[N, N]`: none for itself, 1 in all.
    ///
    /// # Errors
    /// When the network fails, or an image is no region.
    pub fn aims(&self, images: &[Vec<u8>]) -> Result<Vec<f32>, TrainError> {
        let (views, length) = (self.0.view_count(), self.0.feature_len());
        let mut features = Vec::with_capacity(images.len() * views * length);
        for image in images {
            let read = in_use::views(&self.0, image);
            let read = read.map_err(|e| TrainError::Argument(format!("the teacher: {e}")))?;
            features.extend(read.into_iter().flatten());
        }
        let centres: Vec<f32> = features
            .chunks_exact(views * length)
            .flat_map(|views| &views[..length])
            .copied()
            .collect();
        Ok(shares(&similarities(&features, &centres, length)))
    }
}

/// The nearest of each image's views to each centre; of both directions the nearer one.
fn similarities(features: &[f32], centres: &[f32], length: usize) -> Vec<Vec<f32>> {
    let count = centres.len() / length;
    let views = features.len() / centres.len();
    let all = MatRef::from_row_major_slice(features, count * views, length);
    let centres = MatRef::from_row_major_slice(centres, count, length);
    let cosines = all * centres.transpose();
    let nearest = |i: usize, j: usize| {
        let views = i * views..(i + 1) * views;
        views.map(|v| cosines[(v, j)]).fold(f32::MIN, f32::max)
    };
    let row = |i: usize| {
        (0..count)
            .map(|j| nearest(i, j).max(nearest(j, i)))
            .collect()
    };
    (0..count).map(row).collect()
}

/// Softmax of each row without its own place.
fn shares(similar: &[Vec<f32>]) -> Vec<f32> {
    let mut all = Vec::with_capacity(similar.len() * similar.len());
    for (i, row) in similar.iter().enumerate() {
        let weight = |(j, v): (usize, &f32)| match i == j {
            true => 0.0,
            // Cosines are at most 1, so nothing grows beyond all numbers.
            false => ((v - 1.0) / TEMPERATURE).exp(),
        };
        let weights: Vec<f32> = row.iter().enumerate().map(weight).collect();
        let total = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        all.extend(weights.iter().map(|w| w / total));
    }
    all
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::palmnets::drawn::Palms;

    #[test]
    fn similarities_are_of_the_nearest_view_in_either_direction() {
        // Two images of two views of two numbers; centres are the first views.
        let features = [1.0, 0.0, 0.6, 0.8, 0.0, 1.0, 0.0, -1.0];
        let centres = [1.0, 0.0, 0.0, 1.0];
        let similar = similarities(&features, &centres, 2);
        assert_eq!(similar, [[1.0, 0.8], [0.8, 1.0]]);
    }

    #[test]
    fn shares_follow_similarity_and_add_up_to_one() {
        let similar = vec![
            vec![1.0, 0.5, 0.5, 0.5 - TEMPERATURE],
            vec![0.5, 1.0, -1.0, -1.0],
            vec![0.0; 4],
            vec![0.0; 4],
        ];
        let shares = shares(&similar);
        for (i, row) in shares.chunks_exact(4).enumerate() {
            assert_eq!(row[i], 0.0);
            assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{row:?}");
        }
        assert!((shares[1] / shares[3] - std::f32::consts::E).abs() < 1e-4);
        assert!((shares[8] - 1.0 / 3.0).abs() < 1e-6);
    }

    #[test]
    fn the_shipped_extractor_puts_captures_of_one_palm_together() {
        let model = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/extractor.onnx");
        let teacher = Teacher::open(Path::new(model)).unwrap();
        let (palms, mut rng) = (Palms::new(4, 1), ChaCha8Rng::seed_from_u64(2));
        let images: Vec<Vec<u8>> = (0..4).flat_map(|i| palms.pair(i, &mut rng)).collect();
        let aims = teacher.aims(&images).unwrap();
        for (i, row) in aims.chunks_exact(8).enumerate() {
            assert!(row[i ^ 1] > 0.5, "image {i}: {row:?}");
        }
        assert!(teacher.aims(&[vec![0; 5]]).is_err());
    }
}
